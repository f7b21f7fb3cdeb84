"""From what Discord brings to `core.model.event`: pure, and the only place that knows both shapes."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Protocol

import discord

from core.model.event import MessageDeleted, MessageWritten
from core.model.message import (
    Author,
    Channel,
    ChannelId,
    CommunityId,
    MemberId,
    Message,
    MessageId,
    PlatformName,
    RoleId,
)

DISCORD = PlatformName("discord")

LATE_AFTER = timedelta(minutes=2)
"""What is older when it arrives was caught up after a cut connection."""


class Place(Protocol):
    """Whatever discord.py holds of a channel, perhaps no more than its id."""

    id: int


def community_of(guild_id: int) -> CommunityId:
    """The id of a server as a community."""
    return CommunityId(f"{DISCORD}:{guild_id}")


def channel_of(place: Place) -> Channel:
    """A channel, a thread or a forum post; one that isn't known yet is called by its id."""
    parent = place.parent_id if isinstance(place, discord.Thread) else None
    return Channel(
        id=ChannelId(str(place.id)),
        name=str(getattr(place, "name", None) or place.id),
        parent=ChannelId(str(parent)) if parent else None,
    )


def written(message: discord.Message, guild_id: int, now: datetime) -> MessageWritten:
    """A message of a member, new or with other words; `now` is when it arrived."""
    replied = message.reference if message.type is discord.MessageType.reply else None
    answered = replied.resolved if replied else None
    said_at = message.edited_at or message.created_at
    return MessageWritten(
        message=Message(
            platform=DISCORD,
            community=community_of(guild_id),
            channel=channel_of(message.channel),
            id=MessageId(str(message.id)),
            author=author_of(message.author, guild_id),
            text=_text(message),
            sent_at=message.created_at,
            quoted="\n".join(each.content for each in message.message_snapshots if each.content),
            edited_at=message.edited_at,
            reply_to=MessageId(str(replied.message_id)) if replied and replied.message_id else None,
            reply_to_author=MemberId(str(answered.author.id)) if isinstance(answered, discord.Message) else None,
            mentions=tuple(MemberId(str(each)) for each in dict.fromkeys(message.raw_mentions)),
            attachments=tuple(each.filename for each in message.attachments),
            link=f"https://discord.com/channels/{guild_id}/{message.channel.id}/{message.id}",
            is_late=now - said_at > LATE_AFTER,
        )
    )


def deleted(guild_id: int, channel: Channel, message_ids: Sequence[int], now: datetime) -> Sequence[MessageDeleted]:
    """Messages that were taken away, by whomever, in the order they were written."""
    return [
        MessageDeleted(
            platform=DISCORD,
            community=community_of(guild_id),
            channel=channel,
            message_id=MessageId(str(each)),
            at=now,
        )
        for each in sorted(message_ids)
    ]


def author_of(person: discord.User | discord.Member, guild_id: int) -> Author:
    """A person with the roles they hold; the role of everybody, which has the server's id, is left out."""
    roles = person.roles if isinstance(person, discord.Member) else []
    return Author(
        id=MemberId(str(person.id)),
        name=person.display_name,
        roles=frozenset(RoleId(str(role.id)) for role in roles if role.id != guild_id),
    )


def is_of_a_member(message: discord.Message) -> bool:
    """Whether a person wrote it; bots, webhooks and Discord's own announcements did not."""
    return not (message.author.bot or message.webhook_id or message.is_system())


def _text(message: discord.Message) -> str:
    """What its author wrote, a poll's question and answers with it."""
    if message.poll is None:
        return message.content
    parts = (message.content, message.poll.question, *(answer.text for answer in message.poll.answers))
    return "\n".join(part for part in parts if part)
