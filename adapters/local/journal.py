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
from contextlib import suppress
from pathlib import Path

from core.desk.orders import PEOPLE
from core.errors import Unavailable
from core.model.action import ActionKind
from core.model.record import Action

Entry = dict[str, str]


def read_journal(path: Path) -> list[Entry]:
    """Every whole line of the file, oldest first; a line that a kill tore off at the end is left out."""
    if not path.exists():
        return []
    whole, _, _ = path.read_bytes().rpartition(b"\n")
    return [json.loads(line) for line in whole.splitlines()]


def performed(action: Action, receipt: str) -> Entry:
    """What stands in the journal of an action that was carried out."""
    return {
        "what": "performed",
        "key": action.key,
        "kind": action.kind.value,
        "case": action.case_id,
        "target": action.target,
        "until": action.until.isoformat() if action.until else "",
        "receipt": receipt,
        **({"people": action.params.get(PEOPLE, "")} if action.kind is ActionKind.OPEN_TALK else {}),
    }


class Journal:
    """Appends entries durably; `entries` is what stood in the file when it was opened."""

    def __init__(self, path: Path) -> None:
        """Opens or creates the file, for its owner's eyes only; cuts off a torn last line."""
        self.entries = read_journal(path)
        path.touch(mode=0o600)
        path.chmod(0o600)
        self._file = path.open("ab", buffering=0)
        self._file.truncate(path.read_bytes().rfind(b"\n") + 1)
        self._owed: list[Entry] = []
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="journal")

    async def append(self, entries: Sequence[Entry]) -> None:
        """Write `entries` in order; they survive a kill on return.

        Raises: `Unavailable` when the disk refuses; then nothing of them is in the file.
        """
        await self._hand_over(entries, is_owed=False)

    async def append_in_time(self, entries: Sequence[Entry]) -> None:
        """Write `entries`, which have happened already; when the disk refuses, with the next ones that it takes."""
        with suppress(Unavailable):
            await self._hand_over(entries, is_owed=True)

    async def _hand_over(self, entries: Sequence[Entry], *, is_owed: bool) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(self._executor, self._write, entries, is_owed)
        except OSError as error:
            raise Unavailable(reason=f"the local platform's journal can't be written ({error.strerror})") from error

    def _write(self, entries: Sequence[Entry], is_owed: bool) -> None:
        due = [*self._owed, *entries]
        if is_owed:
            self._owed = due
        before = os.fstat(self._file.fileno()).st_size
        lines = memoryview(b"".join(json.dumps(entry).encode() + b"\n" for entry in due))
        try:
            while lines:
                lines = lines[self._file.write(lines) :]
            os.fsync(self._file.fileno())
        except OSError:
            self._file.truncate(before)
            raise
        self._owed = []

    def close(self) -> None:
        """Finish what is being written and let the file go."""
        self._executor.shutdown()
        if self._owed:
            with suppress(OSError):
                self._write((), is_owed=True)
        self._file.close()
