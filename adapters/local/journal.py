"""The outside world's memory: what the local platform took in and carried out, in one append-only file.

A real platform remembers over our kills which messages it accepted and which effects it saw; the local one keeps that
in JSON lines, each flushed and synced before the caller goes on. Entries hold ids, kinds and action keys, never text.
The file is also the oracle of the chaos tests: what stands there really happened.
"""

import asyncio
import json
import os
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from core.errors import Unavailable

Entry = dict[str, str]


def read_journal(path: Path) -> list[Entry]:
    """Every whole line of the file, oldest first; a line that a kill tore off at the end is left out."""
    if not path.exists():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


class Journal:
    """Appends entries durably; `entries` is what stood in the file when it was opened."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file; cuts off a torn last line."""
        self.entries = read_journal(path)
        self._file = path.open("ab")
        self._file.truncate(path.read_bytes().rfind(b"\n") + 1)
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write `entries` in order; they survive a kill on return. Raises: `Unavailable` when the disk refuses."""
        lines = b"".join(json.dumps(entry).encode() + b"\n" for entry in entries)
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._write, lines)
        except OSError as error:
            raise Unavailable(reason=f"the local platform's journal can't be written ({error.strerror})") from error

    def _write(self, lines: bytes) -> None:
        self._file.write(lines)
        self._file.flush()
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Finish what is being written and let the file go."""
        self._executor.shutdown()
        self._file.close()
