"""What people can order from a case: what fits it, who may, how often, and what a bad day makes of it."""

from datetime import timedelta

import pytest

from core.desk.clicks import Click
from core.desk.orders import ORDERABLE, PEOPLE, offers
from core.desk.undoing import may_undo
from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater
from core.model.action import LAWS, ActionKind, inverse_of
from core.model.case import Case, Concern
from core.model.case_event import Refused, Why
from core.model.message import MemberId
from core.model.people import Actor, Role
from core.model.record import ActionState
from tests.core.desk.asking import a_house_with, why
from tests.core.examples import a_case
from tests.core.house import House, actor, driven

SUPPORT, TALK, CLOSE = ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK, ActionKind.CLOSE_TALK
EVERYTHING = frozenset(ActionKind)


async def a_claimed_case(text: str = "insult:2", by: str = "bob") -> tuple[House, Case]:
    house, case = await a_house_with(text)
    return house, await house.clicked(by, case, "claim")


def choices(kind: ActionKind, concern: Concern = Concern.CONDUCT) -> dict[str, str]:
    durations = ORDERABLE[concern][kind]
    return {"kind": kind.value, **({"duration_s": str(durations[0])} if durations else {})}


def test_nothing_that_can_be_ordered_from_a_crisis_case_enforces() -> None:
    assert not [kind for kind in ORDERABLE[Concern.CRISIS] if LAWS[kind].enforces]
    assert not ORDERABLE[Concern.APPEAL]


@pytest.mark.parametrize("kind", ORDERABLE[Concern.CONDUCT])
async def test_everything_that_is_offered_for_conduct_is_carried_out_for_its_holder(kind: ActionKind) -> None:
    house, case = await a_claimed_case()
    view = await house.queue.view(actor("bob"), case.id)
    assert not isinstance(view, Refused)
    assert kind in {offer.kind for offer in view.offers}
    await house.clicked("bob", case, "order", **choices(kind))
    await house.deliver()
    records = await house.records(case, kind)
    assert {each.state for each in records} == {ActionState.DONE}
    assert {each.action.params["by"] for each in records} == {"bob"}


@pytest.mark.parametrize("kind", sorted(EVERYTHING - set(ORDERABLE[Concern.CONDUCT])))
async def test_nothing_else_can_be_ordered_for_conduct(kind: ActionKind) -> None:
    house, case = await a_claimed_case()
    assert why(await house.click("bob", case, "order", kind=kind.value, duration_s="600")) is Why.NOT_ALLOWED


@pytest.mark.parametrize("kind", sorted(EVERYTHING - set(ORDERABLE[Concern.CRISIS])))
async def test_nothing_that_punishes_can_be_ordered_in_a_crisis(kind: ActionKind) -> None:
    house, case = await a_claimed_case("disclosure:3", "rae")
    assert why(await house.click("rae", case, "order", kind=kind.value, duration_s="600")) is Why.NOT_ALLOWED


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({}, "kind"),
        ({"kind": "explode"}, "kind"),
        ({"kind": "ban"}, "duration_s"),
        ({"kind": "ban", "duration_s": "1"}, "duration_s"),
        ({"kind": "ban", "duration_s": "-86400"}, "duration_s"),
        ({"kind": "timeout", "duration_s": "6e2"}, "duration_s"),
        ({"kind": "kick", "reason": "because"}, "reason"),
        ({"kind": "kick", "reason": "joke"}, "reason"),
    ],
)
async def test_forged_parameters_are_named_and_change_nothing(params: dict[str, str], field: str) -> None:
    house, case = await a_claimed_case()
    assert await house.click("bob", case, "order", **params) == Refused(why=Why.BAD_VALUE, field=field)
    assert not [each for each in await house.records(case) if each.action.params.get("by")]


async def test_what_the_platform_can_not_do_is_neither_offered_nor_ordered() -> None:
    case = a_case()
    assert ActionKind.KICK not in {each.kind for each in offers(case, (), EVERYTHING - {ActionKind.KICK})}
    assert {each.kind for each in offers(case, (), EVERYTHING)} == set(ORDERABLE[Concern.CONDUCT]) - {ActionKind.DELETE}


def test_an_offer_says_whether_it_can_be_undone() -> None:
    for concern in Concern:
        for offer in offers(a_case_of(concern), (), EVERYTHING):
            assert offer.has_inverse == (inverse_of(offer.kind) is not None)


