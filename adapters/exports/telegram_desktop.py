"""Telegram Desktop's `result.json`: the export of one chat, or of a whole account with its chats in lists.

Of an account only groups are read: what people write to each other in private, and channels that only announce, is not
for a moderation bot. Texts are plain, or lists of plain parts and of objects; block quotes are nobody's own words here.
Telegram says nothing of which topic a message is in but through the message that opened it and chains of replies.
"""

import io
import re
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from adapters.exports.entry import (
    AGAIN,
    BROADCAST,
    LINKED,
    MAX_MESSAGE_CHARS,
    PRIVATE,
    SERVICE,
    UNKNOWN_BOTS,
    UNSUPPORTED,
    BadEntry,
    Entry,
    Leftovers,
    time_of,
)
from adapters.exports.fields import storable
from adapters.exports.json_stream import BrokenJson, walk
from adapters.exports.replies import KEPT, Replies
from adapters.exports.source import MendedJson
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName

TELEGRAM = PlatformName("telegram")
MESSAGES = frozenset({"messages", "chats.list.messages", "left_chats.list.messages"})
NOT_NEEDED = frozenset({"text_entities", "reactions", "inline_bot_buttons", "location_information"})
PRIVATE_TYPES = frozenset({"personal_chat", "bot_chat", "saved_messages", "replies", "verification_codes"})
BROADCAST_TYPES = frozenset({"private_channel", "public_channel"})
_SECONDS = re.compile(r"[0-9]{1,18}", re.ASCII)
LAST_UNIX_TIME = datetime(9998, 12, 31, tzinfo=UTC).timestamp()


def read_telegram(stream: io.BufferedReader, name: str, leftovers: Leftovers, replies: Replies) -> Iterator[Entry]:
    """The entries of one file, in its order."""
    leftovers.note(UNKNOWN_BOTS)
    chat = _Chat({}, is_asked_for=True)
    number = 0
    try:
        for path, value in walk(MendedJson(stream), MESSAGES, NOT_NEEDED):
            if path in MESSAGES:
                if value is None:
                    continue
                number += 1
                if chat.left_out:
                    leftovers.skipped[chat.left_out] += 1
                    continue
                try:
                    message = _message(value, chat, leftovers, replies)
                except BadEntry as error:
                    leftovers.problem(f"{name}: message {number}", str(error))
                else:
                    if message is not None:
                        yield Entry(name, "message", number, message)
            elif path in {"chats.list", "left_chats.list"}:
                chat = _Chat({}, is_asked_for=False)
            else:
                chat.learn(path.removeprefix("left_").removeprefix("chats.list."), value)
    except BrokenJson as broken:
        if broken.is_complete:
            leftovers.problem(name, "something follows the end of the export; it was not read")
        else:
            leftovers.cut(f"{name}: message {number}", "the file breaks off or is damaged after this message")


class _Chat:
    """The chat that messages are being read of, and what is known of its topics."""

    def __init__(self, head: Mapping[str, Any], *, is_asked_for: bool) -> None:
        self._head = dict(head)
        self._is_asked_for = is_asked_for
        self._topics: dict[str, str] = {}
        self._topic_of: OrderedDict[str, str] = OrderedDict()

    def learn(self, key: str, value: Any) -> None:
        """A plain value at the chat's head."""
        if key in {"name", "type", "id"}:
            self._head[key] = value

    @property
    def kind(self) -> str:
        return str(self._head.get("type") or "")

    @property
    def left_out(self) -> str:
        """Why nothing of this chat is read; empty when it is, and for one that was exported by itself."""
        if self._is_asked_for:
            return ""
        return PRIVATE if self.kind in PRIVATE_TYPES else BROADCAST if self.kind in BROADCAST_TYPES else ""

    @property
    def id(self) -> str:
        """As bots see it: groups have negative ids, super-groups and channels a prefix."""
        bare = storable(self._head.get("id") or "0")
        if self.kind.endswith(("supergroup", "channel")):
            return f"-100{bare}"
        return f"-{bare}" if self.kind.endswith("group") else bare

    def link(self, message_id: str) -> str | None:
        """Opens the message for members; only super-groups and channels have such links."""
        bare = storable(self._head.get("id") or "0")
        return f"https://t.me/c/{bare}/{message_id}" if self.id.startswith("-100") else None

    def open_topic(self, message_id: str, title: str) -> None:
        """A notice that opens a topic; its messages answer this one or each other."""
        self._topics[message_id] = title

    def is_topic(self, message_id: str) -> bool:
        return message_id in self._topics

    def channel(self, message_id: str, answered: str) -> Channel:
        """Where a message stands: a topic, or the chat itself."""
        topic = answered if answered in self._topics else self._topic_of.get(answered, "")
        name = str(self._head.get("name") or self.id)
        if not topic:
            return Channel(id=ChannelId(self.id), name=name)
        self._topic_of[message_id] = topic
        if len(self._topic_of) > KEPT:
            self._topic_of.popitem(last=False)
        title = f"{name} / {self._topics[topic]}"
        return Channel(id=ChannelId(f"{self.id}/{topic}"), name=title, parent=ChannelId(self.id))


