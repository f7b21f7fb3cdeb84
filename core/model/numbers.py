"""Telephone numbers as text: whether one is retired, and whether one can't be dialled as it is written. Pure.

Numbers are compared by their digits, whatever stands between them; a retired number counts in its own country alone,
since the same digits may be somebody's line elsewhere. What is for every country is shown in that one too.
"""

import re
import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from core.model.resource import INTERNATIONAL, Retired

SHORT = 6
"""A number of at most so many digits is compared whole: within a longer one it is a part of another number."""

_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_DAY_AND_NIGHT = re.compile(r"24\s?/\s?7")
_INTERNATIONAL = re.compile(
    r"(?:\+|00)(?:[17]|2[07]|3[0-469]|4[013-9]|5[1-8]|6[0-6]|8[1246]|9[0-58]|[0-9]{3})(?P<national>[0-9]*)"
)
"""What is dialled from abroad; ITU-T E.164 assigns the codes of countries one, two or three digits."""


def retired_in(text: str, country: str, retired: Iterable[Retired]) -> Retired | None:
    """The first retired number of that country that stands in `text`; what is for every country is for each of them."""
    plain = _DAY_AND_NIGHT.sub(" ", _plain(text))
    counting = (each for each in retired if country in {each.country, INTERNATIONAL})
    return next((each for each in counting if _pattern(each.number).search(plain)), None)


def is_prefixed_short_code(number: str) -> bool:
    """Whether it is a short code behind a country's code, which nobody can dial (crisis-safety M5)."""
    found = _INTERNATIONAL.match(re.sub(r"[\s().-]", "", _plain(number)))
    if found is None:
        return False
    national = found["national"]
    return len(national) < SHORT or (len(national) == SHORT and national.startswith("116"))


def _plain(text: str) -> str:
    """With every script's digits as 0 to 9, and without what can't be seen."""
    visible = _INVISIBLE.sub("", unicodedata.normalize("NFKC", text))
    return "".join(str(unicodedata.decimal(each)) if each.isdecimal() else each for each in visible)


@lru_cache(maxsize=256)
def _pattern(number: str) -> re.Pattern[str]:
    words = re.findall(r"\d+|[^\W\d_]+", number)
    if not all(word.isdecimal() for word in words):
        return re.compile(r"(?<!\d)" + r"\W{0,4}".join(map(re.escape, words)) + r"(?!\d)", re.IGNORECASE)
    digits = "".join(words)
    if len(digits) <= SHORT:
        return re.compile(r"(?<!\d)(?<!\d[\s.-])" + r"[\s.-]?".join(digits) + r"(?!\d)(?![\s.-]\d)")
    core = digits.removeprefix("1") if len(digits) == len("18005550100") else digits.lstrip("0")
    return re.compile(r"[\s().,/-]{0,3}".join(core) + r"(?!\d)")
