"""The file format of a lexicon: plain text that reads well in a review, refused with its line where it is wrong.

    lexicon crisis-en 3                     name and version, the first line that isn't a comment

    <want> = want to|wanna|wanted to        a class of words for the phrases below

    [wish-to-die] disclosure 2 negatable    a section: its id, kind, level and rules
    why: Says that they wish to be dead.    one sentence for a moderator

    want-to-die: i <want> [just] die        an entry: its id and a phrase (see `filters.lexicon.phrase`) ...
    | i <want> be dead                      ... and further phrases
    ! (of|on) [the] stage                   ... which don't count where this follows at once
    + i just want to be dead                lines that it has to find, at least one
    - i want to die my hair                 lines that must not raise the section's concern

Every line begins at the margin; `#` begins a comment line. The same phrase twice, an id twice, an entry without a `+`
line, and a kind, level or rule that the reader of the lexicon doesn't know are refused.
"""

import re
from collections.abc import Set
from dataclasses import dataclass, field

from core.errors import ConfigurationRefused
from core.model.finding import Kind
from filters.lexicon.phrase import Either, PhraseRefused, Sequence, parse, parse_class

_HEAD = re.compile(r"lexicon ([a-z0-9-]+) ([0-9][0-9a-z.]*)\Z")
_CLASS = re.compile(r"<([a-z0-9-]+)> = (.+)\Z")
_SECTION = re.compile(r"\[([a-z0-9-]+)\] ([a-z_]+) (\d+)((?: [a-z-]+)*)\Z")
_ENTRY = re.compile(r"([a-z0-9-]+): (.+)\Z")


@dataclass(slots=True, kw_only=True)
class Section:
    """What its entries have in common."""

    id: str
    kind: Kind
    level: int
    rules: frozenset[str]
    why: str = ""


@dataclass(slots=True, kw_only=True)
class Entry:
    """One way of saying something.

    Attributes:
        phrases: Any of them is a match, unless one of `unless` follows at once in the same sentence.
        examples: Lines that it has to find. traps: lines that must not raise the section's concern. Both synthetic.
        line: Where it stands in its file.
    """

    id: str
    section: Section
    line: int
    phrases: list[Sequence] = field(default_factory=list)
    unless: list[Sequence] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    traps: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A lexicon file as it was read."""

    name: str
    version: str
    entries: tuple[Entry, ...]


def read_lexicon(data: bytes, path: str, *, kinds: Set[Kind], rules: Set[str]) -> Source:
    """Read a lexicon's bytes; `path` only names it in errors.

    Raises: `ConfigurationRefused` with file and line.
    """
    return _Reader(path, kinds, rules).read(data)


class _Reader:
    def __init__(self, path: str, kinds: Set[Kind], rules: Set[str]) -> None:
        self.path = path
        self.kinds = kinds
        self.rules = rules
        self.number = 0
        self.head: tuple[str, str] | None = None
        self.classes: dict[str, Either] = {}
        self.sections: dict[str, Section] = {}
        self.entries: dict[str, Entry] = {}
        self.section: Section | None = None
        self.entry: Entry | None = None
        self.phrases: dict[str, int] = {}

    def read(self, data: bytes) -> Source:
        try:
            lines = data.decode("utf-8").splitlines()
        except UnicodeDecodeError as error:
            raise ConfigurationRefused(self.path, f"is not UTF-8 at byte {error.start}") from None
        for self.number, line in enumerate(lines, start=1):
            if line.strip() and not line.startswith("#"):
                try:
                    self._take(line.rstrip())
                except PhraseRefused as error:
                    raise self._refused(str(error)) from None
        if self.head is None:
            raise self._refused("no 'lexicon NAME VERSION' line")
        for section in self.sections.values():
            if not section.why:
                raise ConfigurationRefused(self.path, f"section [{section.id}] has no 'why:' line")
        for entry in self.entries.values():
            if not entry.examples:
                raise ConfigurationRefused(f"{self.path}:{entry.line}", f"entry {entry.id!r} has no '+' line")
        if not self.entries:
            raise self._refused("no entries")
        return Source(name=self.head[0], version=self.head[1], entries=tuple(self.entries.values()))

    def _refused(self, reason: str, hint: str = "") -> ConfigurationRefused:
        return ConfigurationRefused(f"{self.path}:{self.number}", reason, hint)

    def _take(self, line: str) -> None:
        if self.head is None:
            match = _HEAD.match(line)
            if match is None:
                raise self._refused("the first line is not 'lexicon NAME VERSION'")
            self.head = match[1], match[2]
        elif match := _CLASS.match(line):
            if match[1] in self.classes:
                raise self._refused(f"class <{match[1]}> is there already")
            self.classes[match[1]] = parse_class(match[2], self.classes)
        elif match := _SECTION.match(line):
            self._begin_section(match)
        elif line.startswith("why: ") and self.section is not None and not self.section.why:
            self.section.why = line.removeprefix("why: ").strip()
        elif line[:2] in {"| ", "! ", "+ ", "- "}:
            self._add(line[0], line[2:].strip())
        elif match := _ENTRY.match(line):
            self._begin_entry(match[1], match[2])
        else:
            raise self._refused("this line is none of class, section, why, entry, |, !, + or -")

    def _begin_section(self, match: "re.Match[str]") -> None:
        if match[1] in self.sections:
            raise self._refused(f"section [{match[1]}] is there already")
        if match[2] not in {kind.value for kind in self.kinds}:
            raise self._refused(f"unknown kind {match[2]!r}", "one of " + ", ".join(sorted(self.kinds)))
        if int(match[3]) > 4:
            raise self._refused(f"level {match[3]} is outside 0 to 4")
        rules = frozenset(match[4].split())
        if unknown := sorted(rules - self.rules):
            raise self._refused(f"unknown rule {unknown[0]!r}", "one of " + ", ".join(sorted(self.rules)))
        self.section = Section(id=match[1], kind=Kind(match[2]), level=int(match[3]), rules=rules)
        self.sections[match[1]] = self.section
        self.entry = None

    def _begin_entry(self, entry_id: str, phrase: str) -> None:
        if self.section is None:
            raise self._refused("an entry before any section")
        if entry_id in self.entries:
            raise self._refused(f"entry {entry_id!r} is there already, in line {self.entries[entry_id].line}")
        self.entry = self.entries[entry_id] = Entry(id=entry_id, section=self.section, line=self.number)
        self._add("|", phrase)

    def _add(self, sign: str, text: str) -> None:
        if self.entry is None or not text:
            raise self._refused(f"a {sign!r} line that belongs to no entry" if text else f"an empty {sign!r} line")
        if sign == "+":
            self.entry.examples.append(text)
        elif sign == "-":
            self.entry.traps.append(text)
        elif sign == "!":
            self.entry.unless.append(parse(text, self.classes))
        else:
            plain = " ".join(text.split())
            if plain in self.phrases:
                raise self._refused(f"the same phrase as in line {self.phrases[plain]}")
            self.phrases[plain] = self.number
            self.entry.phrases.append(parse(text, self.classes))
