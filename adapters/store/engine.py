"""Opening the two databases and naming their failures.

SQLite has one writer connection, whose transactions begin IMMEDIATE (a transaction that reads first and then writes
fails with a busy snapshot that no timeout waits out), and a few readers that can't write. What writes is plain
blocking code over a `Connection`; `Writing` brings it to a thread or to an asynchronous driver.
"""

import asyncio
import contextlib
import functools
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from sqlalchemy import URL, Connection, Engine, Table, create_engine, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError, ProgrammingError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from adapters.store.files import ROOM
from core.errors import ConfigurationRefused, GaveUp, Unavailable

_READERS = 4

T = TypeVar("T")


class Writing(Protocol):
    """The one connection that writes."""

    @property
    def engine(self) -> Engine: ...

    async def run(self, work: Callable[[Connection], T]) -> T:
        """Do `work` in one transaction, which is taken back whole when it raises."""
        ...

    async def flush(self) -> None:
        """Leave nothing in the database's files that it holds no more.

        SQLite writes its whole file anew, about a second for 50 MB, in which every other write waits. PostgreSQL looks
        after its own: old rows stay until it vacuums, and its log for as long as its owner keeps it.

        Raises: `Unavailable` while a reader is in the way.
        """
        ...

    async def close(self) -> None:
        """Let go of the connection; may repeat."""
        ...


class WritingInThread:
    """Writes over a blocking driver on a thread of its own: one hand-over a transaction, not one a statement."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self._executor = ThreadPoolExecutor(max_workers=1, thread_name_prefix="lightkeeper-writer")

    async def run(self, work: Callable[[Connection], T]) -> T:
        def transact() -> T:
            with self.engine.begin() as connection:
                return work(connection)

        return await asyncio.get_running_loop().run_in_executor(self._executor, transact)

    async def flush(self) -> None:
        def flush() -> bool:
            with contextlib.closing(self.engine.raw_connection()) as connection:
                cursor = connection.cursor()
                emptying = "PRAGMA wal_checkpoint(TRUNCATE)"
                is_busy, *_ = cursor.execute(emptying).fetchone()
                if is_busy:  # a backup, perhaps: nothing is written anew in vain
                    return True
                _check_room(Path(str(self.engine.url.database)))
                # What is deleted is overwritten, but where pages were rebuilt before, old bytes may lie between rows.
                cursor.execute("VACUUM")
                is_busy, *_ = cursor.execute(emptying).fetchone()
                return bool(is_busy)

        if await asyncio.get_running_loop().run_in_executor(self._executor, flush):
            raise Unavailable(reason="the database is being read: what was erased is still in its log")

    async def close(self) -> None:
        self.engine.dispose()
        self._executor.shutdown(wait=False)


def _check_room(database: Path) -> None:
    """Raises: `Unavailable` where writing the database anew would fill its disk, and stop the bot."""
    if shutil.disk_usage(database.parent).free < 2 * database.stat().st_size + ROOM:
        raise Unavailable(reason="the disk is too full to write the database anew: what was erased is still in it")


class WritingInLoop:
    """Writes over an asynchronous driver."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @property
    def engine(self) -> Engine:
        return self._engine.sync_engine

    async def run(self, work: Callable[[Connection], T]) -> T:
        async with self._engine.begin() as connection:
            return await connection.run_sync(work)

    async def flush(self) -> None:
        """Nothing that could be done from here."""

    async def close(self) -> None:
        await self._engine.dispose()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """One connection that writes and several that only read."""

    writing: Writing
    reader: AsyncEngine

    async def dispose(self) -> None:
        """Close every connection; may repeat."""
        await self.writing.close()
        await self.reader.dispose()


def parsed_url(url: str) -> URL:
    """`url` with the driver that this store uses. Raises: `ConfigurationRefused`."""
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):  # a port that is no number is a ValueError
        raise ConfigurationRefused(
            path="database",
            reason="this is no database address",
            hint="for example sqlite+aiosqlite:///lightkeeper.sqlite3",
        ) from None
    match parsed.get_backend_name():
        case "sqlite" if parsed.database and parsed.database != ":memory:":
            return parsed.set(drivername="sqlite+aiosqlite")
        case "postgresql":
            return parsed.set(drivername="postgresql+asyncpg")
    raise ConfigurationRefused(
        path="database",
        reason="only SQLite files and PostgreSQL are supported",
        hint="sqlite+aiosqlite:///FILE or postgresql+asyncpg://…",
    )


