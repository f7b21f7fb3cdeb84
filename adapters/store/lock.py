"""One process at a time on one database: a lock that goes with its process, however that one ends.

SQLite's is a lock file beside the database, which the kernel lets go of. The file stays where it is and names the
process that took it last; only the lock on it says whether that one lives. Systems without `flock` can't tell, and let
everybody in. PostgreSQL's is an advisory lock of one connection: it goes with that connection, also when the server is
started anew under a running bot, so it keeps a second one from starting and proves nothing after that.
"""

import contextlib
import os
import sys
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from sqlalchemy import URL, Connection, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.store.engine import named_failures
from core.errors import ConfigurationRefused, Unavailable

IN_USE = "another Lightkeeper uses this database"
STOP_IT = "stop it first, or name another data folder"

_RUNNING = 0x4C4B5255
"""Names PostgreSQL's advisory lock."""

_TRIES = 6
_BETWEEN_TRIES_S = 0.02
"""Somebody who only looks whether it is held has it for a moment."""


class Lock:
    """A lock that is held until `release`; build it with `take`."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def release(self) -> None:
        """Let others in; may repeat."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def lock_path(base: Path) -> Path:
    """The lock file beside the database `base`."""
    return base.with_name(base.name + ".lock")


def take(path: Path, *, what: str = IN_USE, hint: str = STOP_IT) -> Lock:
    """Take the lock file `path`, making it (mode 0600) where it is missing.

    Args:
        path: The lock file, in a folder that exists.
        what: Who has it otherwise, for the refusal.
        hint: What to do about it.

    Raises: `ConfigurationRefused` while another process, or another opening in this one, holds it.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationRefused(
            str(path), f"the lock file can't be made: {error.strerror}", "let this user write here"
        ) from None
    for left in reversed(range(_TRIES)):
        if _is_ours(handle):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
            return Lock(handle)
        if left:
            time.sleep(_BETWEEN_TRIES_S)
    pid = _pid(handle)
    os.close(handle)
    raise ConfigurationRefused(str(path), what + (f" (process {pid})" if pid else ""), hint)


@contextlib.contextmanager
def held(path: Path, *, what: str = IN_USE, hint: str = STOP_IT) -> Iterator[None]:
    """`take` for the length of a block."""
    lock = take(path, what=what, hint=hint)
    try:
        yield
    finally:
        lock.release()


@contextlib.asynccontextmanager
async def held_on_server(url: URL) -> AsyncIterator[None]:
    """Hold the PostgreSQL database for the length of a block.

    Raises: `ConfigurationRefused` while another process holds it, `Unavailable` when the server can't be asked.
    """
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        isolation_level="AUTOCOMMIT",
        connect_args={"server_settings": {"application_name": "lightkeeper"}},
    )
    try:
        with named_failures():
            connection = await engine.connect()
        try:
            with named_failures():
                is_ours = await connection.scalar(text("SELECT pg_try_advisory_lock(:name)"), {"name": _RUNNING})
                other = None if is_ours else await connection.scalar(_WHO, {"name": _RUNNING})
            if not is_ours:
                raise ConfigurationRefused(
                    f"database {url.database}", f"{IN_USE} (connected as server process {other})", "stop it first"
                )
            yield
        finally:
            with contextlib.suppress(Unavailable), named_failures():
                await connection.close()
    finally:
        await engine.dispose()


def is_held_on_server(connection: Connection) -> bool:
    """Whether a process holds the PostgreSQL database behind `connection`."""
    return connection.scalar(_WHO, {"name": _RUNNING}) is not None


_WHO = text(
    "SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted AND classid = 0 AND objid = :name"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
)


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file."""
    return _look(path)[0]


def holder(path: Path) -> int | None:
    """The process that holds the lock file, as far as its own container numbers it; None when nobody does."""
    return _look(path)[1]


def _look(path: Path) -> tuple[bool, int | None]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False, None
    try:
        return (False, None) if _is_ours(handle, shared=True) else (True, _pid(handle))
    finally:
        os.close(handle)


def _pid(handle: int) -> int | None:
    content = os.pread(handle, 32, 0).strip()
    return int(content) if content.isdigit() else None


def _is_ours(handle: int, *, shared: bool = False) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
