"""What phrases can't do without: the look at a text's words that shows, for most texts, that no phrase is there.

For each way of saying a phrase one of its words is picked, as rare as there is, and with it a few places for which the
phrase needs one word of several. Passing this look proves nothing; failing it proves that no phrase matches.
"""

from collections.abc import Iterable, Iterator, Set

from filters.lexicon import phrase
from filters.lexicon.spelling import ORDINARY

_MAX_PLACES = 4

Places = tuple[frozenset[str], ...]


class _Frequencies(dict[str, float]):
    """How often a word turns up in ordinary chat, in no unit: only good for comparing."""

    def __missing__(self, word: str) -> float:
        return 0.05 if len(word) > 1 else 100.0


_FREQUENCY = _Frequencies({word: 1000 / (rank + 10) for word, rank in ORDINARY.items() if len(word) > 1})


class Needs:
    """The needs of some phrases.

    Attributes:
        words: A text without any of these holds no phrase.
    """

    def __init__(self, trees: Iterable[phrase.Sequence]) -> None:
        self._weighed: dict[int, tuple[phrase.Part, frozenset[str], float]] = {}
        found: dict[str, set[Places]] = {}
        for tree in trees:
            for word, places in self._of(tree.parts):
                found.setdefault(word, set()).add(places)
        self._weighed.clear()
        # A need for nothing else beside the word makes its others needless.
        self._places = {word: () if () in places else tuple(places) for word, places in found.items()}
        self.words = frozenset(found)

    def are_met(self, present: Set[str]) -> bool:
        """Whether a phrase may be there in a text of these words."""
        for word in self.words.intersection(present):
            needs = self._places[word]
            if not needs:
                return True
            for places in needs:
                for place in places:
                    if place.isdisjoint(present):
                        break
                else:
                    return True
        return False

    def _of(self, parts: tuple[phrase.Part, ...]) -> Iterator[tuple[str, Places]]:
        weighed = [(weight, at, words) for at, part in enumerate(parts) for _, words, weight in (self._weigh(part),)]
        needed = sorted([each for each in weighed if each[2]], key=lambda each: each[:2])
        _, at, words = needed[0]
        others = tuple([each[2] for each in needed[1:]])
        part = parts[at]
        if isinstance(part, phrase.Either):
            cut = others[:_MAX_PLACES]
            for choice in part.choices:
                if len(choice.parts) == 1 and isinstance(only := choice.parts[0], phrase.Word):
                    yield only.text, cut
                else:
                    for word, inner in self._of(choice.parts):
                        yield word, (*inner, *others)[:_MAX_PLACES]
        else:
            for word in words:
                yield word, others[:_MAX_PLACES]

    def _weigh(self, part: phrase.Part) -> tuple[phrase.Part, frozenset[str], float]:
        """The part (kept, so that its id stays its own), words of which it needs one, and how frequent they are."""
        known = self._weighed.get(id(part))
        if known is None:
            words = self._anchors(part)
            known = self._weighed[id(part)] = (part, words, sum([_FREQUENCY[word] for word in words]))
        return known

    def _anchors(self, part: phrase.Part) -> frozenset[str]:
        if isinstance(part, phrase.Word):
            return frozenset((part.text,))
        if isinstance(part, phrase.Gap):
            return frozenset()
        if isinstance(part, phrase.Sequence):
            return self._rarest(part.parts)
        if part.is_optional:
            return frozenset()
        each = [self._rarest(choice.parts) for choice in part.choices]
        return frozenset().union(*each) if all(each) else frozenset()

    def _rarest(self, parts: tuple[phrase.Part, ...]) -> frozenset[str]:
        if len(parts) == 1:
            return frozenset((only.text,)) if isinstance(only := parts[0], phrase.Word) else self._weigh(only)[1]
        rarest, least = frozenset[str](), 0.0
        for part in parts:
            if isinstance(part, phrase.Word):
                weight = _FREQUENCY[part.text]
                if not rarest or weight < least:
                    rarest, least = frozenset((part.text,)), weight
            else:
                _, words, weight = self._weigh(part)
                if words and (not rarest or weight < least):
                    rarest, least = words, weight
        return rarest
