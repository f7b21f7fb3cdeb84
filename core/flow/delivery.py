"""Delivery: takes actions out of the outbox, has platforms carry them out, and writes down what happened.

Several actions are under way at once, the most urgent first, so that one slow call holds back no other. Before
enforcing it looks again (`core.flow.looking_again`). Alerts never end in a dead letter: they are tried until they
arrive, people are told in private meanwhile (`core.flow.falling_through`), and a notice says so. A word to a member is
tried for a minute at most: what waits for it goes on without it.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater, Unavailable
from core.flow.cancelling import is_asked_to_end
from core.flow.contact import PreferenceOf, no_preferences
from core.flow.dispatch import Compose, ComposeDigest, ComposeLetter, Dispatch
from core.flow.falling_through import FALLS_THROUGH, FallingThrough
from core.flow.looking_again import LookingAgain
from core.flow.naming import action_key
from core.flow.noticing import ASKED_AT, COULD_NOT_BE_TOLD, GIVEN_UP_AFTER, lifted_notice
from core.flow.on_call import OnCall
from core.flow.planning import UNDOES, entry, facts_of
from core.flow.settled import LONGEST_WAIT, Settled, again, backoff
from core.flow.signal import Wake
from core.flow.telling import owner_words
from core.model.action import CARD_KINDS, LANES, LAWS, ActionKind, Lane, Retry
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.card import Card, Text
from core.model.case import Case, CaseId
from core.model.message import CommunityId
from core.model.order import Order
from core.model.page import Page
from core.model.policy import CommunityPolicy
from core.model.record import Action, ActionRecord, ActionState, AuditDraft, Commit
from core.ports import Clock, Notices, Platform, Staff, Store

SLOTS = 16
"""Actions under way at once."""

ROOM: Mapping[Lane, int] = {lane: SLOTS - 2 * place for place, lane in enumerate(LANES)}
"""How many slots a lane may take up together with those below it: calls that hang hold back nothing more urgent."""

DEADLINE_S = 30.0
LOOK_AGAIN_S = 5.0
MAX_ENFORCEMENT_ATTEMPTS = 8
AFTER_ANOTHER_EDIT = timedelta(seconds=1)


def _no_digest(community: CommunityId, cases: Sequence[Case], now: datetime) -> Card:
    raise LookupError("no digest is composed here")


def no_letter(action: Action, case: Case) -> Page | None:
    """Stands where nobody writes letters: nothing goes out to a member then."""
    raise LookupError("no letter is composed here")


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
        compose_digest: ComposeDigest = _no_digest,
        compose_letter: ComposeLetter = no_letter,
        preference_of: PreferenceOf = no_preferences,
        deadline_s: float = DEADLINE_S,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """`platforms` by name; a community's id names its platform before the colon.

        `staff` says who is a moderator now: nothing is enforced on them automatically. `preference_of` says who asked
        to be left alone: without it nobody in a crisis is written to. `tell` is called after every outcome that was
        written down.
        """
        on_call = OnCall(store=store, clock=clock, policy_of=policy_of, staff=staff)
        self._falling_through = FallingThrough(store=store, staff=staff, on_call=on_call, notices=notices)
        self._looking_again = LookingAgain(
            store=store, clock=clock, staff=staff, on_call=on_call, preference_of=preference_of
        )
        self._dispatch = Dispatch(
            store=store,
            clock=clock,
            on_call=on_call,
            compose=compose,
            compose_digest=compose_digest,
            compose_letter=compose_letter,
        )
        self._tell = tell
        self._store = store
        self._platforms = platforms
        self._clock = clock
        self._notices = notices
        self._deadline_s = deadline_s
        self._under_way: dict[asyncio.Task[None], Lane] = {}
        self._edited: set[CaseId] = set()
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
        settled: Settled | None = None
        is_recorded = has_failed = False
        while True:
            try:
                settled = settled or await self._settled(record)
                if not is_recorded:
                    if settled.is_refused and record.action.after and LAWS[record.action.kind].inverse is not None:
                        await self._take_word_back(record.action)  # before: a kill in between must not swallow it
                    await self._record(record, settled)
                    is_recorded = True
                await self._follow_up(record, settled)
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

    async def _settled(self, record: ActionRecord) -> Settled:
        """How an attempt ended; a fault of ours in preparing one action is told and holds back no other."""
        try:
            settled = await self._outcome(record)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - an action's boundary: nothing was asked of the platform yet
            self._tell_unprepared(record.action, error)
            return self._again(record, type(error).__name__)
        self._notices.clear_notice(_unprepared_key(record.action))
        return settled

    async def _outcome(self, record: ActionRecord) -> Settled:
        """One edit of a card after the other: of two at once the older might arrive last, and stay."""
        if record.action.kind is not ActionKind.REFRESH_CARD:
            return await self._carried_out(record)
        if record.action.case_id in self._edited:
            return again(record, "an earlier edit is under way", AFTER_ANOTHER_EDIT)
        self._edited.add(record.action.case_id)
        try:
            return await self._carried_out(record)
        finally:
            self._edited.discard(record.action.case_id)

    async def _carried_out(self, record: ActionRecord) -> Settled:
        action = record.action
        platform = self._platforms.get(action.community.partition(":")[0])
        if platform is None:
            return again(record, "its platform is not running", LONGEST_WAIT)
        if action.kind is ActionKind.DIGEST:
            order = await self._dispatch.digest(action)
            if order is None:
                return Settled(ActionState.WITHDRAWN, note="nothing waits to be told")
            return await self._performed(record, platform, order)
        if action.kind is ActionKind.TELL_OWNER:
            return await self._performed(record, platform, Order(action=action, notice=owner_words(action)))
        case = await self._store.case(action.community, action.case_id)
        if case is None:
            return Settled(ActionState.WITHDRAWN, note="its case is gone")
        evidence = await self._store.evidence(action.community, action.case_id)
        stopped = await self._looking_again.reason_to_stop(action, case, evidence)
        if stopped is not None:
            return stopped
        order = await self._dispatch.order(action, case, evidence)
        if order is not None:
            return await self._performed(record, platform, order)
        if not await self._dispatch.has_card(case):
            return Settled(ActionState.WITHDRAWN, note="it has no card")
        return again(record, "its card is not posted yet")

    async def _performed(self, record: ActionRecord, platform: Platform, order: Order) -> Settled:
        action = record.action
        try:
            async with asyncio.timeout(self._deadline_s):
                receipt = await platform.perform(order)
        except AlreadyDone:
            receipt = ""
        except RetryLater as error:
            return self._again(record, error.reason, error.after)
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
        return Settled(ActionState.DONE, receipt=receipt)

    def _again(self, record: ActionRecord, note: str, after: timedelta | None = None) -> Settled:
        """It is tried again; a word to a member only as long as what waits for it can wait."""
        asked_at = record.action.params.get(ASKED_AT)
        if record.action.kind is ActionKind.NOTICE and asked_at is not None:
            next_at = self._clock.now() + (after or backoff(record))
            is_late = next_at - datetime.fromisoformat(asked_at) > GIVEN_UP_AFTER
            if is_late or record.attempts >= MAX_ENFORCEMENT_ATTEMPTS:
                return Settled(ActionState.FAILED, note=f"{COULD_NOT_BE_TOLD}: {note}")
        return again(record, note, after)

    def _refused(self, record: ActionRecord, reason: str) -> Settled:
        """The platform won't: an alert is tried again, since somebody may mend it; anything else has failed.

        That somebody takes no private messages is nothing that an owner could mend.
        """
        action = record.action
        if action.kind is ActionKind.NOTICE:
            return Settled(ActionState.FAILED, note=f"{COULD_NOT_BE_TOLD}: {reason}")
        if action.kind is ActionKind.TELL:
            return Settled(ActionState.FAILED, note=reason, is_refused=True)
        if action.kind not in SHOWN_BY_CASE:
            self._notices.raise_notice(
                _refused_key(action), Text(key="notice.refused", params={"action": action.kind.value, "reason": reason})
            )
        if action.kind in CARD_KINDS and action.kind is not ActionKind.TELL_OWNER:
            return Settled(ActionState.PENDING, note=reason, after=backoff(record), is_refused=True)
        return Settled(ActionState.FAILED, note=reason, is_refused=record.attempts <= 1)

    def _unsure(self, record: ActionRecord, reason: str) -> Settled:
        """It may have happened: its law says whether it may be done again."""
        if LAWS[record.action.kind].retry is Retry.NEVER:
            self._tell_unknown(record.action)
            return Settled(ActionState.UNKNOWN, note=reason)
        if record.action.kind not in CARD_KINDS and record.attempts >= MAX_ENFORCEMENT_ATTEMPTS:
            self._tell_unknown(record.action)
            return Settled(ActionState.FAILED, note=reason)
        return again(record, reason)

    async def _follow_up(self, record: ActionRecord, settled: Settled) -> None:
        """What follows from an outcome that is written down: others are told."""
        action = record.action
        if settled.state is ActionState.DONE and action.kind in CALLING:
            self._falling_through.reached(action.case_id)
        elif settled.is_refused and action.kind in CALLING:
            await self._falling_through.refused(action)

    async def _take_word_back(self, sanction: Action) -> None:
        """A member who was told of what the platform then refused is told so, once the refusal is written down."""
        case = await self._store.case(sanction.community, sanction.case_id)
        notice = await self._store.action(sanction.community, sanction.after)
        if case is None or notice is None or notice.state not in {ActionState.DONE, ActionState.UNKNOWN}:
            return
        key = action_key(case.id, 0, ActionKind.NOTICE, f"{sanction.key} refused")
        by = sanction.params.get("by", "")
        taken_back = lifted_notice(case, sanction, key, sanction.key, by, self._clock.now())
        await self._store.commit(Commit(actions=(taken_back,)))

    def _tell_unprepared(self, action: Action, error: Exception) -> None:
        kind = ActionKind.NOTICE if action.kind in SHOWN_BY_CASE else action.kind  # a word to a member, of any kind
        params: dict[str, str | int] = {"action": kind.value, "error": type(error).__name__}
        self._notices.raise_notice(_unprepared_key(action), Text(key="notice.unprepared", params=params))

    def _tell_unknown(self, action: Action) -> None:
        if action.kind in SHOWN_BY_CASE:
            return
        self._notices.raise_notice(
            _unknown_key(action.key), Text(key="notice.unknown", params={"action": action.kind.value})
        )

    async def _record(self, record: ActionRecord, settled: Settled) -> None:
        now = self._clock.now()
        action = record.action
        due_at = now + settled.after if settled.after is not None else None
        audit: list[AuditDraft] = []
        verb = _AUDITED.get(settled.state)
        if verb is not None and action.kind not in CARD_KINDS:
            case = await self._store.case(action.community, action.case_id)
            if case is not None:
                facts = facts_of(action.kind, action.key)
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


CALLING = frozenset({*FALLS_THROUGH, ActionKind.TELL})
"""What has to reach people."""

SHOWN_BY_CASE = frozenset({ActionKind.NOTICE, ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK, ActionKind.CLOSE_TALK})
"""What no notice tells of, since its case shows it: everybody at the desk reads notices, also who may not know that
there is a crisis."""

_AUDITED = {ActionState.DONE: AuditVerb.ACTION_DONE, ActionState.FAILED: AuditVerb.ACTION_FAILED}


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
