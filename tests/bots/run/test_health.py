"""Readiness: what makes the bot unready, what only degrades it, and that asking costs little."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.console.notices import NoticeBoard
from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.local.staff import LocalStaff
from adapters.store.health import Figures, KeyState, Standing, StoreHealth
from bots.app import wired
from bots.run.health import LATE_AFTER_S, READINESS_KEPT_S, STILL_AFTER_S, Health
from bots.run.pulse import Pulse
from bots.run.taking_in import WatchedIntake
from bots.supervisor import supervised
from core.errors import Unavailable
from core.flow.filter import Seen
from core.flow.screening import FilterInfo, Lane, Screening
from core.model.card import Text
from core.model.event import MessageWritten
from core.model.finding import NOTHING, Category, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy
from core.model.record import Commit, Committed
from core.ports import Link
from tests.clock import START, FakeClock


class Worker:
    """Answers until it is told to break."""

    def __init__(self) -> None:
        self.is_broken = False

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        if self.is_broken:
            raise ConnectionError("synthetic")
        return [NOTHING for _ in batch]

    async def replace(self) -> None:
        pass

    async def close(self) -> None:
        pass


class Store(MemoryStore):
    """Counts its commits, and can refuse them."""

    commits = 0
    is_full = False

    async def commit(self, unit: Commit) -> Committed:
        self.commits += 1
        if self.is_full:
            raise Unavailable(reason="synthetic")
        return await super().commit(unit)


@dataclass
class Linked:
    """What health asks of a connection."""

    link: Link = field(default_factory=lambda: Link(is_up=True))


def message(number: int) -> MessageWritten:
    return MessageWritten(
        message=Message(
            platform=PlatformName("local"),
            community=CommunityId("local:harbour"),
            channel=Channel(id=ChannelId("general"), name="general"),
            id=MessageId(str(number)),
            author=Author(id=MemberId("tomas"), name="Tomas"),
            text="a quiet evening",
            sent_at=START,
        )
    )


class Bench:
    """A bot in memory, with lanes that can break."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock, self.board = FakeClock(), NoticeBoard()
        self.store, self.intake = Store(self.clock), WatchedIntake(MemoryIntake(), self.clock)
        self.crisis, self.model = Worker(), Worker()
        self.linked = Linked()
        self.inspected = 0
        self.free_bytes = 10**9
        self.oldest_alert_at: datetime | None = None
        lanes = [self._lane("crisis", self.crisis, Category.CRISIS), self._lane("model", self.model, Category.TOXICITY)]
        self.house = wired(
            store=self.store,
            intake=self.intake,
            screening=Screening(lanes, self.clock, self.board),
            policy_of=lambda _: CommunityPolicy(),
            platforms={},
            staff=LocalStaff(lambda: ()),
            clock=self.clock,
            notices=self.board,
        )
        connections: Any = {"local": self.linked}
        self.health = Health(
            store=self.store,
            house=self.house,
            intake=self.intake,
            connections=connections,
            board=self.board,
            pulse=Pulse(),
            clock=self.clock,
            inspect=self.inspect,
        )

    async def inspect(self) -> StoreHealth:
        self.inspected += 1
        return StoreHealth(
            backend="sqlite",
            database="somewhere",
            standing=Standing.CURRENT,
            newest_revision="1",
            master_key=KeyState.FINE,
            key_file=KeyState.FINE,
            database_bytes=10,
            log_bytes=5,
            free_bytes=self.free_bytes,
            figures=Figures(
                open_cases=1,
                sealed_texts=0,
                waiting_events=0,
                oldest_event_at=None,
                pending_actions=2,
                oldest_pending_at=START - timedelta(seconds=30),
                oldest_pending_alert_at=self.oldest_alert_at,
                most_attempts=0,
                unknown_actions=0,
                oldest_timer_at=START + timedelta(hours=1),
                unfinished_erasures=0,
            ),
        )

    async def decided(self, first: int, count: int) -> None:
        for number in range(first, first + count):
            await self.intake.append([message(number)])
            while await self.house.engine.step():
                pass

    async def asked(self) -> tuple[bool, bool, set[str]]:
        """Ready, degraded, and the parts that are not fine."""
        self.clock.advance(timedelta(seconds=READINESS_KEPT_S))
        told = await self.health.readiness()
        return told.is_ready, told.is_degraded, {name for name, facts in told.parts.items() if not facts["ok"]}

    def _lane(self, name: str, worker: Worker, category: Category) -> Lane:
        return Lane(name=name, worker=worker, filters=(FilterInfo(name=name, categories=frozenset({category})),))


