"""An oracle that reads every commit in the order of writing and holds what has to be true of the whole of them.

It knows nothing of how the desk decides: versions and turns rise, every new holder is told of in the same commit, a
case that waits for anything has its timer, one place has one open case, and nobody is punished for a crisis.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace

from core.flow.dispatch import CASES
from core.flow.pacing import (
    CHAIN_TIMER,
    FOLLOW_UP_TIMER,
    FORGET_TIMER,
    LEASE_TIMER,
    LOOK_IN_AFTER,
    SNOOZE_TIMER,
    follow_up_key,
)
from core.flow.planning import DIGEST_TIMER, TEXT_TIMER, UNDOES
from core.model.action import LAWS, ActionKind
from core.model.audit import CLOCK, AuditVerb
from core.model.case import CARED_FOR, Case, CaseId, Concern, Enforcement, State, Tier
from core.model.record import Action, AuditDraft, Commit, Timer

TAKEN_BY = {AuditVerb.CLAIMED, AuditVerb.UNDONE}
GIVEN_BACK_BY = {AuditVerb.RELEASED, AuditVerb.RESOLVED, AuditVerb.SNOOZED}
TAKEN_AWAY_BY = {AuditVerb.LEASE_LAPSED, AuditVerb.HOLDER_GONE}


class Ledger:
    """What the commits so far add up to."""

    def __init__(self) -> None:
        self.cases: dict[CaseId, Case] = {}
        self.actions: dict[str, Action] = {}
        self.timers: dict[tuple[str, str], Timer] = {}
        self.fired: set[tuple[str, str]] = set()
        self.with_text: set[CaseId] = set()
        self.ordered_last: list[Action] = []

    def read(self, units: Iterable[Commit]) -> None:
        """Take in what was written since the last time."""
        self.ordered_last = []
        for unit in units:
            for write in unit.cases:
                self._read_case(write.case, [draft for draft in unit.audit if draft.case_id == write.case.id])
            self._read_actions(unit)
            self._read_timers(unit)
            self.with_text |= {case_id for case_id, _ in unit.texts}
            self.with_text -= set(unit.destroyed_texts)

    def _read_case(self, after: Case, told: list[AuditDraft]) -> None:
        before = self.cases.get(after.id)
        self.cases[after.id] = after
        if before is None:
            assert told
            assert (after.version, after.turn, after.holder) == (1, 1, None)
            return
        same = replace(after, version=before.version, updated_at=before.updated_at, chain_at=before.chain_at)
        assert told or same == before, "a case changed and the audit says nothing of it"
        assert after.version == before.version + 1
        moved = (before.state, before.holder, before.level) != (after.state, after.holder, after.level)
        assert after.turn > before.turn if moved else after.turn >= before.turn
        assert after.level >= before.level
        assert not after.is_quiet or before.is_quiet
        if before.holder != after.holder:
            _holds_of_holders(before, after, told)
        if after.state is State.RESOLVED and before.is_open:
            assert before.holder in {None, after.closed_by}
            assert (AuditVerb.RESOLVED, after.closed_by) in {(each.verb, each.actor) for each in told}

    def _read_actions(self, unit: Commit) -> None:
        for action in unit.actions:
            case = self.cases.get(action.case_id)
            if case is not None and case.concern is Concern.CRISIS:
                assert not LAWS[action.kind].enforces, "somebody is punished for a crisis"
            if action.key not in self.actions:
                self.ordered_last.append(action)
            self.actions.setdefault(action.key, action)

    def _read_timers(self, unit: Commit) -> None:
        for each in unit.fired_timers:
            name = (each.kind, each.key)
            assert self.timers.pop(name, None) == each, "a timer fired that was not set so"
            self.fired.add(name)
        for name in unit.cancelled_timers:
            self.timers.pop(name, None)
        for each in unit.timers:
            self.timers[each.kind, each.key] = each
            self.fired.discard((each.kind, each.key))

    def holds(self) -> None:
        """Everything that has to be true at every moment."""
        places = Counter((case.community, case.subject, case.concern) for case in self.cases.values() if case.is_open)
        assert not [place for place, count in places.items() if count > 1], "two open cases in one place"
        alerted = {action.case_id for action in self.actions.values() if action.kind is ActionKind.ALERT}
        told = {each for action in self.actions.values() for each in action.params.get(CASES, "").split(",")}
        digests = {timer.community for timer in self.timers.values() if timer.kind == DIGEST_TIMER}
        for case in self.cases.values():
            if case.is_open and not case.is_quiet:
                assert case.id in alerted | told, f"no card of {case}"
            if case.is_open and case.is_quiet:
                assert case.community in digests, f"no digest will tell of {case}"
            for kind, key in _awaited(case):
                assert (kind, key) in self.timers, f"no {kind} timer of {case}"
            if case.id in self.with_text:
                assert (TEXT_TIMER, case.id) in self.timers, "text that nothing will destroy"
            if case.concern is Concern.CRISIS and case.outcome in CARED_FOR:
                for which in LOOK_IN_AFTER:
                    name = (FOLLOW_UP_TIMER, follow_up_key(case, which))
                    assert name in self.timers or name in self.fired, "nobody will be asked to look in"

    def each_was_ordered_once(self) -> None:
        """Of what people ordered since the last reading, nothing twice: a double click is one order."""
        wanted = Counter(
            (each.case_id, each.kind, each.target, *map(each.params.get, ("duration_s", "messages", UNDOES)))
            for each in self.ordered_last
            if each.params.get("by") and each.enforcement is Enforcement.LIVE and each.kind is not ActionKind.NOTICE
        )
        assert not [what for what, count in wanted.items() if count > 1], wanted


def _holds_of_holders(before: Case, after: Case, told: list[AuditDraft]) -> None:
    said = {(AuditVerb(each.verb), each.actor) for each in told}
    if before.holder is None:
        assert said & {(verb, after.holder) for verb in TAKEN_BY}, said
    elif after.holder is None:
        by_the_holder = {(verb, before.holder) for verb in GIVEN_BACK_BY}
        assert said & (by_the_holder | {(verb, CLOCK) for verb in TAKEN_AWAY_BY}), said
    else:
        assert (AuditVerb.HANDED_OVER, before.holder) in said, said


def _awaited(case: Case) -> Iterable[tuple[str, str]]:
    match case.state:
        case State.CLAIMED:
            yield LEASE_TIMER, case.id
        case State.SNOOZED:
            yield SNOOZE_TIMER, case.id
        case State.WAITING if not case.is_quiet and (case.tier < Tier.BANNER or case.chain_at is not None):
            yield CHAIN_TIMER, case.id
        case State.RESOLVED if case.subject:
            yield FORGET_TIMER, case.id
