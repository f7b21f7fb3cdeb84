"""A lexicon ready to search: a prefilter over words that a phrase needs, then exact whole-word matching.

Most lines of chat hold none of those words and cost a microsecond or two.
"""

from collections.abc import Set
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from core.model.finding import Kind
from filters.lexicon import phrase
from filters.lexicon.automaton import Automaton
from filters.lexicon.source import Entry, read_lexicon
from filters.lexicon.spelling import ORDINARY, Spellings
from filters.lexicon.words import Words, split
from filters.text.folding import Reading


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Match:
    """A phrase of `entry` in a reading: the words from `first` up to and including `last`."""

    entry: Entry
    words: Words
    first: int
    last: int

    @property
    def span(self) -> tuple[int, int]:
        """Half-open offsets into the original text."""
        return self.words.span(self.first, self.last)


class Lexicon:
    """The entries of one file.

    Attributes:
        name: Of the lexicon. version: changes whenever its entries do.
        entries: In the order of the file.
    """

    def __init__(self, data: bytes, path: str, *, kinds: Set[Kind], rules: Set[str]) -> None:
        """Read and compile; `path` only names the file in errors.

        Raises: `ConfigurationRefused` with file and line.
        """
        source = read_lexicon(data, path, kinds=kinds, rules=rules)
        self.name = source.name
        self.version = source.version
        self.entries = source.entries
        phrases = [(tree, number) for number, entry in enumerate(source.entries) for tree in entry.phrases]
        self._automaton = Automaton(phrases)
        self._spellings = Spellings(self._automaton.vocabulary)
        needed = {word for tree, _ in phrases for word in _anchors(tree)}
        needed.update(slip for word in tuple(needed) for slip in self._spellings.slips_of(word))
        self._needed = AhoCorasick(sorted(needed))

    def find(self, reading: Reading) -> list[Match]:
        """Every match in `reading`, by first word; at most one for each entry and first word, the longest."""
        if reading.name not in {"squeezed", "masked"} and not self._needed.find_matches_as_indexes(
            reading.text.replace("'", "")
        ):
            return []
        return self.search(split(reading))

    def search(self, words: Words) -> list[Match]:
        """The same for words that were split before, without the prefilter."""
        words = self._with_parted(words)
        name = words.reading.name
        others: dict[int, tuple[str, ...]] = {}
        for at, word in enumerate(words.words):
            if found := self._spellings.others(word, name):
                others[at] = found
        return [
            Match(entry=self.entries[number], words=words, first=first, last=last)
            for number, first, last in self._automaton.matches(words.words, words.begins_sentence, others)
        ]

    def _with_parted(self, words: Words) -> Words:
        parted = {
            at: parts
            for at, word in enumerate(words.words)
            if len(word) == words.ends[at] - words.starts[at] and (parts := self._spellings.parted(word))
        }
        if not parted:
            return words
        texts: list[str] = []
        starts: list[int] = []
        ends: list[int] = []
        begins: list[bool] = []
        for at, word in enumerate(words.words):
            parts = parted.get(at, [word])
            start = words.starts[at]
            for index, part in enumerate(parts):
                is_last = index == len(parts) - 1
                texts.append(part)
                starts.append(start)
                ends.append(words.ends[at] if is_last else start + len(part))
                begins.append(words.begins_sentence[at] and index == 0)
                start += len(part)
        return Words(words.reading, texts, starts, ends, begins)


def _anchors(part: phrase.Part) -> frozenset[str]:
    """Words of which every match of `part` holds at least one, as rare ones as there are; empty when none is needed."""
    match part:
        case phrase.Word(text):
            return frozenset({text})
        case phrase.Gap():
            return frozenset()
        case phrase.Sequence(parts):
            choices = [found for inner in parts if (found := _anchors(inner))]
            return min(choices, key=_frequency, default=frozenset())
        case phrase.Either(choices, is_optional):
            each = [_anchors(choice) for choice in choices]
            return frozenset() if is_optional or not all(each) else frozenset().union(*each)


def _frequency(words: frozenset[str]) -> float:
    return sum(1000 / (ORDINARY[word] + 10) if word in ORDINARY else 0.05 for word in words)
