"""Timers: each fires once, whatever else happens, and the store alone knows when."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import Unavailable
from core.flow.timers import LIMIT, PUT_OFF, Timers
from core.model.record import CaseWrite, Commit, Timer
from tests.clock import START, FakeClock
from tests.core.examples import COMMUNITY, a_case
from tests.core.house import RiggedStore
from tests.core.noticeboard import Noticeboard


class Bell:
    """A handler that counts and answers."""

    def __init__(self, answer: Callable[[Timer], Awaitable[Commit]] | None = None) -> None:
        self.rung: list[str] = []
        self._answer = answer

    async def __call__(self, timer: Timer) -> Commit:
        self.rung.append(timer.key)
        return await self._answer(timer) if self._answer else Commit()


class Tower:
    """Timers over a store in memory."""

    def __init__(self, **handlers: Bell) -> None:
        self.clock = FakeClock()
        self.store = RiggedStore(self.clock)
        self.board = Noticeboard()
        self.wakes = 0
        self.timers = Timers(
            store=self.store, clock=self.clock, handlers=handlers, notices=self.board, wake=self._woken
        )

    def _woken(self) -> None:
        self.wakes += 1

    async def set(self, kind: str, key: str, after: timedelta = timedelta()) -> Timer:
        timer = Timer(kind=kind, key=key, due_at=START + after, community=COMMUNITY)
        await self.store.commit(Commit(timers=(timer,)))
        return timer


async def test_what_is_due_fires_once_and_what_is_not_waits() -> None:
    bell = Bell()
    tower = Tower(bell=bell)
    await tower.set("bell", "late", timedelta(minutes=2))
    await tower.set("bell", "soon", timedelta(minutes=1))
    assert await tower.timers.fire_due() == 0
    tower.clock.advance(timedelta(minutes=1))
    assert await tower.timers.fire_due() == 1
    assert await tower.timers.fire_due() == 0
    tower.clock.advance(timedelta(minutes=1))
    await tower.timers.fire_due()
    assert bell.rung == ["soon", "late"]
    assert tower.wakes == 2


async def test_a_timer_that_another_process_fired_first_writes_nothing() -> None:
    case = a_case()

    async def closing(timer: Timer) -> Commit:
        await tower.store.commit(Commit(fired_timers=(timer,)))
        return Commit(cases=(CaseWrite(case=case, expected_version=0),))

    tower = Tower(bell=Bell(closing))
    await tower.set("bell", case.id)
    await tower.timers.fire_due()
    assert await tower.store.case(COMMUNITY, case.id) is None


async def test_a_timer_that_was_moved_while_it_fired_waits_for_its_new_time() -> None:
    async def moving(timer: Timer) -> Commit:
        if timer.due_at == START:
            await tower.store.commit(Commit(timers=(replace(timer, due_at=START + timedelta(hours=1)),)))
        return Commit()

    bell = Bell(moving)
    tower = Tower(bell=bell)
    await tower.set("bell", "a")
    await tower.timers.fire_due()
    assert await tower.store.next_timer_at() == START + timedelta(hours=1)
    tower.clock.advance(timedelta(hours=1))
    await tower.timers.fire_due()
    assert bell.rung == ["a", "a"]
    assert await tower.store.next_timer_at() is None


async def test_a_handler_whose_case_changed_is_asked_again() -> None:
    bell = Bell()
    tower = Tower(bell=bell)
    await tower.set("bell", "a")
    tower.store.stale = 3
    await tower.timers.fire_due()
    assert bell.rung == ["a"] * 4


async def test_a_case_that_never_stops_changing_leaves_its_timer_in_place_and_holds_back_no_other() -> None:
    bell = Bell()
    tower = Tower(bell=bell)
    timer = await tower.set("bell", "a")
    await tower.set("bell", "b")
    tower.store.stale = 50
    with pytest.raises(Unavailable):
        await tower.timers.fire_due()
    assert await tower.store.due_timers(START, 10) == [timer]
    assert bell.rung == ["a"] * 50 + ["b"]


@pytest.mark.parametrize("is_moved", [True, False])
async def test_a_failed_timer_that_somebody_moved_or_cancelled_meanwhile_is_not_put_off(is_moved: bool) -> None:
    later = START + timedelta(hours=1)

    async def overtaken(timer: Timer) -> Commit:
        change = Commit(timers=(replace(timer, due_at=later),))
        await tower.store.commit(change if is_moved else Commit(cancelled_timers=((timer.kind, timer.key),)))
        raise KeyError("words that must not get out")

    tower = Tower(bell=Bell(overtaken))
    await tower.set("bell", "a")
    await tower.timers.fire_due()
    assert await tower.store.next_timer_at() == (later if is_moved else None)


@pytest.mark.parametrize("kind", ["broken", "of a newer version"])
async def test_a_timer_that_can_not_be_fired_is_put_off_told_and_holds_back_no_other(kind: str) -> None:
    async def broken(timer: Timer) -> Commit:
        raise KeyError("words that must not get out")

    bell = Bell()
    tower = Tower(bell=bell, broken=Bell(broken))
    await tower.set(kind, "a")
    await tower.set("bell", "b")
    await tower.timers.fire_due()
    assert bell.rung == ["b"]
    assert tower.board.standing[f"timer.{kind}"].params == {"kind": kind}
    assert await tower.store.next_timer_at() == START + PUT_OFF


async def test_the_notice_about_a_timer_goes_when_one_of_its_kind_fires_again() -> None:
    is_broken = True

    async def breaking(timer: Timer) -> Commit:
        if is_broken:
            raise KeyError("a fault of ours")
        return Commit()

    tower = Tower(bell=Bell(breaking))
    await tower.set("bell", "a")
    await tower.timers.fire_due()
    is_broken = False
    assert tower.board.standing
    tower.clock.advance(PUT_OFF)
    await tower.timers.fire_due()
    assert not tower.board.standing


async def test_a_store_that_can_not_write_leaves_every_timer_in_place() -> None:
    tower = Tower(bell=Bell())
    await tower.set("bell", "a")
    tower.store.refusals.append(Unavailable(reason="the disk is full"))
    with pytest.raises(Unavailable):
        await tower.timers.fire_due()
    assert await tower.timers.fire_due() == 1


async def test_many_due_timers_all_fire_in_the_loop_also_over_a_bad_moment() -> None:
    all_rung = asyncio.Event()

    async def counting(timer: Timer) -> Commit:
        if len(set(bell.rung)) == LIMIT + 20:
            all_rung.set()
        return Commit()

    bell = Bell(counting)
    tower = Tower(bell=bell)
    for number in range(LIMIT + 20):
        await tower.set("bell", f"{number:03}")
    await tower.set("bell", "tomorrow", timedelta(days=1))
    running = asyncio.create_task(tower.timers.run())
    async with asyncio.timeout(5):
        await all_rung.wait()
        tower.store.refusals.append(Unavailable(reason="the disk is full"))
        tower.clock.advance(timedelta(days=1))
        while "tomorrow" not in bell.rung:
            tower.timers.changed()
            await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def test_a_loop_without_timers_wakes_for_the_first_one() -> None:
    rung = asyncio.Event()

    async def ringing(timer: Timer) -> Commit:
        rung.set()
        return Commit()

    tower = Tower(bell=Bell(ringing))
    running = asyncio.create_task(tower.timers.run())
    for _ in range(10):
        await asyncio.sleep(0)
    await tower.set("bell", "a")
    assert not rung.is_set()
    tower.timers.changed()
    async with asyncio.timeout(5):
        await rung.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