async def test_all_is_well(tmp_path: Path) -> None:
    assert await Bench(tmp_path).asked() == (True, False, set())


async def test_a_model_that_is_out_degrades_and_crisis_words_that_are_out_make_it_unready(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.model.is_broken = True
    await bench.decided(0, 3)
    assert await bench.asked() == (True, True, set())
    bench.crisis.is_broken = True
    await bench.decided(3, 3)
    is_ready, _, parts = await bench.asked()
    assert not is_ready
    assert "filters" in parts


async def test_a_model_that_was_refused_degrades(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.board.raise_notice("model.somewhere", Text(key="notice.model_refused"))
    assert await bench.asked() == (True, True, set())


async def test_a_database_that_refuses_writes_makes_it_unready(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.store.is_full = True
    assert await bench.asked() == (False, False, {"database"})
    bench.store.is_full = False
    bench.board.raise_notice("store", Text(key="notice.store", params={"reason": "synthetic"}))
    assert await bench.asked() == (False, False, {"database"})


async def test_a_platform_that_is_away_makes_it_unready(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.linked.link = Link()
    assert await bench.asked() == (False, False, {"platform.local"})


async def test_an_intake_that_stands_still_makes_it_unready(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.intake.append([message(1)])
    bench.clock.advance(timedelta(seconds=STILL_AFTER_S / 2))
    assert await bench.asked() == (True, False, set())
    bench.clock.advance(timedelta(seconds=STILL_AFTER_S / 2))
    assert await bench.asked() == (False, False, {"intake"})


async def test_an_intake_that_moves_but_is_far_behind_makes_it_unready(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.intake.append([message(number) for number in range(200)])
    bench.clock.advance(timedelta(seconds=LATE_AFTER_S))
    await bench.house.engine.step()
    await bench.house.engine.step()
    assert await bench.asked() == (False, False, {"intake"})


async def test_a_full_disk_makes_it_unready_before_anything_is_lost(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.free_bytes = 1_000_000
    assert await bench.asked() == (False, False, {"database"})


@pytest.mark.parametrize("loop", ["engine", "delivery", "timers"])
async def test_a_loop_that_fails_makes_it_unready(tmp_path: Path, loop: str) -> None:
    bench = Bench(tmp_path)

    async def failing() -> None:
        raise RuntimeError("synthetic")

    async with supervised({loop: failing}, bench.clock, bench.board):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert await bench.asked() == (False, False, {"loops"})


async def test_an_alert_that_does_not_arrive_degrades(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    bench.oldest_alert_at = bench.clock.now()
    assert await bench.asked() == (True, False, set())
    bench.clock.advance(timedelta(seconds=LATE_AFTER_S))
    assert await bench.asked() == (True, True, set())


async def test_who_asks_often_gets_the_same_answer(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    for _ in range(5):
        await bench.health.metrics()
    assert bench.store.commits == 1
    assert bench.inspected == 1


async def test_figures_tell_of_store_lanes_and_findings(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    await bench.decided(0, 2)
    figures = (await bench.health.metrics()).decode()
    assert "lightkeeper_messages_screened_total 2.0" in figures
    assert "lightkeeper_outbox_oldest_seconds 30.0" in figures
    assert "lightkeeper_timers_overdue_seconds 0.0" in figures
    assert "lightkeeper_database_bytes 15.0" in figures
    assert 'lightkeeper_lane_out{lane="crisis"} 0.0' in figures
