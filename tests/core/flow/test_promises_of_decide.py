"""decide() over random policies: promise 3 above all, and promise 10."""

import pickle
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from core.flow.decision import concern_of, decide
from core.flow.filter import Seen
from core.flow.history import History
from core.model.action import ActionKind, Effect
from core.model.case import Concern
from core.model.finding import Category, CheckState, Finding, Kind, Verdict
from core.model.policy import CommunityPolicy, Step, Threshold
from tests.core.examples import a_case, a_check, a_crisis, a_finding, a_message, saying, seen
from tests.core.flow.policies import enforced, findings, histories, policies, verdicts, written


@given(policies, written, verdicts, histories, st.integers(1, 4), st.integers(0, 4))
def test_a_crisis_finding_stops_every_automatic_enforcement(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History, level: int, place: int
) -> None:
    found = (*verdict.findings[:place], a_crisis(level), *verdict.findings[place:])
    assert not enforced(decide(policy, message, replace(verdict, findings=found), history))


@given(
    policies,
    written,
    verdicts,
    histories,
    st.sampled_from([CheckState.FAILED, CheckState.SKIPPED]),
)
def test_a_crisis_check_that_failed_or_was_skipped_stops_every_automatic_enforcement(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History, state: CheckState
) -> None:
    unchecked = replace(verdict, checks=(*verdict.checks, a_check(Category.CRISIS, state)))
    assert not enforced(decide(policy, message, unchecked, history))


@given(policies, written, verdicts, histories)
def test_an_open_crisis_case_stops_every_automatic_enforcement(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History
) -> None:
    in_care = replace(history, open_cases={**history.open_cases, Concern.CRISIS: a_case(Concern.CRISIS)})
    assert not enforced(decide(policy, message, verdict, in_care))


@given(policies, written, verdicts, histories, findings((Category.CRISIS,)))
def test_one_more_crisis_finding_never_adds_enforcement_and_never_hides_another_finding(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History, crisis: Finding
) -> None:
    # Toxicity is left out: beside somebody's own distress it counts for nothing (tests/core/flow/test_decision.py).
    kept = tuple(each for each in verdict.findings if each.category is not Category.TOXICITY)
    verdict = replace(verdict, findings=kept)
    before = decide(policy, message, verdict, history)
    after = decide(policy, message, replace(verdict, findings=(*verdict.findings, crisis)), history)
    assert after.effects.automatic <= before.effects.automatic
    assert set(before.recorded) <= set(after.recorded)
    assert [o for o in before.openings if o.concern is not Concern.CRISIS] == [
        o for o in after.openings if o.concern is not Concern.CRISIS
    ]


@given(policies, written, histories, st.integers(1, 4))
def test_neither_exemption_nor_threshold_hides_a_crisis_finding_that_alerts(
    policy: CommunityPolicy, message: Seen, history: History, level: int
) -> None:
    crisis = a_crisis(level)
    decision = decide(policy, message, saying(crisis), replace(history, alerted={}))
    expected = level >= policy.thresholds.crisis.alert_level or (
        level >= policy.thresholds.crisis.record_level and history.is_in_crisis_care
    )
    assert [o.findings for o in decision.openings if o.concern is Concern.CRISIS] == ([(crisis,)] if expected else [])


@given(policies, written, verdicts, histories)
def test_what_is_enforced_or_proposed_always_comes_with_a_case_unless_this_message_already_had_its_case(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History
) -> None:
    decision = decide(policy, message, verdict, replace(history, alerted={}))
    if decision.effects.automatic or decision.effects.proposed:
        assert [opening for opening in decision.openings if opening.concern is not Concern.CRISIS]


@given(policies, written, verdicts, histories)
def test_the_same_arguments_give_the_same_decision_also_after_a_way_over_the_wire(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History
) -> None:
    decision = decide(policy, message, verdict, history)
    assert decide(policy, message, verdict, history) == decision
    reread = CommunityPolicy.model_validate_json(policy.model_dump_json())
    message, verdict, history = pickle.loads(pickle.dumps((message, verdict, history)))  # noqa: S301 - our own bytes
    assert decide(reread, message, verdict, history) == decision


