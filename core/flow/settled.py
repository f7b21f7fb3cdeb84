"""How an attempt at an action ended, and when it is made again."""

from dataclasses import dataclass
from datetime import timedelta

from core.model.record import ActionRecord, ActionState

LONGEST_WAIT = timedelta(minutes=5)
"""The longest time between two attempts."""


@dataclass(frozen=True, slots=True)
class Settled:
    """What is written down of an attempt.

    Attributes:
        after: How long to wait for the next, where it is made again.
        is_refused: It surely did not happen, and waiting alone will not help: others may have to be told.
    """

    state: ActionState
    receipt: str = ""
    note: str = ""
    after: timedelta | None = None
    is_refused: bool = False


def again(record: ActionRecord, note: str, after: timedelta | None = None) -> Settled:
    """It is tried again after that long, or after a wait that grows with every attempt."""
    return Settled(ActionState.PENDING, note=note, after=after or backoff(record))


def backoff(record: ActionRecord) -> timedelta:
    """How long to wait for the next attempt where nobody said so."""
    return min(timedelta(seconds=2.0 ** min(record.attempts, 10)), LONGEST_WAIT)
