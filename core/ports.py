"""The seams: what the core asks of the outside, declared here and implemented under adapters/ and config/.

Every port has ONE contract suite (tests/contract) that each implementation passes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from core.flow.filter import Seen
from core.flow.history import History
from core.member_ports import Board
from core.model.action import Lane
from core.model.capabilities import Capabilities
from core.model.card import Text
from core.model.case import EVERY_CONCERN, Case, CaseId, Concern, Evidence, State
from core.model.community import Community
from core.model.dossier import Dossier
from core.model.event import Event
from core.model.finding import Verdict
from core.model.message import ChannelId, CommunityId, MemberId, MessageId, PlatformName, RoleId
from core.model.order import Order
from core.model.people import Role
from core.model.problem import Problem
from core.model.record import (
    ActionRecord,
    ActionState,
    AuditDraft,
    AuditEntry,
    Commit,
    Committed,
    Duty,
    Note,
    SealedMessage,
    Timer,
)
from core.model.reporter import ReportCount
from core.model.survey import Candidate, Identity


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

        Returns: how many were new. Raises: `Unavailable`, or `GaveUp` for ids that hold a null or half a surrogate
            pair; nothing was stored then.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """Whose history is asked for: one message's author, channel and id.

    Attributes:
        lately: Since when new cases and a raid elsewhere count; None counts none.
        today: Since when crisis alerts count for the day's budget; None counts none.
    """

    community: CommunityId
    author: MemberId
    channel: ChannelId
    message_id: MessageId
    lately: datetime | None = None
    today: datetime | None = None


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
        """Cases in these states, most urgent first: crisis of level 3 and 4 by level, then by when somebody should have
        claimed them, sleeping ones after all others; resolved ones newest first."""
        ...

    async def open_case(self, community: CommunityId, subject: str, concern: Concern) -> Case | None:
        """The open case in that place, of which there is at most one."""
        ...

    async def quiet_cases(self, community: CommunityId) -> Sequence[Case]:
        """Open cases that wait for the digest, oldest first."""
        ...

    async def held_by(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        """The open cases that this member has claimed, oldest first."""
        ...

    async def unanswered(
        self, community: CommunityId, concerns: frozenset[Concern] = EVERY_CONCERN, limit: int = 100
    ) -> Sequence[Case]:
        """Waiting cases whose chain has come to its end (`Tier.BANNER`), oldest first."""
        ...

    async def follow_ups(self, community: CommunityId, limit: int = 100) -> Sequence[Case]:
        """Closed crisis cases whose look-in is due, oldest first."""
        ...

    async def appeals(self, community: CommunityId, parent: CaseId) -> Sequence[Case]:
        """The appeals against what was decided in a case, oldest first."""
        ...

    async def record(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        """The upheld conduct cases of a member within retention, oldest first: their record, which they may see."""
        ...

    async def dossiers(self, community: CommunityId, case_ids: Sequence[CaseId]) -> Sequence[Dossier]:
        """These cases with all but their words, in that order, as few reads as can be; unknown ones are left out."""
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

    async def action(self, community: CommunityId, key: str) -> ActionRecord | None: ...

    async def actions_on(self, community: CommunityId, target: str) -> Sequence[ActionRecord]:
        """Every enforcement, and what undoes one, that was ordered for a target in any case, oldest first."""
        ...

    async def notes(self, community: CommunityId, case_id: CaseId) -> Sequence[Note]:
        """The case's notes, opened, oldest first. Raises: `TextGone`."""
        ...

    async def duties(self, community: CommunityId, now: datetime) -> Sequence[Duty]:
        """Who put themselves on or off duty, as far as it still holds at `now`."""
        ...

    async def reports_by(self, community: CommunityId, reporter: MemberId, since: datetime) -> ReportCount:
        """What this member has reported."""
        ...

    async def claim_actions(self, now: datetime, limit: int, least: Lane = Lane.HOUSEKEEPING) -> Sequence[ActionRecord]:
        """Take due, live, pending actions for delivery: most urgent lane first, then oldest; marks them CLAIMED.

        `least` is the least urgent lane that is taken from.
        A crisis or alert action is never held back by one of a lower lane. SHADOW and PROPOSED ones are never
        handed out, nor is one whose `after` is not settled yet.
        """
        ...

    async def unclaim_actions(self) -> Sequence[ActionRecord]:
        """At start: what a dead process had claimed. `Retry.NEVER` kinds become UNKNOWN, the rest PENDING again.

        Returns: those that became UNKNOWN, for telling people.
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
        audit: Sequence[AuditDraft] = (),
    ) -> None:
        """What came of an attempt, with its audit entries; PENDING with `due_at` is a retry. Never overwrites DONE."""
        ...

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        """Timers due at `now`, oldest first."""
        ...

    async def next_timer_at(self) -> datetime | None: ...

    async def audit(self, community: CommunityId, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        """Newest first."""
        ...

    async def audit_after(self, community: CommunityId, number: int, limit: int) -> Sequence[AuditEntry]:
        """Up to `limit` entries past `number`, oldest first: for reading a whole audit, page by page, from 0 on."""
        ...

    async def communities(self) -> Sequence[CommunityId]:
        """Every community that has an audit."""
        ...

    async def verify_audit(self, community: CommunityId) -> int | None:
        """The number of the first entry whose chain is broken, None when all hold."""
        ...

    async def counts(self) -> Mapping[str, int]:
        """Rows a table, for metrics and tests: cases_open, actions_pending, intake, done, timers ..."""
        ...


class Texts(Protocol):
    """Catalogues of texts."""

    def render(self, text: Text, locale: str = "en") -> str:
        """Falls back to English; an unknown key raises `KeyError`."""
        ...


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a connection to a platform stands.

    Attributes:
        is_up: Whether events come in and orders go out right now.
        since: When it came up or went down; None before the first attempt.
        last_event_at: When the last event came in; None when none has.
        problem: What is wrong, for people; None while it is up.
    """

    is_up: bool = False
    since: datetime | None = None
    last_event_at: datetime | None = None
    problem: Text | None = None


