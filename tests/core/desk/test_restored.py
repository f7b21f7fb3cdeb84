"""What a restored backup makes of actions, cases and events."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.desk.restored import cards, late, needs_card, state_after
from core.desk.units import MAX_UNDO
from core.model.action import CARD_KINDS, LAWS, ActionKind
from core.model.case import Outcome, State
from core.model.event import MessageDeleted, MessageWritten
from core.model.message import MessageId, PlatformName
from core.model.record import ActionState
from tests.clock import START
from tests.contract.samples import HARBOUR, PIER, a_case, written

CLOSED = replace(a_case(), state=State.RESOLVED, outcome=Outcome.UPHELD, closed_at=START)


@pytest.mark.parametrize("kind", sorted(set(ActionKind) - CARD_KINDS))
@pytest.mark.parametrize("state", [ActionState.PENDING, ActionState.CLAIMED])
def test_nothing_that_touches_somebody_is_done_from_what_a_backup_says_was_due(
    kind: ActionKind, state: ActionState
) -> None:
    assert state_after(kind, state) is ActionState.UNKNOWN


@pytest.mark.parametrize("kind", sorted(CARD_KINDS))
@pytest.mark.parametrize("state", [ActionState.PENDING, ActionState.CLAIMED])
def test_a_card_that_was_due_is_due_again(kind: ActionKind, state: ActionState) -> None:
    assert state_after(kind, state) is ActionState.PENDING


@pytest.mark.parametrize("kind", sorted(LAWS))
@pytest.mark.parametrize("state", sorted(set(ActionState) - {ActionState.PENDING, ActionState.CLAIMED}))
def test_what_was_over_or_waits_for_people_stays_as_it_was(kind: ActionKind, state: ActionState) -> None:
    assert state_after(kind, state) is state


def test_every_case_with_a_button_that_still_works_gets_its_card_anew() -> None:
    assert [each.kind for each in cards(a_case(), START, has_unknown=False)] == [ActionKind.REFRESH_CARD]
    assert needs_card(CLOSED, START + MAX_UNDO)
    assert not needs_card(CLOSED, START + MAX_UNDO + timedelta(seconds=1))


def test_people_are_called_to_a_case_with_an_action_that_may_have_happened_also_when_it_is_long_closed() -> None:
    later = START + MAX_UNDO + timedelta(days=1)
    assert [each.kind for each in cards(CLOSED, later, has_unknown=True)] == [ActionKind.PAGE]


def test_a_message_that_had_come_in_is_late_and_otherwise_the_same() -> None:
    event = written()
    marked = late(event)
    assert isinstance(marked, MessageWritten)
    assert marked.message.is_late
    assert replace(marked.message, is_late=False) == event.message


def test_an_event_that_is_no_message_stays_as_it_is() -> None:
    gone = MessageDeleted(
        platform=PlatformName("local"), community=HARBOUR, channel=PIER, message_id=MessageId("m1"), at=START
    )
    assert late(gone) is gone
