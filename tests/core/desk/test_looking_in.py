"""After a crisis: looking in again a day and a week later, and forgetting whom it was about."""

from datetime import timedelta

import pytest

from core.desk.orders import support_key
from core.flow.naming import action_key
from core.flow.pacing import FOLLOW_UP_TIMER, FORGET_TIMER, FORGOTTEN_AFTER
from core.model.action import ActionKind
from core.model.case import Case, Concern, FollowUp
from core.model.case_event import Why
from core.model.message import MemberId, MessageId
from core.model.people import Role
from core.model.record import Commit, Timer
from tests.clock import START
from tests.core.desk.asking import verbs, why
from tests.core.examples import COMMUNITY
from tests.core.house import House, actor

DAY, WEEK = timedelta(hours=24), timedelta(days=7)


async def a_house_that_cared(text: str = "disclosure:3", outcome: str = "support_offered") -> tuple[House, Case]:
    house = House()
    await house.say(text)
    await house.settle()
    case = await house.clicked("rae", await house.the_case(Concern.CRISIS), "resolve", outcome=outcome)
    await house.deliver()
    return house, case


async def set_timers(house: House, kind: str) -> list[Timer]:
    due = await house.store.due_timers(START + timedelta(days=365), 100)
    return [timer for timer in due if timer.kind == kind]


async def look_ins(house: House) -> list[str]:
    """The titles of the pages that ask somebody to look in."""
    pages = [order.card for order in house.stage.orders(ActionKind.PAGE)]
    return [card.lines[0].key for card in pages if card and card.title.key == "card.follow_up.title"]


async def test_responders_are_asked_to_look_in_a_day_and_a_week_later() -> None:
    house, case = await a_house_that_cared()
    await house.pass_time(DAY)
    await house.deliver()
    assert await look_ins(house) == ["card.follow_up.day"]
    page = house.stage.orders(ActionKind.PAGE)[-1]
    assert page.card is not None
    assert page.card.audience is not None
    assert page.card.audience.role is Role.RESPONDER
    assert [each.id for each in await house.queue.follow_ups(actor("rae"))] == [case.id]
    assert await house.queue.follow_ups(actor("bob")) == []
    await house.clicked("rae", await house.case(case.id), "looked_in")
    assert await house.queue.follow_ups(actor("rae")) == []
    await house.pass_time(WEEK - DAY)
    await house.deliver()
    assert await look_ins(house) == ["card.follow_up.day", "card.follow_up.week"]
    assert "looked_in" in await verbs(house)


async def test_a_look_in_calls_the_responders_though_calls_to_the_owners_had_not_gone_out() -> None:
    house = House()
    await house.say("disclosure:4")
    await house.settle()
    await house.pass_time(timedelta(minutes=11))
    case = await house.the_case(Concern.CRISIS)
    assert case.tier >= 4
    await house.clicked("rae", case, "resolve", outcome="help_called")
    await house.pass_time(DAY)
    await house.deliver()
    (page,) = house.stage.orders(ActionKind.PAGE)
    assert page.card is not None
    assert page.card.audience is not None
    assert (page.card.audience.role, page.card.audience.members) == (Role.RESPONDER, ("rae",))


async def test_whom_to_look_in_on_is_shown_to_a_responder_who_asks_and_written_down() -> None:
    house, case = await a_house_that_cared()
    await house.pass_time(timedelta(days=2))
    assert await house.queue.identify(actor("rae"), case.id) == MemberId("ann")
    assert "identified" in await verbs(house)
    assert why(await house.queue.identify(actor("bob"), case.id)) is Why.NOT_FOUND


@pytest.mark.parametrize("outcome", ["not_a_problem"])
async def test_nobody_looks_in_where_nothing_was_the_matter(outcome: str) -> None:
    house, _ = await a_house_that_cared(outcome=outcome)
    assert await set_timers(house, FOLLOW_UP_TIMER) == []


async def test_undoing_the_end_of_a_case_takes_its_look_ins_back() -> None:
    house, case = await a_house_that_cared()
    assert len(await set_timers(house, FOLLOW_UP_TIMER)) == 2
    await house.clicked("rae", case, "undo")
    assert await set_timers(house, FOLLOW_UP_TIMER) == []
    assert await set_timers(house, FORGET_TIMER) == []


