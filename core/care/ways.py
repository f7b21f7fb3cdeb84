"""Where a choice leads, as the short text that a button carries: `part.name`, its arguments, and the language.

Written `s.fit:DE:now|de`: the part's letter, the page's name, what was chosen so far, and after the bar the language
where it is not English. Whatever is not of that form leads nowhere, like an address that never existed.
"""

import re
from dataclasses import dataclass, replace

from core.model.page import MOST_BYTES

_WAY = re.compile(
    r"(?P<part>[a-z])\.(?P<name>[a-z_]{1,16})(?P<args>(:[A-Za-z0-9_-]{0,20}){0,4})(\|(?P<locale>[a-zA-Z_]{2,7}))?"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One place to go to.

    Attributes:
        part: The letter of the part of the members' desk that has the page.
        args: What was chosen so far; letters, digits, `-` and `_`.
        locale: The language that was chosen, "" for English.
    """

    part: str
    name: str
    args: tuple[str, ...] = ()
    locale: str = ""

    def __str__(self) -> str:
        """What a button carries. Raises: `ValueError` for what could not be read back."""
        text = f"{self.part}.{self.name}" + "".join(f":{arg}" for arg in self.args)
        text += f"|{self.locale}" if self.locale else ""
        if len(text) > MOST_BYTES or read_way(text) != self:
            raise ValueError("a way is too long, or holds what a button can't carry")
        return text

    def arg(self, place: int) -> str:
        """What was chosen there, "" where nothing was."""
        return self.args[place] if place < len(self.args) else ""

    def in_locale(self, locale: str) -> "Way":
        """The same place in another language."""
        return replace(self, locale="" if locale == "en" else locale)


def read_way(text: str) -> Way | None:
    """Where a button leads; None for what no button of ours carries."""
    found = _WAY.fullmatch(text) if len(text) <= MOST_BYTES else None
    if found is None:
        return None
    args = tuple(found["args"].split(":")[1:]) if found["args"] else ()
    return Way(part=found["part"], name=found["name"], args=args, locale=found["locale"] or "")
