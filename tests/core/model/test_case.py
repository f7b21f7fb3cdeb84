"""The case machine: a walk through random clicks that holds its invariants, then each refusal by name."""

from datetime import timedelta

import pytest
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from core.model.advancing import advance
from core.model.case import OUTCOMES, Case, Concern, Outcome, State
from core.model.case_event import (
    CaseEvent,
    Claimed,
    Escalated,
    Extended,
    HandedOver,
    Joined,
    LeaseLapsed,
    Noted,
    Refused,
    Released,
    Reopened,
    Resolved,
    Snoozed,
    Why,
    Woke,
)
from core.model.finding import Category, Kind
from core.model.message import MemberId
from tests.clock import START
from tests.core.examples import a_case

BOB, CAT = MemberId("bob"), MemberId("cat")
LEASE = timedelta(minutes=15)
people = st.sampled_from([BOB, CAT])


class CaseWalk(RuleBasedStateMachine):
    """Random events, also ones that make no sense; what holds is checked after each."""

    def __init__(self) -> None:
        super().__init__()
        self.case = a_case()
        self.at = START

    @initialize(concern=st.sampled_from(Concern), level=st.integers(1, 4))
    def _open(self, concern: Concern, level: int) -> None:
        self.case = a_case(concern, level)

    def _try(self, event: CaseEvent) -> Case | None:
        """The case before the event when it happened, None when it was refused."""
        self.at += timedelta(minutes=1)
        before, after = self.case, advance(self.case, event, self.at)
        if isinstance(after, Refused):
            assert after.why is not Why.ALREADY_CLAIMED or (after.holder and after.since)
            return None
        assert after.version == before.version + 1
        moved = (after.state, after.holder, after.level) != (before.state, before.holder, before.level)
        moved |= after.snoozed_until != before.snoozed_until
        assert after.turn == before.turn + moved
        assert after.level >= before.level
        assert after.messages >= before.messages
        assert after.updated_at == self.at
        assert (after.id, after.community, after.concern, after.subject, after.opened_at) == (
            before.id,
            before.community,
            before.concern,
            before.subject,
            before.opened_at,
        )
        self.case = after
        return before

    @rule(by=people)
    def claim(self, by: MemberId) -> None:
        before = self._try(Claimed(by=by, lease_until=self.at + LEASE))
        if before:
            assert before.state in {State.WAITING, State.SNOOZED}
            assert (self.case.holder, self.case.held_since) == (by, self.at)

    @rule(by=people)
    def extend(self, by: MemberId) -> None:
        if before := self._try(Extended(by=by, lease_until=self.at + 2 * LEASE)):
            assert before.holder == by == self.case.holder

    @rule(by=people)
    def release(self, by: MemberId) -> None:
        if before := self._try(Released(by=by)):
            assert before.holder == by
            assert self.case.state is State.WAITING

    @rule(by=people, to=people)
    def hand_over(self, by: MemberId, to: MemberId) -> None:
        if before := self._try(HandedOver(by=by, to=to, lease_until=self.at + LEASE)):
            assert before.holder == by
            assert (self.case.holder, self.case.state) == (to, State.CLAIMED)

    @rule(minutes=st.sampled_from([1, 60]))
    def lapse(self, minutes: int) -> None:
        self.at += timedelta(minutes=minutes)
        before = self._try(LeaseLapsed())
        if before:
            assert before.lease_until is not None
            assert before.lease_until <= self.at
            assert self.case.state is State.WAITING

    @rule(by=people)
    def snooze(self, by: MemberId) -> None:
        if before := self._try(Snoozed(by=by, until=self.at + timedelta(hours=1))):
            assert before.holder in {None, by}

    @rule()
    def wake(self) -> None:
        if before := self._try(Woke()):
            assert before.state is State.SNOOZED
            assert self.case.state is State.WAITING

    @rule(by=st.none() | people)
    def escalate(self, by: MemberId | None) -> None:
        if before := self._try(Escalated(by=by)):
            assert self.case.tier == before.tier + 1

    @rule(by=people, outcome=st.sampled_from(Outcome))
    def resolve(self, by: MemberId, outcome: Outcome) -> None:
        if before := self._try(Resolved(by=by, outcome=outcome)):
            assert before.holder in {None, by}
            assert (self.case.outcome, self.case.closed_by, self.case.closed_at) == (outcome, by, self.at)

    @rule(by=people)
    def undo(self, by: MemberId) -> None:
        if before := self._try(Reopened(by=by, lease_until=self.at + LEASE)):
            assert before.state is State.RESOLVED
            assert (self.case.state, self.case.holder) == (State.CLAIMED, by)

    @rule(level=st.integers(0, 4), messages=st.integers(0, 3))
    def join(self, level: int, messages: int) -> None:
        event = Joined(category=Category.HARASSMENT, kind=Kind.THREAT, level=level, messages=messages)
        if before := self._try(event):
            assert self.case.level == max(before.level, level)
            assert self.case.kind == (Kind.THREAT if level > before.level else before.kind)
            assert self.case.holder == before.holder

    @rule()
    def note(self) -> None:
        before = self._try(Noted())
        assert before is not None
        assert self.case.turn == before.turn

    @precondition(lambda self: self.case.state is State.RESOLVED)
    @rule(by=people)
    def undo_always_returns(self, by: MemberId) -> None:
        assert self._try(Reopened(by=by, lease_until=self.at + LEASE)) is not None
        assert self.case.is_open

    @invariant()
    def exactly_a_claimed_case_has_a_holder(self) -> None:
        held = self.case.state is State.CLAIMED
        assert (self.case.holder is not None) == held
        assert (self.case.held_since is not None) == held
        assert (self.case.lease_until is not None) == held

    @invariant()
    def exactly_a_resolved_case_has_a_fitting_outcome(self) -> None:
        closed = self.case.state is State.RESOLVED
        assert self.case.is_open != closed
        assert (self.case.closed_at is not None) == (self.case.closed_by is not None) == closed
        assert (self.case.outcome in OUTCOMES[self.case.concern]) == closed

    @invariant()
    def exactly_a_snoozed_case_wakes_some_day_and_a_grave_crisis_never_sleeps(self) -> None:
        asleep = self.case.state is State.SNOOZED
        assert (self.case.snoozed_until is not None) == asleep
        if asleep:
            assert self.case.concern is not Concern.CRISIS or self.case.level < 3