def a_case_of(concern: Concern) -> Case:
    return a_case(Concern.CONDUCT if concern is Concern.APPEAL else concern)


async def test_only_a_responder_reaches_out_in_a_crisis_not_an_owner_who_holds_the_case() -> None:
    house, case = await a_claimed_case("disclosure:2", "olga")
    view = await house.queue.view(actor("olga"), case.id)
    assert not isinstance(view, Refused)
    assert not view.offers
    for kind in (SUPPORT, TALK):
        assert why(await house.click("olga", case, "order", kind=kind.value)) is Why.NOT_ALLOWED
    assert not house.stage.called(SUPPORT)


async def test_one_support_message_a_day_also_over_several_cases() -> None:
    house, case = await a_claimed_case("disclosure:2", "rae")
    await house.clicked("rae", case, "order", kind=SUPPORT.value)
    await house.deliver()
    (letter,) = house.stage.orders(SUPPORT)
    assert letter.notice is None
    assert letter.page is not None
    assert letter.page.name == "letter.support"
    await house.clicked("rae", await house.case(case.id), "resolve", outcome="support_offered")
    house.clock.advance(timedelta(hours=23))
    await house.say("disclosure:2", "m2")
    await house.settle()
    second = await house.clicked("rae", await house.the_case(Concern.CRISIS), "claim")
    assert why(await house.click("rae", second, "order", kind=SUPPORT.value)) is Why.TOO_MANY
    house.clock.advance(timedelta(hours=1, minutes=1))
    await house.clicked("rae", second, "order", kind=SUPPORT.value)
    await house.deliver()
    assert len(house.stage.orders(SUPPORT)) == 2


async def test_a_support_message_that_did_not_go_out_can_be_sent_again() -> None:
    house, case = await a_claimed_case("disclosure:2", "rae")
    house.stage.refuse(GaveUp(reason="they take no messages"), kind=SUPPORT)
    for _ in range(2):
        await house.clicked("rae", case, "order", kind=SUPPORT.value)
        await house.deliver()
    assert [each.state for each in await house.records(case, SUPPORT)] == [ActionState.FAILED, ActionState.DONE]


async def test_a_private_talk_is_between_the_member_and_the_people_of_the_case_and_opened_once() -> None:
    house, case = await a_house_with("disclosure:3")
    house.crew.roles[MemberId("rob")] = frozenset({Role.RESPONDER})
    claimed = await house.clicked("rae", case, "claim")
    asked = await house.clicked("rae", claimed, "ask_second")
    rob = Actor(community=case.community, member=MemberId("rob"), roles=frozenset({Role.RESPONDER}))
    await house.queue.act(rob, Click(case_id=case.id, verb="second", turn=asked.turn))
    case = await house.case(case.id)
    await house.clicked("rae", case, "order", kind=TALK.value)
    assert why(await house.click("rae", case, "order", kind=TALK.value)) is Why.CHANGED
    await house.deliver()
    (order,) = house.stage.orders(TALK)
    assert (order.action.target, order.action.params[PEOPLE]) == ("ann", "rae,rob")
    assert order.notice is not None
    (talk,) = await house.records(case, TALK)
    await house.clicked("rae", await house.case(case.id), "undo_action", action=talk.action.key)
    await house.deliver()
    (closed,) = house.stage.orders(CLOSE)
    assert closed.receipt == talk.receipt
    house.clock.advance(timedelta(minutes=2))
    await house.clicked("rae", await house.case(case.id), "order", kind=TALK.value)


async def test_a_card_can_not_be_taken_back_by_anybody() -> None:
    house = House()
    await house.say("disclosure:4")
    await house.decide()
    case = await house.the_case(Concern.CRISIS)
    (alert,) = await house.records(case, ActionKind.ALERT)
    assert not may_undo(alert)
    assert why(await house.click("rae", case, "undo_action", action=alert.action.key)) is Why.NO_INVERSE
    await house.deliver()
    assert house.stage.called(ActionKind.ALERT) == 1


@pytest.mark.parametrize(("error", "state"), [(GaveUp(reason="left"), "failed"), (AlreadyDone(reason="left"), "done")])
async def test_a_target_who_left_is_shown_and_holds_back_nothing_else(error: Exception, state: str) -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(error, times=2, kind=ActionKind.KICK)
    house.stage.refuse(GaveUp(reason="left"), times=9, kind=ActionKind.NOTICE)
    await house.clicked("bob", case, "order", kind="kick")
    await house.clicked("bob", await house.case(case.id), "order", kind="delete")
    await house.deliver()
    states = {each.action.kind.value: each.state.value for each in await house.records(case)}
    assert states["kick"] == state
    assert states["delete"] == "done"
    assert states["notice"] == "failed"


