"""Messages and who and where they come from, the same for every platform.

Authored and quoted text are kept apart: what somebody quotes is never held against them. Identifiers are the
platforms' own, as text; a community's carries its platform in front (`local:harbour`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import NewType

PlatformName = NewType("PlatformName", str)
CommunityId = NewType("CommunityId", str)
ChannelId = NewType("ChannelId", str)
MessageId = NewType("MessageId", str)
MemberId = NewType("MemberId", str)
RoleId = NewType("RoleId", str)


@dataclass(frozen=True, slots=True, kw_only=True)
class Author:
    """Who wrote a message; `roles` are the platform's role ids at that moment."""

    id: MemberId
    name: str
    roles: frozenset[RoleId] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """Where people talk: a channel, a thread or a forum topic; `parent` holds a thread's channel."""

    id: ChannelId
    name: str
    parent: ChannelId | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message as its author wrote it.

    Attributes:
        text: What the author wrote, without quotations; may hold unpaired surrogates.
        quoted: What the author quoted or forwarded.
        sent_at: Aware UTC.
        edited_at: Aware UTC of the last edit, None when never edited.
        mentions: Members named with the platform's own mention.
        attachments: Names of files that came along; they are not screened.
        link: The platform's link to the message, where it has one.
        is_late: Whether it was caught up after a downtime; nothing is enforced on it automatically.
        is_private: Whether it was said to the desk and not in the channel, such as an appeal: it is looked at for signs
            of crisis alone.
    """

    platform: PlatformName
    community: CommunityId
    channel: Channel
    id: MessageId
    author: Author
    text: str
    sent_at: datetime
    quoted: str = ""
    edited_at: datetime | None = None
    reply_to: MessageId | None = None
    reply_to_author: MemberId | None = None
    mentions: tuple[MemberId, ...] = ()
    attachments: tuple[str, ...] = ()
    link: str | None = None
    is_late: bool = False
    is_private: bool = False
