"""Reads labelled lines, CSV with a header or JSON lines, plain or gzipped, a row at a time.

What the file is shows in its first bytes, not in its name. A row that can't be read is named by its line and left out;
a file that breaks off gives what stands before the break.
"""

import csv
import gzip
import io
import re
import zlib
from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any, BinaryIO, cast

from bots.screen import BadLine, fields_of, lines_of

MAX_FIELD_CHARS = 4 * 1024 * 1024
GZIP = b"\x1f\x8b"
UTF8_MARK = b"\xef\xbb\xbf"
UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_NOT_UTF8 = re.compile("[\udc80-\udcff]")

Row = tuple[int, Mapping[str, Any]]
"""A line's number and its columns; those of CSV are texts or None."""

Complain = Callable[[int, str], object]


class NotReadable(ValueError):
    """The file is nothing that can be read here; says what would be."""


class LabelledFile:
    """One open file: the names of its columns at once, its rows when iterated over, once.

    Attributes:
        names: Of the header, or of the first object.
        is_json: Whether these are JSON lines, whose values have types.
        is_cut: Whether the file broke off; known once all rows were read.
    """

    def __init__(self, stream: BinaryIO, complain: Complain) -> None:
        """Read the beginning.

        Args:
            stream: At its beginning.
            complain: Told the line's number and what is wrong with it.

        Raises:
            NotReadable: It has no row, is no text in UTF-8, or neither CSV nor JSON lines.
        """
        self._complain = complain
        self._number = 0
        self.is_cut = False
        self._begun = io.BufferedReader(cast(io.RawIOBase, stream))  # closes the stream when it is let go
        self._lines = self._unpacked(self._begun)
        first = next((line for line in self._lines if line.strip()), b"")
        if first.startswith(UTF16_MARKS):
            raise NotReadable("is not UTF-8; save the file as UTF-8")
        first = first.removeprefix(UTF8_MARK)
        if b"\0" in first:
            raise NotReadable("is not text; give CSV with a header or lines of JSON, plain or gzipped")
        if first.lstrip().startswith(b"["):
            raise NotReadable("is one JSON list; write one object a line")
        self.is_json = first.lstrip().startswith(b"{")
        if self.is_json:
            rows = self._json_rows(first)
            found = next(rows, None)
            if found is None:
                raise NotReadable("holds no line that can be read")
            self._rows: Iterator[Row] = chain([found], rows)
            self.names = tuple(found[1])
        else:
            self._table = csv.reader(self._decoded(first), delimiter=_delimiter(first), strict=True)
            self.names = self._header()
            self._rows = self._csv_rows()

    def __iter__(self) -> Iterator[Row]:
        return self._rows

    def _unpacked(self, begun: "io.BufferedReader[io.RawIOBase]") -> Iterator[bytes]:
        is_packed = begun.peek(2)[:2] == GZIP
        stream = gzip.GzipFile(fileobj=cast(BinaryIO, begun)) if is_packed else begun
        try:
            for lines in lines_of(cast(BinaryIO, stream)):
                for line in lines:
                    self._number += 1
                    yield line
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self.is_cut = True

    def _json_rows(self, first: bytes) -> Iterator[Row]:
        for line in chain([first], self._lines):
            if line.strip():
                try:
                    yield self._number, fields_of(line)
                except BadLine as error:
                    self._complain(self._number, str(error))

    def _decoded(self, first: bytes) -> Iterator[str]:
        for line in chain([first], self._lines):
            yield line.decode("utf-8", "surrogateescape") + "\n"

    def _header(self) -> tuple[str, ...]:
        csv.field_size_limit(MAX_FIELD_CHARS)
        try:
            names = next(self._table, [])
        except csv.Error:
            raise NotReadable("has a first line that is no CSV; give a header that names the columns") from None
        if not any(name.strip() for name in names):
            raise NotReadable("is empty; give CSV with a header or lines of JSON")
        if _NOT_UTF8.search("".join(names)):
            raise NotReadable("is not UTF-8; save the file as UTF-8")
        return tuple(names)

    def _csv_rows(self) -> Iterator[Row]:
        broad = len(self.names)
        while True:
            try:
                row = next(self._table, None)
            except csv.Error as error:
                long = "field larger" in str(error)
                self._complain(
                    self._number,
                    f"has a field of more than {MAX_FIELD_CHARS:,} characters; is a quotation mark not closed?"
                    if long
                    else "is no CSV; a field that holds a quotation mark stands in quotation marks and doubles it",
                )
                continue
            if row is None:
                return
            if not row:
                continue
            if len(row) > broad:
                self._complain(self._number, f"has {len(row)} columns and the header {broad}; quote fields with commas")
            elif _NOT_UTF8.search("".join(row)):
                self._complain(self._number, "is not UTF-8; save the file as UTF-8")
            else:
                yield self._number, dict(zip(self.names, row, strict=False))


def _delimiter(header: bytes) -> str:
    return max((",", "\t", ";"), key=lambda mark: header.count(mark.encode()))
