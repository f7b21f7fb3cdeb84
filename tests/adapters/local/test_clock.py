"""A clock that can be moved on: whoever sleeps or waits for a time hears of it, and time never goes back."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from adapters.local.clock import MovableClock

HOUR = timedelta(hours=1)


async def asleep(clock: MovableClock, seconds: float) -> "asyncio.Task[None]":
    task = asyncio.create_task(clock.sleep(seconds))
    await asyncio.sleep(0)
    return task


async def test_unmoved_it_tells_the_systems_time() -> None:
    before = datetime.now(UTC)
    assert before <= MovableClock().now() <= datetime.now(UTC)


async def test_moving_it_moves_every_way_of_telling_time_alike() -> None:
    clock = MovableClock()
    now, monotonic = clock.now(), clock.monotonic()
    clock.move(HOUR)
    assert HOUR <= clock.now() - now < HOUR + timedelta(seconds=30)
    assert 3600 <= clock.monotonic() - monotonic < 3630
    assert clock.ahead == HOUR


async def test_a_sleeper_wakes_when_time_is_moved_past_its_end() -> None:
    clock = MovableClock()
    sleeper = await asleep(clock, 7200)
    clock.move(3 * HOUR)
    async with asyncio.timeout(5):
        await sleeper


async def test_a_sleeper_sleeps_on_while_its_end_is_still_ahead_and_wakes_after_several_moves() -> None:
    clock = MovableClock()
    sleeper = await asleep(clock, 7200)
    clock.move(HOUR)
    for _ in range(10):
        await asyncio.sleep(0)
    assert not sleeper.done()
    clock.move(HOUR)
    async with asyncio.timeout(5):
        await sleeper


async def test_unmoved_a_sleep_ends_in_its_own_time() -> None:
    clock = MovableClock()
    started = clock.monotonic()
    await clock.sleep(0.02)
    assert clock.monotonic() - started >= 0.02


async def test_a_sleep_of_nothing_lets_others_go_first() -> None:
    clock = MovableClock()
    went = asyncio.Event()
    asyncio.get_running_loop().call_soon(went.set)
    await clock.sleep(0)
    assert went.is_set()


async def test_a_deadline_of_work_under_way_is_not_reached_by_a_move() -> None:
    clock = MovableClock()
    async with asyncio.timeout(60):
        clock.move(timedelta(days=1))
        await asyncio.sleep(0)


async def test_it_can_start_ahead_and_never_goes_back() -> None:
    clock = MovableClock(timedelta(days=1))
    assert clock.now() - datetime.now(UTC) > timedelta(hours=23)
    with pytest.raises(ValueError, match="forward only"):
        clock.move(-HOUR)
    with pytest.raises(ValueError, match="forward only"):
        MovableClock(-HOUR)
    assert clock.ahead == timedelta(days=1)


async def test_who_listens_hears_of_every_move_until_they_stop() -> None:
    clock = MovableClock()
    heard: list[timedelta] = []
    stop = clock.listen(lambda: heard.append(clock.ahead))
    clock.move(HOUR)
    stop()
    clock.move(HOUR)
    assert heard == [HOUR]
