"""What filters say about one message: findings, checks and scores.

A `Finding` is something a person may want to see; a `Check` is the honest rest: a filter that failed, was skipped,
or considered a reading and dismissed it. Levels are one scale, 0 to 4; for crisis they are levels of *text evidence*
(0 none, 1 distress, 2 possible ideation, 3 method, intent or recent self-harm, 4 plan, time, means, goodbye or act
under way), never a statement about a person.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.model.message import MemberId


class Category(StrEnum):
    """What a finding is about."""

    CRISIS = "crisis"
    HARASSMENT = "harassment"
    TOXICITY = "toxicity"
    RULES = "rules"


class Kind(StrEnum):
    """What exactly was seen, within a category (`KINDS`)."""

    DISCLOSURE = "disclosure"
    THIRD_PERSON = "third_person"
    RECOVERY_PAST = "recovery_past"
    INFO = "info"
    HARM_BY_OTHERS = "harm_by_others"
    ASKED = "asked"
    """A member asked to talk to somebody of the team."""

    INSULT = "insult"
    THREAT = "threat"
    IDENTITY_ATTACK = "identity_attack"
    SEXUAL = "sexual"
    PILE_ON = "pile_on"
    DOXXING = "doxxing"
    STALKING = "stalking"
    ENCOURAGEMENT = "encouragement"

    TOXIC = "toxic"
    SEVERE_TOXICITY = "severe_toxicity"
    OBSCENE = "obscene"

    TERM = "term"
    PATTERN = "pattern"
    LINK = "link"
    FLOOD = "flood"
    RAID = "raid"
    REPORT = "report"
    """A member reported it."""


KINDS: Mapping[Category, frozenset[Kind]] = {
    Category.CRISIS: frozenset(
        {
            Kind.DISCLOSURE,
            Kind.THIRD_PERSON,
            Kind.RECOVERY_PAST,
            Kind.INFO,
            Kind.HARM_BY_OTHERS,
            Kind.ASKED,
        }
    ),
    Category.HARASSMENT: frozenset(
        {
            Kind.INSULT,
            Kind.THREAT,
            Kind.IDENTITY_ATTACK,
            Kind.SEXUAL,
            Kind.PILE_ON,
            Kind.DOXXING,
            Kind.STALKING,
            Kind.ENCOURAGEMENT,
        }
    ),
    Category.TOXICITY: frozenset(
        {Kind.TOXIC, Kind.SEVERE_TOXICITY, Kind.OBSCENE, Kind.THREAT, Kind.INSULT, Kind.IDENTITY_ATTACK}
    ),
    Category.RULES: frozenset({Kind.TERM, Kind.PATTERN, Kind.LINK, Kind.FLOOD, Kind.RAID, Kind.REPORT}),
}
"""The kinds that each category may carry; `Finding` refuses any other pair."""

SCORE_NAMES = (
    "toxicity",
    "severe_toxicity",
    "obscene",
    "threat",
    "insult",
    "identity_attack",
    "harassment",
    "crisis",
)
"""The scores that `lightkeeper screen` prints for every message, each 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one filter saw in one message.

    Attributes:
        filter: Name of the filter that spoke.
        level: 0 to 4, see the module.
        score: 0 to 1, how sure the filter is; comparable only within one filter. A crisis finding's score is at
            least 0.5 exactly when its level is 2 or more.
        spans: Half-open code-point offsets into the ORIGINAL `message.text`, in order.
        why: One sentence for a moderator that says why, without any of the message's words.
        rule: The id of the rule, lexicon entry or model that matched, with its version.
        target: The member it is aimed at, where there is one.
        reporter: The member who reported the message, where that is what was seen.
    """

    filter: str
    category: Category
    kind: Kind
    level: int
    score: float
    spans: tuple[tuple[int, int], ...] = ()
    why: str
    rule: str
    target: MemberId | None = None
    reporter: MemberId | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS[self.category]:
            raise ValueError(f"a {self.category} finding can't be of kind {self.kind}")
        if not 0 <= self.level <= 4:
            raise ValueError(f"level {self.level} is outside 0..4")
        if not 0.0 <= self.score <= 1.0:  # also refuses NaN
            raise ValueError("a score lies within 0..1")
        if self.category is Category.CRISIS and (self.score >= 0.5) != (self.level >= 2):
            raise ValueError("a crisis score is at least 0.5 exactly from level 2 on")


class CheckState(StrEnum):
    """How a check ended that gave no finding."""

    FAILED = "failed"
    SKIPPED = "skipped"
    CONSIDERED = "considered"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What a filter did without a finding; `why` never holds words of the message."""

    filter: str
    state: CheckState
    why: str
    category: Category | None = None
    kind: Kind | None = None
    rule: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All that filters said of one message; verdicts of several filters join with `join`."""

    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    scores: Mapping[str, float] = field(default_factory=dict)


NOTHING = Verdict()
"""A filter that had nothing to say."""


def join(verdicts: "list[Verdict]") -> Verdict:
    """One verdict out of several; a score given twice keeps its highest value."""
    scores: dict[str, float] = {}
    for verdict in verdicts:
        for name, score in verdict.scores.items():
            if score > scores.get(name, -1.0):
                scores[name] = score
    return Verdict(
        findings=tuple(finding for verdict in verdicts for finding in verdict.findings),
        checks=tuple(check for verdict in verdicts for check in verdict.checks),
        scores=scores,
    )
