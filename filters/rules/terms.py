"""A community's own terms, found as whole words in every reading of a message.

Between the words of a term anything but a letter or digit may stand. A term with other signs in it ("c++", an emoji)
is found as it is written; in scripts that put no blanks between words a term counts wherever it stands.
"""

import re
from collections.abc import Sequence

from ahocorasick_rs import AhoCorasick

from core.errors import ConfigurationRefused
from core.model.policy import Term
from filters.harassment.spelling import Spelling
from filters.lexicon.words import Words, split
from filters.text.folding import Reading, readings

_PLAIN = re.compile(r"(?:[^\W_]|[ '’-])+")
_UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


class Terms:
    """The terms of one policy.

    Raises:
        ConfigurationRefused: A term has nothing in it that could be matched; names `terms[3].text`.
    """

    def __init__(self, terms: Sequence[Term]) -> None:
        words: dict[str, list[int]] = {}
        signs: dict[str, list[int]] = {}
        for index, term in enumerate(terms):
            reading = readings(term.text)[0]
            folded = " ".join(reading.text.split())
            if not folded:
                raise ConfigurationRefused(
                    f"terms[{index}].text", "has nothing in it that could be matched", "remove it or write a word"
                )
            if _PLAIN.fullmatch(folded) and not _UNSPACED.search(folded) and (parts := split(reading).words):
                words.setdefault(f" {' '.join(parts)} ", []).append(index)
            else:
                signs.setdefault(folded, []).append(index)
        self._word_terms = tuple(words.values())
        self._words = AhoCorasick(list(words)) if words else None
        self._sign_terms = tuple(signs.values())
        self._signs = AhoCorasick(list(signs)) if signs else None
        vocabulary = dict.fromkeys(word for term in words for word in term.split())
        self._spelling = Spelling(vocabulary, vocabulary)

    def find(self, text: str) -> dict[int, list[tuple[int, int]]]:
        """For each term that is there its index and half-open spans in the original text."""
        found: dict[int, set[tuple[int, int]]] = {}
        for reading in readings(text) if self._words or self._signs else ():
            for index, span in (*self._find_words(reading), *self._find_signs(reading)):
                found.setdefault(index, set()).add(span)
        return {index: sorted(spans) for index, spans in sorted(found.items())}

    def _find_words(self, reading: Reading) -> list[tuple[int, tuple[int, int]]]:
        if self._words is None:
            return []
        words = split(reading)
        texts = self._respelt(words)
        joined = f" {' '.join(texts)} "
        matches = self._words.find_matches_as_indexes(joined, overlapping=True)
        if not matches:
            return []
        at: dict[int, int] = {}
        offset = 0
        for index, word in enumerate(texts):
            at[offset] = index
            offset += len(word) + 1
        at[offset] = len(texts)
        return [
            (index, words.span(at[start], at[end - 1] - 1))
            for number, start, end in matches
            for index in self._word_terms[number]
        ]

    def _respelt(self, words: Words) -> Sequence[str]:
        reading = words.reading
        if reading.name == "masked":
            return [self._spelling.unmasked(word) for word in words.words]
        if reading.name != "squeezed":
            return words.words
        return [
            self._spelling.unsqueezed(word) if (span := words.span(at, at))[1] - span[0] > len(word) else word
            for at, word in enumerate(words.words)
        ]

    def _find_signs(self, reading: Reading) -> list[tuple[int, tuple[int, int]]]:
        if self._signs is None:
            return []
        text = reading.text
        return [
            (index, reading.span(start, end))
            for number, start, end in self._signs.find_matches_as_indexes(text, overlapping=True)
            if _stands_alone(text, start, end)
            for index in self._sign_terms[number]
        ]


def _stands_alone(text: str, start: int, end: int) -> bool:
    return not (start > 0 and _are_one_word(text[start - 1], text[start])) and not (
        end < len(text) and _are_one_word(text[end - 1], text[end])
    )


def _are_one_word(left: str, right: str) -> bool:
    return left.isalnum() and right.isalnum() and not (_UNSPACED.match(left) or _UNSPACED.match(right))
