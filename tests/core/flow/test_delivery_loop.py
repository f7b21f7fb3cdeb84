"""Delivery's loop, its cards, and the store's bad days."""

import asyncio
import itertools
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from core.desk.card import compose
from core.errors import GaveUp, NotAllowed, RetryLater, Unavailable
from core.flow import delivery as delivery_module
from core.flow.delivery import ROOM, SLOTS, Delivery
from core.model.action import LAWS, ActionKind, Lane
from core.model.card import Card
from core.model.case import Case, Evidence
from core.model.message import CommunityId
from core.model.record import ActionRecord, ActionState
from tests.clock import START
from tests.core.examples import COMMUNITY
from tests.core.flow.delivering import ALERT, REFRESH, WARN, a_house_with, order, the_record
from tests.core.house import LIVE_LADDER, House, driven


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
        store=house.store,
        platforms={"local": house.stage},
        compose=composing,
        clock=house.clock,
        notices=house.board,
        staff=house.crew,
        policy_of=lambda _: house.policy,
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
    house.stage.refuse(NotAllowed(reason="no permission"), kind=ALERT)
    await house.delivery.deliver_due()
    assert [order.action.lane for order in house.stage.orders(ALERT)] == [Lane.ALERT]
    assert "deliver.local:harbour.crisis.alert" in house.board.standing
    assert case.level == 4


async def test_an_outcome_that_can_not_be_written_is_kept_and_nothing_is_done_twice() -> None:
    house, case = await a_house_with("term:2")
    house.store.unrecorded = 5
    await house.deliver()
    assert (house.stage.called(ALERT), house.stage.called(WARN)) == (1, 1)
    assert (await the_record(house, case, WARN)).state is ActionState.DONE
    assert (await the_record(house, case, ALERT)).state is ActionState.DONE
    assert "store" in house.board.raised
    assert not house.board.standing, "it can write again"


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

    async def turns(self) -> None:
        """Let delivery do what it can."""
        for _ in range(100):
            self._house.delivery.changed()
            await asyncio.sleep(0)

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


async def hanging_orders(house: House, case: Case, kind: ActionKind) -> None:
    """More calls that hang than delivery has slots."""
    for number in range(SLOTS + 4):
        await order(house, case, kind, f"target{number}")
    house.stage.hangs = True


async def test_one_slow_call_holds_back_no_other_and_no_more_than_the_slots_are_under_way() -> None:
    house, case = await a_house_with("disclosure:2")
    await hanging_orders(house, case, ActionKind.SUPPORT_MESSAGE)
    async with Loop(house) as loop:
        await loop.calls(SLOTS)
        await loop.turns()
        assert len(house.stage.calls) == SLOTS


@pytest.mark.parametrize(
    ("kind", "text", "lane"),
    [
        (ActionKind.TIMEOUT, "disclosure:4", Lane.CRISIS),
        (ActionKind.TIMEOUT, "insult:2", Lane.ALERT),
        (ALERT, "disclosure:4", Lane.CRISIS),
    ],
)
async def test_calls_that_hang_leave_room_for_what_is_more_urgent(kind: ActionKind, text: str, lane: Lane) -> None:
    house, case = await a_house_with("insult:2")
    await house.deliver()
    await hanging_orders(house, case, kind)
    async with Loop(house) as loop:
        await loop.turns()
        hanging = len(house.stage.calls)
        assert hanging == 1 + ROOM[LAWS[kind].lane] < SLOTS
        await house.say(text, "m2", author="cyn")
        await house.decide()
        house.delivery.changed()
        await loop.calls(hanging + 1)
        assert house.stage.calls[-1].action.lane is lane
        assert house.clock.now() == START


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

    async def refusing_unclaim() -> Sequence[ActionRecord]:
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


async def test_after_a_restart_people_hear_of_a_warning_that_may_or_may_not_have_been_sent() -> None:
    house, case = await a_house_with("insult:2")
    await order(house, case, WARN, case.subject)
    await house.store.claim_actions(house.clock.now(), 10)
    house.start()
    async with Loop(house) as loop:
        await loop.calls(1)
    assert [text.params for text in house.board.standing.values() if text.key == "notice.unknown"] == [
        {"action": "warn"}
    ]
    assert (await the_record(house, case, WARN)).state is ActionState.UNKNOWN


async def test_an_outcome_that_the_store_refuses_for_good_stops_no_other_delivery() -> None:
    house, case = await a_house_with("insult:2")
    await house.say("disclosure:3", "m2", author="ben")
    await house.decide()
    record = house.store.record_action

    async def refusing(key: str, *args: Any, **named: Any) -> None:
        if key == (await the_record(house, case, ALERT)).action.key:
            raise GaveUp(reason="synthetic")
        await record(key, *args, **named)

    house.store.record_action = refusing  # type: ignore[method-assign]
    async with Loop(house) as loop:
        await loop.calls(2)
    assert [text.key for text in house.board.standing.values()] == ["notice.unprepared"]


async def test_an_outcome_that_waits_for_the_store_and_is_then_refused_leaves_no_notice_of_the_store() -> None:
    house, _ = await a_house_with("insult:2")
    answers: list[Exception] = [Unavailable(reason="synthetic"), GaveUp(reason="synthetic")]

    async def refusing(key: str, *args: Any, **named: Any) -> None:
        raise answers.pop(0)

    house.store.record_action = refusing  # type: ignore[method-assign]
    await driven(house.clock, house.delivery.deliver_due())
    assert "store" in house.board.raised
    assert [text.key for text in house.board.standing.values()] == ["notice.unprepared"]
