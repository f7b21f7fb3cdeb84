"""What keeps the bot from working as its owner expects: where, why, and what to do."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Problem:
    """One thing that an owner should mend.

    Attributes:
        place: A setting, a file, a channel: where to look.
        reason: What is wrong, one clause.
        hint: What to do.
        is_grave: False where the bot works without it, only less well.
    """

    place: str
    reason: str
    hint: str
    is_grave: bool = True

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" + (f" ({self.hint})" if self.hint else "")
