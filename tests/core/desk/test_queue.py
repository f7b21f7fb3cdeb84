"""The desk: every click, every refusal, and everything that somebody may not learn."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.desk.clicks import Click, Verb, event_of, verbs_for
from core.desk.people import Actor, Role
from core.desk.queue import MAX_UNDO, CaseView, Revealed
from core.errors import Unavailable
from core.flow.planning import LEASE_TIMER, SNOOZE_TIMER, TEXT_TIMER
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import OUTCOMES, Case, CaseId, Concern, Outcome, Refused, State, Why
from core.model.message import CommunityId, MemberId
from core.model.record import ActionState, Commit, Timer
from tests.clock import START
from tests.core.examples import COMMUNITY, ELSEWHERE, a_case
from tests.core.house import LIVE_LADDER, House, actor

LEASE = timedelta(minutes=15)


async def a_house_with(text: str, author: str = "ann") -> tuple[House, Case]:
    house = House(LIVE_LADDER)
    await house.say(text, author=author)
    await house.settle()
    return house, (await house.cases())[0]


def why(answer: object) -> Why:
    assert isinstance(answer, Refused), answer
    return answer.why


async def verbs(house: House) -> list[str]:
    """What the audit says, oldest first."""
    return [entry.verb for entry in reversed(await house.store.audit(COMMUNITY, 100))]


async def timers(house: House) -> dict[str, timedelta]:
    """What is set, as time from the start."""
    due = await house.store.due_timers(START + timedelta(days=365), 100)
    return {timer.kind: timer.due_at - START for timer in due}


# --- promise 4: one holder --------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize("verb", [verb for verb in Verb if verb is not Verb.ESCALATE])
async def test_no_verb_acts_on_a_case_that_another_holds(verb: Verb) -> None:
    house, case = await a_house_with("insult:3")
    await house.clicked("bob", case, "claim")
    held = await house.the_case()
    (timeout,) = await house.records(held, ActionKind.TIMEOUT)
    refused = await house.click("cat", held, verb, outcome="talked", minutes="5", to="cat", action=timeout.action.key)
    assert why(refused) in {Why.ALREADY_CLAIMED, Why.NOT_CLOSED}
    assert await house.the_case() == held


@pytest.mark.parametrize("verb", Verb)
async def test_a_click_on_an_older_turn_changes_nothing(verb: Verb) -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    released = await house.clicked("bob", claimed, "release")
    assert why(await house.click("cat", case, verb, outcome="talked", minutes="5", to="cat")) is Why.CHANGED
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


# --- the verbs --------------------------------------------------------------------------------------------------------


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


async def test_escalating_raises_the_tier_and_makes_no_click_stale() -> None:
    house, case = await a_house_with("disclosure:2")
    assert (await house.clicked("rae", case, "escalate")).tier == 1
    assert (await house.clicked("rae", case, "claim")).tier == 1


@pytest.mark.parametrize("outcome", ["", "upheld", "help", "SUPPORT_OFFERED", "support_offered "])
async def test_a_crisis_ends_only_with_an_outcome_of_its_own(outcome: str) -> None:
    house, case = await a_house_with("disclosure:2")
    assert why(await house.click("rae", case, "resolve", outcome=outcome)) in {Why.BAD_VALUE, Why.OUTCOME_DOES_NOT_FIT}


@pytest.mark.parametrize("verb", ["", "CLAIM", "claim ", "delete", "show", "carry_out\n", "verb.undo", "__class__"])
async def test_a_forged_verb_is_refused(verb: str) -> None:
    house, case = await a_house_with("insult:2")
    assert why(await house.click("bob", case, verb)) is Why.UNKNOWN_VERB


def test_a_verb_about_an_action_is_no_event_of_a_case() -> None:
    for verb in (Verb.CARRY_OUT, Verb.UNDO_ACTION):
        assert why(event_of(verb, actor("bob"), {}, START, LEASE)) is Why.UNKNOWN_VERB


@pytest.mark.parametrize("state", ["waiting", "claimed", "claimed by another", "snoozed", "resolved"])
@pytest.mark.parametrize(("text", "me", "other"), [("insult:2", "bob", "cat"), ("disclosure:2", "rae", "olga")])
@pytest.mark.parametrize("verb", Verb)
async def test_exactly_the_verbs_that_are_offered_work(state: str, text: str, me: str, other: str, verb: Verb) -> None:
    house, case = await a_house_with(text)
    match state:
        case "claimed":
            case = await house.clicked(me, case, "claim")
        case "claimed by another":
            case = await house.clicked(other, case, "claim")
        case "snoozed":
            case = await house.clicked(other, case, "snooze", minutes="5")
        case "resolved":
            case = await house.clicked(other, case, "resolve", outcome="not_a_problem")
    view = await house.queue.view(actor(me), case.id)
    assert isinstance(view, CaseView)
    if verb in {Verb.CARRY_OUT, Verb.UNDO_ACTION}:  # offered with an action, not with a case
        assert verb not in view.verbs
        return
    after = await house.click(me, case, verb, outcome="not_a_problem", minutes="5", to="olga")
    assert isinstance(after, Case) == (verb in view.verbs), after


# --- resolving and undoing --------------------------------------------------------------------------------------------


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
    house.clock.advance(MAX_UNDO)
    assert isinstance(await house.click("bob", resolved, "undo"), Case)
    again = await house.clicked("bob", await house.the_case(), "resolve", outcome="talked")
    house.clock.advance(MAX_UNDO + timedelta(seconds=1))
    assert why(await house.click("bob", again, "undo")) is Why.CLOSED


# --- promise 11: what somebody may not learn --------------------------------------------------------------------------


def an_owner(member: str, community: CommunityId) -> Actor:
    return Actor(community=community, member=MemberId(member), roles=frozenset(Role))


STRANGERS = [
    ("a moderator, of a crisis", "disclosure:2", actor("bob")),
    ("a responder, of conduct", "insult:2", actor("rae")),
    ("a member", "insult:2", actor("ann")),
    (
        "the subject, who moderates",
        "insult:2",
        Actor(community=COMMUNITY, member=MemberId("ann"), roles=frozenset(Role)),
    ),
    ("an owner elsewhere", "insult:2", Actor(community=ELSEWHERE, member=MemberId("olga"), roles=frozenset(Role))),
]


@pytest.mark.parametrize(("who", "text", "stranger"), STRANGERS, ids=[who for who, _, _ in STRANGERS])
async def test_what_somebody_may_not_see_answers_like_what_does_not_exist(who: str, text: str, stranger: Actor) -> None:
    house, case = await a_house_with(text)
    nothing = Refused(why=Why.NOT_FOUND)
    before = len(house.store.commits)
    for case_id in (case.id, CaseId("nosuchcase"), CaseId("")):
        assert await house.queue.view(stranger, case_id) == nothing
        assert await house.queue.show(stranger, case_id) == nothing
        for verb in (*Verb, "forged"):
            for turn in (case.turn, case.turn + 1):
                click = Click(case_id=case_id, verb=verb, turn=turn, params={"outcome": "talked", "to": "ann"})
                assert await house.queue.act(stranger, click) == nothing
    assert await house.queue.cases(stranger) == []
    assert await house.queue.cases(stranger, frozenset(State)) == []
    assert len(house.store.commits) == before


async def test_somebody_who_lost_the_role_can_not_finish_what_they_claimed() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    demoted = Actor(community=COMMUNITY, member=MemberId("bob"))
    click = Click(case_id=case.id, verb="resolve", turn=claimed.turn, params={"outcome": "talked"})
    assert why(await house.queue.act(demoted, click)) is Why.NOT_FOUND


async def test_everybody_sees_their_own_queue_gravest_first() -> None:
    house = House()
    for number, text in enumerate(["insult:2", "insult:4", "disclosure:3", "pile_on:3"]):
        await house.say(text, f"m{number}", author=f"author{number}")
    await house.settle()

    async def levels(member: str) -> list[tuple[Concern, int]]:
        return [(case.concern, case.level) for case in await house.queue.cases(actor(member))]

    assert await levels("bob") == [(Concern.CONDUCT, 4), (Concern.RAID, 3), (Concern.CONDUCT, 2)]
    assert await levels("rae") == [(Concern.CRISIS, 3)]
    assert len(await levels("olga")) == 4


async def test_crisis_cases_do_not_crowd_a_moderators_queue() -> None:
    house = House()
    for number in range(5):
        await house.say("disclosure:4", f"c{number}", author=f"author{number}")
    await house.say("insult:2", "m", author="ben")
    await house.settle()
    assert [case.concern for case in await house.queue.cases(actor("bob"), limit=3)] == [Concern.CONDUCT]
    assert len(await house.queue.cases(actor("rae"), limit=3)) == 3


async def test_a_view_holds_everything_but_the_words() -> None:
    house, case = await a_house_with("gullfeather insult:3")
    view = await house.queue.view(actor("bob"), case.id)
    assert isinstance(view, CaseView)
    assert "gullfeather" not in repr(view)
    assert list(view.outcomes) == list(OUTCOMES[Concern.CONDUCT])
    assert [each.level for each in view.evidence] == [3]
    assert {record.action.kind for record in view.actions} == {
        ActionKind.ALERT,
        ActionKind.TIMEOUT,
        ActionKind.DELETE,
    }


# --- promise 6: the words ---------------------------------------------------------------------------------------------


async def test_show_is_in_the_audit_before_any_word_goes_out() -> None:
    house, case = await a_house_with("gullfeather disclosure:3")
    shown = await house.queue.show(actor("rae"), case.id)
    assert isinstance(shown, Revealed)
    assert [kept.message.text for kept in shown.messages] == ["gullfeather disclosure:3"]
    entry = (await house.store.audit(COMMUNITY, 1))[0]
    assert (entry.verb, entry.actor, dict(entry.facts)) == (AuditVerb.SHOWN, "rae", {"messages": "1"})
    assert (await house.case(case.id)).turn == case.turn


async def test_no_word_goes_out_when_the_audit_can_not_be_written() -> None:
    house, case = await a_house_with("disclosure:3")
    house.store.refusals.append(Unavailable(reason="the disk is full"))
    with pytest.raises(Unavailable):
        await house.queue.show(actor("rae"), case.id)
    house.store.stale = 1
    assert why(await house.queue.show(actor("rae"), case.id)) is Why.CHANGED


async def test_words_that_are_gone_are_said_to_be_gone() -> None:
    house, case = await a_house_with("disclosure:3")
    await house.pass_time(timedelta(days=7))
    assert why(await house.queue.show(actor("rae"), case.id)) is Why.TEXT_GONE
    assert AuditVerb.SHOWN not in await verbs(house)


async def test_the_audit_holds_no_word_and_its_chain_holds() -> None:
    house, case = await a_house_with("gullfeather insult:3")
    await house.queue.show(actor("bob"), case.id)
    case = await house.clicked("bob", case, "claim")
    await house.clicked("bob", case, "resolve", outcome="upheld")
    assert "gullfeather" not in repr(await house.store.audit(COMMUNITY, 100))
    assert await house.store.verify_audit(COMMUNITY) is None


# --- actions of a case ------------------------------------------------------------------------------------------------


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
    house, case = await a_house_with("insult:3")
    (timeout,) = await house.records(case, ActionKind.TIMEOUT)
    resolved = await house.clicked("bob", case, "resolve", outcome="upheld")
    await house.pass_time(timedelta(days=8))
    await house.clicked("cat", resolved, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert house.stage.called(ActionKind.LIFT_TIMEOUT) == 1


async def test_what_has_no_inverse_says_so() -> None:
    house, case = await a_house_with("insult:3")
    (deleted,) = await house.records(case, ActionKind.DELETE)
    assert why(await house.click("bob", case, "undo_action", action=deleted.action.key)) is Why.NO_INVERSE


# --- timers of a case -------------------------------------------------------------------------------------------------


async def test_a_lease_that_lapses_gives_the_case_back_and_pages() -> None:
    house, case = await a_house_with("disclosure:3")
    claimed = await house.clicked("rae", case, "claim")
    await house.pass_time(LEASE - timedelta(seconds=1))
    assert (await house.the_case(Concern.CRISIS)).holder == "rae"
    await house.pass_time(timedelta(seconds=1))
    lapsed = await house.the_case(Concern.CRISIS)
    assert (lapsed.state, lapsed.holder) == (State.WAITING, None)
    assert why(await house.click("rae", claimed, "release")) is Why.CHANGED
    await house.deliver()
    assert house.stage.called(ActionKind.PAGE) == 1
    assert (await verbs(house))[-1] == AuditVerb.LEASE_LAPSED


async def test_a_case_that_was_released_in_time_lapses_no_more() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    await house.clicked("bob", claimed, "release")
    await house.pass_time(timedelta(hours=1))
    assert AuditVerb.LEASE_LAPSED not in await verbs(house)


@pytest.mark.parametrize(
    ("closes_after", "gone_after"),
    [
        (None, timedelta(days=7)),
        (timedelta(hours=1), timedelta(hours=25)),
        (timedelta(days=6, hours=12), timedelta(days=7)),
    ],
)
async def test_text_dies_a_day_after_its_case_closes_and_after_a_week_at_most(
    closes_after: timedelta | None, gone_after: timedelta
) -> None:
    house, case = await a_house_with("disclosure:3")
    if closes_after is not None:
        await house.pass_time(closes_after)
        await house.clicked("rae", case, "resolve", outcome="followed_up")
    await house.pass_time(START + gone_after - house.clock.now() - timedelta(seconds=1))
    assert isinstance(await house.queue.show(actor("rae"), case.id), Revealed)
    await house.pass_time(timedelta(seconds=1))
    assert why(await house.queue.show(actor("rae"), case.id)) is Why.TEXT_GONE
    assert not (await house.store.counts())["texts"]
    assert (await verbs(house))[-1] == AuditVerb.TEXT_DESTROYED


async def test_messages_that_keep_joining_keep_no_text_longer_than_a_week() -> None:
    house, case = await a_house_with("disclosure:3")
    for day in range(1, 30):
        await house.pass_time(timedelta(days=1))
        await house.say("disclosure:3", f"day{day}")
        await house.settle()
        kept = await house.store.texts(COMMUNITY, case.id)
        assert kept
        assert all(house.clock.now() - each.message.sent_at <= timedelta(days=7) for each in kept)
    assert (await house.the_case(Concern.CRISIS)).messages == 30


async def test_a_timer_that_came_too_late_changes_nothing_and_is_spent() -> None:
    house, case = await a_house_with("insult:2")
    for kind in (LEASE_TIMER, SNOOZE_TIMER):
        await house.store.commit(Commit(timers=(Timer(kind=kind, key=case.id, due_at=START, community=COMMUNITY),)))
    await house.pass_time(timedelta(seconds=1))
    assert await house.the_case() == case
    assert set(await timers(house)) == {TEXT_TIMER}


async def test_a_timer_of_a_case_that_is_gone_fires_into_nothing() -> None:
    house = House()

    for kind in (LEASE_TIMER, SNOOZE_TIMER, TEXT_TIMER):
        await house.store.commit(Commit(timers=(Timer(kind=kind, key=a_case().id, due_at=START, community=COMMUNITY),)))
    await house.store.commit(Commit(timers=(Timer(kind=TEXT_TIMER, key="everywhere", due_at=START),)))
    await house.pass_time(timedelta(seconds=1))
    assert not await house.store.due_timers(house.clock.now(), 10)
    assert not house.board.raised
