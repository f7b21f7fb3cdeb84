"""The case and its state machine: `advance(case, event)` gives the next case or a refusal.

One open case exists for a community, a subject and a concern. Its states:

    waiting --claim--> claimed --resolve--> resolved --undo--> claimed
       ^  \\--snooze--> snoozed                 (a case can be resolved from any open state)
       |                  | wake
       +--release, lease lapsed, handed to nobody

`version` rises with every change and is the store's write lock. `turn` rises only with a change of state, holder or
level and is what a button carries: a message that joins a case at the same level makes no moderator's click stale.
A case holds no text and no names.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import NewType

from core.model.finding import Category, Kind
from core.model.message import ChannelId, CommunityId, MemberId, MessageId

CaseId = NewType("CaseId", str)


class Concern(StrEnum):
    """What a case is about; evidence of one concern joins one case."""

    CRISIS = "crisis"
    CONDUCT = "conduct"
    RAID = "raid"


class State(StrEnum):
    """Where a case stands."""

    WAITING = "waiting"
    CLAIMED = "claimed"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"


OPEN_STATES = frozenset({State.WAITING, State.CLAIMED, State.SNOOZED})


class Outcome(StrEnum):
    """How people ended a case."""

    SUPPORT_OFFERED = "support_offered"
    HELP_CALLED = "help_called"
    FOLLOWED_UP = "followed_up"
    UPHELD = "upheld"
    TALKED = "talked"
    NOT_A_PROBLEM = "not_a_problem"


OUTCOMES: dict[Concern, tuple[Outcome, ...]] = {
    Concern.CRISIS: (
        Outcome.SUPPORT_OFFERED,
        Outcome.HELP_CALLED,
        Outcome.FOLLOWED_UP,
        Outcome.NOT_A_PROBLEM,
    ),
    Concern.CONDUCT: (Outcome.UPHELD, Outcome.TALKED, Outcome.NOT_A_PROBLEM),
    Concern.RAID: (Outcome.UPHELD, Outcome.NOT_A_PROBLEM),
}
"""The outcomes that each concern offers, in the order shown. Crisis has none that punishes."""


class Enforcement(StrEnum):
    """Whether Delivery may carry an action out.

    A shadow action was decided but is only written down; a proposed one waits for a person's click.
    """

    LIVE = "live"
    SHADOW = "shadow"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """One finding as a case keeps it: where and why, without a word of the message.

    Attributes:
        spans: Offsets into the sealed original, for marking it when it is shown.
        edited_at: Which wording it is about: the message's `edited_at`.
        deleted_at: When its author or somebody else took the message away.
    """

    case_id: CaseId
    message_id: MessageId
    channel: ChannelId
    author: MemberId
    sent_at: datetime
    category: Category
    kind: Kind
    level: int
    score: float
    filter: str
    rule: str
    why: str
    spans: tuple[tuple[int, int], ...] = ()
    target: MemberId | None = None
    link: str | None = None
    edited_at: datetime | None = None
    is_late: bool = False
    deleted_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing for people to decide.

    Attributes:
        subject: The member it is about; for a raid or a pile-on the channel or the target.
        kind: The kind of its gravest evidence.
        messages: How many messages are in it.
        turn: The number that a button carries, see the module.
        holder: Who has claimed it, and `held_since` when; the claim lapses at `lease_until`.
        tier: How often it was escalated to a next tier.
    """

    id: CaseId
    community: CommunityId
    concern: Concern
    subject: str
    channel: ChannelId
    category: Category
    kind: Kind
    level: int
    opened_at: datetime
    updated_at: datetime
    state: State = State.WAITING
    messages: int = 0
    version: int = 0
    turn: int = 0
    holder: MemberId | None = None
    held_since: datetime | None = None
    lease_until: datetime | None = None
    snoozed_until: datetime | None = None
    tier: int = 0
    outcome: Outcome | None = None
    closed_at: datetime | None = None
    closed_by: MemberId | None = None

    @property
    def is_open(self) -> bool:
        """Whether people still have to decide."""
        return self.state in OPEN_STATES


class Why(StrEnum):
    """Why the desk or the machine refused."""

    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    CHANGED = "changed"
    ALREADY_CLAIMED = "already_claimed"
    NOT_YOURS = "not_yours"
    CLOSED = "closed"
    NOT_CLOSED = "not_closed"
    SUPERSEDED = "superseded"
    OUTCOME_DOES_NOT_FIT = "outcome_does_not_fit"
    UNKNOWN_VERB = "unknown_verb"
    TEXT_GONE = "text_gone"
    NO_INVERSE = "no_inverse"
    BAD_VALUE = "bad_value"


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """A click that changed nothing, and what to tell the one who clicked.

    Attributes:
        holder: Who holds the case, where that is the reason; `since` when they took it.
        field: The parameter that was wrong, for `BAD_VALUE`.
    """

    why: Why
    holder: MemberId | None = None
    since: datetime | None = None
    field: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Joined:
    """More evidence arrived: `messages` new ones, the gravest of `level` and `kind`."""

    category: Category
    kind: Kind
    level: int
    messages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """A moderator takes the case."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Extended:
    """The holder needs more time."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """The holder gives the case back to the queue."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedOver:
    """The holder gives the case to a named colleague."""

    by: MemberId
    to: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LeaseLapsed:
    """The claim's time ran out without a sign of its holder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Snoozed:
    """The case sleeps until a time."""

    by: MemberId
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Woke:
    """A snooze ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Escalated:
    """A person (`by`) or the clock (None) asks for the next tier; the `tier` that was seen tells a double click."""

    by: MemberId | None
    tier: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """People decided."""

    by: MemberId
    outcome: Outcome


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """Undo of a resolution: the case goes back to the one who undoes it."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something was recorded that changes neither state nor level: a note, a reveal, a deleted message."""


