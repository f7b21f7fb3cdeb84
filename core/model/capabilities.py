"""What a platform can and can't do, as data: cards, set-up and docs read it instead of knowing platforms."""

from dataclasses import dataclass

from core.model.action import ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What one platform offers.

    Attributes:
        actions: The kinds it can carry out; the desk offers no other.
        recognises_doubles: Whether a repeated send with the same key is seen as the same one (promise 1).
        edits_cards: Whether a posted card can be changed for everybody.
        ephemeral: Whether something can be shown to one person inside a shared channel.
        history: Whether messages written during a downtime can be read back.
        max_message_chars: The longest message it takes.
        max_timeout_s: The longest timeout; a longer one is refused by the desk, not cut.
        ends_by_itself: The kinds whose end the platform keeps without being asked again.
        sees_deletions: Whether it is told of messages that somebody deletes.
        sees_every_pin: Whether it can tell of each of its posts whether it is pinned; else of the newest pin alone.
        answers_members: Whether members' commands and presses reach it; else words name whom to write to instead.
    """

    actions: frozenset[ActionKind]
    recognises_doubles: bool
    edits_cards: bool
    ephemeral: bool
    history: bool
    max_message_chars: int
    max_timeout_s: int
    ends_by_itself: frozenset[ActionKind] = frozenset()
    sees_deletions: bool = True
    sees_every_pin: bool = True
    answers_members: bool = True
