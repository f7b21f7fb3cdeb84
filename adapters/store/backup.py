"""Backups of a SQLite database: whole, checked, sealed, and taken while the bot runs; never with a key.

A backup is one file. The database is copied in a working folder beside it, checked there, and sealed into another one
beside the backup's place (`adapters.store.sealed_file`); only what was read back whole is linked to its name, so that
half a backup never looks whole, and nothing unsealed leaves the disk of the database. The copy carries the mark by
which its next opening settles it (`adapters.store.settlement`). Versions before this one did not seal: such a backup
can still be put back, and is sealed where it lies.
"""

import os
import re
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

from adapters.store.copying import check_room, mark, named_troubles, work_folder, working_copy
from adapters.store.files import make_folder, stamp, sync
from adapters.store.opening import found_in
from adapters.store.reading import complaints, connect_read_only, is_at_rest, reading
from adapters.store.sealed_file import Head, head_of, seal_file, unseal_file
from adapters.store.settlement import MARK, mark_of
from core.errors import ConfigurationRefused, Unavailable

FOLDER = "backups"
"""The folder beside a database in which its own backups lie."""

KEPT = 14
"""How many automatic backups are kept where nobody says otherwise."""

KEPT_BEFORE_UPGRADES = 3

REPLACED = "replaced"
"""How the names of databases begin that a restore has set aside."""

ENDING = ".backup"
UNSEALED = ".sqlite3"
"""The ending of what versions before this one made, and of a damaged database that was set aside."""

