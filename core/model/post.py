"""What the bot keeps standing in a channel: the card with help, and the notice of what is screened."""

from dataclasses import dataclass
from enum import StrEnum

from core.model.message import ChannelId, CommunityId
from core.model.page import Page
from core.model.standing import PostKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Post:
    """A post as it should stand, pinned.

    Attributes:
        mark: Short and the same for every post of this kind in this channel: by it the platform recognises its own.
    """

    community: CommunityId
    channel: ChannelId
    kind: PostKind
    page: Page

    @property
    def mark(self) -> str:
        """What a platform that can hide it puts into the post, to find it again."""
        return mark_of(self.kind)


def mark_of(kind: PostKind) -> str:
    """The mark of every post of this kind."""
    return f"lightkeeper:{kind}"


class Found(StrEnum):
    """How a post was found; the gravest of what was mended."""

    STANDING = "standing"
    """As it should be: nothing was done."""
    EDITED = "edited"
    PINNED_AGAIN = "pinned_again"
    MADE = "made"
    """It was not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """What came of keeping a post: the platform's id of it, and how it was found."""

    receipt: str
    found: Found
