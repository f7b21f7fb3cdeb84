"""Looking at a master key and a key file, and copying one, without changing them and beside a bot that uses them."""

import os
import sqlite3
from collections.abc import Collection
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

from adapters.store.backup import automatic, before_upgrades
from adapters.store.facts import KeyState
from adapters.store.files import beside, sync
from adapters.store.intake import hour_of
from adapters.store.master import fingerprint, read_master_key
from adapters.store.opening import Found
from core.errors import ConfigurationRefused, Unavailable

_TIMEOUT_S = 5.0


def states_of(base: Path, given: str | None, found: Found) -> tuple[KeyState, KeyState]:
    """What the master key and the key file are to the database that was found."""
    state, print_ = _master_key(beside(base, ".master"), given, found)
    return state, _key_file(beside(base, ".keys"), found.fingerprint or print_, found)


def hours_of(base: Path, key_ids: Collection[str]) -> list[datetime]:
    """The hours of intake that these keys belong to, as far as the key file can be read."""
    path, wanted = beside(base, ".keys"), set(key_ids)
    if not wanted or not path.exists():
        return []
    try:
        with closing(_connected(path)) as connection:
            scopes = [scope for key_id, scope in connection.execute("SELECT id, scope FROM keys") if key_id in wanted]
    except sqlite3.Error:
        return []
    return [hour for hour in map(hour_of, scopes) if hour is not None]


def copy_keys(base: Path, target: Path) -> None:
    """Copy the key file to `target` (mode 0600), in the place of an older copy, which would open what was erased since.

    Raises: `ConfigurationRefused` where there is none, or backups lie in the target's folder; `Unavailable`.
    """
    path = beside(base, ".keys")
    if not path.exists():
        raise ConfigurationRefused(str(path), "there is no key file yet", "start the bot once, or name its folder")
    if not target.parent.is_dir():
        raise ConfigurationRefused(str(target.parent), "this folder does not exist", "make it, or name another one")
    if target.is_dir() or automatic(target.parent) or before_upgrades(target.parent) or _is_same(path, target):
        raise ConfigurationRefused(
            str(target),
            "backups, or the keys themselves, lie here" if not target.is_dir() else "this is a folder",
            "name a file in another place than backups, best on another machine",
        )
    unfinished = beside(target, ".new")
    try:
        unfinished.unlink(missing_ok=True)
        os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(_connected(path)) as connection:
            connection.execute("VACUUM INTO ?", (str(unfinished),))
        sync(unfinished)
        unfinished.replace(target)
        sync(target.parent)
    except (OSError, sqlite3.Error) as error:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
        raise Unavailable(reason=f"{target}: the keys can't be copied here: {error}") from error


def _is_same(path: Path, other: Path) -> bool:
    return other.exists() and path.samefile(other)


def _master_key(path: Path, given: str | None, found: Found) -> tuple[KeyState, str | None]:
    try:
        master = read_master_key(path, given)
    except ConfigurationRefused:
        return KeyState.DAMAGED, None
    except OSError:
        return KeyState.UNREADABLE, None
    if master is None:
        return (KeyState.NOT_NEEDED if found.fingerprint is None else KeyState.MISSING), None
    print_ = fingerprint(master)
    return (KeyState.FINE if found.fingerprint in {None, print_} else KeyState.FOREIGN), print_


def _key_file(path: Path, ours: str | None, found: Found) -> KeyState:
    try:
        if not path.exists() or path.stat().st_size == 0:
            return KeyState.MISSING if found.has_sealed else KeyState.NOT_NEEDED
        with closing(_connected(path)) as connection:
            row = connection.execute("SELECT value FROM about WHERE name = 'master'").fetchone()
    except sqlite3.OperationalError as error:
        # SQLITE_ERROR: it can be read, and lacks the table.
        return KeyState.DAMAGED if error.sqlite_errorcode == sqlite3.SQLITE_ERROR else KeyState.UNREADABLE
    except OSError:
        return KeyState.UNREADABLE
    except sqlite3.DatabaseError:
        return KeyState.DAMAGED
    if row is None:
        return KeyState.DAMAGED
    return KeyState.FINE if ours in {None, row[0]} else KeyState.FOREIGN


def _connected(path: Path) -> sqlite3.Connection:
    """It keeps a rollback journal, so looking leaves no file beside it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_TIMEOUT_S)
