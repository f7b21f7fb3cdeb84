"""Several exports as one: the files of folders, read side by side in the order of time.

An export writes a file for each channel, perhaps in parts; what was said at the same time in two of them belongs
together. Files without dates come one after another. One that was exported newest first is turned round by way of a
temporary file.
"""

import heapq
import pickle
import tempfile
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from re import split

from adapters.exports.entry import IGNORED_FILE, Entry, Leftovers, Timing
from adapters.exports.opening import ExportFile, Format, format_of, printable
from adapters.exports.replies import Replies
from core.errors import ConfigurationRefused

KINDS = frozenset({".json", ".jsonl", ".ndjson", ".csv"})
"""What is read of a folder; files beside them are pictures and the like."""

SIDE_BY_SIDE = 256
"""How many files are open at once; of more, as many again come after them."""

PEEKED = 50
EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Found:
    """A file, what it is called, and whether it was named itself or found in a folder."""

    path: Path
    name: str
    is_named: bool


@dataclass(frozen=True, slots=True)
class _Plan:
    path: Path
    name: str
    kind: Format
    starts: datetime
    is_dated: bool
    is_newest_first: bool


class Exports:
    """Files to read as one; iterate over it once, and ask `share` how far they were read."""

    def __init__(self, paths: Sequence[Path], leftovers: Leftovers, *, kind: Format | None = None) -> None:
        """Look at what is there.

        Args:
            paths: Files, and folders of which everything is read.
            leftovers: Told of what can't be used.
            kind: What every file is read as; None tells by the content of each.

        Raises: `ConfigurationRefused` for a path that isn't there or can't be read, a file that is named and no export,
            or a folder without any.
        """
        self._leftovers = leftovers
        self._replies = Replies()
        self._open: list[ExportFile] = []
        self._read_bytes = 0
        self._plans = [plan for found in _files(paths, leftovers) if (plan := self._plan(found, kind))]
        if not self._plans:
            raise ConfigurationRefused(
                ", ".join(map(str, paths)),
                "there is no export in it" if len(paths) == 1 else "there is no export in them",
                f"files that end in {', '.join(sorted(KINDS))} are looked at, also with .gz",
            )
        self.names = tuple(plan.name for plan in self._plans)
        self.formats = tuple(dict.fromkeys(plan.kind.label for plan in self._plans))
        self.size_bytes = sum(plan.path.stat().st_size for plan in self._plans)

    @property
    def share(self) -> float:
        """0 to 1: how much was read."""
        done = self._read_bytes + sum(each.position for each in self._open)
        return min(1.0, done / self.size_bytes) if self.size_bytes else 1.0

    def __iter__(self) -> Iterator[Entry]:
        for group in _groups(self._plans):
            yield from self._side_by_side(group)

    def close(self) -> None:
        """Let every file go."""
        while self._open:
            self._open.pop().close()

    def _plan(self, found: _Found, kind: Format | None) -> _Plan | None:
        """How a file is to be read; None for one in a folder that is no export."""
        try:
            kind = kind or format_of(found.path)
            entries = _peek(found.path, kind)
        except ConfigurationRefused as refused:
            if found.is_named:
                raise
            self._leftovers.problem(found.name, f"was not read: it {refused.reason}")
            return None
        except OSError as error:
            raise ConfigurationRefused(str(found.path), f"can't be read: {error.strerror}") from None
        times = [entry.message.sent_at for entry in entries]
        is_dated = all(entry.timing is Timing.DATED for entry in entries)
        falls = is_dated and len(times) > 1 and times[0] > times[-1] and times == sorted(times, reverse=True)
        starts = EARLIEST if falls or not times else times[0]
        return _Plan(found.path, found.name, kind, starts, is_dated, is_newest_first=falls)

    def _side_by_side(self, plans: Sequence[_Plan]) -> Iterator[Entry]:
        """A file is opened when its time comes, and closed at its end."""
        waiting = list(reversed(plans))
        heads: list[tuple[datetime, int, Entry, Iterator[Entry]]] = []
        opened = 0
        while waiting or heads:
            while waiting and (not heads or waiting[-1].starts <= heads[0][0]):
                opened += 1
                _push(heads, opened, self._entries(waiting.pop()))
            if heads:
                _, number, entry, entries = heapq.heappop(heads)
                yield entry
                _push(heads, number, entries)

    def _entries(self, plan: _Plan) -> Iterator[Entry]:
        file = ExportFile(plan.path, self._leftovers, kind=plan.kind, replies=self._replies, name=plan.name)
        self._open.append(file)
        try:
            yield from self._answering(turned_round(file)) if plan.is_newest_first else file
        finally:
            if file in self._open:
                self._open.remove(file)
                self._read_bytes += plan.path.stat().st_size
                file.close()

    def _answering(self, entries: Iterable[Entry]) -> Iterator[Entry]:
        """Entries in the order of time whose answers were met before what they answer."""
        said = Replies()
        for entry in entries:
            message = entry.message
            channel, answered = message.channel.id, message.reply_to
            if answered and message.reply_to_author is None:
                author = said.author(channel, answered) or self._replies.author(channel, answered)
                entry = replace(entry, message=replace(message, reply_to_author=author))
            said.keep(channel, message.id, message.author.id)
            yield entry


