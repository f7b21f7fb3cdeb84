"""decide(), one rule at a time: thresholds, overrides, ladders, subjects and edits."""

from dataclasses import replace
from datetime import timedelta
from typing import Literal

import pytest

from core.flow.decision import NO_DECISION, decide, is_shielded
from core.flow.history import NO_HISTORY, History
from core.model.action import FOREVER_S, ActionKind, Effect
from core.model.case import Case, Concern
from core.model.finding import Category, Check, CheckState, Finding, Kind, Verdict
from core.model.message import Channel, ChannelId, RoleId
from core.model.policy import CommunityPolicy, Override, PartialThreshold, Raid, Step, Threshold, Thresholds
from tests.clock import START
from tests.core.examples import PIER, a_case, a_check, a_crisis, a_finding, a_message, saying, seen


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
        (a_step(ActionKind.LOCK), Effect(kind=ActionKind.LOCK, target="pier", duration_s=FOREVER_S)),
        (a_step(ActionKind.PURGE, duration_s=60), Effect(kind=ActionKind.PURGE, target="ann", duration_s=60)),
        (
            a_step(ActionKind.PAUSE_JOINS, duration_s=60),
            Effect(kind=ActionKind.PAUSE_JOINS, target="local:harbour", duration_s=60),
        ),
    ],
)
def test_a_rung_hits_the_message_its_author_the_channel_or_the_community(step: Step, effect: Effect) -> None:
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


def test_an_edit_about_conduct_whose_case_is_closed_alerts_again_only_when_it_got_worse() -> None:
    alerted = History(alerted={Concern.CONDUCT: 2})
    assert not decide(CommunityPolicy(), seen(), saying(a_finding(level=2)), alerted).openings
    assert decide(CommunityPolicy(), seen(), saying(a_finding(level=3)), alerted).openings


@pytest.mark.parametrize("level", [2, 3, 4])
def test_an_edit_that_tells_of_a_crisis_alerts_again_once_its_case_is_closed(level: int) -> None:
    alerted = History(alerted={Concern.CRISIS: 4})
    assert decide(CommunityPolicy(), seen(), saying(a_crisis(level)), alerted).openings


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


@pytest.mark.parametrize("kind", [Kind.DISCLOSURE, Kind.HARM_BY_OTHERS])
def test_somebody_who_tells_of_their_own_distress_is_not_reported_for_rude_words(kind: Kind) -> None:
    distress = a_finding(Category.CRISIS, 3, kind=kind, score=0.8)
    rude = a_finding(Category.TOXICITY, 4, kind=Kind.THREAT)
    ladder = (Step(category=Category.TOXICITY, action=ActionKind.DELETE, mode="automatic"),)
    decision = decide(CommunityPolicy(ladder=ladder), seen(), saying(distress, rude), NO_HISTORY)
    assert [opening.concern for opening in decision.openings] == [Concern.CRISIS]
    assert not decision.effects.automatic
    assert not decision.effects.proposed


def test_what_is_aimed_at_others_in_the_same_breath_is_still_a_case() -> None:
    distress, insult = a_crisis(3), a_finding(Category.HARASSMENT, 3)
    decision = decide(CommunityPolicy(), seen(), saying(distress, insult), NO_HISTORY)
    assert {opening.concern for opening in decision.openings} == {Concern.CRISIS, Concern.CONDUCT}


def test_worry_for_somebody_else_excuses_no_rude_words() -> None:
    worry = a_finding(Category.CRISIS, 2, kind=Kind.THIRD_PERSON, score=0.6)
    rude = a_finding(Category.TOXICITY, 4, kind=Kind.THREAT)
    decision = decide(CommunityPolicy(), seen(), saying(worry, rude), NO_HISTORY)
    assert {opening.concern for opening in decision.openings} == {Concern.CRISIS, Concern.CONDUCT}


def a_raid(minutes_ago: float = 0, kind: Kind = Kind.RAID, level: int = 3) -> Case:
    raid = a_case(Concern.RAID, level, case_id="raid", subject="deck")
    return replace(raid, kind=kind, updated_at=START - timedelta(minutes=minutes_ago))


def places(policy: CommunityPolicy, verdict: Verdict, history: History) -> dict[tuple[Concern, str], list[Kind]]:
    """Which cases a message comes to, with what."""
    openings = decide(policy, seen(), verdict, history).openings
    return {(each.concern, each.subject): [finding.kind for finding in each.findings] for each in openings}


LIKE_OTHERS = a_finding(Category.RULES, 3, kind=Kind.RAID)
INSULT = a_finding(kind=Kind.INSULT)


def test_conduct_in_one_of_many_like_messages_is_part_of_the_raid() -> None:
    found = places(CommunityPolicy(), saying(INSULT, LIKE_OTHERS), NO_HISTORY)
    assert found == {(Concern.RAID, "pier"): [Kind.RAID, Kind.INSULT]}


def test_conduct_while_a_raid_goes_on_elsewhere_is_part_of_it() -> None:
    found = places(CommunityPolicy(), saying(INSULT), History(raid=a_raid(minutes_ago=5)))
    assert found == {(Concern.RAID, "deck"): [Kind.INSULT]}


