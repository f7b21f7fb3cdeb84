"""Who a phrase is about, whether it is denied, and whether it stands in a quotation: light grammar over words."""

import re
from bisect import bisect_left
from collections.abc import Sequence
from enum import Enum
from functools import lru_cache

from filters.crisis.wordsets import WORDS
from filters.lexicon.words import Words


class Speaker(Enum):
    """Whom a phrase is about."""

    AUTHOR = "author"
    OTHER = "other"
    LISTENER = "listener"
    ANYBODY = "anybody"
    UNSAID = "unsaid"


class Quotation(Enum):
    """Whose words a phrase is, where it stands between quotation marks."""

    NONE = "none"
    OTHERS = "others"
    AUTHORS = "authors"
    UNKNOWN = "unknown"


_LOOK_BACK = 5

_AUTHOR = WORDS["author"]
_SELF = WORDS["self"]
_OTHERS = WORDS["others"]
_LISTENER = WORDS["listener"]
_ANYBODY = WORDS["anybody"]

_OPENERS = WORDS["openers"]
_NEGATORS = WORDS["negators"]
_CARRIERS = WORDS["carriers"]
"""Words over which a denial still reaches the phrase."""

_NOT_DENYING = (
    ("gonna", "lie"), ("going", "to", "lie"), ("sure",), ("even", "sure"), ("only",), ("just",), ("care",), ("know",),
    ("kidding",), ("joking",), ("okay",), ("ok",), ("fine",), ("well",), ("safe",), ("good", "enough"), ("lying",),
    ("exaggerating",), ("matter",), ("one",), ("reason",), ("point",), ("choice",), ("way",), ("longer",), ("stop",),
    ("help",), ("get",), ("understand",), ("deserve",), ("being", "dramatic"), ("idea",), ("joke",), ("friends",),
)  # fmt: skip
"""What may follow a negator without denying what comes after: "not gonna lie i want to die"."""

_SAYS = WORDS["says"]
_QUOTED = re.compile(r'"([^"]{1,600})"|(?<![^\s(])\'((?:[^\']|\'(?=[a-z])){1,600}?)\'(?![a-z0-9])')


def speaker_of(words: Words, first: int, last: int) -> Speaker:
    """Whom the phrase from `first` to `last` is about: what it says itself, else the nearest person before it."""
    own = words.words[first : last + 1]
    if not _SELF.isdisjoint(own):
        return Speaker.AUTHOR
    for at in range(first - 1, max(-1, first - 1 - _LOOK_BACK), -1):
        if words.begins_sentence[at + 1]:
            break
        if (found := _person(words.words, at)) is not None:
            return found
    if any(word in _AUTHOR for word in own):
        return Speaker.AUTHOR
    return Speaker.UNSAID


def _person(words: Sequence[str], at: int) -> Speaker | None:
    word = words[at]
    if word in _OTHERS:
        return Speaker.OTHER if word != "it" else None
    if word in _LISTENER:
        return Speaker.LISTENER
    if word in _ANYBODY:
        return Speaker.ANYBODY
    return Speaker.AUTHOR if word in _AUTHOR else None


def begins_sentence(words: Words, first: int) -> bool:
    """Whether nothing but words that say nothing yet stand between the phrase and the beginning of its sentence."""
    while not words.begins_sentence[first] and words.words[first - 1] in _OPENERS:
        first -= 1
    return words.begins_sentence[first]


def is_denied(words: Words, first: int) -> bool:
    """Whether a negation just before the phrase reaches it: "i would never", "not", "dont want to"."""
    for at in range(first - 1, max(-1, first - 2 - _LOOK_BACK), -1):
        if words.begins_sentence[at + 1]:
            return False
        word = words.words[at]
        if word in _NEGATORS:
            after = tuple(words.words[at + 1 : at + 4])
            if any(after[: len(phrase)] == phrase for phrase in _NOT_DENYING):
                return False
            before = words.words[at - 1] if at else ""
            return before not in {"why", "cant"}
        if word not in _CARRIERS:
            return False
    return False


def quotation_of(words: Words, first: int, last: int) -> Quotation:
    """Whether the phrase stands between quotation marks, and whose words they are."""
    text = words.reading.text
    if '"' not in text and "'" not in text:
        return Quotation.NONE
    start, end = words.starts[first], words.ends[last]
    opens, closes = _quotations(text)
    at = bisect_left(opens, start) - 1
    return _said_by(words, opens[at]) if at >= 0 and end < closes[at] else Quotation.NONE


@lru_cache(maxsize=8)
def _quotations(text: str) -> tuple[list[int], list[int]]:
    """Where quotations begin and end, in order: looked for once for all phrases of a text."""
    spans = [match.span() for match in _QUOTED.finditer(text)]
    return [start for start, _ in spans], [end for _, end in spans]


def _said_by(words: Words, quote: int) -> Quotation:
    last = words.word_at(quote)
    before = words.words[max(0, last - 6) : last + 1]
    if not before:
        return Quotation.UNKNOWN
    if not _SAYS.isdisjoint(before) or {"keeps", "is", "was"} & set(before):
        for word in before:
            if word in _OTHERS:
                return Quotation.OTHERS
            if word in _AUTHOR and word not in {"my", "me", "mine"}:
                return Quotation.AUTHORS if not _SAYS.isdisjoint(before) else Quotation.UNKNOWN
    return Quotation.UNKNOWN
