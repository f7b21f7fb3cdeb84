"""decide(): promise 3 over random policies first, then thresholds, overrides, ladders and edits one by one."""

import pickle
from dataclasses import replace
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.decision import NO_DECISION, Decision, concern_of, decide, is_shielded
from core.flow.filter import Seen
from core.flow.history import NO_HISTORY, History
from core.model.action import FOREVER_S, LAWS, ActionKind, Effect
from core.model.case import Concern
from core.model.finding import KINDS, Category, Check, CheckState, Finding, Kind, Verdict
from core.model.message import Channel, ChannelId, RoleId
from core.model.policy import CommunityPolicy, CrisisThreshold, Override, PartialThreshold, Step, Threshold, Thresholds
from tests.core.examples import PIER, a_case, a_check, a_crisis, a_finding, a_message, saying, seen

LADDERED = [Category.HARASSMENT, Category.TOXICITY, Category.RULES]
ENFORCING = [kind for kind, law in LAWS.items() if law.enforces]

# --- random policies and what they decide on --------------------------------------------------------------------------


@st.composite
def steps(draw: st.DrawFn) -> Step:
    category = draw(st.sampled_from(LADDERED))
    action = draw(st.sampled_from(ENFORCING))
    return Step.model_validate(
        {
            "category": category,
            "kinds": draw(st.frozensets(st.sampled_from(sorted(KINDS[category])), max_size=2)),
            "min_level": draw(st.integers(1, 4)),
            "min_score": draw(st.sampled_from([0.0, 0.5, 0.95])),
            "after_upheld": draw(st.sampled_from([0, 0, 2])),
            "action": action,
            "duration_s": draw(st.sampled_from([60, 3600])) if LAWS[action].takes_duration else 0,
            "mode": draw(st.sampled_from(["automatic", "automatic", "propose"])),
        }
    )


@st.composite
def thresholds(draw: st.DrawFn) -> Threshold:
    alert = draw(st.integers(1, 5))
    return Threshold(
        alert_level=alert, record_level=draw(st.integers(1, alert)), min_score=draw(st.sampled_from([0.0, 0.5, 1.0]))
    )


overrides = st.builds(
    Override,
    channels=st.just(frozenset({PIER.id})),
    roles=st.frozensets(st.sampled_from([RoleId("guest"), RoleId("regular")]), max_size=1),
    exempt=st.frozensets(st.sampled_from(LADDERED)),
    thresholds=st.dictionaries(
        st.sampled_from(LADDERED),
        st.builds(
            PartialThreshold,
            alert_level=st.none() | st.integers(1, 5),
            record_level=st.none() | st.integers(1, 5),
            min_score=st.none() | st.sampled_from([0.0, 1.0]),
        ),
        max_size=2,
    ),
)


@st.composite
def crisis_thresholds(draw: st.DrawFn) -> CrisisThreshold:
    alert = draw(st.integers(1, 2))
    return CrisisThreshold(alert_level=alert, record_level=draw(st.integers(1, alert)))


policies = st.builds(
    CommunityPolicy,
    enforcement=st.sampled_from(["live", "shadow"]),
    thresholds=st.builds(
        Thresholds,
        crisis=crisis_thresholds(),
        harassment=thresholds(),
        toxicity=thresholds(),
        rules=thresholds(),
    ),
    overrides=st.lists(overrides, max_size=3).map(tuple),
    ladder=st.lists(steps(), max_size=6).map(tuple),
)


@st.composite
def findings(draw: st.DrawFn, categories: tuple[Category, ...] = tuple(Category)) -> Finding:
    category = draw(st.sampled_from(categories))
    level = draw(st.integers(0, 4))
    low, high = (0.0, 1.0) if category is not Category.CRISIS else ((0.5, 1.0) if level >= 2 else (0.0, 0.49))
    return a_finding(
        category,
        level,
        kind=draw(st.sampled_from(sorted(KINDS[category]))),
        score=draw(st.floats(low, high)),
    )


checks = st.builds(a_check, st.none() | st.sampled_from(Category), st.sampled_from(CheckState))
verdicts = st.builds(
    lambda found, checked: Verdict(findings=tuple(found), checks=tuple(checked)),
    st.lists(findings(), max_size=4),
    st.lists(checks, max_size=3),
)
histories = st.builds(
    History,
    open_cases=st.dictionaries(st.sampled_from([Concern.CRISIS, Concern.CONDUCT]), st.integers(1, 4), max_size=2).map(
        lambda levels: {concern: a_case(concern, level, case_id=concern.value) for concern, level in levels.items()}
    ),
    raid=st.none() | st.just(a_case(Concern.RAID, case_id="raid", subject=PIER.id)),
    alerted=st.dictionaries(st.sampled_from(Concern), st.integers(1, 4), max_size=2),
    upheld=st.integers(0, 3),
)
written = st.builds(
    lambda roles, is_late: seen(a_message(roles=roles, is_late=is_late)),
    st.lists(st.sampled_from(["guest", "regular"]), max_size=2),
    st.booleans(),
)


