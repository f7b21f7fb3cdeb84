"""What may still happen to a case after people decided it: an appeal against it, and forgetting whom it was about."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.model.advancing import advance
from core.model.case import OUTCOMES, Case, Concern, Outcome, Reason, State
from core.model.case_event import CaseEvent, ErasureAsked, Forgotten, Refused, Reopened, Resolved, Reviewed, Why
from core.model.message import MemberId
from tests.clock import START
from tests.core.examples import a_case

BOB = MemberId("bob")
LATER = START + timedelta(days=1)


def closed(concern: Concern, outcome: Outcome, reason: Reason | None = None) -> Case:
    case = advance(a_case(concern), Resolved(by=BOB, outcome=outcome, reason=reason), START)
    assert isinstance(case, Case)
    return case


def after(case: Case, event: CaseEvent) -> Case:
    moved = advance(case, event, LATER)
    assert isinstance(moved, Case), moved
    return moved


def test_what_an_appeal_overturned_counts_no_more_and_its_people_stay_named() -> None:
    case = replace(closed(Concern.CONDUCT, Outcome.UPHELD, Reason.THREATS), held_until=LATER)
    reviewed = after(case, Reviewed(is_overturned=True))
    assert (reviewed.outcome, reviewed.reason) == (Outcome.NOT_A_PROBLEM, Reason.MISREAD)
    assert (reviewed.closed_by, reviewed.closed_at, reviewed.state) == (BOB, START, case.state)
    assert reviewed.held_until is None
    assert (reviewed.version, reviewed.turn) == (case.version + 1, case.turn)


def test_a_denied_appeal_lets_go_of_the_text_alone() -> None:
    case = replace(closed(Concern.CONDUCT, Outcome.UPHELD, Reason.THREATS), held_until=LATER)
    reviewed = after(case, Reviewed(is_overturned=False))
    assert replace(reviewed, version=case.version, updated_at=case.updated_at, held_until=LATER) == case


@pytest.mark.parametrize("outcome", [each for each in OUTCOMES[Concern.CONDUCT] if each is not Outcome.UPHELD])
def test_only_an_upheld_verdict_can_fall(outcome: Outcome) -> None:
    reviewed = after(closed(Concern.CONDUCT, outcome), Reviewed(is_overturned=True))
    assert reviewed.outcome is outcome


def test_an_open_case_is_left_to_its_people_whatever_became_of_an_appeal() -> None:
    case = replace(a_case(), held_until=LATER)
    reviewed = after(case, Reviewed(is_overturned=True))
    assert (reviewed.state, reviewed.outcome, reviewed.held_until) == (case.state, None, None)


@pytest.mark.parametrize("concern", Concern)
def test_a_closed_case_lets_go_of_its_member_once(concern: Concern) -> None:
    forgotten = after(closed(concern, OUTCOMES[concern][0]), Forgotten())
    assert forgotten.subject == ""
    assert advance(forgotten, Forgotten(), LATER) == Refused(why=Why.CHANGED)


@pytest.mark.parametrize("concern", Concern)
def test_an_open_case_keeps_its_member(concern: Concern) -> None:
    assert advance(a_case(concern), Forgotten(), LATER) == Refused(why=Why.NOT_CLOSED)


@pytest.mark.parametrize("concern", [Concern.CRISIS, Concern.APPEAL])
def test_who_has_their_data_deleted_is_not_looked_after_against_their_will(concern: Concern) -> None:
    held = replace(a_case(concern), held_until=LATER, is_quiet=True, second=BOB)
    erased = after(held, ErasureAsked())
    assert (erased.state, erased.outcome, erased.closed_at) == (State.RESOLVED, Outcome.ERASED, LATER)
    assert (erased.closed_by, erased.held_until, erased.is_quiet, erased.second) == (None, None, False, None)
    assert erased.forgets_early
    assert erased.turn == held.turn + 1
    again = Reopened(by=BOB, lease_until=LATER + timedelta(hours=1))
    assert advance(erased, again, LATER) == Refused(why=Why.TEXT_GONE)


def test_what_was_done_to_others_waits_for_people_and_forgets_as_soon_as_they_decided() -> None:
    erased = after(a_case(), ErasureAsked())
    assert (erased.state, erased.forgets_early, erased.turn) == (State.WAITING, True, a_case().turn)
    assert after(closed(Concern.CONDUCT, Outcome.UPHELD), ErasureAsked()).forgets_early


def test_an_erasure_is_asked_for_once_and_of_cases_about_a_member_alone() -> None:
    assert advance(replace(a_case(), forgets_early=True), ErasureAsked(), LATER) == Refused(why=Why.CHANGED)
    assert advance(a_case(Concern.RAID), ErasureAsked(), LATER) == Refused(why=Why.NOT_ALLOWED)
    forgotten = after(closed(Concern.CRISIS, Outcome.HELP_CALLED), Forgotten())
    assert advance(forgotten, ErasureAsked(), LATER) == Refused(why=Why.CHANGED)


def test_a_decision_of_ones_own_is_marked_whatever_reason_was_given() -> None:
    decided = after(a_case(Concern.APPEAL), Resolved(by=BOB, outcome=Outcome.DENIED, is_own=True))
    assert decided.reason is Reason.SAME_PERSON
