"""Spellings that hide a word of the lexicon: stretched ones and masked ones, read back into the lexicon's own words.

Folding offers two readings that no word list can be compared with directly. In `squeezed` every run of a stretched
word is one letter; in `masked` each hidden letter is a `*`. Only words that the writer stretched or masked are looked
up here, so that an ordinary word never turns into a slur.
"""

import re
from collections.abc import Container, Iterable
from functools import lru_cache

_RUN = re.compile(r"([^\W\d_])\1+")
_MAX_MASKED = 24
_REMEMBERED = 1_024


def squeeze(word: str) -> str:
    """The word with every run of a letter made one."""
    return _RUN.sub(r"\1", word)


class Spelling:
    """Reads hidden words back.

    Args:
        vocabulary: The words that can be meant, those that matter most first.
        crude: Those of them that are guessed even when more than one letter is masked.
    """

    def __init__(self, vocabulary: Iterable[str], crude: Container[str]) -> None:
        self._crude = crude
        self.unmasked = lru_cache(maxsize=_REMEMBERED)(self._unmasked)
        self._squeezed: dict[str, str] = {}
        self._by_length: dict[int, list[str]] = {}
        for word in vocabulary:
            if len(word) >= 3:
                self._squeezed.setdefault(squeeze(word), word)
                self._by_length.setdefault(len(word), []).append(word)

    def unsqueezed(self, word: str) -> str:
        """The lexicon's word that a squeezed one stands for, or the squeezed one."""
        return self._squeezed.get(word, word)

    def _unmasked(self, word: str) -> str:
        """The lexicon's word that a masked one most likely stands for, or the masked one."""
        if "*" not in word or not 3 <= len(word) <= _MAX_MASKED or word.count("*") * 2 > len(word):
            return word
        pattern = re.compile(re.escape(word).replace(r"\*", "."))
        known = (known for known in self._by_length.get(len(word), ()) if pattern.fullmatch(known))
        if word.count("*") > 1:
            known = (known for known in known if known in self._crude)
        return next(known, word)
