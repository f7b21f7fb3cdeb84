"""Supervision: a loop that fails starts again, and people hear of it for as long as it is so."""

import asyncio
from datetime import timedelta

from bots.supervisor import PAUSES_S, REFUSED_PAUSE_S, STEADY_AFTER_S, supervised
from core.errors import ConfigurationRefused
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard


class Failing:
    """A loop that fails a number of times and then runs until it is cancelled or told to end."""

    def __init__(self, times: int) -> None:
        self.starts = 0
        self.may_end = asyncio.Event()
        self._times = times

    async def __call__(self) -> None:
        self.starts += 1
        if self.starts <= self._times:
            raise OSError("synthetic")
        await self.may_end.wait()


async def settled() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_the_notice_about_a_loop_goes_when_it_has_run_steadily() -> None:
    clock, board, loop = FakeClock(), Noticeboard(), Failing(1)
    async with supervised({"bell": loop}, clock, board):
        await settled()
        assert "loop.bell" in board.standing
        clock.advance(timedelta(seconds=PAUSES_S[0]))
        await settled()
        assert loop.starts == 2
        clock.advance(timedelta(seconds=STEADY_AFTER_S - 1))
        await settled()
        assert "loop.bell" in board.standing
        clock.advance(timedelta(seconds=1))
        await settled()
        assert not board.standing


async def test_a_loop_that_comes_to_its_end_leaves_no_notice() -> None:
    clock, board, loop = FakeClock(), Noticeboard(), Failing(1)
    async with supervised({"bell": loop}, clock, board):
        await settled()
        clock.advance(timedelta(seconds=PAUSES_S[0]))
        loop.may_end.set()
        await settled()
        assert not board.standing


async def test_a_loop_that_keeps_failing_waits_longer_each_time_and_its_notice_stands() -> None:
    clock, board, loop = FakeClock(), Noticeboard(), Failing(100)
    async with supervised({"bell": loop}, clock, board):
        for starts, pause in enumerate((*PAUSES_S, PAUSES_S[-1], PAUSES_S[-1]), start=1):
            await settled()
            assert loop.starts == starts
            clock.advance(timedelta(seconds=pause - 0.01))
            await settled()
            assert loop.starts == starts
            assert "loop.bell" in board.standing
            clock.advance(timedelta(seconds=0.01))


async def test_what_only_the_owner_can_mend_is_tried_seldom_and_told_with_the_remedy() -> None:
    clock, board, starts = FakeClock(), Noticeboard(), 0

    async def refused() -> None:
        nonlocal starts
        starts += 1
        raise ConfigurationRefused("SYNTHETIC_TOKEN", "was revoked", "make another one")

    async with supervised({"bell": refused}, clock, board):
        await settled()
        assert board.standing["loop.bell"].key == "notice.mend"
        assert "make another one" in str(board.standing["loop.bell"].params["reason"])
        clock.advance(timedelta(seconds=REFUSED_PAUSE_S - 1))
        await settled()
        assert starts == 1
        clock.advance(timedelta(seconds=1))
        await settled()
        assert starts == 2


async def test_a_loop_that_passes_on_a_cancellation_that_nobody_asked_for_starts_again() -> None:
    clock, board, starts = FakeClock(), Noticeboard(), 0

    async def waits_for_what_is_cancelled() -> None:
        nonlocal starts
        starts += 1
        inner = asyncio.ensure_future(asyncio.Event().wait())
        asyncio.get_running_loop().call_soon(inner.cancel)
        await inner

    async with supervised({"bell": waits_for_what_is_cancelled}, clock, board):
        await settled()
        assert (starts, set(board.standing)) == (1, {"loop.bell"})
        clock.advance(timedelta(seconds=PAUSES_S[0]))
        await settled()
        assert starts == 2


async def test_a_loop_that_is_asked_to_end_ends_and_leaves_no_notice() -> None:
    clock, board, loop = FakeClock(), Noticeboard(), Failing(0)
    async with supervised({"bell": loop}, clock, board):
        await settled()
    assert (loop.starts, board.raised) == (1, [])