async def test_what_waits_for_the_platform_is_shown_so_and_can_be_withdrawn_or_expires() -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(RetryLater(reason="down", after=timedelta(minutes=1)), times=1000)
    await house.clicked("bob", case, "order", kind="timeout", duration_s="600")
    await house.clicked("bob", await house.case(case.id), "order", kind="slow_mode", duration_s="3600")
    await house.delivery.deliver_due()
    (slow,) = await house.records(case, ActionKind.SLOW_MODE)
    assert slow.state is ActionState.PENDING
    house.clock.advance(timedelta(minutes=11))
    house.stage.trouble.clear()
    await house.deliver()
    states = {each.action.kind.value: each.state.value for each in await house.records(case)}
    assert states["timeout"] == "withdrawn", "its end has passed meanwhile"
    assert states["slow_mode"] == "done"
    assert not house.stage.orders(ActionKind.TIMEOUT)


async def test_a_raid_offers_its_channel_and_its_door_and_no_member() -> None:
    house = House()
    await house.say("pile_on:3")
    await house.settle()
    case = await house.clicked("bob", await house.the_case(Concern.RAID), "claim")
    await house.clicked("bob", case, "order", kind="pause_joins", duration_s="1800")
    await house.clicked("bob", await house.case(case.id), "order", kind="lock", duration_s="600")
    await house.deliver()
    targets = {each.action.kind.value: each.action.target for each in house.stage.effects.values()}
    assert (targets["pause_joins"], targets["lock"]) == (case.community, "pier")
    assert why(await house.click("bob", case, "order", kind="ban", duration_s="86400")) is Why.NOT_ALLOWED


async def test_nobody_is_called_into_a_talk_again_and_again_who_did_not_ask_for_it() -> None:
    house, _ = await a_house_with("disclosure:3")
    await house.clicked("rae", await house.the_case(Concern.CRISIS), "claim")

    async def opened() -> Case | Refused:
        answer = await house.click("rae", await house.the_case(Concern.CRISIS), "order", kind=TALK.value)
        if isinstance(answer, Case):
            await house.deliver()
            talk = (await house.records(answer, TALK))[-1]
            await house.clicked("rae", answer, "undo_action", action=talk.action.key)
            await house.deliver()
        house.clock.advance(timedelta(minutes=2))
        return answer

    assert [isinstance(await opened(), Case) for _ in range(2)] == [True, True]
    assert why(await opened()) is Why.TOO_MANY
    assert house.stage.called(TALK) == 2
    house.clock.advance(timedelta(days=1))
    await house.clicked("rae", await house.the_case(Concern.CRISIS), "extend")
    assert isinstance(await opened(), Case)


@pytest.mark.parametrize("kind", [SUPPORT, TALK])
@pytest.mark.parametrize("error", [NotAllowed(reason="they take no messages"), OSError()])
async def test_what_came_of_reaching_out_is_shown_by_its_case_and_told_to_nobody_else(
    kind: ActionKind, error: Exception
) -> None:
    house, case = await a_claimed_case("disclosure:2", "rae")
    house.stage.refuse(error, times=20, kind=kind)
    await house.clicked("rae", case, "order", kind=kind.value)
    await house.deliver(timedelta(hours=2))
    (record,) = await house.records(case, kind)
    assert record.state in {ActionState.FAILED, ActionState.UNKNOWN}
    assert not house.board.raised


@pytest.mark.parametrize("kind", [SUPPORT, TALK])
async def test_nobody_is_written_to_out_of_a_case_that_turned_out_to_be_no_problem(kind: ActionKind) -> None:
    house, case = await a_claimed_case("disclosure:2", "rae")
    house.stage.refuse(RetryLater(reason="down", after=timedelta(minutes=5)), kind=kind)
    await house.clicked("rae", case, "order", kind=kind.value)
    await driven(house.clock, house.delivery.deliver_due())
    await house.clicked("rae", await house.case(case.id), "resolve", outcome="not_a_problem", reason="joke")
    await house.deliver()
    assert not house.stage.orders(kind)
    (record,) = await house.records(case, kind)
    assert (record.state, record.note) == (ActionState.WITHDRAWN, "its case was dismissed")
