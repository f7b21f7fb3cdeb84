"""The data folder, the database with its keys, its backups, and what waits in it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from adapters.store.health import Figures, KeyState, Standing, StoreHealth
from bots.doctor.section import Section, problems_of
from bots.run.data_folder import check_console_key
from core.errors import ConfigurationRefused
from core.model.problem import Problem

MIB = 1024 * 1024
LEAST_FREE_BYTES = 200 * MIB
COMFORTABLE_BYTES = 1024 * MIB
LOG_TOO_LONG_BYTES = 256 * MIB
BACKUP_EVERY = timedelta(days=7)
WAITS_TOO_LONG = timedelta(minutes=15)
INTAKE_TOO_LONG = timedelta(hours=2)
"""Events carry only the hour in which they came in."""
KEYS = (".keys", ".master")
"""How the names of the files that hold keys end."""

AHEAD = timedelta(minutes=5)

_STANDINGS = {
    Standing.NEWER: ("was written by a newer version of Lightkeeper", "install that version, or restore a backup"),
    Standing.FOREIGN: ("is no database of Lightkeeper's", "set LIGHTKEEPER_DATA_DIR or LIGHTKEEPER_DATABASE_URL anew"),
    Standing.DAMAGED: (
        "is damaged",
        "stop the bot, copy the data folder somewhere safe, then `lightkeeper restore` the newest backup",
    ),
    Standing.UNREACHABLE: ("can't be reached", "see that it is there, and that this user may use it"),
}
_KEYS = {
    KeyState.MISSING: (
        "is gone, and without it no kept text can be read",
        "put it back from where you keep it; without it restore with the texts forgotten",
    ),
    KeyState.FOREIGN: ("belongs to another database", "put the right one back"),
    KeyState.DAMAGED: ("is damaged", "put it back from where you keep it"),
    KeyState.UNREADABLE: ("can't be read by this user", "give it to the user who runs the bot, with mode 600"),
}


def examine_data_folder(folder: Path, database_folder: Path | None = None) -> Section:
    """Whether the bot can keep its data there, and its database where that lies elsewhere."""
    folders = dict.fromkeys((folder, database_folder or folder))
    problems = [problem for each in folders for problem in _of_folder(each)]
    try:
        check_console_key(folder)
    except ConfigurationRefused as refused:
        problems += problems_of(refused)
    note = str(folder) if folder.is_dir() else f"{folder} will be made at the first start"
    return Section(name="Data folder", problems=tuple(problems), note=note)


def _of_folder(folder: Path) -> Iterator[Problem]:
    if folder.exists() and not folder.is_dir():
        yield Problem(place=str(folder), reason="is not a folder", hint="set LIGHTKEEPER_DATA_DIR to a folder")
        return
    nearest = next((each for each in (folder, *folder.absolute().parents) if each.is_dir()), folder)
    if not _is_writable(nearest):
        yield Problem(
            place=str(folder),
            reason="this user can't write there",
            hint="give the folder to the user who runs the bot",
        )


def _is_writable(folder: Path) -> bool:
    """Asked of the file system itself: a mount that is read-only says yes to `os.access` of root."""
    probe = folder / ".lightkeeper-doctor"
    try:
        probe.touch(mode=0o600)
        probe.unlink()
    except OSError:
        return False
    return True


def examine_database(health: StoreHealth, now: datetime, *, master_key_is_set: bool = False) -> Section:
    """What the facts about a store mean; `master_key_is_set` says that the master key comes from a setting."""
    keys = _keys(health, "LIGHTKEEPER_MASTER_KEY" if master_key_is_set else f"{health.database}: master key")
    problems = (
        *_standing(health),
        *_audits(health),
        *keys,
        *_room(health, now),
        *_backups(health, now),
        *_waiting(health, now),
    )
    return Section(name="Database", problems=problems, note=_seen(health))


def _seen(health: StoreHealth) -> str:
    match health.standing:
        case Standing.NEW:
            return "none yet: the first start makes it"
        case Standing.OLDER:
            return f"{health.database}: the next start makes a backup and upgrades it"
        case Standing.CURRENT:
            cases = health.figures.open_cases if health.figures else 0
            held = ", in use by a running bot" if health.is_held else ""
            return f"{health.database_bytes / MIB:.1f} MiB, {cases} open cases{held}"
        case _:
            return health.database


def _standing(health: StoreHealth) -> Iterator[Problem]:
    if health.standing in _STANDINGS:
        reason, hint = _STANDINGS[health.standing]
        if health.trouble and health.standing is not Standing.NEWER:
            reason += f": {health.trouble.removeprefix('it is damaged: ')}"
        yield Problem(place=health.database, reason=reason, hint=hint)
    elif health.standing is Standing.NEW and (left := [name for name in health.modes if name.endswith(KEYS)]):
        yield Problem(
            place=health.database,
            reason=f"is gone or empty, though its keys are there ({', '.join(sorted(left))})",
            hint="was it moved? Else `lightkeeper restore` the newest backup; to begin anew, move the keys away",
        )
    elif health.integrity:
        reason, hint = _STANDINGS[Standing.DAMAGED]
        yield Problem(place=health.database, reason=f"{reason}: {health.integrity[0]}", hint=hint)


def _audits(health: StoreHealth) -> Iterator[Problem]:
    for community, number in health.broken_audit or ():
        yield Problem(
            place=f"audit of {community}",
            reason=f"doesn't hold from entry {number} on: it, or one before it, was changed, moved or taken away",
            hint="copy the data folder somewhere safe, and compare `lightkeeper audit` with that of a backup",
        )


def _keys(health: StoreHealth, master_key: str) -> Iterator[Problem]:
    for place, state in ((master_key, health.master_key), (f"{health.database}: key file", health.key_file)):
        if state in _KEYS:
            reason, hint = _KEYS[state]
            yield Problem(place=place, reason=reason, hint=hint)
    for name in health.too_open:
        yield Problem(
            place=name, reason="others on this machine can read or write it", hint=f"chmod 600 {name}, in its folder"
        )
    if health.figures and health.figures.unfinished_erasures and not health.is_held:
        yield Problem(
            place=health.database,
            reason="an erasure was begun and not finished",
            hint="start the bot once: it finishes it",
        )


def _room(health: StoreHealth, now: datetime) -> Iterator[Problem]:
    if health.standing is not Standing.UNREACHABLE and health.free_bytes < COMFORTABLE_BYTES:
        yield Problem(
            place="disk",
            reason=f"{health.free_bytes / MIB:.0f} MiB are free",
            hint="make room: on a full disk nothing can be taken in",
            is_grave=health.free_bytes < LEAST_FREE_BYTES,
        )
    if health.log_bytes > LOG_TOO_LONG_BYTES:
        yield Problem(
            place=health.database,
            reason=f"its write-ahead log has grown to {health.log_bytes / MIB:.0f} MiB",
            hint="restart the bot; something else may hold the database open",
            is_grave=False,
        )
    if health.newest_backup_at and health.newest_backup_at > now + AHEAD:
        yield Problem(
            place="clock",
            reason="the newest backup was made in the future",
            hint="set this machine's clock (timedatectl set-ntp true): timeouts and leases end by it",
        )


def _backups(health: StoreHealth, now: datetime) -> Iterator[Problem]:
    if health.backend == "sqlite" and health.standing in {Standing.CURRENT, Standing.OLDER}:
        last = health.newest_backup_at
        if last is None or now - last > BACKUP_EVERY:
            yield Problem(
                place="backups",
                reason="there is none" if last is None else f"the newest is {(now - last).days} days old",
                hint="run `lightkeeper backup` every day, see docs/guides/backup.md",
                is_grave=False,
            )
    for name in health.set_aside:
        yield Problem(
            place=name,
            reason="a database that a restore has set aside is still there, with what it holds of people",
            hint="delete it once you are sure that you don't need it",
            is_grave=False,
        )


def _waiting(health: StoreHealth, now: datetime) -> Iterator[Problem]:
    if health.figures is None:
        return
    yield from _delayed(health.figures, health.is_held, now)
    if health.figures.unknown_actions:
        yield Problem(
            place="actions",
            reason=f"{health.figures.unknown_actions} may or may not have happened",
            hint="look at their cases in the console, and at the platform",
            is_grave=False,
        )


def _delayed(figures: Figures, is_held: bool, now: datetime) -> Iterator[Problem]:
    if figures.oldest_pending_alert_at and now - figures.oldest_pending_alert_at > WAITS_TOO_LONG:
        yield Problem(
            place="alerts",
            reason="an alert has waited for more than 15 minutes to be posted",
            hint="see whether the bot can post where alerts go; the console shows the case"
            if is_held
            else "start the bot: it posts what waits",
        )
    if figures.oldest_event_at and now - figures.oldest_event_at > INTAKE_TOO_LONG:
        yield Problem(
            place="intake",
            reason=f"{figures.waiting_events} events wait to be looked at, the oldest for more than 2 hours",
            hint="restart the bot, and read its log" if is_held else "start the bot: it looks at what waits",
        )
    if is_held and figures.oldest_timer_at and now - figures.oldest_timer_at > WAITS_TOO_LONG:
        yield Problem(
            place="timers", reason="what was due is not done: their loop stands still", hint="restart the bot"
        )
