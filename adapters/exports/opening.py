"""Which export a file is, told by its content, and opening it as such."""

import io
import json
import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from adapters.exports.discord_chat_exporter import read_discord
from adapters.exports.entry import Entry, Leftovers
from adapters.exports.json_stream import BrokenJson, walk
from adapters.exports.lines import header_of, read_csv, read_json_lines
from adapters.exports.replies import Replies
from adapters.exports.source import MendedJson, Source, head_of
from adapters.exports.telegram_desktop import read_telegram
from core.errors import ConfigurationRefused

EXPECTED = (
    "expected DiscordChatExporter's JSON, Telegram Desktop's result.json, JSON lines with `text`, "
    "or CSV with a column `text`"
)
_NAMED = 8
_KEY = re.compile(r"[A-Za-z_]{1,30}")
_NO_EXPORTS = {
    b"PK\x03\x04": ("is a ZIP archive", "unpack it first"),
    b"\xff\xfe": ("is text in UTF-16", "save it as UTF-8"),
    b"\xfe\xff": ("is text in UTF-16", "save it as UTF-8"),
    b"<": ("is a web page", "export it as JSON (machine-readable)"),
}


class Format(StrEnum):
    """The exports that can be read."""

    DISCORD = "discord"
    TELEGRAM = "telegram"
    JSONL = "jsonl"
    CSV = "csv"

    @property
    def label(self) -> str:
        """For people."""
        return _LABELS[self]


_LABELS = {
    Format.DISCORD: "DiscordChatExporter",
    Format.TELEGRAM: "Telegram Desktop",
    Format.JSONL: "JSON lines",
    Format.CSV: "CSV",
}
SUFFIXES = {".jsonl": Format.JSONL, ".ndjson": Format.JSONL}


class ExportFile:
    """One open export; iterate over it once, and ask `share` how far it was read."""

    def __init__(
        self,
        path: Path,
        leftovers: Leftovers,
        *,
        kind: Format | None = None,
        replies: Replies | None = None,
        name: str = "",
    ) -> None:
        """Open a file, plain or gzipped.

        Args:
            path: The file.
            leftovers: Told of what can't be used.
            kind: What it is to be read as; None tells by its content.
            replies: Shared by files that belong together.
            name: What it is called where its entries stand; the file's own without it.

        Raises: `OSError`, or `ConfigurationRefused` for a file that is no export that can be read.
        """
        self.kind = kind or format_of(path)
        self._source = Source(path)
        self.name = printable(name or path.name)
        self._leftovers = leftovers
        self._replies = replies or Replies()

    def __iter__(self) -> Iterator[Entry]:
        cuts, place = self._leftovers.cuts, self.name
        for entry in self._read():
            place = entry.place
            yield entry
        if self._source.is_damaged and self._leftovers.cuts == cuts:
            self._leftovers.cut(place, "the packed file breaks off or is damaged after this")

    def _read(self) -> Iterator[Entry]:
        stream, name, leftovers = self._source.stream, self.name, self._leftovers
        match self.kind:
            case Format.DISCORD:
                return read_discord(stream, name, leftovers, self._replies)
            case Format.TELEGRAM:
                return read_telegram(stream, name, leftovers, self._replies)
            case Format.JSONL:
                return read_json_lines(stream, name, leftovers)
            case Format.CSV:
                return read_csv(stream, name, leftovers)

    @property
    def share(self) -> float:
        """0 to 1: how much of the file was read."""
        return self._source.share

    @property
    def position(self) -> int:
        """How many of its bytes were read."""
        return self._source.position

    def close(self) -> None:
        """Let the file go."""
        self._source.close()


def printable(name: str) -> str:
    """A file's name as it can be written anywhere."""
    return name.encode("utf-8", "replace").decode()


def format_of(path: Path) -> Format:
    """What a file is by its content; by its name only where the content doesn't tell.

    Raises: `OSError`, or `ConfigurationRefused` that says what was found.
    """
    head = head_of(path)
    text = head.lstrip()
    if not text:
        raise _refused(path, "is empty")
    for magic, (reason, hint) in _NO_EXPORTS.items():
        if text.startswith(magic):
            raise ConfigurationRefused(str(path), reason, hint)
    suffixes = {each.lower() for each in path.suffixes}
    by_name = next((kind for suffix, kind in SUFFIXES.items() if suffix in suffixes), None)
    if text.startswith(b"{"):
        found = _format_of_json(text)
        if isinstance(found, Format):
            return found
        if by_name is None:
            raise _refused(path, f"is JSON of another shape: {found}")
    elif text.startswith(b"["):
        if by_name is None:
            raise _refused(path, "is a JSON list", "write one object a line (JSON lines)")
    else:
        columns, _ = header_of(text.partition(b"\n")[0].decode("utf-8", "replace").rstrip("\r"))
        if "text" in columns:
            return Format.CSV
        if by_name is None:
            raise _not_csv(path, columns)
    return by_name


def _format_of_json(text: bytes) -> Format | str:
    first = text.partition(b"\n")[0]
    try:
        row = json.loads(first)
    except (ValueError, RecursionError):
        row = None
    if isinstance(row, dict) and "messages" not in row and isinstance(row.get("text"), str):
        return Format.JSONL
    keys = _top_keys(text)
    if {"guild", "channel"} & keys and "content" not in keys:
        return Format.DISCORD
    if {"chats", "left_chats"} & keys or ("messages" in keys and keys & {"name", "type", "id"}):
        return Format.TELEGRAM
    if "text" in keys:
        return Format.JSONL
    named = [key for key in sorted(keys) if _KEY.fullmatch(key)][:_NAMED]
    return f"it begins with {', '.join(named)}" if named else "it has no keys that are known"


def _top_keys(text: bytes) -> set[str]:
    """The keys at the top of a document of which this is the beginning."""
    keys: set[str] = set()
    try:
        for path, _ in walk(MendedJson(io.BytesIO(text)), frozenset({"messages"})):
            if path:
                keys.add(path.partition(".")[0])
    except BrokenJson:
        pass
    return keys


def _not_csv(path: Path, columns: list[str]) -> ConfigurationRefused:
    if "authorid" in columns and "content" in columns:
        return ConfigurationRefused(str(path), "is DiscordChatExporter's CSV", "export it as JSON")
    if len(columns) > 1:  # they are not named: without a header this is what somebody wrote
        return _refused(path, f"has {len(columns)} columns in its first line and none of them is `text`")
    return _refused(path, "is neither JSON nor CSV with a column `text`")


def _refused(path: Path, reason: str, hint: str = "--format says it where it is one of these") -> ConfigurationRefused:
    return ConfigurationRefused(str(path), f"{reason}; {EXPECTED}", hint)
