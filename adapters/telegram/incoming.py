"""From Telegram's updates to the core's events; what is none of ours, or from a bot, gives no event.

Telegram tells bots of no deletions, so none come from here. People who write as a channel, and admins who write as
the group, are authors by that chat's id.
"""

from datetime import UTC, timedelta

from telegram import Chat, ChatMemberUpdated, Message, Update
from telegram.constants import ChatMemberStatus, ChatType

from adapters.telegram.groups import Groups
from adapters.telegram.names import Names
from adapters.telegram.places import Place
from adapters.telegram.wording import attachments_of, mentions_of, words_of
from core.model.community import Community
from core.model.event import Event, MemberJoined, MessageWritten
from core.model.message import Author, Channel, ChannelId, MemberId, MessageId, PlatformName
from core.model.message import Message as Written
from core.ports import Clock

TELEGRAM = PlatformName("telegram")
LATE_AFTER = timedelta(minutes=2)
GROUP_TYPES = frozenset({ChatType.GROUP, ChatType.SUPERGROUP})

_INSIDE = frozenset({ChatMemberStatus.OWNER, ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.MEMBER})


class Incoming:
    """Reads updates; learns names and moves on the way."""

    def __init__(self, groups: Groups, names: Names, clock: Clock) -> None:
        self._groups = groups
        self._names = names
        self._clock = clock

    def event(self, update: Update) -> Event | None:
        """What the update says to the core, if anything."""
        self.learn_move(update)
        if message := update.message or update.edited_message:
            return self._of_message(message)
        if update.chat_member:
            return self._of_member(update.chat_member)
        return None

    def learn_move(self, update: Update) -> None:
        """Follow a group that became a supergroup; what comes with that news may be older than it."""
        message = update.message
        if message and message.migrate_to_chat_id:
            self._groups.move(message.chat.id, message.migrate_to_chat_id)
        if message and message.migrate_from_chat_id:
            self._groups.move(message.migrate_from_chat_id, message.chat.id)

    def _of_message(self, message: Message) -> Event | None:
        if message.chat.type not in GROUP_TYPES:
            return None
        place = Place(message.chat.id, message.message_thread_id if message.is_topic_message else None)
        self._learn(message, place)
        community = self._groups.community(message.chat.id)
        if community is None:
            if not self._groups.is_known(message.chat.id):
                self._groups.tell_stranger(message.chat.id, message.chat.title or "")
            return None
        author = self._author(message)
        if author is None or self._groups.is_for_alerts(place):
            return None
        written = self._written(message, community, place, author)
        return MessageWritten(message=written) if written.text or written.quoted or written.attachments else None

    def _author(self, message: Message) -> Author | None:
        """None for a bot, and for what a linked channel posts by itself."""
        if message.is_automatic_forward:
            return None
        if message.sender_chat:
            return Author(id=MemberId(str(message.sender_chat.id)), name=self._names.learn_sender(message.sender_chat))
        if message.from_user is None or message.from_user.is_bot:
            return None
        return Author(id=MemberId(str(message.from_user.id)), name=self._names.learn_user(message.from_user))

    def _written(self, message: Message, community: Community, place: Place, author: Author) -> Written:
        text, quoted = words_of(message)
        edited_at = message.edit_date.astimezone(UTC) if message.edit_date else None
        sent_at = message.date.astimezone(UTC)
        replied = message.reply_to_message
        if replied and replied.forum_topic_created:  # every message of a topic "answers" the note that opened it
            replied = None
        return Written(
            platform=TELEGRAM,
            community=community.id,
            channel=self._channel(place),
            id=MessageId(str(message.message_id)),
            author=author,
            text=text,
            quoted=quoted,
            sent_at=sent_at,
            edited_at=edited_at,
            reply_to=MessageId(str(replied.message_id)) if replied else None,
            reply_to_author=_sender(replied) if replied else None,
            mentions=self._mentions(message),
            attachments=attachments_of(message),
            link=link_to(message.chat, place, message.message_id),
            is_late=self._clock.now() - (edited_at or sent_at) > LATE_AFTER,
        )

    def _mentions(self, message: Message) -> tuple[MemberId, ...]:
        found = (
            self._names.member_called(name) if member is None else MemberId(str(member))
            for name, member in mentions_of(message)
        )
        return tuple(dict.fromkeys(each for each in found if each))

    def _channel(self, place: Place) -> Channel:
        parent = ChannelId(str(place.chat)) if place.topic else None
        return Channel(id=place.channel, name=self._names.of_place(place), parent=parent)

    def _learn(self, message: Message, place: Place) -> None:
        if message.chat.title:
            self._names.learn_place(Place(message.chat.id), message.chat.title)
        opening = message.forum_topic_created or message.forum_topic_edited
        if message.reply_to_message and message.reply_to_message.forum_topic_created:
            opening = opening or message.reply_to_message.forum_topic_created
        if place.topic and opening and opening.name:
            self._names.learn_place(place, opening.name)

    def _of_member(self, change: ChatMemberUpdated) -> Event | None:
        community = self._groups.community(change.chat.id)
        user = change.new_chat_member.user
        was_in, is_in = is_inside(change.old_chat_member), is_inside(change.new_chat_member)
        if community is None or user.is_bot or was_in or not is_in:
            return None
        return MemberJoined(
            platform=TELEGRAM,
            community=community.id,
            member=MemberId(str(user.id)),
            name=self._names.learn_user(user),
            at=change.date.astimezone(UTC),
        )


def link_to(chat: Chat, place: Place, message_id: int) -> str | None:
    """Telegram's address of a message; plain groups have none."""
    if chat.type != ChatType.SUPERGROUP:
        return None
    where = chat.username or f"c/{str(chat.id).removeprefix('-100')}"
    topic = f"{place.topic}/" if place.topic else ""
    return f"https://t.me/{where}/{topic}{message_id}"


def _sender(message: Message) -> MemberId | None:
    sender = message.sender_chat or message.from_user
    return MemberId(str(sender.id)) if sender else None


def is_inside(member: object) -> bool:
    """Whether somebody of that standing is in the chat."""
    status = getattr(member, "status", None)
    return status in _INSIDE or (status == ChatMemberStatus.RESTRICTED and bool(getattr(member, "is_member", False)))
