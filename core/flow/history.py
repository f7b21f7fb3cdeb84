"""What decide() may know of the past: whether cases are open, and upheld conduct; never anybody's health."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.model.case import Case, Concern


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """The past of one message's author, channel and earlier revisions.

    Attributes:
        open_cases: The open cases about the author by concern. Of a crisis case only its being open may be used.
        raid: The channel's open raid case.
        alerted: Concerns this very message already raised, with the level: an edit doesn't alert twice.
        upheld: Upheld conduct cases of the author within retention.
    """

    open_cases: Mapping[Concern, Case] = field(default_factory=dict)
    raid: Case | None = None
    alerted: Mapping[Concern, int] = field(default_factory=dict)
    upheld: int = 0

    @property
    def is_in_crisis_care(self) -> bool:
        """Whether a crisis case of the author is open: then nothing is enforced automatically (promise 3)."""
        return Concern.CRISIS in self.open_cases


NO_HISTORY = History()
