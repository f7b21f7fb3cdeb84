"""Delivery: every way in which an attempt can end, and what the law of its kind makes of it."""

import asyncio
from datetime import timedelta

import pytest

from core.desk.card import compose
from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater
from core.flow.delivery import MAX_ENFORCEMENT_ATTEMPTS, Delivery
from core.flow.settled import LONGEST_WAIT
from core.model.action import LAWS, ActionKind, Retry
from core.model.case import CaseId, Enforcement
from core.model.record import ActionState
from tests.clock import START
from tests.core.examples import COMMUNITY, a_case
from tests.core.flow.delivering import ALERT, BAN, DELETE, NOTICE, TIMEOUT, WARN, a_house_with, order, the_record
from tests.core.house import LIVE_LADDER, House


async def test_what_the_platform_made_is_kept_as_its_receipt() -> None:
    house, case = await a_house_with("insult:3")
    assert await house.delivery.deliver_due() == 5, "the card, two sanctions and a notice of each"
    for kind in (ALERT, TIMEOUT, DELETE):
        record = await the_record(house, case, kind)
        assert record.state is ActionState.DONE
        assert record.receipt == f"receipt of {record.action.key}"
    assert await house.delivery.deliver_due() == 0


async def test_only_cards_carry_a_card() -> None:
    house, case = await a_house_with("insult:3")
    await house.deliver()
    assert {(order.action.kind, order.card is not None) for order in house.stage.calls} == {
        (ALERT, True),
        (NOTICE, False),
        (TIMEOUT, False),
        (DELETE, False),
    }
    (timeout,) = house.stage.orders(TIMEOUT)
    assert timeout.action.until == START + timedelta(seconds=600)
    assert case.subject == timeout.action.target


@pytest.mark.parametrize("kind", [ALERT, TIMEOUT, DELETE])
async def test_a_platform_that_asks_to_wait_is_asked_again_when_it_said(kind: ActionKind) -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(RetryLater(reason="slow down", after=timedelta(seconds=42)), kind=kind)
    await house.delivery.deliver_due()
    record = await the_record(house, case, kind)
    assert (record.state, record.note) == (ActionState.PENDING, "slow down")
    assert record.action.due_at == START + timedelta(seconds=42)
    house.clock.advance(timedelta(seconds=41))
    assert await house.delivery.deliver_due() == 0
    house.clock.advance(timedelta(seconds=1))
    assert await house.delivery.deliver_due() == 1
    assert (await the_record(house, case, kind)).state is ActionState.DONE


async def test_without_a_time_the_waits_grow_and_end_at_five_minutes() -> None:
    house, case = await a_house_with("insult:2")
    house.stage.refuse(RetryLater(reason="slow down"), times=10)
    waits = []
    for _ in range(10):
        await house.delivery.deliver_due()
        due_at = (await the_record(house, case, ALERT)).action.due_at
        assert due_at is not None
        waits.append((due_at - house.clock.now()).total_seconds())
        house.clock.advance(due_at - house.clock.now())
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.parametrize("kind", [ALERT, TIMEOUT, DELETE])
async def test_what_is_done_already_is_done(kind: ActionKind) -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(AlreadyDone(reason="it is gone"), kind=kind)
    await house.deliver()
    assert (await the_record(house, case, kind)).state is ActionState.DONE
    assert house.stage.called(kind) == 1


@pytest.mark.parametrize("error", [NotAllowed(reason="no permission"), GaveUp(reason="no such channel")])
async def test_an_alert_that_is_refused_is_tried_until_somebody_mends_it_and_people_are_told(error: Exception) -> None:
    house, case = await a_house_with("disclosure:4")
    house.stage.refuse(error, times=100, kind=ALERT)
    await house.deliver(within=timedelta(hours=9))
    assert (await the_record(house, case, ALERT)).state is ActionState.DONE
    assert house.stage.called(ALERT) == 101
    assert house.board.raised.count("deliver.local:harbour.crisis.alert") == 100
    assert not house.board.standing


@pytest.mark.parametrize("error", [NotAllowed(reason="no permission"), GaveUp(reason="no such member")])
async def test_an_enforcement_that_is_refused_has_failed_and_people_are_told(error: Exception) -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(error, kind=TIMEOUT)
    await house.deliver()
    record = await the_record(house, case, TIMEOUT)
    assert (record.state, record.note) == (ActionState.FAILED, str(error))
    assert house.stage.called(TIMEOUT) == 1
    notice = house.board.standing["deliver.local:harbour.enforcement.timeout"]
    assert notice.params == {"action": "timeout", "reason": str(error)}
    verbs = [entry.verb for entry in await house.store.audit(COMMUNITY, 100)]
    assert verbs.count("action_failed") == 1
    assert verbs.count("action_done") == 4, "the deletion, a notice of each, and that the time-out does not hold"


