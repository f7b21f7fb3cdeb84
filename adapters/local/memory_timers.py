"""The timers of the store in memory, the soonest always at hand."""

import heapq
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from adapters.store.params import named
from core.model.message import CommunityId
from core.model.record import Timer

_Name = tuple[str, str]


class MemoryTimers:
    """What `core.ports.Store` says of timers: unique by (kind, key)."""

    def __init__(self) -> None:
        self._set: dict[_Name, Timer] = {}
        self._kinds: dict[str, set[str]] = defaultdict(set)
        self._soonest: list[tuple[datetime, str, str]] = []
        """A heap that may still hold what was moved or cancelled since; it is left out where it comes up."""

    def __len__(self) -> int:
        return len(self._set)

    def are_set(self, timers: Iterable[Timer]) -> bool:
        """Whether each of them stands as it was read."""
        return all(
            (found := self._set.get((each.kind, each.key))) is not None and found.due_at == each.due_at
            for each in timers
        )

    def set(self, timers: Iterable[Timer]) -> None:
        """Set or move them."""
        for timer in timers:
            self._set[timer.kind, timer.key] = timer
            self._kinds[timer.key].add(timer.kind)
            heapq.heappush(self._soonest, (timer.due_at, timer.kind, timer.key))

    def cancel(self, names: Iterable[_Name]) -> None:
        """Take them away, where they are set."""
        for kind, key in names:
            if self._set.pop((kind, key), None) is not None:
                self._kinds[key].discard(kind)
                if not self._kinds[key]:
                    del self._kinds[key]

    def forget(self, key: str) -> None:
        """Take away everything that is set under a key."""
        self.cancel([(kind, key) for kind in self._kinds.get(key, ())])

    def erase(self, community: CommunityId, member: str, gone: Collection[str], spared: Collection[str]) -> None:
        """Take away what is about the member, or an action that is no more."""
        names = named(member)
        theirs = (timer for timer in self._set.values() if timer.community == community and timer.key not in spared)
        self.cancel([(each.kind, each.key) for each in theirs if each.key in gone or names(each.key)])

    def leave(self, community: CommunityId) -> None:
        """Take away everything that is set for a community."""
        self.cancel([name for name, timer in self._set.items() if timer.community == community])

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        """As `Store.due_timers`."""
        found: list[tuple[datetime, str, str]] = []
        while len(found) < limit and self._soonest and self._soonest[0][0] <= now:
            entry = heapq.heappop(self._soonest)
            if self._stands(entry) and entry not in found[-1:]:
                found.append(entry)
        for entry in found:  # reading takes nothing away
            heapq.heappush(self._soonest, entry)
        return [self._set[kind, key] for _, kind, key in found]

    def next_at(self) -> datetime | None:
        """When the soonest is due; None without any."""
        while self._soonest and not self._stands(self._soonest[0]):
            heapq.heappop(self._soonest)
        return self._soonest[0][0] if self._soonest else None

    def _stands(self, entry: tuple[datetime, str, str]) -> bool:
        due_at, kind, key = entry
        timer = self._set.get((kind, key))
        return timer is not None and timer.due_at == due_at
