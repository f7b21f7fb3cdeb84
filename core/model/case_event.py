"""What can happen to a case, and how the desk or the machine says no; what follows is in `core.model.advancing`."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.model.case import FollowUp, Outcome, Reason, Tier
from core.model.finding import Category, Kind
from core.model.message import MemberId


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
    OWN_DECISION = "own_decision"
    """An appeal against what this person decided: somebody else looks at it."""
    TOO_MANY = "too_many"
    """A limit was reached, such as one support message a day."""
    NOT_HERE = "not_here"
    """The platform can't do this."""
    OPTED_OUT = "opted_out"
    """The member asked not to be written to."""


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
class HolderGone:
    """The holder may not see the case any more: a lost role, an opted-out responder."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondAsked:
    """The holder asks for a second pair of eyes."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Seconded:
    """A colleague looks along."""

    by: MemberId


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
    """A person (`by`) or the clock (None) calls further tiers; the `tier` that was seen tells a double click.

    `to` is how far the chain goes; the next tier without one.
    """

    by: MemberId | None
    tier: int | None = None
    to: Tier | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Digested:
    """The digest told of a case beyond the day's budget: from now on it calls people like any other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """People decided; `is_own` where it is an appeal against what the very same person had decided."""

    by: MemberId
    outcome: Outcome
    reason: Reason | None = None
    is_own: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Reopened:
    """Undo of a resolution: the case goes back to the one who undoes it."""

    by: MemberId
    lease_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowUpDue:
    """It is time to look in again on somebody."""

    which: FollowUp


@dataclass(frozen=True, slots=True, kw_only=True)
class FollowedUp:
    """Somebody looked in, or decided that it isn't needed."""

    by: MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """The case's text is kept until a time beyond its own; `by` is None for an appeal's hold."""

    by: MemberId | None
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """An appeal against the case was decided: its text is held no longer, and what was overturned counts no more."""

    is_overturned: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """A closed case lets go of whom it was about, and a raid of who took part in it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ErasureAsked:
    """Its member has their data deleted: a crisis case or an appeal ends, any other forgets as soon as it can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted:
    """Something was recorded that changes neither state nor level: a note, an ordered action, a deleted message.

    By its holder, it shows that the holder is at work: the claim lives on until `lease_until`.
    """

    by: MemberId | None = None
    lease_until: datetime | None = None


CaseEvent = (
    Joined
    | Claimed
    | Extended
    | Released
    | HandedOver
    | LeaseLapsed
    | HolderGone
    | SecondAsked
    | Seconded
    | Snoozed
    | Woke
    | Escalated
    | Digested
    | Resolved
    | Reopened
    | FollowUpDue
    | FollowedUp
    | Held
    | Reviewed
    | Forgotten
    | ErasureAsked
    | Noted
)
