"""The harassment lexicon: a text file that people review, read into phrases that an automaton finds.

The file's header explains its syntax. Whatever can't be understood is refused with file and line, never skipped:
a lexicon that quietly lost a section would look just like a quiet community.
"""

import hashlib
import itertools
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import ahocorasick_rs

from core.errors import ConfigurationRefused
from core.model.finding import KINDS, Category, Kind
from filters.harassment.words import FORCE, Line, phrase

MAX_BYTES = 1_000_000
MAX_EXPANSION = 20_000
"""How many phrases one entry may stand for."""
MAX_PHRASES = 500_000


class Shape(StrEnum):
    """How an entry's phrase finds its target (explained in the lexicon's header)."""

    NOUN = "noun"
    ADJECTIVE = "adjective"
    DIRECTED = "directed"
    IMPERATIVE = "imperative"
    WILLED = "willed"
    CONSEQUENCE = "consequence"


class Context(StrEnum):
    """What a phrase shows about the words around it."""

    HARMLESS = "harmless"
    COMPLIMENT = "compliment"
    AFFECTION = "affection"
    LAUGH = "laugh"
    DISTRESS = "distress"
    BOUNDARY = "boundary"
    PESTER = "pester"
    CREDIBLE = "credible"
    PLAY = "play"
    WILL = "will"


LOOKED_UP = frozenset({Context.DISTRESS, Context.BOUNDARY, Context.PESTER, Context.LAUGH, Context.AFFECTION})
"""Contexts that are looked for in earlier messages by themselves; a lexicon has each of them."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the lexicon: hostile words, or context when `kind` is None."""

    line: int
    kind: Kind | None = None
    shape: Shape = Shape.DIRECTED
    level: int = 0
    context: Context | None = None
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Hit:
    """An entry seen in a line: words `first` up to, not including, `last`."""

    entry: Entry
    first: int
    last: int

    @property
    def kind(self) -> Kind:
        """The kind of a hostile entry."""
        if self.entry.kind is None:
            raise TypeError("a context has no kind")
        return self.entry.kind


@dataclass(frozen=True, slots=True)
class Lexicon:
    """A lexicon that was read without complaint.

    Attributes:
        version: The file's own version and a digest of its bytes.
        profanity: Words that are crude by themselves: 1 mild, 2 strong.
        modifiers: Adjectives and nouns that may stand before an insult.
        vocabulary: Every word of the phrases, those that matter most first.
    """

    source: str
    version: str
    profanity: dict[str, int]
    modifiers: frozenset[str]
    vocabulary: tuple[str, ...]
    _gate: ahocorasick_rs.AhoCorasick = field(repr=False)
    _contexts: dict[Context, ahocorasick_rs.AhoCorasick] = field(repr=False)
    _phrases: ahocorasick_rs.AhoCorasick = field(repr=False)
    _entries: tuple[tuple[Entry, ...], ...] = field(repr=False)

    def is_suspect(self, glanced: str) -> bool:
        """Whether a glance saw the words of a hostile phrase; names may still be missing from it."""
        return bool(self._gate.find_matches_as_indexes(glanced))

    def shows(self, context: Context, glanced: str) -> bool:
        """Whether a phrase of that context is there (one of `LOOKED_UP`)."""
        return bool(self._contexts[context].find_matches_as_indexes(glanced))

    def hits(self, line: Line) -> list[Hit]:
        """Every entry whose phrase stands in the line as whole words, in order of place."""
        found: list[Hit] = []
        for index, start, end in self._phrases.find_matches_as_indexes(line.joined, overlapping=True):
            first, last = line.indexes(start, end)
            found.extend(Hit(entry, first, last) for entry in self._entries[index])
        return sorted(found, key=lambda hit: (hit.first, -hit.last, hit.entry.line))


_FLAGS = frozenset({"playful", "severe", "distress"})
_PROFANITY = {"mild": 1, "strong": 2}
_CLASS = re.compile(r"^<(\w+)>\s*=\s*(.+)$")
_SECTION = re.compile(r"^\[([^\]]+)\]$")
_VERSION = re.compile(r"^version\s*=\s*(\d+)$")
_PIECE = re.compile(r"\(([^()]*)\)|<(\w+)>(s?)|([^()<>]+)")


