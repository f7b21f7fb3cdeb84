"""decide(): what follows from what filters saw, under a community's policy; pure and deterministic (promise 10).

Many things at once become one case (promise 13). What would open a case about a member's conduct joins the raid
instead when the message is one of many alike, while a raid goes on, or when many cases were opened lately. A crisis is
never taken in by that: it has its own case, one for each person. Only copies of one message that sounds like a crisis
make one case together, about the channel, and each of their authors is shielded by it.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from core.flow.filter import Seen
from core.flow.history import History
from core.model.action import LAWS, NO_EFFECTS, SHIELD, Effect, EffectSet, effects, merge
from core.model.case import Concern
from core.model.finding import Category, CheckState, Finding, Kind, Verdict
from core.model.message import Message
from core.model.policy import CommunityPolicy, CrisisThreshold, Override, Step, Threshold


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """A case to open or to join: `subject` is a member or, for a raid and for copies, a channel or the community."""

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
        recorded: The findings that the policy alerts on or records, and `MANY_CASES` where that is seen.
        openings: At most one a concern.
        effects: What is enforced or proposed; belongs to the conduct case, else to the raid.
    """

    recorded: tuple[Finding, ...] = ()
    openings: tuple[Opening, ...] = ()
    effects: EffectSet = NO_EFFECTS


NO_DECISION = Decision()

_CHANNEL_KINDS = frozenset({Kind.PILE_ON, Kind.RAID, Kind.FLOOD})

MANY_CASES = Finding(
    filter="decide",
    category=Category.RULES,
    kind=Kind.RAID,
    level=3,
    score=1.0,
    why="Many cases at once.",
    rule="decide.many_cases",
)
"""What is seen when one more case about conduct would be one too many; never milder than what would have opened it."""


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


SPARED_IN_DISTRESS = frozenset({Category.TOXICITY})
"""What does not count where somebody says that they are in trouble."""

_OF_ONESELF = frozenset({Kind.DISCLOSURE, Kind.HARM_BY_OTHERS})


def speaks_of_own_distress(verdict: Verdict) -> bool:
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
    if message.is_private:
        exempt |= set(Category) - {Category.CRISIS}
    if speaks_of_own_distress(verdict):
        exempt |= SPARED_IN_DISTRESS
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
    found = _Found(policy, message, recorded, alerting, wanted, history)
    openings = tuple(_openings(found))
    seen_by_itself = tuple(
        each for opening in openings for each in opening.findings if each.filter == MANY_CASES.filter
    )
    return Decision(recorded=(*recorded, *seen_by_itself), openings=openings, effects=wanted)


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
        case "community":
            return message.community
        case _:
            return message.author.id


def _carrier(recorded: Iterable[Finding]) -> Concern:
    """The concern whose case carries the effects: conduct, or the raid where that is all there is."""
    return Concern.CONDUCT if any(concern_of(f) is Concern.CONDUCT for f in recorded) else Concern.RAID


@dataclass(frozen=True, slots=True)
class _Found:
    """What one message brought, weighed; what its cases are decided from."""

    policy: CommunityPolicy
    message: Message
    recorded: Sequence[Finding]
    alerting: Sequence[Finding]
    wanted: EffectSet
    history: History

    @property
    def is_copy(self) -> bool:
        """Whether it is one of many like messages."""
        return any(finding.kind is Kind.RAID for finding in self.recorded)

    @property
    def is_raided(self) -> bool:
        """Whether a raid goes on. One that came to rest takes in no conduct, nor does a mild flood of one member."""
        raid = self.history.raid
        if raid is None or (raid.kind is Kind.FLOOD and raid.level < MANY_CASES.level):
            return False
        return self.message.sent_at - raid.updated_at <= timedelta(minutes=self.policy.raid.minutes)

    def findings(self, concern: Concern, *, is_open: bool) -> tuple[Finding, ...]:
        """What opens or joins the case of a concern: what alerts, else what is recorded where it has to be seen."""
        findings = tuple(each for each in self.alerting if concern_of(each) is concern)
        carries = bool(self.wanted.automatic or self.wanted.proposed) and _carrier(self.recorded) is concern
        if not findings and (is_open or carries):
            findings = tuple(each for each in self.recorded if concern_of(each) is concern)
        return findings

    def is_news(self, concern: Concern, findings: Sequence[Finding]) -> bool:
        """Whether the findings are graver than what this very message already raised."""
        return max(each.level for each in findings) > self.history.alerted.get(concern, 0)


def _openings(found: _Found) -> Iterable[Opening]:
    if opening := _crisis(found):
        yield opening
    conduct, raided = _conduct(found)
    if conduct:
        yield conduct
    if opening := _raid(found, raided):
        yield opening


def _crisis(found: _Found) -> Opening | None:
    """An edit about a crisis alerts again always."""
    has_own = Concern.CRISIS in found.history.open_cases
    findings = found.findings(Concern.CRISIS, is_open=has_own or (found.is_copy and found.history.copies is not None))
    if not findings:
        return None
    subject: str = found.message.author.id
    if found.is_copy and not has_own:
        subject = found.history.copies.subject if found.history.copies else found.message.channel.id
    return Opening(concern=Concern.CRISIS, subject=subject, findings=findings)


def _conduct(found: _Found) -> tuple[Opening | None, tuple[Finding, ...]]:
    """The case about the author's conduct, and what joins the raid in its place."""
    is_open = Concern.CONDUCT in found.history.open_cases
    findings = found.findings(Concern.CONDUCT, is_open=is_open)
    if not findings or not (is_open or found.is_news(Concern.CONDUCT, findings)):
        return None, ()
    if not is_open:
        if found.is_copy or found.is_raided:
            return None, findings
        if found.history.opened_lately >= found.policy.raid.cases:
            level = max(MANY_CASES.level, *(each.level for each in findings))
            return None, (replace(MANY_CASES, level=level), *findings)
    return Opening(concern=Concern.CONDUCT, subject=found.message.author.id, findings=findings), ()


def _raid(found: _Found, taken_in: tuple[Finding, ...]) -> Opening | None:
    """The raid, with what is taken in instead of opening a case of its own."""
    raid = found.history.raid
    findings = (*found.findings(Concern.RAID, is_open=raid is not None or bool(taken_in)), *taken_in)
    if not findings or not (raid is not None or found.is_news(Concern.RAID, findings)):
        return None
    subject = raid.subject if raid is not None else found.message.channel.id
    return Opening(concern=Concern.RAID, subject=subject, findings=findings)
