"""Appeals: a member asks for a decision about them to be looked at again, and reads what counts against them.

An appeal is a case like any other, about the member, with the case it is about as its parent; who may decide it is
said in `core.desk.appealing`. What somebody may not appeal answers like what does not exist.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.desk.appealing import is_about
from core.errors import TextGone
from core.flow.noticing import BY, reason_of
from core.flow.pacing import paced, timer_changes
from core.flow.planning import TEXT_LIVES, UNDOES, card_action, case_id_for, entry, joined, text_timer
from core.model.action import LAWS, ActionKind
from core.model.advancing import advance
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import COUNTS_FOR, Case, CaseId, Concern, Enforcement, Outcome, Reason
from core.model.case_event import Held, Joined, Refused, Why
from core.model.event import MessageWritten
from core.model.message import Author, Channel, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy
from core.model.record import ActionRecord, ActionState, CaseWrite, Commit, Committed, SealedMessage
from core.ports import Clock, Intake, Store

MAX_CHARS = 2000
MAX_MESSAGES = 5
"""How many messages one appeal takes."""

LEAST_LEVEL = 2
"""An appeal never waits for the next shift, however mild what it is about."""

MAX_TRIES = 20

_CAME_TO_NOTHING = frozenset({ActionState.FAILED, ActionState.WITHDRAWN, ActionState.PROPOSED, ActionState.SHADOW})
_SAID = frozenset({ActionKind.NOTICE, ActionKind.WARN})


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEntry:
    """One decision that counts against a member.

    Attributes:
        case_id: What an appeal names.
        at: When it was decided.
        reason: The rule that it is about. The kind of a case is not said: it would tell that somebody reported them.
        until: When it counts no more.
    """

    case_id: CaseId
    at: datetime
    outcome: Outcome
    reason: Reason
    until: datetime


class Appeals:
    """Takes in the appeals of all communities."""

    def __init__(
        self,
        *,
        store: Store,
        intake: Intake,
        clock: Clock,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`intake` takes the words in for crisis screening; `wake` is called after every commit."""
        self._store = store
        self._intake = intake
        self._clock = clock
        self._policy_of = policy_of
        self._wake = wake
        self._filing = asyncio.Lock()

    async def file(self, community: CommunityId, member: MemberId, case_id: CaseId, words: str) -> Case | Refused:
        """The member's appeal against what was done to them in a case, with their words sealed; it calls people.

        While it is open further words join it, the same ones once. Refused as `BAD_VALUE` (`words`) for none or too
        many, `NOT_FOUND` for what is not theirs to appeal or counts no more, `CLOSED` when this was decided on appeal,
        and `TOO_MANY` beside an open appeal about something else or past `MAX_MESSAGES`.

        Raises: `Unavailable`; nothing was filed then.
        """
        said = words.strip()
        if not 0 < len(said) <= MAX_CHARS:
            return Refused(why=Why.BAD_VALUE, field="words")
        async with self._filing:  # two presses of one button are one appeal
            for _ in range(MAX_TRIES):
                unit = await self._filed(community, member, case_id, said)
                if isinstance(unit, Case | Refused):
                    return unit
                # Somebody in trouble may say so here: responders have to hear of it, who may not see appeals. Taken in
                # first, so that a kill in between loses the appeal that nobody was told of, and not the cry for help.
                await self._intake.append([MessageWritten(message=each.message) for _, each in unit.texts])
                if await self._store.commit(unit) is Committed.WRITTEN:
                    self._wake()
                    return unit.cases[0].case
        return Refused(why=Why.CHANGED)

    async def may_file(self, community: CommunityId, member: MemberId, case_id: CaseId) -> bool:
        """Whether there is something in the case that this member can appeal, or could when another appeal is over."""
        answer = await self._filed(community, member, case_id, "")
        return not (isinstance(answer, Refused) and answer.why in {Why.NOT_FOUND, Why.CLOSED})

    async def record(self, community: CommunityId, member: MemberId) -> Sequence[RecordEntry]:
        """What counts against a member, oldest first: conduct alone, never anybody's health."""
        return [
            RecordEntry(
                case_id=case.id,
                at=case.closed_at,
                outcome=case.outcome,
                reason=reason_of(case),
                until=case.closed_at + COUNTS_FOR,
            )
            for case in await self._store.record(community, member)
            if case.closed_at is not None and case.outcome is not None
        ]

    async def _filed(
        self, community: CommunityId, member: MemberId, case_id: CaseId, words: str
    ) -> Commit | Case | Refused:
        now = self._clock.now()
        parent = await self._store.case(community, case_id)
        if parent is None or parent.concern in {Concern.CRISIS, Concern.APPEAL}:
            return Refused(why=Why.NOT_FOUND)
        records = await self._store.actions(community, case_id)
        decided_at = _decided_at(parent, member, records)
        if decided_at is None or now - decided_at > COUNTS_FOR:
            return Refused(why=Why.NOT_FOUND)
        earlier = [each for each in await self._store.appeals(community, case_id) if each.subject == member]
        open_one = await self._store.open_case(community, member, Concern.APPEAL)
        if open_one is not None:
            is_same = open_one.parent == case_id
            return await self._said_more(open_one, words, now) if is_same else Refused(why=Why.TOO_MANY)
        for appeal in earlier:
            if appeal.closed_at is not None and appeal.closed_at >= decided_at:
                is_denied = appeal.outcome is Outcome.DENIED
                return Refused(why=Why.CLOSED, since=appeal.closed_at) if is_denied else Refused(why=Why.NOT_FOUND)
        appeal = paced(None, _new(parent, member, len(earlier), now), self._policy_of(community), now)
        timers, _ = timer_changes(None, appeal)
        facts = {"parent": parent.id, "level": str(appeal.level), "kind": appeal.kind.value}
        opened = Commit(
            cases=(CaseWrite(case=appeal, expected_version=0),),
            texts=((appeal.id, SealedMessage(message=_message(appeal, words, now))),),
            actions=(card_action(appeal, ActionKind.ALERT),),
            timers=(text_timer(appeal, now), *timers),
            audit=(entry(appeal, AuditVerb.APPEALED, now, LIGHTKEEPER, facts),),
        )
        return joined(opened, _held(parent, now))

    async def _said_more(self, appeal: Case, words: str, now: datetime) -> Commit | Case | Refused:
        try:
            said = [each.message.text for each in await self._store.texts(appeal.community, appeal.id)]
        except TextGone:
            said = []
        if words in said:
            return appeal
        if appeal.messages >= MAX_MESSAGES:
            return Refused(why=Why.TOO_MANY)
        event = Joined(category=appeal.category, kind=appeal.kind, level=appeal.level, messages=1)
        after = advance(appeal, event, now)
        if isinstance(after, Refused):
            return after
        return Commit(
            cases=(CaseWrite(case=after, expected_version=appeal.version),),
            texts=((after.id, SealedMessage(message=_message(after, words, now))),),
            actions=(card_action(after, ActionKind.REFRESH_CARD),),
            audit=(entry(after, AuditVerb.MESSAGE_JOINED, now, LIGHTKEEPER),),
        )


