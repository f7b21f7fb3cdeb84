"""Folding: one message as several readings, each with an exact map back to the original code points.

People don't write to suit a word list: they stretch words, space them out, swap letters for look-alikes or digits, and
hide characters nobody sees. Folding undoes that without ever taking a reading away: the plain one (case, width and
style of letters, marks and invisible characters) always comes first, and a further one is added only where it differs.
Ordinary chat gives exactly one. Everything here takes time linear in the text.

Punctuation and emoji stay in every reading; white space of any kind is a blank, one for one. Marks and invisible
characters belong to the character before them, so a span covers them.

Further readings, each made from the one before: `latin` (look-alike letters), `decoded` (%20), `joined` (k.i.l.l),
`bare` (marks inside words dropped), `leet` and `leet-l` (1 read as l), `squeezed` (every run of a stretched word is one
letter; a lexicon compares it with its own words squeezed alike); and `masked` (k*ll: each masked letter is a `*`).
"""

import re
from array import array
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from ahocorasick_rs import AhoCorasick

from filters.text.letters import LATIN, PLAIN, LetterTable

MAX_CHARS = 24_000
"""A reading is cut at this many folded characters, and says so; filters give at most 20,000 code points (`excerpt`), so
only signs that fold to many letters each reach it."""

_CACHED_TEXTS = 256
_CACHED_CHARS = 4_096


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """One way to read a text.

    Attributes:
        name: How it was folded: "plain", "leet", "joined" ...
        text: The folded text, lower case, with punctuation and emoji; holds no surrogates and no line breaks.
        starts: For each folded character the offset of its first original code point.
        ends: For each folded character the offset after its last original code point.
        is_cut: Whether the text goes on after what was read; told of the readings that are folded letter by letter.
    """

    name: str
    text: str
    starts: Sequence[int]
    ends: Sequence[int]
    is_cut: bool = False

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original's half-open span behind `text[start:end]` (not empty)."""
        return self.starts[start], self.ends[end - 1]


def readings(text: str) -> tuple[Reading, ...]:
    """Every reading of `text`, the plain one first; each is at most `MAX_CHARS` long."""
    return _cached(text) if len(text) <= _CACHED_CHARS else _read(text)


def _read(text: str) -> tuple[Reading, ...]:
    if text.isascii() and text.isprintable():
        base = _fold_ascii(text)
        found = [base]
    else:
        base = _fold(text, PLAIN, "plain")
        found = [base]
        if not text.isascii():
            latin = _fold(text, LATIN, "latin")
            if latin.text != base.text:
                base = latin
                found.append(latin)
    if not _may_read_otherwise(base.text):
        return tuple(found)
    current = base
    for step in (_decoded, _joined, _bare, _leet, _squeezed):
        made = step(current)
        if made:
            current = made[0]
            found.extend(made)
    found.extend(_masked(base))
    return tuple(found)


def _may_read_otherwise(text: str) -> bool:
    signs = _SIGNS.find_matches_as_indexes(text)
    if signs and (min(signs)[0] < len(_RUNS) or _INSIDE.search(text) is not None):
        return True
    return _TWO_SINGLES.search(text) is not None


_cached = lru_cache(maxsize=_CACHED_TEXTS)(_read)

# --- letter by letter ---


def _fold_ascii(text: str) -> Reading:
    folded = text[:MAX_CHARS].lower()
    return Reading("plain", folded, range(len(folded)), range(1, len(folded) + 1), len(text) > MAX_CHARS)


def _fold(text: str, table: LetterTable, name: str) -> Reading:
    if all(len(table[ord(letter)]) == 1 for letter in set(text)):
        folded = text[:MAX_CHARS].translate(table)
        return Reading(name, folded, range(len(folded)), range(1, len(folded) + 1), len(text) > MAX_CHARS)
    made = _Making()
    room = MAX_CHARS
    for offset, letter in enumerate(text):
        folded = table[ord(letter)]
        if folded:
            room -= len(folded)
            if room < 0:
                return made.reading(name, is_cut=True)
            made.put(folded, offset, offset + 1)
        else:
            made.drop(offset + 1)
    return made.reading(name)


class _Making:
    """A reading under construction."""

    __slots__ = ("ends", "parts", "starts")

    def __init__(self) -> None:
        self.parts: list[str] = []
        self.starts = array("I")
        self.ends = array("I")

    def put(self, text: str, start: int, end: int) -> None:
        """Add characters that all stand for the original's `start:end`."""
        self.parts.append(text)
        for _ in text:
            self.starts.append(start)
            self.ends.append(end)

    def drop(self, end: int) -> None:
        """Let the last character swallow the original up to `end`."""
        if self.ends:
            self.ends[-1] = end

    def keep(self, base: Reading, start: int, end: int) -> None:
        """Add `base.text[start:end]` as it is."""
        self.parts.append(base.text[start:end])
        self.starts.extend(base.starts[start:end])
        self.ends.extend(base.ends[start:end])

    def reading(self, name: str, *, is_cut: bool = False) -> Reading:
        return Reading(name, "".join(self.parts), self.starts, self.ends, is_cut)


def _substituted(
    base: Reading, name: str, pattern: "re.Pattern[str]", kept: Callable[["re.Match[str]"], Iterable[tuple[str, int]]]
) -> list[Reading]:
    """`base` with each match replaced by the characters that `kept` gives, each with its offset in the match."""
    made: _Making | None = None
    done = 0
    for match in pattern.finditer(base.text):
        replacement = list(kept(match))
        start, end = match.span()
        if "".join(letter for letter, _ in replacement) == match.group():
            continue
        made = made or _Making()
        made.keep(base, done, start)
        for letter, offset in replacement:
            made.put(letter, base.starts[start + offset], base.ends[start + offset])
        made.drop(base.ends[end - 1])
        done = end
    if made is None:
        return []
    made.keep(base, done, len(base.text))
    return [made.reading(name)]


