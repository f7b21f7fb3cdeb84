"""From a decision to what is written: names that repeat, one place for text, and ends that stand still."""

import pickle
from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.decision import Decision, Opening, decide
from core.flow.filter import Seen
from core.flow.history import NO_HISTORY, History
from core.flow.naming import action_key
from core.flow.pacing import CHAIN_TIMER, paced
from core.flow.planning import (
    TEXT_LIVES,
    TEXT_TIMER,
    card_action,
    case_id_for,
    effect_action,
    joined,
    marked_deleted,
    plan,
    text_timer,
)
from core.model.action import FOREVER_S, LAWS, NO_EFFECTS, ActionKind, Effect, EffectSet, Lane, effects
from core.model.advancing import advance
from core.model.audit import AuditVerb
from core.model.case import Case, Concern, Enforcement, Outcome, State
from core.model.case_event import Resolved
from core.model.event import MessageWritten
from core.model.finding import Category, Kind, Verdict
from core.model.message import ChannelId, MemberId
from core.model.policy import CommunityPolicy
from core.model.record import Action, Commit
from core.ports import Taken
from tests.clock import START
from tests.core.examples import PIER, a_case, a_crisis, a_finding, a_message, saying, seen
from tests.core.flow.policies import histories, policies, verdicts

CANARY = "gullfeather"
NOW = START + timedelta(seconds=3)
TIMEOUT = Effect(kind=ActionKind.TIMEOUT, target="ann", duration_s=600)
BAN = Effect(kind=ActionKind.BAN, target="ann", duration_s=FOREVER_S)


def taken(seen: Seen, seq: int = 1) -> Taken:
    return Taken(seq=seq, key=f"local:pier:{seen.message.id}:0", event=MessageWritten(message=seen.message))


def opening(concern: Concern = Concern.CONDUCT) -> Opening:
    findings = {
        Concern.CRISIS: a_crisis(3),
        Concern.CONDUCT: a_finding(level=3),
        Concern.RAID: a_finding(kind=Kind.PILE_ON, level=3),
    }
    subject = "pier" if concern is Concern.RAID else "ann"
    return Opening(concern=concern, subject=subject, findings=(findings[concern],))


def planned(
    *openings: Opening,
    wanted: EffectSet = NO_EFFECTS,
    history: History = NO_HISTORY,
    policy: CommunityPolicy | None = None,
    what: Seen | None = None,
) -> Commit:
    what = what or seen()
    decision = Decision(openings=openings, effects=wanted)
    return plan(taken(what), what, decision, history, policy or CommunityPolicy(), NOW)


def kinds(unit: Commit) -> list[ActionKind]:
    return [action.kind for action in unit.actions]


def canary_message(message_id: str, is_edit: bool = False) -> Seen:
    message = a_message(message_id, f"{CANARY} said", quoted=f"{CANARY} quoted", edited_at=NOW if is_edit else None)
    message = replace(
        message, attachments=(f"{CANARY}.png",), author=replace(message.author, name=f"{CANARY} the author")
    )
    return seen(message, [replace(message, id=type(message.id)(f"before{n}")) for n in range(12)])


@given(policies, verdicts, histories, st.booleans())
def test_no_word_and_no_name_stands_anywhere_but_in_the_sealed_texts(
    policy: CommunityPolicy, verdict: Verdict, history: History, is_edit: bool
) -> None:
    what = canary_message("m1", is_edit)
    decision = decide(policy, what, verdict, history)
    unit = plan(taken(what), what, decision, history, policy, NOW)
    assert CANARY not in repr(replace(unit, texts=()))
    assert bool(unit.texts) == bool(decision.openings)


@given(policies, verdicts, histories)
def test_every_plan_marks_its_event_once_and_holds_together(
    policy: CommunityPolicy, verdict: Verdict, history: History
) -> None:
    what = canary_message("m1")
    decision = decide(policy, what, verdict, history)
    unit = plan(taken(what), what, decision, history, policy, NOW)
    assert unit.done == ("local:pier:m1:0",)
    cases = {write.case.id for write in unit.cases}
    assert len(cases) == len(unit.cases) == len(decision.openings)
    assert (
        {e.case_id for e in unit.evidence} == {a.case_id for a in unit.actions} == {c for c, _ in unit.texts} == cases
    )
    assert len({action.key for action in unit.actions}) == len(unit.actions)
    wanted = decision.effects.automatic | decision.effects.proposed
    enforcing = [action for action in unit.actions if LAWS[action.kind].enforces]
    non_crisis = [o for o in decision.openings if o.concern is not Concern.CRISIS]
    assert len(enforcing) == (len(wanted) if non_crisis else 0)
    notices = {action.key for action in unit.actions if action.kind is ActionKind.NOTICE}
    assert {action.after for action in unit.actions if action.after} == notices
    crisis = {write.case.id for write in unit.cases if write.case.concern is Concern.CRISIS}
    assert not [action for action in enforcing if action.case_id in crisis]