def _message(given: Any, chat: _Chat, leftovers: Leftovers, replies: Replies) -> Message | None:
    if not isinstance(given, dict):
        raise BadEntry("is no object")
    message_id = storable(given.get("id", ""))
    if not message_id:
        raise BadEntry("has no `id`")
    match given.get("type"):
        case "service":
            if given.get("action") == "topic_created":
                chat.open_topic(message_id, str(given.get("title") or message_id))
            leftovers.skipped[SERVICE] += 1
            return None
        case "unsupported":
            leftovers.skipped[UNSUPPORTED] += 1
            return None
        case "message":
            pass
        case _:
            raise BadEntry("is of a type that isn't known")
    in_chat = ChannelId(chat.id)
    if replies.author(in_chat, message_id) is not None:
        leftovers.skipped[AGAIN] += 1
        return None
    if "saved_from" in given and str(given.get("from_id")).startswith("channel"):
        leftovers.skipped[LINKED] += 1
        return None
    answered = storable(given.get("reply_to_message_id") or "")
    author = _author(given)
    channel = chat.channel(message_id, answered)
    replies.keep(in_chat, MessageId(message_id), author.id)
    text, quoted, mentions = _text(given)
    if _is_forwarded(given):
        text, quoted = "", "\n".join(filter(None, (text, quoted)))
    if chat.is_topic(answered):
        answered = ""
    sent_at = _time(given, "date", leftovers)
    return Message(
        platform=TELEGRAM,
        community=CommunityId(f"{TELEGRAM}:{chat.id}"),
        channel=channel,
        id=MessageId(message_id),
        author=author,
        text=text,
        sent_at=sent_at,
        quoted=quoted,
        edited_at=_edited_at(given, sent_at, leftovers),
        reply_to=MessageId(answered) if answered else None,
        reply_to_author=replies.author(in_chat, answered) if answered else None,
        mentions=mentions,
        attachments=tuple(str(given[each]) for each in ("photo", "file") if isinstance(given.get(each), str)),
        link=chat.link(message_id),
    )


def _edited_at(given: Mapping[str, Any], sent_at: datetime, leftovers: Leftovers) -> datetime | None:
    """Exports before 2020 name an edit in 1970, or in 1969 west of Greenwich, where there was none."""
    written = given.get("edited")
    if not written or (isinstance(written, str) and written.startswith(("1969-12-31", "1970-01-01"))):
        return None
    edited_at = _time(given, "edited", leftovers)
    return edited_at if edited_at >= sent_at else None


def _author(given: Mapping[str, Any]) -> Author:
    """Users stand there as `user123`, older exports have the bare number; people who left have no name."""
    author = storable(given.get("from_id") or "").removeprefix("user").replace("channel", "-100", 1)
    name = given.get("from")
    if not author and not isinstance(name, str):
        raise BadEntry("has no `from_id`")
    return Author(id=MemberId(author or storable(name)), name=name if isinstance(name, str) else "")


def _is_forwarded(given: Mapping[str, Any]) -> bool:
    """Forwarding one's own words says them again; who left has no name to be forwarded from, and no id."""
    if "forwarded_from" not in given:
        return False
    if given.get("forwarded_from_id"):
        return bool(given["forwarded_from_id"] != given.get("from_id"))
    return given["forwarded_from"] is None or bool(given["forwarded_from"] != given.get("from"))


def _text(given: Mapping[str, Any]) -> tuple[str, str, tuple[MemberId, ...]]:
    """What was written with the addresses behind links and a poll's words, what was quoted, and who was mentioned."""
    text = given.get("text")
    parts: list[Any] = text if isinstance(text, list) else [text]
    own: list[str] = []
    quoted: list[str] = []
    beside: list[str] = []
    mentions: list[MemberId] = []
    for part in parts:
        text = part.get("text") if isinstance(part, dict) else part
        if not isinstance(text, str):
            raise BadEntry("has a `text` that can't be read")
        kind = part.get("type") if isinstance(part, dict) else ""
        (quoted if kind == "blockquote" else own).append(text)
        if kind == "mention_name" and (user := storable(part.get("user_id") or "")):
            mentions.append(MemberId(user))
        if kind == "text_link" and isinstance(part.get("href"), str):
            beside.append(part["href"])
    beside += _asked(given.get("poll"))
    if sum(map(len, (*own, *quoted, *beside))) > MAX_MESSAGE_CHARS:
        raise BadEntry(f"has more than {MAX_MESSAGE_CHARS} characters")
    return "\n".join(filter(None, ("".join(own), *beside))), "\n".join(quoted), tuple(mentions)


def _asked(poll: Any) -> list[str]:
    if not isinstance(poll, dict):
        return []
    answers = poll.get("answers")
    texts = [each.get("text") for each in answers if isinstance(each, dict)] if isinstance(answers, list) else []
    return [each for each in (poll.get("question"), *texts) if isinstance(each, str)]


def _time(given: Mapping[str, Any], field: str, leftovers: Leftovers) -> datetime:
    """Newer exports have the exact time beside the one that the exporting machine's clock showed."""
    exact = given.get(f"{field}_unixtime")
    if isinstance(exact, str | int) and _SECONDS.fullmatch(str(exact)):
        if int(exact) > LAST_UNIX_TIME:
            raise BadEntry(f"has a `{field}_unixtime` beyond every calendar")
        return datetime.fromtimestamp(int(exact), UTC)
    return time_of(given, field, leftovers)
