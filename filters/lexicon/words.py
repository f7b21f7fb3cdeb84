"""A reading as words: what a lexicon compares, and where sentences part.

A word is letters and digits; apostrophes inside it don't count, so "don't" and "dont" are one. Blanks, commas, dashes,
dots of an ellipsis, marks and emoji may stand between the words of a phrase; the end of a sentence may not, except
around a sentence of a single word ("kill. me. now").
"""

import re
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from filters.text.folding import Reading

_WORD = re.compile(r"[^\W_]+(?:['*]+[^\W_]+)*")
_MASKED_WORD = re.compile(r"[^\W_](?:[^\W_]|[*'])*")
_SENTENCE_END = re.compile(r"[?!;:]|(?<!\.)\.(?!\.)\s|\n")
_STOP = re.compile(r"(?<!\.)\.(?!\.)\s")


@dataclass(frozen=True, slots=True, eq=False)
class Words:
    """The words of one reading.

    Attributes:
        reading: Where they stand.
        words: Lower case, without apostrophes.
        starts: For each word its first character in `reading.text`.
        ends: For each word the character after its last one.
        begins_sentence: For each word whether a phrase can't reach over to it from the word before.
    """

    reading: Reading
    words: Sequence[str]
    starts: Sequence[int]
    ends: Sequence[int]
    begins_sentence: Sequence[bool]

    def span(self, first: int, last: int) -> tuple[int, int]:
        """The original's span of the words from `first` up to and including `last`."""
        return self.reading.span(self.starts[first], self.ends[last])

    def word_at(self, offset: int) -> int:
        """The index of the last word that begins at or before this character of `reading.text`; -1 for none."""
        return bisect_right(self.starts, offset) - 1


def split(reading: Reading) -> Words:
    """The words of `reading`, in order."""
    text = reading.text
    pattern = _MASKED_WORD if reading.name == "masked" else _WORD
    found = [(match.group(), match.start(), match.end()) for match in pattern.finditer(text)]
    words = [word.replace("'", "") if "'" in word else word for word, _, _ in found]
    starts = [start for _, start, _ in found]
    ends = [end for _, _, end in found]
    return Words(reading, words, starts, ends, _sentence_starts(text, starts, ends))


def _sentence_starts(text: str, starts: list[int], ends: list[int]) -> list[bool]:
    begins = [False] * len(starts)
    if not starts:
        return begins
    begins[0] = True
    soft: list[int] = []
    for match in _SENTENCE_END.finditer(text, ends[0]):
        at = bisect_right(starts, match.start())
        if at < len(starts) and ends[at - 1] <= match.start():
            begins[at] = True
            if _STOP.match(text, match.start()):
                soft.append(at)
    for at in soft:  # around a sentence of one word
        is_alone_before = begins[at - 1]
        is_alone_after = at + 1 == len(starts) or begins[at + 1]
        if is_alone_before or is_alone_after:
            begins[at] = False
    return begins
