"""When somebody should have a case, and when who is called."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.pacing import (
    CHAIN_TIMER,
    LONGEST_WAIT,
    SHARES,
    call_at,
    heard_at,
    later,
    paced,
    target_at,
    tier_due,
    timer_changes,
)
from core.model.advancing import advance
from core.model.case import Case, Concern, Outcome, State, Tier
from core.model.case_event import (
    Claimed,
    Digested,
    Escalated,
    HolderGone,
    Joined,
    LeaseLapsed,
    Refused,
    Released,
    Resolved,
    Snoozed,
    Woke,
)
from core.model.finding import Category, Kind
from core.model.message import MemberId
from core.model.policy import CommunityPolicy
from core.model.rota import Rota
from tests.clock import START
from tests.core.examples import a_case
from tests.core.model.test_rota import berlin, hours, moments, watching, zones

RAE = MemberId("rae")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ALWAYS = CommunityPolicy()

policies = st.builds(
    lambda watched, shifts, zone: CommunityPolicy(
        rota=Rota.model_validate(
            {"time_zone": zone, "watched": watched, "shifts": [{**each, "members": ["rae"]} for each in shifts]}
        )
    ),
    st.lists(hours, max_size=3),
    st.lists(hours, max_size=3),
    zones,
)
levels = st.integers(1, 4)
concerns = st.sampled_from(Concern)


def office(*spans: tuple[str, str], **more: Any) -> CommunityPolicy:
    return CommunityPolicy(rota=watching(*spans, **more))


def opened(concern: Concern = Concern.CRISIS, level: int = 4, policy: CommunityPolicy = ALWAYS) -> Case:
    return paced(None, a_case(concern, level), policy, START)


def moved(case: Case, event: Any, at: datetime, policy: CommunityPolicy = ALWAYS) -> Case:
    after = advance(case, event, at)
    assert not isinstance(after, Refused), after
    return paced(case, after, policy, at)


def chain_timer(before: Case | None, after: Case) -> tuple[list[datetime], bool]:
    """When its chain is set to, and whether it was cancelled."""
    timers, cancelled = timer_changes(before, after)
    return [each.due_at for each in timers if each.kind == CHAIN_TIMER], (CHAIN_TIMER, after.id) in cancelled


@pytest.mark.parametrize(("level", "minutes"), [(4, 5), (3, 15), (2, 120)])
def test_a_level_has_its_target_and_the_chain_is_paced_by_it(level: int, minutes: int) -> None:
    target = minutes * MINUTE
    assert target_at(ALWAYS, Concern.CRISIS, level, START) == START + target
    called = [call_at(ALWAYS, Concern.CRISIS, level, START, tier) - START for tier in SHARES]
    assert called == [target / 2, target, 1.5 * target, 2 * target, 2.5 * target]


def test_level_1_waits_for_the_next_shift_and_at_most_a_day() -> None:
    at_nine = Rota.model_validate({"shifts": [{"begins": "18:00", "ends": "20:00", "members": ["rae"]}]})
    on_sunday = Rota.model_validate(
        {"shifts": [{"days": ["wed"], "begins": "18:00", "ends": "20:00", "members": ["rae"]}]}
    )
    for rota, waits in ((at_nine, 6 * HOUR), (on_sunday, 24 * HOUR), (Rota(), 24 * HOUR)):
        policy = CommunityPolicy(rota=rota)
        assert target_at(policy, Concern.CRISIS, 1, START) == START + waits
        assert call_at(policy, Concern.CRISIS, 1, START, Tier.AGAIN) == START + waits
        assert call_at(policy, Concern.CRISIS, 1, START, Tier.NEXT) == START + waits + HOUR


def test_conduct_of_level_1_in_the_evening_waits_for_the_morning() -> None:
    policy = office(("09:00", "17:00"))
    evening = berlin("2026-03-02", "18:00")
    assert target_at(policy, Concern.CONDUCT, 1, evening) == berlin("2026-03-03", "09:00")


def test_at_night_conduct_is_quiet_and_crisis_is_not() -> None:
    policy = office(("09:00", "17:00"))
    evening = berlin("2026-03-02", "16:50")
    assert call_at(policy, Concern.CONDUCT, 3, evening, Tier.AGAIN) == evening + 7.5 * MINUTE
    assert call_at(policy, Concern.CONDUCT, 3, evening, Tier.NEXT) == berlin("2026-03-03", "09:05")
    assert call_at(policy, Concern.CRISIS, 3, evening, Tier.NEXT) == evening + 15 * MINUTE
    assert heard_at(policy, Concern.CONDUCT, evening + HOUR) == berlin("2026-03-03", "09:00")
    assert heard_at(policy, Concern.CRISIS, evening + HOUR) == evening + HOUR


def test_what_would_fall_on_the_end_of_watched_hours_waits_for_the_next() -> None:
    rota = watching(("09:00", "17:00"))
    assert later(rota, berlin("2026-03-02", "15:00"), 2 * HOUR) == berlin("2026-03-03", "09:00")


def test_an_hour_that_the_clock_leaps_over_counts_for_nothing() -> None:
    rota = watching(("00:00", "06:00"))
    assert later(rota, berlin("2026-03-29", "00:00"), 4 * HOUR) == berlin("2026-03-29", "05:00")
    assert later(rota, berlin("2026-10-25", "00:00"), 4 * HOUR) == berlin("2026-10-25", "03:00")


def test_few_watched_hours_do_not_make_anybody_wait_for_years() -> None:
    rota = watching(("09:00", "09:15"), days=("mon",))
    monday = berlin("2026-03-02", "09:00").astimezone(UTC)
    waits = later(rota, monday, 60 * HOUR) - monday
    assert LONGEST_WAIT <= waits < LONGEST_WAIT + timedelta(days=8)
    assert rota.is_watched(monday + waits)


@given(policies, concerns, levels, moments)
def test_nobody_is_called_before_the_one_before_them_nor_while_conduct_is_quiet(
    policy: CommunityPolicy, concern: Concern, level: int, since: datetime
) -> None:
    called = [since, *(call_at(policy, concern, level, since, tier) for tier in SHARES)]
    assert called == sorted(called)
    if concern is Concern.CRISIS:
        assert called[-1] - since <= timedelta(hours=24 + 2.5 * 2)
    else:
        assert all(policy.rota.is_watched(at) for at in called[1:])
        assert policy.rota.is_watched(target_at(policy, concern, level, since))


@given(policies, moments, st.integers(0, 5000), st.integers(0, 5000))
def test_more_time_never_ends_sooner(policy: CommunityPolicy, since: datetime, less: int, more: int) -> None:
    less, more = sorted((less, more))
    assert since <= later(policy.rota, since, less * MINUTE) <= later(policy.rota, since, more * MINUTE)


@given(policies, concerns, levels, moments, st.integers(0, 60 * 24 * 10))
def test_the_tier_that_is_due_is_the_last_whose_time_has_come(
    policy: CommunityPolicy, concern: Concern, level: int, since: datetime, waited: int
) -> None:
    case = paced(None, replace(a_case(Concern.CRISIS, level), concern=concern), policy, since)
    now = since + waited * MINUTE
    tier = tier_due(policy, case, now)
    assert all((call_at(policy, concern, level, since, each) <= now) is (each <= tier) for each in SHARES)
    assert case.chain_at == call_at(policy, concern, level, since, Tier.AGAIN)


@given(policies, st.integers(2, 4), moments, st.integers(0, 300))
def test_a_chain_that_is_followed_on_time_ends_at_the_banner(
    policy: CommunityPolicy, level: int, since: datetime, late_s: int
) -> None:
    case, tiers = paced(None, a_case(Concern.CRISIS, level), policy, since), [Tier.FIRST]
    while case.chain_at is not None:
        now = case.chain_at + timedelta(seconds=late_s if case.tier == Tier.NEXT else 0)
        tiers.append(tier_due(policy, case, now))
        case = moved(case, Escalated(by=None, to=tiers[-1]), now, policy)
    assert tiers[-1] is Tier.BANNER
    assert tiers == sorted(set(tiers))
    assert case.waiting_since == since


def test_a_new_case_waits_from_its_beginning() -> None:
    case = opened()
    assert (case.waiting_since, case.target_at, case.chain_at) == (START, START + 5 * MINUTE, START + 2.5 * MINUTE)
    assert chain_timer(None, case) == ([START + 2.5 * MINUTE], False)


def test_a_claim_ends_the_chain_and_what_gives_the_case_back_begins_it_anew() -> None:
    waited = moved(opened(), Escalated(by=None, to=Tier.ALL), START + 8 * MINUTE)
    claimed = moved(waited, Claimed(by=RAE, lease_until=START + HOUR), START + 9 * MINUTE)
    assert (claimed.waiting_since, claimed.chain_at) == (None, None)
    assert claimed.target_at == START + 5 * MINUTE
    assert chain_timer(waited, claimed) == ([], True)
    for event in (Released(by=RAE), LeaseLapsed(), HolderGone()):
        now = START + 2 * HOUR
        back = moved(claimed, event, now)
        assert (back.state, back.tier, back.waiting_since) == (State.WAITING, Tier.FIRST, now)
        assert back.target_at == now + 5 * MINUTE
        assert chain_timer(claimed, back) == ([now + 2.5 * MINUTE], False)


def test_a_release_after_a_lapse_and_a_new_claim_begins_the_chain_once_more() -> None:
    claimed = moved(opened(), Claimed(by=RAE, lease_until=START + MINUTE), START)
    lapsed = moved(claimed, LeaseLapsed(), START + MINUTE)
    again = moved(lapsed, Claimed(by=RAE, lease_until=START + HOUR), START + 2 * MINUTE)
    released = moved(again, Released(by=RAE), START + 30 * MINUTE)
    assert released.waiting_since == START + 30 * MINUTE
    assert released.chain_at == START + 32.5 * MINUTE


def test_a_snooze_is_no_wait_and_its_end_is_a_new_one() -> None:
    case = opened(Concern.CONDUCT, 2)
    asleep = moved(case, Snoozed(by=RAE, until=START + 5 * HOUR), START + HOUR)
    assert (asleep.waiting_since, asleep.chain_at) == (None, None)
    woke = moved(asleep, Woke(), START + 5 * HOUR)
    assert woke.target_at == START + 7 * HOUR
    assert woke.chain_at == START + 6 * HOUR


def test_a_waiting_case_that_is_raised_goes_on_from_where_its_chain_is_at_the_new_pace() -> None:
    waited = moved(opened(Concern.CRISIS, 2), Escalated(by=None, to=Tier.NEXT), START + 120 * MINUTE)
    raised = moved(waited, a_raise(4), START + 130 * MINUTE)
    assert raised.tier == Tier.NEXT
    assert raised.target_at == START + 135 * MINUTE
    assert raised.chain_at == START + 137.5 * MINUTE


def test_a_case_that_nobody_answered_stays_so_when_it_is_raised() -> None:
    unanswered = moved(opened(level=3), Escalated(by=None, to=Tier.BANNER), START + HOUR)
    raised = moved(unanswered, a_raise(4), START + 2 * HOUR)
    assert (raised.tier, raised.chain_at) == (Tier.BANNER, None)


def test_a_claimed_case_that_is_raised_has_a_new_target_and_calls_nobody_by_the_clock() -> None:
    claimed = moved(opened(level=2), Claimed(by=RAE, lease_until=START + HOUR), START + MINUTE)
    raised = moved(claimed, a_raise(4), START + 2 * MINUTE)
    assert (raised.holder, raised.chain_at, raised.waiting_since) == (RAE, None, None)
    assert raised.target_at == START + 7 * MINUTE


def test_more_messages_at_the_same_level_do_not_put_the_chain_off() -> None:
    case = opened()
    joined = moved(case, a_raise(4), START + 2 * MINUTE)
    assert (joined.waiting_since, joined.chain_at) == (case.waiting_since, case.chain_at)
    assert chain_timer(case, joined) == ([], False)


def test_who_asks_for_more_people_is_not_called_back_to_the_first() -> None:
    asked = moved(opened(), Escalated(by=RAE, tier=0, to=Tier.ALL), START + MINUTE)
    assert (asked.tier, asked.chain_at) == (Tier.ALL, START + 10 * MINUTE)


def test_a_case_beyond_the_budget_calls_nobody_until_it_was_digested() -> None:
    quiet = paced(None, replace(a_case(Concern.CRISIS, 2), is_quiet=True), ALWAYS, START)
    assert (quiet.waiting_since, quiet.chain_at, quiet.target_at) == (None, None, START + 2 * HOUR)
    told = moved(quiet, Digested(), START + 8 * HOUR)
    assert (told.tier, told.waiting_since, told.chain_at) == (Tier.FIRST, START + 8 * HOUR, START + 9 * HOUR)


def test_an_ended_case_waits_for_nobody() -> None:
    ended = moved(opened(), Resolved(by=RAE, outcome=Outcome.NOT_A_PROBLEM), START + MINUTE)
    assert (ended.waiting_since, ended.chain_at) == (None, None)


def a_raise(level: int) -> Joined:
    return Joined(category=Category.CRISIS, kind=Kind.DISCLOSURE, level=level, messages=1)
