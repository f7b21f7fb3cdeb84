"""Chat logs line by line: JSON lines, or CSV with a header; never more than a line in memory.

JSON lines have the fields that `lightkeeper screen` reads. CSV needs a column `text`; `author` or `nick`, `channel` or
`file`, and `sent_at` or `time` are used where they are there. A time of day without a date counts from a made-up day
on, so that the distances between lines stay. A line that can't be read is named by its number and left out.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any

from adapters.exports.entry import (
    LOCAL_TIMES,
    MAX_MESSAGE_CHARS,
    NO_DATES,
    NO_TIMES,
    NOBODY,
    ONE_CHANNEL,
    BadEntry,
    Entry,
    Leftovers,
    Timing,
)
from adapters.exports.fields import has_offset, is_storable_id, utc_time
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName

FILE = PlatformName("file")
NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
PACE = timedelta(seconds=30)
"""How far apart lines are taken to be that name no time at all."""

MAX_LINE_BYTES = 4 * 1024 * 1024
MAX_CHANNELS = 10_000
"""Of how many channels the last time is remembered."""
DEFAULT_CHANNEL = "log"
DELIMITERS = ",;\t"
Row = Mapping[str, Any]


def read_json_lines(stream: io.BufferedReader, name: str, leftovers: Leftovers) -> Iterator[Entry]:
    """The entries of JSON lines; a last line that is no JSON and doesn't end is where the file breaks off."""
    reader = _Rows(name, leftovers)
    for number, line in reader.lines(stream):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            if line.endswith(b"\n"):
                reader.bad(number, "is no JSON")
            else:
                leftovers.cut(f"{name}: line {number}", "the file breaks off in this line")
            continue
        if not isinstance(row, dict):
            reader.bad(number, "is no JSON object")
            continue
        yield from reader.entry(number, row)


def read_csv(stream: io.BufferedReader, name: str, leftovers: Leftovers) -> Iterator[Entry]:
    """The entries of a CSV file; without a column `text` that is the only thing said of it."""
    csv.field_size_limit(MAX_LINE_BYTES)
    reader = _Rows(name, leftovers)
    lines = (line.decode("utf-8", "replace") for _, line in reader.lines(stream))
    header, delimiter = header_of(next(lines, ""))
    if "text" not in header:
        reader.bad(1, "has no column `text`")
        return
    rows = csv.reader(lines, delimiter=delimiter)
    while True:
        try:
            row = next(rows, None)
        except csv.Error:
            reader.bad(rows.line_num + 1, "is no CSV")
            continue
        if row is None:
            return
        if row:
            yield from reader.entry(rows.line_num + 1, dict(zip(header, row, strict=False)))


def header_of(line: str) -> tuple[list[str], str]:
    """The columns that a first line names, in lower case, and what stands between them."""
    headers = [(_columns(line, each), each) for each in DELIMITERS]
    return next((each for each in headers if "text" in each[0]), headers[0])


def _columns(line: str, delimiter: str) -> list[str]:
    try:
        return [name.strip().lower() for name in next(csv.reader([line], delimiter=delimiter), [])]
    except csv.Error:
        return []


class _Rows:
    """Makes entries of rows; knows when the last one of each channel was sent."""

    def __init__(self, name: str, leftovers: Leftovers) -> None:
        self._name = name
        self._leftovers = leftovers
        self._last: dict[tuple[str, str], datetime] = {}

    def lines(self, stream: io.BufferedReader) -> Iterator[tuple[int, bytes]]:
        number = 0
        while line := stream.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                self.bad(number, f"is longer than {MAX_LINE_BYTES} bytes")
                continue
            yield number, line

    def bad(self, number: int, reason: str) -> None:
        self._leftovers.problem(f"{self._name}: line {number}", reason)

    def entry(self, number: int, row: Row) -> Iterable[Entry]:
        try:
            return (self._entry(number, row),)
        except BadEntry as error:
            self.bad(number, str(error))
            return ()

    def _entry(self, number: int, row: Row) -> Entry:
        text = row.get("text")
        if not isinstance(text, str):
            raise BadEntry("has no text")
        if len(text) > MAX_MESSAGE_CHARS:
            raise BadEntry(f"has more than {MAX_MESSAGE_CHARS} characters")
        author = _word(row, "author", "nick")
        channel = _word(row, "channel", "file")
        community = _word(row, "community")
        mentions = row.get("mentions") or ()
        if not isinstance(mentions, list | tuple) or not all(isinstance(each, str) for each in mentions):
            raise BadEntry("has mentions that are no list of names")
        answered = _word(row, "reply_to_author")
        if not is_storable_id("".join((author, channel, community, answered, *mentions))):
            ids = {"author": author, "channel": channel, "community": community, "reply_to_author": answered}
            field = next((name for name, each in ids.items() if not is_storable_id(each)), "mentions")
            raise BadEntry(f"has a NUL or half a character in `{field}`")
        sent_at, timing = self._sent_at((community, channel), _word(row, "sent_at", "time"))
        quoted = _word(row, "quoted")
        if not author:
            self._leftovers.note(NOBODY)
            author = f"line {number}"
        if not channel:
            self._leftovers.note(ONE_CHANNEL)
            channel = DEFAULT_CHANNEL
        message = Message(
            platform=FILE,
            community=CommunityId(f"{FILE}:{community}"),
            channel=Channel(id=ChannelId(channel), name=channel),
            id=MessageId(f"{self._name}:{number}"),
            author=Author(id=MemberId(author), name=author),
            text=text,
            sent_at=sent_at,
            quoted=quoted,
            reply_to_author=MemberId(answered) if answered else None,
            mentions=tuple(map(MemberId, mentions)),
        )
        return Entry(self._name, "line", number, message, timing)

    def _sent_at(self, channel: tuple[str, str], given: str) -> tuple[datetime, Timing]:
        last = self._last.pop(channel, None)
        at, timing = last or NO_DATE, Timing.NONE
        try:
            at, timing = self._time(last, given)
        finally:
            self._last[channel] = max(at, last or at)
            if len(self._last) > MAX_CHANNELS:
                del self._last[next(iter(self._last))]
        return at, timing

    def _time(self, last: datetime | None, given: str) -> tuple[datetime, Timing]:
        if not given:
            self._leftovers.note(NO_TIMES)
            return (last + PACE if last else NO_DATE), Timing.NONE
        hour, colon, minute = given.partition(":")
        if colon and len(given) <= 5 and hour.isdecimal() and minute.isdecimal():
            self._leftovers.note(NO_DATES)
            return _on_some_day(last or NO_DATE, int(hour) % 24, int(minute) % 60), Timing.TIME_OF_DAY
        try:
            at = utc_time(given)
        except ValueError as error:
            raise BadEntry(f"has a time that {error}") from None
        if not has_offset(given):
            self._leftovers.note(LOCAL_TIMES)
        return at, Timing.DATED


def _on_some_day(last: datetime, hour: int, minute: int) -> datetime:
    """The same day as the last line of its channel, or the next when it would be more than half a day earlier."""
    at = datetime.combine(last.date(), time(hour, minute), tzinfo=UTC)
    return at + timedelta(days=1) if at < last - timedelta(hours=12) else at


def _word(row: Row, *names: str) -> str:
    for name in names:
        if row.get(name) is not None:
            if not isinstance(row[name], str | int) or isinstance(row[name], bool):
                raise BadEntry(f"has a `{name}` that is no text")
            return str(row[name])
    return ""