def read_lexicon(data: bytes, source: str) -> Lexicon:
    """The lexicon in `data`; `source` names it in errors and in rule ids.

    Raises:
        ConfigurationRefused: The bytes are not a lexicon; names file and line.
    """
    if len(data) > MAX_BYTES:
        raise ConfigurationRefused(source, f"is larger than {MAX_BYTES} bytes")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise ConfigurationRefused(f"{source}:{line}", "is not UTF-8", "save the file as UTF-8") from None
    reader = _Reader(source)
    for number, raw in enumerate(text.split("\n"), start=1):
        stripped = raw.strip()
        if stripped and not stripped.startswith("#"):
            reader.take(number, stripped)
    return reader.lexicon(hashlib.sha256(data).hexdigest()[:8])


class _Reader:
    def __init__(self, source: str) -> None:
        self.source = source
        self.version: str | None = None
        self.classes: dict[str, list[str]] = {}
        self.section: Entry | None = None
        self.strength = 0
        self.phrases: dict[str, list[Entry]] = {}
        self.profanity: dict[str, int] = {}
        self.seen: set[tuple[str, str, Kind | None]] = set()

    def refuse(self, number: int, reason: str, hint: str = "") -> ConfigurationRefused:
        return ConfigurationRefused(f"{self.source}:{number}", reason, hint)

    def take(self, number: int, line: str) -> None:
        if match := _VERSION.match(line):
            self.version = match.group(1)
        elif match := _CLASS.match(line):
            self.classes[match.group(1)] = [
                expansion
                for alternative in match.group(2).split("|")
                for expansion in self._expand(number, alternative.strip())
            ]
        elif match := _SECTION.match(line):
            self._open(number, match.group(1).split())
        elif self.strength:
            word = phrase(line)
            if not word or " " in word:
                raise self.refuse(number, "a profanity is one word")
            self.profanity[word] = max(self.strength, self.profanity.get(word, 0))
        else:
            self._entry(number, line)

    def _open(self, number: int, words: list[str]) -> None:
        self.strength = 0
        match words:
            case ["profanity", strength] if strength in _PROFANITY:
                self.strength = _PROFANITY[strength]
            case ["context", name] if name in set(Context):
                self.section = Entry(number, context=Context(name))
            case [kind, shape, level, *flags] if (
                kind in KINDS[Category.HARASSMENT] and shape in set(Shape) and level in {"1", "2", "3", "4"}
            ):
                if unknown := set(flags) - _FLAGS:
                    raise self.refuse(number, f"there is no flag {sorted(unknown)[0]!r}", f"one of {sorted(_FLAGS)}")
                self.section = Entry(number, Kind(kind), Shape(shape), int(level), flags=frozenset(flags))
            case _:
                raise self.refuse(number, "is not a section", "[kind shape level flags], [context …] or [profanity …]")

    def _entry(self, number: int, line: str) -> None:
        section = self.section
        if section is None:
            raise self.refuse(number, "stands before the first section")
        entry = Entry(number, section.kind, section.shape, section.level, section.context, section.flags)
        fresh = False
        for expansion in self._expand(number, line):
            forms = [expansion]
            if entry.shape is Shape.NOUN:
                forms.append(_plural(expansion))
            for form in forms:
                key = (form, str(entry.context), entry.kind)
                if key in self.seen:
                    continue
                fresh = True
                self.seen.add(key)
                self.phrases.setdefault(form, []).append(entry)
        if not fresh:
            raise self.refuse(number, "repeats an earlier entry", "remove one of them")
        if len(self.phrases) > MAX_PHRASES:
            raise self.refuse(number, f"brings the lexicon above {MAX_PHRASES} phrases")

    def _expand(self, number: int, line: str) -> Iterator[str]:
        pieces: list[list[str]] = []
        position = 0
        for match in _PIECE.finditer(line):
            if match.start() != position:
                raise self.refuse(number, "has a bracket without its other half")
            position = match.end()
            alternatives, name, suffix, literal = match.groups()
            if name is not None:
                if name not in self.classes:
                    raise self.refuse(number, f"uses <{name}>, which isn't defined above")
                pieces.append([form + suffix for form in self.classes[name]])
            elif literal is not None:
                pieces.append([literal])
            else:
                pieces.append(alternatives.split("|"))
        if position != len(line):
            raise self.refuse(number, "has a bracket without its other half")
        count = 1
        for piece in pieces:
            count *= len(piece)
        if count > MAX_EXPANSION:
            raise self.refuse(number, f"stands for {count} phrases, more than {MAX_EXPANSION}", "split it")
        for choice in itertools.product(*pieces):
            expansion = phrase("".join(choice))
            if not expansion:
                raise self.refuse(number, "has no word in it")
            if filler := FORCE.intersection(expansion.split()):
                raise self.refuse(number, f"holds {sorted(filler)[0]!r}, a word that is skipped in messages")
            yield expansion

    def _vocabulary(self) -> tuple[str, ...]:
        hostile = [form for form, entries in self.phrases.items() if any(entry.kind for entry in entries)]
        single = [form for form in hostile if " " not in form]
        words = itertools.chain(self.profanity, single, *(form.split() for form in hostile))
        return tuple(dict.fromkeys(word for word in words if word.isalpha()))

    def _telling(self, hostile: Iterable[str]) -> Iterator[str]:
        """What must be there before a message is looked at closely; announcements that name a member need the will."""
        wills = [form for form, entries in self.phrases.items() if any(e.context is Context.WILL for e in entries)]
        announced = {Shape.WILLED, Shape.CONSEQUENCE}
        for form in hostile:
            telling = _unnamed(form)
            if telling.strip() != form and all(entry.shape in announced for entry in self.phrases[form]):
                yield from (f" {will}{telling}" for will in wills)
            else:
                yield telling

    def lexicon(self, digest: str) -> Lexicon:
        if self.version is None:
            raise ConfigurationRefused(self.source, "has no version", "add a line: version = 1")
        hostile = {form for form, entries in self.phrases.items() if any(entry.kind for entry in entries)}
        if not hostile:
            raise ConfigurationRefused(self.source, "has no hostile entry", "is this the right file?")
        contexts: dict[Context, list[str]] = {
            context: [form for form, entries in self.phrases.items() if any(e.context is context for e in entries)]
            for context in LOOKED_UP
        }
        for context, present in contexts.items():
            if not present:
                raise ConfigurationRefused(
                    self.source, f"has no entry in [context {context}]", "is this the right file?"
                )
        forms = list(self.phrases)
        return Lexicon(
            source=self.source,
            version=f"{self.version}+{digest}",
            profanity=self.profanity,
            modifiers=frozenset(
                form
                for form in hostile
                if " " not in form and any(e.shape in {Shape.ADJECTIVE, Shape.NOUN} for e in self.phrases[form])
            ),
            vocabulary=self._vocabulary(),
            _gate=ahocorasick_rs.AhoCorasick(sorted(self._telling(hostile))),
            _contexts={
                context: ahocorasick_rs.AhoCorasick([f" {form} " for form in found])
                for context, found in contexts.items()
            },
            _phrases=ahocorasick_rs.AhoCorasick([f" {form} " for form in forms]),
            _entries=tuple(tuple(self.phrases[form]) for form in forms),
        )


def _plural(words: str) -> str:
    if words.endswith(("s", "sh", "ch", "x", "z")):
        return words + "es"
    if words.endswith("y") and words[-2:-1] not in "aeiou":
        return words[:-1] + "ies"
    return words + "s"


def _unnamed(form: str) -> str:
    """The longest part of a phrase that holds no name: names are not looked up before it is there."""
    parts = [part.strip() for part in f" {form} ".split(" § ")]
    return f" {max(parts, key=len)} "
