"""A house that runs keeps its store swept and its rota watched."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

import pytest

import bots.running
from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.local.staff import LocalStaff
from bots.app import House
from bots.models import Models, OnRefused
from bots.running import running
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard

PIER, QUAY = CommunityId("local:pier"), CommunityId("local:quay")
STAFFED = CommunityPolicy.model_validate(
    {"rota": {"shifts": [{"begins": "20:00", "ends": "22:00", "members": ["nobody"]}]}}
)


async def no_lanes(_policies: object, _models: Models, _on_refused: OnRefused) -> list[object]:
    return []


async def no_sweep() -> None:
    pass


def a_house(
    clock: FakeClock, board: Noticeboard, sweep: Callable[[], Awaitable[None]] = no_sweep
) -> AbstractAsyncContextManager[House]:
    return running(
        store=MemoryStore(clock),
        intake=MemoryIntake(),
        policies={None: CommunityPolicy(), PIER: STAFFED, QUAY: STAFFED},
        models=Models(),
        platforms={},
        staff=LocalStaff(lambda: ()),
        clock=clock,
        notices=board,
        sweep=sweep,
        care=None,
        communities={PIER: "The pier"},
    )


async def test_an_idle_house_sweeps_its_store_every_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots.running, "isolated_lanes", no_lanes)
    clock, swept = FakeClock(), asyncio.Event()

    async def sweep() -> None:
        swept.set()

    async with a_house(clock, Noticeboard(), sweep) as house:
        await house.timers.fire_due()
        assert not swept.is_set()
        for _ in range(2):
            clock.advance(timedelta(hours=1))
            await house.timers.fire_due()
            assert swept.is_set()
            swept.clear()


async def test_an_idle_house_says_in_which_community_nobody_is_on_duty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots.running, "isolated_lanes", no_lanes)
    clock, board = FakeClock(), Noticeboard()
    async with a_house(clock, board) as house:
        await house.timers.fire_due()
        told = {text.params["community"] for key, text in board.standing.items() if key.startswith("duty.")}
        assert told == {"The pier", QUAY}
        board.standing.clear()
        clock.advance(timedelta(hours=1))
        await house.timers.fire_due()
        assert board.standing