@given(policies, verdicts, histories)
def test_planning_the_same_again_gives_the_same_also_after_a_way_over_the_wire(
    policy: CommunityPolicy, verdict: Verdict, history: History
) -> None:
    what = canary_message("m1")
    decision = decide(policy, what, verdict, history)
    unit = plan(taken(what), what, decision, history, policy, NOW)
    again, arrived = pickle.loads(pickle.dumps((what, history)))  # noqa: S301 - our own bytes
    assert plan(taken(again, seq=7), again, decision, arrived, policy, NOW) == unit


def test_a_case_id_follows_from_event_and_concern_and_fits_a_button() -> None:
    ids = {case_id_for(key, concern) for key, concern in product(("a", "b", "\ud800"), Concern)}
    assert len(ids) == 3 * len(Concern)
    assert case_id_for("a", Concern.CRISIS) == case_id_for("a", Concern.CRISIS)
    assert all(len(each) == 13 and set(each) <= set("abcdefghijklmnopqrstuvwxyz234567") for each in ids)


def test_an_action_key_tells_case_version_kind_and_target_apart() -> None:
    case = a_case()
    keys = {
        action_key(each, version, kind, target)
        for each, version, kind, target in product(
            (case.id, a_case(case_id="case2").id), (1, 2), (ActionKind.BAN, ActionKind.KICK), ("ann", "bob\ud800")
        )
    }
    assert len(keys) == 16


@pytest.mark.parametrize(
    ("concern", "kind", "lane"),
    [
        (Concern.CRISIS, ActionKind.ALERT, Lane.CRISIS),
        (Concern.CRISIS, ActionKind.PAGE, Lane.CRISIS),
        (Concern.CRISIS, ActionKind.REFRESH_CARD, Lane.HOUSEKEEPING),
        (Concern.CONDUCT, ActionKind.ALERT, Lane.ALERT),
        (Concern.RAID, ActionKind.REFRESH_CARD, Lane.HOUSEKEEPING),
    ],
)
def test_only_refreshes_supersede_and_wait_behind_everything(concern: Concern, kind: ActionKind, lane: Lane) -> None:
    action = card_action(a_case(concern), kind)
    assert action.lane is lane
    assert action.supersedes == (kind is ActionKind.REFRESH_CARD)
    assert action.enforcement is Enforcement.LIVE


def test_a_new_case_is_alerted_and_has_the_timers_of_its_text_and_of_the_next_call() -> None:
    unit = planned(opening(Concern.CRISIS))
    (write,) = unit.cases
    assert write.expected_version == 0
    assert (write.case.state, write.case.version, write.case.turn, write.case.messages) == (State.WAITING, 1, 1, 1)
    assert kinds(unit) == [ActionKind.ALERT]
    assert {timer.kind: timer.due_at - NOW for timer in unit.timers} == {
        TEXT_TIMER: TEXT_LIVES,
        CHAIN_TIMER: timedelta(minutes=7, seconds=30),
    }
    assert [draft.verb for draft in unit.audit] == [AuditVerb.CASE_OPENED]


def test_a_message_that_joins_refreshes_the_card_and_alerts_nobody_anew() -> None:
    case = paced(None, a_case(level=3, version=7), CommunityPolicy(), NOW)
    unit = planned(opening(), history=History(open_cases={Concern.CONDUCT: case}))
    (write,) = unit.cases
    assert (write.expected_version, write.case.version, write.case.turn, write.case.messages) == (7, 8, 1, 2)
    assert kinds(unit) == [ActionKind.REFRESH_CARD]
    assert [draft.verb for draft in unit.audit] == [AuditVerb.MESSAGE_JOINED]
    assert not unit.timers


