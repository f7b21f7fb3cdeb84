"""Whom a private message reaches: people close theirs to strangers, block the bot, or leave."""

from enum import StrEnum

from core.errors import GaveUp
from core.model.message import MemberId


class Door(StrEnum):
    """How a member stands to private messages of the bot's."""

    OPEN = "open"
    CLOSED = "closed"
    """They take none from anybody here."""
    BLOCKED = "blocked"
    """They take none from the bot."""
    LEFT = "left"
    """They are not in the community any more."""


class Doors:
    """Every member's door; open unless somebody shut it."""

    def __init__(self) -> None:
        self._shut: dict[MemberId, Door] = {}

    def set(self, member: MemberId, door: Door) -> None:
        """Shut it in this way, or open it again."""
        self._shut[member] = door

    def of(self, member: MemberId) -> Door:
        """How it is."""
        return self._shut.get(member, Door.OPEN)

    def pass_through(self, member: MemberId) -> None:
        """Raises: `GaveUp` where nothing gets through, as real platforms refuse it; they don't tell which it is."""
        match self.of(member):
            case Door.CLOSED | Door.BLOCKED:
                raise GaveUp(reason="this member takes no direct messages from the bot")
            case Door.LEFT:
                raise GaveUp(reason="who or what it was about is not there any more")
