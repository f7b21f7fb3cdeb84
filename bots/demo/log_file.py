"""Reading chat logs line by line: JSON lines, or CSV with a header, plain or gzipped; never more than a line in memory.

JSON lines have the fields that `lightkeeper screen` reads. CSV needs a column `text`; `author` or `nick`, `channel` or
`file`, and `sent_at` or `time` are used where they are there. A time of day without a date counts from a made-up day
on, so that the distances between lines stay. A line that can't be read is named by its number and left out.
"""

import csv
import gzip
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, cast

from adapters.local.platform import MAX_MESSAGE_CHARS, Spoken
from bots.line_fields import is_storable_id, utc_time
from core.model.message import Author, Channel, ChannelId, MemberId

NO_DATE = datetime(2000, 1, 1, tzinfo=UTC)
MAX_LINE_BYTES = 4 * 1024 * 1024
DEFAULT_CHANNEL = "log"
Complain = Callable[[int, str], None]


class LogFile:
    """One open log; iterate over it once, and ask `share` how far it was read."""

    def __init__(self, path: Path, complain: Complain) -> None:
        """`complain` is told the number of a bad line and what is wrong. Raises: `OSError`."""
        self._complain = complain
        self._raw = path.open("rb")
        self._size = path.stat().st_size
        is_packed = path.suffix == ".gz"
        self._stream: BinaryIO = cast(BinaryIO, gzip.GzipFile(fileobj=self._raw)) if is_packed else self._raw
        self._is_csv = ".csv" in path.suffixes
        self._days: dict[str, datetime] = {}

    def close(self) -> None:
        """Let the file go."""
        self._stream.close()
        self._raw.close()

    @property
    def share(self) -> float:
        """0 to 1: how much of the file was read."""
        return self._raw.tell() / self._size if self._size and not self._raw.closed else 1.0

    def __iter__(self) -> Iterator[Spoken]:
        rows = self._csv_rows() if self._is_csv else self._json_rows()
        try:
            for number, row in rows:
                try:
                    yield self._spoken(number, row)
                except ValueError as error:
                    self._complain(number, str(error))
        except (EOFError, gzip.BadGzipFile) as error:
            self._complain(0, f"the file breaks off: {error}")

    def _lines(self) -> Iterator[tuple[int, bytes]]:
        number = 0
        while line := self._stream.readline(MAX_LINE_BYTES):
            number += 1
            if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                while (rest := self._stream.readline(MAX_LINE_BYTES)) and not rest.endswith(b"\n"):
                    pass
                self._complain(number, f"is longer than {MAX_LINE_BYTES} bytes")
                continue
            yield number, line

    def _json_rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        for number, line in self._lines():
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                self._complain(number, "is no JSON")
                continue
            if not isinstance(row, dict):
                self._complain(number, "is no JSON object")
                continue
            yield number, row

    def _csv_rows(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        csv.field_size_limit(MAX_LINE_BYTES)
        reader = csv.reader(line.decode("utf-8", "replace") for _, line in self._lines())
        header = [name.strip().lower() for name in next(reader, [])]
        if "text" not in header:
            self._complain(1, "has no column `text`")
            return
        while True:
            try:
                row = next(reader, None)
            except csv.Error:
                self._complain(reader.line_num, "is no CSV")
                continue
            if row is None:
                return
            if row:
                yield reader.line_num, dict(zip(header, row, strict=False))

    def _spoken(self, number: int, row: Mapping[str, Any]) -> Spoken:
        text = row.get("text")
        if not isinstance(text, str):
            raise ValueError("has no text")
        if len(text) > MAX_MESSAGE_CHARS:
            raise ValueError(f"has more than {MAX_MESSAGE_CHARS} characters")
        author = _word(row, "author", "nick") or f"line {number}"
        channel = _word(row, "channel", "file") or DEFAULT_CHANNEL
        mentions = row.get("mentions") or ()
        if not isinstance(mentions, list | tuple) or not all(isinstance(each, str) for each in mentions):
            raise ValueError("has mentions that are no list of names")
        answered = _word(row, "reply_to_author")
        for name, ids in (
            ("author", [author]),
            ("channel", [channel]),
            ("reply_to_author", [answered]),
            ("mentions", mentions),
        ):
            if not all(map(is_storable_id, ids)):
                raise ValueError(f"has a NUL or half a character in `{name}`")
        return Spoken(
            author=Author(id=_member(author), name=author),
            channel=Channel(id=ChannelId(f"log:{channel}"), name=channel),
            text=text,
            sent_at=self._sent_at(channel, _word(row, "sent_at", "time")),
            quoted=_word(row, "quoted"),
            reply_to_author=_member(answered) if answered else None,
            mentions=tuple(map(_member, mentions)),
        )

    def _sent_at(self, channel: str, given: str) -> datetime | None:
        if not given:
            return None
        hour, colon, minute = given.partition(":")
        if colon and len(given) <= 5 and hour.isdecimal() and minute.isdecimal():
            return self._on_some_day(channel, timedelta(hours=int(hour) % 24, minutes=int(minute) % 60))
        try:
            return utc_time(given)
        except ValueError as error:
            raise ValueError(f"has a time that {error}") from None

    def _on_some_day(self, channel: str, time_of_day: timedelta) -> datetime:
        before = self._days.get(channel, NO_DATE)
        at = datetime.combine(before.date(), datetime.min.time(), tzinfo=UTC) + time_of_day
        if at < before - timedelta(hours=12):
            at += timedelta(days=1)
        self._days[channel] = max(at, before)
        return at


def _word(row: Mapping[str, Any], *names: str) -> str:
    for name in names:
        if row.get(name) is not None:
            if not isinstance(row[name], str):
                raise ValueError(f"has a `{name}` that is no text")
            return str(row[name])
    return ""


def _member(name: str) -> MemberId:
    return MemberId(f"log:{name}")
