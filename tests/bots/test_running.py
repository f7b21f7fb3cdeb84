"""A house that runs keeps its store swept."""

import asyncio
from datetime import timedelta

import pytest

import bots.running
from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.local.staff import LocalStaff
from bots.models import Models, OnRefused
from bots.running import running
from core.model.policy import CommunityPolicy
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard


async def no_lanes(_policies: object, _models: Models, _on_refused: OnRefused) -> list[object]:
    return []


async def test_an_idle_house_sweeps_its_store_every_hour(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bots.running, "isolated_lanes", no_lanes)
    clock, swept = FakeClock(), asyncio.Event()

    async def sweep() -> None:
        swept.set()

    async with running(
        store=MemoryStore(clock),
        intake=MemoryIntake(),
        policies={None: CommunityPolicy()},
        models=Models(),
        platforms={},
        staff=LocalStaff(lambda: ()),
        clock=clock,
        notices=Noticeboard(),
        sweep=sweep,
    ) as house:
        assert await house.timers.fire_due() == 0
        for _ in range(2):
            clock.advance(timedelta(hours=1))
            await house.timers.fire_due()
            assert swept.is_set()
            swept.clear()
