"""Putting a backup back: all of it or nothing, the database that was there set aside, everything settled.

The copy is made, brought up to date and settled beside the database, under a lock, and takes its place by one rename:
a process that is killed at any moment leaves the old database or the new one, each whole.
"""

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection

from adapters.store import tables
from adapters.store.backup import REPLACED, UNSEALED, folder_of, free_name, seal_to
from adapters.store.copying import check_room, mark, opened_copy, working_copy
from adapters.store.engine import adding, named_failures, open_engines, parsed_url
from adapters.store.files import beside, keep_as, make_folder, stamp, sync
from adapters.store.keys import KeyFile
from adapters.store.lock import held, held_on_server, lock_path
from adapters.store.master import WITHOUT_MASTER, read_master_key
from adapters.store.opening import Found, found_in, left_in, look, open_keys, openers_of, upgrade
from adapters.store.reading import BESIDE, complaints, connect_read_only, is_at_rest, reading
from adapters.store.schema import newest_revision
from adapters.store.sealed_file import head_of
from adapters.store.settlement import MARK, Settled
from core.care.erasing import ERASE_TIMER
from core.errors import ConfigurationRefused, KeyMissing, Unavailable
from core.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restore did.

    Attributes:
        revision: The schema's, as the backup had it.
        opened_by: The version of Lightkeeper that had opened the backed-up database last; "" when unknown.
        set_aside: Where the database that was there is now; None when there was none.
        keys_set_aside: Where a key file is now that nothing opened; None when there was none such.
        may_miss_erasures: There was no journal of erasures, or the database that was there was too damaged to say
            whether one was under way.
        settled: None when that was left to the next start.
    """

    database: Path
    source: Path
    revision: str
    opened_by: str
    set_aside: Path | None
    keys_set_aside: Path | None
    may_miss_erasures: bool
    settled: Settled | None

    @property
    def is_upgraded(self) -> bool:
        """Whether the backup was of an older revision and was brought up to date."""
        return self.settled is not None and self.revision != newest_revision()


async def restore(
    source: Path,
    database: Path,
    *,
    clock: Clock,
    given_master_key: str | None = None,
    replaces: bool = False,
    forgets_texts: bool = False,
    upgrades: bool = True,
    busy_timeout_s: float = 5.0,
) -> Restored:
    """Put the backup `source` in the place of the SQLite file `database`; its keys lie beside that place.

    Args:
        source: A backup, sealed or not, or any whole copy of a database; it stays as it is.
        database: Where it goes.
        clock: Says when.
        given_master_key: As for `Database.open`.
        replaces: Set aside a database that is there; refuse otherwise.
        forgets_texts: Give back everything but the words, for a backup whose keys are gone for good.
        upgrades: Bring an older backup up to date; otherwise that and settling it are left to its next start, which
            an older version can make.
        busy_timeout_s: How long the key file is waited for.

    Raises:
        ConfigurationRefused: The backup is none of ours, damaged or newer; there is a database already; a bot runs on
            it; the disk is full. Nothing was changed.
        KeyMissing: The keys are gone or others; nothing was changed.
        Unavailable: A file can't be used now; nothing was changed.
    """
    _check_there(source, database)
    head = head_of(source)
    found = None if head else await asyncio.to_thread(_checked, source)
    make_folder(database.parent)
    async with AsyncExitStack() as stack:
        stack.enter_context(held(lock_path(database)))
        if _is_there(database) and not replaces:
            raise ConfigurationRefused(
                str(database),
                "there is a database already",
                "--replace sets it aside, deletes nothing, and says how to go back",
            )
        opener = _present(database, given_master_key)
        plain, taken_at = source, head.at if head else _written_at(source)
        if found is None:
            if opener is None:
                raise KeyMissing(
                    path=str(beside(database, ".master")),
                    reason="the master key is gone, and this backup is sealed with it",
                    hint=f"put the file back or give the key as LIGHTKEEPER_MASTER_KEY; {WITHOUT_MASTER}",
                )
            plain = await asyncio.to_thread(stack.enter_context, opened_copy(source, database.parent, opener))
            found = await asyncio.to_thread(_checked, plain, str(source))
        doomed, asked = _doomed_in(database), _asked_in(database)
        has_journal = beside(database, ".keys").exists()
        keys = keys_set_aside = None
        if upgrades or not found.is_older:
            opener, keys, keys_set_aside = await open_keys(
                database,
                found,
                clock,
                given=given_master_key,
                forgets_texts=forgets_texts,
                busy_timeout_s=busy_timeout_s,
            )
            stack.push_async_callback(keys.close)
        copy = plain
        if plain == source:
            copying = working_copy(source, database.parent, is_live=False)
            copy = await asyncio.to_thread(stack.enter_context, copying)
        mark(copy, taken_at)
        _ask_again(copy, asked)
        settled = None
        if keys is not None and opener is not None:
            await keys.destroy(doomed or ())
            settled = await _settled(copy, found, opener, keys, clock, forgets_texts=forgets_texts)
        set_aside = await asyncio.to_thread(_exchange, copy, database, clock.now(), opener)
    return Restored(
        database=database,
        source=source,
        revision=found.revision or "",
        opened_by=found.opened_by,
        set_aside=set_aside,
        keys_set_aside=keys_set_aside,
        may_miss_erasures=doomed is None or not has_journal,
        settled=settled,
    )


def _check_there(source: Path, database: Path) -> None:
    if not source.is_file():
        raise ConfigurationRefused(str(source), "there is no such file", "name a backup")
    if database.exists() and source.samefile(database):
        raise ConfigurationRefused(str(source), "this is the database itself", "name a backup of it")


def _checked(plain: Path, name: str = "") -> Found:
    """What an unsealed database holds; `name` is what people call it, where that is not its path."""
    place = name or str(plain)
    with reading(plain) as connection:
        found = found_in(connection, place)
    if found.revision is None:
        raise ConfigurationRefused(place, "there is nothing in it", "name a backup")
    try:
        wrong = complaints(plain)
    except sqlite3.Error as error:
        wrong = [str(error)]
    if wrong:
        raise ConfigurationRefused(place, f"it is damaged: {wrong[0]}", "name another backup")
    return found


def _present(database: Path, given: str | None) -> bytes | None:
    """The master key that lies beside the database's place, if any can be read. Raises: `ConfigurationRefused`."""
    try:
        return read_master_key(beside(database, ".master"), given)
    except OSError:
        return None


