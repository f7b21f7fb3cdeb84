"""What becomes of cases, actions and events that a restored backup holds. Pure.

Since the backup was taken the bot went on, and what it and people did then is known to nobody here: cases were
closed, bans lifted, cards changed. So nothing that restricts anybody is done from what the backup says was due; what
only tells people is done again; and what had come in is screened as late.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime

from core.desk.units import MAX_UNDO
from core.flow.planning import card_action
from core.model.action import CARD_KINDS, ActionKind
from core.model.case import Case
from core.model.event import Event, MessageWritten
from core.model.record import Action, ActionState

LEAP = 10_000
"""How far version and turn of every case jump: more than one case can have seen since any backup.

Buttons and action keys of the time that is lost carry numbers that no case here will reach again.
"""


def state_after(kind: ActionKind, state: ActionState) -> ActionState:
    """Where an action goes on: a card is due again; of anything else that was due nobody knows whether it happened."""
    if state not in {ActionState.PENDING, ActionState.CLAIMED}:
        return state
    return ActionState.PENDING if kind in CARD_KINDS else ActionState.UNKNOWN


def needs_card(case: Case, now: datetime) -> bool:
    """Whether somebody may still press a button of this case."""
    return case.is_open or (case.closed_at is not None and now - case.closed_at <= MAX_UNDO)


def cards(case: Case, now: datetime, *, has_unknown: bool) -> Iterable[Action]:
    """The cards that show a case as the backup has it; people are called where an action's outcome is unknown."""
    if needs_card(case, now):
        yield card_action(case, ActionKind.REFRESH_CARD)
    if has_unknown:
        yield card_action(case, ActionKind.PAGE)


def late(event: Event) -> Event:
    """The event as one that was caught up: people are told, nothing is enforced."""
    if isinstance(event, MessageWritten):
        return MessageWritten(message=replace(event.message, is_late=True))
    return event
