"""Delivery: takes actions out of the outbox, has platforms carry them out, and writes down what happened.

Several actions are under way at once, the most urgent first, so that one slow call holds back no other. Before
enforcing it looks again: a case dismissed meanwhile, an end already past or an author now in crisis care stops it.
Alerts never end in a dead letter: they are tried until they arrive, and a notice says so meanwhile.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta

from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater, Unavailable
from core.flow.calling import audience, on_duty
from core.flow.cancelling import is_asked_to_end
from core.flow.planning import CALLS, TIER, UNDOES, entry
from core.flow.signal import Wake
from core.model.action import CARD_KINDS, LANES, LAWS, ActionKind, Lane, Retry
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.card import Audience, Card, Order, Text
from core.model.case import Case, Evidence, Outcome, Tier
from core.model.message import CommunityId, MemberId, MessageId
from core.model.people import FIRST_CALLED, VISIBLE_TO, Role
from core.model.policy import CommunityPolicy
from core.model.record import Action, ActionRecord, ActionState, AuditDraft
from core.ports import Clock, Notices, Past, Platform, Staff, Store

SLOTS = 16
"""Actions under way at once."""

ROOM: Mapping[Lane, int] = {lane: SLOTS - 2 * place for place, lane in enumerate(LANES)}
"""How many slots a lane may take up together with those below it: calls that hang hold back nothing more urgent."""

DEADLINE_S = 30.0
LOOK_AGAIN_S = 5.0
MAX_ENFORCEMENT_ATTEMPTS = 8
LONGEST_WAIT = timedelta(minutes=5)

Compose = Callable[[Case, Sequence[Evidence], ActionKind], Card]
"""Makes a case's card from its newest state (`core.desk.card`)."""


@dataclass(frozen=True, slots=True)
class _Settled:
    state: ActionState
    receipt: str = ""
    note: str = ""
    after: timedelta | None = None