def _written_at(source: Path) -> datetime:
    """When a copy was taken that doesn't say so itself, as far as its file knows."""
    return datetime.fromtimestamp(source.stat().st_mtime, UTC)


def _is_there(database: Path) -> bool:
    return database.exists() and database.stat().st_size > 0


async def mark_restored(url: str, clock: Clock) -> None:
    """Say of a PostgreSQL database that it was just put back with `pg_restore`: its next opening settles it.

    Raises: `ConfigurationRefused` for one that is none of ours or in use, `Unavailable`.
    """
    parsed = parsed_url(url)
    async with held_on_server(parsed):
        engines = open_engines(parsed, 5.0)
        try:
            found = await look(parsed, engines.writing)
            if found.revision is None:
                raise ConfigurationRefused(
                    f"database {parsed.database}", "there is nothing in it", "restore your dump with pg_restore first"
                )

            def write(connection: Connection) -> None:
                row = {"name": MARK, "value": clock.now().isoformat()}
                connection.execute(adding(connection, tables.about), row)

            with named_failures():
                await engines.writing.run(write)
        finally:
            await engines.dispose()


async def _settled(
    copy: Path, found: Found, master: bytes, keys: KeyFile, clock: Clock, *, forgets_texts: bool
) -> Settled | None:
    engines = open_engines(parsed_url(f"sqlite:///{copy}"), 5.0)
    try:
        opened = await upgrade(
            engines.writing,
            master,
            clock=clock,
            left=await left_in(keys),
            forgets_texts=forgets_texts,
            openers=await openers_of(found, keys),
        )
        await keys.destroy(opened.doomed)
    finally:
        await engines.dispose()
    return opened.settled


def _doomed_in(database: Path) -> list[str] | None:
    """Keys whose destruction the present database committed and perhaps never carried out; None when it can't say."""
    if not _is_there(database):
        return []
    with suppress(sqlite3.Error), closing(connect_read_only(database)) as connection:
        return [key_id for (key_id,) in connection.execute("SELECT key_id FROM doomed_keys")]
    return None


def _asked_in(database: Path) -> list[tuple[object, ...]]:
    """Erasures that members asked of the present database and that it did not come to: they were promised."""
    if not _is_there(database):
        return []
    asked = "SELECT kind, key, due_at, community FROM timers WHERE kind = ?"
    with suppress(sqlite3.Error), closing(connect_read_only(database)) as connection:
        return connection.execute(asked, (ERASE_TIMER,)).fetchall()
    return []


def _ask_again(copy: Path, asked: Sequence[tuple[object, ...]]) -> None:
    with closing(sqlite3.connect(copy)) as connection, connection:
        setting = "INSERT OR IGNORE INTO timers (kind, key, due_at, community) VALUES (?, ?, ?, ?)"
        connection.executemany(setting, asked)


def _exchange(copy: Path, database: Path, now: datetime, master: bytes | None) -> Path | None:
    """Give the finished copy the database's place; returns where the one that was there is now.

    It is sealed as a backup is; one that is damaged, or for which there is no master key, stays as it was.
    """
    _gather(copy)
    sync(copy)
    set_aside = None
    if _is_there(database) or not is_at_rest(database):
        folder = folder_of(database)
        make_folder(folder)
        name = f"{REPLACED}-{stamp(now)}"
        if master is not None and _is_there(database) and _gather(database) and is_at_rest(database):
            set_aside = free_name(folder, name)
            check_room(database, folder)
            seal_to(database, set_aside, now, master)
        else:
            set_aside = free_name(folder, name, UNSEALED)
            if database.exists():
                keep_as(database, set_aside)
        for ending in BESIDE:  # of a damaged database, or of one that is gone: it must not be read into the new one
            with suppress(FileNotFoundError):
                beside(database, ending).rename(beside(set_aside, ending))
        sync(folder)
    copy.replace(database)
    sync(database.parent)
    return set_aside


def _gather(database: Path) -> bool:
    """Bring a database into its one file; whether it is sound: a damaged one stays as it is.

    Raises: `Unavailable` while another program reads it.
    """
    try:
        with closing(sqlite3.connect(database, isolation_level=None)) as connection:
            is_busy, *_ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        is_sound = not is_busy and not complaints(database)
    except sqlite3.DatabaseError:
        return False
    if is_busy:
        raise Unavailable(reason=f"{database}: another program reads it, perhaps a backup; try again after that")
    return is_sound
