"""Backs up or restores in children that die by `kill -9` at the moment that the test names.

Each line of standard input is `what folder moment`: a child does it in `folder` and is killed at its `moment`th step,
a step being a file that is opened, renamed, linked or removed, or 200 steps of SQLite's own machine. The answer is the
child's exit status, and the steps that it made where it was not killed.
"""

import asyncio
import os
import signal
import sqlite3
import sqlite3.dbapi2
import sys
from pathlib import Path
from typing import Any

from adapters.store import keys, master, opening, restoring, writer  # noqa: F401 - loaded before the children are born
from adapters.store.backup import write_automatic
from adapters.store.restoring import restore
from tests.adapters.store.conftest import master_of
from tests.clock import START, FakeClock

STEPS = frozenset(
    {"open", "os.rename", "os.link", "os.remove", "os.rmdir", "os.mkdir", "os.truncate", "sqlite3.connect"}
)
OPCODES = 200

connect = sqlite3.connect


def main() -> None:
    for line in sys.stdin:
        what, folder, moment = line.split()
        told, tell = os.pipe()
        child = os.fork()
        if child == 0:
            steps = _die_at(int(moment))
            _DEEDS[what](Path(folder))
            os.write(tell, str(steps[0]).encode())
            os._exit(0)
        os.close(tell)
        _, status = os.waitpid(child, 0)
        with os.fdopen(told, "rb") as stream:
            steps_made = stream.read().decode() or "0"
        sys.stdout.write(f"{os.waitstatus_to_exitcode(status)} {steps_made}\n")
        sys.stdout.flush()


def _die_at(moment: int) -> list[int]:
    steps = [0]

    def step() -> int:
        steps[0] += 1
        if steps[0] == moment:
            os.kill(os.getpid(), signal.SIGKILL)
        return 0

    def counted(*args: Any, **options: Any) -> sqlite3.Connection:
        connection: sqlite3.Connection = connect(*args, **options)
        connection.set_progress_handler(step, OPCODES)
        return connection

    sqlite3.connect = sqlite3.dbapi2.connect = counted  # type: ignore[assignment]
    sys.addaudithook(lambda event, _: step() and None if event in STEPS else None)
    return steps


def _back_up(folder: Path) -> None:
    write_automatic(folder / "house.sqlite3", folder / "backups", START, master_of(folder))


def _restore(folder: Path) -> None:
    asyncio.run(restore(folder / "copy.sqlite3", folder / "house.sqlite3", clock=FakeClock(), replaces=True))


_DEEDS = {"backup": _back_up, "restore": _restore}


if __name__ == "__main__":
    main()
