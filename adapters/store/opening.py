"""What stands in a database before it is opened, and bringing it to this version's revision.

A database is looked at without being changed first: one of a newer version, or somebody else's, is left as it is.
"""

import asyncio
import sqlite3
from dataclasses import dataclass
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, NullPool, create_engine, delete, inspect, select, text, update
from sqlalchemy.exc import DatabaseError, OperationalError

from adapters.store import tables
from adapters.store.engine import Writing, adding, named_failures
from core.errors import ConfigurationRefused, Unavailable

_MIGRATIONS = Path(__file__).parent / "migrations"
_FINGERPRINT = "master_fingerprint"
_OPENING = 0x4C4B4F50
"""Names PostgreSQL's advisory lock under which a database is brought up to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a database holds.

    Attributes:
        fingerprint: Of the master key it was sealed with; None for a new database.
        has_sealed: Whether any row needs a data key to be read.
    """

    fingerprint: str | None = None
    has_sealed: bool = False


async def look(url: URL, writing: Writing | None) -> Found:
    """Read what is there, changing nothing; SQLite needs no `writing` and must not have one open yet.

    Raises: `ConfigurationRefused` for a newer or a foreign database, `Unavailable` when it can't be read.
    """
    place = str(url.database)
    with named_failures():
        if writing is None:
            return await asyncio.to_thread(_look_at_file, Path(place))
        return await writing.run(lambda connection: _found(connection, place))


async def upgrade(writing: Writing, fingerprint: str, *, forgets_texts: bool) -> list[str]:
    """Bring the database to this version's revision, in one transaction.

    Args:
        writing: What writes.
        fingerprint: The master key's, kept with the database from now on.
        forgets_texts: Drop every sealed row, for a database whose keys are gone.

    Returns: ids of the keys whose destruction was committed but perhaps not carried out.
    """

    def write(connection: Connection) -> list[str]:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _OPENING})
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        if forgets_texts:
            _forget_texts(connection)
        connection.execute(adding(connection, tables.about), {"name": _FINGERPRINT, "value": fingerprint})
        return list(connection.execute(select(tables.doomed_keys.c.key_id)).scalars())

    with named_failures():
        return await writing.run(write)


def _forget_texts(connection: Connection) -> None:
    about, cases, texts = tables.about, tables.cases, tables.texts
    connection.execute(delete(tables.intake))
    connection.execute(update(cases).where(cases.c.id.in_(select(texts.c.case_id))).values(is_text_gone=True))
    connection.execute(delete(texts))
    connection.execute(delete(about).where(about.c.name == _FINGERPRINT))


def _look_at_file(path: Path) -> Found:
    if not path.exists() or path.stat().st_size == 0:
        return Found()
    # Nobody has it open then, and looking leaves no files beside it.
    is_at_rest = not any(path.with_name(path.name + beside).exists() for beside in ("-wal", "-journal"))
    how = "immutable=1" if is_at_rest else "mode=ro"
    engine = create_engine(
        "sqlite://",
        creator=lambda: sqlite3.connect(f"{path.absolute().as_uri()}?{how}", uri=True),
        poolclass=NullPool,
        hide_parameters=True,
    )
    try:
        with engine.connect() as connection:
            return _found(connection, str(path))
    except OperationalError as error:
        raise Unavailable(reason=f"{path}: can't be read: {error.orig}") from error
    except DatabaseError:
        raise ConfigurationRefused(
            path=str(path), reason="this is no SQLite database", hint="name another file; this one was not touched"
        ) from None


def _found(connection: Connection, place: str) -> Found:
    present = set(inspect(connection).get_table_names())
    if not present:
        return Found()
    revision = MigrationContext.configure(connection).get_current_revision()
    if revision is None:
        raise ConfigurationRefused(
            path=place, reason="this is another program's database", hint="name another one; it was not touched"
        )
    known = {each.revision for each in ScriptDirectory.from_config(_config()).walk_revisions()}
    if revision not in known:
        raise ConfigurationRefused(
            path=place,
            reason=f"it was written by a newer version of Lightkeeper (revision {revision}); it was not touched",
            hint="install that version again, or restore a backup made before the upgrade",
        )
    about = tables.about
    fingerprint = connection.scalar(select(about.c.value).where(about.c.name == _FINGERPRINT))
    sealed = [connection.scalar(select(table.c.key_id).limit(1)) for table in (tables.texts, tables.intake)]
    return Found(fingerprint=fingerprint, has_sealed=any(sealed))


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config
