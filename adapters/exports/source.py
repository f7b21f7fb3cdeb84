"""The bytes of an export, plain or gzipped, up to where they break off; and how far they were read."""

import codecs
import gzip
import io
import re
import zlib
from pathlib import Path
from typing import Any, cast

HEAD_BYTES = 65_536
_GZIP = b"\x1f\x8b"
_BOM = codecs.BOM_UTF8
_LONGEST_BEGUN = 2
_BAD_ESCAPE = re.compile(rb"\\(?:x([0-9A-Fa-f]{2})|.)", re.DOTALL)


class Source:
    """One open file; read `stream` once."""

    def __init__(self, path: Path) -> None:
        """Raises: `OSError`."""
        self._file = path.open("rb")
        self._size = path.stat().st_size
        is_packed = self._file.read(2) == _GZIP
        self._file.seek(0)
        packed = gzip.GzipFile(fileobj=self._file) if is_packed else None
        self._raw = _UpToTheCut(packed or self._file)
        self.stream: io.BufferedReader = io.BufferedReader(cast(Any, self._raw), HEAD_BYTES)
        if self.stream.peek(len(_BOM)).startswith(_BOM):
            self.stream.read(len(_BOM))

    def close(self) -> None:
        """Let the file go."""
        self.stream.close()
        self._file.close()

    @property
    def is_damaged(self) -> bool:
        """Whether what was packed breaks off or is damaged where reading ended."""
        return self._raw.is_damaged

    @property
    def position(self) -> int:
        """How many bytes of the file, as it lies on disk, were read."""
        return self._size if self._file.closed else self._file.tell()

    @property
    def share(self) -> float:
        """0 to 1: how much of the file was read."""
        return self.position / self._size if self._size else 1.0


def head_of(path: Path) -> bytes:
    """The first bytes of what is in a file, unpacked. Raises: `OSError`."""
    source = Source(path)
    try:
        return source.stream.read(HEAD_BYTES)
    finally:
        source.close()


class _UpToTheCut(io.RawIOBase):
    """Ends where a packed stream breaks off, instead of raising and taking along what was read before."""

    def __init__(self, stream: "gzip.GzipFile | io.BufferedReader") -> None:
        self._stream = stream
        self.is_damaged = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            data = self._stream.read1(len(buffer))
        except (EOFError, gzip.BadGzipFile, zlib.error):
            self.is_damaged = True
            return 0
        buffer[: len(data)] = data
        return len(data)


class MendedJson:
    """JSON whose encoding errors became replacement characters, and with the escapes that JSON doesn't have.

    Telegram Desktop writes control characters as `\\x0B`, at which every parser stops.
    """

    def __init__(self, stream: "io.BufferedReader | io.BytesIO") -> None:
        self._stream = stream
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")
        self._held = b""

    def read(self, size: int = HEAD_BYTES) -> bytes:
        """The next bytes; none at the end."""
        if size == 0:  # asked by whoever wants to know whether this gives bytes or text
            return b""
        while True:
            data = self._stream.read1(size)
            clean = self._held + self._decoder.decode(data, final=not data).encode()
            self._held = b""
            if not data:
                return clean
            if b"\\" in clean:
                clean = self._mended(clean)
            if clean:
                return clean

    def _mended(self, clean: bytes) -> bytes:
        """Escapes are looked at from the left, so that an escaped backslash before an x stays one."""
        begun = clean.rfind(b"x", -_LONGEST_BEGUN)
        before = clean if begun == -1 else clean[:begun]
        whole = len(before.rstrip(b"\\"))
        if whole < len(before):  # the escape may go on in the next bytes
            clean, self._held = clean[:whole], clean[whole:]
        if b"\\x" not in clean:
            return clean
        return _BAD_ESCAPE.sub(_proper, clean)


def _proper(match: "re.Match[bytes]") -> bytes:
    return b"\\u00" + match[1] if match[1] else match[0]