class Delivery:
    """The one loop that carries out actions."""

    def __init__(
        self,
        *,
        store: Store,
        platforms: Mapping[str, Platform],
        compose: Compose,
        clock: Clock,
        notices: Notices,
        staff: Staff,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        deadline_s: float = DEADLINE_S,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """`platforms` by name; a community's id names its platform before the colon.

        `staff` says who is a moderator now: nothing is enforced on them automatically. `tell` is called after every
        outcome that was written down.
        """
        self._tell = tell
        self._staff = staff
        self._policy_of = policy_of
        self._store = store
        self._platforms = platforms
        self._compose = compose
        self._clock = clock
        self._notices = notices
        self._deadline_s = deadline_s
        self._under_way: dict[asyncio.Task[None], Lane] = {}
        self._starting = asyncio.Lock()
        self._is_resting = False
        self.counts: Counter[tuple[ActionKind, ActionState]] = Counter()
        """Attempts by what came of them; PENDING is one that is made again."""
        self.changed = Wake()
        """Raise it when a commit may have added an action."""

    async def run(self) -> None:
        """Carry out what is due until cancelled or told to rest; what was under way at a kill is settled first."""
        await self._until_settled()
        async with asyncio.TaskGroup() as tasks:
            while not self._is_resting:
                with suppress(Unavailable):
                    async with self._starting:
                        await self._start_due(tasks)
                await self.changed.wait(LOOK_AGAIN_S if len(self._under_way) < SLOTS else self._deadline_s)

    async def rest(self) -> None:
        """Start nothing any more, and return when what is under way has ended; the rest stays in the outbox."""
        self._is_resting = True
        async with self._starting:
            pass
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def deliver_due(self) -> int:
        """Carry out what is due now, to its end; returns how many attempts were made."""
        attempts = 0
        while records := await self._store.claim_actions(self._clock.now(), SLOTS):
            attempts += len(records)
            async with asyncio.TaskGroup() as tasks:
                for record in records:
                    tasks.create_task(self._attempt(record), name=f"deliver {record.action.kind}")
        return attempts

    async def _until_settled(self) -> None:
        while True:
            try:
                unknown = await self._store.unclaim_actions()
            except Unavailable:
                await self._clock.sleep(1.0)
            else:
                break
        for record in unknown:
            self._tell_unknown(record.action)

    async def _start_due(self, tasks: asyncio.TaskGroup) -> None:
        for least in reversed(LANES):
            room = self._room(least)
            claimed = await self._store.claim_actions(self._clock.now(), room, least) if room else []
            for record in claimed:
                task = tasks.create_task(self._attempt(record), name=f"deliver {record.action.kind}")
                self._under_way[task] = record.action.lane
                task.add_done_callback(self._finished)
            if len(claimed) < room:  # nothing else is due, more urgent or not
                return

    def _room(self, least: Lane) -> int:
        """How many more of the lanes down to `least` may start, whichever of them they are."""
        places = [LANES.index(lane) for lane in self._under_way.values()]
        urgent = LANES[: LANES.index(least) + 1]
        return max(0, min(ROOM[lane] - sum(held >= place for held in places) for place, lane in enumerate(urgent)))

    def _finished(self, task: asyncio.Task[None]) -> None:
        del self._under_way[task]
        self.changed()

    async def _attempt(self, record: ActionRecord) -> None:
        """Never raises: an outcome that can't be written yet is kept until it can, under its slot.

        One that the store refuses for good leaves the action claimed: after a restart it is settled by its law.
        """
        settled: _Settled | None = None
        has_failed = False
        while True:
            try:
                settled = settled or await self._settled(record)
                await self._record(record, settled)
            except Unavailable:
                has_failed = True
                self._notices.raise_notice("store", Text(key="notice.store", params={"reason": "can't write"}))
                await self._clock.sleep(1.0)
                continue
            except Exception as error:  # noqa: BLE001 - an action's boundary: its outcome can't be kept, others go on
                self._tell_unprepared(record.action, error)
            else:
                self.counts[record.action.kind, settled.state] += 1
                self._tell()
            if has_failed:
                self._notices.clear_notice("store")
            return

    async def _settled(self, record: ActionRecord) -> _Settled:
        """How an attempt ended; a fault of ours in preparing one action is told and holds back no other."""
        try:
            settled = await self._outcome(record)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - an action's boundary: nothing was asked of the platform yet
            self._tell_unprepared(record.action, error)
            return _Settled(ActionState.PENDING, note=type(error).__name__, after=_backoff(record))
        self._notices.clear_notice(_unprepared_key(record.action))
        return settled

    async def _outcome(self, record: ActionRecord) -> _Settled:
        action = record.action
        platform = self._platforms.get(action.community.partition(":")[0])
        if platform is None:
            return _Settled(ActionState.PENDING, note="its platform is not running", after=LONGEST_WAIT)
        case = await self._store.case(action.community, action.case_id)
        if case is None:
            return _Settled(ActionState.WITHDRAWN, note="its case is gone")
        evidence = await self._store.evidence(action.community, action.case_id)
        stopped = await self._reason_to_stop(action, case, evidence)
        if stopped is not None:
            return stopped
        order = await self._order(action, case, evidence)
        if order is None:
            return _Settled(ActionState.PENDING, note="its card is not posted yet", after=_backoff(record))
        try:
            async with asyncio.timeout(self._deadline_s):
                receipt = await platform.perform(order)
        except AlreadyDone:
            receipt = ""
        except RetryLater as error:
            return _Settled(ActionState.PENDING, note=error.reason, after=error.after or _backoff(record))
        except NotAllowed as error:
            return self._refused(record, error.reason)
        except GaveUp as error:
            return self._unsure(record, error.reason) if error.unknown else self._refused(record, error.reason)
        except (Exception, asyncio.CancelledError) as error:  # an action's boundary: nobody knows whether it happened
            if isinstance(error, asyncio.CancelledError) and is_asked_to_end():
                raise
            return self._unsure(record, type(error).__name__)
        self._notices.clear_notice(_refused_key(action))
        self._notices.clear_notice(_unknown_key(action.params.get(UNDOES, action.key)))
        return _Settled(ActionState.DONE, receipt=receipt)

    async def _reason_to_stop(self, action: Action, case: Case, evidence: Sequence[Evidence]) -> _Settled | None:
        if not LAWS[action.kind].enforces:
            return None
        if action.until is not None and action.until <= self._clock.now():
            return _Settled(ActionState.WITHDRAWN, note="its end has passed")
        if action.params.get("by"):
            return None
        if case.outcome is Outcome.NOT_A_PROBLEM:
            return _Settled(ActionState.WITHDRAWN, note="its case was dismissed")
        for author in sorted(_authors(action, evidence)):
            past = Past(
                community=action.community,
                author=author,
                channel=case.channel,
                message_id=MessageId(""),
            )
            (history,) = await self._store.history([past])
            if history.is_in_crisis_care or self._staff.roles_of(action.community, author):
                return _Settled(ActionState.PROPOSED, note="left to people")
        return None

    async def _order(self, action: Action, case: Case, evidence: Sequence[Evidence]) -> Order | None:
        if action.kind not in CARD_KINDS:
            return Order(action=action)
        card = self._compose(case, evidence, action.kind)
        if action.kind is not ActionKind.REFRESH_CARD:
            return Order(action=action, card=replace(card, audience=await self._audience(action, case)))
        records = await self._store.actions(action.community, action.case_id)
        posted = [r for r in records if r.action.kind is ActionKind.ALERT and r.state is ActionState.DONE]
        return Order(action=action, card=card, receipt=posted[-1].receipt) if posted else None

    async def _audience(self, action: Action, case: Case) -> Audience | None:
        """Whom the card calls, as the rota stands now; a mild case's first card calls nobody."""
        tier = Tier(int(action.params.get(TIER, "0")))
        if action.kind is ActionKind.ALERT and not case.is_severe:
            return None
        now, role = self._clock.now(), FIRST_CALLED[case.concern]
        named = MemberId(action.params.get(CALLS, ""))
        if named and self._staff.roles_of(case.community, named) & VISIBLE_TO[case.concern]:
            return Audience(role=role, members=(named,))
        duties = await self._store.duties(case.community, now)
        there = on_duty(self._policy_of(case.community).rota, duties, now)
        return audience(
            case,
            tier,
            duty=[each for each in there if role in self._staff.roles_of(case.community, each)],
            known=self._staff.members(case.community, role),
            owners=self._staff.members(case.community, Role.OWNER),
        )

    def _refused(self, record: ActionRecord, reason: str) -> _Settled:
        """The platform won't: an alert is tried again, since somebody may mend it; anything else has failed."""
        action = record.action
        self._notices.raise_notice(
            _refused_key(action), Text(key="notice.refused", params={"action": action.kind.value, "reason": reason})
        )
        if action.kind in CARD_KINDS:
            return _Settled(ActionState.PENDING, note=reason, after=_backoff(record))
        return _Settled(ActionState.FAILED, note=reason)

    def _unsure(self, record: ActionRecord, reason: str) -> _Settled:
        """It may have happened: its law says whether it may be done again."""
        if LAWS[record.action.kind].retry is Retry.NEVER:
            self._tell_unknown(record.action)
            return _Settled(ActionState.UNKNOWN, note=reason)
        if record.action.kind not in CARD_KINDS and record.attempts >= MAX_ENFORCEMENT_ATTEMPTS:
            self._tell_unknown(record.action)
            return _Settled(ActionState.FAILED, note=reason)
        return _Settled(ActionState.PENDING, note=reason, after=_backoff(record))

    def _tell_unprepared(self, action: Action, error: Exception) -> None:
        params: dict[str, str | int] = {"action": action.kind.value, "error": type(error).__name__}
        self._notices.raise_notice(_unprepared_key(action), Text(key="notice.unprepared", params=params))

    def _tell_unknown(self, action: Action) -> None:
        self._notices.raise_notice(
            _unknown_key(action.key), Text(key="notice.unknown", params={"action": action.kind.value})
        )

    async def _record(self, record: ActionRecord, settled: _Settled) -> None:
        now = self._clock.now()
        action = record.action
        due_at = now + settled.after if settled.after is not None else None
        audit: list[AuditDraft] = []
        verb = _AUDITED.get(settled.state)
        if verb is not None and action.kind not in CARD_KINDS:
            case = await self._store.case(action.community, action.case_id)
            if case is not None:
                facts = {"action": action.kind.value, "key": action.key}
                audit.append(entry(case, verb, now, LIGHTKEEPER, facts))
        await self._store.record_action(
            action.key,
            settled.state,
            now,
            receipt=settled.receipt,
            note=settled.note,
            due_at=due_at,
            audit=audit,
        )


_AUDITED = {ActionState.DONE: AuditVerb.ACTION_DONE, ActionState.FAILED: AuditVerb.ACTION_FAILED}


def _authors(action: Action, evidence: Sequence[Evidence]) -> set[MemberId]:
    """Whom an enforcement would hit."""
    match LAWS[action.kind].family:
        case "message":
            return {each.author for each in evidence if each.message_id == action.target}
        case "channel":
            return {each.author for each in evidence}
        case _:
            return {MemberId(action.target)}


def _refused_key(action: Action) -> str:
    """What a community's platform refuses it refuses for all of a kind.

    Cards of crisis go to a place of their own: that others arrive says nothing about it.
    """
    return f"deliver.{action.community}.{action.lane.value}.{action.kind.value}"


def _unknown_key(action_key: str) -> str:
    """That another action of its kind worked says nothing about this one."""
    return f"unknown.{action_key}"


def _unprepared_key(action: Action) -> str:
    return f"prepare.{action.key}"


def _backoff(record: ActionRecord) -> timedelta:
    return min(timedelta(seconds=2.0 ** min(record.attempts, 10)), LONGEST_WAIT)