def enforced(decision: Decision) -> list[Effect]:
    return [effect for effect in decision.effects.automatic if LAWS[effect.kind].enforces]


# --- promise 3 --------------------------------------------------------------------------------------------------------


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


# --- promise 10 -------------------------------------------------------------------------------------------------------


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
        assert {concern_of(finding) for finding in opening.findings} == {opening.concern}
        assert set(opening.findings) <= set(decision.recorded) <= set(verdict.findings)
        assert opening.gravest.level == max(finding.level for finding in opening.findings)


# --- one by one -------------------------------------------------------------------------------------------------------


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


@pytest.mark.parametrize(
    ("checks", "history", "expected"),
    [
        ([], NO_HISTORY, False),
        ([a_check(Category.CRISIS, CheckState.CONSIDERED)], NO_HISTORY, False),
        ([a_check(Category.TOXICITY, CheckState.FAILED)], NO_HISTORY, False),
        ([a_check(Category.CRISIS, CheckState.FAILED)], NO_HISTORY, True),
        ([a_check(Category.CRISIS, CheckState.SKIPPED)], NO_HISTORY, True),
        ([], History(open_cases={Concern.CONDUCT: a_case()}), False),
        ([], History(open_cases={Concern.CRISIS: a_case(Concern.CRISIS)}), True),
    ],
)
def test_what_shields_a_message(checks: list[Check], history: History, expected: bool) -> None:
    assert is_shielded(saying(checks=checks), history) is expected


def test_a_crisis_finding_of_level_nought_shields_nothing() -> None:
    assert not is_shielded(saying(a_crisis(0)), NO_HISTORY)


def test_no_finding_is_no_decision() -> None:
    assert decide(CommunityPolicy(), seen(), saying(checks=[a_check()]), NO_HISTORY) is NO_DECISION


@pytest.mark.parametrize(
    ("level", "is_recorded", "alerts"), [(1, False, False), (2, True, False), (3, True, True), (4, True, True)]
)
def test_a_finding_is_recorded_and_alerts_from_its_levels_on(level: int, is_recorded: bool, alerts: bool) -> None:
    policy = CommunityPolicy(thresholds=Thresholds(toxicity=Threshold(record_level=2, alert_level=3)))
    decision = decide(policy, seen(), saying(a_finding(Category.TOXICITY, level)), NO_HISTORY)
    assert (bool(decision.recorded), bool(decision.openings)) == (is_recorded, alerts)


def test_a_finding_below_the_least_score_counts_for_nothing() -> None:
    policy = CommunityPolicy(thresholds=Thresholds(toxicity=Threshold(min_score=0.8)))
    assert decide(policy, seen(), saying(a_finding(Category.TOXICITY, 4, score=0.79)), NO_HISTORY) == NO_DECISION
    assert decide(policy, seen(), saying(a_finding(Category.TOXICITY, 4, score=0.8)), NO_HISTORY).openings


def test_a_level_of_five_never_alerts() -> None:
    policy = CommunityPolicy(thresholds=Thresholds(toxicity=Threshold(alert_level=5)))
    decision = decide(policy, seen(), saying(a_finding(Category.TOXICITY, 4)), NO_HISTORY)
    assert decision.recorded
    assert not decision.openings


def test_an_override_changes_only_the_fields_that_it_names_and_the_last_one_wins() -> None:
    policy = CommunityPolicy(
        thresholds=Thresholds(harassment=Threshold(alert_level=3, record_level=1, min_score=0.7)),
        overrides=(
            Override(channels=frozenset({PIER.id}), thresholds={Category.HARASSMENT: PartialThreshold(alert_level=4)}),
            Override(
                roles=frozenset({RoleId("guest")}), thresholds={Category.HARASSMENT: PartialThreshold(alert_level=2)}
            ),
        ),
    )

    def alerts(level: int, score: float, *roles: str) -> bool:
        finding = a_finding(Category.HARASSMENT, level, score=score)
        return bool(decide(policy, seen(a_message(roles=roles)), saying(finding), NO_HISTORY).openings)

    assert not alerts(3, 0.9)
    assert alerts(4, 0.9)
    assert not alerts(4, 0.6), "min_score stays as it is elsewhere"
    assert alerts(2, 0.9, "guest")
    assert not alerts(2, 0.6, "guest")


def test_what_alerts_under_an_override_is_never_lost_to_a_higher_record_level() -> None:
    policy = CommunityPolicy(
        overrides=(
            Override(channels=frozenset({PIER.id}), thresholds={Category.HARASSMENT: PartialThreshold(record_level=4)}),
        )
    )
    assert decide(policy, seen(), saying(a_finding(Category.HARASSMENT, 2)), NO_HISTORY).openings


