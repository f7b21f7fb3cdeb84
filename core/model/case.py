"""The case: one thing for people to decide. Its states and what moves it are in `core.model.advancing`.

One open case exists for a community, a subject and a concern. `version` rises with every change and is the store's
write lock. `turn` rises only with a change of state, holder, level or time of waking and is what a button carries: a
message that joins a case at the same level makes no moderator's click stale. A case holds no text and no names.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import IntEnum, StrEnum
from typing import NewType

from core.model.finding import Category, Kind
from core.model.message import ChannelId, CommunityId, MemberId, MessageId

CaseId = NewType("CaseId", str)

COUNTS_FOR = timedelta(days=90)
"""How long an upheld decision stands on a member's record, and can be appealed."""

JOIN = "joined:"
"""Begins what stands in the place of a message's id in the evidence of a join."""

SEVERE = 3
"""From this level on people are called by name, and nobody is to act alone."""


class Concern(StrEnum):
    """What a case is about; evidence of one concern joins one case."""

    CRISIS = "crisis"
    CONDUCT = "conduct"
    RAID = "raid"
    APPEAL = "appeal"
    """A member asks for a decision about them to be looked at by somebody else."""


EVERY_CONCERN = frozenset(Concern)


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
    GRANTED = "granted"
    DENIED = "denied"
    ERASED = "erased"
    """Its member had their data deleted while it was open. Nobody chooses this."""


OUTCOMES: Mapping[Concern, tuple[Outcome, ...]] = {
    Concern.CRISIS: (
        Outcome.SUPPORT_OFFERED,
        Outcome.HELP_CALLED,
        Outcome.FOLLOWED_UP,
        Outcome.NOT_A_PROBLEM,
    ),
    Concern.CONDUCT: (Outcome.UPHELD, Outcome.TALKED, Outcome.NOT_A_PROBLEM),
    Concern.RAID: (Outcome.UPHELD, Outcome.NOT_A_PROBLEM),
    Concern.APPEAL: (Outcome.GRANTED, Outcome.DENIED),
}
"""The outcomes that each concern offers, in the order shown. Crisis has none that punishes."""

CARED_FOR = frozenset({Outcome.SUPPORT_OFFERED, Outcome.HELP_CALLED, Outcome.FOLLOWED_UP})
"""The outcomes after which somebody is asked to look in again, a day and a week later."""


class Reason(StrEnum):
    """Why people ended a case that way, in a closed vocabulary; the member is told it beside a sanction."""

    HARASSMENT = "harassment"
    THREATS = "threats"
    HATE = "hate"
    SEXUAL = "sexual"
    PRIVATE_DETAILS = "private_details"
    SPAM = "spam"
    RAID = "raid"
    HOUSE_RULES = "house_rules"

    JOKE = "joke"
    QUOTE = "quote"
    FICTION = "fiction"
    PAST = "past"
    SOMEONE_ELSE = "someone_else"
    MISREAD = "misread"
    ABUSIVE_REPORT = "abusive_report"

    SAME_PERSON = "same_person"
    """Of an appeal: nobody else was there, so whoever had decided it looked at it again. Nobody chooses this."""


_BROKEN_RULE = (
    Reason.HARASSMENT,
    Reason.THREATS,
    Reason.HATE,
    Reason.SEXUAL,
    Reason.PRIVATE_DETAILS,
    Reason.SPAM,
    Reason.HOUSE_RULES,
)

REASONS: Mapping[tuple[Concern, Outcome], tuple[Reason, ...]] = {
    (Concern.CONDUCT, Outcome.UPHELD): _BROKEN_RULE,
    (Concern.CONDUCT, Outcome.NOT_A_PROBLEM): (Reason.JOKE, Reason.QUOTE, Reason.MISREAD, Reason.ABUSIVE_REPORT),
    (Concern.RAID, Outcome.UPHELD): (Reason.RAID, *_BROKEN_RULE),
    (Concern.RAID, Outcome.NOT_A_PROBLEM): (Reason.JOKE, Reason.MISREAD, Reason.ABUSIVE_REPORT),
    (Concern.CRISIS, Outcome.NOT_A_PROBLEM): (
        Reason.JOKE,
        Reason.FICTION,
        Reason.QUOTE,
        Reason.PAST,
        Reason.SOMEONE_ELSE,
        Reason.MISREAD,
        Reason.ABUSIVE_REPORT,
    ),
}
"""The reasons that each ending offers, in the order shown; giving one is never demanded."""


