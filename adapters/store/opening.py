"""What stands in a database before it is opened, and bringing it to this version's revision.

A database is looked at without being changed first: one of a newer version, or somebody else's, is left as it is.
"""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import URL, Connection, delete, inspect, select, text, update

from adapters.store import tables
from adapters.store.authors import name_authors
from adapters.store.digests import Digests
from adapters.store.engine import Writing, adding, named_failures, reason_of
from adapters.store.files import beside, keep_as, stamp, sync
from adapters.store.intake import HOUR_SCOPE
from adapters.store.keys import Key, KeyFile, journal_of
from adapters.store.master import LOST_KEYS, fingerprint, master_key
from adapters.store.reading import reading
from adapters.store.schema import bring_up, known_revisions, newest_revision, revision_of, this_version
from adapters.store.sealed_file import head_of
from adapters.store.settlement import MARK, KeysLeft, Settled, mark_of, settle
from adapters.store.transaction import Transaction
from core.errors import ConfigurationRefused, KeyMissing
from core.ports import Clock

FINGERPRINT = "master_fingerprint"
OPENED_BY = "opened_by"
"""The name in `about` under which the version stands that opened the database last."""

_PASSING = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_FULL", "SQLITE_IOERR")
"""Errors that say nothing about the upgrade that met them."""

_OPENING = 0x4C4B4F50
"""Names PostgreSQL's advisory lock under which a database is brought up to date."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What a database holds.

    Attributes:
        fingerprint: Of the master key it was sealed with; None for a new database.
        has_sealed: Whether any row needs a data key to be read.
        revision: The schema's; None for a new database.
        opened_by: The version of Lightkeeper that opened it last; "" where it did not say so.
        is_unsettled: Whether it is a backup that nobody opened yet.
    """

    fingerprint: str | None = None
    has_sealed: bool = False
    revision: str | None = None
    opened_by: str = ""
    is_unsettled: bool = False

    @property
    def is_older(self) -> bool:
        """Whether opening it means to upgrade it."""
        return self.revision is not None and self.revision != newest_revision()