@pytest.mark.parametrize(
    "raid", [a_raid(minutes_ago=5.1), a_raid(kind=Kind.FLOOD, level=2)], ids=["at rest", "one member's flood"]
)
def test_a_raid_at_rest_and_a_flood_of_one_member_take_in_nobody_s_conduct(raid: Case) -> None:
    assert places(CommunityPolicy(), saying(INSULT), History(raid=raid)) == {(Concern.CONDUCT, "ann"): [Kind.INSULT]}
    found = places(CommunityPolicy(), saying(LIKE_OTHERS), History(raid=raid))
    assert found == {(Concern.RAID, "deck"): [Kind.RAID]}, "its place is taken: one raid a channel"


def test_one_case_about_conduct_too_many_at_once_becomes_a_raid_that_says_so() -> None:
    policy = CommunityPolicy(raid=Raid(cases=2))
    assert places(policy, saying(INSULT), History(opened_lately=1)) == {(Concern.CONDUCT, "ann"): [Kind.INSULT]}
    decision = decide(policy, seen(), saying(a_finding(kind=Kind.THREAT, level=4)), History(opened_lately=2))
    (opening,) = decision.openings
    assert (opening.concern, opening.subject) == (Concern.RAID, "pier")
    assert [(each.filter, each.level) for each in opening.findings] == [("decide", 4), ("synthetic", 4)]
    assert opening.gravest.kind is Kind.RAID
    assert opening.gravest.why == "Many cases at once."
    assert opening.findings[0] in decision.recorded


@pytest.mark.parametrize("history", [History(opened_lately=9), History(raid=a_raid())])
def test_who_has_an_open_case_about_conduct_goes_on_filling_it_whatever_happens_around(history: History) -> None:
    own = replace(history, open_cases={Concern.CONDUCT: a_case()})
    found = places(CommunityPolicy(), saying(LIKE_OTHERS, INSULT), own)
    subject = "deck" if history.raid else "pier"
    assert found == {(Concern.CONDUCT, "ann"): [Kind.INSULT], (Concern.RAID, subject): [Kind.RAID]}


def test_what_would_open_no_case_is_not_taken_in_by_a_raid() -> None:
    mild = a_finding(level=1)
    assert not places(CommunityPolicy(), saying(mild), History(raid=a_raid(), opened_lately=9))
    again = History(raid=a_raid(), alerted={Concern.CONDUCT: 3})
    assert not places(CommunityPolicy(), saying(INSULT), again)


def test_a_rung_that_a_raider_climbed_belongs_to_the_raid() -> None:
    decision = decide(CommunityPolicy(ladder=(a_step(),)), seen(), saying(INSULT, LIKE_OTHERS), NO_HISTORY)
    assert [opening.concern for opening in decision.openings] == [Concern.RAID]
    assert decision.effects.automatic == {Effect(kind=ActionKind.DELETE, target="m1")}


@pytest.mark.parametrize("history", [NO_HISTORY, History(opened_lately=9), History(raid=a_raid())])
def test_a_crisis_in_the_middle_of_a_raid_has_a_case_of_its_own(history: History) -> None:
    found = places(CommunityPolicy(), saying(a_crisis(), INSULT), history)
    assert found[Concern.CRISIS, "ann"] == [Kind.DISCLOSURE]


def test_copies_that_sound_like_a_crisis_are_one_case_about_the_channel() -> None:
    found = places(CommunityPolicy(), saying(a_crisis(), LIKE_OTHERS), NO_HISTORY)
    assert found == {(Concern.CRISIS, "pier"): [Kind.DISCLOSURE], (Concern.RAID, "pier"): [Kind.RAID]}
    copies = a_case(Concern.CRISIS, subject="deck")
    found = places(CommunityPolicy(), saying(a_crisis(1), LIKE_OTHERS), History(copies=copies))
    assert found[Concern.CRISIS, "deck"] == [Kind.DISCLOSURE], "also across channels, and a milder one joins"


def test_a_copy_of_somebody_in_care_joins_their_own_case() -> None:
    history = History(
        open_cases={Concern.CRISIS: a_case(Concern.CRISIS)}, copies=a_case(Concern.CRISIS, subject="deck")
    )
    assert (Concern.CRISIS, "ann") in places(CommunityPolicy(), saying(a_crisis(), LIKE_OTHERS), history)


def test_what_is_no_copy_never_joins_the_case_of_the_copies() -> None:
    history = History(copies=a_case(Concern.CRISIS, subject="pier"), raid=a_raid())
    assert set(places(CommunityPolicy(), saying(a_crisis()), history)) == {(Concern.CRISIS, "ann")}
    assert not places(CommunityPolicy(), saying(a_crisis(1)), history)


def test_where_likeness_does_not_count_copies_are_everybody_s_own_crisis() -> None:
    exempt = Override(channels=frozenset({PIER.id}), exempt=frozenset({Category.RULES}))
    found = places(CommunityPolicy(overrides=(exempt,)), saying(a_crisis(), LIKE_OTHERS), NO_HISTORY)
    assert found == {(Concern.CRISIS, "ann"): [Kind.DISCLOSURE]}


def test_who_wrote_one_of_the_copies_is_shielded_while_their_case_is_open() -> None:
    decision = decide(CommunityPolicy(ladder=(a_step(),)), seen(), saying(INSULT), History(is_among_copies=True))
    assert not decision.effects.automatic
    assert decision.effects.proposed
