"""The watch on the intake: what waits, since when, and whether anything moves."""

from datetime import timedelta

import pytest

from adapters.local.memory_intake import MemoryIntake
from bots.run.taking_in import WatchedIntake
from core.model.event import MemberJoined
from core.model.message import CommunityId, MemberId, PlatformName
from tests.clock import FakeClock


def joined(number: int, clock: FakeClock) -> MemberJoined:
    return MemberJoined(
        platform=PlatformName("local"),
        community=CommunityId("local:harbour"),
        member=MemberId(f"m{number}"),
        name="Robin",
        at=clock.now(),
    )


async def test_an_event_waits_from_its_coming_until_the_engine_has_been_through_it() -> None:
    clock = FakeClock()
    intake = WatchedIntake(MemoryIntake(), clock)
    assert (intake.waiting, intake.oldest_s, intake.still_s) == (0, 0.0, 0.0)
    await intake.append([joined(1, clock), joined(2, clock)])
    clock.advance(timedelta(seconds=5))
    await intake.append([joined(3, clock)])
    first = await intake.take(2)
    assert (intake.waiting, intake.oldest_s) == (3, 5.0)
    await intake.ack([each.seq for each in first])
    second = await intake.take(2, after=first[-1].seq)
    assert (intake.waiting, intake.oldest_s) == (1, 0.0)
    assert await intake.take(2, after=second[-1].seq) == []
    assert (intake.waiting, intake.taken_in) == (0, 3)


async def test_a_batch_that_is_tried_again_still_waits() -> None:
    clock = FakeClock()
    intake = WatchedIntake(MemoryIntake(), clock)
    await intake.append([joined(1, clock)])
    for _ in range(3):
        assert len(await intake.take(10)) == 1
        clock.advance(timedelta(seconds=30))
    assert (intake.waiting, intake.oldest_s, intake.still_s) == (1, 90.0, 90.0)


async def test_a_long_queue_that_moves_does_not_stand_still() -> None:
    clock = FakeClock()
    intake = WatchedIntake(MemoryIntake(), clock)
    await intake.append([joined(number, clock) for number in range(10)])
    after = 0
    for _ in range(4):
        clock.advance(timedelta(seconds=50))
        after = (await intake.take(2, after=after))[-1].seq
    assert intake.oldest_s == 200.0
    assert intake.still_s == pytest.approx(0.0)


async def test_what_was_there_before_the_start_waits_from_the_start_on() -> None:
    clock = FakeClock()
    intake = WatchedIntake(MemoryIntake(), clock, waiting=4)
    clock.advance(timedelta(seconds=7))
    assert (intake.waiting, intake.oldest_s, intake.still_s) == (4, 7.0, 7.0)


async def test_a_repeat_of_an_event_does_not_wait_twice() -> None:
    clock = FakeClock()
    intake = WatchedIntake(MemoryIntake(), clock)
    await intake.append([joined(1, clock)])
    await intake.append([joined(1, clock)])
    assert (intake.waiting, intake.taken_in) == (1, 1)
