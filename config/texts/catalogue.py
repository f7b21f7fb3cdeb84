"""Renders texts from the .po files of this folder; `Catalogue` speaks `core.ports.Texts`.

A msgid is a key such as `refused.already_claimed`, an msgstr the text with `{name}` where a parameter goes, or
`{name:kind}` where a word of a vocabulary goes: the parameter's value `threat` then gives the text `kind.threat`. An
entry with plural forms takes its number from the parameter `n`. Values are put in as they are: escaping for a
platform's markup is the adapter's work. English is complete; another language falls back to it text by text.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from gettext import c2py
from pathlib import Path

from babel.messages.pofile import read_po

from core.model.card import Text

FOLDER = Path(__file__).parent
ENGLISH = "en"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z_]+(?:\.[a-z_]+)*))?\}")


@dataclass(frozen=True, slots=True)
class Language:
    """One language: each key's forms (one, or one a plural form), and which form a number takes."""

    forms: Mapping[str, tuple[str, ...]]
    form_of: Callable[[int], int]


def read_language(path: Path) -> Language:
    """The entries of a .po file that are translated and not marked fuzzy."""
    with path.open("rb") as stream:
        catalog = read_po(stream, locale=path.stem, abort_invalid=True)
    forms = {}
    for message in catalog:
        key = message.id[0] if isinstance(message.id, tuple | list) else message.id
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if key and not message.fuzzy and all(strings):
            forms[key] = tuple(map(str, strings))
    return Language(forms, c2py(catalog.plural_expr))


class Catalogue:
    """All languages that have a .po file."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self._languages = {path.stem: read_language(path) for path in sorted(folder.glob("*.po"))}

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages there are, such as `("de", "en", "pt_BR")`."""
        return tuple(self._languages)

    def render(self, text: Text, locale: str = ENGLISH) -> str:
        """The text in that language, a wider form of it (`pt` for `pt-BR`), or English.

        Raises:
            KeyError: English has no such key, or no such word of a vocabulary.
            TypeError: the text needs a parameter that `text` doesn't carry.
        """
        language = self._best(text.key, locale)
        forms = language.forms[text.key]
        if len(forms) > 1:
            number = text.params.get("n")
            if not isinstance(number, int):
                raise TypeError(f"the text {text.key} needs the number n")
            template = forms[language.form_of(number)]
        else:
            template = forms[0]

        def value(match: re.Match[str]) -> str:
            name, vocabulary = match.groups()
            if name not in text.params:
                raise TypeError(f"the text {text.key} needs the parameter {name}")
            word = str(text.params[name])
            return self.render(Text(key=f"{vocabulary}.{word}"), locale) if vocabulary else word

        return PLACEHOLDER.sub(value, template)

    def _best(self, key: str, locale: str) -> Language:
        name = locale.replace("-", "_")
        while name:
            language = self._languages.get(name)
            if language is not None and key in language.forms:
                return language
            name = name.rpartition("_")[0]
        return self._languages[ENGLISH]