CaseEvent = (
    Joined
    | Claimed
    | Extended
    | Released
    | HandedOver
    | LeaseLapsed
    | Snoozed
    | Woke
    | Escalated
    | Resolved
    | Reopened
    | Noted
)


def advance(case: Case, event: CaseEvent, at: datetime) -> Case | Refused:
    """The case after `event`, or why it can't happen; pure.

    A refusal changes nothing. Crisis cases can't be snoozed away from level 3 on: they are refused as `NOT_ALLOWED`.
    """
    after = _next(case, event, at)
    if isinstance(after, Refused):
        return after
    turned = (after.state, after.holder, after.level) != (case.state, case.holder, case.level)
    return replace(after, version=case.version + 1, turn=case.turn + turned, updated_at=at)


def _next(case: Case, event: CaseEvent, at: datetime) -> Case | Refused:
    if isinstance(event, Noted):
        return case
    if isinstance(event, Reopened):
        return _reopened(case, event, at)
    if not case.is_open:
        return Refused(why=Why.CLOSED, holder=case.closed_by, since=case.closed_at)
    match event:
        case Joined():
            return _joined(case, event)
        case Claimed():
            return _claimed(case, event, at)
        case Extended() | Released() | HandedOver():
            return _held(case, event, at)
        case LeaseLapsed():
            if case.state is not State.CLAIMED or case.lease_until is None or case.lease_until > at:
                return Refused(why=Why.CHANGED)
            return _waiting(case)
        case Snoozed():
            if case.concern is Concern.CRISIS and case.level >= 3:
                return Refused(why=Why.NOT_ALLOWED)
            if _held_by_another(case, event.by):
                return _taken(case)
            return replace(_waiting(case), state=State.SNOOZED, snoozed_until=event.until)
        case Woke():
            return _waiting(case) if case.state is State.SNOOZED else Refused(why=Why.CHANGED)
        case Escalated():
            is_double = event.tier not in {None, case.tier}
            return Refused(why=Why.CHANGED) if is_double else replace(case, tier=case.tier + 1)
        case Resolved():
            return _resolved(case, event, at)


def _joined(case: Case, event: Joined) -> Case:
    raised = event.level > case.level
    joined = replace(
        case,
        messages=case.messages + event.messages,
        level=max(case.level, event.level),
        kind=event.kind if raised else case.kind,
        category=event.category if raised else case.category,
    )
    return _waiting(joined) if raised and case.state is State.SNOOZED else joined


def _claimed(case: Case, event: Claimed, at: datetime) -> Case | Refused:
    if case.state is State.CLAIMED:
        return _taken(case)
    return replace(_waiting(case), state=State.CLAIMED, holder=event.by, held_since=at, lease_until=event.lease_until)


def _held(case: Case, event: Extended | Released | HandedOver, at: datetime) -> Case | Refused:
    if case.holder != event.by:
        return _taken(case) if case.holder else Refused(why=Why.NOT_YOURS)
    match event:
        case Extended():
            return replace(case, lease_until=event.lease_until)
        case Released():
            return _waiting(case)
        case HandedOver():
            return replace(case, holder=event.to, held_since=at, lease_until=event.lease_until)


def _resolved(case: Case, event: Resolved, at: datetime) -> Case | Refused:
    if event.outcome not in OUTCOMES[case.concern]:
        return Refused(why=Why.OUTCOME_DOES_NOT_FIT, field="outcome")
    if _held_by_another(case, event.by):
        return _taken(case)
    return replace(_waiting(case), state=State.RESOLVED, outcome=event.outcome, closed_at=at, closed_by=event.by)


def _reopened(case: Case, event: Reopened, at: datetime) -> Case | Refused:
    if case.is_open:
        return Refused(why=Why.NOT_CLOSED)
    return replace(
        case,
        state=State.CLAIMED,
        holder=event.by,
        held_since=at,
        lease_until=event.lease_until,
        outcome=None,
        closed_at=None,
        closed_by=None,
    )


def _waiting(case: Case) -> Case:
    return replace(case, state=State.WAITING, holder=None, held_since=None, lease_until=None, snoozed_until=None)


def _held_by_another(case: Case, member: MemberId) -> bool:
    return case.holder is not None and case.holder != member


def _taken(case: Case) -> Refused:
    return Refused(why=Why.ALREADY_CLAIMED, holder=case.holder, since=case.held_since)
