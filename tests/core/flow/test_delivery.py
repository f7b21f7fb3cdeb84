"""Delivery: every way in which an attempt can end, and what the law of its kind makes of it."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.desk.card import compose
from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater, Unavailable
from core.flow import delivery as delivery_module
from core.flow.delivery import LONGEST_WAIT, MAX_ENFORCEMENT_ATTEMPTS, SLOTS, Delivery
from core.flow.planning import effect_action
from core.model.action import LAWS, ActionKind, Effect, Lane, Retry
from core.model.card import Card
from core.model.case import Case, CaseId, Enforcement, Evidence
from core.model.message import CommunityId
from core.model.record import ActionRecord, ActionState, Commit
from tests.clock import START
from tests.core.examples import COMMUNITY, a_case
from tests.core.house import LIVE_LADDER, House, driven

ALERT, REFRESH = ActionKind.ALERT, ActionKind.REFRESH_CARD
TIMEOUT, DELETE, WARN, BAN = ActionKind.TIMEOUT, ActionKind.DELETE, ActionKind.WARN, ActionKind.BAN


async def a_house_with(text: str, deadline_s: float = 30.0) -> tuple[House, Case]:
    """A decided case whose actions wait for delivery."""
    house = House(LIVE_LADDER, deadline_s)
    await house.say(text)
    await house.decide()
    return house, (await house.cases())[0]


async def the_record(house: House, case: Case, kind: ActionKind) -> ActionRecord:
    (record,) = await house.records(case, kind)
    return record


async def order(house: House, case: Case, kind: ActionKind, target: str, by: str = "") -> None:
    """Write an action of any kind for the case."""
    effect = Effect(kind=kind, target=target, duration_s=600 if LAWS[kind].takes_duration else 0)
    action = effect_action(case, effect, house.clock.now(), Enforcement.LIVE, by=by)
    await house.store.commit(Commit(actions=(action,)))


async def test_what_the_platform_made_is_kept_as_its_receipt() -> None:
    house, case = await a_house_with("insult:3")
    assert await house.delivery.deliver_due() == 3
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
        (TIMEOUT, False),
        (DELETE, False),
    }
    (timeout,) = house.stage.orders(TIMEOUT)
    assert timeout.action.until == START + timedelta(seconds=600)
    assert case.subject == timeout.action.target


# --- errors, each by its law ------------------------------------------------------------------------------------------


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
    house.stage.refuse(error, times=100)
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
    assert verbs.count("action_done") == 1, "the deletion"


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
    assert house.board.standing["deliver.local:harbour.enforcement.warn"].params == {"action": "warn"}


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
    assert "deliver.local:harbour.enforcement.delete" in house.board.standing


async def test_an_alert_is_never_given_up() -> None:
    house, case = await a_house_with("disclosure:2")
    house.stage.refuse(OSError(), times=50, kind=ALERT)
    await house.deliver(within=timedelta(hours=6))
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
    stopped = Delivery(store=house.store, platforms={}, compose=compose, clock=house.clock, notices=house.board)
    assert await stopped.deliver_due() == 1
    record = await the_record(house, case, ALERT)
    assert (record.state, record.action.due_at) == (ActionState.PENDING, START + LONGEST_WAIT)
    await house.deliver()
    assert house.stage.called(ALERT) == 1


# --- looking again before enforcing -----------------------------------------------------------------------------------


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


# --- cards ------------------------------------------------------------------------------------------------------------


async def test_a_refresh_edits_the_card_that_was_posted_to_its_newest_state() -> None:
    house, case = await a_house_with("insult:2")
    await house.deliver()
    await house.clicked("bob", case, "claim")
    await house.deliver()
    (refresh,) = house.stage.orders(REFRESH)
    assert refresh.card is not None
    assert refresh.receipt == (await the_record(house, case, ALERT)).receipt
    assert (refresh.card.version, refresh.card.turn) == (2, 2)


async def test_a_refresh_waits_for_the_card_to_be_posted() -> None:
    house, case = await a_house_with("insult:2")
    house.stage.refuse(RetryLater(reason="slow down", after=timedelta(seconds=30)), kind=ALERT)
    await house.delivery.deliver_due()
    await house.clicked("bob", case, "claim")
    await house.delivery.deliver_due()
    assert not house.stage.called(REFRESH)
    await house.deliver()
    assert [order.action.kind for order in house.stage.calls] == [ALERT, ALERT, REFRESH]


async def test_a_newer_refresh_supersedes_one_that_was_not_sent() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    released = await house.clicked("bob", claimed, "release")
    await house.clicked("bob", released, "resolve", outcome="talked")
    await house.deliver()
    (refresh,) = house.stage.orders(REFRESH)
    assert refresh.card is not None
    assert refresh.card.version == 4
    assert [record.state for record in await house.records(case, REFRESH)] == [
        ActionState.WITHDRAWN,
        ActionState.WITHDRAWN,
        ActionState.DONE,
    ]


async def test_a_card_that_can_not_be_composed_keeps_waiting_and_holds_back_no_other() -> None:
    house = House()
    await house.say("disclosure:2", "m1", author="ann")
    await house.say("disclosure:2", "m2", author="ben")
    await house.decide()
    first, second = await house.cases()
    is_broken = True

    def composing(case: Case, evidence: Sequence[Evidence], kind: ActionKind) -> Card:
        if is_broken and case.id == first.id:
            raise KeyError("a fault of ours")
        return compose(case, evidence, kind)

    delivery = Delivery(
        store=house.store, platforms={"local": house.stage}, compose=composing, clock=house.clock, notices=house.board
    )
    await delivery.deliver_due()
    assert (await the_record(house, second, ALERT)).state is ActionState.DONE
    record = await the_record(house, first, ALERT)
    assert (record.state, record.note) == (ActionState.PENDING, "KeyError")
    (notice,) = house.board.standing.values()
    assert notice.params == {"action": "alert", "error": "KeyError"}
    is_broken = False
    house.clock.advance(timedelta(minutes=1))
    await delivery.deliver_due()
    assert (await the_record(house, first, ALERT)).state is ActionState.DONE
    assert not house.board.standing


async def test_that_other_alerts_arrive_takes_back_no_notice_about_crisis_alerts() -> None:
    house, case = await a_house_with("disclosure:4 insult:2")
    house.stage.refuse(NotAllowed(reason="no permission"))
    await house.delivery.deliver_due()
    assert [order.action.lane for order in house.stage.effects.values()] == [Lane.ALERT]
    assert "deliver.local:harbour.crisis.alert" in house.board.standing
    assert case.level == 4


# --- the store's bad days ---------------------------------------------------------------------------------------------


async def test_an_outcome_that_can_not_be_written_is_kept_and_nothing_is_done_twice() -> None:
    house, case = await a_house_with("term:2")
    house.store.unrecorded = 5
    await house.deliver()
    assert (house.stage.called(ALERT), house.stage.called(WARN)) == (1, 1)
    assert (await the_record(house, case, WARN)).state is ActionState.DONE
    assert (await the_record(house, case, ALERT)).state is ActionState.DONE
    assert "store" in house.board.raised


async def test_an_audit_entry_that_can_not_be_written_is_written_later() -> None:
    house, _ = await a_house_with("term:2")
    house.store.refusals.append(Unavailable(reason="the disk is full"))
    await house.deliver()
    assert house.stage.called(WARN) == 1
    verbs = [entry.verb for entry in await house.store.audit(COMMUNITY, 100)]
    assert verbs.count("action_done") == 1


async def test_at_start_what_a_killed_process_had_under_way_is_settled_first() -> None:
    house, case = await a_house_with("term:2")
    assert len(await house.store.claim_actions(house.clock.now(), 10)) == 2
    async with Loop(house) as loop:
        await loop.calls(1)
    assert (await the_record(house, case, WARN)).state is ActionState.UNKNOWN
    assert not house.stage.called(WARN)


# --- the loop ---------------------------------------------------------------------------------------------------------


class Loop:
    """Runs a house's delivery in the background while a test looks on."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def __aenter__(self) -> "Loop":
        self._task = asyncio.create_task(self._house.delivery.run())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await self._task

    async def calls(self, count: int) -> None:
        async with asyncio.timeout(5):
            for _ in itertools.takewhile(lambda _: len(self._house.stage.calls) < count, itertools.count()):
                await asyncio.sleep(0)


