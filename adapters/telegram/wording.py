"""What of a message its author wrote, and what they quoted or forwarded; Telegram counts in UTF-16 units."""

from collections.abc import Iterator, Sequence

from telegram import Message, MessageEntity, MessageOriginUser
from telegram.constants import MessageEntityType

_QUOTING = frozenset({MessageEntityType.BLOCKQUOTE, MessageEntityType.EXPANDABLE_BLOCKQUOTE})


def words_of(message: Message) -> tuple[str, str]:
    """What the author wrote, with the addresses behind their links, and what is somebody else's."""
    text = message.text or message.caption or ""
    entities = message.entities if message.text else message.caption_entities
    written, quoted = _apart(text, [each for each in entities if each.type in _QUOTING])
    own = [written, *_asked(message), *(each.url for each in entities if each.url)]
    others = [quoted, message.quote.text if message.quote else ""]
    if _is_forwarded(message):
        return "", _lines([text, *_asked(message)])
    return _lines(own), _lines(others)


def attachments_of(message: Message) -> tuple[str, ...]:
    """The names of what came along; what has none is called by its sort."""
    named = (message.document, message.audio, message.video, message.animation)
    names = [each.file_name or sort for each, sort in zip(named, _SORTS, strict=True) if each]
    sorts = {
        "photo": message.photo,
        "voice message": message.voice,
        "video message": message.video_note,
        "sticker": message.sticker,
        "story": message.story,
        "contact": message.contact,
        "place": message.location or message.venue,
    }
    if message.animation and message.document:  # Telegram tells of an animation twice
        names = names[:1]
    return (*names, *(sort for sort, what in sorts.items() if what))


_SORTS = ("file", "audio", "video", "animation")


def mentions_of(message: Message) -> Iterator[tuple[str, int | None]]:
    """The user names (with `@`) that a message mentions, or the id where it mentions somebody without one."""
    entities = message.entities if message.text else message.caption_entities
    text = (message.text or message.caption or "").encode("utf-16-le", "surrogatepass")
    for each in entities:
        if each.type == MessageEntityType.TEXT_MENTION and each.user:
            yield "", each.user.id
        elif each.type == MessageEntityType.MENTION:
            yield _decoded(text[2 * each.offset : 2 * (each.offset + each.length)]), None


def _apart(text: str, quotations: Sequence[MessageEntity]) -> tuple[str, str]:
    """The text without the quotations, and the quotations."""
    units = text.encode("utf-16-le", "surrogatepass")
    written, quoted, at = [], [], 0
    for each in sorted(quotations, key=lambda entity: entity.offset):
        start, end = 2 * each.offset, 2 * (each.offset + each.length)
        written.append(_decoded(units[at:start]))
        quoted.append(_decoded(units[max(start, at) : end]))
        at = max(at, end)
    return "".join([*written, _decoded(units[at:])]), _lines(quoted)


def _asked(message: Message) -> list[str]:
    """The words of a poll or a list of things to do."""
    if message.poll:
        return [message.poll.question, *(option.text for option in message.poll.options)]
    if message.checklist:
        return [message.checklist.title, *(task.text for task in message.checklist.tasks)]
    return []


def _is_forwarded(message: Message) -> bool:
    """Forwarding one's own words says them again."""
    origin = message.forward_origin
    if origin is None:
        return False
    writer = origin.sender_user if isinstance(origin, MessageOriginUser) else None
    return writer is None or message.from_user is None or writer.id != message.from_user.id


def _lines(parts: Sequence[str]) -> str:
    return "\n".join(part for part in parts if part)


def _decoded(units: bytes) -> str:
    return units.decode("utf-16-le", "surrogatepass")