def test_an_override_for_channels_and_roles_needs_both() -> None:
    policy = CommunityPolicy(
        overrides=(
            Override(
                channels=frozenset({PIER.id}),
                roles=frozenset({RoleId("guest")}),
                exempt=frozenset({Category.HARASSMENT}),
            ),
        )
    )

    def counts(channel: str, *roles: str) -> bool:
        message = a_message(roles=roles, channel=Channel(id=ChannelId(channel), name=channel))
        return bool(decide(policy, seen(message), saying(a_finding()), NO_HISTORY).recorded)

    assert not counts("pier", "guest")
    assert counts("pier")
    assert counts("deck", "guest")


def test_a_thread_counts_as_its_channel() -> None:
    policy = CommunityPolicy(
        overrides=(Override(channels=frozenset({PIER.id}), exempt=frozenset({Category.HARASSMENT})),)
    )
    thread = Channel(id=ChannelId("thread"), name="thread", parent=PIER.id)
    assert decide(policy, seen(a_message(channel=thread)), saying(a_finding()), NO_HISTORY) == NO_DECISION


def a_step(
    action: ActionKind = ActionKind.DELETE,
    *,
    category: Literal[Category.HARASSMENT, Category.TOXICITY, Category.RULES] = Category.HARASSMENT,
    mode: Literal["automatic", "propose"] = "automatic",
    duration_s: int = 0,
    after_upheld: int = 0,
    min_level: int = 3,
    kinds: frozenset[Kind] = frozenset(),
) -> Step:
    return Step(
        category=category,
        action=action,
        mode=mode,
        duration_s=duration_s,
        after_upheld=after_upheld,
        min_level=min_level,
        kinds=kinds,
    )


@pytest.mark.parametrize(
    ("step", "effect"),
    [
        (a_step(ActionKind.DELETE), Effect(kind=ActionKind.DELETE, target="m1")),
        (a_step(ActionKind.WARN), Effect(kind=ActionKind.WARN, target="ann")),
        (a_step(ActionKind.KICK), Effect(kind=ActionKind.KICK, target="ann")),
        (a_step(ActionKind.BAN), Effect(kind=ActionKind.BAN, target="ann", duration_s=FOREVER_S)),
        (a_step(ActionKind.TIMEOUT, duration_s=60), Effect(kind=ActionKind.TIMEOUT, target="ann", duration_s=60)),
        (a_step(ActionKind.SLOW_MODE, duration_s=9), Effect(kind=ActionKind.SLOW_MODE, target="pier", duration_s=9)),
        (a_step(ActionKind.LOCK), Effect(kind=ActionKind.LOCK, target="pier")),
    ],
)
def test_a_rung_hits_the_message_its_author_or_the_channel(step: Step, effect: Effect) -> None:
    decision = decide(CommunityPolicy(ladder=(step,)), seen(), saying(a_finding()), NO_HISTORY)
    assert decision.effects.automatic == {effect}
    proposing = CommunityPolicy(ladder=(step.model_copy(update={"mode": "propose"}),))
    assert decide(proposing, seen(), saying(a_finding()), NO_HISTORY).effects.proposed == {effect}


def test_a_rung_for_repeat_offenders_waits_for_upheld_cases() -> None:
    policy = CommunityPolicy(ladder=(a_step(after_upheld=2),))
    assert not decide(policy, seen(), saying(a_finding()), History(upheld=1)).effects.automatic
    assert decide(policy, seen(), saying(a_finding()), History(upheld=2)).effects.automatic


def test_a_rung_follows_its_own_category_level_and_kinds_only() -> None:
    policy = CommunityPolicy(ladder=(a_step(kinds=frozenset({Kind.THREAT})),))
    harassment = Category.HARASSMENT
    for finding in (
        a_finding(harassment, 3, kind=Kind.INSULT),
        a_finding(harassment, 2, kind=Kind.THREAT),
        a_finding(harassment, 4, kind=Kind.THREAT, score=0.49),
        a_finding(Category.TOXICITY, 4, kind=Kind.THREAT),
    ):
        assert not decide(policy, seen(), saying(finding), NO_HISTORY).effects.automatic
    assert decide(policy, seen(), saying(a_finding(harassment, 3, kind=Kind.THREAT)), NO_HISTORY).effects.automatic


def test_an_exempted_finding_climbs_no_ladder() -> None:
    policy = CommunityPolicy(
        ladder=(a_step(),),
        overrides=(Override(channels=frozenset({PIER.id}), exempt=frozenset({Category.HARASSMENT})),),
    )
    assert decide(policy, seen(), saying(a_finding()), NO_HISTORY) == NO_DECISION