class NewerDatabase(ConfigurationRefused):
    """A newer version of Lightkeeper wrote the database."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """What bringing a database up to date did.

    Attributes:
        doomed: Keys whose destruction was committed but perhaps not carried out.
        settled: What settling did, where the database was a backup.
    """

    doomed: list[str]
    settled: Settled | None


async def look(url: URL, writing: Writing | None) -> Found:
    """Read what is there, changing nothing; SQLite needs no `writing` and must not have one open yet.

    Raises: `ConfigurationRefused` for a newer or a foreign database, `Unavailable` when it can't be read.
    """
    place = str(url.database)
    with named_failures():
        if writing is None:
            return await asyncio.to_thread(_look_at_file, Path(place))
        return await writing.run(lambda connection: found_in(connection, place))


async def upgrade(
    writing: Writing,
    master: bytes,
    *,
    clock: Clock,
    left: KeysLeft | None,
    forgets_texts: bool,
    openers: Mapping[str, Key],
) -> Opened:
    """Bring the database to this version's revision and settle it where it is a backup, in one transaction.

    Args:
        writing: What writes.
        master: The master key, whose fingerprint is kept with the database from now on.
        clock: Says when it was settled.
        left: What the key file says, where the database is a backup.
        forgets_texts: Drop every sealed row, for a database whose keys are gone.
        openers: All keys there are, by id, where the database is of an older version.

    Raises: `ConfigurationRefused` when an upgrade failed, `Unavailable`; nothing was changed.
    """

    def write(connection: Connection) -> Opened:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _OPENING})
        _bring_up(connection, clock.now())
        if forgets_texts:
            _forget_texts(connection)
        taken_at = mark_of(connection) if left else None
        digests = Digests(master)
        if openers:
            name_authors(connection, digests, openers)
        transaction = Transaction(connection=connection, clock=clock, digests=digests, keys={}, doomable={})
        settled = settle(transaction, left, taken_at) if left and taken_at else None
        for name, value in ((FINGERPRINT, fingerprint(master)), (OPENED_BY, this_version())):
            row = adding(connection, tables.about, at=("name",), replacing=("value",))
            connection.execute(row, {"name": name, "value": value})
        doomed = list(connection.execute(select(tables.doomed_keys.c.key_id)).scalars())
        return Opened(doomed=doomed, settled=settled)

    with named_failures():
        return await writing.run(write)


async def open_keys(
    base: Path, found: Found, clock: Clock, *, given: str | None, forgets_texts: bool, busy_timeout_s: float
) -> tuple[bytes, KeyFile, Path | None]:
    """The master key and the key file that open `found`, made where nothing was sealed yet.

    With `forgets_texts` a key file that the master key doesn't open is set aside, and its journal of erasures kept.

    Returns: the master key, the key file, and where the one is that was set aside.

    Raises: `KeyMissing`, `ConfigurationRefused`, `Unavailable`.
    """
    known = None if forgets_texts else found.fingerprint
    master = master_key(beside(base, ".master"), given, known)
    path = beside(base, ".keys")
    has_keys = path.exists() and path.stat().st_size > 0
    if found.has_sealed and not forgets_texts and not has_keys:
        raise KeyMissing(path=str(path), reason="the key file of this database is gone", hint=LOST_KEYS)
    try:
        return master, await KeyFile.open(path, master, clock, busy_timeout_s), None
    except KeyMissing:
        if not forgets_texts:
            raise
    set_aside = beside(path, f".replaced-{stamp(clock.now())}")
    anew = beside(path, ".new")
    anew.unlink(missing_ok=True)
    keys = await KeyFile.open(anew, master, clock, busy_timeout_s)
    try:
        await keys.record_erasures(await asyncio.to_thread(journal_of, path))
    finally:
        await keys.close()
    keep_as(path, set_aside)
    anew.replace(path)
    sync(path.parent)
    return master, await KeyFile.open(path, master, clock, busy_timeout_s), set_aside


async def openers_of(found: Found, keys: KeyFile) -> Mapping[str, Key]:
    """What `upgrade` needs to open what an older version has sealed. Raises: `Unavailable`."""
    return await keys.find(await keys.ids()) if found.is_older else {}


async def left_in(keys: KeyFile) -> KeysLeft:
    """What settling asks of the key file. Raises: `ConfigurationRefused`, `Unavailable`."""
    hours = await keys.with_prefix(HOUR_SCOPE)
    return KeysLeft(ids=await keys.ids(), hours=await keys.find(list(hours.values())), erasures=await keys.erasures())


def _bring_up(connection: Connection, now: datetime) -> None:
    before = revision_of(connection)
    try:
        bring_up(connection, now)
    except Exception as error:
        passing = getattr(getattr(error, "orig", None), "sqlite_errorname", "").startswith(_PASSING)
        if before is None or passing:
            raise
        raise ConfigurationRefused(
            path="database",
            reason=f"its upgrade from revision {before} to {newest_revision()} failed and was taken back, nothing was"
            f" changed: {reason_of(error)}",
            hint="install the version that you had before, and tell us",
        ) from error


def _forget_texts(connection: Connection) -> None:
    about, cases = tables.about, tables.cases
    connection.execute(delete(tables.intake))
    for sealed in (tables.texts, tables.notes):
        connection.execute(update(cases).where(cases.c.id.in_(select(sealed.c.case_id))).values(is_text_gone=True))
        connection.execute(delete(sealed))
    connection.execute(delete(about).where(about.c.name == FINGERPRINT))


def _look_at_file(path: Path) -> Found:
    if not path.exists() or path.stat().st_size == 0:
        return Found()
    if head_of(path) is not None:
        raise ConfigurationRefused(
            str(path), "this is a sealed backup", f"move it, and put it back: lightkeeper restore {path.name}"
        )
    with reading(path) as connection:
        return found_in(connection, str(path))


def found_in(connection: Connection, place: str) -> Found:
    """What the database behind `connection` holds. Raises: `ConfigurationRefused` for a newer or a foreign one."""
    present = set(inspect(connection).get_table_names())
    if not present:
        return Found()
    revision = revision_of(connection)
    if revision is None or tables.about.name not in present:
        raise ConfigurationRefused(
            path=place, reason="this is another program's database", hint="name another one; it was not touched"
        )
    if revision not in known_revisions():
        raise NewerDatabase(
            path=place,
            reason=f"it was written by a newer version of Lightkeeper (revision {revision}); it was not touched",
            hint="install that version again, or restore a backup made before the upgrade",
        )
    facts: dict[str, str] = {row.name: row.value for row in connection.execute(select(tables.about))}
    sealing = [table for table in (tables.texts, tables.notes, tables.intake) if table.name in present]
    sealed = [connection.scalar(select(table.c.key_id).limit(1)) for table in sealing]
    return Found(
        fingerprint=facts.get(FINGERPRINT),
        has_sealed=any(sealed),
        revision=revision,
        opened_by=facts.get(OPENED_BY, ""),
        is_unsettled=MARK in facts,
    )
