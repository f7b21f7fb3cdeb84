"""Reading a SQLite database without changing it, whether or not somebody has it open."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, NullPool, create_engine
from sqlalchemy.exc import DatabaseError, OperationalError

from adapters.store.files import beside
from core.errors import ConfigurationRefused, Unavailable

BESIDE = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a database while it is open, or after a kill."""


class DamagedDatabase(ConfigurationRefused):
    """A SQLite database whose pages are not what they must be."""


def is_at_rest(path: Path) -> bool:
    """Whether nobody has the database open, or had it open when it was killed."""
    return not any(beside(path, each).exists() for each in BESIDE)


def connect_read_only(path: Path, *, timeout_s: float = 5.0, is_live: bool = False) -> sqlite3.Connection:
    """A connection that can't write.

    One to a database at rest leaves no files beside it, and must be short, since it wouldn't notice a bot that starts;
    for one that takes its time `is_live` says that a bot may start meanwhile.
    """
    how = "immutable=1" if not is_live and is_at_rest(path) else "mode=ro"
    return sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True, timeout=timeout_s)


@contextmanager
def reading(path: Path, *, is_live: bool = False) -> Iterator[Connection]:
    """The same for SQLAlchemy, for the length of a block; `is_live` as there.

    Raises: `DamagedDatabase`, `ConfigurationRefused` for a file that is no SQLite database, `Unavailable` when it
        can't be read.
    """
    engine = create_engine(
        "sqlite://", creator=lambda: connect_read_only(path, is_live=is_live), poolclass=NullPool, hide_parameters=True
    )
    try:
        with engine.connect() as connection:
            yield connection
    except OperationalError as error:
        raise Unavailable(reason=f"{path}: can't be read: {error.orig}") from error
    except DatabaseError as error:
        if getattr(error.orig, "sqlite_errorname", "").startswith("SQLITE_CORRUPT"):
            raise DamagedDatabase(
                str(path), f"it is damaged: {error.orig}", "keep a copy of it, and restore a backup"
            ) from None
        raise ConfigurationRefused(
            path=str(path), reason="this is no SQLite database", hint="name another file; this one was not touched"
        ) from None
    finally:
        engine.dispose()


def complaints(path: Path) -> list[str]:
    """What SQLite's own check finds wrong with the file, all of which it reads; empty for a sound one.

    Raises: `sqlite3.Error` when it can't even be asked.
    """
    with closing(connect_read_only(path)) as connection:
        found = [str(line) for (line,) in connection.execute("PRAGMA integrity_check(20)")]
    return [] if found == ["ok"] else found
