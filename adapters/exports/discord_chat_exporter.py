"""DiscordChatExporter's JSON: one file a channel or thread, or several parts, each with server and channel at its head.

Versions differ in what they add (roles, forwarded messages, kinds of attachments); what is missing is done without.
Kinds of messages that a version has no name for stand there as Discord's number.
"""

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from adapters.exports.entry import (
    AGAIN,
    BOT,
    MAX_MESSAGE_CHARS,
    SERVICE,
    BadEntry,
    Entry,
    Leftovers,
    time_of,
)
from adapters.exports.fields import storable
from adapters.exports.json_stream import BrokenJson, walk
from adapters.exports.replies import Replies
from adapters.exports.source import MendedJson
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
WRITTEN = frozenset({"Default", "Reply", "0", "19"})
"""The kinds of messages that people write; all others are notices, and what was said to a bot's command."""

NOT_NEEDED = frozenset({"embeds", "stickers", "reactions", "inlineEmojis", "components", "interaction"})


def read_discord(stream: io.BufferedReader, name: str, leftovers: Leftovers, replies: Replies) -> Iterator[Entry]:
    """The entries of one file, in its order."""
    head: dict[str, Any] = {}
    place: _Place | None = None
    number = 0
    try:
        for path, value in walk(MendedJson(stream), {"messages"}, NOT_NEEDED):
            if path != "messages":
                head[path] = value
                place = None
            elif value is not None:
                number += 1
                place = place or _place(head)
                try:
                    message = _message(value, place, leftovers, replies)
                except BadEntry as error:
                    leftovers.problem(f"{name}: message {number}", str(error))
                else:
                    if message is not None:
                        yield Entry(name, "message", number, message)
    except BrokenJson as broken:
        if broken.is_complete:
            leftovers.problem(name, "something follows the end of the export; it was not read")
        else:
            leftovers.cut(f"{name}: message {number}", "the file breaks off or is damaged after this message")


@dataclass(frozen=True, slots=True)
class _Place:
    """What the head of a file says: where its messages stand."""

    guild: str
    channel: Channel


def _message(given: Any, place: _Place, leftovers: Leftovers, replies: Replies) -> Message | None:
    if not isinstance(given, dict):
        raise BadEntry("is no object")
    author = given.get("author")
    if not isinstance(author, dict):
        raise BadEntry("has no author")
    message_id, author_id = _id(given, "id"), _id(author, "id")
    channel = place.channel
    if replies.author(channel.id, message_id) is not None:
        leftovers.skipped[AGAIN] += 1
        return None
    replies.keep(channel.id, MessageId(message_id), MemberId(author_id))
    if author.get("isBot") is True:
        leftovers.skipped[BOT] += 1
        return None
    if str(given.get("type", "Default")) not in WRITTEN:
        leftovers.skipped[SERVICE] += 1
        return None
    text = given.get("content")
    if not isinstance(text, str):
        raise BadEntry("has no content")
    if len(text) > MAX_MESSAGE_CHARS:
        raise BadEntry(f"has more than {MAX_MESSAGE_CHARS} characters")
    reference = given.get("reference")
    answered = reference.get("messageId") if isinstance(reference, dict) else None
    forwarded = given.get("forwardedMessage")
    quoted = str(forwarded.get("content") or "") if isinstance(forwarded, dict) else ""
    answered = storable(answered) if isinstance(answered, str | int) and not isinstance(forwarded, dict) else ""
    return Message(
        platform=DISCORD,
        community=CommunityId(f"{DISCORD}:{place.guild}"),
        channel=channel,
        id=MessageId(message_id),
        author=Author(
            id=MemberId(author_id),
            name=str(author.get("nickname") or author.get("name") or author_id),
            roles=frozenset(map(RoleId, _ids(author.get("roles")))),
        ),
        text=text,
        sent_at=time_of(given, "timestamp", leftovers),
        quoted=quoted[:MAX_MESSAGE_CHARS],
        edited_at=time_of(given, "timestampEdited", leftovers) if given.get("timestampEdited") else None,
        reply_to=MessageId(answered) if answered else None,
        reply_to_author=replies.author(channel.id, answered) if answered else None,
        mentions=tuple(map(MemberId, _ids(given.get("mentions")))),
        attachments=tuple(str(each.get("fileName") or "") for each in _objects(given.get("attachments"))),
        link=f"https://discord.com/channels/{place.guild}/{channel.id}/{message_id}",
    )


def _place(head: Mapping[str, Any]) -> _Place:
    """A thread's `category` is the channel that it belongs to."""
    is_thread = "Thread" in str(head.get("channel.type") or "")
    parent = head.get("channel.categoryId")
    channel_id = storable(head.get("channel.id") or "0")
    channel = Channel(
        id=ChannelId(channel_id),
        name=str(head.get("channel.name") or channel_id),
        parent=ChannelId(storable(parent)) if is_thread and parent else None,
    )
    return _Place(guild=storable(head.get("guild.id") or "0"), channel=channel)


def _objects(given: Any) -> Iterator[dict[str, Any]]:
    return (each for each in given if isinstance(each, dict)) if isinstance(given, list) else iter(())


def _ids(given: Any) -> Iterator[str]:
    return (storable(each["id"]) for each in _objects(given) if each.get("id"))


def _id(given: Mapping[str, Any], field: str) -> str:
    value = given.get(field)
    if not isinstance(value, str | int) or isinstance(value, bool) or not storable(value):
        raise BadEntry(f"has no `{field}`")
    return storable(value)
