"""Events that could not be decided yet: kept with what was said before them, and tried again after a while.

They stay unacknowledged in the intake, so a restart finds them too. Two reasons lead here: crisis screening gave no
answer, or deciding failed for a fault of ours.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.flow.conversation import without
from core.flow.filter import Seen
from core.model.event import community_of, member_of
from core.model.message import CommunityId, MemberId
from core.ports import Taken

PAUSES_S = (5.0, 40.0, 120.0)
"""How long an event waits before each further try; longer than a lane's rest from the second on."""

TRIES = len(PAUSES_S)
KEPT_FOR = timedelta(hours=24)
MAX_POSTPONED = 5_000
"""Further ones stay in the intake and wait for the next start."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Undecided:
    """An event to decide.

    Attributes:
        seen: The message in its conversation, once it was fed; None for other events.
        tries: Tries that failed by this event's own doing; a lane that rests does not count.
        since: When it was first postponed.
    """

    taken: Taken
    seen: Seen | None = None
    tries: int = 0
    since: datetime | None = None


class Postponed:
    """What waits for another try, by when it is due."""

    def __init__(self) -> None:
        self._waiting: dict[int, tuple[float, Undecided]] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, event: Undecided, *, now: datetime, monotonic: float, counts: bool) -> None:
        """Try `event` again later; `counts` when this try failed by its own doing."""
        if len(self._waiting) >= MAX_POSTPONED:
            return
        again = replace(event, tries=event.tries + counts, since=event.since or now)
        pause_s = PAUSES_S[min(event.tries, TRIES - 1)] if counts else PAUSES_S[1]
        self._waiting[event.taken.seq] = (monotonic + pause_s, again)

    def take_due(self, monotonic: float, limit: int) -> list[Undecided]:
        """Take out what is due, oldest first."""
        due = sorted(seq for seq, (at, _) in self._waiting.items() if at <= monotonic)[:limit]
        return [self._waiting.pop(seq)[1] for seq in due]

    def put_back(self, events: list[Undecided], monotonic: float) -> None:
        """They could not be decided, for no fault of theirs: these are due at once again."""
        self._waiting |= {event.taken.seq: (monotonic, event) for event in events}

    def forget_all(self, community: CommunityId, member: MemberId | None) -> None:
        """Nothing of this member waits any more, and nothing that waits is told of them; the whole community's where
        `member` is None."""
        for seq, (at, event) in list(self._waiting.items()):
            if community_of(event.taken.event) != community:
                continue
            if member in {None, member_of(event.taken.event)}:
                del self._waiting[seq]
            elif event.seen is not None:
                self._waiting[seq] = (at, replace(event, seen=without(event.seen, member)))

    def next_in(self, monotonic: float) -> float | None:
        """Seconds until something is due, None when nothing waits."""
        if not self._waiting:
            return None
        return max(0.0, min(at for at, _ in self._waiting.values()) - monotonic)
