"""How the bot does: what each part says of itself, in words for `/readyz` and in figures for `/metrics`.

Ready means: the database takes writes and has room, crisis words are looked for, every platform is connected, the loops
run, and what comes in is decided. A model that is out, or an alert that does not arrive, leaves the bot ready, but
degraded.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from importlib.metadata import version

from adapters.console.notices import NoticeBoard
from adapters.console.sources import Readiness
from adapters.metrics.exposition import LaneFigures, Measured, StoreFigures, exposition
from adapters.store.health import StoreHealth
from bots.app import House
from bots.run.pulse import Pulse
from bots.run.taking_in import WatchedIntake
from bots.running import MODEL_NOTICE
from bots.supervisor import LOOP_NOTICE
from core.errors import LightkeeperError
from core.flow.screening import LaneState
from core.model.record import Commit
from core.ports import Clock, Connection, Store

WRITE_WITHIN_S = 2.0
STILL_AFTER_S = 60.0
"""Events wait and nothing was decided for so long: the engine stands still."""

LATE_AFTER_S = 900.0
"""An alert that comes so late is hardly one."""

FULL_BELOW_BYTES = 16 * 1024 * 1024
"""A disk with less room is as good as full: the next messages may be the last that are kept."""

READINESS_KEPT_S = 2.0
FIGURES_KEPT_S = 10.0
"""Whoever asks more often gets the same answer: asking must not keep the bot from its work."""

Facts = dict[str, str | int | float | bool | None]


class Health:
    """Asks the parts."""

    def __init__(
        self,
        *,
        store: Store,
        house: House,
        intake: WatchedIntake,
        connections: Mapping[str, Connection],
        board: NoticeBoard,
        pulse: Pulse,
        clock: Clock,
        inspect: Callable[[], Awaitable[StoreHealth]],
    ) -> None:
        """`inspect` looks at the store without changing it."""
        self._store = store
        self._house = house
        self._intake = intake
        self._connections = connections
        self._board = board
        self._pulse = pulse
        self._clock = clock
        self._inspect = inspect
        self._asking = asyncio.Lock()
        self._readiness: tuple[float, Readiness] | None = None
        self._figures: tuple[float, StoreHealth | None] | None = None

    async def readiness(self) -> Readiness:
        """Whether the bot is ready, and what each part says."""
        async with self._asking:
            if self._readiness is None or self._clock.monotonic() - self._readiness[0] >= READINESS_KEPT_S:
                self._readiness = self._clock.monotonic(), await self._asked()
            return self._readiness[1]

    async def is_ready(self) -> bool:
        """Whether the bot is ready."""
        return (await self.readiness()).is_ready

    async def metrics(self) -> bytes:
        """All figures, as Prometheus reads them."""
        readiness, store = await self.readiness(), await self._store_figures()
        counts = self._house.engine.counts
        return exposition(
            Measured(
                version=version("lightkeeper"),
                is_ready=readiness.is_ready,
                messages=counts.messages,
                cases_touched=counts.cases_touched,
                set_aside=counts.set_aside,
                events=self._intake.taken_in,
                waiting_events=self._intake.waiting,
                oldest_event_s=self._intake.oldest_s,
                loop_lag_s=self._pulse.lag_s,
                findings={(category.value, level): n for (category, level), n in counts.findings.items()},
                deliveries={(kind.value, state.value): n for (kind, state), n in self._house.delivery.counts.items()},
                lanes={each.name: LaneFigures(failures=each.failures, is_out=each.is_out) for each in self._lanes()},
                connections={name: each.link.is_up for name, each in self._connections.items()},
                notices=self._board.count(),
                store=store,
            )
        )

    def _lanes(self) -> tuple[LaneState, ...]:
        return self._house.screening.lanes()

    async def _asked(self) -> Readiness:
        looked = await self._looked()
        parts: dict[str, Facts] = {
            "database": await self._database(looked),
            "filters": self._filters(),
            "loops": self._loops(),
            "intake": self._intake_facts(),
            "delivery": self._delivery(looked),
            **{f"platform.{name}": self._platform(each) for name, each in self._connections.items()},
        }
        return Readiness(
            is_ready=all(bool(part["ok"]) for part in parts.values()),
            is_degraded=bool(
                parts["filters"]["out"] or parts["filters"]["refused_models"] or parts["delivery"]["is_late"]
            ),
            parts=parts,
        )

    async def _database(self, looked: StoreHealth | None) -> Facts:
        if looked is not None and looked.backend == "sqlite" and looked.free_bytes < FULL_BELOW_BYTES:
            return {"ok": False, "reason": "its disk is full"}
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                await self._store.commit(Commit())
        except TimeoutError:
            return {"ok": False, "reason": f"no write got through within {WRITE_WITHIN_S:.0f} seconds"}
        except LightkeeperError:
            return {"ok": False, "reason": "it can't be written"}
        if self._board.is_up("store"):
            return {"ok": False, "reason": "the last write failed"}
        return {"ok": True}

    def _filters(self) -> Facts:
        lanes = self._lanes()
        crisis = [each for each in lanes if each.looks_for_crisis]
        return {
            "ok": any(not each.is_out for each in crisis),
            "out": ", ".join(sorted(each.name for each in lanes if each.is_out)),
            "refused_models": self._board.count(MODEL_NOTICE),
        }

    def _loops(self) -> Facts:
        failing = [name for name in sorted(self._house.loops) if self._board.is_up(f"{LOOP_NOTICE}{name}")]
        return {"ok": not failing, "failing": ", ".join(failing)}

    def _delivery(self, looked: StoreHealth | None) -> Facts:
        """Late alerts alone don't make it unready: those of a community that is served no longer stay for ever."""
        at = looked.figures.oldest_pending_alert_at if looked and looked.figures else None
        oldest_s = _age_s(at, self._clock.now())
        return {"ok": True, "is_late": oldest_s >= LATE_AFTER_S, "oldest_alert_s": round(oldest_s, 1)}

    def _intake_facts(self) -> Facts:
        oldest_s, still_s = self._intake.oldest_s, self._intake.still_s
        return {
            "ok": still_s < STILL_AFTER_S and oldest_s < LATE_AFTER_S,
            "waiting": self._intake.waiting,
            "oldest_s": round(oldest_s, 1),
        }

    def _platform(self, connection: Connection) -> Facts:
        link = connection.link
        return {
            "ok": link.is_up,
            "since": link.since.isoformat() if link.since else None,
            "last_event_at": link.last_event_at.isoformat() if link.last_event_at else None,
        }

    async def _store_figures(self) -> StoreFigures | None:
        async with self._asking:
            found = await self._looked()
        if found is None or found.figures is None:
            return None
        now, figures = self._clock.now(), found.figures
        return StoreFigures(
            open_cases=figures.open_cases,
            pending_actions=figures.pending_actions,
            oldest_pending_s=_age_s(figures.oldest_pending_at, now),
            unknown_actions=figures.unknown_actions,
            database_bytes=found.database_bytes + found.log_bytes,
            free_bytes=found.free_bytes,
            timer_overdue_s=_age_s(figures.oldest_timer_at, now),
        )

    async def _looked(self) -> StoreHealth | None:
        if self._figures is None or self._clock.monotonic() - self._figures[0] >= FIGURES_KEPT_S:
            self._figures = self._clock.monotonic(), await self._inspected()
        return self._figures[1]

    async def _inspected(self) -> StoreHealth | None:
        """None where nobody can look, or a disk that hangs keeps them waiting."""
        try:
            async with asyncio.timeout(WRITE_WITHIN_S):
                return await self._inspect()
        except (LightkeeperError, TimeoutError):
            return None


def _age_s(at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - at).total_seconds()) if at else 0.0
