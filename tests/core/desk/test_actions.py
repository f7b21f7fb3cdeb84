"""Actions of a case at the desk: accepted, ordered, taken back, undone (promise 5)."""

from datetime import timedelta

import pytest

from core.errors import GaveUp, NotAllowed
from core.model.action import FOREVER_S, ActionKind
from core.model.case import Case
from core.model.case_event import Refused, Why
from core.model.record import ActionRecord, ActionState
from tests.clock import START
from tests.core.desk.asking import a_house_with, verbs, why
from tests.core.house import LIVE_LADDER, House


async def a_proposed_ban() -> tuple[House, Case, str]:
    house, case = await a_house_with("insult:4")
    (ban,) = await house.records(case, ActionKind.BAN)
    assert ban.state is ActionState.PROPOSED
    return house, case, ban.action.key


async def test_a_proposal_needs_the_claim() -> None:
    house, case, key = await a_proposed_ban()
    assert why(await house.click("bob", case, "carry_out", action=key)) is Why.NOT_YOURS
    claimed = await house.clicked("bob", case, "claim")
    assert why(await house.click("cat", claimed, "carry_out", action=key)) is Why.ALREADY_CLAIMED
    await house.settle()
    assert not house.stage.orders(ActionKind.BAN)


async def test_an_accepted_proposal_becomes_an_action_with_an_absolute_end_once() -> None:
    house, case, key = await a_proposed_ban()
    claimed = await house.clicked("bob", case, "claim")
    house.clock.advance(timedelta(minutes=3))
    after = await house.clicked("bob", claimed, "carry_out", action=key)
    assert after.turn == claimed.turn
    assert why(await house.click("bob", claimed, "carry_out", action=key)) is Why.CHANGED
    await house.settle()
    (order,) = house.stage.orders(ActionKind.BAN)
    assert order.action.until == START + timedelta(minutes=3, days=1)
    assert (order.action.target, order.action.params["by"]) == ("ann", "bob")
    states = [record.state for record in await house.records(after, ActionKind.BAN)]
    assert states == [ActionState.WITHDRAWN, ActionState.DONE]
    assert "action_ordered" in await verbs(house)


async def test_what_shadow_only_wrote_down_can_be_ordered_by_a_person_with_its_own_end_once() -> None:
    house = House(LIVE_LADDER.model_copy(update={"enforcement": "shadow"}))
    await house.say("insult:3")
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "claim")
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    house.clock.advance(timedelta(minutes=3))
    await house.clicked("bob", case, "carry_out", action=timeout.action.key)
    assert why(await house.click("bob", case, "carry_out", action=timeout.action.key)) is Why.CHANGED
    await house.settle()
    (order,) = house.stage.orders(ActionKind.TIMEOUT)
    assert order.action.until == START + timedelta(minutes=13)


@pytest.mark.parametrize("verb", ["carry_out", "undo_action"])
@pytest.mark.parametrize("key", ["", "0" * 32, "ban"])
async def test_an_unknown_action_is_refused(verb: str, key: str) -> None:
    house, case, _ = await a_proposed_ban()
    claimed = await house.clicked("bob", case, "claim")
    assert await house.click("bob", claimed, verb, action=key) == Refused(why=Why.BAD_VALUE, field="action")


@pytest.mark.parametrize("verb", ["carry_out", "undo_action"])
async def test_an_action_of_another_case_is_refused(verb: str) -> None:
    house, _, key = await a_proposed_ban()
    await house.say("insult:2", "m2", author="ben")
    await house.settle()
    (other,) = [case for case in await house.cases() if case.subject == "ben"]
    claimed = await house.clicked("bob", other, "claim")
    assert why(await house.click("bob", claimed, verb, action=key)) is Why.BAD_VALUE


async def test_what_was_done_already_can_not_be_accepted_again() -> None:
    house, case = await a_house_with("insult:3")
    claimed = await house.clicked("bob", case, "claim")
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    assert why(await house.click("bob", claimed, "carry_out", action=timeout.action.key)) is Why.CHANGED


async def test_undoing_what_was_not_sent_yet_takes_it_back() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3")
    await house.decide()
    case = await house.the_case()
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert not house.stage.called(ActionKind.TIMEOUT)
    assert not house.stage.called(ActionKind.LIFT_TIMEOUT)
    assert "action_undone" in await verbs(house)


async def test_what_delivery_began_meanwhile_is_not_said_to_be_undone() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3")
    await house.decide()
    case = await house.the_case()
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    await house.store.record_action(timeout.action.after, ActionState.DONE, house.clock.now())
    house.store.before_commit.append(house.store.claim_actions(house.clock.now(), 10))
    assert why(await house.click("bob", case, "undo_action", action=timeout.action.key)) is Why.CHANGED
    await house.store.unclaim_actions()
    await house.deliver()
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert house.stage.called(ActionKind.LIFT_TIMEOUT) == 1


async def test_undoing_a_proposal_takes_it_off_the_card() -> None:
    house, case, key = await a_proposed_ban()
    await house.clicked("bob", case, "undo_action", action=key)
    (ban,) = await house.records(case, ActionKind.BAN)
    assert ban.state is ActionState.WITHDRAWN