class Connection(Protocol):
    """A live connection to one platform: what it brings goes into the intake, what is ordered goes out by `platform`.

    It is made without touching the network; `run` opens it.
    """

    @property
    def platform(self) -> Platform: ...

    @property
    def board(self) -> Board | None:
        """What keeps posts standing there; None where the platform has nothing of the kind."""
        ...

    @property
    def link(self) -> Link: ...

    async def run(self) -> None:
        """Bring events in until cancelled; every event is in the intake before the platform is told "got it".

        Raises: whatever ended it; the supervisor starts it again after a pause. `ConfigurationRefused` for what only
            the owner can mend (a revoked token).
        """
        ...

    def name_of(self, member: str) -> str:
        """What people call that member; the id where nobody has told."""
        ...

    def channel_name(self, channel: str) -> str:
        """What people call that channel; the id where nobody has told."""
        ...

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[RoleId]:
        """The platform's roles that the member holds as far as known now; empty where it has none."""
        ...

    async def close(self) -> None:
        """Let go of everything; what was begun is finished first, within seconds. May repeat."""
        ...


class Probe(Protocol):
    """One platform, asked with one token while the bot need not run: for set-up and for the doctor."""

    async def identify(self) -> Identity:
        """Whose token it is. Raises: `ConfigurationRefused` for a wrong one, `RetryLater` when nobody answers."""
        ...

    async def survey(self) -> Sequence[Candidate]:
        """The communities that the bot is in, as far as the platform tells. Raises: as `identify`."""
        ...

    async def examine(self, community: Community) -> Sequence[Problem]:
        """What keeps the bot from serving it, nothing when all is well. Raises: as `identify`."""
        ...


class Staff(Protocol):
    """Who decides in each community, as the platforms and the owner say now."""

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        """What a member is to the desk."""
        ...

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        """Those who are known by their ids to hold a role; the platform may know of more."""
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
