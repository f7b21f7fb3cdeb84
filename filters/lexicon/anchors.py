"""Anchors: words that a phrase can't do without, as rare ones as there are. A text without any holds no phrase."""

from filters.lexicon import phrase
from filters.lexicon.spelling import ORDINARY

_WEIGHTS = {word: 1000 / (rank + 10) for word, rank in ORDINARY.items() if len(word) > 1}
_SINGLE_LETTER = 100.0
_UNUSUAL = 0.05


def frequency(words: frozenset[str]) -> float:
    """How often one of `words` turns up in ordinary chat, in no unit: only good for comparing."""
    return sum(map(word_frequency, words))


def word_frequency(word: str) -> float:
    """The same for one word."""
    return _WEIGHTS.get(word, _UNUSUAL) if len(word) > 1 else _SINGLE_LETTER


class Anchors:
    """The anchors of the parts of one lexicon, found once for those that several phrases share."""

    def __init__(self) -> None:
        self._weighed: dict[int, tuple[phrase.Part, frozenset[str], float]] = {}

    def of(self, part: phrase.Part) -> frozenset[str]:
        """Words of which every match of `part` holds at least one, as rare as there are; empty when none is needed."""
        return self._weigh(part)[1]

    def weight(self, part: phrase.Part) -> float:
        """The `frequency` of the anchors of `part`."""
        return self._weigh(part)[2]

    def _weigh(self, part: phrase.Part) -> tuple[phrase.Part, frozenset[str], float]:
        known = self._weighed.get(id(part))
        if known is None:
            found = self._find(part)
            known = self._weighed[id(part)] = (part, found, frequency(found))  # the part stays, and so does its id
        return known

    def _find(self, part: phrase.Part) -> frozenset[str]:
        if isinstance(part, phrase.Word):
            return frozenset((part.text,))
        if isinstance(part, phrase.Gap):
            return frozenset()
        if isinstance(part, phrase.Sequence):
            return self._rarest(part.parts)
        if part.is_optional:
            return frozenset()
        each = [self.of(choice) for choice in part.choices]
        return frozenset().union(*each) if all(each) else frozenset()

    def _rarest(self, parts: tuple[phrase.Part, ...]) -> frozenset[str]:
        rarest, least = frozenset[str](), 0.0
        for part in parts:
            if isinstance(part, phrase.Word):
                weight = word_frequency(part.text)
                if not rarest or weight < least:
                    rarest, least = frozenset((part.text,)), weight
            else:
                _, found, weight = self._weigh(part)
                if found and (not rarest or weight < least):
                    rarest, least = found, weight
        return rarest