def test_a_request_to_talk_that_a_message_joins_is_from_then_on_where_that_was_written() -> None:
    asked = replace(a_case(Concern.CRISIS, subject="ann"), kind=Kind.ASKED, channel=ChannelId("responders"), messages=0)
    unit = planned(opening(Concern.CRISIS), history=History(open_cases={Concern.CRISIS: asked}))
    (write,) = unit.cases
    assert (write.case.id, write.case.channel, write.case.messages) == (asked.id, PIER.id, 1)
    elsewhere = replace(asked, messages=2)
    again = planned(opening(Concern.CRISIS), history=History(open_cases={Concern.CRISIS: elsewhere}))
    assert again.cases[0].case.channel == "responders"


def test_a_graver_message_pages() -> None:
    unit = planned(opening(), history=History(open_cases={Concern.CONDUCT: a_case(level=2)}))
    assert kinds(unit) == [ActionKind.REFRESH_CARD, ActionKind.PAGE]
    assert [draft.verb for draft in unit.audit] == [AuditVerb.CASE_RAISED]


def test_a_message_counts_once_in_its_case_whichever_of_its_wordings_brought_it_there() -> None:
    case = a_case(level=3)
    known = History(open_cases={Concern.CONDUCT: case}, alerted={Concern.CONDUCT: 3})
    unknown = History(open_cases={Concern.CONDUCT: case}, alerted={Concern.CRISIS: 3})
    for what in (seen(a_message()), seen(a_message(edited_at=NOW))):
        assert planned(opening(), what=what, history=known).cases[0].case.messages == 1
        assert planned(opening(), what=what, history=unknown).cases[0].case.messages == 2


def test_one_message_of_two_concerns_is_two_cases_and_one_event() -> None:
    unit = planned(opening(Concern.CRISIS), opening(), wanted=effects(proposed=[TIMEOUT]))
    crisis, conduct = (write.case for write in unit.cases)
    assert unit.done == ("local:pier:m1:0",)
    assert {a.case_id for a in unit.actions if a.kind is ActionKind.TIMEOUT} == {conduct.id}
    assert crisis.id != conduct.id


def test_effects_go_to_the_raid_where_there_is_no_conduct_case() -> None:
    unit = planned(opening(Concern.RAID), wanted=effects(automatic=[TIMEOUT]))
    assert [a.case_id for a in unit.actions if a.kind is ActionKind.TIMEOUT] == [unit.cases[0].case.id]


def test_a_closed_history_can_not_be_joined() -> None:
    closed = advance(a_case(), Resolved(by=MemberId("bob"), outcome=Outcome.UPHELD), NOW)
    with pytest.raises(ValueError, match="case1"):
        planned(opening(), history=History(open_cases={Concern.CONDUCT: closed}))  # type: ignore[dict-item]


@pytest.mark.parametrize("enforcement", [Enforcement.LIVE, Enforcement.SHADOW])
def test_automatic_effects_are_live_or_shadow_as_the_policy_says_and_proposals_wait(enforcement: Enforcement) -> None:
    policy = CommunityPolicy.model_validate({"enforcement": enforcement})
    unit = planned(opening(), wanted=effects(automatic=[TIMEOUT], proposed=[BAN]), policy=policy)
    by_kind = {action.kind: action for action in unit.actions}
    assert by_kind[ActionKind.TIMEOUT].enforcement is enforcement
    assert by_kind[ActionKind.BAN].enforcement is Enforcement.PROPOSED
    assert by_kind[ActionKind.ALERT].enforcement is Enforcement.LIVE


@pytest.mark.parametrize(
    ("effect", "enforcement", "until"),
    [
        (TIMEOUT, Enforcement.LIVE, NOW + timedelta(seconds=600)),
        (TIMEOUT, Enforcement.SHADOW, NOW + timedelta(seconds=600)),
        (TIMEOUT, Enforcement.PROPOSED, None),
        (BAN, Enforcement.LIVE, None),
        (Effect(kind=ActionKind.DELETE, target="m1"), Enforcement.LIVE, None),
    ],
)
def test_an_end_is_absolute_and_a_proposal_has_none_yet(
    effect: Effect, enforcement: Enforcement, until: object
) -> None:
    action = effect_action(a_case(), effect, NOW, enforcement)
    assert action.until == until
    assert action.params.get("duration_s") == ("600" if effect is TIMEOUT else None)


def test_who_asked_for_an_action_stands_in_it() -> None:
    assert effect_action(a_case(), TIMEOUT, NOW, Enforcement.LIVE, by="bob").params["by"] == "bob"
    assert "by" not in effect_action(a_case(), TIMEOUT, NOW, Enforcement.LIVE).params


