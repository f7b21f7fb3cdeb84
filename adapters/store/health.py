"""What stands in a store, as facts: pure reads, also of a closed or a damaged database, that change nothing.

`inspect` opens what it reads for itself, so that it works beside a running bot and where a database can't be opened.
It never raises for what is wrong with a database: that is what it tells.
"""

import asyncio
import shutil
import sqlite3
import stat
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import URL, Connection, NullPool, Select, func, select, text
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.store import tables
from adapters.store.audit import broken
from adapters.store.backup import automatic, before_upgrades, folder_of, set_aside
from adapters.store.engine import file_of, named_failures, parsed_url
from adapters.store.facts import Figures, KeyState, Standing, StoreHealth
from adapters.store.files import beside
from adapters.store.keys_at_rest import hours_of, states_of
from adapters.store.lock import holder, is_held, is_held_on_server, lock_path
from adapters.store.opening import Found, NewerDatabase, found_in
from adapters.store.reading import BESIDE, DamagedDatabase, complaints, reading
from adapters.store.schema import newest_revision
from adapters.store.tables import WHERE_OPEN, WHERE_PENDING
from core.errors import ConfigurationRefused, GaveUp, Unavailable
from core.model.action import CARD_KINDS, ActionKind
from core.model.message import CommunityId
from core.model.record import ActionState

__all__ = ["Figures", "KeyState", "Standing", "StoreHealth", "inspect"]


async def inspect(
    url: str,
    *,
    key_path: Path | None = None,
    given_master_key: str | None = None,
    checks_integrity: bool = True,
    checks_audit: bool = False,
) -> StoreHealth:
    """Look at a database and its keys, open or closed, and change nothing.

    Args:
        url: As for `Database.open`.
        key_path: As for `Database.open`.
        given_master_key: As for `Database.open`.
        checks_integrity: Ask the database to check itself, which reads all of it. SQLite alone has such a check.
        checks_audit: Follow the chain of every community's audit, which reads all of that.

    Raises: `ConfigurationRefused` for an address that is none.
    """
    parsed = parsed_url(url)
    file = file_of(url)
    if file is not None:
        return await asyncio.to_thread(
            _of_file, file, key_path or file, given_master_key, checks_integrity, checks_audit
        )
    return await _of_server(parsed, key_path, given_master_key, checks_audit)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Contents:
    """What a database says of itself."""

    standing: Standing
    trouble: str = ""
    found: Found = field(default_factory=Found)
    size: int = 0
    is_held: bool = False
    holder: int | None = None
    broken_audit: tuple[tuple[CommunityId, int], ...] | None = None
    figures: Figures | None = None


def _of_file(file: Path, base: Path, given: str | None, checks_integrity: bool, checks_audit: bool) -> StoreHealth:
    contents, integrity = _Contents(standing=Standing.NEW), None
    try:
        if file.exists() and file.stat().st_size:
            with reading(file) as connection:
                contents = _contents(connection, str(file), lambda ids: hours_of(base, ids), checks_audit)
            integrity = tuple(complaints(file)) if checks_integrity else None
    except (ConfigurationRefused, Unavailable, sqlite3.Error, OSError) as error:
        contents = _Contents(standing=_standing(error), trouble=_told(error))
    if contents.standing is Standing.CURRENT and integrity:
        contents = replace(contents, standing=Standing.DAMAGED, trouble=integrity[0])
    lock = lock_path(file)
    backups = [*automatic(folder_of(file)), *before_upgrades(folder_of(file))]
    return _health(
        "sqlite",
        str(file),
        replace(contents, size=_size(file), is_held=is_held(lock), holder=holder(lock)),
        base,
        given,
        integrity=integrity,
        log_bytes=_size(beside(file, "-wal")),
        modes=_modes(file, *(beside(file, each) for each in BESIDE), *_key_files(base)),
        free_bytes=_free(file.parent, base.parent),
        backups=len(backups),
        newest_backup_at=max((each.taken_at for each in backups), default=None),
        set_aside=tuple(path.name for path in set_aside(folder_of(file))),
    )


async def _of_server(url: URL, base: Path | None, given: str | None, checks_audit: bool) -> StoreHealth:
    place = f"{url.host}:{url.port or 5432}/{url.database}"
    engine = create_async_engine(
        url,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"server_settings": {"application_name": "lightkeeper", "default_transaction_read_only": "on"}},
    )

    def look(connection: Connection) -> _Contents:
        contents = _contents(connection, place, lambda ids: hours_of(base, ids) if base else {}, checks_audit)
        size = connection.scalar(text("SELECT pg_database_size(current_database())")) or 0
        return replace(contents, size=size, is_held=is_held_on_server(connection))

    try:
        with named_failures():
            async with engine.connect() as connection:
                contents = await connection.run_sync(look)
    except (ConfigurationRefused, Unavailable, GaveUp) as error:
        contents = _Contents(standing=_standing(error), trouble=_told(error))
    finally:
        await engine.dispose()
    if base is None:
        return _health("postgresql", place, contents, None, given)
    return _health(
        "postgresql", place, contents, base, given, modes=_modes(*_key_files(base)), free_bytes=_free(base.parent)
    )