@given(policies, written, verdicts, histories)
def test_a_concern_is_opened_at_most_once_and_holds_only_its_own_findings(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History
) -> None:
    decision = decide(policy, message, verdict, history)
    concerns = [opening.concern for opening in decision.openings]
    assert len(concerns) == len(set(concerns))
    for opening in decision.openings:
        assert opening.findings
        others = {concern_of(finding) for finding in opening.findings} - {opening.concern}
        assert others <= ({Concern.CONDUCT} if opening.concern is Concern.RAID else set())
        assert set(opening.findings) <= set(decision.recorded)
        assert {each for each in decision.recorded if each.filter != "decide"} <= set(verdict.findings)
        assert opening.gravest.level == max(finding.level for finding in opening.findings)


SURE = a_finding(Category.HARASSMENT, 4, score=1.0)


def provoked(policy: CommunityPolicy) -> CommunityPolicy:
    """The same policy, which now deletes every message with the finding `SURE` automatically."""
    step = Step(category=Category.HARASSMENT, action=ActionKind.DELETE, min_level=1, min_score=0.0, mode="automatic")
    permissive = policy.thresholds.model_copy(update={"harassment": Threshold(min_score=0.0)})
    return policy.model_copy(
        update={"ladder": (*policy.ladder, step), "thresholds": permissive, "overrides": ()},
    )


@given(policies, verdicts, histories, st.integers(0, 4), st.booleans())
def test_a_sure_enforcement_happens_exactly_when_nothing_shields(
    policy: CommunityPolicy, verdict: Verdict, history: History, level: int, is_in_care: bool
) -> None:
    findings = (*(f for f in verdict.findings if f.category is not Category.CRISIS), SURE, a_crisis(level))
    checks = tuple(each for each in verdict.checks if each.category is not Category.CRISIS)
    cases = {Concern.CRISIS: a_case(Concern.CRISIS)} if is_in_care else {}
    decision = decide(
        provoked(policy), seen(), Verdict(findings=findings, checks=checks), replace(history, open_cases=cases)
    )
    assert bool(enforced(decision)) == (level == 0 and not is_in_care)
    if not enforced(decision):
        assert Effect(kind=ActionKind.DELETE, target="m1") in decision.effects.proposed


@given(policies, verdicts, histories)
def test_a_message_caught_up_late_is_never_punished_automatically(
    policy: CommunityPolicy, verdict: Verdict, history: History
) -> None:
    sure = replace(verdict, findings=(*verdict.findings, SURE))
    decision = decide(provoked(policy), seen(a_message(is_late=True)), sure, history)
    assert not decision.effects.automatic
    assert Effect(kind=ActionKind.DELETE, target="m1") in decision.effects.proposed


@given(policies, written, verdicts, histories, st.integers(2, 4))
def test_whatever_goes_on_a_crisis_that_is_no_copy_comes_to_a_case_of_its_own(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History, level: int
) -> None:
    alone = tuple(each for each in verdict.findings if each.kind is not Kind.RAID)
    decision = decide(policy, message, replace(verdict, findings=(*alone, a_crisis(level))), history)
    subjects = [opening.subject for opening in decision.openings if opening.concern is Concern.CRISIS]
    assert subjects == [message.message.author.id]


@given(policies, written, verdicts, histories)
def test_with_or_without_a_raid_the_same_is_done_and_nothing_that_alerts_is_lost(
    policy: CommunityPolicy, message: Seen, verdict: Verdict, history: History
) -> None:
    calm = replace(history, raid=None, copies=None, opened_lately=0, alerted={})
    alone = replace(verdict, findings=tuple(each for each in verdict.findings if each.kind is not Kind.RAID))
    quiet = decide(policy, message, alone, calm)
    for around in (replace(history, alerted={}), replace(calm, opened_lately=9)):
        loud = decide(policy, message, alone, around)
        assert loud.effects == quiet.effects
        kept = {finding for opening in loud.openings for finding in opening.findings}
        assert kept >= {finding for opening in quiet.openings for finding in opening.findings}
