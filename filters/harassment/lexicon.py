"""The harassment lexicon: a text file that people review, read into phrases that an automaton finds.

The file's header explains its syntax. Whatever can't be understood is refused with file and line, never skipped:
a lexicon that quietly lost a section would look just like a quiet community.
"""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum

import ahocorasick_rs

from core.errors import ConfigurationRefused
from core.model.finding import KINDS, Category, Kind
from filters.harassment.template import Phrase, Template, read_template, tree_of
from filters.harassment.words import MEMBER, SPELLED, Line, phrase, said_words
from filters.lexicon.automaton import Automaton
from filters.lexicon.needs import Needs
from filters.lexicon.phrase import Either
from filters.lexicon.phrase import Sequence as Tree

MAX_BYTES = 1_000_000
MAX_WORDS = 200_000
"""How many words a lexicon's entries may hold."""

_SPELLINGS = frozenset(SPELLED)
_UNNAMED = -1
"""The number of phrases that only tell that a phrase with a name in it may be there."""


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
        vocabulary: Every word of the hostile phrases, those that matter most first.
    """

    source: str
    version: str
    profanity: dict[str, int]
    modifiers: frozenset[str]
    vocabulary: tuple[str, ...]
    _entries: tuple[Entry, ...] = field(repr=False)
    _automaton: Automaton = field(repr=False)
    _telling: frozenset[int] = field(repr=False)
    _needs: Needs = field(repr=False)
    _contexts: dict[Context, ahocorasick_rs.AhoCorasick] = field(repr=False)

    def is_suspect(self, words: list[str]) -> bool:
        """Whether `bare_words` hold those of a hostile phrase; names may still be missing from it."""
        present = set(words)
        present.update([SPELLED[word] for word in _SPELLINGS.intersection(present)])
        return self._needs.are_met(present) and any(
            number in self._telling for number, _, _ in self._automaton.every(said_words(words))
        )

    def shows(self, context: Context, glanced: str) -> bool:
        """Whether a phrase of that context is there (one of `LOOKED_UP`)."""
        return bool(self._contexts[context].find_matches_as_indexes(glanced))

    def hits(self, line: Line) -> list[Hit]:
        """Every entry whose phrase stands in the line as whole words, in order of place.

        Of entries of the same kind or context that share a phrase only the first one is told.
        """
        found: dict[tuple[int, int, Context | None, Kind | None], Hit] = {}
        for number, first, last in self._automaton.every([word.text for word in line.words]):
            if number != _UNNAMED:
                entry = self._entries[number]
                found.setdefault((first, last, entry.context, entry.kind), Hit(entry, first, last + 1))
        return sorted(found.values(), key=lambda hit: (hit.first, -hit.last, hit.entry.line))


_FLAGS = frozenset({"playful", "severe", "distress"})
_PROFANITY = {"mild": 1, "strong": 2}
_CLASS = re.compile(r"^<(\w+)>\s*=\s*(.+)$")
_SECTION = re.compile(r"^\[([^\]]+)\]$")
_VERSION = re.compile(r"^version\s*=\s*(\d+)$")


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
        self.entries: list[tuple[Entry, Template]] = []
        self.words = 0
        self.profanity: dict[str, int] = {}

    def refuse(self, number: int, reason: str, hint: str = "") -> ConfigurationRefused:
        return ConfigurationRefused(f"{self.source}:{number}", reason, hint)

    def take(self, number: int, line: str) -> None:
        if match := _VERSION.match(line):
            self.version = match.group(1)
        elif match := _CLASS.match(line):
            self.classes[match.group(1)] = [
                " ".join(form)
                for alternative in match.group(2).split("|")
                for form in self._template(number, alternative.strip()).phrases()
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
        template = self._template(number, line)
        if entry.shape is Shape.NOUN:
            template = Template(
                (tuple(dict.fromkeys(form for each in template.phrases() for form in (each, _plural(each)))),)
            )
        self.words += sum(len(choice) for unit in template.units for choice in unit)
        if self.words > MAX_WORDS:
            raise self.refuse(number, f"brings the lexicon above {MAX_WORDS} words")
        self.entries.append((entry, template))

    def _template(self, number: int, line: str) -> Template:
        return read_template(line, self.classes, lambda reason, hint: self.refuse(number, reason, hint))

    def _vocabulary(self) -> tuple[str, ...]:
        hostile = [template for entry, template in self.entries if entry.kind is not None]
        words = dict.fromkeys(self.profanity)
        for template in hostile:
            words.update(dict.fromkeys(each[0] for each in template.short() if len(each) == 1))
        for template in hostile:
            words.update(dict.fromkeys(template.words()))
        return tuple(word for word in words if word.isalpha())

    def _unnamed(self) -> Iterator[Tree]:
        """What must be there before a name is looked up; announcements need the will as well."""
        shapes: dict[Phrase, dict[tuple[Context | None, Kind | None], Shape]] = {}
        for entry, template in self.entries:
            for form in template.named():
                shapes.setdefault(form, {}).setdefault((entry.context, entry.kind), entry.shape)
        announced = {Shape.WILLED, Shape.CONSEQUENCE}
        alone: dict[Phrase, Tree] = {}
        willed: dict[Phrase, Tree] = {}
        for form, claimed in shapes.items():
            if any(kind for _, kind in claimed):
                telling = _longest_unnamed(form)
                found = willed if announced.issuperset(claimed.values()) else alone
                if telling not in found:
                    found[telling] = tree_of(telling)
        if alone:
            yield Tree((Either(tuple(alone.values())),))
        wills = tuple(template.tree() for entry, template in self.entries if entry.context is Context.WILL)
        if willed and wills:
            yield Tree((Either(wills), Either(tuple(willed.values()))))

    def _refuse_repeated(self, automaton: Automaton) -> None:
        for number, (entry, template) in enumerate(self.entries):
            if not any(self._first_of(automaton.whole(form), entry) == number for form in template.phrases()):
                raise self.refuse(entry.line, "repeats an earlier entry", "remove one of them")

    def _first_of(self, numbers: set[int], entry: Entry) -> int:
        alike = (entry.context, entry.kind)
        return min(n for n in numbers if n >= 0 and (self.entries[n][0].context, self.entries[n][0].kind) == alike)

    def lexicon(self, digest: str) -> Lexicon:
        if self.version is None:
            raise ConfigurationRefused(self.source, "has no version", "add a line: version = 1")
        hostile = frozenset(number for number, (entry, _) in enumerate(self.entries) if entry.kind is not None)
        if not hostile:
            raise ConfigurationRefused(self.source, "has no hostile entry", "is this the right file?")
        contexts = {
            context: [form for entry, each in self.entries if entry.context is context for form in each.phrases()]
            for context in LOOKED_UP
        }
        for context, present in contexts.items():
            if not present:
                raise ConfigurationRefused(
                    self.source, f"has no entry in [context {context}]", "is this the right file?"
                )
        trees = [template.tree() for _, template in self.entries]
        unnamed = list(self._unnamed())
        automaton = Automaton([*zip(trees, range(len(trees)), strict=True), *((tree, _UNNAMED) for tree in unnamed)])
        self._refuse_repeated(automaton)
        needs = Needs((*(trees[number] for number in sorted(hostile)), *unnamed))
        return Lexicon(
            source=self.source,
            version=f"{self.version}+{digest}",
            profanity=self.profanity,
            modifiers=frozenset(
                form[0]
                for entry, template in self.entries
                if entry.kind is not None and entry.shape in {Shape.ADJECTIVE, Shape.NOUN}
                for form in template.phrases()
                if len(form) == 1
            ),
            vocabulary=self._vocabulary(),
            _entries=tuple(entry for entry, _ in self.entries),
            _automaton=automaton,
            _telling=hostile | {_UNNAMED},
            _needs=needs,
            _contexts={
                context: ahocorasick_rs.AhoCorasick([f" {' '.join(form)} " for form in found])
                for context, found in contexts.items()
            },
        )


def _plural(form: Phrase) -> Phrase:
    *before, word = form
    if word.endswith(("s", "sh", "ch", "x", "z")):
        word += "es"
    elif word.endswith("y") and word[-2:-1] not in "aeiou":
        word = word[:-1] + "ies"
    else:
        word += "s"
    return (*before, word)


def _longest_unnamed(form: Phrase) -> Phrase:
    """The longest part of a phrase that holds no name: names are not looked up before it is there."""
    parts = " ".join(form).split(MEMBER)
    return tuple(max((part.strip() for part in parts), key=len).split())