async def test_a_look_in_falls_away_while_the_member_has_an_open_case() -> None:
    house, case = await a_house_that_cared()
    await house.say("disclosure:2", "m2")
    await house.settle()
    await house.pass_time(DAY)
    await house.deliver()
    assert await look_ins(house) == []
    assert (await house.case(case.id)).follow_up is None
    assert "follow_up_due" not in await verbs(house)


async def test_a_look_in_survives_a_restart_and_fires_once() -> None:
    house, _ = await a_house_that_cared()
    house.clock.advance(DAY)
    house.start()
    await house.pass_time(timedelta(seconds=1))
    await house.pass_time(timedelta(hours=3))
    await house.deliver()
    assert await look_ins(house) == ["card.follow_up.day"]


async def test_two_weeks_after_its_end_a_crisis_case_tells_nobody_whom_it_was_about() -> None:
    house, case = await a_house_that_cared()
    await house.pass_time(FORGOTTEN_AFTER)
    after = await house.case(case.id)
    assert (after.subject, after.follow_up, after.outcome) == ("", None, case.outcome)
    evidence = await house.store.evidence(COMMUNITY, case.id)
    assert [(each.author, each.target, each.link) for each in evidence] == [("", None, None)]
    assert await house.store.cases_with(COMMUNITY, MessageId("m1")) == []
    assert "forgotten" in await verbs(house)
    assert why(await house.queue.identify(actor("rae"), case.id)) is Why.TEXT_GONE
    assert await set_timers(house, FORGET_TIMER) == []
    assert await house.queue.follow_ups(actor("rae")) == []


async def test_until_then_and_while_it_is_open_a_crisis_case_knows_whom_it_is_about() -> None:
    house, case = await a_house_that_cared()
    await house.pass_time(FORGOTTEN_AFTER - timedelta(seconds=1))
    assert (await house.case(case.id)).subject == "ann"
    await house.say("disclosure:2", "m2", author="dan")
    await house.settle()
    await house.pass_time(3 * FORGOTTEN_AFTER)
    assert {each.subject for each in await house.cases(Concern.CRISIS)} == {"", "dan"}


async def test_a_case_that_forgot_its_member_first_after_a_long_sleep_has_nobody_look_in() -> None:
    house, case = await a_house_that_cared()
    due = await set_timers(house, FOLLOW_UP_TIMER)
    await house.store.commit(Commit(cancelled_timers=tuple((each.kind, each.key) for each in due)))
    await house.pass_time(FORGOTTEN_AFTER)
    await house.store.commit(Commit(timers=tuple(due)))
    await house.pass_time(timedelta())
    await house.deliver()
    assert await look_ins(house) == []
    assert (await house.case(case.id)).follow_up is None


def test_there_is_a_look_in_for_every_time() -> None:
    assert {each.value for each in FollowUp} == {"day", "week"}


async def test_a_case_that_has_forgotten_whom_it_was_about_is_not_opened_again_where_the_clock_goes_back() -> None:
    house, case = await a_house_that_cared()
    await house.pass_time(FORGOTTEN_AFTER)
    house.clock.jump(-FORGOTTEN_AFTER)
    assert why(await house.click("rae", await house.case(case.id), "undo")) is Why.TEXT_GONE


async def test_nobody_finds_by_trying_ids_who_was_sent_a_support_message_once_the_case_forgot_them() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    case = await house.clicked("rae", await house.the_case(Concern.CRISIS), "claim")
    key = support_key(case.community, case.subject, house.clock.now().date(), 0)
    for kind in (ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK):
        await house.clicked("rae", await house.case(case.id), "order", kind=kind.value)
    await house.deliver()
    assert await house.store.action(COMMUNITY, key) is not None
    case = await house.clicked("rae", await house.case(case.id), "resolve", outcome="support_offered")
    await house.pass_time(FORGOTTEN_AFTER)
    assert await house.store.action(COMMUNITY, key) is None
    records = await house.records(case)
    tried = {action_key(case.id, each.action.version, each.action.kind, "ann") for each in records} | {key}
    assert not tried & {each.action.key for each in records}
    assert not tried & {fact for each in await house.store.audit(COMMUNITY, 100) for fact in each.facts.values()}