@pytest.mark.parametrize("wanted", [0, 1, 10])
def test_context_comes_along_at_the_opening_only_and_as_much_as_the_policy_says(wanted: int) -> None:
    what = canary_message("m1")
    policy = CommunityPolicy(context_messages=wanted)
    fresh = planned(opening(), what=what, policy=policy)
    context = [kept.message for _, kept in fresh.texts if kept.is_context]
    assert context == list(what.before[len(what.before) - wanted :])
    assert [kept.message for _, kept in fresh.texts if not kept.is_context] == [what.message]
    open_one = History(open_cases={Concern.CONDUCT: a_case()})
    later = planned(opening(), what=what, policy=policy, history=open_one)
    assert [kept.is_context for _, kept in later.texts] == [False]


@pytest.mark.parametrize(
    ("closed_after", "asked_after", "due_after"),
    [
        (None, timedelta(), timedelta(days=7)),
        (None, timedelta(days=6, hours=23), timedelta(days=7)),
        (None, timedelta(days=7), timedelta(days=14)),
        (None, timedelta(days=20), timedelta(days=21)),
        (timedelta(days=1), timedelta(days=1), timedelta(days=2)),
        (timedelta(days=6, hours=12), timedelta(days=6, hours=12), timedelta(days=7)),
        (timedelta(days=8), timedelta(days=8), timedelta(days=9)),
    ],
)
def test_text_goes_a_day_after_closing_and_at_every_seventh_day_after_opening(
    closed_after: timedelta | None, asked_after: timedelta, due_after: timedelta
) -> None:
    case = a_case()
    if closed_after is not None:
        case = replace(case, state=State.RESOLVED, closed_at=START + closed_after)
    timer = text_timer(case, START + asked_after)
    assert (timer.kind, timer.key, timer.community) == (TEXT_TIMER, case.id, case.community)
    assert timer.due_at - START == due_after


def test_the_audit_names_the_subject_of_a_member_case_and_nobody_for_a_raid() -> None:
    assert planned(opening(Concern.CRISIS)).audit[0].member == "ann"
    assert planned(opening(Concern.RAID)).audit[0].member is None


def evidence_of(unit: Commit) -> list[object]:
    return [each.deleted_at for each in unit.evidence]


def test_a_deleted_message_marks_its_open_case_and_lowers_nothing() -> None:
    before = planned(opening(Concern.CRISIS))
    case = before.cases[0].case
    unit = marked_deleted(case, before.evidence, NOW)
    (write,) = unit.cases
    assert (write.case.level, write.case.turn, write.case.version) == (case.level, case.turn, case.version + 1)
    assert evidence_of(unit) == [NOW]
    assert kinds(unit) == [ActionKind.REFRESH_CARD]
    assert [draft.verb for draft in unit.audit] == [AuditVerb.MESSAGE_DELETED]


def test_a_deleted_message_of_a_closed_case_is_noted_without_touching_the_case() -> None:
    before = planned(opening())
    closed = advance(before.cases[0].case, Resolved(by=MemberId("bob"), outcome=Outcome.UPHELD), NOW)
    assert isinstance(closed, Case)
    unit = marked_deleted(closed, before.evidence, NOW)
    assert evidence_of(unit) == [NOW]
    assert not unit.cases
    assert not unit.actions


def test_units_join_into_one_that_writes_everything() -> None:
    left, right = planned(opening(Concern.CRISIS)), planned(opening())
    both = joined(left, right)
    assert both.cases == left.cases + right.cases
    assert both.actions == left.actions + right.actions
    assert both.texts == left.texts + right.texts
    assert joined() == Commit()


def test_a_decision_without_an_opening_writes_its_mark_only() -> None:
    decision = decide(CommunityPolicy(), seen(), saying(a_finding(Category.TOXICITY, 1)), NO_HISTORY)
    assert decision.recorded
    unit = plan(taken(seen()), seen(), decision, NO_HISTORY, CommunityPolicy(), NOW)
    assert unit == Commit(done=("local:pier:m1:0",))


def test_an_action_of_the_channel_says_where() -> None:
    action: Action = effect_action(a_case(Concern.RAID, subject="pier"), TIMEOUT, NOW, Enforcement.LIVE)
    assert action.channel == PIER.id
