"""Lines of a card with what each text needs, for trying all of them on a platform."""

from config.texts.catalogue import FOLDER, PLACEHOLDER, read_language
from core.model.card import Text
from tests.clock import START

ENGLISH = read_language(FOLDER / "en.po").forms

_NUMBERS = frozenset({"n", "level", "messages", "members"})
_MOMENTS = frozenset({"opened_at", "until"})


def a_line(key: str) -> Text:
    """The text with a value of the right sort for each of its parameters."""
    wanted = {match for form in ENGLISH[key] for match in PLACEHOLDER.findall(form)}
    params = {name: _value(name, vocabulary) for name, vocabulary in wanted}
    return Text(key=key, params=params if len(ENGLISH[key]) == 1 else {"n": 2, **params})


def _value(name: str, vocabulary: str) -> str | int:
    if name in _NUMBERS:
        return 2
    if vocabulary:
        return min(each.removeprefix(f"{vocabulary}.") for each in ENGLISH if each.startswith(f"{vocabulary}."))
    return START.isoformat() if name in _MOMENTS else "4711"
