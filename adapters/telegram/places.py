"""Where a message stands or a card goes: a chat, or a topic of one, written `-1001234` or `-1001234/56`."""

import re
from dataclasses import dataclass
from typing import Self

from core.model.message import ChannelId

GENERAL = 1
"""The topic that every forum has; Telegram names it nowhere in its messages."""

_WRITTEN = re.compile(r"(-?[1-9][0-9]{0,18})(?:/([1-9][0-9]{0,18}))?")


@dataclass(frozen=True, slots=True)
class Place:
    """A chat, and the topic in it where there is one."""

    chat: int
    topic: int | None = None

    @classmethod
    def of(cls, written: str) -> Self:
        """Raises: `ValueError` when that is not how a place is written."""
        match = _WRITTEN.fullmatch(written)
        if match is None:
            raise ValueError("not the id of a Telegram chat")
        chat, topic = match.groups()
        return cls(int(chat), int(topic) if topic else None)

    @property
    def channel(self) -> ChannelId:
        """As the core knows it."""
        return ChannelId(f"{self.chat}/{self.topic}" if self.topic else str(self.chat))

    @property
    def thread(self) -> int | None:
        """What a request names the topic by; the general one is not named."""
        return None if self.topic == GENERAL else self.topic

    def holds(self, other: Self) -> bool:
        """Whether that place is this one or a topic of it."""
        return self.chat == other.chat and (self.topic is None or self.topic == (other.topic or GENERAL))
