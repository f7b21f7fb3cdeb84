"""Backups of a SQLite database: whole, checked, and taken while the bot runs; never with a key.

A backup is one file. It is written in a folder of its own beside its place, checked there, and only then linked to its
name, so that half a backup never looks whole. It carries the mark by which its next opening settles it
(`adapters.store.settlement`).
"""

import errno
import os
import re
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from adapters.store.files import make_folder, stamp, sync
from adapters.store.lock import held, is_held
from adapters.store.opening import found_in
from adapters.store.reading import complaints, connect_read_only, reading
from adapters.store.settlement import MARK
from core.errors import ConfigurationRefused, Unavailable

FOLDER = "backups"
"""The folder beside a database in which its own backups lie."""

KEPT = 14
"""How many automatic backups are kept where nobody says otherwise."""

KEPT_BEFORE_UPGRADES = 3

REPLACED = "replaced"
"""How the names of databases begin that a restore has set aside."""

ROOM = 16 * 2**20
"""What has to be free beyond a backup's own size, in bytes: a full disk stops the bot."""

_DAILY = re.compile(r"lightkeeper-(?P<at>\d{8}T\d{6}Z)(-\d+)?\.sqlite3")
_BEFORE = re.compile(r"before-(?P<revision>\w+)-(?P<at>\d{8}T\d{6}Z)(-\d+)?\.sqlite3")
_WORK = ".lightkeeper-copy-"
_LOCK = "lock"
_STALE_S = 60.0
_TIMEOUT_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup that lies in a folder."""

    path: Path
    taken_at: datetime


def folder_of(database: Path) -> Path:
    """Where a database's own backups lie."""
    return database.parent / FOLDER


def write_backup(database: Path, target: Path, now: datetime) -> None:
    """Copy `database` as it is now to the new file `target` (mode 0600), check the copy and make it durable.

    Raises: `ConfigurationRefused` where `target` is taken or can't be made, the disk is full, or the database is
        damaged; `Unavailable` when it can't be read now. No file is left then.
    """
    _check_ours(database)
    if os.path.lexists(target):
        raise _taken(target)
    make_folder(target.parent)
    with working_copy(database, target.parent) as copy:
        mark(copy, now)
        found = complaints(copy)
        if found:
            raise ConfigurationRefused(
                str(database),
                f"it is damaged, and a backup of it would be too: {found[0]}",
                "stop the bot and restore a backup from before; keep this file until then",
            )
        _settle_in(copy, target)


def write_automatic(database: Path, folder: Path, now: datetime) -> Path:
    """A backup under a name of its own in `folder`. Raises: as `write_backup`."""
    return _write_named(database, folder, f"lightkeeper-{stamp(now)}", now)


def before_upgrade(database: Path, revision: str, now: datetime) -> Path:
    """The backup that is made before a database is upgraded to `revision`; older ones of its kind make room.

    Raises: `ConfigurationRefused` when it can't be made: the database must not be upgraded then. `Unavailable`.
    """
    folder = folder_of(database)
    try:
        made = _write_named(database, folder, f"before-{revision}-{stamp(now)}", now)
    except ConfigurationRefused as error:
        raise ConfigurationRefused(
            error.path,
            f"the backup that comes before an upgrade can't be made: {error.reason}",
            "mend that; or back it up yourself, and set LIGHTKEEPER_UPGRADE_WITHOUT_BACKUP=true for one start",
        ) from None
    _prune(before_upgrades(folder), KEPT_BEFORE_UPGRADES)
    return made


def automatic(folder: Path) -> list[Kept]:
    """The automatic backups in `folder` by their names, newest first."""
    return _named(folder, _DAILY)


def before_upgrades(folder: Path) -> list[Kept]:
    """The backups in `folder` that were made before upgrades, by their names, newest first."""
    return _named(folder, _BEFORE)


def set_aside(folder: Path) -> list[Path]:
    """The databases in `folder` that restores have set aside, oldest first."""
    return sorted(folder.glob(f"{REPLACED}-*.sqlite3"))


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete automatic backups but the `keep` newest; a file that this program didn't make stays. Returns them."""
    return _prune(automatic(folder), keep)