async def test_undoing_what_was_done_does_its_inverse() -> None:
    house, case = await a_house_with("insult:3")
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    (lifted,) = house.stage.orders(ActionKind.LIFT_TIMEOUT)
    assert (lifted.action.target, lifted.action.until) == ("ann", None)


async def test_undoing_an_action_works_also_after_the_case_is_closed_and_its_text_gone() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "order", kind="ban", duration_s=str(FOREVER_S))
    await house.deliver()
    (ban,) = await house.records(case, ActionKind.BAN)
    resolved = await house.clicked("bob", claimed, "resolve", outcome="upheld")
    await house.pass_time(timedelta(days=8))
    await house.clicked("cat", resolved, "undo_action", action=ban.action.key)
    await house.deliver()
    assert house.stage.called(ActionKind.UNBAN) == 1


async def test_what_has_no_inverse_says_so() -> None:
    house, case = await a_house_with("insult:3")
    (deleted,) = await house.records(case, ActionKind.DELETE)
    assert why(await house.click("bob", case, "undo_action", action=deleted.action.key)) is Why.NO_INVERSE


UNKNOWN_OUTCOME = GaveUp(reason="the answer got lost", unknown=True)


async def tried(kind: ActionKind, error: Exception, times: int = 1) -> tuple[House, Case, ActionRecord]:
    """A case whose action of `kind` delivery has tried in vain."""
    house = House(LIVE_LADDER)
    await house.say("insult:3" if kind is not ActionKind.WARN else "term:2")
    await house.decide()
    house.stage.refuse(error, times=times, kind=kind)
    await (house.delivery.deliver_due() if times == 1 else house.deliver(within=timedelta(hours=1)))
    case = await house.the_case()
    (record,) = await house.records(case, kind)
    return house, case, record


@pytest.mark.parametrize(("times", "state"), [(1, ActionState.PENDING), (8, ActionState.FAILED)])
async def test_undoing_what_may_have_happened_takes_it_back_and_does_its_inverse(
    times: int, state: ActionState
) -> None:
    house, case, timeout = await tried(ActionKind.TIMEOUT, UNKNOWN_OUTCOME, times)
    assert timeout.state is state
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert house.stage.called(ActionKind.TIMEOUT) == times
    (lifted,) = house.stage.orders(ActionKind.LIFT_TIMEOUT)
    assert lifted.action.target == timeout.action.target
    assert lifted.action.params["undoes"] == timeout.action.key


async def test_what_is_tried_in_vain_at_the_moment_of_its_undoing_gets_its_inverse_too() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3")
    await house.decide()
    case = await house.the_case()
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    house.stage.refuse(UNKNOWN_OUTCOME, kind=ActionKind.TIMEOUT)
    house.store.before_commit.append(house.delivery.deliver_due())
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert (house.stage.called(ActionKind.TIMEOUT), house.stage.called(ActionKind.LIFT_TIMEOUT)) == (1, 1)


async def test_what_may_have_happened_and_has_no_inverse_is_not_said_to_be_undone() -> None:
    house, case, deletion = await tried(ActionKind.DELETE, UNKNOWN_OUTCOME)
    assert deletion.state is ActionState.PENDING
    assert why(await house.click("bob", case, "undo_action", action=deletion.action.key)) is Why.NO_INVERSE
    assert await house.records(case, ActionKind.DELETE) == [deletion]


async def test_a_warning_of_unknown_outcome_can_not_be_undone() -> None:
    house, case, warning = await tried(ActionKind.WARN, UNKNOWN_OUTCOME)
    assert warning.state is ActionState.UNKNOWN
    assert why(await house.click("bob", case, "undo_action", action=warning.action.key)) is Why.NO_INVERSE


async def test_what_the_platform_refused_at_once_needs_no_undoing() -> None:
    house, case, timeout = await tried(ActionKind.TIMEOUT, NotAllowed(reason="no permission"))
    assert timeout.state is ActionState.FAILED
    assert why(await house.click("bob", case, "undo_action", action=timeout.action.key)) is Why.CHANGED


async def test_what_was_left_to_people_after_a_try_of_unknown_outcome_may_have_happened() -> None:
    house, case, timeout = await tried(ActionKind.TIMEOUT, UNKNOWN_OUTCOME)
    await house.say("disclosure:2", "m2")
    await house.settle()
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    assert timeout.state is ActionState.PROPOSED
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert house.stage.called(ActionKind.LIFT_TIMEOUT) == 1


async def test_two_people_undo_the_same_action_once() -> None:
    house, case = await a_house_with("insult:3")
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    house.store.before_commit.append(house.clicked("bob", case, "undo_action", action=timeout.action.key))
    assert why(await house.click("cat", case, "undo_action", action=timeout.action.key)) is Why.CHANGED
    await house.deliver()
    assert why(await house.click("cat", case, "undo_action", action=timeout.action.key)) is Why.CHANGED
    assert house.stage.called(ActionKind.LIFT_TIMEOUT) == 1


async def test_an_undoing_that_failed_can_be_asked_for_again() -> None:
    house, case = await a_house_with("insult:3")
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    house.stage.refuse(NotAllowed(reason="no permission"), kind=ActionKind.LIFT_TIMEOUT)
    for _ in range(2):
        await house.clicked("bob", case, "undo_action", action=timeout.action.key)
        await house.deliver()
    assert len(house.stage.orders(ActionKind.LIFT_TIMEOUT)) == 1
