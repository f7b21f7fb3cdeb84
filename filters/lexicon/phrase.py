"""The grammar of a phrase, and its parts as a tree.

    wish [i|we] <was> (dead|not alive)      words, [optional], (either|or), <a class of the same file>
    want to ..2 die                         up to two words between

Words are folded like a message and compared whole. A phrase begins and ends with a word, never with a gap, and never
consists of optional parts alone; its length is bounded, so matching takes linear time.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache

from filters.text.folding import readings

MAX_GAP = 8
MAX_WORDS = 40
"""A phrase never spans more words than this."""

_TOKEN = re.compile(
    r"\s*(?:(\([^()\[\]<>.]*\)|\[[^()\[\]<>.]*\])"
    r"|(\()|(\))|(\[)|(\])|(\|)|<([a-z0-9-]+)>|\.\.(\d+)|([^\s()\[\]|<>]+))"
)
_STRUCTURE = re.compile(r"[()\[\]<>.]")
_TOKEN_KINDS = ("", "plain", "(", ")", "[", "]", "|", "class", "gap", "word")


class PhraseRefused(ValueError):
    """What is wrong with a phrase, in a few words; its place is known to who reads the file."""


@dataclass(frozen=True, slots=True)
class Word:
    """One whole word."""

    text: str


@dataclass(frozen=True, slots=True)
class Gap:
    """Up to `most` words, whatever they are."""

    most: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """Parts one after the other."""

    parts: "tuple[Part, ...]"


@dataclass(frozen=True, slots=True)
class Either:
    """One of several, or none of them where that is optional.

    Attributes:
        longest: The most words that it spans.
        shortest: The fewest words that it needs, gaps left out.
    """

    choices: tuple[Sequence, ...]
    is_optional: bool = False
    longest: int = field(init=False, compare=False, repr=False)
    shortest: int = field(init=False, compare=False, repr=False)

    def __post_init__(self) -> None:
        sizes = [_size(choice.parts) for choice in self.choices]
        object.__setattr__(self, "longest", max([most for most, _ in sizes]))
        object.__setattr__(self, "shortest", 0 if self.is_optional else min([fewest for _, fewest in sizes]))


Part = Word | Gap | Sequence | Either


def parse(text: str, classes: Mapping[str, Either]) -> Sequence:
    """The tree of `text`. Raises: `PhraseRefused`."""
    tokens = list(_tokens(text))
    parser = _Parser(tokens, classes)
    tree = parser.sequence()
    if parser.at < len(tokens):
        raise PhraseRefused(f"a stray {tokens[parser.at][1]!r}")
    most, fewest = _size(tree.parts)
    if most > MAX_WORDS:
        raise PhraseRefused(f"longer than {MAX_WORDS} words")
    if fewest == 0:
        raise PhraseRefused("matches nothing at all")
    if _may_begin_with_gap(tree.parts) or _may_begin_with_gap(tuple(reversed(tree.parts))):
        raise PhraseRefused("begins or ends with a gap")
    return tree


def parse_class(text: str, classes: Mapping[str, Either]) -> Either:
    """The choices of a class. Raises: `PhraseRefused`."""
    if not _STRUCTURE.search(text):
        return _plain(text)
    tokens = [("(", "("), *_tokens(text), (")", ")")]
    parser = _Parser(tokens, classes)
    tree = parser.sequence()
    part = tree.parts[0] if len(tree.parts) == 1 else None
    if not isinstance(part, Either) or parser.at < len(tokens):
        raise PhraseRefused("a class is a list of choices parted by |")
    return part


def _size(parts: "tuple[Part, ...]") -> tuple[int, int]:
    """The most words that the parts span, and the fewest that they need, gaps left out."""
    most = fewest = 0
    for part in parts:
        if isinstance(part, Word):
            most += 1
            fewest += 1
        elif isinstance(part, Gap):
            most += part.most
        elif isinstance(part, Either):
            most += part.longest
            fewest += part.shortest
        else:
            inner = _size(part.parts)
            most += inner[0]
            fewest += inner[1]
    return most, fewest


def vocabulary(trees: Iterable[Sequence]) -> frozenset[str]:
    """Every word in these phrases."""
    found: set[str] = set()
    visited: dict[int, Either] = {}
    rows = [tree.parts for tree in trees]
    while rows:
        for part in rows.pop():
            if isinstance(part, Word):
                found.add(part.text)
            elif isinstance(part, Sequence):
                rows.append(part.parts)
            elif isinstance(part, Either) and id(part) not in visited:
                visited[id(part)] = part
                rows.extend(choice.parts for choice in part.choices)
    return frozenset(found)


def _may_begin_with_gap(parts: tuple[Part, ...]) -> bool:
    for part in parts:
        if isinstance(part, Gap):
            return True
        if _size((part,))[1]:
            return False
    return True


def _tokens(text: str) -> Iterator[tuple[str, str]]:
    at = 0
    text = text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise PhraseRefused(f"can't read {text[at : at + 10]!r}")
        at = match.end()
        kind = match.lastindex or 0
        yield _TOKEN_KINDS[kind], match[kind]


class _Parser:
    def __init__(self, tokens: list[tuple[str, str]], classes: Mapping[str, Either]) -> None:
        self.tokens = tokens
        self.classes = classes
        self.at = 0

    def sequence(self) -> Sequence:
        parts: list[Part] = []
        while self.at < len(self.tokens):
            kind, value = self.tokens[self.at]
            if kind in {")", "]", "|"}:
                break
            self.at += 1
            if kind == "plain":
                parts.append(_plain(value[1:-1], is_optional=value[0] == "["))
            elif kind in {"(", "["}:
                parts.append(self._choices(")" if kind == "(" else "]"))
            elif kind == "class":
                if value not in self.classes:
                    raise PhraseRefused(f"no class <{value}> above")
                parts.append(self.classes[value])
            elif kind == "gap":
                if not 1 <= int(value) <= MAX_GAP:
                    raise PhraseRefused(f"a gap spans 1 to {MAX_GAP} words")
                parts.append(Gap(int(value)))
            else:
                parts.append(_word(value))
        if not parts:
            raise PhraseRefused("an empty part")
        return Sequence(tuple(parts))

    def _choices(self, closing: str) -> Either:
        choices = [self.sequence()]
        while self.at < len(self.tokens) and self.tokens[self.at][0] == "|":
            self.at += 1
            choices.append(self.sequence())
        if self.at >= len(self.tokens) or self.tokens[self.at][0] != closing:
            raise PhraseRefused(f"a missing {closing!r}")
        self.at += 1
        return Either(tuple(choices), is_optional=closing == "]")


def _plain(text: str, *, is_optional: bool = False) -> Either:
    """Choices of nothing but words."""
    choices = [choice.split() for choice in text.split("|")]
    if not all(choices):
        raise PhraseRefused("an empty part")
    return Either(tuple([Sequence(tuple(map(_word, words))) for words in choices]), is_optional)


@cache
def _word(text: str) -> Word:
    folded = readings(text)[0].text.replace("'", "")
    if not folded.isalnum():
        raise PhraseRefused(f"{text!r} is not one word")
    return Word(folded)
