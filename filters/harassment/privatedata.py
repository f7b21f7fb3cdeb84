"""Private data of somebody else: a street address or a telephone number after words that say whose it is.

One's own number, a shop's address and an IP address are none.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import islice

from core.model.message import MemberId, Message
from filters.harassment.address import names_of

_SIGNS = ("address", "number", "lives", "live at", "phone", "cell", "reach", "call", "text", "dox", "find")
_WHOSE = re.compile(
    r"\b(?P<whose>his|her|their|your|ur|@?[\w.|-]+'s)\s+(?:\w+\s+){0,2}?"
    r"(?:address|addy|number|num|phone|cell|mobile|house|home|digits)\b[^.!?\n]{0,25}$",
    re.IGNORECASE,
)
_LIVES = re.compile(
    r"\b(?P<whose>he|she|they|you|u|@?[\w.|-]+)\s+(?:\w+\s+)?(?:lives?|living|stays?|resides?|works?)\s+(?:at|on|in)\s*$",
    re.IGNORECASE,
)
_CALL = re.compile(
    r"\b(?:call|text|spam|harass|visit|reach|find|dm)\s+(?P<whose>him|her|them|@?[\w.|-]+)\s+(?:\w+\s+)?(?:at|on)\s*$",
    re.IGNORECASE,
)
_PHONE = re.compile(r"(?<![\w.])\+?\(?\d[\d ()./-]{5,18}\d(?![\w.]?\d)")
_IP = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}")
_STREET = re.compile(
    r"(?<![\w.])\d{1,5}[a-z]?,?\s+(?:[A-Za-z'.]+\s+){1,4}?"
    r"(?:street|st|avenue|ave|road|rd|lane|ln|drive|dr|court|ct|boulevard|blvd|way|place|terrace|close|crescent|square)\b",
    re.IGNORECASE,
)
_OWN = frozenset({"i", "me", "my", "we", "us", "our", "it", "who", "which", "that", "someone", "somebody", "people"})
_ANYBODY = frozenset({"he", "she", "they", "him", "her", "them", "his", "their"})
_ADDRESSED = frozenset({"you", "u", "your", "ur"})
_MIN_DIGITS = 7
_MOST_NUMBERS = 50
"""Numbers and streets that are looked at in one message."""


@dataclass(frozen=True, slots=True)
class Exposure:
    """Somebody's data in a message: where, whose as far as the words tell, and how sure.

    Attributes:
        member: The member named, None for "you" or for a person who is not named.
        addressed: Whether it is the data of the one addressed.
    """

    span: tuple[int, int]
    member: MemberId | None
    addressed: bool


def exposure(text: str, before: Sequence[Message]) -> Exposure | None:
    """The first private data of another person in `text`; those who wrote `before` are known by name."""
    lowered = text.lower()
    if not any(sign in lowered for sign in _SIGNS):
        return None
    for found in (*islice(_STREET.finditer(text), _MOST_NUMBERS), *islice(_PHONE.finditer(text), _MOST_NUMBERS)):
        if found.re is _PHONE and (sum(map(str.isdigit, found.group())) < _MIN_DIGITS or _IP.search(found.group())):
            continue
        lead = text[max(0, found.start() - 80) : found.start()]
        owner = _WHOSE.search(lead) or _LIVES.search(lead) or _CALL.search(lead)
        if owner is None:
            continue
        whose = owner.group("whose").lower().lstrip("@").removesuffix("'s")
        if whose in _OWN:
            continue
        if whose in _ADDRESSED:
            return Exposure(found.span(), None, True)
        if (member := names_of(before).get(whose)) is not None:
            return Exposure(found.span(), member, False)
        if whose in _ANYBODY:
            return Exposure(found.span(), None, False)
    return None
