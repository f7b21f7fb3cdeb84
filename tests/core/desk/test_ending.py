"""Sanctions with an end: over at their time, once, whatever else was done meanwhile."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from core.desk.due import CaseTimers
from core.errors import GaveUp, NotAllowed, RetryLater
from core.flow.planning import ENDING_TIMER, effect_action, ending_timers
from core.flow.timers import Handler
from core.model.action import FOREVER_S, ActionKind, Effect, inverse_of
from core.model.case import Case, Enforcement
from core.model.record import ActionRecord, ActionState, Commit
from tests.clock import START
from tests.core.desk.asking import a_house_with, verbs
from tests.core.house import LIVE_LADDER, House

TIMEOUT, LIFT, BAN, UNBAN = ActionKind.TIMEOUT, ActionKind.LIFT_TIMEOUT, ActionKind.BAN, ActionKind.UNBAN
DAY_S = "86400"


async def ordered(kind: ActionKind = BAN, duration_s: str = DAY_S) -> tuple[House, Case, ActionRecord]:
    """A case from which bob ordered something that has been carried out."""
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "order", kind=kind.value, duration_s=duration_s)
    await house.deliver()
    (record,) = await house.records(case, kind)
    return house, await house.case(case.id), record


async def ends(house: House) -> list[timedelta]:
    due = await house.store.due_timers(START + timedelta(days=400), 1000)
    return [timer.due_at - START for timer in due if timer.kind == ENDING_TIMER]


@pytest.mark.parametrize(
    ("kind", "duration_s"), [(TIMEOUT, "600"), (BAN, DAY_S), (ActionKind.SLOW_MODE, "600"), (ActionKind.LOCK, "600")]
)
async def test_what_has_an_end_is_over_then_and_the_audit_says_so(kind: ActionKind, duration_s: str) -> None:
    house, _, record = await ordered(kind, duration_s)
    inverse = inverse_of(kind)
    assert inverse is not None
    await house.pass_time(timedelta(seconds=int(duration_s) - 1))
    await house.deliver()
    assert not house.stage.called(inverse)
    await house.pass_time(timedelta(seconds=1))
    await house.deliver()
    (order,) = house.stage.orders(inverse)
    assert (order.action.target, order.action.params["undoes"], order.receipt) == (
        record.action.target,
        record.action.key,
        record.receipt,
    )
    assert "action_ended" in await verbs(house)
    assert await ends(house) == []


async def test_what_has_no_end_has_no_timer() -> None:
    house, _, _ = await ordered(BAN, str(FOREVER_S))
    assert await ends(house) == []


async def test_proposals_and_what_shadow_wrote_down_have_no_timer() -> None:
    house = House(LIVE_LADDER.model_copy(update={"enforcement": "shadow"}))
    await house.say("insult:4")
    await house.settle()
    assert await ends(house) == []


async def test_an_automatic_sanction_ends_too() -> None:
    house, _ = await a_house_with("insult:3")
    await house.pass_time(timedelta(minutes=10))
    await house.deliver()
    assert house.stage.called(LIFT) == 1


async def test_it_ends_also_when_its_case_is_closed_and_the_bot_was_down_over_the_end() -> None:
    house, case, _ = await ordered()
    await house.clicked("bob", case, "resolve", outcome="upheld")
    house.clock.advance(timedelta(days=3))
    house.start()
    await house.pass_time(timedelta())
    await house.deliver()
    assert house.stage.called(UNBAN) == 1


async def test_what_was_undone_before_is_not_undone_again() -> None:
    house, case, record = await ordered()
    await house.clicked("bob", case, "undo_action", action=record.action.key)
    await house.deliver()
    await house.pass_time(timedelta(days=2))
    await house.deliver()
    assert house.stage.called(UNBAN) == 1
    assert "action_ended" not in await verbs(house)


async def test_what_is_taken_back_before_it_happens_has_no_end() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "order", kind="ban", duration_s=DAY_S)
    (record,) = await house.records(case, BAN)
    await house.clicked("bob", await house.case(case.id), "undo_action", action=record.action.key)
    assert await ends(house) == []


async def test_an_undoing_that_the_platform_refused_is_made_good_at_the_end() -> None:
    house, case, record = await ordered()
    house.stage.refuse(NotAllowed(reason="no permission"), kind=UNBAN)
    await house.clicked("bob", case, "undo_action", action=record.action.key)
    await house.deliver()
    await house.pass_time(timedelta(days=1))
    await house.deliver()
    assert len(house.stage.orders(UNBAN)) == 1


@pytest.mark.parametrize("by", ["cat", "bob"])
async def test_a_newer_order_of_the_same_kind_keeps_it_up(by: str) -> None:
    house, case, _ = await ordered()
    house.clock.advance(timedelta(hours=1))
    await also(house, case, BAN, 30 * 86400, by)
    await house.deliver()
    await house.pass_time(timedelta(days=1))
    await house.deliver()
    assert not house.stage.called(UNBAN)
    await house.pass_time(timedelta(days=30))
    await house.deliver()
    assert house.stage.called(UNBAN) == 1


async def also(house: House, case: Case, kind: ActionKind, duration_s: int, by: str) -> None:
    """Another order about the same target, with its timer."""
    effect = Effect(kind=kind, target=case.subject, duration_s=duration_s)
    later = replace(await house.case(case.id), version=100)
    action = effect_action(later, effect, house.clock.now(), Enforcement.LIVE, by=by)
    await house.store.commit(Commit(actions=(action,), timers=tuple(ending_timers([action]))))


async def test_another_kind_of_sanction_keeps_nothing_up() -> None:
    house, case, _ = await ordered()
    await also(house, case, TIMEOUT, 30 * 86400, "cat")
    await house.deliver()
    await house.pass_time(timedelta(days=1))
    await house.deliver()
    assert house.stage.called(UNBAN) == 1


async def test_a_person_s_older_order_outlasts_a_newer_automatic_one() -> None:
    house, case, _ = await ordered(BAN, str(FOREVER_S))
    await also(house, case, BAN, 600, "")
    await house.deliver()
    await house.pass_time(timedelta(minutes=10))
    await house.deliver()
    assert not house.stage.called(UNBAN)


async def test_a_newer_order_that_was_taken_back_keeps_nothing_up() -> None:
    house, case, _ = await ordered()
    house.clock.advance(timedelta(minutes=2))
    await house.clicked("bob", case, "order", kind="ban", duration_s=str(7 * 86400))
    bans = await house.records(case, BAN)
    await house.clicked("bob", await house.case(case.id), "undo_action", action=bans[-1].action.key)
    await house.deliver()
    await house.pass_time(timedelta(days=1))
    await house.deliver()
    assert house.stage.called(UNBAN) == 1


async def test_what_never_happened_is_not_undone() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    house.stage.refuse(NotAllowed(reason="no permission"), kind=BAN)
    await house.clicked("bob", claimed, "order", kind="ban", duration_s=DAY_S)
    await house.deliver()
    await house.pass_time(timedelta(days=1))
    await house.deliver()
    assert not house.stage.called(UNBAN)


async def test_what_is_still_tried_at_its_end_and_may_have_happened_is_stopped_and_undone() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    house.stage.refuse(GaveUp(reason="the answer got lost", unknown=True), times=2, kind=TIMEOUT)
    await house.clicked("bob", claimed, "order", kind="timeout", duration_s="600")
    await house.delivery.deliver_due()
    await house.pass_time(timedelta(minutes=10))
    await house.deliver()
    (record,) = await house.records(case, TIMEOUT)
    assert record.state is ActionState.WITHDRAWN
    assert house.stage.called(LIFT) == 1


async def test_what_waited_past_its_end_is_withdrawn_without_an_undoing() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "order", kind="timeout", duration_s="600")
    await house.pass_time(timedelta(minutes=10))
    await house.deliver()
    (record,) = await house.records(case, TIMEOUT)
    assert record.state is ActionState.WITHDRAWN
    assert not house.stage.called(TIMEOUT)
    assert not house.stage.called(LIFT)


async def test_the_end_waits_for_what_is_under_way_at_that_moment() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "order", kind="timeout", duration_s="600")
    house.clock.advance(timedelta(minutes=9, seconds=59))
    (timeout,) = await house.records(case, TIMEOUT)
    await house.store.record_action(timeout.action.after, ActionState.DONE, house.clock.now())
    await house.store.claim_actions(house.clock.now(), 10)
    await house.pass_time(timedelta(seconds=1))
    assert not await house.records(case, LIFT)
    await house.store.record_action(timeout.action.key, ActionState.DONE, house.clock.now())
    await house.pass_time(timedelta(minutes=1))
    assert len(await house.records(case, LIFT)) == 1


async def test_a_clock_that_went_back_moves_no_end() -> None:
    house, _, record = await ordered()
    (timer,) = [t for t in await house.store.due_timers(START + timedelta(days=9), 99) if t.kind == ENDING_TIMER]
    commit = await handlers(house)[ENDING_TIMER](timer)
    assert [each.due_at for each in commit.timers] == [record.action.until]
    assert not commit.actions


def handlers(house: House, *by_itself: ActionKind) -> Mapping[str, Handler]:
    return CaseTimers(
        store=house.store,
        clock=house.clock,
        policy_of=lambda _: house.policy,
        staff=house.crew,
        ends_by_itself=lambda _: frozenset(by_itself),
    ).handlers


async def test_what_the_platform_ends_by_itself_is_left_to_it() -> None:
    house, _, _ = await ordered()
    (timer,) = [t for t in await house.store.due_timers(START + timedelta(days=9), 99) if t.kind == ENDING_TIMER]
    house.clock.advance(timedelta(days=1))
    assert await handlers(house, BAN)[ENDING_TIMER](timer) == Commit()
    assert (await handlers(house, TIMEOUT)[ENDING_TIMER](timer)).actions


async def test_a_platform_that_is_down_at_the_end_is_asked_again() -> None:
    house, _, _ = await ordered()
    house.stage.refuse(RetryLater(reason="down", after=timedelta(minutes=1)), times=5, kind=UNBAN)
    await house.pass_time(timedelta(days=1))
    await house.deliver()
    assert len(house.stage.orders(UNBAN)) == 1
