"""What the clock does: a claim lapses, a snooze ends, a case's text goes, the store sweeps."""

from datetime import timedelta

import pytest

from core.desk.due import HOUSEKEEPING_TIMER, CaseTimers, housekeeping, housekeeping_timer
from core.desk.queue import Revealed
from core.errors import Unavailable
from core.flow.pacing import CHAIN_TIMER, LEASE_TIMER, SNOOZE_TIMER
from core.flow.planning import TEXT_TIMER
from core.flow.timers import Timers
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import Concern, State
from core.model.case_event import Why
from core.model.record import Commit, Timer
from tests.clock import START
from tests.core.desk.asking import LEASE, a_house_with, timers, verbs, why
from tests.core.examples import COMMUNITY, a_case
from tests.core.house import House, actor


async def test_a_lease_that_lapses_gives_the_case_back_and_pages() -> None:
    house, case = await a_house_with("disclosure:3")
    claimed = await house.clicked("rae", case, "claim")
    await house.pass_time(LEASE - timedelta(seconds=1))
    assert (await house.the_case(Concern.CRISIS)).holder == "rae"
    await house.pass_time(timedelta(seconds=1))
    lapsed = await house.the_case(Concern.CRISIS)
    assert (lapsed.state, lapsed.holder) == (State.WAITING, None)
    assert why(await house.click("rae", claimed, "release")) is Why.CHANGED
    await house.deliver()
    assert house.stage.called(ActionKind.PAGE) == 1
    assert (await verbs(house))[-1] == AuditVerb.LEASE_LAPSED


async def test_a_case_that_was_released_in_time_lapses_no_more() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "release")
    await house.pass_time(timedelta(hours=1))
    assert AuditVerb.LEASE_LAPSED not in await verbs(house)


@pytest.mark.parametrize(
    ("closes_after", "gone_after"),
    [
        (None, timedelta(days=7)),
        (timedelta(hours=1), timedelta(hours=25)),
        (timedelta(days=6, hours=12), timedelta(days=7)),
    ],
)
async def test_text_dies_a_day_after_its_case_closes_and_after_a_week_at_most(
    closes_after: timedelta | None, gone_after: timedelta
) -> None:
    house, case = await a_house_with("disclosure:3")
    if closes_after is not None:
        await house.pass_time(closes_after)
        await house.clicked("rae", case, "resolve", outcome="followed_up")
    await house.pass_time(START + gone_after - house.clock.now() - timedelta(seconds=1))
    assert isinstance(await house.queue.show(actor("rae"), case.id), Revealed)
    await house.pass_time(timedelta(seconds=1))
    assert why(await house.queue.show(actor("rae"), case.id)) is Why.TEXT_GONE
    assert not (await house.store.counts())["texts"]
    assert (await verbs(house))[-1] == AuditVerb.TEXT_DESTROYED


async def test_messages_that_keep_joining_keep_no_text_longer_than_a_week() -> None:
    house, case = await a_house_with("disclosure:3")
    for day in range(1, 30):
        await house.pass_time(timedelta(days=1))
        await house.say("disclosure:3", f"day{day}")
        await house.settle()
        kept = await house.store.texts(COMMUNITY, case.id)
        assert kept
        assert all(house.clock.now() - each.message.sent_at <= timedelta(days=7) for each in kept)
    assert (await house.the_case(Concern.CRISIS)).messages == 30


async def test_a_timer_that_came_too_late_changes_nothing_and_is_spent() -> None:
    house, case = await a_house_with("insult:2")
    for kind in (LEASE_TIMER, SNOOZE_TIMER):
        await house.store.commit(Commit(timers=(Timer(kind=kind, key=case.id, due_at=START, community=COMMUNITY),)))
    await house.pass_time(timedelta(seconds=1))
    assert await house.the_case() == case
    assert set(await timers(house)) == {CHAIN_TIMER, TEXT_TIMER}


async def test_a_timer_of_a_case_that_is_gone_fires_into_nothing() -> None:
    house = House()

    for kind in (LEASE_TIMER, SNOOZE_TIMER, TEXT_TIMER):
        await house.store.commit(Commit(timers=(Timer(kind=kind, key=a_case().id, due_at=START, community=COMMUNITY),)))
    await house.store.commit(Commit(timers=(Timer(kind=TEXT_TIMER, key="everywhere", due_at=START),)))
    await house.pass_time(timedelta(seconds=1))
    assert not await house.store.due_timers(house.clock.now(), 10)
    assert not house.board.raised


class Broom:
    """A sweep that counts and can fail."""

    def __init__(self) -> None:
        self.strokes = 0
        self.fails = False

    async def __call__(self) -> None:
        self.strokes += 1
        if self.fails:
            raise Unavailable(reason="the key file can't be used")


def sweeping(house: House, broom: Broom) -> Timers:
    mine = CaseTimers(store=house.store, clock=house.clock, policy_of=lambda _: house.policy, staff=house.crew)
    due = {**mine.handlers, HOUSEKEEPING_TIMER: housekeeping(broom, house.clock)}
    return Timers(store=house.store, clock=house.clock, handlers=due, notices=house.board)


async def test_housekeeping_comes_every_hour_once_it_is_set() -> None:
    house, broom = House(), Broom()
    swept = sweeping(house, broom)
    await house.store.commit(Commit(timers=(housekeeping_timer(START),)))
    for hour in range(1, 4):
        house.clock.advance(timedelta(minutes=59))
        await swept.fire_due()
        assert broom.strokes == hour - 1
        house.clock.advance(timedelta(minutes=1))
        await swept.fire_due()
        await swept.fire_due()
        assert broom.strokes == hour


async def test_housekeeping_that_fails_holds_back_no_claim_and_is_tried_again() -> None:
    house, case = await a_house_with("insult:2")
    broom = Broom()
    swept = sweeping(house, broom)
    await house.store.commit(Commit(timers=(housekeeping_timer(START - timedelta(hours=1)),)))
    await house.clicked("bob", case, "claim")
    broom.fails = True
    house.clock.advance(LEASE)
    await swept.fire_due()
    assert (await house.the_case()).state is State.WAITING
    assert "timer.housekeeping" in house.board.standing
    broom.fails = False
    house.clock.advance(timedelta(minutes=1))
    await swept.fire_due()
    assert not house.board.standing
    assert broom.strokes == 2


@pytest.mark.parametrize(("outcome", "days"), [("not_a_problem", 1), ("help_called", 5)])
async def test_words_that_were_held_for_somebody_are_held_no_more_once_it_was_no_problem(
    outcome: str, days: int
) -> None:
    house, case = await a_house_with("disclosure:4")
    claimed = await house.clicked("rae", case, "claim")
    held = await house.clicked("rae", claimed, "hold", hours="120")
    await house.clicked("rae", held, "resolve", outcome=outcome)
    assert (await timers(house))[TEXT_TIMER] == timedelta(days=days)
