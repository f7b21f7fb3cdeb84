"""What decide() may know of the past: whether cases are open, and upheld conduct; never anybody's health."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.model.case import Case, Concern


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The past of one message's author, channel and earlier revisions.

    Attributes:
        open_cases: The open cases about the author by concern. Of a crisis case only its being open may be used.
        raid: The channel's open raid case, or another one of the community that was still going on at `Past.lately`.
        copies: The open crisis case about copies of one message: this channel's, or another one of the community that
            was still going on at `Past.lately`.
        is_among_copies: Whether the author wrote something that an open crisis case about a channel holds.
        alerted: Concerns this very message already raised, with the level: an edit doesn't alert twice.
        upheld: Upheld conduct cases of the author within retention.
        opened_lately: How many cases about conduct were opened in the community since `Past.lately`.
        low_crisis_alerts: How many crisis cases of level 1 and 2 were alerted in the community since `Past.today`;
            about nobody in particular. Who asked to talk takes no place among them.
    """

    open_cases: Mapping[Concern, Case] = field(default_factory=dict)
    raid: Case | None = None
    copies: Case | None = None
    is_among_copies: bool = False
    alerted: Mapping[Concern, int] = field(default_factory=dict)
    upheld: int = 0
    opened_lately: int = 0
    low_crisis_alerts: int = 0

    @property
    def is_in_crisis_care(self) -> bool:
        """Whether the author is in an open crisis case: then nothing is enforced automatically (promise 3)."""
        return Concern.CRISIS in self.open_cases or self.is_among_copies


NO_HISTORY = History()
