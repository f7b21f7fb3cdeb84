"""Other spellings of a lexicon's words: a dropped letter, masked letters, a stretched word, words run together.

Only spellings that are no ordinary word count as a slip: "kil" may be "kill", "lie" is never "life".
"""

from collections.abc import Collection, Set
from importlib import resources

_MIN_SLIP = 4
"""Words shorter than this have no recognisable slips."""

_SHORT = frozenset({"i", "to", "my", "me", "be", "it", "im", "in", "of", "on", "so", "go", "do", "up", "is"})
"""The only words this short that are looked for in words run together."""

_MAX_GLUED = 64


def _read_ordinary() -> dict[str, int]:
    text = resources.files(__package__).joinpath("ordinary_words.txt").read_text(encoding="utf-8")
    words = [word for line in text.splitlines() if not line.startswith("#") for word in line.split()]
    return {word: rank for rank, word in enumerate(words)}


ORDINARY = _read_ordinary()
"""Ordinary chat words with their rank by frequency, 0 for the most frequent."""


def squeeze(word: str) -> str:
    """`word` with every run of a letter as one."""
    return "".join(letter for at, letter in enumerate(word) if at == 0 or word[at - 1] != letter)


def slips(word: str) -> list[str]:
    """`word` with one letter missing or two neighbours swapped; the first letter stays, except in long words."""
    if len(word) < _MIN_SLIP or not word.isalpha():
        return []
    missing = [word[:at] + word[at + 1 :] for at in range(0 if len(word) > 5 else 1, len(word))]
    if len(word) == _MIN_SLIP:
        return missing
    return missing + [word[:at] + word[at + 1] + word[at] + word[at + 2 :] for at in range(1, len(word) - 1)]


class Spellings:
    """The words of one lexicon and what else may stand for them."""

    def __init__(self, vocabulary: Collection[str]) -> None:
        self._vocabulary = frozenset(vocabulary)
        self._slips: dict[str, tuple[str, ...]] = {}
        self._squeezed: dict[str, tuple[str, ...]] = {}
        self._shapes: dict[tuple[int, str], list[str]] = {}
        known = self._vocabulary | ORDINARY.keys()
        for word in sorted(self._vocabulary):
            for slip in set(slips(word)) - known:
                self._slips[slip] = (*self._slips.get(slip, ()), word)
            if (short := squeeze(word)) != word:
                self._squeezed[short] = (*self._squeezed.get(short, ()), word)
            self._shapes.setdefault((len(word), word[0]), []).append(word)
        self._longest = max(map(len, self._vocabulary))
        self._parts = frozenset(word for word in self._vocabulary if len(word) > 2 or word in _SHORT)

    def others(self, word: str, reading: str) -> tuple[str, ...]:
        """What else `word` may be read as, in a reading of this name; usually nothing."""
        if reading == "masked" and "*" in word:
            return tuple(known for known in self._shapes.get((len(word), word[0]), ()) if _fits(word, known))
        if reading == "squeezed" and word in self._squeezed and word not in ORDINARY:
            return self._squeezed[word]
        return self._slips.get(word, ())

    def others_of(self, words: Set[str], reading: str) -> set[str]:
        """`others` of all these words together."""
        if reading in {"masked", "squeezed"}:
            return {other for word in words for other in self.others(word, reading)}
        return {other for word in words if word in self._slips for other in self._slips[word]}

    def parted(self, word: str) -> list[str]:
        """`word` as the fewest words of the lexicon run together; empty when it is none."""
        if len(word) > _MAX_GLUED or word in ORDINARY or word in self._vocabulary or not self._ends_in_part(word):
            return []
        best: list[list[str] | None] = [[]] + [None] * len(word)
        for end in range(1, len(word) + 1):
            for start in range(max(0, end - self._longest), end):
                before = best[start]
                if before is not None and (part := word[start:end]) in self._parts:
                    now = best[end]
                    if now is None or len(before) + 1 < len(now):
                        best[end] = [*before, part]
        return best[-1] or []

    def _ends_in_part(self, word: str) -> bool:
        return any(word[at:] in self._parts for at in range(max(0, len(word) - self._longest), len(word)))


def _fits(masked: str, known: str) -> bool:
    seen = [a for a, b in zip(masked, known, strict=True) if a != "*"]
    return len(seen) >= min(2, len(known) - 1) and all(a in ("*", b) for a, b in zip(masked, known, strict=True))
