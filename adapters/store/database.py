"""Opening a database with its keys, and what its owner does to it as a whole."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path

import structlog
from sqlalchemy import URL, select

from adapters.store import tables
from adapters.store.backup import before_upgrade, folder_of, seal_older, write_backup
from adapters.store.copying import clear_work
from adapters.store.digests import Digests
from adapters.store.engine import Engines, file_of, open_engines, parsed_url
from adapters.store.erasing import forget_in_time
from adapters.store.erasures import CASE_SCOPE, KEPT_FOR
from adapters.store.intake import SqlIntake
from adapters.store.keys import KeyFile
from adapters.store.lock import held, held_on_server, lock_path
from adapters.store.opening import Found, left_in, look, open_keys, openers_of, upgrade
from adapters.store.schema import newest_revision
from adapters.store.settlement import Settled
from adapters.store.store import SqlStore
from adapters.store.transaction import Transaction
from adapters.store.writer import Job, Writer
from core.errors import ConfigurationRefused, Unavailable
from core.flow.planning import TEXT_LIVES
from core.model.record import DONE_KEPT_FOR
from core.ports import Clock

_log = structlog.get_logger(__name__)


class Database:
    """An open database: `store` and `intake` speak the core's ports. Build it with `open`.

    Attributes:
        settled: What settling did when this opening found a backup that was put back; None otherwise.
    """

    def __init__(
        self,
        *,
        store: SqlStore,
        intake: SqlIntake,
        writer: Writer,
        keys: KeyFile,
        engines: Engines,
        clock: Clock,
        settled: Settled | None,
        master: bytes,
        held: AsyncExitStack,
    ) -> None:
        """`held` lets go of engines, keys and lock."""
        self.store = store
        self.intake = intake
        self.settled = settled
        self._writer = writer
        self._keys = keys
        self._engines = engines
        self._clock = clock
        self._master = master
        self._held = held

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock,
        key_path: Path | None = None,
        given_master_key: str | None = None,
        forgets_texts: bool = False,
        upgrades_without_backup: bool = False,
        shares: bool = False,
        busy_timeout_s: float = 5.0,
    ) -> "Database":
        """Open a database, making or upgrading it where needed; a SQLite one is backed up before it is upgraded.

        Args:
            url: `sqlite:///file` or `postgresql://…`.
            clock: Gives the hours of intake and when something was done.
            key_path: The key file is `<key_path>.keys` and the master key `<key_path>.master`; SQLite's default is
                the database's own path. No backup of the database may contain them.
            given_master_key: 64 hexadecimal digits that stand for the master key's file.
            forgets_texts: Drop all sealed text first, for a backup whose keys are gone for good. Cases, actions,
                timers and audit stay.
            upgrades_without_backup: Upgrade though nobody backs the database up here: the owner has done so.
            shares: Other processes may have the same PostgreSQL database open. A SQLite file never is shared.
            busy_timeout_s: How long a write waits for another process.

        Raises:
            ConfigurationRefused: The database is newer, foreign, not there or in use, or has to be upgraded and can't
                be backed up; it was not touched.
            KeyMissing: The master key or the key file is gone, or another one; nothing was touched.
            Unavailable: The database can't be used now.
        """
        parsed = parsed_url(url)
        file = file_of(url)
        base = key_path or file
        if base is None:
            raise ConfigurationRefused(
                path="key_path", reason="PostgreSQL needs a place for its keys", hint="name a file on this machine"
            )
        for folder in {base.parent, (file or base).parent}:
            if not folder.is_dir():
                raise ConfigurationRefused(
                    path=str(folder), reason="this folder does not exist", hint="make it before the first start"
                )
        async with AsyncExitStack() as stack:
            engines = None
            if file is not None:
                await look(parsed, None)  # what is not ours gets no lock file laid beside it
                stack.enter_context(held(lock_path(file)))
            else:
                engines = open_engines(parsed, busy_timeout_s)
                stack.push_async_callback(engines.dispose)
                if not shares:
                    await stack.enter_async_context(held_on_server(parsed))
            found = await look(parsed, engines.writing if engines else None)
            master, keys, _ = await open_keys(
                base, found, clock, given=given_master_key, forgets_texts=forgets_texts, busy_timeout_s=busy_timeout_s
            )
            stack.push_async_callback(keys.close)
            if found.is_older and not upgrades_without_backup:
                await _back_up(parsed, file, found, clock, master)
            if engines is None:
                engines = open_engines(parsed, busy_timeout_s)
                stack.push_async_callback(engines.dispose)
            left = await left_in(keys) if found.is_unsettled else None
            opened = await upgrade(
                engines.writing,
                master,
                clock=clock,
                left=left,
                forgets_texts=forgets_texts,
                openers=await openers_of(found, keys),
            )
            await keys.destroy(opened.doomed)
            digests = Digests(master)
            writer = Writer(engines.writing, keys, clock, digests, opened.doomed)
            writer.start()
            database = cls(
                store=SqlStore(engines.reader, writer, keys, clock, digests),
                intake=SqlIntake(engines.reader, writer, keys, clock, master, is_shared=file is None),
                writer=writer,
                keys=keys,
                engines=engines,
                clock=clock,
                settled=opened.settled,
                master=master,
                held=stack.pop_all(),
            )
        try:
            if file is not None:
                await asyncio.to_thread(_tidy, file, master)
            await database.sweep()
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Write what waits and let go of every file and connection; may repeat."""
        await self._writer.close()
        await self._held.aclose()

    async def backup(self, path: Path) -> None:
        """Copy the SQLite database, as it is now, to a new file of mode 0600; no key goes with it.

        Raises: `ConfigurationRefused` as `write_backup`, or for PostgreSQL, which has its own means.
        """
        if self._engines.reader.dialect.name != "sqlite":
            raise ConfigurationRefused(
                path=str(path), reason="PostgreSQL is backed up by its own tools", hint="use pg_dump"
            )
        source = Path(str(self._engines.reader.url.database))
        await asyncio.to_thread(write_backup, source, path, self._clock.now(), self._master)

    async def sweep(self) -> None:
        """Housekeeping, at every opening and best every hour: what was needed for a time only goes; may repeat.

        Raises: `Unavailable`.
        """
        now = self._clock.now()
        await self._writer.submit(Job(write=forget_in_time))
        await self.intake.destroy_spent_keys(now)
        await self.intake.forget_done(now - DONE_KEPT_FOR)
        await self._destroy_forsaken_keys(now)
        await self._keys.forget_erasures(now - KEPT_FOR)

    async def destroy_spent_keys(self, now: datetime) -> int:
        """Destroy the keys of past hours of intake that nothing needs any more; returns how many."""
        return await self.intake.destroy_spent_keys(now)

    async def forget_done(self, before: datetime) -> int:
        """Forget event keys decided before `before`; the intake does so by itself for very old ones."""
        return await self.intake.forget_done(before)

    async def _destroy_forsaken_keys(self, now: datetime) -> None:
        """Destroy keys of case texts that have no row here and are past any text's time.

        Their rows are in a database that a restore has set aside: what it keeps ends with its time all the same.
        """
        old = set(await self._keys.made_before(CASE_SCOPE, now - TEXT_LIVES))
        if not old:
            return

        def write(transaction: Transaction) -> None:
            sealed = select(tables.texts.c.key_id).union(select(tables.notes.c.key_id))
            used = set(transaction.connection.execute(sealed).scalars())
            used |= {key.id for key in transaction.keys.values()}
            transaction.doom(old - used)

        await self._writer.submit(Job(write=write))


async def _back_up(url: URL, file: Path | None, found: Found, clock: Clock, master: bytes) -> None:
    if file is None:
        raise ConfigurationRefused(
            path=f"database {url.database}",
            reason=f"it has to be upgraded from revision {found.revision} to {newest_revision()}, and nothing here"
            " backs PostgreSQL up first",
            hint="back it up with pg_dump, then start once with LIGHTKEEPER_UPGRADE_WITHOUT_BACKUP=true",
        )
    await asyncio.to_thread(before_upgrade, file, newest_revision(), clock.now(), master)


def _tidy(file: Path, master: bytes) -> None:
    """Leave nothing unsealed beside a database: what a killed process left, and backups of older versions."""
    for folder in (file.parent, folder_of(file)):
        clear_work(folder)
    try:
        seal_older(file, master)
    except (ConfigurationRefused, Unavailable) as error:
        _log.warning("store.backups_not_sealed", exc_info=error)
