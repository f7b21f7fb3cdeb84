"""What `lightkeeper backup` and `lightkeeper restore` do with the database that the settings name."""

from dataclasses import dataclass
from pathlib import Path

from adapters.store.backup import (
    automatic,
    before_upgrades,
    folder_of,
    known_master,
    prune,
    revision_in,
    set_aside,
    write_automatic,
    write_backup,
)
from adapters.store.database import Database
from adapters.store.engine import file_of, shown
from adapters.store.health import inspect
from adapters.store.keys_at_rest import copy_keys
from adapters.store.master import present_master_key
from adapters.store.restoring import Restored, mark_restored, restore
from adapters.store.settlement import Settled
from config.settings import Settings
from core.errors import ConfigurationRefused
from core.ports import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BackedUp:
    """A backup that was made.

    Attributes:
        pruned: Older automatic backups that made room for it.
        keys: The files that belong to it and are not in it.
    """

    path: Path
    bytes: int
    pruned: int
    keys: tuple[Path, ...]


def back_up(settings: Settings, path: Path | None, keep: int, clock: Clock) -> BackedUp:
    """Copy the database, sealed, to `path`, or into it when it is a folder, or into the folder for backups.

    Only in a folder older automatic backups beyond `keep` make room.

    Raises: `ConfigurationRefused`, also for PostgreSQL, with the command that backs it up; `Unavailable`.
    """
    database = file_of(settings.database)
    if database is None:
        raise _backed_up_by_server(settings)
    now, pruned = clock.now(), []
    master = _master_of(settings, database)
    if path is not None and not path.is_dir():
        write_backup(database, path, now, master)
    else:
        folder = path or folder_of(database)
        path = write_automatic(database, folder, now, master)
        pruned = prune(folder, keep)
    return BackedUp(path=path, bytes=path.stat().st_size, pruned=len(pruned), keys=_keys(settings, database))


def keep_keys(settings: Settings, target: Path) -> tuple[Path, ...]:
    """Copy the key file to `target`; returns what else is needed to read kept texts.

    Raises: `ConfigurationRefused`, `Unavailable`.
    """
    base = settings.key_path or file_of(settings.database)
    if base is None:
        raise RuntimeError("the settings say where keys lie that lie beside no file")
    copy_keys(base, target)
    return tuple(each for each in _keys(settings, base) if each.suffix == ".master")


async def put_back(settings: Settings, source: Path, clock: Clock, *, replaces: bool, forgets_texts: bool) -> Restored:
    """Put the backup `source`, a file or the name of one in the folder for backups, in the database's place.

    Raises: `ConfigurationRefused`, also for PostgreSQL, with the commands that restore it; `Unavailable`.
    """
    database = file_of(settings.database)
    if database is None:
        raise _restored_by_server(settings)
    return await restore(
        _meant(source, folder_of(database)),
        database,
        clock=clock,
        given_master_key=_given(settings),
        replaces=replaces,
        forgets_texts=forgets_texts,
    )


async def undo_upgrade(settings: Settings, clock: Clock) -> Restored:
    """Put the database back as it was before it was last upgraded, for the version that ran it then.

    Raises: `ConfigurationRefused` where no upgrade left a backup or it is back already; as `put_back`.
    """
    database = file_of(settings.database)
    if database is None:
        raise _restored_by_server(settings)
    kept = before_upgrades(folder_of(database))
    if not kept:
        raise ConfigurationRefused(
            str(folder_of(database)), "no upgrade has left a backup here", "name a backup: lightkeeper restore FILE"
        )
    present = await inspect(settings.database, checks_integrity=False)
    if present.revision is not None and present.revision == revision_in(kept[0].path):
        raise ConfigurationRefused(
            str(database),
            f"it is of revision {present.revision}, as it was before that upgrade",
            "name a backup to restore it: lightkeeper restore FILE --replace",
        )
    return await restore(
        kept[0].path,
        database,
        clock=clock,
        given_master_key=_given(settings),
        replaces=True,
        upgrades=False,
    )


async def settle_server(settings: Settings, clock: Clock, *, forgets_texts: bool) -> Settled:
    """Settle a PostgreSQL database that was just put back with `pg_restore`.

    Raises: `ConfigurationRefused`, also for SQLite, which `put_back` settles; `Unavailable`.
    """
    if file_of(settings.database) is not None:
        raise ConfigurationRefused(
            "--after-pg-restore", "this database is a file", "name its backup: lightkeeper restore FILE"
        )
    await mark_restored(settings.database, clock)
    database = await Database.open(
        settings.database,
        clock=clock,
        key_path=settings.key_path,
        given_master_key=_given(settings),
        forgets_texts=forgets_texts,
        upgrades_without_backup=True,  # the dump that it was restored from is its backup
    )
    try:
        if database.settled is None:
            raise RuntimeError("the mark that was just set is gone")
        return database.settled
    finally:
        await database.close()


def backups_of(settings: Settings) -> list[Path]:
    """Everything that can be put back, newest first within its sort; nothing for PostgreSQL."""
    database = file_of(settings.database)
    if database is None:
        return []
    folder = folder_of(database)
    made = [each.path for each in (*automatic(folder), *before_upgrades(folder))]
    return [*made, *reversed(set_aside(folder))]


def _meant(source: Path, folder: Path) -> Path:
    """`source` as it stands, or the file of that name in the folder for backups."""
    named = folder / source.name
    return named if not source.exists() and source == Path(source.name) and named.exists() else source


def _master_of(settings: Settings, database: Path) -> bytes:
    """The key that seals backups of the database: the one that it knows itself by."""
    base = settings.key_path or database
    known = known_master(database)
    return present_master_key(base.with_name(base.name + ".master"), _given(settings), known)


def _given(settings: Settings) -> str | None:
    return settings.master_key.get_secret_value() if settings.master_key else None


def _keys(settings: Settings, database: Path) -> tuple[Path, ...]:
    base = settings.key_path or database
    files = [base.with_name(base.name + ".keys"), base.with_name(base.name + ".master")]
    return tuple(each for each in files if each.exists())


def _backed_up_by_server(settings: Settings) -> ConfigurationRefused:
    address = shown(settings.database)
    return ConfigurationRefused(
        address,
        "PostgreSQL is backed up by its own tools",
        f"pg_dump --format=custom --file=lightkeeper.dump '{address}'; keep {settings.key_path}.keys and"
        f" {settings.key_path}.master in another place than that file",
    )


def _restored_by_server(settings: Settings) -> ConfigurationRefused:
    address = shown(settings.database)
    return ConfigurationRefused(
        address,
        "PostgreSQL is restored by its own tools",
        f"with the bot stopped: pg_restore --clean --if-exists --dbname='{address}' lightkeeper.dump, and then"
        " lightkeeper restore --after-pg-restore",
    )
