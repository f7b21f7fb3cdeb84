"""Texts as hashed n-grams: what the toxicity model counts, at training and at run time alike.

Words and pairs of words, and runs of two to five characters inside a word with its edges. All texts of a batch are one
array: nothing here loops over characters, words or n-grams. Hashes are 64-bit polynomials, mixed and cut to `BITS`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

BITS = 19
BUCKETS = 1 << BITS
LONGEST = 5
"""Characters of the longest run."""
MAX_CHARS = 1 << 15
"""The most characters of one batch, with a line break for each text."""

Longs = npt.NDArray[np.uint64]
Indexes = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

_BASE = 0x9E3779B97F4A7C15
_PAIR = np.uint64(0xC2B2AE3D27D4EB4F)
_KIND = np.uint64(0x165667B19E3779F9)
_BLANK, _BREAK, _ZERO = 32, 10, 48
_ASCII = 128
_IS_WORD = np.array([chr(code).isalnum() or chr(code) == "'" for code in range(_ASCII)] + [True])
_AS_READ = np.array([_BLANK if code == _BREAK else _ZERO if chr(code).isdigit() else code for code in range(_ASCII)])
_POWERS, _INVERSES = (
    np.multiply.accumulate(np.array([1] + [factor] * (MAX_CHARS + 2), dtype=np.uint64))
    for factor in (_BASE, pow(_BASE, -1, 1 << 64))
)


@dataclass(frozen=True, slots=True, eq=False)
class Grams:
    """Every n-gram of a batch, in no order; one that a text holds twice is there twice.

    Attributes:
        texts: For each n-gram the place of its text in the batch.
        buckets: For each n-gram its hash, below `BUCKETS`.
        starts: For each n-gram the offset of its first character in its text; an edge counts as none.
        ends: For each n-gram the offset after its last character.
        words: How many of the n-grams, from the first on, are words and pairs of words.
    """

    texts: Indexes
    buckets: Indexes
    starts: Indexes
    ends: Indexes
    words: int


def grams(texts: Sequence[str]) -> Grams:
    """The n-grams of folded texts, which hold no line breaks; `MAX_CHARS` bounds what may come at once."""
    codes = np.frombuffer(f"\n{chr(_BREAK).join(texts)}\n".encode("utf-32-le", "replace"), dtype=np.uint32)
    is_break = codes == _BREAK
    is_gap = is_break | (codes == _BLANK)
    kept = np.flatnonzero(is_break | ~(is_gap & np.concatenate(([False], is_gap[:-1]))))
    begins = np.flatnonzero(is_break) + 1
    codes, is_gap = codes[kept], is_gap[kept]
    text_of = np.cumsum(is_break[kept]) - 1
    ascii_or_not = np.minimum(codes, _ASCII)
    values = np.where(codes < _ASCII, _AS_READ[np.minimum(codes, _ASCII - 1)], codes).astype(np.uint64)
    words = _words(values, _is_word(codes, ascii_or_not), text_of)
    runs = _runs(values, is_gap)
    first = np.concatenate([part[1] for part in (*words, *runs)])
    last = np.concatenate([part[2] for part in (*words, *runs)])
    of = text_of[first]
    return Grams(
        texts=of,
        buckets=_buckets(np.concatenate([part[0] for part in (*words, *runs)])),
        starts=kept[first + is_gap[first]] - begins[of],
        ends=kept[last - is_gap[last]] + 1 - begins[of],
        words=sum(len(part[0]) for part in words),
    )


def counted(texts: Sequence[str]) -> tuple[Indexes, Indexes, Indexes]:
    """Each text's different n-grams, as (place of the text, bucket, how often), ordered by text and bucket."""
    found = grams(texts)
    keys, counts = np.unique((found.texts << BITS) | found.buckets, return_counts=True)
    return keys >> BITS, keys & (BUCKETS - 1), counts


_Found = tuple[Longs, Indexes, Indexes]
"""Hashes, and the places of each n-gram's first and last character."""


def _words(values: Longs, is_word: Flags, text_of: Indexes) -> list[_Found]:
    edges = np.flatnonzero(np.diff(is_word))
    first, last = edges[::2] + 1, edges[1::2]
    sums = np.concatenate((np.zeros(1, dtype=np.uint64), np.cumsum(values * _POWERS[: len(values)])))
    single = (sums[last + 1] - sums[first]) * _INVERSES[first]
    is_pair = text_of[first[:-1]] == text_of[first[1:]]
    pair = (single[:-1] * _PAIR + single[1:])[is_pair]
    return [(single + _KIND, first, last), (pair + _KIND * np.uint64(2), first[:-1][is_pair], last[1:][is_pair])]


def _runs(values: Longs, is_gap: Flags) -> list[_Found]:
    found: list[_Found] = []
    hashes, is_run = values, ~is_gap
    for length in range(2, LONGEST + 1):
        hashes = hashes[:-1] * np.uint64(_BASE) + values[length - 1 :]
        is_run = ~(is_gap[:-1] & is_gap[1:]) if length == 2 else is_run[:-1] & ~is_gap[length - 2 : -1]
        first = np.flatnonzero(is_run)
        found.append((hashes[first] + _KIND * np.uint64(length + 1), first, first + (length - 1)))
    return found


def _is_word(codes: npt.NDArray[np.uint32], ascii_or_not: npt.NDArray[Any]) -> Flags:
    is_word: Flags = _IS_WORD[ascii_or_not]
    if codes.max() >= _ASCII:
        is_word &= ~(((codes >= 0x80) & (codes < 0xC0)) | ((codes >= 0x2000) & (codes < 0x2070)))
    return is_word


def _buckets(hashes: Longs) -> Indexes:
    """The hashes, mixed (the end of MurmurHash3), cut to their highest bits."""
    mixed = (hashes ^ (hashes >> np.uint64(33))) * np.uint64(0xFF51AFD7ED558CCD)
    mixed = (mixed ^ (mixed >> np.uint64(33))) * np.uint64(0xC4CEB9FE1A85EC53)
    return (mixed >> np.uint64(64 - BITS)).astype(np.int64)