def turned_round(entries: Iterable[Entry]) -> Iterator[Entry]:
    """The same entries from the last to the first, with no more than one of them in memory."""
    places = array("Q")
    with tempfile.TemporaryFile(prefix="lightkeeper-") as spool:
        for entry in entries:
            places.append(spool.tell())
            pickle.dump(entry, spool, pickle.HIGHEST_PROTOCOL)
        for place in reversed(places):
            spool.seek(place)
            entry = pickle.load(spool)  # noqa: S301  what was written a moment ago, in a file without a name
            yield entry


def _push(heads: list[tuple[datetime, int, Entry, Iterator[Entry]]], number: int, entries: Iterator[Entry]) -> None:
    entry = next(entries, None)
    if entry is not None:
        heapq.heappush(heads, (entry.message.sent_at, number, entry, entries))


def _peek(path: Path, kind: Format) -> list[Entry]:
    file = ExportFile(path, Leftovers(), kind=kind)
    try:
        return list(islice(file, PEEKED))
    finally:
        file.close()


def _groups(plans: Sequence[_Plan]) -> Iterator[Sequence[_Plan]]:
    """Dated files side by side, as many as can be open; each of the others by itself."""
    dated = sorted((plan for plan in plans if plan.is_dated), key=lambda plan: plan.starts)
    for start in range(0, len(dated), SIDE_BY_SIDE):
        yield dated[start : start + SIDE_BY_SIDE]
    for plan in plans:
        if not plan.is_dated:
            yield [plan]


def _files(paths: Sequence[Path], leftovers: Leftovers) -> Iterator[_Found]:
    """Every file once, in the order that people count in."""
    seen: set[Path] = set()
    for path in paths:
        if not path.exists():
            raise ConfigurationRefused(str(path), "there is no such file or folder")
        for found in _inside(path) if path.is_dir() else [_Found(path, printable(path.name), is_named=True)]:
            if found.path.resolve() in seen:
                continue
            seen.add(found.path.resolve())
            if found.is_named or KINDS & {suffix.lower() for suffix in found.path.suffixes[-2:]}:
                yield found
            else:
                leftovers.skipped[IGNORED_FILE] += 1


def _inside(folder: Path) -> Iterator[_Found]:
    for path in sorted((each for each in folder.rglob("*") if each.is_file()), key=_in_order):
        yield _Found(path, printable(path.relative_to(folder).as_posix()), is_named=False)


def _in_order(path: Path) -> list[tuple[int, str]]:
    """Part 2 before part 10, and the first part, which has no number, before both."""
    parts = split(r"(\d+)", str(path.with_suffix("")))
    return [(int(part), "") if place % 2 else (-1, part) for place, part in enumerate(parts)]
