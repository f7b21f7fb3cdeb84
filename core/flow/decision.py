"""decide(): what follows from what filters saw, under a community's policy; pure and deterministic (promise 10)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.flow.filter import Seen
from core.flow.history import History
from core.model.action import LAWS, NO_EFFECTS, SHIELD, Effect, EffectSet, effects, merge
from core.model.case import Concern
from core.model.finding import Category, CheckState, Finding, Kind, Verdict
from core.model.message import Message
from core.model.policy import CommunityPolicy, CrisisThreshold, Override, Step, Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A case to open or to join: `subject` is a member or, for a raid, the channel."""

    concern: Concern
    subject: str
    findings: tuple[Finding, ...]

    @property
    def gravest(self) -> Finding:
        """The finding that names the case: highest level, then score, then the first."""
        return max(self.findings, key=lambda finding: (finding.level, finding.score))


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What follows for one message.

    Attributes:
        recorded: The findings that the policy alerts on or records.
        openings: At most one a concern.
        effects: What is enforced or proposed; belongs to the conduct case, else to the raid.
    """

    recorded: tuple[Finding, ...] = ()
    openings: tuple[Opening, ...] = ()
    effects: EffectSet = NO_EFFECTS


NO_DECISION = Decision()

_CHANNEL_KINDS = frozenset({Kind.PILE_ON, Kind.RAID, Kind.FLOOD})


def concern_of(finding: Finding) -> Concern:
    """The concern that a finding belongs to."""
    if finding.category is Category.CRISIS:
        return Concern.CRISIS
    return Concern.RAID if finding.kind in _CHANNEL_KINDS else Concern.CONDUCT


def is_shielded(verdict: Verdict, history: History) -> bool:
    """Whether nothing may be enforced automatically on this message or its author (promise 3).

    A crisis finding of level 1 or more, a crisis check that failed or was skipped, or an open crisis case.
    """
    return (
        history.is_in_crisis_care
        or any(f.category is Category.CRISIS and f.level >= 1 for f in verdict.findings)
        or any(c.category is Category.CRISIS and c.state is not CheckState.CONSIDERED for c in verdict.checks)
    )


_OF_ONESELF = frozenset({Kind.DISCLOSURE, Kind.HARM_BY_OTHERS})


def _speaks_of_own_distress(verdict: Verdict) -> bool:
    """Whether somebody says that they are in trouble: their words are then no rudeness to anybody.

    A model of toxicity reads "die" and "hurt" as threats. What is aimed at others is harassment, which is kept.
    """
    return any(f.category is Category.CRISIS and f.kind in _OF_ONESELF and f.level >= 1 for f in verdict.findings)


def decide(policy: CommunityPolicy, seen: Seen, verdict: Verdict, history: History) -> Decision:
    """What follows for `seen`; the same four arguments always give the same decision."""
    if not verdict.findings:
        return NO_DECISION
    message = seen.message
    overrides = [each for each in policy.overrides if _applies(each, message)]
    exempt: set[Category] = {category for each in overrides for category in each.exempt}
    if _speaks_of_own_distress(verdict):
        exempt.add(Category.TOXICITY)
    recorded: list[Finding] = []
    alerting: list[Finding] = []
    for finding in verdict.findings:
        if finding.category in exempt:
            continue
        threshold = _threshold(policy, overrides, finding.category)
        record_level = min(threshold.record_level, threshold.alert_level)  # an override may name only one of the two
        if finding.score < threshold.min_score or finding.level < record_level:
            continue
        recorded.append(finding)
        if finding.level >= threshold.alert_level:
            alerting.append(finding)
    wanted = merge(
        *(_rung(step, message, recorded, history) for step in policy.ladder),
        SHIELD if is_shielded(verdict, history) else NO_EFFECTS,
    )
    return Decision(
        recorded=tuple(recorded),
        openings=tuple(_openings(message, recorded, alerting, wanted, history)),
        effects=wanted,
    )


def _applies(override: Override, message: Message) -> bool:
    in_channel = not override.channels or not override.channels.isdisjoint(
        {message.channel.id, message.channel.parent} - {None}
    )
    has_role = not override.roles or not override.roles.isdisjoint(message.author.roles)
    return in_channel and has_role


def _threshold(
    policy: CommunityPolicy, overrides: Sequence[Override], category: Category
) -> Threshold | CrisisThreshold:
    base = policy.thresholds.of(category)
    for override in overrides:
        partial = next((p for c, p in override.thresholds.items() if c == category), None)
        if partial is not None:
            base = base.model_copy(update=partial.model_dump(exclude_none=True))
    return base


def _rung(step: Step, message: Message, recorded: Iterable[Finding], history: History) -> EffectSet:
    if history.upheld < step.after_upheld:
        return NO_EFFECTS
    for finding in recorded:
        if (
            finding.category == step.category
            and finding.level >= step.min_level
            and finding.score >= step.min_score
            and (not step.kinds or finding.kind in step.kinds)
        ):
            effect = Effect(kind=step.action, target=_target(step, message), duration_s=step.lasting_s)
            if step.mode == "automatic" and not message.is_late:
                return effects(automatic=[effect])
            return effects(proposed=[effect])
    return NO_EFFECTS


def _target(step: Step, message: Message) -> str:
    match LAWS[step.action].family:
        case "message":
            return message.id
        case "channel":
            return message.channel.id
        case _:
            return message.author.id


def _carrier(recorded: Iterable[Finding]) -> Concern:
    """The concern whose case carries the effects: conduct, or the raid where that is all there is."""
    return Concern.CONDUCT if any(concern_of(f) is Concern.CONDUCT for f in recorded) else Concern.RAID


def _openings(
    message: Message,
    recorded: Sequence[Finding],
    alerting: Sequence[Finding],
    wanted: EffectSet,
    history: History,
) -> Iterable[Opening]:
    carrier = _carrier(recorded) if wanted.automatic or wanted.proposed else None
    for concern in Concern:
        is_open = history.raid is not None if concern is Concern.RAID else concern in history.open_cases
        has_to_be_seen = is_open or concern is carrier
        findings = tuple(f for f in alerting if concern_of(f) is concern)
        if has_to_be_seen and not findings:
            findings = tuple(f for f in recorded if concern_of(f) is concern)
        if not findings:
            continue
        opening = Opening(
            concern=concern,
            subject=message.channel.id if concern is Concern.RAID else message.author.id,
            findings=findings,
        )
        is_news = concern is Concern.CRISIS or opening.gravest.level > history.alerted.get(concern, 0)
        if is_open or is_news:  # an edit alerts again about conduct only when it is graver; about a crisis always
            yield opening