TestCaseWalk = CaseWalk.TestCase


def walked(case: Case, *events: CaseEvent) -> Case:
    for event in events:
        after = advance(case, event, START)
        assert isinstance(after, Case)
        case = after
    return case


CLAIM = Claimed(by=BOB, lease_until=START + LEASE)
RESOLVE = Resolved(by=BOB, outcome=Outcome.UPHELD)
SNOOZE = Snoozed(by=BOB, until=START + LEASE)


@pytest.mark.parametrize(
    ("before", "event", "why"),
    [
        ((CLAIM,), Claimed(by=CAT, lease_until=START), Why.ALREADY_CLAIMED),
        ((CLAIM,), CLAIM, Why.ALREADY_CLAIMED),
        ((CLAIM,), Released(by=CAT), Why.ALREADY_CLAIMED),
        ((CLAIM,), Extended(by=CAT, lease_until=START), Why.ALREADY_CLAIMED),
        ((CLAIM,), HandedOver(by=CAT, to=CAT, lease_until=START), Why.ALREADY_CLAIMED),
        ((CLAIM,), Snoozed(by=CAT, until=START), Why.ALREADY_CLAIMED),
        ((CLAIM,), Resolved(by=CAT, outcome=Outcome.UPHELD), Why.ALREADY_CLAIMED),
        ((), Released(by=BOB), Why.NOT_YOURS),
        ((), Extended(by=BOB, lease_until=START), Why.NOT_YOURS),
        ((), HandedOver(by=BOB, to=CAT, lease_until=START), Why.NOT_YOURS),
        ((), LeaseLapsed(), Why.CHANGED),
        ((CLAIM,), LeaseLapsed(), Why.CHANGED),
        ((), Woke(), Why.CHANGED),
        ((), Reopened(by=BOB, lease_until=START), Why.NOT_CLOSED),
        ((), Resolved(by=BOB, outcome=Outcome.HELP_CALLED), Why.OUTCOME_DOES_NOT_FIT),
        ((RESOLVE,), CLAIM, Why.CLOSED),
        ((RESOLVE,), RESOLVE, Why.CLOSED),
        ((RESOLVE,), SNOOZE, Why.CLOSED),
        ((RESOLVE,), Escalated(by=None), Why.CLOSED),
        ((RESOLVE,), Joined(category=Category.RULES, kind=Kind.TERM, level=4, messages=1), Why.CLOSED),
    ],
)
def test_a_refusal_says_why(before: tuple[CaseEvent, ...], event: CaseEvent, why: Why) -> None:
    refused = advance(walked(a_case(), *before), event, START)
    assert isinstance(refused, Refused)
    assert refused.why is why


def test_a_refused_claim_names_the_holder_and_since_when() -> None:
    refused = advance(walked(a_case(), CLAIM), Claimed(by=CAT, lease_until=START), START + LEASE)
    assert isinstance(refused, Refused)
    assert (refused.holder, refused.since) == (BOB, START)


def test_a_click_on_a_closed_case_is_told_who_closed_it_and_when() -> None:
    refused = advance(walked(a_case(), RESOLVE), CLAIM, START + LEASE)
    assert isinstance(refused, Refused)
    assert (refused.holder, refused.since) == (BOB, START)


@pytest.mark.parametrize("level", [3, 4])
def test_a_grave_crisis_can_not_be_snoozed_away(level: int) -> None:
    refused = advance(a_case(Concern.CRISIS, level), SNOOZE, START)
    assert isinstance(refused, Refused)
    assert refused.why is Why.NOT_ALLOWED


def test_what_gets_worse_wakes_a_snoozed_case_and_keeps_a_claimed_one_with_its_holder() -> None:
    worse = Joined(category=Category.HARASSMENT, kind=Kind.THREAT, level=4, messages=1)
    assert walked(a_case(), SNOOZE, worse).state is State.WAITING
    assert walked(a_case(), CLAIM, worse).holder == BOB


def test_more_of_the_same_leaves_a_snoozed_case_asleep_and_its_turn_as_it_is() -> None:
    same = Joined(category=Category.HARASSMENT, kind=Kind.THREAT, level=2, messages=1)
    asleep = walked(a_case(), SNOOZE)
    after = walked(asleep, same)
    assert (after.state, after.turn, after.messages) == (State.SNOOZED, asleep.turn, 2)


def test_a_lease_lapses_at_its_very_end() -> None:
    after = advance(walked(a_case(), CLAIM), LeaseLapsed(), START + LEASE)
    assert isinstance(after, Case)
    assert after.holder is None


def test_no_outcome_of_a_crisis_punishes() -> None:
    assert Outcome.UPHELD not in OUTCOMES[Concern.CRISIS]
    judged = {concern: outcomes for concern, outcomes in OUTCOMES.items() if concern is not Concern.APPEAL}
    assert all(Outcome.NOT_A_PROBLEM in outcomes for outcomes in judged.values())
