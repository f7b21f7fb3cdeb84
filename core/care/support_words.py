"""The pages of support that hold words alone: what happens in a call, small things for the next minutes, an empty page.

Each says what it is made of and where it leads. Nothing on them comes from a model.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from core.model.card import Text

MINUTES = ("breathe", "senses", "plan")
"""What there is for the next minutes, in the order offered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """A page of words.

    Attributes:
        parts: Which texts it has, in order: the ends of their keys.
        leads_to: The names of the pages that it offers, before the way back.
        back: The page that the way back leads to.
        has_blank: Whether it has a text to copy.
    """

    parts: tuple[str, ...]
    leads_to: tuple[str, ...] = ()
    back: str = "fit"
    has_blank: bool = False


PAGES_OF_WORDS: Mapping[str, Words] = MappingProxyType(
    {
        "what": Words(
            parts=("anyone", "wait", "asked", "stop", "dispatch", "trace", "again"), leads_to=("next", "ask")
        ),
        "next": Words(parts=("small", "choose"), leads_to=MINUTES),
        "breathe": Words(parts=("in", "out", "again", "stop"), leads_to=("senses", "fit"), back="next"),
        "senses": Words(
            parts=("how", "see", "touch", "hear", "smell", "taste", "again"), leads_to=("breathe", "fit"), back="next"
        ),
        "plan": Words(parts=("what", "copy", "together"), leads_to=("fit",), back="next", has_blank=True),
    }
)


def words_of(name: str) -> tuple[Text, ...]:
    """The paragraphs of a page of words."""
    return tuple(Text(key=f"support.{name}.{part}") for part in PAGES_OF_WORDS[name].parts)


def blank_of(name: str) -> Text | None:
    """The text to copy, where the page has one."""
    return Text(key=f"support.{name}.blank") if PAGES_OF_WORDS[name].has_blank else None
