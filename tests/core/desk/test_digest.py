"""The day's budget of milder crisis alerts, and the digest of what is beyond it."""

from collections import Counter
from datetime import timedelta

from core.desk.digest import AT_ONCE, MAX_LINES, compose_digest
from core.model.action import ActionKind
from core.model.case import Case, Concern
from core.model.policy import CommunityPolicy
from tests.core.desk.asking import verbs
from tests.core.examples import COMMUNITY, a_case
from tests.core.house import House

BUDGET = CommunityPolicy().crisis_alerts_per_day


async def a_house_beyond_its_budget(by: int = 5, level: int = 2) -> House:
    """A house that heard from so many people more than a day's budget has alerts for."""
    house = House()
    for number in range(BUDGET + by):
        await house.say(f"disclosure:{level}", f"m{number}", author=f"author{number}")
    await house.settle()
    return house


async def quiet(house: House) -> list[Case]:
    return list(await house.store.quiet_cases(COMMUNITY))


async def test_a_hundred_mild_crises_in_a_day_are_the_budget_s_alerts_and_one_digest() -> None:
    house = await a_house_beyond_its_budget(by=100 - BUDGET)
    assert Counter(order.action.kind for order in house.stage.calls) == {ActionKind.ALERT: BUDGET}
    assert len(await quiet(house)) == 100 - BUDGET
    await house.pass_time(timedelta(hours=21, seconds=1))
    await house.deliver(within=timedelta())
    (digest,) = house.stage.orders(ActionKind.DIGEST)
    assert digest.card is not None
    assert digest.card.title.params == {"n": 100 - BUDGET}
    assert await quiet(house) == []


async def test_grave_crises_alert_however_many_there_were() -> None:
    house = await a_house_beyond_its_budget(by=3)
    for number in range(30):
        await house.say(f"disclosure:{3 + number % 2}", f"g{number}", author=f"grave{number}")
    await house.settle()
    assert len(house.stage.orders(ActionKind.ALERT)) == BUDGET + 30


async def test_grave_crises_take_nothing_from_the_budget() -> None:
    house = House()
    for number in range(2 * BUDGET):
        await house.say("disclosure:4", f"g{number}", author=f"grave{number}")
    await house.say("disclosure:2", "m1")
    await house.settle()
    assert len(house.stage.orders(ActionKind.ALERT)) == 2 * BUDGET + 1


async def test_a_quiet_case_that_grows_grave_alerts_at_once() -> None:
    house = await a_house_beyond_its_budget(by=1)
    (case,) = await quiet(house)
    await house.say("disclosure:3", "m1000", author=case.subject)
    await house.settle()
    assert await quiet(house) == []
    alert = house.stage.orders(ActionKind.ALERT)[-1]
    assert (alert.action.case_id, alert.card and alert.card.level) == (case.id, 3)
    await house.pass_time(timedelta(days=2))
    assert not house.stage.orders(ActionKind.DIGEST)


async def test_the_next_day_has_a_budget_of_its_own() -> None:
    house = await a_house_beyond_its_budget(by=1)
    house.clock.advance(timedelta(hours=13))
    await house.say("disclosure:2", "later", author="somebody new")
    await house.settle()
    assert len(house.stage.orders(ActionKind.ALERT)) == BUDGET + 1


async def test_from_the_digest_on_its_cases_call_people_like_any_other() -> None:
    house = await a_house_beyond_its_budget(by=1)
    (case,) = await quiet(house)
    await house.pass_time(timedelta(hours=21, seconds=1))
    told = await house.case(case.id)
    assert told.chain_at is not None
    assert told.waiting_since == house.clock.now()
    assert not await house.records(case, ActionKind.ALERT, ActionKind.PAGE)
    await house.pass_time(told.chain_at - house.clock.now())
    assert [each.action.kind for each in await house.records(case, ActionKind.ALERT, ActionKind.PAGE)] == [
        ActionKind.ALERT,
        ActionKind.PAGE,
    ]
    await house.deliver()
    await house.clicked("rae", await house.case(case.id), "claim")
    await house.deliver()
    assert (await house.store.counts())["actions_pending"] == 0


async def test_a_case_of_the_digest_that_is_taken_before_it_calls_leaves_no_card_waiting() -> None:
    house = await a_house_beyond_its_budget(by=1)
    (case,) = await quiet(house)
    await house.pass_time(timedelta(hours=21, seconds=1))
    await house.clicked("rae", await house.case(case.id), "claim")
    await house.deliver()
    assert (await house.store.counts())["actions_pending"] == 0


async def test_nothing_is_posted_when_nothing_waits_any_more() -> None:
    house = await a_house_beyond_its_budget(by=1)
    (case,) = await quiet(house)
    await house.clicked("rae", case, "resolve", outcome="not_a_problem")
    await house.pass_time(timedelta(hours=21, seconds=1))
    await house.deliver(within=timedelta())
    assert not house.stage.orders(ActionKind.DIGEST)
    assert "digested" not in await verbs(house)


async def test_many_cases_go_on_in_several_commits_and_are_told_once() -> None:
    house = await a_house_beyond_its_budget(by=2 * AT_ONCE + 1)
    before = len(house.store.commits)
    await house.pass_time(timedelta(hours=21, seconds=1))
    await house.deliver(within=timedelta())
    told = (sum(each.verb == "digested" for each in unit.audit) for unit in house.store.commits[before:])
    assert [each for each in told if each] == [AT_ONCE, AT_ONCE, 1]
    (digest,) = house.stage.orders(ActionKind.DIGEST)
    assert digest.card is not None
    assert digest.card.title.params == {"n": 2 * AT_ONCE + 1}
    assert await quiet(house) == []


async def test_a_digest_that_was_slept_through_is_posted_also_when_more_came_in_first() -> None:
    house = await a_house_beyond_its_budget(by=1)
    house.clock.advance(timedelta(days=1, hours=1))
    for number in range(BUDGET + 1):
        await house.say("disclosure:2", f"n{number}", author=f"new{number}")
    await house.decide()
    await house.pass_time(timedelta())
    await house.deliver(within=timedelta())
    assert len(house.stage.orders(ActionKind.DIGEST)) == 1
    assert await quiet(house) == []


def test_a_digest_says_what_where_and_since_when_but_neither_words_nor_names() -> None:
    cases = [
        a_case(Concern.CRISIS, 1 + number % 2, case_id=f"case{number}", subject="gwendolyn") for number in range(25)
    ]
    card = compose_digest(COMMUNITY, cases, cases[0].opened_at)
    assert (card.case_id, card.concern, card.level, card.buttons) == ("", Concern.CRISIS, 2, ())
    assert [line.key for line in card.lines] == ["card.digest.case"] * MAX_LINES + ["card.digest.more"]
    assert card.lines[-1].params == {"n": 25 - MAX_LINES}
    assert [line.params["level"] for line in card.lines[:13]] == [2] * 12 + [1]
    assert "gwendolyn" not in repr(card)
