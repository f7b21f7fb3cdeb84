"""Copies of a database that are being worked on: where they lie, and what may go wrong with them.

Each lies in a working folder of its own, which goes at the end, and which the next one clears away after a kill.
"""

import errno
import os
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import datetime
from pathlib import Path

from adapters.store.files import ROOM
from adapters.store.lock import held, is_held
from adapters.store.reading import connect_read_only
from adapters.store.sealed_file import unseal_file
from adapters.store.settlement import MARK
from core.errors import ConfigurationRefused, Unavailable

_WORK = ".lightkeeper-copy-"
_LOCK = "lock"
_STALE_S = 60.0
_TIMEOUT_S = 30.0


@contextmanager
def work_folder(folder: Path) -> Iterator[Path]:
    """A working folder in `folder` that goes at the end."""
    clear_work(folder)
    with tempfile.TemporaryDirectory(prefix=_WORK, dir=folder) as name, held(Path(name) / _LOCK):
        yield Path(name)


def clear_work(folder: Path) -> None:
    """Clear away the working folders that a killed process has left."""
    for left in folder.glob(_WORK + "*"):
        if left.is_dir() and not is_held(left / _LOCK) and time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)


@contextmanager
def working_copy(database: Path, folder: Path, *, is_live: bool = True) -> Iterator[Path]:
    """A copy of a database, made of one moment, in a working folder in `folder` that goes at the end.

    One that is not `is_live`, which no bot may start on meanwhile, is read without laying a file beside it.
    Raises: as `write_backup`.
    """
    check_room(database, folder)
    with ExitStack() as stack:
        stack.enter_context(named_troubles(database, folder))
        copy = stack.enter_context(work_folder(folder)) / "copy.sqlite3"
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(connect_read_only(database, timeout_s=_TIMEOUT_S, is_live=is_live)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        yield copy


@contextmanager
def opened_copy(sealed: Path, folder: Path, master: bytes | None) -> Iterator[Path]:
    """What a sealed backup holds, opened in a working folder in `folder` that goes at the end.

    Raises: as `unseal_file`; `ConfigurationRefused` where the disk is full.
    """
    check_room(sealed, folder)
    with ExitStack() as stack:
        stack.enter_context(named_troubles(sealed, folder))
        copy = stack.enter_context(work_folder(folder)) / "copy.sqlite3"
        with os.fdopen(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            unseal_file(sealed, file, master)
        yield copy


def mark(copy: Path, taken_at: datetime) -> None:
    """Say in a database when it was taken as a backup; one that says so already keeps saying the earlier time."""
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)", (MARK, taken_at.isoformat()))


def check_room(database: Path, folder: Path) -> None:
    """Raises: `ConfigurationRefused` where a copy of `database` and its sealed form would fill the disk of `folder`."""
    log = database.with_name(database.name + "-wal")
    size = sum(each.stat().st_size for each in (database, log) if each.exists())
    is_same_disk = database.parent.stat().st_dev == folder.stat().st_dev
    needed = (2 if is_same_disk else 1) * size + ROOM
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigurationRefused(
            str(folder),
            f"the disk is full: {needed // 2**20} MB are needed and {free // 2**20} MB are free",
            "free some space, or name a place on another disk",
        )


@contextmanager
def named_troubles(database: Path, folder: Path) -> Iterator[None]:
    """Name what goes wrong while a copy is made in `folder`."""
    try:
        yield
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorname", "")
        if code == "SQLITE_FULL":
            raise ConfigurationRefused(
                str(folder), "the disk is full", "free some space, or name another disk"
            ) from None
        if code.startswith(("SQLITE_CORRUPT", "SQLITE_NOTADB")):
            raise ConfigurationRefused(
                str(database), f"it is damaged: {error}", "stop the bot and restore a backup from before"
            ) from None
        raise Unavailable(reason=f"{database}: can't be copied to {folder}: {error}") from error
    except OSError as error:
        reason = (
            "the disk is full" if error.errno in {errno.ENOSPC, errno.EDQUOT} else f"can't be written: {error.strerror}"
        )
        raise ConfigurationRefused(str(folder), reason, "name another place") from None
