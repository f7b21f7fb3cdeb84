"""A worker that takes long to start, under filters that hang, die and can't be made again."""

import asyncio
import os
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from adapters.worker.aside import StartsAside
from adapters.worker.frames import Recipe
from adapters.worker.process import ProcessWorker
from core.flow.screening import Lane, Screening
from core.model.finding import CheckState
from tests.adapters.worker.misbehaving import CRISIS
from tests.adapters.worker.test_process import HERE, ROOT, some, states
from tests.clock import FakeClock
from tests.core.examples import saying
from tests.core.noticeboard import Noticeboard


class Held(ProcessWorker):
    """A process that starts again only when it is let; `begun` counts how often it was asked to."""

    def __init__(self) -> None:
        super().__init__(Recipe(factory=f"{HERE}:obedient"))
        self.go = asyncio.Event()
        self.done = asyncio.Event()
        self.begun = 0

    async def replace(self) -> None:
        self.begun += 1
        await self.go.wait()
        try:
            await super().replace()
        finally:
            self.done.set()


@pytest.fixture(autouse=True)
def _importable_in_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
async def held() -> AsyncIterator[Held]:
    held = Held()
    await held.start()
    yield held
    await held.close()


async def test_batches_fail_at_once_until_the_process_is_there_again(held: Held) -> None:
    worker = StartsAside(held)
    assert await worker.screen(some("a")) == [saying(CRISIS)]
    await worker.replace()
    for _ in range(3):
        with pytest.raises(ConnectionError):
            await worker.screen(some("a"))
        await worker.replace()
    held.go.set()
    await held.done.wait()
    assert held.begun == 1
    assert await worker.screen(some("a")) == [saying(CRISIS)]


async def test_a_process_that_can_not_be_made_again_is_tried_again(held: Held, monkeypatch: pytest.MonkeyPatch) -> None:
    worker = StartsAside(held)
    held.go.set()
    monkeypatch.setattr(held, "_recipe", Recipe(factory=f"{HERE}:refusing", arguments=("gone",)))
    await worker.replace()
    await held.done.wait()
    with pytest.raises(ConnectionError):
        await worker.screen(some("a"))
    monkeypatch.setattr(held, "_recipe", Recipe(factory=f"{HERE}:obedient"))
    held.done.clear()
    await worker.replace()
    await held.done.wait()
    assert await worker.screen(some("a")) == [saying(CRISIS)]


async def test_a_lane_rests_while_its_process_starts_and_comes_back(held: Held) -> None:
    clock, notices = FakeClock(), Noticeboard()
    lane = Lane(name="slow", worker=StartsAside(held), filters=held.filters, deadline_s=5.0)
    screening = Screening([lane], clock, notices)
    verdicts = await screening.screen(some("die", "a", "b", "c", "d"))
    assert states(verdicts) == [CheckState.FAILED] * 3 + [CheckState.SKIPPED] * 2
    assert "lane.slow" in notices.standing
    held.go.set()
    await held.done.wait()
    clock.advance(timedelta(seconds=lane.rest_s))
    assert states(await screening.screen(some("a", "b"))) == [None, None]
    await screening.close()


async def test_closing_ends_a_start_that_goes_on(held: Held) -> None:
    worker = StartsAside(held)
    (verdict,) = await worker.screen(some("say your number"))
    number = round(verdict.scores["crisis"] * 10**9)
    await worker.replace()
    await asyncio.sleep(0)
    await worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
