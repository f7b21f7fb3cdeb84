"""The key file: data keys, wrapped by the master key, in a small database of their own that no backup contains.

A key belongs to a scope: `case:<id>` for a case's text, `hour:<hour>` for an hour of intake, `ref:<…>` for how the
audit names members. A scope has one key at a time and a new one after its key was destroyed; sealed rows name the key
by its id, so what was sealed before stays closed. Nothing is cached: what was destroyed is gone at once. The journal of
erasures (`erasures`) lies in the same file and is written in the same transaction as a key is destroyed.

The file is written before the database that uses its keys commits. All work on it runs on one thread.
"""

import asyncio
import contextlib
import os
import secrets
import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from adapters.store import erasures
from adapters.store.columns import micros
from adapters.store.erasures import Erasure
from adapters.store.master import fingerprint
from adapters.store.sealing import NotOpened, new_key, seal, unseal
from core.errors import ConfigurationRefused, KeyMissing, Unavailable
from core.ports import Clock

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Key:
    """A data key and the id that sealed rows call it by."""

    id: str
    secret: bytes


class KeyFile:
    """The open key file; build it with `open`."""

    def __init__(
        self,
        path: Path,
        master: bytes,
        clock: Clock,
        connection: sqlite3.Connection,
        executor: ThreadPoolExecutor,
    ) -> None:
        self.path = path
        self._master = master
        self._clock = clock
        self._connection = connection
        self._executor = executor

    @classmethod
    async def open(cls, path: Path, master: bytes, clock: Clock, busy_timeout_s: float) -> "KeyFile":
        """Open the file, making it (mode 0600) when there is none.

        Raises: `KeyMissing` when it belongs to another master key, `Unavailable` when it can't be used.
        """
        executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lightkeeper-keys")
        try:
            connection = await asyncio.get_running_loop().run_in_executor(
                executor, _connect, path, master, clock.now(), busy_timeout_s
            )
        except BaseException:
            executor.shutdown(wait=False)
            raise
        return cls(path, master, clock, connection, executor)

    async def close(self) -> None:
        """Let go of the file; may repeat."""
        with contextlib.suppress(Unavailable):
            await self._run(self._connection.close)
        self._executor.shutdown(wait=False)

    async def ensure(self, scopes: Collection[str]) -> Mapping[str, Key]:
        """The key of each scope; the missing ones are made, and are durable on return. Raises: `Unavailable`."""
        return await self._run(lambda: self._ensure(scopes)) if scopes else {}

    async def find(self, ids: Collection[str]) -> Mapping[str, Key]:
        """The keys with these ids; the destroyed ones are left out. Raises: `Unavailable`."""
        return await self._run(lambda: self._select("id", ids)) if ids else {}

    async def of_scopes(self, scopes: Collection[str]) -> Mapping[str, str]:
        """The key id of each of these scopes that has a key. Raises: `Unavailable`."""
        if not scopes:
            return {}
        return {scope: key.id for scope, key in (await self._run(lambda: self._select("scope", scopes))).items()}

    async def with_prefix(self, prefix: str) -> Mapping[str, str]:
        """Scope and key id of every scope that starts with `prefix`. Raises: `Unavailable`."""
        found = "SELECT scope, id FROM keys WHERE substr(scope, 1, ?) = ?"
        return await self._run(lambda: dict(self._connection.execute(found, (len(prefix), prefix)).fetchall()))

    async def ids(self) -> frozenset[str]:
        """The id of every key that is there. Raises: `Unavailable`."""
        found = "SELECT id FROM keys"
        return await self._run(lambda: frozenset(key_id for (key_id,) in self._connection.execute(found)))

    async def made_before(self, prefix: str, moment: datetime) -> Collection[str]:
        """Ids of the keys of such scopes that were made before `moment`. Raises: `Unavailable`."""
        found = "SELECT id FROM keys WHERE substr(scope, 1, ?) = ? AND made_at < ?"
        values = (len(prefix), prefix, micros(moment))
        return await self._run(lambda: [key_id for (key_id,) in self._connection.execute(found, values)])

    async def erasures(self) -> list[Erasure]:
        """The journal, oldest first.

        Raises: `ConfigurationRefused` when it holds some that this version can't repeat, `Unavailable`.
        """
        try:
            return await self._run(lambda: erasures.entries(self._connection))
        except ValueError:
            raise _only_newer(self.path) from None

    async def record_erasures(self, made: Sequence[Erasure]) -> None:
        """Write down what was erased otherwise than by destroying a key here; durable on return.

        Raises: `Unavailable`.
        """

        def write() -> None:
            with _transaction(self._connection):
                erasures.record(self._connection, made)

        if made:
            await self._run(write)

    async def forget_erasures(self, before: datetime) -> None:
        """Let go of what the journal says of keys destroyed before `before`. Raises: `Unavailable`."""
        await self._run(lambda: erasures.forget(self._connection, before))

    async def destroy(self, ids: Collection[str]) -> None:
        """Forget these keys: no file holds them any more, and the journal says so. May repeat. Raises: `Unavailable`.

        Their place in the key file is overwritten with zeros. The rollback journal, which holds it as it was, is
        deleted but not overwritten, and a disk may keep old blocks anyway: who has both the raw disk and the master
        key may still find one there. Without the master key all of it is closed.
        """
        if ids:
            await self._run(lambda: self._destroy(ids))

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._executor, work)
        except sqlite3.Error as error:
            raise Unavailable(reason=f"the key file can't be used: {error}") from error
        except NotOpened as error:
            raise Unavailable(reason="the key file is damaged: one of its keys was changed") from error
        except RuntimeError as error:
            raise Unavailable(reason="the key file is closed") from error

    def _ensure(self, scopes: Collection[str]) -> Mapping[str, Key]:
        keys = self._select("scope", scopes)
        missing = [scope for scope in scopes if scope not in keys]
        if missing:
            made = {scope: Key(secrets.token_hex(12), new_key()) for scope in missing}
            now = micros(self._clock.now())
            rows = [(key.id, scope, seal(self._master, key.secret, key.id, scope), now) for scope, key in made.items()]
            adding = "INSERT OR IGNORE INTO keys (id, scope, wrapped, made_at) VALUES (?, ?, ?, ?)"
            with _transaction(self._connection):
                self._connection.executemany(adding, rows)
            keys |= self._select("scope", missing)
        return keys

    def _select(self, column: str, values: Collection[str]) -> dict[str, Key]:
        keys: dict[str, Key] = {}
        for chunk in _chunks(values):
            marks = ",".join("?" * len(chunk))
            found = f"SELECT {column}, id, scope, wrapped FROM keys WHERE {column} IN ({marks})"  # noqa: S608 - no input
            for name, key_id, scope, wrapped in self._connection.execute(found, chunk):
                keys[name] = Key(key_id, unseal(self._master, wrapped, key_id, scope))
        return keys

    def _destroy(self, ids: Collection[str]) -> None:
        now = self._clock.now()
        with _transaction(self._connection):
            for chunk in _chunks(ids):
                marks = ",".join("?" * len(chunk))
                gone = self._connection.execute(
                    f"DELETE FROM keys WHERE id IN ({marks}) RETURNING id, scope",  # noqa: S608 - no input
                    chunk,
                ).fetchall()
                told = (erasures.of_key(key_id, scope, now) for key_id, scope in gone)
                erasures.record(self._connection, [each for each in told if each])


