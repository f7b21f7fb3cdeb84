"""What adapters append to the intake: a message written, edited or deleted, a member who joined, a reaction.

Clicks and commands do not travel here: they need an answer at once and go to the desk (`core.desk.queue`).
"""

from dataclasses import dataclass
from datetime import datetime

from core.model.message import Channel, CommunityId, MemberId, Message, MessageId, PlatformName


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageWritten:
    """A new message, or a new revision of one (`message.edited_at` is set)."""

    message: Message


@dataclass(frozen=True, slots=True, kw_only=True)
class MessageDeleted:
    """A message that its author, a moderator or the platform took away."""

    platform: PlatformName
    community: CommunityId
    channel: Channel
    message_id: MessageId
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class MemberJoined:
    """Somebody joined the community."""

    platform: PlatformName
    community: CommunityId
    member: MemberId
    name: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ReactionAdded:
    """A member reacted to a message; `emoji` is the platform's own text for it."""

    platform: PlatformName
    community: CommunityId
    channel: Channel
    message_id: MessageId
    member: MemberId
    emoji: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BotRemoved:
    """The bot was taken out of the community: after a grace its data goes (`core.flow.going`).

    `is_live` where the platform told of it as it happened; otherwise the bot was found to be in it no more, which it
    also is when it was started with another bot's token.
    """

    platform: PlatformName
    community: CommunityId
    at: datetime
    is_live: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BotReturned:
    """The bot was put into the community, again or for the first time."""

    platform: PlatformName
    community: CommunityId
    at: datetime


Event = MessageWritten | MessageDeleted | MemberJoined | ReactionAdded | BotRemoved | BotReturned


def community_of(event: Event) -> CommunityId:
    """The community that an event belongs to."""
    return event.message.community if isinstance(event, MessageWritten) else event.community


def member_of(event: Event) -> MemberId | None:
    """The member who did it; None for what nobody in particular did."""
    match event:
        case MessageWritten(message=message):
            return message.author.id
        case MemberJoined() | ReactionAdded():
            return event.member
        case _:
            return None