@contextmanager
def working_copy(database: Path, folder: Path, *, is_live: bool = True) -> Iterator[Path]:
    """A copy of a database, made of one moment, in a working folder in `folder` that goes at the end.

    What a killed process left of such folders is cleared away. One that is not `is_live`, which no bot may start on
    meanwhile, is read without laying a file beside it. Raises: as `write_backup`.
    """
    for left in folder.glob(_WORK + "*"):
        if left.is_dir() and not is_held(left / _LOCK) and time.time() - left.stat().st_mtime > _STALE_S:
            shutil.rmtree(left, ignore_errors=True)
    check_room(database, folder)
    with ExitStack() as stack:
        stack.enter_context(_named_troubles(database, folder))
        work = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix=_WORK, dir=folder)))
        stack.enter_context(held(work / _LOCK))
        copy = work / "copy.sqlite3"
        os.close(os.open(copy, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(connect_read_only(database, timeout_s=_TIMEOUT_S, is_live=is_live)) as source:
            source.execute("VACUUM INTO ?", (str(copy),))
        yield copy


def mark(copy: Path, taken_at: datetime) -> None:
    """Say in a database when it was taken as a backup; one that says so already keeps saying the earlier time."""
    with closing(sqlite3.connect(copy)) as connection, connection:
        connection.execute("INSERT OR IGNORE INTO about (name, value) VALUES (?, ?)", (MARK, taken_at.isoformat()))


def check_room(database: Path, folder: Path) -> None:
    """Raises: `ConfigurationRefused` where a copy of `database` would fill the disk of `folder`."""
    log = database.with_name(database.name + "-wal")
    needed = sum(each.stat().st_size for each in (database, log) if each.exists()) + ROOM
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise ConfigurationRefused(
            str(folder),
            f"the disk is full: {needed // 2**20} MB are needed and {free // 2**20} MB are free",
            "free some space, or name a place on another disk",
        )


def _check_ours(database: Path) -> None:
    if database.exists():
        with reading(database) as connection:
            if found_in(connection, str(database)).revision is not None:
                return
    raise ConfigurationRefused(str(database), "there is no database here yet", "start the bot once, or name its folder")


def _write_named(database: Path, folder: Path, name: str, now: datetime) -> Path:
    for number in range(1, 100):
        target = folder / (f"{name}.sqlite3" if number == 1 else f"{name}-{number}.sqlite3")
        if not os.path.lexists(target):
            write_backup(database, target, now)
            return target
    raise _taken(target)


def _settle_in(copy: Path, target: Path) -> None:
    """Give a finished copy its name, which nothing may have by now."""
    sync(copy)
    try:
        os.link(copy, target)
    except FileExistsError:
        raise _taken(target) from None
    except OSError:  # a disk without hard links
        if os.path.lexists(target):
            raise _taken(target) from None
        copy.rename(target)
    sync(target.parent)


@contextmanager
def _named_troubles(database: Path, folder: Path) -> Iterator[None]:
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


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Kept]:
    found = [(path, match) for path in folder.glob("*.sqlite3") if (match := pattern.fullmatch(path.name))]
    kept = [Kept(path=path, taken_at=_time(match["at"])) for path, match in found]
    return sorted(kept, key=lambda each: (each.taken_at, len(each.path.name), each.path.name), reverse=True)


def _prune(newest_first: Sequence[Kept], keep: int) -> list[Path]:
    gone = [each.path for each in newest_first[keep:] if _is_marked(each.path)]
    for path in gone:
        path.unlink()
    return gone


def _is_marked(path: Path) -> bool:
    try:
        with closing(connect_read_only(path)) as connection:
            return connection.execute("SELECT 1 FROM about WHERE name = ?", (MARK,)).fetchone() is not None
    except sqlite3.Error:
        return False


def _taken(target: Path) -> ConfigurationRefused:
    return ConfigurationRefused(str(target), "there is something with this name", "name another file")


def _time(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