class Tier(IntEnum):
    """How far the chain of calls has gone for a case that nobody has claimed."""

    FIRST = 0
    """The first person on duty was called, or the card alone was posted."""
    AGAIN = 1
    """The same person, once more."""
    NEXT = 2
    """The next person on duty."""
    ALL = 3
    """Everybody of the role."""
    OWNERS = 4
    BANNER = 5
    """Nobody answered: the console says so on every page until somebody claims it."""


class FollowUp(StrEnum):
    """A time after a crisis case at which somebody looks in again."""

    DAY = "day"
    WEEK = "week"


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
        attachments: How many files came along; none of them is screened.
        reporter: The member who reported it, and `reported_at` when; shown to the case's people alone.
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
    attachments: int = 0
    reporter: MemberId | None = None
    reported_at: datetime | None = None

    @property
    def is_there(self) -> bool:
        """Whether it is about a message that can still be deleted: it wasn't yet, and is no join."""
        return self.deleted_at is None and not self.message_id.startswith(JOIN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One thing for people to decide.

    Attributes:
        subject: The member it is about; for a raid the channel or the community, for a crisis in copies the channel.
        kind: The kind of its gravest evidence.
        messages: How many messages are in it.
        turn: The number that a button carries, see the module.
        waiting_since: When it last began to wait for somebody; None while nobody has to be called.
        target_at: When somebody should have claimed it (`core.flow.pacing`).
        chain_at: When the next call of the chain is due; None while nobody has to be called, and past the last.
        tier: How far the chain has gone.
        is_quiet: Beyond the day's budget: it calls nobody and stands in the next digest.
        holder: Who has claimed it, and `held_since` when; the claim lapses at `lease_until`.
        second: The second pair of eyes; `second_asked_at` when one was asked for.
        outcome: How it ended, and `reason` why, where somebody said.
        parent: For an appeal the case that it is about.
        held_until: Until when its text is kept beyond its time, by a responder's or an appeal's hold.
        follow_up: The look-in that is due now, after a crisis case.
        forgets_early: Its member had their data deleted: it lets go of them once it is closed and its ban is over.
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
    waiting_since: datetime | None = None
    target_at: datetime | None = None
    chain_at: datetime | None = None
    tier: int = Tier.FIRST
    is_quiet: bool = False
    holder: MemberId | None = None
    held_since: datetime | None = None
    lease_until: datetime | None = None
    second: MemberId | None = None
    second_asked_at: datetime | None = None
    snoozed_until: datetime | None = None
    outcome: Outcome | None = None
    reason: Reason | None = None
    closed_at: datetime | None = None
    closed_by: MemberId | None = None
    parent: CaseId | None = None
    held_until: datetime | None = None
    follow_up: FollowUp | None = None
    forgets_early: bool = False

    @property
    def is_open(self) -> bool:
        """Whether people still have to decide."""
        return self.state in OPEN_STATES

    @property
    def is_final(self) -> bool:
        """Whether nobody takes its ending back: of a granted appeal, or a case that has forgotten its member."""
        return self.outcome in {Outcome.GRANTED, Outcome.ERASED} or not self.subject

    @property
    def is_about_member(self) -> bool:
        """Whether its subject is a member: a raid's is a channel or the community, that of copies the channel."""
        return self.concern is not Concern.RAID and self.subject != self.channel

    @property
    def is_severe(self) -> bool:
        """Whether nobody should act alone on it."""
        return self.level >= SEVERE

    @property
    def takes_second(self) -> bool:
        """Whether a second pair of eyes can be asked for: wherever nobody should act alone, and in every crisis."""
        return self.is_severe or self.concern is Concern.CRISIS