async def test_the_loop_wakes_for_what_is_new() -> None:
    house, _ = await a_house_with("disclosure:2")
    async with Loop(house) as loop:
        await loop.calls(1)
        await house.say("disclosure:2", "m2", author="ben")
        await house.decide()
        house.delivery.changed()
        await loop.calls(2)


async def test_one_slow_call_holds_back_no_other_and_no_more_than_the_slots_are_under_way() -> None:
    house = House()
    for number in range(SLOTS + 4):
        await house.say("insult:2", f"m{number}", author=f"author{number}")
    await house.decide()
    house.stage.hangs = True
    async with Loop(house) as loop:
        await loop.calls(SLOTS)
        for _ in range(50):
            house.delivery.changed()
            await asyncio.sleep(0)
        assert len(house.stage.calls) == SLOTS


async def test_the_loop_survives_a_store_that_can_not_hand_out_or_settle(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delivery_module, "LOOK_AGAIN_S", 0.01)
    house, _ = await a_house_with("disclosure:2")
    claim, unclaim = house.store.claim_actions, house.store.unclaim_actions
    refusals = {"claim": 2, "unclaim": 2}

    async def refusing_claim(*args: object) -> object:
        if refusals["claim"]:
            refusals["claim"] -= 1
            raise Unavailable(reason="the disk is full")
        return await claim(*args)  # type: ignore[arg-type]

    async def refusing_unclaim() -> int:
        if refusals["unclaim"]:
            refusals["unclaim"] -= 1
            raise Unavailable(reason="the disk is full")
        return await unclaim()

    house.store.claim_actions = refusing_claim  # type: ignore[method-assign,assignment]
    house.store.unclaim_actions = refusing_unclaim  # type: ignore[method-assign]
    async with Loop(house) as loop:
        await driven(house.clock, loop.calls(1))
    assert refusals == {"claim": 0, "unclaim": 0}


async def test_crisis_alerts_go_first_and_refreshes_last() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:2", "m0", author="abe")
    await house.settle()
    house.stage.calls.clear()
    await house.say("insult:2", "m1", author="abe")
    await house.say("insult:3", "m2", author="ben")
    await house.say("disclosure:2", "m3", author="cyn")
    await house.decide()
    claimed = await house.store.claim_actions(house.clock.now(), 10)
    assert [(r.action.kind, r.action.lane.value) for r in claimed][:2] == [(ALERT, "crisis"), (ALERT, "alert")]
    assert claimed[-1].action.kind is REFRESH


async def test_a_community_s_platform_is_the_one_its_id_names() -> None:
    house = House()
    await house.say("insult:2", community=CommunityId("faraway:harbour"))
    await house.decide()
    await house.delivery.deliver_due()
    assert not house.stage.calls