def _decided_at(parent: Case, member: MemberId, records: Sequence[ActionRecord]) -> datetime | None:
    """When the last thing that counts still was done to this member in a case; None where nothing does.

    What was only proposed or written down was not done, and what people took back counts no more.
    """
    taken_back = {each.action.params.get(UNDOES) for each in records if each.action.params.get(BY)}
    done = [
        each
        for each in records
        if is_about(member, parent, each.action)
        and each.action.enforcement is Enforcement.LIVE
        and each.state not in _CAME_TO_NOTHING
        and each.action.key not in taken_back
    ]
    is_theirs = parent.subject == member if parent.concern is Concern.CONDUCT else _was_told(done, member)
    if not is_theirs:
        return None
    is_dismissed = parent.outcome is Outcome.NOT_A_PROBLEM
    sanctions = [
        each
        for each in done
        if LAWS[each.action.kind].enforces and (not is_dismissed or LAWS[each.action.kind].inverse is not None)
    ]
    times = [each.updated_at for each in sanctions if each.updated_at is not None]
    if parent.outcome is Outcome.UPHELD and parent.closed_at is not None:
        times.append(parent.closed_at)
    return max(times, default=None)


def _was_told(records: Sequence[ActionRecord], member: MemberId) -> bool:
    return any(each.action.kind in _SAID and each.action.target == member for each in records)


def _new(parent: Case, member: MemberId, earlier: int, now: datetime) -> Case:
    name = f"appeal:{parent.community}:{parent.id}:{member}:{earlier}"
    return Case(
        id=case_id_for(name, Concern.APPEAL),
        community=parent.community,
        concern=Concern.APPEAL,
        subject=member,
        channel=parent.channel,
        category=parent.category,
        kind=parent.kind,
        level=max(parent.level, LEAST_LEVEL),
        opened_at=now,
        updated_at=now,
        messages=1,
        version=1,
        turn=1,
        parent=parent.id,
    )


def _message(appeal: Case, words: str, now: datetime) -> Message:
    member = MemberId(appeal.subject)
    return Message(
        platform=PlatformName(appeal.community.partition(":")[0]),
        community=appeal.community,
        channel=Channel(id=appeal.channel, name=appeal.channel),
        id=MessageId(f"appeal-{appeal.id}-{appeal.messages}"),
        author=Author(id=member, name=member),
        text=words,
        sent_at=now,
        is_private=True,
    )


def _held(parent: Case, now: datetime) -> Commit:
    """The parent's words stay until the appeal is decided, within the time that they may be kept at all (promise 6)."""
    closed_or_now = parent.closed_at or now
    until = parent.opened_at + ((closed_or_now - parent.opened_at) // TEXT_LIVES + 1) * TEXT_LIVES
    if text_timer(parent, closed_or_now).due_at <= now:  # they are gone already
        return Commit()
    after = advance(parent, Held(by=None, until=until), now)
    if isinstance(after, Refused):
        return Commit()
    facts = {"until": until.isoformat(), "for": "appeal"}
    return Commit(
        cases=(CaseWrite(case=after, expected_version=parent.version),),
        timers=(text_timer(after, closed_or_now),),
        audit=(entry(after, AuditVerb.TEXT_HELD, now, LIGHTKEEPER, facts),),
    )
