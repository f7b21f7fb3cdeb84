"""What is written down: outbox actions, timers, audit entries, sealed texts, and the commit that holds them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from core.model.action import ActionKind, Lane
from core.model.case import Case, CaseId, Enforcement, Evidence
from core.model.message import ChannelId, CommunityId, MemberId, Message
from core.model.preference import Preference
from core.model.standing import PostKind, Standing

DONE_KEPT_FOR = timedelta(days=60)
"""How long an event key says that its event was decided; platforms repeat events for a day at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing for a platform to do: an outbox row.

    Attributes:
        key: hash(case, case version, kind, target): the same thing decided twice has the same key.
        case_id: Empty for what is about the community alone, a digest.
        target: A message, member or channel id by kind; for cards the case id, for `TELL` who is told.
        until: Absolute end of a timeout, ban or slow mode, computed at decision; None for no end.
        supersedes: Unsent rows of the same kind and case with a lower `version` are dropped when this is committed.
        after: Key of an action that has to be settled, one way or another, before this one is begun.
        params: Small facts for the platform (never message text).
    """

    key: str
    community: CommunityId
    case_id: CaseId
    version: int
    kind: ActionKind
    lane: Lane
    target: str
    channel: ChannelId | None = None
    until: datetime | None = None
    enforcement: Enforcement = Enforcement.LIVE
    supersedes: bool = False
    due_at: datetime | None = None
    after: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


class ActionState(StrEnum):
    """How far an action has come; its enforcement says where it starts: live ones as PENDING."""

    PENDING = "pending"
    CLAIMED = "claimed"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    SHADOW = "shadow"
    PROPOSED = "proposed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionRecord:
    """An action with what happened to it.

    Attributes:
        attempts: How many times delivery has started it.
        receipt: The platform's id of what it made (a card's message), so that it can be edited or undone.
        note: Why it failed, without message text.
    """

    action: Action
    state: ActionState
    attempts: int = 0
    receipt: str = ""
    note: str = ""
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Timer:
    """Something due: unique by (kind, key); setting it again moves it.

    `key` is what it is about, usually a case id; `community` is empty for the whole system.
    """

    kind: str
    key: str
    due_at: datetime
    community: CommunityId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditDraft:
    """An audit entry before the store chains it.

    Attributes:
        actor: Who did it: a moderator's member id, "lightkeeper" or "clock". Never the subject of a crisis case.
        verb: What was done, from a closed list (`core.model.audit`).
        member: A member that the entry is about; the store keeps only a per-case reference of them (promise 8).
        facts: Small closed-vocabulary facts (level, outcome, kind); never what was said.
    """

    community: CommunityId
    at: datetime
    actor: str
    verb: str
    case_id: CaseId | None = None
    member: MemberId | None = None
    facts: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """A chained entry: `hash` covers everything else including `previous`."""

    community: CommunityId
    number: int
    at: datetime
    actor: str
    verb: str
    case_id: CaseId | None
    member_ref: str
    facts: Mapping[str, str]
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SealedMessage:
    """Text that a case keeps, sealed at rest under the case's own key.

    Attributes:
        is_context: True for an earlier message kept along, False for evidence.
    """

    message: Message
    is_context: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What one of the case's people wrote for the others; sealed and destroyed with the case's text.

    Attributes:
        to: The colleague it was handed over to, where it is a note of a hand-over.
    """

    case_id: CaseId
    at: datetime
    by: MemberId
    text: str
    to: MemberId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Duty:
    """Somebody put themselves on or off duty, over what the shifts say; the newest of a member holds.

    Attributes:
        until: When it ends and the shifts hold again.
    """

    community: CommunityId
    member: MemberId
    is_on: bool
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Erasing:
    """Everything that is kept of a member in a community goes, but for what `keeps` names.

    Attributes:
        keeps: Cases that stay as they are: an open one about conduct, and one whose ban is in force.
    """

    community: CommunityId
    member: MemberId
    keeps: frozenset[CaseId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseWrite:
    """A case's next state; `expected_version` is what the writer read (0: it does not exist yet)."""

    case: Case
    expected_version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What one decision writes, all or nothing, in ONE transaction.

    Attributes:
        done: The event keys that this decides; if any is already there, nothing at all is written.
        texts: Sealed with the key of the case they name.
        notes: Sealed with the key of the case they name.
        destroyed_texts: Cases whose text and notes (key and rows) go; the key is destroyed only after the commit.
        forgotten: Closed cases that let go of their member: whom what was done concerned is emptied from their settled
            actions, no key finds their support messages any more, the evidence of this unit takes the place of theirs,
            and the key by which the audit refers to them is destroyed after the commit.
        duties: Each replaces what was kept of that member in that community.
        preferences: Each replaces what that member had chosen in that community.
        standing: Posts that stand; each replaces what was kept of its kind in its channel.
        fallen: Posts that stand no more, as community, channel and kind.
        erased: Members whose every trace goes: evidence, texts, reports, duties, undecided messages, the keys by which
            the audit refers to them. Written after everything else of this unit.
        left: Communities that go whole, with their audit.
        cancelled_timers: (kind, key) pairs.
        fired_timers: Timers that this commit is the firing of; if one is gone or was moved, nothing is written.
        withdrawn: Keys of actions that must not happen; if one is under way or done, STALE.
        untried: Those of them that delivery must never have tried; if one was tried meanwhile, STALE.
    """

    done: tuple[str, ...] = ()
    cases: tuple[CaseWrite, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    texts: tuple[tuple[CaseId, SealedMessage], ...] = ()
    notes: tuple[Note, ...] = ()
    destroyed_texts: tuple[CaseId, ...] = ()
    forgotten: tuple[CaseId, ...] = ()
    duties: tuple[Duty, ...] = ()
    preferences: tuple[Preference, ...] = ()
    standing: tuple[Standing, ...] = ()
    fallen: tuple[tuple[CommunityId, ChannelId, PostKind], ...] = ()
    erased: tuple[Erasing, ...] = ()
    left: tuple[CommunityId, ...] = ()
    actions: tuple[Action, ...] = ()
    withdrawn: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()
    timers: tuple[Timer, ...] = ()
    cancelled_timers: tuple[tuple[str, str], ...] = ()
    fired_timers: tuple[Timer, ...] = ()
    audit: tuple[AuditDraft, ...] = ()


class Committed(StrEnum):
    """How a commit ended."""

    WRITTEN = "written"
    ALREADY_DONE = "already_done"
    """An event key was there already, or a fired timer was not: nothing was written, nothing is lost."""
    STALE = "stale"
    """A case had another version, its open place was taken, or an action to withdraw has begun: read again."""