def journal_of(path: Path) -> list[Erasure]:
    """The journal in a key file that needs no master key to be read; empty where the file is no key file at all.

    Raises: `ConfigurationRefused` when it holds some that this version can't repeat.
    """
    try:
        with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as connection:
            return erasures.entries(connection)
    except sqlite3.DatabaseError:
        return []
    except ValueError:
        raise _only_newer(path) from None


def _only_newer(path: Path) -> ConfigurationRefused:
    return ConfigurationRefused(
        path=str(path),
        reason="a newer version of Lightkeeper erased something here that this version can't erase again",
        hint="restore with that version",
    )


def _connect(path: Path, master: bytes, now: datetime, busy_timeout_s: float) -> sqlite3.Connection:
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    connection = sqlite3.connect(path, timeout=busy_timeout_s, isolation_level=None, check_same_thread=False)
    try:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA secure_delete=ON")
        with _transaction(connection):
            connection.execute("CREATE TABLE IF NOT EXISTS about (name TEXT PRIMARY KEY, value TEXT NOT NULL)")
            connection.execute(
                "CREATE TABLE IF NOT EXISTS keys"
                " (id TEXT PRIMARY KEY, scope TEXT NOT NULL UNIQUE, wrapped BLOB NOT NULL, made_at INTEGER)"
            )
            _add_what_older_files_lack(connection, now)
            erasures.prepare(connection)
            ours = fingerprint(master)
            connection.execute("INSERT OR IGNORE INTO about VALUES ('master', ?)", (ours,))
            (theirs,) = connection.execute("SELECT value FROM about WHERE name = 'master'").fetchone()
            if theirs != ours:
                raise KeyMissing(
                    path=str(path),
                    reason="this key file belongs to another master key",
                    hint="put the key file of this database back",
                )
    except sqlite3.OperationalError as error:
        connection.close()
        raise Unavailable(reason=f"{path}: the key file can't be used: {error}") from error
    except sqlite3.DatabaseError:
        connection.close()
        raise KeyMissing(
            path=str(path), reason="this is no key file", hint="put the key file of this database back"
        ) from None
    except KeyMissing:
        connection.close()
        raise
    return connection


def _add_what_older_files_lack(connection: sqlite3.Connection, now: datetime) -> None:
    columns = {name for _, name, *_ in connection.execute("PRAGMA table_info(keys)")}
    if "made_at" not in columns:
        connection.execute("ALTER TABLE keys ADD COLUMN made_at INTEGER")
    connection.execute("UPDATE keys SET made_at = ? WHERE made_at IS NULL", (micros(now),))


@contextlib.contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    except BaseException:
        connection.rollback()
        raise
    connection.execute("COMMIT")


def _chunks(values: Collection[str], size: int = 500) -> Iterator[tuple[str, ...]]:
    listed = tuple(values)
    for start in range(0, len(listed), size):
        yield listed[start : start + size]
