"""Opening a database with its keys, and what its owner does to it as a whole."""

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import Collection
from datetime import datetime
from pathlib import Path

from adapters.store.audit import reference_scope
from adapters.store.engine import Engines, open_engines, parsed_url
from adapters.store.intake import DONE_KEPT_FOR, SqlIntake
from adapters.store.keys import KeyFile
from adapters.store.master import fingerprint, master_key
from adapters.store.opening import look, upgrade
from adapters.store.store import SqlStore
from adapters.store.transaction import Transaction
from adapters.store.writer import Job, Writer
from core.errors import ConfigurationRefused, KeyMissing, Unavailable
from core.model.case import CaseId
from core.model.message import CommunityId
from core.ports import Clock


class Database:
    """An open database: `store` and `intake` speak the core's ports. Build it with `open`."""

    def __init__(
        self, *, store: SqlStore, intake: SqlIntake, writer: Writer, keys: KeyFile, engines: Engines, clock: Clock
    ) -> None:
        self.store = store
        self.intake = intake
        self._writer = writer
        self._keys = keys
        self._engines = engines
        self._clock = clock

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        clock: Clock,
        key_path: Path | None = None,
        given_master_key: str | None = None,
        forgets_texts: bool = False,
        busy_timeout_s: float = 5.0,
    ) -> "Database":
        """Open a database, making or upgrading it where needed.

        Args:
            url: `sqlite:///file` or `postgresql://…`.
            clock: Gives the hours of intake and when something was done.
            key_path: The key file is `<key_path>.keys` and the master key `<key_path>.master`; SQLite's default is
                the database's own path. No backup of the database may contain them.
            given_master_key: 64 hexadecimal digits that stand for the master key's file.
            forgets_texts: Drop all sealed text first, for a backup whose keys are gone for good. Cases, actions,
                timers and audit stay.
            busy_timeout_s: How long a write waits for another process.

        Raises:
            ConfigurationRefused: The database is newer, foreign or not there; it was not touched.
            KeyMissing: The master key or the key file is gone, or another one; nothing was touched.
            Unavailable: The database can't be used now.
        """
        parsed = parsed_url(url)
        is_file = parsed.get_backend_name() == "sqlite"
        base = key_path or (Path(str(parsed.database)) if is_file else None)
        if base is None:
            raise ConfigurationRefused(
                path="key_path", reason="PostgreSQL needs a place for its keys", hint="name a file on this machine"
            )
        for folder in {base.parent, Path(str(parsed.database)).parent if is_file else base.parent}:
            if not folder.is_dir():
                raise ConfigurationRefused(
                    path=str(folder), reason="this folder does not exist", hint="make it before the first start"
                )
        engines = None if is_file else open_engines(parsed, busy_timeout_s)
        keys = None
        try:
            found = await look(parsed, engines.writing if engines else None)
            known = None if forgets_texts else found.fingerprint
            master = master_key(base.with_name(base.name + ".master"), given_master_key, known)
            key_file = base.with_name(base.name + ".keys")
            has_keys = key_file.exists() and key_file.stat().st_size > 0
            if found.has_sealed and not forgets_texts and not has_keys:
                raise KeyMissing(
                    path=str(key_file),
                    reason="the key file of this database is gone",
                    hint="put it back; to go on without any stored text, restore with the texts forgotten",
                )
            keys = await KeyFile.open(key_file, master, busy_timeout_s)
            engines = engines or open_engines(parsed, busy_timeout_s)
            doomed = await upgrade(engines.writing, fingerprint(master), forgets_texts=forgets_texts)
            await keys.destroy(doomed)
        except BaseException:
            if keys is not None:
                await keys.close()
            if engines is not None:
                await engines.dispose()
            raise
        writer = Writer(engines.writing, keys, clock, doomed)
        writer.start()
        database = cls(
            store=SqlStore(engines.reader, writer, keys, clock),
            intake=SqlIntake(engines.reader, writer, keys, clock, master, is_shared=not is_file),
            writer=writer,
            keys=keys,
            engines=engines,
            clock=clock,
        )
        try:
            await database.sweep()
        except BaseException:
            await database.close()
            raise
        return database

    async def close(self) -> None:
        """Write what waits and let go of every file and connection; may repeat."""
        await self._writer.close()
        await self._engines.dispose()
        await self._keys.close()

    async def backup(self, path: Path) -> None:
        """Copy the SQLite database, as it is now, to a new file of mode 0600; no key goes with it.

        Raises: `ConfigurationRefused` where `path` is taken, or for PostgreSQL, which has its own means.
        """
        if self._engines.reader.dialect.name != "sqlite":
            raise ConfigurationRefused(
                path=str(path), reason="PostgreSQL is backed up by its own tools", hint="use pg_dump"
            )
        try:
            os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise ConfigurationRefused(
                path=str(path), reason=f"no new file can be made here: {error.strerror}", hint="name another one"
            ) from None
        source = Path(str(self._engines.reader.url.database))
        try:
            await asyncio.to_thread(_copy, source, path)
        except sqlite3.Error as error:
            raise Unavailable(reason=f"the backup could not be written: {error}") from error

    async def sweep(self) -> None:
        """Housekeeping, at every opening and best every hour: what was needed for a time only goes; may repeat.

        Raises: `Unavailable`.
        """
        now = self._clock.now()
        await self.intake.destroy_spent_keys(now)
        await self.intake.forget_done(now - DONE_KEPT_FOR)

    async def destroy_spent_keys(self, now: datetime) -> int:
        """Destroy the keys of past hours of intake that nothing needs any more; returns how many."""
        return await self.intake.destroy_spent_keys(now)

    async def destroy_references(self, community: CommunityId, case_ids: Collection[CaseId]) -> None:
        """Erasure: what the audit says of the members of these cases can be linked to nobody from now on."""
        scopes = frozenset(reference_scope(community, case_id) for case_id in case_ids)

        def write(transaction: Transaction) -> None:
            transaction.doom(transaction.doomable.values())

        await self._writer.submit(Job(write=write, dooms=scopes))

    async def forget_done(self, before: datetime) -> int:
        """Forget event keys decided before `before`; the intake does so by itself for very old ones."""
        return await self.intake.forget_done(before)


def _copy(source: Path, target: Path) -> None:
    with contextlib.closing(sqlite3.connect(f"{source.absolute().as_uri()}?mode=ro", uri=True)) as connection:
        connection.execute("VACUUM INTO ?", (str(target),))