def _health(
    backend: Literal["sqlite", "postgresql"],
    place: str,
    contents: _Contents,
    base: Path | None,
    given: str | None,
    **more: Any,
) -> StoreHealth:
    master_key, key_file = states_of(base, given, contents.found) if base else (KeyState.MISSING, KeyState.MISSING)
    return StoreHealth(
        backend=backend,
        database=place,
        standing=contents.standing,
        trouble=contents.trouble,
        revision=contents.found.revision,
        newest_revision=newest_revision(),
        is_unsettled=contents.found.is_unsettled,
        is_held=contents.is_held,
        holder_pid=contents.holder,
        master_key=master_key,
        key_file=key_file,
        database_bytes=contents.size,
        key_bytes=_size(beside(base, ".keys")) if base else 0,
        broken_audit=contents.broken_audit,
        figures=contents.figures,
        **more,
    )


def _contents(
    connection: Connection,
    place: str,
    hours: Callable[[Collection[str]], Collection[datetime]],
    checks_audit: bool,
) -> _Contents:
    found = found_in(connection, place)
    if found.revision is None:
        return _Contents(standing=Standing.NEW)
    if found.is_older:
        return _Contents(standing=Standing.OLDER, found=found)
    return _Contents(
        standing=Standing.CURRENT,
        found=found,
        broken_audit=broken(connection) if checks_audit else None,
        figures=_figures(connection, hours),
    )


def _figures(connection: Connection, hours: Callable[[Collection[str]], Collection[datetime]]) -> Figures:
    cases, texts, intake = tables.cases.c, tables.texts.c, tables.intake.c
    actions, timers, doomed = tables.actions.c, tables.timers.c, tables.doomed_keys.c
    calls = actions.kind.in_(CARD_KINDS - {ActionKind.REFRESH_CARD})
    is_unknown = actions.state == ActionState.UNKNOWN
    asked: dict[str, Select[Any]] = {
        "open_cases": select(func.count(cases.id)).where(WHERE_OPEN),
        "sealed_texts": select(func.count(texts.id)),
        "waiting_events": select(func.count(intake.seq)),
        "pending_actions": select(func.count(actions.seq)).where(WHERE_PENDING),
        "oldest_pending_at": select(func.min(actions.ordered_at)).where(WHERE_PENDING),
        "oldest_pending_alert_at": select(func.min(actions.ordered_at)).where(WHERE_PENDING, calls),
        "most_attempts": select(func.coalesce(func.max(actions.attempts), 0)).where(WHERE_PENDING),
        "unknown_actions": select(func.count(actions.seq))
        .join(tables.cases, cases.id == actions.case_id)
        .where(is_unknown, WHERE_OPEN),
        "oldest_timer_at": select(func.min(timers.due_at)),
        "unfinished_erasures": select(func.count(doomed.key_id)),
    }
    wanted = select(*(each.scalar_subquery().label(name) for name, each in asked.items()))
    told = connection.execute(wanted).one()._mapping  # noqa: SLF001 - public, by its documentation
    waiting = list(connection.execute(select(intake.key_id).distinct()).scalars())
    return Figures(**told, oldest_event_at=min(hours(waiting), default=None))


def _standing(error: Exception) -> Standing:
    match error:
        case NewerDatabase():
            return Standing.NEWER
        case DamagedDatabase():
            return Standing.DAMAGED
        case ConfigurationRefused():
            return Standing.FOREIGN
        case sqlite3.OperationalError() | OSError() | Unavailable():
            return Standing.UNREACHABLE
        case _:
            return Standing.DAMAGED


def _told(error: Exception) -> str:
    return error.reason if isinstance(error, ConfigurationRefused | Unavailable | GaveUp) else str(error)


def _key_files(base: Path) -> tuple[Path, Path]:
    return beside(base, ".keys"), beside(base, ".master")


def _modes(*files: Path) -> Mapping[str, int]:
    return {path.name: stat.S_IMODE(path.stat().st_mode) for path in files if path.exists()}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _free(*folders: Path) -> int:
    there = [next(each for each in (folder, *folder.absolute().parents) if each.is_dir()) for folder in folders]
    return min(shutil.disk_usage(each).free for each in there)