def test_a_rung_waits_for_its_own_score() -> None:
    policy = CommunityPolicy(thresholds=Thresholds(harassment=Threshold(min_score=0.0)), ladder=(a_step(),))
    assert not decide(policy, seen(), saying(a_finding(score=0.49)), NO_HISTORY).effects.automatic
    assert decide(policy, seen(), saying(a_finding(score=0.5)), NO_HISTORY).effects.automatic


@pytest.mark.parametrize("mode", ["automatic", "propose"])
@pytest.mark.parametrize("kind", [Kind.TERM, Kind.FLOOD])
def test_an_effect_of_a_finding_below_the_alert_level_still_opens_a_case_that_carries_it(
    kind: Kind, mode: Literal["automatic", "propose"]
) -> None:
    policy = CommunityPolicy(
        thresholds=Thresholds(rules=Threshold(alert_level=5)),
        ladder=(a_step(category=Category.RULES, min_level=1, mode=mode),),
    )
    finding = a_finding(Category.RULES, 1, kind=kind)
    (opening,) = decide(policy, seen(), saying(finding), NO_HISTORY).openings
    assert opening.findings == (finding,)


@pytest.mark.parametrize(
    ("finding", "concern", "subject"),
    [
        (a_crisis(), Concern.CRISIS, "ann"),
        (a_crisis(kind=Kind.HARM_BY_OTHERS), Concern.CRISIS, "ann"),
        (a_finding(kind=Kind.ENCOURAGEMENT), Concern.CONDUCT, "ann"),
        (a_finding(kind=Kind.PILE_ON), Concern.RAID, "pier"),
        (a_finding(Category.RULES, kind=Kind.RAID), Concern.RAID, "pier"),
        (a_finding(Category.RULES, kind=Kind.FLOOD), Concern.RAID, "pier"),
    ],
)
def test_a_case_is_about_its_author_and_a_raid_about_the_channel(
    finding: Finding, concern: Concern, subject: str
) -> None:
    (opening,) = decide(CommunityPolicy(), seen(), saying(finding), NO_HISTORY).openings
    assert (opening.concern, opening.subject) == (concern, subject)


def test_a_threat_against_oneself_to_keep_somebody_is_a_case_of_both_concerns() -> None:
    both = saying(a_crisis(3), a_finding(kind=Kind.THREAT))
    policy = CommunityPolicy(ladder=(a_step(),))
    decision = decide(policy, seen(), both, NO_HISTORY)
    assert [opening.concern for opening in decision.openings] == [Concern.CRISIS, Concern.CONDUCT]
    assert decision.effects.proposed == {Effect(kind=ActionKind.DELETE, target="m1")}
    assert not decision.effects.automatic


def test_the_gravest_finding_names_the_case_by_level_then_score_then_place() -> None:
    mild = a_finding(level=2, kind=Kind.INSULT, score=1.0)
    grave = a_finding(level=3, kind=Kind.THREAT, score=0.6)
    surer = a_finding(level=3, kind=Kind.STALKING, score=0.7)
    later = a_finding(level=3, kind=Kind.DOXXING, score=0.7)
    (opening,) = decide(CommunityPolicy(), seen(), saying(mild, grave, surer, later), NO_HISTORY).openings
    assert opening.gravest is surer


def test_an_edit_of_a_message_whose_case_is_closed_alerts_again_only_when_it_got_worse() -> None:
    alerted = History(alerted={Concern.CRISIS: 2})
    assert not decide(CommunityPolicy(), seen(), saying(a_crisis(2)), alerted).openings
    assert decide(CommunityPolicy(), seen(), saying(a_crisis(3)), alerted).openings


def test_an_edit_of_a_message_whose_case_is_open_joins_it_at_any_level() -> None:
    case = a_case(Concern.CRISIS, 3)
    history = History(open_cases={Concern.CRISIS: case}, alerted={Concern.CRISIS: 3})
    (opening,) = decide(CommunityPolicy(), seen(), saying(a_crisis(1)), history).openings
    assert opening.gravest.level == 1


def test_a_milder_message_joins_an_open_case_but_opens_none() -> None:
    mild = saying(a_finding(level=1))
    assert not decide(CommunityPolicy(), seen(), mild, NO_HISTORY).openings
    assert decide(CommunityPolicy(), seen(), mild, History(open_cases={Concern.CONDUCT: a_case()})).openings
    raid = saying(a_finding(level=1, kind=Kind.PILE_ON))
    assert not decide(CommunityPolicy(), seen(), raid, History(open_cases={Concern.CONDUCT: a_case()})).openings
    assert decide(CommunityPolicy(), seen(), raid, History(raid=a_case(Concern.RAID, subject="pier"))).openings
