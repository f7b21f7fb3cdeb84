"""A lexicon ready to search: a prefilter over words that a phrase needs, then exact whole-word matching.

Most lines of chat lack some word that each phrase needs, and cost a few microseconds.
"""

import re
from collections.abc import Set
from dataclasses import dataclass
from functools import cached_property, lru_cache

from ahocorasick_rs import AhoCorasick

from core.model.finding import Kind
from filters.lexicon.automaton import Automaton
from filters.lexicon.needs import Needs
from filters.lexicon.phrase import vocabulary
from filters.lexicon.source import Entry, read_lexicon
from filters.lexicon.spelling import ORDINARY, Spellings
from filters.lexicon.words import Words, split
from filters.text.folding import Reading

_MIN_RUN = 7
"""Words longer than this may be words run together."""
_MIN_KEY = 2
_REMEMBERED = 4_096
"""Long unknown words whose parts are kept: chat repeats them."""
_WORD = re.compile(r"[^\W_]+")
_ASCII_WORDS = "".join(letter if letter.isalnum() else " " for letter in map(chr, range(128)))


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
        self._phrases = (*phrases, *unless)
        known = vocabulary(tree for tree, _ in self._phrases)
        self._spellings = Spellings(known)
        self._needs = Needs(tree for tree, _ in phrases)
        self._known = known | ORDINARY.keys()
        self._parted = lru_cache(maxsize=_REMEMBERED)(self._parts_of)
        self._keys = AhoCorasick(sorted(word for word in self._needs.words if len(word) > _MIN_KEY))

    @cached_property
    def _automaton(self) -> Automaton:
        """Built for the first text that may hold a phrase: most texts don't, and starting is to be quick."""
        return Automaton(self._phrases)

    def find(self, reading: Reading) -> list[Match]:
        """Every match in `reading`, by first word; at most one for each entry and first word, the longest."""
        return self.search(split(reading)) if self._may_match(reading) else []

    def _may_match(self, reading: Reading) -> bool:
        """Whether the words that some phrase can't do without are all there."""
        present = _words_in(reading)
        if unknown := present - self._known:
            present |= self._spellings.others_of(unknown, reading.name)
            for word in unknown:
                if len(word) > _MIN_RUN:
                    present.update(self._parted(word))
        return self._needs.are_met(present)

    def _parts_of(self, word: str) -> list[str]:
        """The lexicon's words that `word` runs together, a rare one among them."""
        return self._spellings.parted(word) if self._keys.find_matches_as_indexes(word) else []

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
            and (parts := self._parted(word))
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


def _words_in(reading: Reading) -> set[str]:
    """At least the words that `split` finds."""
    if reading.name == "masked":
        return set(split(reading).words)
    text = reading.text.replace("'", "")
    return set(text.translate(_ASCII_WORDS).split() if text.isascii() else _WORD.findall(text))
