"""A lexicon ready to search: a prefilter over words that a phrase needs, then exact whole-word matching.

Most lines of chat lack some word that each phrase needs, and cost a few microseconds.
"""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass

from ahocorasick_rs import AhoCorasick

from core.model.finding import Kind
from filters.lexicon import phrase
from filters.lexicon.automaton import Automaton
from filters.lexicon.source import Entry, read_lexicon
from filters.lexicon.spelling import ORDINARY, Spellings
from filters.lexicon.words import Words, split
from filters.text.folding import Reading

_MAX_SLOTS = 4
_MIN_RUN = 7
"""Words longer than this may be words run together."""
_MIN_KEY = 2
_WORD = re.compile(r"[^\W_]+")
_ASCII_BLANKS = {code: " " for code in range(128) if not chr(code).isalnum()}


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
        unless = [(tree, ~number) for number, entry in enumerate(source.entries) for tree in entry.unless]
        self._automaton = Automaton([*phrases, *unless])
        self._spellings = Spellings(self._automaton.vocabulary)
        self._needs: dict[str, set[tuple[frozenset[str], ...]]] = {}
        for tree, _ in phrases:
            for word, others in _needs(tree):
                self._needs.setdefault(word, set()).add(others)
        self._known = self._automaton.vocabulary | ORDINARY.keys()
        self._keys = AhoCorasick(sorted(word for word in self._needs if len(word) > _MIN_KEY))

    def find(self, reading: Reading) -> list[Match]:
        """Every match in `reading`, by first word; at most one for each entry and first word, the longest."""
        return self.search(split(reading)) if self._may_match(reading) else []

    def _may_match(self, reading: Reading) -> bool:
        """Whether the words that some phrase can't do without are all there."""
        text = reading.text.replace("'", "")
        if reading.name == "masked":
            return True
        present = set(text.translate(_ASCII_BLANKS).split() if text.isascii() else _WORD.findall(text))
        for word in present - self._known:
            present.update(self._spellings.others(word, reading.name))
            if len(word) > _MIN_RUN and self._keys.find_matches_as_indexes(word):
                present.update(self._spellings.parted(word))
        for word in present & self._needs.keys():
            for slots in self._needs[word]:
                for slot in slots:
                    if slot.isdisjoint(present):
                        break
                else:
                    return True
        return False

    def search(self, words: Words) -> list[Match]:
        """The same for words that were split before, without the prefilter."""
        words = self._with_parted(words)
        name = words.reading.name
        others: dict[int, tuple[str, ...]] = {}
        for at, word in enumerate(words.words):
            if spelled := self._spellings.others(word, name):
                others[at] = spelled
        found = self._automaton.matches(words.words, words.begins_sentence, others)
        refused = {(~number, first) for number, first, _ in found if number < 0}
        return [
            Match(entry=self.entries[number], words=words, first=first, last=last)
            for number, first, last in found
            if number >= 0 and not ((number, last + 1) in refused and not words.begins_sentence[last + 1])
        ]

    def _with_parted(self, words: Words) -> Words:
        parted = {
            at: parts
            for at, word in enumerate(words.words)
            if len(word) > _MIN_RUN
            and len(word) == words.ends[at] - words.starts[at]
            and word not in ORDINARY
            and self._keys.find_matches_as_indexes(word)
            and (parts := self._spellings.parted(word))
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


def _needs(tree: phrase.Sequence) -> Iterator[tuple[str, tuple[frozenset[str], ...]]]:
    """For each way of saying `tree` a word that it needs, as rare as there is, and slots of which it needs one each."""
    slots = [(_frequency(found), at, found) for at, part in enumerate(tree.parts) if (found := _anchors(part))]
    _, at, words = min(slots, key=lambda slot: slot[:2])
    rest = sorted((slot for slot in slots if slot[1] != at), key=lambda slot: slot[:2])
    others = tuple(found for _, _, found in rest)
    part = tree.parts[at]
    if isinstance(part, phrase.Either):
        for choice in part.choices:
            for word, inner in _needs(choice):
                yield word, (*inner, *others)[:_MAX_SLOTS]
    else:
        for word in words:
            yield word, others[:_MAX_SLOTS]


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
    ranks = (0 if len(word) == 1 else ORDINARY.get(word) for word in words)
    return sum(0.05 if rank is None else 1000 / (rank + 10) for rank in ranks)
