"""The outbox of the store in memory: every action with what came of it, and those that still wait at hand."""

from collections import defaultdict
from collections.abc import Iterable, Sequence, Set
from dataclasses import replace
from datetime import datetime

from adapters.store.params import without
from core.flow.planning import UNDOES
from core.flow.purging import MESSAGES
from core.model.action import ABOUT_PLACES, CARD_KINDS, LANES, LAWS, Lane, Retry
from core.model.case import CaseId, Enforcement
from core.model.message import CommunityId
from core.model.record import Action, ActionRecord, ActionState
from core.ports import Clock

_BEGUN = frozenset({ActionState.CLAIMED, ActionState.DONE})
_UNSETTLED = frozenset({ActionState.PENDING, ActionState.CLAIMED})
_STARTS = {
    Enforcement.LIVE: ActionState.PENDING,
    Enforcement.SHADOW: ActionState.SHADOW,
    Enforcement.PROPOSED: ActionState.PROPOSED,
}


class MemoryOutbox:
    """What `core.ports.Store` says of actions."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._records: dict[str, ActionRecord] = {}
        self._places: dict[str, int] = {}
        self._last_place = 0
        self._waiting: set[str] = set()
        self._of_case: dict[CaseId, list[str]] = defaultdict(list)
        self._on: dict[tuple[CommunityId, str], list[str]] = defaultdict(list)

    def __len__(self) -> int:
        return len(self._records)

    @property
    def pending(self) -> int:
        return len(self._waiting)

    def get(self, key: str) -> ActionRecord | None:
        return self._records.get(key)

    def of_case(self, case_id: CaseId) -> Sequence[ActionRecord]:
        """Oldest first."""
        return [self._records[key] for key in self._of_case.get(case_id, ())]

    def on(self, community: CommunityId, target: str) -> Sequence[ActionRecord]:
        """Oldest first."""
        return [self._records[key] for key in self._on.get((community, target), ())]

    def can_withdraw(self, withdrawn: Iterable[str], untried: Iterable[str]) -> bool:
        """Whether none of the first has begun, and none of the second was ever tried."""
        begun = any(key in self._records and self._records[key].state in _BEGUN for key in withdrawn)
        tried = any(key in self._records and self._records[key].attempts for key in untried)
        return not begun and not tried

    def put(self, action: Action) -> None:
        """Take an action in once; unsent ones of its kind and case that it supersedes are dropped."""
        if action.key not in self._records:
            self._last_place += 1
            self._places[action.key] = self._last_place
            self._of_case[action.case_id].append(action.key)
            self._on[action.community, action.target].append(action.key)
            state = _STARTS[action.enforcement]
            self._keep(ActionRecord(action=action, state=state, updated_at=self._clock.now()))
        if action.supersedes:
            for key in self._of_case[action.case_id]:
                older = self._records[key].action
                is_unsent = self._records[key].state is ActionState.PENDING
                if is_unsent and older.kind is action.kind and older.version < action.version:
                    self.withdraw(key)

    def withdraw(self, key: str) -> None:
        """It must not happen any more."""
        record = self._records.get(key)
        if record is not None and record.state in _STARTS.values():
            self._keep(replace(record, state=ActionState.WITHDRAWN, updated_at=self._clock.now()))

    def let_go(self, case_id: CaseId) -> None:
        """Whom anything was done to in this case is kept no longer; what went to the desk stays as it is."""
        self._empty(
            [
                record
                for record in self.of_case(case_id)
                if record.action.kind not in CARD_KINDS | ABOUT_PLACES and record.state not in _UNSETTLED
            ]
        )

    def erase(
        self, community: CommunityId, member: str, targets: Set[str], keeps: Set[CaseId], spared: Set[str]
    ) -> Sequence[str]:
        """Nothing is done to these any more, nobody can tell that anything was, and nothing names the member.

        Returns: the names of actions that are no more.
        """
        theirs = [
            record
            for target in targets
            for record in self.on(community, target)
            if record.action.case_id not in keeps and record.action.key not in spared
        ]
        for record in theirs:
            if record.state in {*_STARTS.values(), ActionState.CLAIMED}:
                self._keep(replace(record, state=ActionState.WITHDRAWN))
        led_there = [record.action.key for record in theirs if record.action.kind not in ABOUT_PLACES]
        self._empty([self._records[key] for key in led_there])
        for record in list(self._records.values()):
            action = record.action
            if action.community == community and action.case_id not in keeps and action.key not in spared:
                self._keep(replace(record, action=replace(action, params=without(action.params, member))))
        return led_there

    def leave(self, community: CommunityId) -> None:
        """Lose every action of a community."""
        for record in [each for each in self._records.values() if each.action.community == community]:
            self._lose(record.action)

    def _empty(self, records: Sequence[ActionRecord]) -> None:
        names = {record.action.key: f"forgotten:{self._places[record.action.key]}" for record in records}
        for record in records:
            old = record.action
            key = names[old.key]
            self._on[old.community, old.target].remove(old.key)
            self._on[old.community, ""].append(key)
            self._of_case[old.case_id] = [key if each == old.key else each for each in self._of_case[old.case_id]]
            self._places[key] = self._places.pop(old.key)
            self._waiting.discard(old.key)
            del self._records[old.key]
            params = {name: value for name, value in old.params.items() if name not in {MESSAGES, UNDOES}}
            if UNDOES in old.params:
                params[UNDOES] = names.get(old.params[UNDOES], "")
            emptied = replace(old, key=key, target="", after=names.get(old.after, ""), params=params)
            self._keep(replace(record, action=emptied, receipt=""))
        for record in [each for case_id in {r.action.case_id for r in records} for each in self.of_case(case_id)]:
            if record.action.after in names:
                self._keep(replace(record, action=replace(record.action, after=names[record.action.after])))

    def claim(self, now: datetime, limit: int, least: Lane) -> Sequence[ActionRecord]:
        """As `Store.claim_actions`."""
        lanes = LANES[: LANES.index(least) + 1]
        due = sorted(
            (lanes.index(record.action.lane), self._places[record.action.key], record.action.key)
            for record in (self._records[key] for key in self._waiting)
            if record.action.lane in lanes
            and (record.action.due_at is None or record.action.due_at <= now)
            and not self._follows_one_that_waits(record.action)
        )
        claimed: list[ActionRecord] = []
        for _, _, key in due[:limit]:
            record = self._records[key]
            taken = replace(record, state=ActionState.CLAIMED, attempts=record.attempts + 1, updated_at=now)
            self._keep(taken)
            claimed.append(taken)
        return claimed

    def unclaim(self) -> Sequence[ActionRecord]:
        """As `Store.unclaim_actions`."""
        unknown: list[ActionRecord] = []
        for record in [each for each in self._records.values() if each.state is ActionState.CLAIMED]:
            never = LAWS[record.action.kind].retry is Retry.NEVER
            settled = replace(record, state=ActionState.UNKNOWN if never else ActionState.PENDING)
            self._keep(settled)
            if never:
                unknown.append(settled)
        return unknown

    def record(
        self, key: str, state: ActionState, at: datetime, *, receipt: str, note: str, due_at: datetime | None
    ) -> bool:
        """As `Store.record_action`; says whether it counts."""
        record = self._records.get(key)
        if record is None or record.state is ActionState.DONE:
            return False
        self._keep(
            replace(
                record,
                action=replace(record.action, due_at=due_at),
                state=state,
                receipt=receipt or record.receipt,
                note=note,
                updated_at=at,
            )
        )
        return True

    def forget(self, case_id: CaseId) -> None:
        """Lose every action of a case."""
        for record in self.of_case(case_id):
            self._lose(record.action)

    def _lose(self, action: Action) -> None:
        del self._records[action.key]
        self._waiting.discard(action.key)
        del self._places[action.key]
        there = self._on[action.community, action.target]
        there.remove(action.key)
        if not there:
            del self._on[action.community, action.target]
        of_case = self._of_case[action.case_id]
        of_case.remove(action.key)
        if not of_case:
            del self._of_case[action.case_id]

    def _keep(self, record: ActionRecord) -> None:
        key = record.action.key
        self._records[key] = record
        if record.state is ActionState.PENDING:
            self._waiting.add(key)
        else:
            self._waiting.discard(key)

    def _follows_one_that_waits(self, action: Action) -> bool:
        first = self._records.get(action.after)
        return first is not None and first.state in {ActionState.PENDING, ActionState.CLAIMED}
