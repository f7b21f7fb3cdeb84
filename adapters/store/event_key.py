"""Event keys: one for each thing to decide, the same when the same thing comes in twice.

A message's revision is its edit time and a keyed digest of its content: Telegram's edit times are whole seconds, and
Discord tells of changes that are none. Whether it was caught up late plays no part. The digest is keyed, so that
nobody can guess a short text from it. No key names a member: they outlive their erasure.
"""

import hashlib
import hmac
import re
from collections.abc import Iterator

from core.errors import GaveUp
from core.model.event import BotRemoved, BotReturned, Event, MemberJoined, MessageDeleted, MessageWritten, ReactionAdded
from core.model.message import Message

_NOT_KEPT = re.compile("[\x00\ud800-\udfff]")


def event_key(event: Event, digest_key: bytes) -> str:
    """`platform:channel:message:revision`, or a name as unique for what is no message.

    Raises: `GaveUp` for ids with a null or half a surrogate pair, which no platform has and not every database keeps.
    """
    for field, value in _ids(event):
        if value and _NOT_KEPT.search(value):
            raise GaveUp(reason=f"an event's {field} holds a character that can't be kept")
    match event:
        case MessageWritten(message=message):
            return f"{message.platform}:{message.channel.id}:{message.id}:{revision(message, digest_key)}"
        case MessageDeleted():
            return f"{event.platform}:{event.channel.id}:{event.message_id}:deleted"
        case ReactionAdded():
            whose = _digest(digest_key, event.member, event.emoji)
            return f"{event.platform}:{event.channel.id}:{event.message_id}:reaction-{whose}-{event.at.timestamp()}"
        case MemberJoined():
            who = _digest(digest_key, event.member)
            return f"{event.platform}:joined:{event.community}:{who}:{event.at.timestamp()}"
        case BotRemoved():
            return f"{event.platform}:removed:{event.community}:{event.at.timestamp()}"
        case BotReturned():
            return f"{event.platform}:returned:{event.community}:{event.at.timestamp()}"


def _ids(event: Event) -> Iterator[tuple[str, str | None]]:
    """What is kept unsealed of an event."""
    if isinstance(event, MessageWritten):
        message = event.message
        yield from (("platform", message.platform), ("community", message.community), ("message id", message.id))
        yield from (("channel id", message.channel.id), ("author id", message.author.id), ("link", message.link))
        yield from (("mention", each) for each in (message.reply_to_author, *message.mentions))
        return
    yield from (("platform", event.platform), ("community", event.community))
    if isinstance(event, MessageDeleted | ReactionAdded):
        yield from (("channel id", event.channel.id), ("message id", event.message_id))
    if isinstance(event, MemberJoined | ReactionAdded):
        yield "member id", event.member


def revision(message: Message, digest_key: bytes) -> str:
    """Which wording of a message this is."""
    edited = f"{message.edited_at.timestamp()}" if message.edited_at else "0"
    return f"{edited}-{_digest(digest_key, message.text, message.quoted, *message.attachments)}"


def _digest(key: bytes, *parts: str) -> str:
    keyed = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        encoded = part.encode("utf-8", "surrogatepass")
        keyed.update(len(encoded).to_bytes(4, "big"))
        keyed.update(encoded)
    return keyed.hexdigest()[:24]
