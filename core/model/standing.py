"""What the store remembers of the posts that the bot keeps standing in channels."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.model.message import ChannelId, CommunityId


class PostKind(StrEnum):
    """Which post it is; a channel has one of each kind at most."""

    HELP = "help"
    """The emergency line and two services as plain text, and the way to /support."""
    NOTICE = "notice"
    """What is screened, who sees it, how to opt out."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a post stands or should stand."""

    community: CommunityId
    channel: ChannelId
    kind: PostKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """A post that stands, as the store remembers it.

    Attributes:
        since: When it was first posted there.
    """

    community: CommunityId
    channel: ChannelId
    kind: PostKind
    receipt: str
    since: datetime

    @property
    def place(self) -> Place:
        """Where it stands."""
        return Place(self.community, self.channel, self.kind)