_DAILY = re.compile(r"lightkeeper-(?P<at>\d{8}T\d{6}Z)(-\d+)?\.(backup|sqlite3)")
_BEFORE = re.compile(r"before-(?P<revision>\w+)-(?P<at>\d{8}T\d{6}Z)(-\d+)?\.(backup|sqlite3)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A backup that lies in a folder."""

    path: Path
    taken_at: datetime


def folder_of(database: Path) -> Path:
    """Where a database's own backups lie."""
    return database.parent / FOLDER


def write_backup(database: Path, target: Path, now: datetime, master: bytes) -> None:
    """Copy `database` as it is now to the new file `target` (mode 0600), checked, sealed and durable.

    Raises: `ConfigurationRefused` where `target` is taken or can't be made, the disk is full, or the database is
        damaged; `Unavailable` when it can't be read now. No file is left then.
    """
    known_master(database)
    if os.path.lexists(target):
        raise taken(target)
    make_folder(target.parent)
    check_room(database, target.parent)
    with working_copy(database, database.parent) as copy:
        mark(copy, now)
        found = complaints(copy)
        if found:
            raise ConfigurationRefused(
                str(database),
                f"it is damaged, and a backup of it would be too: {found[0]}",
                "stop the bot and restore a backup from before; keep this file until then",
            )
        seal_to(copy, target, now, master)


def seal_to(whole: Path, target: Path, now: datetime, master: bytes) -> None:
    """Seal a database that nobody has open into the new file `target`, and read it back.

    `now` is when it was taken, where it doesn't say so itself. Raises: as `write_backup`.
    """
    head = _head(whole, now)
    with work_folder(target.parent) as work, named_troubles(whole, target.parent):
        sealed = work / "sealed"
        with os.fdopen(os.open(sealed, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            seal_file(whole, file, master, head)
        sync(sealed)
        with whole.open("rb") as file:
            same = _Same(file)
            unseal_file(sealed, same, master)
            if not same.is_whole:
                raise ConfigurationRefused(str(target), "it can't be read back as it was written", "name another disk")
        _settle_in(sealed, target)


def _head(whole: Path, now: datetime) -> Head:
    try:
        with reading(whole) as connection:
            found, marked = found_in(connection, str(whole)), mark_of(connection)
    except ConfigurationRefused:  # of a newer version, or none of ours: set aside as it is
        return Head(revision="", opened_by="", taken_at=now.isoformat())
    return Head(revision=found.revision or "", opened_by=found.opened_by, taken_at=(marked or now).isoformat())


class _Same:
    """Takes what would be written, and says whether it is what a file holds."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._is_same = True

    def write(self, written: bytes, /) -> None:
        self._is_same = self._is_same and self._file.read(len(written)) == written

    @property
    def is_whole(self) -> bool:
        """Whether nothing differed and nothing is missing."""
        return self._is_same and not self._file.read(1)


def seal_older(database: Path, master: bytes) -> list[Path]:
    """Seal the backups beside a database that versions before this one left unsealed; returns what they are now.

    What is no database of ours, or damaged, stays as it is. Raises: as `write_backup`.
    """
    folder, sealed = folder_of(database), []
    made = [each.path for each in (*automatic(folder), *before_upgrades(folder))]
    for path in (*made, *set_aside(folder)):
        target = path.with_suffix(ENDING)
        if path.suffix != UNSEALED or not is_at_rest(path) or not _is_ours(path):
            continue
        if not os.path.lexists(target):
            seal_to(path, target, datetime.fromtimestamp(path.stat().st_mtime, UTC), master)
        path.unlink()
        sync(folder)
        sealed.append(target)
    return sealed


def write_automatic(database: Path, folder: Path, now: datetime, master: bytes) -> Path:
    """A backup under a name of its own in `folder`. Raises: as `write_backup`."""
    return _write_named(database, folder, f"lightkeeper-{stamp(now)}", now, master)


def before_upgrade(database: Path, revision: str, now: datetime, master: bytes) -> Path:
    """The backup that is made before a database is upgraded to `revision`; older ones of its kind make room.

    Raises: `ConfigurationRefused` when it can't be made: the database must not be upgraded then. `Unavailable`.
    """
    folder = folder_of(database)
    try:
        made = _write_named(database, folder, f"before-{revision}-{stamp(now)}", now, master)
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
    found = (each for ending in (ENDING, UNSEALED) for each in folder.glob(f"{REPLACED}-*{ending}"))
    return sorted(found, key=lambda path: (path.stem, path.suffix))


def prune(folder: Path, keep: int) -> list[Path]:
    """Delete automatic backups but the `keep` newest; a file that this program didn't make stays. Returns them."""
    return _prune(automatic(folder), keep)


def revision_in(backup: Path) -> str | None:
    """The revision of what a backup holds. Raises: as `adapters.store.reading.reading`."""
    head = head_of(backup)
    if head is not None:
        return head.revision
    with reading(backup) as connection:
        return found_in(connection, str(backup)).revision


def known_master(database: Path) -> str | None:
    """The fingerprint of the master key that a database is sealed with; None where nothing was sealed yet.

    Raises: `ConfigurationRefused` where there is no database of ours, `Unavailable`.
    """
    if database.exists():
        with reading(database) as connection:
            found = found_in(connection, str(database))
        if found.revision is not None:
            return found.fingerprint
    raise ConfigurationRefused(str(database), "there is no database here yet", "start the bot once, or name its folder")


def _write_named(database: Path, folder: Path, name: str, now: datetime, master: bytes) -> Path:
    target = free_name(folder, name)
    write_backup(database, target, now, master)
    return target


def free_name(folder: Path, name: str, ending: str = ENDING) -> Path:
    """A file of that name, or with a number behind it, that is not there. Raises: `ConfigurationRefused`."""
    for number in range(1, 1000):
        path = folder / (f"{name}{ending}" if number == 1 else f"{name}-{number}{ending}")
        if not os.path.lexists(path):
            return path
    raise taken(path)


def _settle_in(copy: Path, target: Path) -> None:
    """Give a finished copy its name, which nothing may have by now."""
    sync(copy)
    try:
        os.link(copy, target)
    except FileExistsError:
        raise taken(target) from None
    except OSError:  # a disk without hard links
        if os.path.lexists(target):
            raise taken(target) from None
        copy.rename(target)
    sync(target.parent)


def _named(folder: Path, pattern: re.Pattern[str]) -> list[Kept]:
    found = [(path, match) for path in folder.glob("*") if (match := pattern.fullmatch(path.name))]
    kept = [Kept(path=path, taken_at=_time(match["at"])) for path, match in found]
    return sorted(kept, key=lambda each: (each.taken_at, len(each.path.name), each.path.name), reverse=True)


def _prune(newest_first: Sequence[Kept], keep: int) -> list[Path]:
    gone = [each.path for each in newest_first[keep:] if _is_made_here(each.path)]
    for path in gone:
        path.unlink()
    return gone


def _is_made_here(path: Path) -> bool:
    if head_of(path) is not None:
        return True
    try:
        with closing(connect_read_only(path)) as connection:
            return connection.execute("SELECT 1 FROM about WHERE name = ?", (MARK,)).fetchone() is not None
    except sqlite3.Error:
        return False


def _is_ours(path: Path) -> bool:
    try:
        with reading(path) as connection:
            return found_in(connection, str(path)).revision is not None
    except (ConfigurationRefused, Unavailable):
        return False


def taken(target: Path) -> ConfigurationRefused:
    """The refusal to write over something."""
    return ConfigurationRefused(str(target), "there is something with this name", "name another file")


def _time(stamp: str) -> datetime:
    return datetime.strptime(stamp, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