UNKNOWN = [GaveUp(reason="the answer got lost", unknown=True), ValueError("words that must not get out"), OSError()]


@pytest.mark.parametrize("error", UNKNOWN)
async def test_a_warning_whose_outcome_is_unknown_is_never_repeated_and_people_are_told(error: Exception) -> None:
    house, case = await a_house_with("term:2")
    house.stage.refuse(error, kind=WARN)
    await house.deliver()
    record = await the_record(house, case, WARN)
    assert record.state is ActionState.UNKNOWN
    assert "words" not in repr(record)
    assert house.stage.called(WARN) == 1
    assert house.board.standing[f"unknown.{record.action.key}"].params == {"action": "warn"}


@pytest.mark.parametrize("error", UNKNOWN)
@pytest.mark.parametrize("kind", [ALERT, TIMEOUT, DELETE])
async def test_what_may_be_repeated_is_repeated_under_the_same_key(error: Exception, kind: ActionKind) -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(error, times=3, kind=kind)
    await house.deliver()
    assert (await the_record(house, case, kind)).state is ActionState.DONE
    calls = [order.action for order in house.stage.calls if order.action.kind is kind]
    assert len(calls) == 4
    assert len({(call.key, call.until) for call in calls}) == 1


async def test_an_enforcement_that_never_says_how_it_went_is_given_up_and_told() -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(OSError(), times=50, kind=DELETE)
    await house.deliver(within=timedelta(hours=2))
    assert (await the_record(house, case, DELETE)).state is ActionState.FAILED
    assert house.stage.called(DELETE) == MAX_ENFORCEMENT_ATTEMPTS
    assert [text.key for text in house.board.standing.values()] == ["notice.unknown"]


async def test_a_notice_about_an_unknown_outcome_outlives_what_works_for_others_and_goes_with_its_undoing() -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(OSError(), times=MAX_ENFORCEMENT_ATTEMPTS, kind=TIMEOUT)
    await house.deliver(within=timedelta(hours=2))
    timeout = await the_record(house, case, TIMEOUT)
    await order(house, case, TIMEOUT, "ben")
    await house.deliver()
    assert len(house.stage.orders(TIMEOUT)) == 1
    assert list(house.board.standing) == [f"unknown.{timeout.action.key}"]
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert not house.board.standing


async def test_a_notice_about_a_missing_permission_goes_when_such_an_action_works_again() -> None:
    house, case = await a_house_with("insult:3")
    house.stage.refuse(NotAllowed(reason="no permission"), kind=TIMEOUT)
    await house.deliver()
    assert house.board.standing
    await order(house, case, TIMEOUT, "ben")
    await house.deliver()
    assert not house.board.standing


async def test_an_alert_is_never_given_up() -> None:
    house, case = await a_house_with("disclosure:2")
    house.stage.refuse(OSError(), times=50, kind=ALERT)
    await house.deliver(within=timedelta(hours=6))
    assert (await the_record(house, case, ALERT)).state is ActionState.DONE


async def test_an_alert_whose_call_passes_on_a_cancellation_that_nobody_asked_for_is_sent_again() -> None:
    house, case = await a_house_with("insult:2")
    house.stage.refuse(asyncio.CancelledError(), kind=ALERT)
    await house.delivery.deliver_due()
    assert (await the_record(house, case, ALERT)).state is ActionState.PENDING
    await house.deliver()
    assert (await the_record(house, case, ALERT)).state is ActionState.DONE


@pytest.mark.parametrize(("text", "kind"), [("disclosure:2", ALERT), ("term:2", WARN)])
async def test_a_call_that_hangs_is_cut_off_and_treated_as_unknown(text: str, kind: ActionKind) -> None:
    house, case = await a_house_with(text, deadline_s=0.01)
    house.stage.hangs = True
    await house.delivery.deliver_due()
    record = await the_record(house, case, kind)
    assert record.state is (ActionState.UNKNOWN if LAWS[kind].retry is Retry.NEVER else ActionState.PENDING)
    assert record.note == "TimeoutError"