def file_of(url: str) -> Path | None:
    """The file of a SQLite database; None for one on a server. Raises: `ConfigurationRefused`."""
    parsed = parsed_url(url)
    return Path(str(parsed.database)) if parsed.get_backend_name() == "sqlite" else None


def shown(url: str) -> str:
    """The address as people may see it and as PostgreSQL's tools take it: without a password or a driver.

    Raises: `ConfigurationRefused`.
    """
    parsed = parsed_url(url)
    plain = parsed.set(drivername=parsed.get_backend_name())
    return URL.create(
        plain.drivername, plain.username, host=plain.host, port=plain.port, database=plain.database
    ).render_as_string()


def open_engines(url: URL, busy_timeout_s: float) -> Engines:
    """Engines for a parsed `url`; the file of a new SQLite database is made with mode 0600."""
    if url.get_backend_name() == "sqlite":
        path = Path(str(url.database))
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        return Engines(writing=WritingInThread(_sqlite_writer(url, busy_timeout_s)), reader=_sqlite_reader(url))
    return Engines(writing=WritingInLoop(_postgres(url, is_writer=True)), reader=_postgres(url, is_writer=False))


def _sqlite_writer(url: URL, busy_timeout_s: float) -> Engine:
    engine = create_engine(
        url.set(drivername="sqlite+pysqlite"),
        hide_parameters=True,
        pool_size=1,
        max_overflow=0,
        pool_reset_on_return=None,
        connect_args={"timeout": busy_timeout_s},
    )

    @event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "secure_delete=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _sqlite_reader(url: URL) -> AsyncEngine:
    engine = create_async_engine(
        url,
        hide_parameters=True,
        pool_size=_READERS,
        max_overflow=0,
        pool_reset_on_return=None,
        isolation_level="AUTOCOMMIT",
        skip_autocommit_rollback=True,
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(connection: Any, _record: object) -> None:
        cursor = connection.cursor()
        cursor.execute("PRAGMA query_only=ON")
        cursor.close()

    return engine


def _postgres(url: URL, *, is_writer: bool) -> AsyncEngine:
    settings = {"application_name": "lightkeeper", "default_transaction_read_only": "off" if is_writer else "on"}
    return create_async_engine(
        url,
        hide_parameters=True,
        pool_size=1 if is_writer else _READERS,
        max_overflow=0,
        pool_pre_ping=True,
        connect_args={"server_settings": settings},
    )


Adding = sqlite.Insert | postgresql.Insert


def adding(connection: Connection, table: Table, at: tuple[str, ...] = (), replacing: tuple[str, ...] = ()) -> Adding:
    """An INSERT into `table` that gives way to the row that is there, or replaces some of its columns.

    Args:
        connection: Where it will run.
        table: Where rows go.
        at: The columns that make two rows the same; without them any unique place counts.
        replacing: The columns that a new row replaces in the one that is there; without them that one stays.
    """
    return _adding(connection.dialect.name, table, at, replacing)


@functools.cache
def _adding(dialect: str, table: Table, at: tuple[str, ...], replacing: tuple[str, ...]) -> Adding:
    new = sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)
    if not replacing:
        return new.on_conflict_do_nothing(index_elements=at or None)
    return new.on_conflict_do_update(index_elements=at, set_={name: new.excluded[name] for name in replacing})


def is_refused(error: Exception) -> bool:
    """Whether one statement did it to itself; everything else says that the database can't be used now."""
    if isinstance(error, (IntegrityError, DataError, ProgrammingError, UnicodeEncodeError)):
        return True
    # PostgreSQL's driver puts values that it can't take, class 22, under no name of their own.
    state = getattr(error.orig, "sqlstate", None) if isinstance(error, DBAPIError) else None
    return isinstance(state, str) and state.startswith("22")


@contextlib.contextmanager
def named_failures() -> Iterator[None]:
    """Turn the database library's errors into ours: `GaveUp` for what can't be written, else `Unavailable`."""
    try:
        yield
    except (DBAPIError, PoolTimeout, OSError, UnicodeEncodeError) as error:
        if is_refused(error):
            raise GaveUp(reason=f"the database refused it: {reason_of(error)}") from error
        raise Unavailable(reason=f"the database can't be used now: {reason_of(error)}") from error


def reason_of(error: Exception) -> str:
    """What may be told of an error of the database: never a value."""
    original = getattr(error, "orig", None) or error
    # PostgreSQL's own sentences quote values; SQLite's name only tables and columns.
    return str(original) if isinstance(original, sqlite3.Error) else type(original).__name__
