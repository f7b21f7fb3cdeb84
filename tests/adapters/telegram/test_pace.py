"""The pace: per chat, per group, in all, and by lane."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from adapters.telegram.pace import Pace
from core.errors import RetryLater
from core.model.action import Lane
from tests.clock import FakeClock

GROUP, OTHER, MEMBER = -1, -2, 5


async def sent(pace: Pace, clock: FakeClock, chat: int, lane: Lane, *, within: timedelta) -> list[float]:
    """When messages go out if somebody always has one more."""
    times = []
    until = clock.monotonic() + within.total_seconds()
    while clock.monotonic() < until:
        task = asyncio.create_task(pace.turn(chat, lane, is_message=True))
        await asyncio.sleep(0)
        if not task.done():
            clock.advance(timedelta(seconds=1))
        try:
            await task
        except RetryLater as later:
            clock.advance(later.after or timedelta())
        else:
            times.append(clock.monotonic())
    return times


@pytest.mark.parametrize(("lane", "most"), [(Lane.CRISIS, 20), (Lane.ALERT, 18), (Lane.HOUSEKEEPING, 12)])
async def test_a_group_gets_one_message_a_second_and_a_share_of_20_a_minute(lane: Lane, most: int) -> None:
    clock = FakeClock()
    times = await sent(Pace(clock), clock, GROUP, lane, within=timedelta(minutes=5))
    assert all(later - earlier >= 1 for earlier, later in itertools.pairwise(times))
    assert max(sum(start <= each < start + 60 for each in times) for start in times) == most


async def test_a_private_chat_has_no_limit_of_groups() -> None:
    clock = FakeClock()
    assert len(await sent(Pace(clock), clock, MEMBER, Lane.ALERT, within=timedelta(minutes=1))) >= 59


async def test_a_flood_in_one_group_leaves_room_for_crisis_there_and_for_all_elsewhere() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    await sent(pace, clock, GROUP, Lane.ALERT, within=timedelta(seconds=17))
    with pytest.raises(RetryLater):
        await pace.turn(GROUP, Lane.HOUSEKEEPING, is_message=True)
    clock.advance(timedelta(seconds=1))
    before = clock.monotonic()
    await pace.turn(GROUP, Lane.CRISIS, is_message=True)
    await pace.turn(OTHER, Lane.ALERT, is_message=True)
    assert clock.monotonic() == before


async def test_requests_of_all_chats_together_stay_below_telegrams_limit() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    turns = [asyncio.create_task(pace.turn(-chat, Lane.CRISIS, is_message=True)) for chat in range(1, 85)]
    at_once = []
    for _ in range(4):
        for _ in range(3):
            await asyncio.sleep(0)
        at_once.append(sum(turn.done() for turn in turns))
        clock.advance(timedelta(seconds=1))
    assert at_once == [28, 56, 84, 84]


async def test_what_is_least_urgent_leaves_room_in_every_second() -> None:
    pace = Pace(FakeClock())
    for chat in range(1, 13):
        await pace.turn(-chat, Lane.HOUSEKEEPING, is_message=False)
    waiting = asyncio.create_task(pace.turn(-13, Lane.HOUSEKEEPING, is_message=False))
    await pace.turn(-14, Lane.CRISIS, is_message=True)
    assert not waiting.done()
    waiting.cancel()


async def test_a_pause_holds_everything_about_one_chat_and_nothing_else() -> None:
    clock = FakeClock()
    pace = Pace(clock)
    pace.hold(GROUP, timedelta(minutes=10))
    pace.hold(GROUP, timedelta(minutes=1))
    for is_message in (True, False):
        with pytest.raises(RetryLater) as later:
            await pace.turn(GROUP, Lane.CRISIS, is_message=is_message)
        assert later.value.after == timedelta(minutes=10)
    await pace.turn(OTHER, Lane.HOUSEKEEPING, is_message=True)
    clock.advance(timedelta(minutes=10))
    await pace.turn(GROUP, Lane.CRISIS, is_message=True)