# --- further readings ---

_RUNS = (*(letter * 3 for letter in "abcdefghijklmnopqrstuvwxyz"), "aa", "ii", "uu")
_SIGNS = AhoCorasick([*_RUNS, *"0123456789@$+!*#%_~|`\\"])
"""Without any of these, and without single letters in a row, a text reads in one way only."""

_INSIDE = re.compile(r"[^\W\d_][0-9@$+*#%_~|`\\]|[0-9@$][^\W\d_]|![^\W_]|%[2-7]")
"""Such a sign beside a letter; a number, a price or an exclamation by itself changes nothing."""

_TWO_SINGLES = re.compile(r"[ ._*~|`/\\,+-][^\W_][ ._*~|`/\\,+-]{1,5}[^\W_](?![^\W_])")
_PERCENT = re.compile(r"%([2-7][0-9a-f])")
_SINGLES = re.compile(r"(?<![^\W_])[^\W_](?:[ ._*~|`/\\,+-]{1,5}[^\W_](?![^\W_])){2,}")
_MARKS_INSIDE = re.compile(r"(?<=[^\W_])[*_~|`\\]+(?=[^\W_])")
_LEET_WORD = re.compile(r"(?:[^\W_]|[@$+!])+")
_PLAIN_NUMBER = re.compile(
    r"\d*(?:1st|2nd|3rd|\dth)\Z|[\d+]+(?:am|pm|k|m|d|h|s|x|km|kg|mb|gb|tb|ms|min|mins|hr|hrs|yo|yrs|px|p)?\Z"
)
_LEET_SIGNS = frozenset("01345789@$+!")
_LEET = str.maketrans("01345789@$+!", "oieastbgasti")
_LEET_L = str.maketrans("01345789@$+!", "oleastbgasti")
_RUN = AhoCorasick(_RUNS)
_WORD = re.compile(r"[a-z]{3,}")
_MASKABLE_WORD = re.compile(r"[^\W_](?:[^\W_]|[*#%])+")
_MASKS = str.maketrans("#%", "**")


def _decoded(base: Reading) -> list[Reading]:
    if "%" not in base.text:
        return []
    return _substituted(base, "decoded", _PERCENT, lambda match: [(chr(int(match[1], 16)).lower(), 0)])


def _joined(base: Reading) -> list[Reading]:
    if not _TWO_SINGLES.search(base.text):
        return []
    return _substituted(base, "joined", _SINGLES, _without_gaps)


def _without_gaps(match: "re.Match[str]") -> list[tuple[str, int]]:
    """The single letters joined; words part at the gaps that hold a blank or are wider, where not all are alike."""
    text = match.group()
    at = [offset for offset, letter in enumerate(text) if letter.isalnum()]
    if sum(text[offset].isalpha() for offset in at) < 2:
        return list(zip(text, range(len(text)), strict=True))
    widths = [(" " in text[before:after], after - before) for before, after in pairwise(at)]
    narrowest = min(widths)
    kept = [(text[at[0]], at[0])]
    for after, width in zip(at[1:], widths, strict=True):
        if width > narrowest:
            kept.append((" ", after - 1))
        kept.append((text[after], after))
    return kept


def _bare(base: Reading) -> list[Reading]:
    if not any(mark in base.text for mark in "*_~|`\\"):
        return []
    return _substituted(base, "bare", _MARKS_INSIDE, lambda _: [])


def _leet(base: Reading) -> list[Reading]:
    words = base.text.split(" ")
    text = " ".join([word if word.isalpha() else _unleet(word, _LEET) for word in words])
    if text == base.text:
        return []
    made = [Reading("leet", text, base.starts, base.ends)]
    if "1" in base.text:
        other = " ".join([word if word.isalpha() else _unleet(word, _LEET_L) for word in words])
        if other != text:
            made.append(Reading("leet-l", other, base.starts, base.ends))
    return made


def _unleet(chunk: str, table: dict[int, int]) -> str:
    if _LEET_SIGNS.isdisjoint(chunk):
        return chunk
    return _LEET_WORD.sub(lambda match: _unleet_word(match.group(), table), chunk)


def _unleet_word(word: str, table: dict[int, int]) -> str:
    core = word.rstrip("!+")
    if core.isalpha() or _PLAIN_NUMBER.match(core) or not any(letter.isalpha() for letter in core):
        return word
    if core[0] == "@" and core[1:].isalpha():  # a mention
        return word
    return core.translate(table) + word[len(core) :]


def _squeezed(base: Reading) -> list[Reading]:
    if not _RUN.find_matches_as_indexes(base.text):
        return []
    return _substituted(base, "squeezed", _WORD, _without_runs)


def _without_runs(match: "re.Match[str]") -> list[tuple[str, int]]:
    word = match.group()
    if not _RUN.find_matches_as_indexes(word) or set(word) == {"w"}:
        return list(zip(word, range(len(word)), strict=True))
    return [(letter, offset) for offset, letter in enumerate(word) if offset == 0 or word[offset - 1] != letter]


def _masked(base: Reading) -> list[Reading]:
    if not any(mask in base.text for mask in "*#%"):
        return []
    if all(match.group().isalnum() for match in _MASKABLE_WORD.finditer(base.text)):
        return []
    text = _MASKABLE_WORD.sub(lambda match: match.group().translate(_MASKS), base.text)
    return [Reading("masked", text, base.starts, base.ends)]
