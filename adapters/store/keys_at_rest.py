"""Looking at a master key and a key file without changing them, beside a bot that uses them or without one."""

import sqlite3
from collections.abc import Collection
from contextlib import closing
from datetime import datetime
from pathlib import Path

from adapters.store.facts import KeyState
from adapters.store.intake import hour_of
from adapters.store.master import fingerprint, read_master_key
from adapters.store.opening import Found
from adapters.store.reading import beside
from core.errors import ConfigurationRefused

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
    except (sqlite3.OperationalError, OSError):
        return KeyState.UNREADABLE
    except sqlite3.DatabaseError:
        return KeyState.DAMAGED
    if row is None:
        return KeyState.DAMAGED
    return KeyState.FINE if ours in {None, row[0]} else KeyState.FOREIGN


def _connected(path: Path) -> sqlite3.Connection:
    """It keeps a rollback journal, so looking leaves no file beside it."""
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_TIMEOUT_S)
