"""Messages, notes and events as bytes, for sealing, and back.

Written as UTF-8 that lets unpaired surrogates pass: what somebody typed comes back code point by code point, also
when it was no valid text.
"""

import json
from datetime import datetime
from typing import Any

from core.model.case import CaseId
from core.model.event import BotRemoved, BotReturned, Event, MemberJoined, MessageDeleted, MessageWritten, ReactionAdded
from core.model.message import Author, Channel, Message
from core.model.record import Note


def message_bytes(message: Message) -> bytes:
    """A message, whole."""
    return _bytes(_message_fields(message))


def message_of(encoded: bytes) -> Message:
    """The message that `message_bytes` wrote."""
    return _message(_fields(encoded))


def note_bytes(note: Note) -> bytes:
    """A note with who wrote it and for whom; its case and time are its row's."""
    return _bytes({"text": note.text, "by": note.by, "to": note.to})


def note_of(encoded: bytes, case_id: CaseId, at: datetime) -> Note:
    """The note that `note_bytes` wrote."""
    return Note(case_id=case_id, at=at, **_fields(encoded))


def event_bytes(event: Event) -> bytes:
    """An event, whole."""
    fields: dict[str, Any]
    match event:
        case MessageWritten():
            return _bytes({"event": "written", "message": _message_fields(event.message)})
        case MessageDeleted():
            fields = {"event": "deleted", "channel": _channel_fields(event.channel), "message_id": event.message_id}
        case ReactionAdded():
            fields = {
                "event": "reaction",
                "channel": _channel_fields(event.channel),
                "message_id": event.message_id,
                "member": event.member,
                "emoji": event.emoji,
            }
        case MemberJoined():
            fields = {"event": "joined", "member": event.member, "name": event.name}
        case BotRemoved():
            fields = {"event": "bot_removed", "is_live": event.is_live}
        case BotReturned():
            fields = {"event": "bot_returned"}
    return _bytes({**fields, "platform": event.platform, "community": event.community, "at": event.at.isoformat()})


def event_of(encoded: bytes) -> Event:
    """The event that `event_bytes` wrote."""
    fields = _fields(encoded)
    kind = fields.pop("event")
    if kind == "written":
        return MessageWritten(message=_message(fields["message"]))
    fields["at"] = datetime.fromisoformat(fields["at"])
    if kind == "joined":
        return MemberJoined(**fields)
    if kind in {"bot_removed", "bot_returned"}:
        return BotRemoved(**fields) if kind == "bot_removed" else BotReturned(**fields)
    fields["channel"] = Channel(**fields["channel"])
    return MessageDeleted(**fields) if kind == "deleted" else ReactionAdded(**fields)


def _message_fields(message: Message) -> dict[str, Any]:
    return {
        "platform": message.platform,
        "community": message.community,
        "channel": _channel_fields(message.channel),
        "id": message.id,
        "author": {"id": message.author.id, "name": message.author.name, "roles": sorted(message.author.roles)},
        "text": message.text,
        "sent_at": message.sent_at.isoformat(),
        "quoted": message.quoted,
        "edited_at": message.edited_at.isoformat() if message.edited_at else None,
        "reply_to": message.reply_to,
        "reply_to_author": message.reply_to_author,
        "mentions": message.mentions,
        "attachments": message.attachments,
        "link": message.link,
        "is_late": message.is_late,
        "is_private": message.is_private,
    }


def _message(fields: dict[str, Any]) -> Message:
    author = fields["author"]
    return Message(
        **{
            **fields,
            "channel": Channel(**fields["channel"]),
            "author": Author(id=author["id"], name=author["name"], roles=frozenset(author["roles"])),
            "sent_at": datetime.fromisoformat(fields["sent_at"]),
            "edited_at": datetime.fromisoformat(fields["edited_at"]) if fields["edited_at"] else None,
            "mentions": tuple(fields["mentions"]),
            "attachments": tuple(fields["attachments"]),
        }
    )


def _channel_fields(channel: Channel) -> dict[str, Any]:
    return {"id": channel.id, "name": channel.name, "parent": channel.parent}


def _bytes(fields: dict[str, Any]) -> bytes:
    return json.dumps(fields, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass")


def _fields(encoded: bytes) -> dict[str, Any]:
    fields: dict[str, Any] = json.loads(encoded.decode("utf-8", "surrogatepass"))
    return fields


def revision(edited_at: datetime | None) -> str:
    """Which wording of a message this is, as part of a row's place; empty for the first."""
    return edited_at.isoformat() if edited_at else ""
