"""Whether two messages are like each other: the same words, give or take a few letters.

Case, digits, signs, blanks, invisible characters, look-alike letters and stretched words make no difference. What is
left is compared by its runs of three letters, so that the work is bounded however long a message is.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from string import ascii_lowercase

from ahocorasick_rs import AhoCorasick

from filters.text.letters import LATIN

READ_CHARS = 400
"""Code points of a message that are compared."""

ENOUGH_LETTERS = 20
"""Shorter messages ("good morning", "happy birthday") are like many others, and no sign of a raid."""

LIKE = 0.6
"""The share of both messages' runs of letters that they have in common, from which they are alike. Of 20 letters one
may be another, of 60 five; ordinary sentences of one language share a tenth."""

_LETTERS = re.compile("[a-z]+")
_LONG_WORDS = re.compile("[a-z]{4,}")
_STRETCHES = AhoCorasick([letter * 3 for letter in ascii_lowercase])
_STRETCHED = re.compile(r"(.)\1\1+")
_WIDE_FROM = "\u2e80"
_CACHED_TEXTS = 1024
_NOTHING: frozenset[str] = frozenset()
_TOO_SHORT = frozenset({""})

Mark = frozenset[str]
"""What a message is compared by: its runs of three letters."""


def like(text: str, others: Sequence[str]) -> list[int]:
    """The places in `others` of the texts that are like `text`."""
    read = text[:READ_CHARS]
    words = _long_words(read)
    if words is _TOO_SHORT:
        return []
    near = []
    for place, other in enumerate(others):
        theirs = _long_words(other[:READ_CHARS])
        if 2 * len(words & theirs) >= min(len(words), len(theirs)):  # of like messages most of them are the same
            near.append(place)
    if not near or not (mark := _mark(read)):
        return []
    return [place for place in near if _are_alike(mark, _mark(others[place][:READ_CHARS]))]


def says_enough(text: str) -> bool:
    """Whether `text` is long enough to be like another at all."""
    return bool(_mark(text[:READ_CHARS]))


def _are_alike(one: Mark, other: Mark) -> bool:
    if not LIKE * len(one) <= len(other) <= len(one) / LIKE:
        return False
    shared = len(one & other)
    return shared >= LIKE * (len(one) + len(other) - shared)


@lru_cache(maxsize=_CACHED_TEXTS)
def _long_words(text: str) -> Mark:
    """The words to begin with: the long ones, or all where none is long.

    None of a text with other than ASCII characters, which has to be folded to be looked at.
    """
    if not text.isascii():
        return _NOTHING
    if len(text) < ENOUGH_LETTERS:
        return _TOO_SHORT
    read = text.lower()
    return frozenset(_LONG_WORDS.findall(read) or _LETTERS.findall(read)) or _TOO_SHORT


def wording(text: str) -> str:
    """The letters and digits of `text`, or all of it where it has none: what a member repeats word by word."""
    return _wording(text[:READ_CHARS])


@lru_cache(maxsize=_CACHED_TEXTS)
def _wording(text: str) -> str:
    return "".join([each for each in text.translate(LATIN) if each.isalnum()]) or text.strip()


def _letters(text: str) -> str:
    if text.isascii():
        letters = "".join(_LETTERS.findall(text.lower()))
    else:
        letters = "".join([letter for letter in text.translate(LATIN) if letter.isalpha()])
    return _STRETCHED.sub(r"\1", letters) if _STRETCHES.find_matches_as_indexes(letters) else letters


@lru_cache(maxsize=_CACHED_TEXTS)
def _mark(text: str) -> Mark:
    letters = _letters(text)
    weight = len(letters) if letters.isascii() else len(letters) + sum(letter >= _WIDE_FROM for letter in letters)
    if weight < ENOUGH_LETTERS:
        return _NOTHING
    return frozenset([letters[at : at + 3] for at in range(len(letters) - 2)])
