"""The chain of calls: who is called when, what ends it, and what the clock can't do to it."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest

from core.errors import RetryLater, Unavailable
from core.flow.pacing import CHAIN_TIMER, LEASE_TIMER
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.card import Audience
from core.model.case import Case, Concern, State, Tier
from core.model.message import MemberId
from core.model.order import Order
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.record import ActionState, Commit, Duty, Timer
from tests.clock import START
from tests.core.desk.asking import LEASE, timers, verbs
from tests.core.examples import COMMUNITY
from tests.core.house import House, actor, driven

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
RAE, SAM = MemberId("rae"), MemberId("sam")

AT_NIGHT_QUIET = CommunityPolicy.model_validate({"rota": {"watched": [{"begins": "08:00", "ends": "13:00"}]}})
MORNING = START + 20 * HOUR


async def a_house(text: str = "disclosure:4", policy: CommunityPolicy | None = None) -> tuple[House, Case]:
    """Two responders, rae on duty before sam, and a message that opened a case."""
    house = House(policy)
    house.crew.roles[SAM] = frozenset({Role.RESPONDER})
    shifts = tuple(
        Duty(community=COMMUNITY, member=each, is_on=True, since=START + n * SECOND, until=START + timedelta(days=9))
        for n, each in enumerate((RAE, SAM))
    )
    await house.store.commit(Commit(duties=shifts))
    house.clock.advance(MINUTE)
    await house.say(text)
    await house.settle()
    (case,) = await house.cases()
    return house, case


async def wait(house: House, by: timedelta) -> None:
    """Time passes in small steps, as for the loops of the bot; what is due is called."""
    until = house.clock.now() + by
    while house.clock.now() < until:
        following = await house.store.next_timer_at() or until
        step = min(max(following, house.clock.now()), house.clock.now() + 5 * MINUTE, until)
        await house.pass_time(step - house.clock.now())
        await driven(house.clock, house.delivery.deliver_due())


def pages(house: House) -> list[Order]:
    return house.stage.orders(ActionKind.PAGE)


def called(house: House) -> list[Audience | None]:
    return [order.card.audience for order in pages(house) if order.card]


async def test_a_card_that_nobody_takes_is_called_out_tier_by_tier_and_on_time() -> None:
    house, case = await a_house()
    opened = case.opened_at
    (alert,) = house.stage.orders(ActionKind.ALERT)
    assert alert.card is not None
    assert alert.card.audience == Audience(role=Role.RESPONDER, members=(RAE,))
    await wait(house, 13 * MINUTE)
    responders = Audience(role=Role.RESPONDER, members=(RAE, SAM), is_everybody=True)
    assert called(house) == [
        Audience(role=Role.RESPONDER, members=(RAE,)),
        Audience(role=Role.RESPONDER, members=(SAM,)),
        responders,
        Audience(role=Role.OWNER, members=(MemberId("olga"),)),
    ]
    told = [each for each in await house.store.audit(COMMUNITY, 100) if each.verb == AuditVerb.CALLED]
    assert [(each.facts["tier"], each.at - opened) for each in reversed(told)] == [
        ("1", 2.5 * MINUTE),
        ("2", 5 * MINUTE),
        ("3", 7.5 * MINUTE),
        ("4", 10 * MINUTE),
        ("5", 12.5 * MINUTE),
    ]
    (owner,) = house.stage.orders(ActionKind.TELL)
    assert owner.action.target == "olga"
    assert [each.id for each in await house.queue.unanswered(actor("rae"))] == [case.id]
    assert CHAIN_TIMER not in await timers(house)


async def test_a_claim_ends_the_chain_and_takes_the_case_from_the_banner() -> None:
    house, case = await a_house()
    await wait(house, 13 * MINUTE)
    (waiting,) = await house.queue.unanswered(actor("rae"))
    before = len(pages(house))
    await house.clicked("rae", waiting, "claim")
    assert not await house.queue.unanswered(actor("rae"))
    await wait(house, 14 * MINUTE)
    assert len(pages(house)) == before
    assert (await house.case(case.id)).holder == RAE


async def test_after_a_long_sleep_everybody_and_the_owners_are_called_once_and_nobody_twice() -> None:
    house, case = await a_house()
    house.clock.advance(5 * HOUR)
    while await house.timers.fire_due():
        pass
    await house.deliver(MINUTE)
    assert [(each.role, each.is_everybody) for each in called(house) if each] == [
        (Role.RESPONDER, True),
        (Role.OWNER, False),
    ]
    assert len(house.stage.orders(ActionKind.TELL)) == 1
    after = await house.case(case.id)
    assert (after.tier, after.chain_at) == (Tier.BANNER, None)
    assert (await verbs(house)).count(AuditVerb.CALLED) == 1


async def test_after_a_short_sleep_only_the_tier_that_is_due_is_called() -> None:
    house, case = await a_house()
    house.clock.jump(6 * MINUTE)
    await wait(house, SECOND)
    assert [each.members for each in called(house) if each] == [(SAM,)]
    assert (await house.case(case.id)).chain_at == case.opened_at + 7.5 * MINUTE


async def test_a_clock_that_goes_back_calls_nobody_twice_and_keeps_nobody_waiting() -> None:
    house, case = await a_house()
    await wait(house, 3 * MINUTE)
    assert len(pages(house)) == 1
    house.clock.jump(-2 * HOUR)
    await wait(house, SECOND)
    await wait(house, 2 * MINUTE)
    assert len(pages(house)) == 1
    await wait(house, 9 * MINUTE)
    assert len(pages(house)) == 4
    assert (await house.case(case.id)).tier == Tier.BANNER


async def test_a_clock_that_goes_back_makes_no_claim_of_somebody_who_is_gone_last_for_hours() -> None:
    house, case = await a_house()
    house.clock.jump(3 * HOUR)
    await wait(house, SECOND)
    await house.clicked("rae", await house.case(case.id), "claim")
    await wait(house, SECOND)
    house.clock.jump(-3 * HOUR)
    await wait(house, SECOND)
    await wait(house, LEASE)
    assert (await house.case(case.id)).holder is None


@pytest.mark.parametrize("kind", [LEASE_TIMER, CHAIN_TIMER])
async def test_a_clock_that_goes_back_right_before_a_timer_fires_does_not_lose_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, case = await a_house()
    if kind == LEASE_TIMER:
        await house.clicked("rae", case, "claim")
    set_to = (await timers(house))[kind]
    read = house.store.due_timers

    async def read_and_set_back(now: datetime, limit: int) -> Sequence[Timer]:
        found = await read(now, limit)
        house.clock.jump(-HOUR)
        return found

    monkeypatch.setattr(house.store, "due_timers", read_and_set_back)
    house.clock.jump(HOUR)
    assert await house.timers.fire_due()
    monkeypatch.undo()
    assert (await timers(house))[kind] == set_to
    assert (await house.case(case.id)).tier == Tier.FIRST


async def test_a_policy_that_gives_more_time_puts_the_next_call_off() -> None:
    house, case = await a_house("disclosure:3")
    house.policy = CommunityPolicy.model_validate({"targets": {"level_3_minutes": 60}})
    await wait(house, 29 * MINUTE)
    assert not pages(house)
    await wait(house, 2 * MINUTE)
    assert len(pages(house)) == 1
    assert (await house.case(case.id)).tier == Tier.AGAIN


async def test_a_page_that_could_not_be_sent_before_somebody_claimed_is_withdrawn() -> None:
    house, case = await a_house()
    await house.pass_time(2.5 * MINUTE)
    await house.clicked("rae", await house.case(case.id), "claim")
    await house.deliver(MINUTE)
    assert not pages(house)
    (page,) = await house.records(case, ActionKind.PAGE)
    assert (page.state, page.note) == (ActionState.WITHDRAWN, "somebody has its case")


async def test_who_asks_for_a_second_pair_of_eyes_still_has_people_paged() -> None:
    house, case = await a_house()
    claimed = await house.clicked("rae", case, "claim")
    await house.clicked("rae", claimed, "ask_second")
    await house.deliver(MINUTE)
    assert [each.members for each in called(house) if each] == [(SAM,)]


async def test_a_claim_that_runs_out_calls_somebody_else() -> None:
    house, case = await a_house()
    await house.clicked("rae", case, "claim")
    await wait(house, LEASE)
    assert [each.members for each in called(house) if each] == [(SAM,)]


async def test_a_responder_whom_it_is_about_is_never_called() -> None:
    house = House()
    house.crew.roles[SAM] = frozenset({Role.RESPONDER})
    await house.say("disclosure:4", author="rae")
    await house.settle()
    await wait(house, 13 * MINUTE)
    told = [order.card.audience for order in house.stage.effects.values() if order.card and order.card.audience]
    assert told
    assert not any(RAE in audience.members for audience in told)
    assert not any(audience.is_everybody for audience in told)


async def test_a_responder_who_lost_the_role_is_not_called_though_on_duty() -> None:
    house, _ = await a_house()
    del house.crew.roles[RAE]
    await wait(house, 3 * MINUTE)
    assert [each.members for each in called(house) if each] == [(SAM,)]


async def test_with_nobody_on_duty_everybody_is_called_at_once_and_the_card_says_why() -> None:
    house, _ = await a_house()
    house.clock.advance(timedelta(days=10))
    await house.say("disclosure:3", "m2", author="ben")
    await house.settle()
    _, alert = house.stage.orders(ActionKind.ALERT)
    assert alert.card is not None
    assert alert.card.audience is not None
    assert alert.card.audience.is_everybody
    assert "card.nobody_on_duty" in {line.key for line in alert.card.lines}


async def test_where_nobody_uses_duty_the_card_does_not_complain_of_it() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    (alert,) = house.stage.orders(ActionKind.ALERT)
    assert alert.card is not None
    assert alert.card.audience is not None
    assert alert.card.audience.is_everybody
    assert "card.nobody_on_duty" not in {line.key for line in alert.card.lines}


@pytest.mark.parametrize("text", ["insult:4", "insult:2"])
async def test_at_night_nobody_is_called_about_conduct_until_the_morning(text: str) -> None:
    house = House(AT_NIGHT_QUIET)
    await house.pass_time(3 * HOUR)
    await house.say(text)
    await house.settle()
    (alert,) = house.stage.orders(ActionKind.ALERT)
    assert alert.card is not None
    assert alert.card.audience is None
    await wait(house, MORNING - SECOND - house.clock.now())
    assert not pages(house)
    await wait(house, 2 * HOUR)
    assert pages(house)


async def test_a_grave_case_of_the_night_calls_somebody_when_the_watched_hours_begin() -> None:
    house = House(AT_NIGHT_QUIET)
    await house.pass_time(3 * HOUR)
    await house.say("insult:4")
    await house.settle()
    await wait(house, MORNING - house.clock.now())
    assert [each.role for each in called(house) if each] == [Role.MODERATOR]


async def test_what_lapses_wakes_or_grows_graver_at_night_calls_nobody_before_the_morning() -> None:
    house = House(AT_NIGHT_QUIET)
    for number, author in enumerate(("ann", "ben", "cyn")):
        await house.say("insult:2", f"m{number}", author=author)
    await house.settle()
    ann, ben, cyn = await house.cases()
    await house.pass_time(50 * MINUTE)
    await house.clicked("bob", ann, "claim")
    await house.clicked("bob", ben, "snooze", minutes="120")
    await house.pass_time(15 * MINUTE)
    await house.say("insult:4", "m9", author="cyn")
    await house.settle()
    await wait(house, MORNING - SECOND - house.clock.now())
    assert {each.state for each in await house.cases()} == {State.WAITING}
    assert not pages(house)
    await wait(house, SECOND)
    assert {order.action.case_id for order in pages(house)} == {ann.id, ben.id, cyn.id}


async def test_crisis_is_heard_at_night_too() -> None:
    house = House(AT_NIGHT_QUIET)
    await house.pass_time(6 * HOUR)
    await house.say("disclosure:2")
    await house.settle()
    await wait(house, HOUR)
    assert len(pages(house)) == 1


async def test_a_look_in_is_asked_for_in_watched_hours() -> None:
    house = House(AT_NIGHT_QUIET)
    await house.pass_time(3 * HOUR)
    await house.say("disclosure:2")
    await house.settle()
    (case,) = await house.cases()
    await house.clicked("rae", case, "resolve", outcome="support_offered")
    await wait(house, 24 * HOUR)
    assert (await house.case(case.id)).follow_up is not None
    assert not pages(house)
    await wait(house, 17 * HOUR)
    assert len(pages(house)) == 1


async def test_a_store_that_is_down_when_a_call_is_due_delays_it_and_loses_nothing() -> None:
    house, case = await a_house()
    house.clock.advance(2.5 * MINUTE)
    house.store.refusals.extend([Unavailable(reason="synthetic")] * 3)
    for _ in range(3):
        with pytest.raises(Unavailable):
            await house.timers.fire_due()
    await house.timers.fire_due()
    await house.deliver(MINUTE)
    assert len(pages(house)) == 1
    assert (await house.case(case.id)).tier == Tier.AGAIN


async def test_level_1_is_called_out_from_the_next_shift_on() -> None:
    policy = CommunityPolicy.model_validate(
        {"rota": {"shifts": [{"begins": "18:00", "ends": "22:00", "members": ["rae"]}]}}
    )
    house = House(policy)
    await house.say("term:1")
    await house.settle()
    case = await house.the_case(Concern.CONDUCT)
    assert case.target_at == START + 6 * HOUR
    await wait(house, 6 * HOUR - SECOND)
    assert not pages(house)
    await wait(house, SECOND)
    assert len(pages(house)) == 1


async def test_what_is_let_go_at_night_waits_for_the_morning_and_what_a_person_asks_for_does_not() -> None:
    house = House(AT_NIGHT_QUIET)
    await house.pass_time(3 * HOUR)
    await house.say("insult:4")
    await house.settle()
    claimed = await house.clicked("bob", await house.the_case(), "claim")
    released = await house.clicked("bob", claimed, "release")
    await wait(house, HOUR)
    assert not pages(house)
    await house.clicked("bob", released, "escalate", tier="0")
    await wait(house, SECOND)
    assert len(pages(house)) == 1


async def test_a_page_that_the_platform_held_up_into_the_night_waits_for_the_morning() -> None:
    house = House(AT_NIGHT_QUIET)
    await house.pass_time(50 * MINUTE)
    await house.say("insult:4")
    await house.settle()
    house.stage.refuse(RetryLater(reason="synthetic"), times=100, kind=ActionKind.PAGE)
    await wait(house, 15 * MINUTE)
    house.stage.trouble.clear()
    await wait(house, 5 * HOUR)
    assert not pages(house)
    await wait(house, MORNING + MINUTE - house.clock.now())
    assert pages(house)


async def test_who_has_just_released_a_case_is_not_the_one_who_is_paged() -> None:
    house, case = await a_house()
    claimed = await house.clicked("rae", case, "claim")
    await house.clicked("rae", claimed, "release")
    await house.deliver(MINUTE)
    assert [each.members for each in called(house) if each] == [(SAM,)]


async def test_a_case_that_grows_severe_in_the_hands_of_somebody_who_is_not_there_calls_others_by_its_target() -> None:
    house, case = await a_house("disclosure:2")
    await house.clicked("rae", case, "claim")
    await house.say("disclosure:4", "m2")
    await house.settle()
    assert [each.members for each in called(house) if each] == [(RAE,)]
    await wait(house, 5 * MINUTE)
    assert [each.members for each in called(house) if each] == [(RAE,), (SAM,)]
    assert (await house.case(case.id)).state is State.WAITING


async def test_a_holder_who_shows_to_be_there_keeps_a_case_that_grew_severe() -> None:
    house, case = await a_house("disclosure:2")
    await house.clicked("rae", case, "claim")
    await house.say("disclosure:4", "m2")
    await house.settle()
    await house.queue.show(actor("rae"), case.id)
    await wait(house, 6 * MINUTE)
    assert (await house.case(case.id)).holder == RAE


async def test_owners_whom_a_person_calls_are_told_in_private_as_the_chain_tells_them() -> None:
    house, case = await a_house()
    for _ in range(3):
        case = await house.clicked("rae", case, "escalate", tier=str(int(case.tier)))
    await house.deliver(MINUTE)
    assert case.tier == Tier.OWNERS
    assert [order.action.target for order in house.stage.orders(ActionKind.TELL)] == ["olga"]


async def test_owners_are_told_of_conduct_at_night_where_a_person_asks_for_them() -> None:
    house, case = await a_house("insult:3", AT_NIGHT_QUIET)
    house.clock.advance(3 * HOUR)
    for _ in range(3):
        case = await house.clicked("bob", case, "escalate", tier=str(int(case.tier)))
    await house.deliver(MINUTE)
    assert [order.action.target for order in house.stage.orders(ActionKind.TELL)] == ["olga"]