async def test_a_platform_that_is_not_running_is_waited_for() -> None:
    house, case = await a_house_with("disclosure:2")
    stopped = Delivery(
        store=house.store,
        platforms={},
        compose=compose,
        clock=house.clock,
        notices=house.board,
        staff=house.crew,
        policy_of=lambda _: house.policy,
    )
    assert await stopped.deliver_due() == 1
    record = await the_record(house, case, ALERT)
    assert (record.state, record.action.due_at) == (ActionState.PENDING, START + LONGEST_WAIT)
    await house.deliver()
    assert house.stage.called(ALERT) == 1


async def test_an_author_who_came_into_crisis_care_meanwhile_is_left_to_people() -> None:
    house, case = await a_house_with("insult:3")
    await house.say("disclosure:2", "m2")
    await house.settle()
    assert {order.action.kind for order in house.stage.calls} == {ALERT}
    for kind in (TIMEOUT, DELETE):
        assert (await the_record(house, case, kind)).state is ActionState.PROPOSED


async def test_a_channel_is_not_slowed_down_for_somebody_in_crisis_care() -> None:
    house, case = await a_house_with("insult:2")
    await order(house, case, ActionKind.SLOW_MODE, "pier")
    await house.say("disclosure:2", "m2")
    await house.settle()
    assert (await the_record(house, case, ActionKind.SLOW_MODE)).state is ActionState.PROPOSED


async def test_a_proposal_that_delivery_left_to_people_keeps_its_duration_for_the_click() -> None:
    house, case = await a_house_with("insult:3")
    await house.say("disclosure:2", "m2")
    await house.settle()
    left = await the_record(house, case, TIMEOUT)
    claimed = await house.clicked("bob", await house.case(case.id), "claim")
    house.clock.advance(timedelta(hours=1))
    await house.clicked("bob", claimed, "carry_out", action=left.action.key)
    await house.deliver()
    (ordered,) = house.stage.orders(TIMEOUT)
    assert ordered.action.until == START + timedelta(hours=1, seconds=600)


async def test_an_author_who_is_a_moderator_now_is_left_to_people() -> None:
    house, case = await a_house_with("insult:2")
    await order(house, case, TIMEOUT, "bob")
    await house.deliver()
    assert not house.stage.called(TIMEOUT)
    assert (await the_record(house, case, TIMEOUT)).state is ActionState.PROPOSED


async def test_what_a_person_ordered_is_carried_out_also_in_crisis_care() -> None:
    house, case = await a_house_with("disclosure:2")
    await order(house, case, TIMEOUT, "ann", by="rae")
    await house.deliver()
    assert house.stage.called(TIMEOUT) == 1


async def test_a_dismissed_case_enforces_nothing() -> None:
    house, case = await a_house_with("insult:3")
    await house.clicked("bob", case, "resolve", outcome="not_a_problem")
    await house.deliver()
    assert not house.stage.orders(TIMEOUT)
    assert (await the_record(house, case, TIMEOUT)).state is ActionState.WITHDRAWN


async def test_an_enforcement_whose_end_has_passed_is_withdrawn() -> None:
    house, case = await a_house_with("insult:3")
    house.clock.advance(timedelta(seconds=600))
    await house.deliver()
    assert not house.stage.called(TIMEOUT)
    assert (await the_record(house, case, TIMEOUT)).state is ActionState.WITHDRAWN
    assert house.stage.called(DELETE) == 1


async def test_an_action_without_its_case_is_withdrawn() -> None:
    house = House()
    gone = a_case(case_id="gone")
    await order(house, gone, DELETE, "m1")
    await house.deliver()
    (record,) = await house.store.actions(COMMUNITY, CaseId("gone"))
    assert record.state is ActionState.WITHDRAWN
    assert not house.stage.calls


async def test_shadow_and_proposed_actions_never_reach_the_platform() -> None:
    shadow = House(LIVE_LADDER.model_copy(update={"enforcement": Enforcement.SHADOW}))
    await shadow.say("insult:4")
    await shadow.settle()
    assert {order.action.kind for order in shadow.stage.calls} == {ALERT}
    states = {r.action.kind: r.state for r in await shadow.records(await shadow.the_case())}
    assert states == {
        ALERT: ActionState.DONE,
        TIMEOUT: ActionState.SHADOW,
        DELETE: ActionState.SHADOW,
        BAN: ActionState.PROPOSED,
    }
