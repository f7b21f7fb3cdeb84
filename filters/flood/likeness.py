"""Whether two messages are like each other: the same words, give or take a few letters.

Case, digits, signs, blanks, invisible characters, look-alike letters and stretched words make no difference. What is
left is compared by its runs of three letters, so that the work is bounded however long a message is.
"""

import re
from functools import lru_cache

from filters.text.letters import LATIN

READ_CHARS = 400
"""Code points of a message that are compared."""

ENOUGH_LETTERS = 20
"""Shorter messages ("good morning", "happy birthday") are like many others, and no sign of a raid."""

LIKE = 0.6
"""The share of both messages' runs of letters that they have in common, from which they are alike. Of 20 letters one
may be another, of 60 five; ordinary sentences of one language share a tenth."""

_NO_LETTERS = re.compile(r"[^a-z]+")
_STRETCHED = re.compile(r"(.)\1+")
_WIDE_FROM = "\u2e80"
_CACHED_TEXTS = 1024

Mark = frozenset[str]
"""What a message is compared by."""


def mark(text: str) -> Mark:
    """What `text` is compared by; empty for one that is too short to say anything."""
    return _mark(text[:READ_CHARS])


def are_alike(one: Mark, other: Mark) -> bool:
    """Whether two marks are of like messages; an empty one is like none."""
    if len(one) > len(other):
        one, other = other, one
    if len(one) < LIKE * len(other) or not one:
        return False
    shared = len(one & other)
    return shared >= LIKE * (len(one) + len(other) - shared)


def wording(text: str) -> str:
    """The letters and digits of `text`, or all of it where it has none: what a member repeats word by word."""
    read = text[:READ_CHARS]
    return "".join(each for each in read.translate(LATIN) if each.isalnum()) or read.strip()


def _letters(text: str) -> str:
    if text.isascii():
        letters = _NO_LETTERS.sub("", text.lower())
    else:
        letters = "".join(letter for letter in text.translate(LATIN) if letter.isalpha())
    return _STRETCHED.sub(r"\1", letters)


@lru_cache(maxsize=_CACHED_TEXTS)
def _mark(text: str) -> Mark:
    letters = _letters(text)
    weight = len(letters) if letters.isascii() else len(letters) + sum(letter >= _WIDE_FROM for letter in letters)
    if weight < ENOUGH_LETTERS:
        return frozenset()
    return frozenset(letters[at : at + 3] for at in range(len(letters) - 2))
