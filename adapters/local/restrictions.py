"""Who may not speak where or join, and until when: the state that enforcement leaves behind on the local platform."""

from datetime import datetime, timedelta

from core.model.action import ActionKind
from core.model.message import ChannelId, MemberId

SLOW_MODE_GAP = timedelta(seconds=30)
"""How long a member waits between two messages in a channel in slow mode."""

_K = ActionKind


class Restrictions:
    """Timeouts, bans, kicks, slow and locked channels, and a pause of joining."""

    def __init__(self) -> None:
        self._until: dict[tuple[ActionKind, str], datetime | None] = {}

    def apply(self, kind: ActionKind, target: str, until: datetime | None) -> None:
        """Put a restriction on a member or channel, or lift one; kinds that restrict nobody are ignored."""
        match kind:
            case _K.TIMEOUT | _K.BAN | _K.KICK | _K.SLOW_MODE | _K.LOCK | _K.PAUSE_JOINS:
                self._until[kind, target] = until
            case _K.RESUME_JOINS:
                self._until.pop((_K.PAUSE_JOINS, target), None)
            case _K.LIFT_TIMEOUT:
                self._until.pop((_K.TIMEOUT, target), None)
            case _K.UNBAN:
                self._until.pop((_K.BAN, target), None)
            case _K.LIFT_SLOW_MODE:
                self._until.pop((_K.SLOW_MODE, target), None)
            case _K.UNLOCK:
                self._until.pop((_K.LOCK, target), None)

    def holds(self, kind: ActionKind, target: str, now: datetime) -> bool:
        """Whether a restriction of this kind is in force."""
        if (kind, target) not in self._until:
            return False
        until = self._until[kind, target]
        return until is None or until > now

    def in_force(self, now: datetime) -> frozenset[tuple[ActionKind, str, datetime | None]]:
        """Every restriction that is in force, with its end."""
        return frozenset((*place, until) for place, until in self._until.items() if until is None or until > now)

    def why_silent(self, member: MemberId, channel: ChannelId, now: datetime, last: datetime | None) -> str | None:
        """Why this member can't speak in this channel now, as a sentence for them; None when they can.

        `last` is when they last spoke there.
        """
        if self.holds(_K.BAN, member, now):
            return "You were banned from this community" + self._end(_K.BAN, member, now)
        if self.holds(_K.KICK, member, now):
            return "You were removed from this community."
        if self.holds(_K.TIMEOUT, member, now):
            return "You were timed out and can't write" + self._end(_K.TIMEOUT, member, now)
        if self.holds(_K.LOCK, channel, now):
            return "This channel is locked for now."
        if self.holds(_K.SLOW_MODE, channel, now) and last is not None and now - last < SLOW_MODE_GAP:
            return f"Slow mode: one message every {SLOW_MODE_GAP.seconds} seconds."
        return None

    def _end(self, kind: ActionKind, target: str, now: datetime) -> str:
        """When it ends, as a clock on this machine's wall would say it."""
        until = self._until[kind, target]
        if until is None:
            return "."
        at, is_today = until.astimezone(), until.astimezone().date() == now.astimezone().date()
        return f" until {at:%H:%M}." if is_today else f" until {at:%H:%M} on {at.day} {at:%B}."
