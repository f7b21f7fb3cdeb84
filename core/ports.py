"""The seams: what the core asks of the outside, declared here and implemented under adapters/ and config/.

Every port has ONE contract suite (tests/contract) that each implementation passes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from core.flow.filter import Seen
from core.flow.history import History
from core.model.action import ActionKind, Lane
from core.model.capabilities import Capabilities
from core.model.case import Case, CaseId, Concern, Enforcement, Evidence, State
from core.model.event import Event
from core.model.finding import Verdict
from core.model.message import ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName


class Clock(Protocol):
    """Time, injected so that tests can move it."""

    def now(self) -> datetime:
        """Aware UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go back, for deadlines."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait; a test clock returns when time was moved past it."""
        ...


# --- in -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Taken:
    """An event as the intake hands it out.

    Attributes:
        seq: Its place in the intake, rising.
        key: `platform:channel:message:revision`, the revision being edit time and a keyed digest of the content; the
            same event appended twice has the same key. Unique per thing to decide.
    """

    seq: int
    key: str
    event: Event


class Intake(Protocol):
    """Durable, ordered, at least once: what comes in and is not yet decided."""

    async def append(self, events: Sequence[Event]) -> int:
        """Store `events` durably, in order; on return they survive a kill. Repeats (same key) are dropped.

        Returns: how many were new. Raises: `Unavailable` when nothing was stored.
        """
        ...

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        """Up to `limit` events past seq `after` that were not acknowledged, oldest first; waits for none."""
        ...

    async def wait(self) -> None:
        """Return when something may have been appended since the last `take`."""
        ...

    async def ack(self, seqs: Sequence[int]) -> None:
        """Forget these events and their text; may repeat."""
        ...


# --- kept -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One thing for a platform to do: an outbox row.

    Attributes:
        key: hash(case, case version, kind, target): the same thing decided twice has the same key.
        target: A message, member or channel id by kind; for cards the case id.
        until: Absolute end of a timeout, ban or slow mode, computed at decision; None for no end.
        supersedes: Unsent rows of the same kind and case with a lower `version` are dropped when this is committed.
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
        destroyed_texts: Cases whose text (key and rows) goes; the key is destroyed only after the commit.
        cancelled_timers: (kind, key) pairs.
        fired_timers: Timers that this commit is the firing of; if one is gone or was moved, nothing is written.
        withdrawn: Keys of actions that have not begun and must not happen; if one was begun meanwhile, STALE.
    """

    done: tuple[str, ...] = ()
    cases: tuple[CaseWrite, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    texts: tuple[tuple[CaseId, SealedMessage], ...] = ()
    destroyed_texts: tuple[CaseId, ...] = ()
    actions: tuple[Action, ...] = ()
    withdrawn: tuple[str, ...] = ()
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Whose history is asked for: one message's author, channel and id."""

    community: CommunityId
    author: MemberId
    channel: ChannelId
    message_id: MessageId


class Store(Protocol):
    """Cases, evidence, sealed texts, outbox, timers and audit.

    Reads that name a community never see another one's rows (promise 11).
    """

    async def commit(self, unit: Commit) -> Committed:
        """Write one unit durably, all or nothing. Units that wait together share a disk flush (group commit).

        Raises: `Unavailable` when the database can't write; nothing of the unit is there then.
        """
        ...

    async def history(self, pasts: Sequence[Past]) -> Sequence[History]:
        """One `History` for each past, in order."""
        ...

    async def case(self, community: CommunityId, case_id: CaseId) -> Case | None: ...

    async def cases(
        self, community: CommunityId, states: frozenset[State], limit: int, before: datetime | None = None
    ) -> Sequence[Case]:
        """Cases in these states: highest level first, crisis before others, then oldest; resolved ones newest first."""
        ...

    async def evidence(self, community: CommunityId, case_id: CaseId) -> Sequence[Evidence]:
        """Oldest first."""
        ...

    async def cases_with(self, community: CommunityId, message_id: MessageId) -> Sequence[Case]:
        """The cases, open or closed, that hold evidence of this message."""
        ...

    async def texts(self, community: CommunityId, case_id: CaseId) -> Sequence[SealedMessage]:
        """The case's messages, opened, in the order they were sent. Raises: `TextGone`."""
        ...

    async def actions(self, community: CommunityId, case_id: CaseId) -> Sequence[ActionRecord]:
        """Everything decided for the case, oldest first."""
        ...

    async def claim_actions(self, now: datetime, limit: int) -> Sequence[ActionRecord]:
        """Take due, live, pending actions for delivery: most urgent lane first, then oldest; marks them CLAIMED.

        A crisis or alert action is never held back by one of a lower lane. SHADOW and PROPOSED ones are never
        handed out.
        """
        ...

    async def unclaim_actions(self) -> int:
        """At start: what a dead process had claimed. `Retry.NEVER` kinds become UNKNOWN, the rest PENDING again.

        Returns: how many became PENDING.
        """
        ...

    async def record_action(
        self,
        key: str,
        state: ActionState,
        at: datetime,
        *,
        receipt: str = "",
        note: str = "",
        due_at: datetime | None = None,
    ) -> None:
        """What came of an attempt; PENDING with `due_at` is a retry. Never overwrites DONE."""
        ...

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        """Timers due at `now`, oldest first."""
        ...

    async def next_timer_at(self) -> datetime | None: ...

    async def audit(self, community: CommunityId, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        """Newest first."""
        ...

    async def verify_audit(self, community: CommunityId) -> int | None:
        """The number of the first entry whose chain is broken, None when all hold."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Rows a table, for metrics and tests: cases_open, actions_pending, intake, done, timers ..."""
        ...


# --- out ------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text to be rendered in somebody's language: a message key and its parameters, never finished prose."""

    key: str
    params: Mapping[str, str | int] = field(default_factory=dict)


class Texts(Protocol):
    """Catalogues of texts."""

    def render(self, text: Text, locale: str = "en") -> str:
        """Falls back to English; an unknown key raises `KeyError`."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One verb that a card offers; it carries case id, verb and turn, nothing more."""

    verb: str
    label: Text
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What moderators see of a case, platform-free. A crisis card holds no text of the message."""

    case_id: CaseId
    version: int
    turn: int
    concern: Concern
    level: int
    title: Text
    lines: tuple[Text, ...]
    buttons: tuple[Button, ...] = ()
    mentions: tuple[MemberId, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An action with what the platform needs to carry it out."""

    action: Action
    card: Card | None = None
    receipt: str = ""
    """For a card that was posted before: the platform's id of it."""


class Platform(Protocol):
    """One chat platform, seen from the core."""

    @property
    def name(self) -> PlatformName: ...
    @property
    def capabilities(self) -> Capabilities: ...

    async def perform(self, order: Order) -> str:
        """Carry it out; returns a receipt (the id of what it made) or "".

        Raises: `RetryLater`, `AlreadyDone` (a success), `NotAllowed`, `GaveUp`.
        """
        ...


class Worker(Protocol):
    """Runs filters over batches, perhaps in a process of their own that can be killed."""

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        """One verdict a message; a filter that raised gives a failed check, never an exception.

        Raises: any exception when the worker itself died.
        """
        ...

    async def replace(self) -> None:
        """Throw the worker away, also when it holds the interpreter lock, and start another."""
        ...

    async def close(self) -> None: ...


class Notices(Protocol):
    """Tells owners and moderators what is wrong with the bot itself (a filter down, a full disk)."""

    def raise_notice(self, key: str, text: Text) -> None:
        """Show it until it is cleared; the same key again replaces it."""
        ...

    def clear_notice(self, key: str) -> None: ...
