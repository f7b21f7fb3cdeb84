"""What the contract of `Board` needs of a platform: a channel, what members see there, and what befalls it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from core.member_ports import Board
from core.model.message import ChannelId, CommunityId


@dataclass(frozen=True, slots=True, kw_only=True)
class SeenPost:
    """A message of the bot's as members see it; `words` is whatever tells one wording from another."""

    receipt: str
    words: str
    is_pinned: bool


class BoardHouse(Protocol):
    """A community with a channel, on one platform."""

    @property
    def board(self) -> Board: ...
    @property
    def community(self) -> CommunityId: ...
    @property
    def channel(self) -> ChannelId: ...
    @property
    def elsewhere(self) -> ChannelId:
        """Another channel of the same community."""
        ...

    async def posts(self, channel: ChannelId) -> Sequence[SeenPost]:
        """Every message of the bot's in a channel, pinned or not."""
        ...

    async def unpin(self, receipt: str) -> None:
        """A moderator unpins the bot's message."""
        ...

    async def delete(self, receipt: str) -> None:
        """A moderator deletes it."""
        ...

    async def forbid(self, channel: ChannelId, *, is_forbidden: bool = True) -> None:
        """The bot loses what it needs to write and pin there, or gets it back."""
        ...

    async def fill(self, channel: ChannelId, *, is_full: bool = True) -> None:
        """Nothing more can be pinned there, or again; a platform without such a limit does nothing."""
        ...

    @property
    def has_pin_limit(self) -> bool: ...
    @property
    def finds_lost_posts(self) -> bool:
        """Whether a post whose answer got lost can be found again; where it can't, it stays without a pin."""
        ...

    async def be_busy(self, *, is_busy: bool = True) -> None:
        """The platform asks to wait, at every request, or no more."""
        ...

    async def lose_the_next_answer(self) -> None:
        """The next post that is made is there, and the bot never hears of it."""
        ...

    async def remove_channel(self, channel: ChannelId) -> None:
        """The channel goes, with all that is in it."""
        ...

    async def restart(self) -> None:
        """The bot is killed and starts anew; the platform remembers."""
        ...
