"""The intake with a watch on it: how long the oldest event has been waiting, and since when nothing moves."""

from collections import deque
from collections.abc import Sequence

from core.model.event import Event
from core.ports import Clock, Intake, Taken


class WatchedIntake:
    """Speaks `core.ports.Intake`, for the one engine of this process.

    An event counts as waiting until the engine has been through it once; one that it keeps for later is not waiting.
    """

    def __init__(self, intake: Intake, clock: Clock, waiting: int = 0) -> None:
        """`waiting` is what the intake holds already; how long that has waited, nobody knows any more."""
        self._intake = intake
        self._clock = clock
        self._appended: deque[tuple[float, int]] = deque([(clock.monotonic(), waiting)] if waiting else ())
        self._under_way = 0
        self._after = 0
        self._moved_at = clock.monotonic()
        self.taken_in = 0
        """Events that were new, since the start."""

    @property
    def waiting(self) -> int:
        """How many events wait to be decided for the first time."""
        return sum(count for _, count in self._appended)

    @property
    def oldest_s(self) -> float:
        """How long the oldest of them has waited; 0 when none does."""
        return self._clock.monotonic() - self._appended[0][0] if self._appended else 0.0

    @property
    def still_s(self) -> float:
        """How long nothing has been decided though something waits; 0 when nothing does."""
        if not self._appended:
            return 0.0
        return self._clock.monotonic() - max(self._moved_at, self._appended[0][0])

    async def append(self, events: Sequence[Event]) -> int:
        new = await self._intake.append(events)
        if new:
            self.taken_in += new
            self._appended.append((self._clock.monotonic(), new))
        return new

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        if after != self._after:
            self._after = after
            self._moved_at = self._clock.monotonic()
            self._forget(self._under_way)
        taken = await self._intake.take(limit, after)
        self._under_way = len(taken)
        if not taken:
            self._appended.clear()
        return taken

    async def wait(self) -> None:
        await self._intake.wait()

    async def ack(self, seqs: Sequence[int]) -> None:
        await self._intake.ack(seqs)

    def _forget(self, count: int) -> None:
        while count and self._appended:
            at, waiting = self._appended.popleft()
            if waiting > count:
                self._appended.appendleft((at, waiting - count))
            count = max(0, count - waiting)
