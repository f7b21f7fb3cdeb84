"""Templates: the lines of the lexicon, each standing for many phrases without spelling them out.

A template is a row of units, each with its alternatives; an alternative is a tuple of words as they stand in a
message's words, and the empty one means "or nothing".
"""

import itertools
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from filters.harassment.words import FORCE, MEMBER, phrase
from filters.lexicon.phrase import Either, Part, Word
from filters.lexicon.phrase import Sequence as Tree

MAX_EXPANSION = 20_000
"""How many phrases one line may stand for."""

Phrase = tuple[str, ...]
Unit = tuple[Phrase, ...]

_PIECE = re.compile(r"\(([^()]*)\)|<(\w+)>(s?)|([^()<>]+)")
_PARTS_WORDS = re.compile(r"[^\w§'’`´]|_")
"""A character at an edge that parts words, so that the pieces on either side can be read apart."""


@dataclass(frozen=True, slots=True)
class Template:
    """A line of the lexicon; it holds at least one word, whatever is chosen."""

    units: tuple[Unit, ...]

    def phrases(self) -> Iterator[Phrase]:
        """Every phrase, the last unit changing fastest; one may come twice."""
        return map(_chained, itertools.product(*self.units))

    def named(self) -> Iterator[Phrase]:
        """The phrases that hold a member's name."""
        with_name = [tuple(choice for choice in unit if MEMBER in choice) for unit in self.units]
        without = [tuple(choice for choice in unit if MEMBER not in choice) for unit in self.units]
        for at, named in enumerate(with_name):
            if named:
                yield from map(_chained, itertools.product(*without[:at], named, *self.units[at + 1 :]))

    def short(self) -> Iterator[Phrase]:
        """The phrases of one word, and perhaps others."""
        return self.phrases() if sum(() not in unit for unit in self.units) <= 1 else iter(())

    def words(self) -> Iterator[str]:
        """Every word, in the order in which `phrases` first shows it; one may come twice."""
        for unit in self.units:
            yield from unit[0]
        for unit in reversed(self.units):
            for choice in unit[1:]:
                yield from choice

    def tree(self) -> Tree:
        """The same for an automaton."""
        parts: list[Part] = []
        for unit in self.units:
            if len(unit) == 1:
                parts.extend(map(_word, unit[0]))
            else:
                parts.append(Either(tuple(map(tree_of, filter(None, unit))), is_optional=() in unit))
        return Tree(tuple(parts))


def tree_of(words: Iterable[str]) -> Tree:
    """One phrase for an automaton."""
    return Tree(tuple(map(_word, words)))


_word = cache(Word)


def read_template(line: str, classes: Mapping[str, Sequence[str]], refuse: Callable[[str, str], Exception]) -> Template:
    """The template that a line of the lexicon writes; its file's header explains the syntax.

    Raises: what `refuse` makes of a reason and a hint.
    """
    pieces = list(_pieces(line, classes, refuse))
    count = 1
    for piece in pieces:
        count *= len(piece)
    if count > MAX_EXPANSION:
        raise refuse(f"stands for {count} phrases, more than {MAX_EXPANSION}", "split it")
    units = [tuple(dict.fromkeys(_phrase(text) for text in texts)) for texts in _apart(pieces)]
    if all(() in unit for unit in units):
        raise refuse("has no word in it", "")
    if fillers := sorted(FORCE.intersection(word for unit in units for choice in unit for word in choice)):
        raise refuse(f"holds {fillers[0]!r}, a word that is skipped in messages", "")
    return Template(tuple(unit for unit in units if unit != ((),)))


def _pieces(
    line: str, classes: Mapping[str, Sequence[str]], refuse: Callable[[str, str], Exception]
) -> Iterator[list[str]]:
    position = 0
    for match in _PIECE.finditer(line):
        if match.start() != position:
            raise refuse("has a bracket without its other half", "")
        position = match.end()
        alternatives, name, suffix, literal = match.groups()
        if name is not None:
            if name not in classes:
                raise refuse(f"uses <{name}>, which isn't defined above", "")
            yield [form + suffix for form in classes[name]]
        elif literal is not None:
            yield [literal]
        else:
            yield alternatives.split("|")
    if position != len(line):
        raise refuse("has a bracket without its other half", "")


def _apart(pieces: list[list[str]]) -> Iterator[list[str]]:
    """The pieces, those joined between which a word could go on ("dog(s|)")."""
    joined: list[str] = []
    for piece in pieces:
        if not joined:
            joined = piece
        elif all(text and _PARTS_WORDS.match(text[-1]) for text in joined) or all(
            text and _PARTS_WORDS.match(text[0]) for text in piece
        ):
            yield joined
            joined = piece
        else:
            joined = [before + after for before in joined for after in piece]
    yield joined


@cache
def _phrase(text: str) -> Phrase:
    return tuple(phrase(text).split())


def _chained(choice: Iterable[Phrase]) -> Phrase:
    return tuple(itertools.chain.from_iterable(choice))
