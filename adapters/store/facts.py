"""The facts that can be told of a store, as frozen data; `health.inspect` finds them out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from core.model.message import CommunityId


class Standing(StrEnum):
    """What a database is to this version."""

    NEW = "new"
    """Nothing there yet: the first start makes it."""
    OLDER = "older"
    """The next start upgrades it."""
    CURRENT = "current"
    NEWER = "newer"
    """Written by a newer version, which has to be installed again."""
    FOREIGN = "foreign"
    """Another program's, or no database at all."""
    DAMAGED = "damaged"
    UNREACHABLE = "unreachable"
    """No permission, no server, or the server refused."""


class KeyState(StrEnum):
    """What a key or the key file is to a database."""

    NOT_NEEDED = "not_needed"
    """There is none, and nothing was sealed yet."""
    FINE = "fine"
    MISSING = "missing"
    FOREIGN = "foreign"
    """It belongs to another database."""
    DAMAGED = "damaged"
    """Not a key, or not a key file."""
    UNREADABLE = "unreadable"
    """This user may not read it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What waits in a database of this version's revision.

    Attributes:
        sealed_texts: Messages that cases keep.
        waiting_events: Events that came in and are not yet decided.
        oldest_event_at: The hour in which the oldest of them came in.
        pending_actions: What Delivery has still to do.
        oldest_pending_at: When the oldest of them was decided.
        oldest_pending_alert_at: When the oldest card or page among them was decided.
        most_attempts: How often the most stubborn of them was tried.
        unknown_actions: What may or may not have happened, in cases that are still open.
        oldest_timer_at: When the next timer is due; long past when the loop that fires them stands still.
        unfinished_erasures: Keys whose destruction was committed and not yet seen to be done.
    """

    open_cases: int
    sealed_texts: int
    waiting_events: int
    oldest_event_at: datetime | None
    pending_actions: int
    oldest_pending_at: datetime | None
    oldest_pending_alert_at: datetime | None
    most_attempts: int
    unknown_actions: int
    oldest_timer_at: datetime | None
    unfinished_erasures: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreHealth:
    """The facts.

    Attributes:
        database: The file, or `host:port/name`, never a password.
        standing: What the database is to this version.
        trouble: Why it can't be read, for `DAMAGED`, `FOREIGN` and `UNREACHABLE`; "" otherwise.
        revision: What the database says of itself, None without one.
        newest_revision: This version's own.
        integrity: What the database's own check found, empty when it is sound; None when it was not asked.
        broken_audit: Each community whose audit was changed or cut, with the number of the first entry that doesn't
            hold; None when it was not asked, or the database is none of this version's.
        is_unsettled: It is a restored backup that no start has settled yet.
        is_held: A living process has the database open, or is putting a backup in its place.
        holder_pid: That process, None when nobody has it or it can't be told.
        database_bytes: Without its write-ahead log, which is `log_bytes`.
        free_bytes: What is free on the disk of database and keys.
        modes: Permission bits of each of its files that is there, by file name; PostgreSQL: of the key files.
        newest_backup_at: When the newest backup in the usual folder was taken; None without one, and for PostgreSQL.
        set_aside: Databases that a restore has set aside, by file name; they hold what they held.
        figures: None unless `standing` is `CURRENT`.
    """

    backend: Literal["sqlite", "postgresql"]
    database: str
    standing: Standing
    trouble: str = ""
    revision: str | None = None
    newest_revision: str
    integrity: tuple[str, ...] | None = None
    broken_audit: tuple[tuple[CommunityId, int], ...] | None = None
    is_unsettled: bool = False
    is_held: bool = False
    holder_pid: int | None = None
    master_key: KeyState
    key_file: KeyState
    database_bytes: int = 0
    log_bytes: int = 0
    key_bytes: int = 0
    free_bytes: int = 0
    modes: Mapping[str, int] = field(default_factory=dict)
    backups: int = 0
    newest_backup_at: datetime | None = None
    set_aside: tuple[str, ...] = ()
    figures: Figures | None = None

    @property
    def too_open(self) -> tuple[str, ...]:
        """Files that others than their owner can read or write."""
        return tuple(sorted(name for name, mode in self.modes.items() if mode & 0o077))
