"""The desk: one holder for each case (promise 4), and what each verb does."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.desk.clicks import ON_ACTIONS, Verb, event_of, verbs_for
from core.desk.queue import CaseView
from core.errors import Unavailable
from core.flow.pacing import LEASE_TIMER, SNOOZE_TIMER
from core.flow.planning import TEXT_TIMER
from core.model.action import ActionKind, Lane
from core.model.audit import AuditVerb
from core.model.case import Case, Concern, Outcome, State, Tier
from core.model.case_event import Refused, Why
from core.model.message import MemberId
from tests.clock import START
from tests.core.desk.asking import LEASE, a_house_with, timers, verbs, why
from tests.core.house import actor


async def test_second_claim_is_refused_with_the_first_claimers_name_and_time() -> None:
    house, case = await a_house_with("insult:2")
    house.clock.advance(timedelta(seconds=7))
    await house.clicked("bob", case, "claim")
    house.clock.advance(timedelta(seconds=7))
    refused = await house.click("cat", case, "claim")
    assert refused == Refused(why=Why.ALREADY_CLAIMED, holder=MemberId("bob"), since=START + timedelta(seconds=7))
    assert (await house.the_case()).holder == "bob"


async def test_of_two_claims_at_the_same_moment_one_wins_and_the_other_is_told() -> None:
    house, case = await a_house_with("insult:2")
    house.store.before_commit.append(house.clicked("bob", case, "claim"))
    refused = await house.click("cat", case, "claim")
    assert isinstance(refused, Refused)
    assert (refused.why, refused.holder) == (Why.ALREADY_CLAIMED, "bob")
    assert (await verbs(house)).count(AuditVerb.CLAIMED) == 1


PARAMS = {"outcome": "not_a_problem", "minutes": "5", "to": "olga", "note": "seen", "hours": "24"}
FOR_EVERYBODY = {Verb.ESCALATE, Verb.NOTE, Verb.SECOND}


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb not in FOR_EVERYBODY])
async def test_no_verb_acts_on_a_case_that_another_holds(verb: Verb) -> None:
    house, case = await a_house_with("insult:3")
    await house.clicked("bob", case, "claim")
    held = await house.the_case()
    (timeout,) = await house.records(held, ActionKind.TIMEOUT)
    params = {**PARAMS, "kind": "warn", "action": timeout.action.key}
    refused = await house.click("cat", held, verb, **params)
    assert why(refused) in {Why.ALREADY_CLAIMED, Why.NOT_CLOSED}
    assert await house.the_case() == held


@pytest.mark.parametrize("verb", Verb)
async def test_a_click_on_an_older_turn_changes_nothing(verb: Verb) -> None:
    house, case = await a_house_with("insult:4")
    claimed = await house.clicked("bob", case, "claim")
    released = await house.clicked("bob", claimed, "release")
    (ban,) = await house.records(case, ActionKind.BAN)
    params = {**PARAMS, "kind": "warn", "action": ban.action.key}
    before = len(house.store.commits)
    assert why(await house.click("cat", case, verb, **params)) is Why.CHANGED
    assert len(house.store.commits) == before
    assert await house.the_case() == released


@pytest.mark.parametrize("turn", [-1, 0, 2, 10**9])
async def test_a_forged_turn_changes_nothing(turn: int) -> None:
    house, case = await a_house_with("insult:2")
    assert why(await house.click("bob", replace(case, turn=turn), "claim")) is Why.CHANGED


async def test_a_click_on_a_case_that_was_closed_names_who_closed_it() -> None:
    house, case = await a_house_with("insult:2")
    await house.clicked("bob", case, "resolve", outcome="talked")
    refused = await house.click("cat", case, "claim")
    assert refused == Refused(why=Why.CLOSED, holder=MemberId("bob"), since=START)


async def test_a_message_that_joins_at_the_same_level_makes_no_click_stale() -> None:
    house, case = await a_house_with("insult:2")
    await house.say("insult:2", "m2")
    await house.settle()
    assert (await house.the_case()).version > case.version
    assert (await house.clicked("bob", case, "claim")).messages == 2


async def test_a_graver_message_makes_older_clicks_stale() -> None:
    house, case = await a_house_with("insult:2")
    await house.say("insult:4", "m2")
    await house.settle()
    assert why(await house.click("bob", case, "resolve", outcome="not_a_problem")) is Why.CHANGED


async def test_a_case_that_keeps_changing_is_given_up_politely() -> None:
    house, case = await a_house_with("insult:2")
    house.store.stale = 100
    assert why(await house.click("bob", case, "claim")) is Why.CHANGED


async def test_a_click_that_can_not_be_written_raises_and_changes_nothing() -> None:
    house, case = await a_house_with("insult:2")
    house.store.refusals.append(Unavailable(reason="the disk is full"))
    with pytest.raises(Unavailable):
        await house.click("bob", case, "claim")
    assert await house.the_case() == case


async def test_claim_extend_hand_over_release_move_the_lease_with_them() -> None:
    house, case = await a_house_with("insult:2")
    case = await house.clicked("bob", case, "claim")
    assert (await timers(house))[LEASE_TIMER] == LEASE
    house.clock.advance(timedelta(minutes=5))
    case = await house.clicked("bob", case, "extend")
    assert (await timers(house))[LEASE_TIMER] == LEASE + timedelta(minutes=5)
    house.clock.advance(timedelta(minutes=5))
    case = await house.clicked("bob", case, "hand_over", to="cat")
    assert (case.holder, case.held_since) == ("cat", START + timedelta(minutes=10))
    assert (await timers(house))[LEASE_TIMER] == LEASE + timedelta(minutes=10)
    case = await house.clicked("cat", case, "release")
    assert LEASE_TIMER not in await timers(house)
    assert await verbs(house) == ["case_opened", "claimed", "extended", "handed_over", "released"]


@pytest.mark.parametrize("to", ["", "ann", "rae", "nobody"])
async def test_a_case_is_handed_only_to_somebody_who_may_take_it(to: str) -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    refused = await house.click("bob", claimed, "hand_over", to=to)
    assert refused == Refused(why=Why.BAD_VALUE, field="to")


async def test_nobody_is_handed_a_case_about_themselves() -> None:
    house, case = await a_house_with("insult:2", author="cat")
    claimed = await house.clicked("bob", case, "claim")
    assert why(await house.click("bob", claimed, "hand_over", to="cat")) is Why.BAD_VALUE


async def test_a_snoozed_case_wakes_and_is_paged() -> None:
    house, case = await a_house_with("insult:2")
    asleep = await house.clicked("bob", case, "snooze", minutes="60")
    assert (asleep.state, asleep.snoozed_until) == (State.SNOOZED, START + timedelta(hours=1))
    await house.pass_time(timedelta(minutes=59))
    assert (await house.the_case()).state is State.SNOOZED
    await house.pass_time(timedelta(minutes=1))
    assert (await house.the_case()).state is State.WAITING
    await house.deliver()
    assert house.stage.called(ActionKind.PAGE) == 1
    assert (await verbs(house))[-1] == AuditVerb.WOKE


async def test_claiming_a_snoozed_case_cancels_its_alarm() -> None:
    house, case = await a_house_with("insult:2")
    asleep = await house.clicked("bob", case, "snooze", minutes="60")
    await house.clicked("cat", asleep, "claim")
    assert SNOOZE_TIMER not in await timers(house)


@pytest.mark.parametrize("minutes", ["", "0", "-5", "1.5", "ten", "10081", "9999999", "١٢", " 5", "1e3", "²"])
async def test_a_snooze_is_a_whole_number_of_minutes_up_to_a_week(minutes: str) -> None:
    house, case = await a_house_with("insult:2")
    assert await house.click("bob", case, "snooze", minutes=minutes) == Refused(why=Why.BAD_VALUE, field="minutes")


async def test_a_week_is_the_longest_snooze() -> None:
    house, case = await a_house_with("insult:2")
    asleep = await house.clicked("bob", case, "snooze", minutes="10080")
    assert asleep.snoozed_until == START + timedelta(days=7)


async def test_a_grave_crisis_can_not_be_snoozed_and_is_not_offered_to_be() -> None:
    house, case = await a_house_with("disclosure:3")
    assert why(await house.click("rae", case, "snooze", minutes="5")) is Why.NOT_ALLOWED
    assert Verb.SNOOZE not in verbs_for(actor("rae"), case)


async def test_escalating_calls_the_next_person_at_once_and_makes_no_click_stale() -> None:
    house, case = await a_house_with("disclosure:2")
    assert (await house.clicked("rae", case, "escalate")).tier == Tier.NEXT
    assert (await house.clicked("rae", case, "claim")).tier == Tier.NEXT


async def test_asking_for_help_pages_people() -> None:
    house, case = await a_house_with("disclosure:2")
    await house.clicked("rae", case, "escalate", tier="0")
    await house.deliver()
    (page,) = house.stage.orders(ActionKind.PAGE)
    assert (page.action.lane, page.card is not None) == (Lane.CRISIS, True)


async def test_two_clicks_for_help_raise_one_tier_and_a_later_one_the_next() -> None:
    house, case = await a_house_with("disclosure:2")
    house.store.before_commit.append(house.clicked("rae", case, "escalate", tier="0"))
    assert why(await house.click("olga", case, "escalate", tier="0")) is Why.CHANGED
    assert why(await house.click("olga", case, "escalate")) is Why.CHANGED
    assert (await house.the_case(Concern.CRISIS)).tier == Tier.NEXT
    assert (await house.clicked("olga", case, "escalate", tier="2")).tier == Tier.ALL


@pytest.mark.parametrize("tier", ["", "-1", "one", "1.0", "²", "9" * 400])
async def test_a_forged_tier_is_refused(tier: str) -> None:
    house, case = await a_house_with("disclosure:2")
    assert await house.click("rae", case, "escalate", tier=tier) == Refused(why=Why.BAD_VALUE, field="tier")


@pytest.mark.parametrize("outcome", ["", "upheld", "help", "SUPPORT_OFFERED", "support_offered "])
async def test_a_crisis_ends_only_with_an_outcome_of_its_own(outcome: str) -> None:
    house, case = await a_house_with("disclosure:2")
    assert why(await house.click("rae", case, "resolve", outcome=outcome)) in {Why.BAD_VALUE, Why.OUTCOME_DOES_NOT_FIT}


@pytest.mark.parametrize("verb", ["", "CLAIM", "claim ", "delete", "show", "carry_out\n", "verb.undo", "__class__"])
async def test_a_forged_verb_is_refused(verb: str) -> None:
    house, case = await a_house_with("insult:2")
    assert why(await house.click("bob", case, verb)) is Why.UNKNOWN_VERB


def test_a_verb_about_an_action_is_no_event_of_a_case() -> None:
    for verb in ON_ACTIONS:
        assert why(event_of(verb, actor("bob"), {}, START, LEASE)) is Why.UNKNOWN_VERB


STATES = ("waiting", "claimed", "claimed by another", "snoozed", "resolved")
PLACES = [
    (state, text, me, other)
    for text, me, other in [
        ("insult:2", "bob", "cat"),
        ("insult:4", "bob", "cat"),
        ("disclosure:2", "rae", "olga"),
        ("disclosure:4", "rae", "olga"),
    ]
    for state in STATES
    if (state, text) != ("snoozed", "disclosure:4")  # there is no such case
]


@pytest.mark.parametrize(("state", "text", "me", "other"), PLACES)
@pytest.mark.parametrize("verb", Verb)
async def test_exactly_the_verbs_that_are_offered_work(state: str, text: str, me: str, other: str, verb: Verb) -> None:
    house, case = await a_house_with(text)
    match state:
        case "claimed":
            case = await house.clicked(me, case, "claim")
        case "claimed by another":
            case = await house.clicked(other, case, "claim")
        case "snoozed":
            case = await house.clicked(other, case, "snooze", minutes="6")
        case "resolved":
            case = await house.clicked(other, case, "resolve", outcome="not_a_problem")
    view = await house.queue.view(actor(me), case.id)
    assert isinstance(view, CaseView)
    if verb in {Verb.CARRY_OUT, Verb.UNDO_ACTION}:  # offered with an action, not with a case
        assert verb not in view.verbs
        return
    kind = "warn" if case.concern is Concern.CONDUCT else "support_message"
    after = await house.click(me, case, verb, **PARAMS, kind=kind)
    assert isinstance(after, Case) == (verb in view.verbs), after


async def test_a_resolution_is_undone_to_the_one_who_undoes_it() -> None:
    house, case = await a_house_with("insult:2")
    resolved = await house.clicked("bob", case, "resolve", outcome="upheld")
    assert (resolved.outcome, resolved.closed_by, resolved.closed_at) == (Outcome.UPHELD, "bob", START)
    assert (await timers(house))[TEXT_TIMER] == timedelta(hours=24)
    house.clock.advance(timedelta(hours=1))
    undone = await house.clicked("cat", resolved, "undo")
    assert (undone.state, undone.holder, undone.outcome) == (State.CLAIMED, "cat", None)
    assert await timers(house) == {LEASE_TIMER: timedelta(hours=1) + LEASE, TEXT_TIMER: timedelta(days=7)}


async def test_an_upheld_case_counts_and_an_undone_one_does_not() -> None:
    house, case = await a_house_with("insult:2")
    resolved = await house.clicked("bob", case, "resolve", outcome="upheld")
    await house.say("insult:2", "m2")
    await house.decide()
    assert isinstance(await house.click("bob", resolved, "undo"), Refused)
    newer = await house.the_case()
    await house.clicked("bob", newer, "resolve", outcome="not_a_problem")
    assert isinstance(await house.click("bob", resolved, "undo"), Case)


@pytest.mark.parametrize("text", ["insult:2", "disclosure:2", "pile_on:2"])
async def test_undo_is_refused_when_a_newer_case_is_open(text: str) -> None:
    house, case = await a_house_with(text)
    resolved = await house.clicked("olga", case, "resolve", outcome="not_a_problem")
    await house.say(text, "m2")
    await house.decide()
    assert why(await house.click("olga", resolved, "undo")) is Why.SUPERSEDED
    assert len(await house.cases(states=frozenset({State.WAITING}))) == 1


async def test_a_case_of_another_concern_does_not_stand_in_the_way_of_undo() -> None:
    house, case = await a_house_with("insult:2")
    resolved = await house.clicked("olga", case, "resolve", outcome="talked")
    await house.say("disclosure:2", "m2")
    await house.decide()
    assert isinstance(await house.click("olga", resolved, "undo"), Case)


async def test_undo_has_its_time() -> None:
    house, case = await a_house_with("insult:2")
    resolved = await house.clicked("bob", case, "resolve", outcome="talked")
    house.clock.advance(timedelta(days=7))
    assert isinstance(await house.click("bob", resolved, "undo"), Case)
    again = await house.clicked("bob", await house.the_case(), "resolve", outcome="talked")
    house.clock.advance(timedelta(days=7, seconds=1))
    assert why(await house.click("bob", again, "undo")) is Why.CLOSED
