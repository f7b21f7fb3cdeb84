"""What is kept of a member in one community, for themselves to see."""

from collections.abc import Sequence
from dataclasses import dataclass

from core.model.case import Case
from core.model.record import ActionRecord, Duty, SealedMessage


@dataclass(frozen=True, slots=True, kw_only=True)
class Belongings:
    """What is kept of a member in one community, for themselves to see.

    Attributes:
        cases: Cases about them that may be named: those about conduct, and their appeals. None about a crisis.
        words: Their own messages that are still kept, in whatever case.
        sanctions: What was done to them and still holds.
        reports: How many of their reports are remembered.
        is_in_care: Whether a crisis case about them is open now.
    """

    cases: Sequence[Case] = ()
    words: Sequence[SealedMessage] = ()
    sanctions: Sequence[ActionRecord] = ()
    reports: int = 0
    duties: Sequence[Duty] = ()
    is_in_care: bool = False
