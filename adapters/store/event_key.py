"""Event keys: one for each thing to decide, the same when the same thing comes in twice.

A message's revision is its edit time and a keyed digest of its content: Telegram's edit times are whole seconds, and
Discord tells of changes that are none. Whether it was caught up late plays no part. The digest is keyed, so that
nobody can guess a short text from it.
"""

import hashlib
import hmac

from core.model.event import Event, MemberJoined, MessageDeleted, MessageWritten, ReactionAdded
from core.model.message import Message


def event_key(event: Event, digest_key: bytes) -> str:
    """`platform:channel:message:revision`, or a name as unique for what is no message."""
    match event:
        case MessageWritten(message=message):
            return f"{message.platform}:{message.channel.id}:{message.id}:{revision(message, digest_key)}"
        case MessageDeleted():
            return f"{event.platform}:{event.channel.id}:{event.message_id}:deleted"
        case ReactionAdded():
            emoji = _digest(digest_key, event.emoji)
            moment = event.at.timestamp()
            return f"{event.platform}:{event.channel.id}:{event.message_id}:reaction-{event.member}-{emoji}-{moment}"
        case MemberJoined():
            return f"{event.platform}:joined:{event.community}:{event.member}:{event.at.timestamp()}"


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
