"""A small chat community in memory that speaks the Platform port: the demo's stage and the tests' double.

Its members write, edit and delete; every such event is durably in the intake before it counts as said, as on a real
platform that is told "got it" only then. What moderators decide is carried out on its state and shown. With a journal
it remembers over a kill which messages it accepted and which actions it saw, so that a double is recognised.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from adapters.local.board import BoardPost, LocalBoard, Outside
from adapters.local.doors import Door
from adapters.local.failures import Failure
from adapters.local.journal import Entry, Journal
from adapters.local.orders import Orders
from adapters.local.posted import LETTERS, Letter
from adapters.local.rooms import MESSAGES_KEPT, Rooms
from adapters.local.talks import Talk, is_private, is_talk
from core.errors import AlreadyDone, NotAllowed
from core.model.action import CARD_KINDS, ActionKind
from core.model.capabilities import Capabilities
from core.model.event import BotRemoved, BotReturned, Event, MessageDeleted, MessageWritten
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
from core.model.order import Order
from core.ports import Clock, Intake

LOCAL = PlatformName("local")
HARBOUR = CommunityId("local:harbour")
MAX_MESSAGE_CHARS = 250_000

CAPABILITIES = Capabilities(
    actions=frozenset(ActionKind),
    recognises_doubles=True,
    edits_cards=True,
    ephemeral=True,
    history=False,
    max_message_chars=MAX_MESSAGE_CHARS,
    max_timeout_s=28 * 86400,
)


class Topic(StrEnum):
    """What changed, for whoever listens."""

    CHAT = "chat"
    CARDS = "cards"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Something to say; `sent_at` is None for now. A log's lines come in as these too."""

    author: Author
    channel: Channel
    text: str
    sent_at: datetime | None = None
    quoted: str = ""
    reply_to: MessageId | None = None
    reply_to_author: MemberId | None = None
    mentions: tuple[MemberId, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LocalState:
    """What orders change and their undoing puts back.

    Attributes:
        restrictions: Those in force, as kind, target and end.
        talks: The open private talks, as receipt and member.
        messages: The messages that are there, of the channels shown.
    """

    restrictions: frozenset[tuple[ActionKind, str, datetime | None]]
    talks: frozenset[tuple[str, MemberId]]
    messages: frozenset[MessageId]


class LocalPlatform:
    """One community on this machine; `listen` tells what changed."""

    def __init__(
        self,
        *,
        intake: Intake,
        clock: Clock,
        members: Sequence[Author],
        channels: Sequence[Channel],
        journal: Journal | None = None,
        community: CommunityId = HARBOUR,
    ) -> None:
        """The cast and the channels are given; people and channels of a log come in with what they say."""
        self.community = community
        self._intake = intake
        self._clock = clock
        self._journal = journal
        self._members = {member.id: member for member in members}
        self._rooms = Rooms(channels)
        self._orders = Orders(
            clock=clock, new_id=self._new_id, note=self._note, remove=self._remove, tell=self._tell_carried_out
        )
        self._restrictions, self._talks = self._orders.restrictions, self._orders.talks
        self.cards, self.letters = self._orders.posted.cards, self._orders.posted.letters
        outside = Outside(
            community=community,
            has_channel=lambda channel: self._rooms.channel(channel) is not None,
            is_out=lambda: self._is_out,
            new_id=self._new_id,
            note=self._note,
            deleted=self._post_deleted,
            tell=lambda: self._tell(Topic.CHAT),
        )
        self.board = LocalBoard(outside)
        self._is_out = False
        self._last_id = 0
        self._last_said: dict[tuple[MemberId, ChannelId], datetime] = {}
        self._listeners: set[Callable[[Topic], None]] = set()
        self._speaking = asyncio.Lock()
        for entry in journal.entries if journal else ():
            self._remember(entry)

    @property
    def name(self) -> PlatformName:
        return LOCAL

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    def members(self) -> Sequence[Author]:
        """The cast, with the roles they have now."""
        return tuple(self._members.values())

    def channels(self) -> Sequence[Channel]:
        """The channels that everybody is shown, the given ones first."""
        return tuple(each for each in self._rooms.channels() if not is_talk(each.id))

    def talks_of(self, member: MemberId) -> Sequence[Talk]:
        """The private talks that this member takes part in."""
        return self._talks.of(member)

    @property
    def are_joins_paused(self) -> bool:
        """Whether nobody can join now."""
        return self._restrictions.holds(ActionKind.PAUSE_JOINS, self.community, self._clock.now())

    def state(self) -> LocalState:
        """What orders have changed, to compare before and after."""
        there = (message.id for each in self.channels() for message in self._rooms.newest(each.id, MESSAGES_KEPT))
        return LocalState(
            restrictions=self._restrictions.in_force(self._clock.now()),
            talks=self._talks.all(),
            messages=frozenset(there),
        )

    def messages(self, channel: ChannelId, limit: int) -> Sequence[Message]:
        """The newest `limit` messages of a channel, oldest first; none for an unknown channel."""
        return self._rooms.newest(channel, limit)

    def message(self, message_id: MessageId) -> Message | None:
        """A message that is still there."""
        return self._rooms.message(message_id)

    def count(self, channel: ChannelId) -> int:
        """How many messages were said in a channel so far."""
        return self._rooms.count(channel)

    def name_of(self, member: str) -> str:
        """What a member is called; the id for somebody long unseen."""
        known = self._members.get(MemberId(member))
        return known.name if known else self._rooms.name_of(MemberId(member)) or member

    def why_silent(self, member: MemberId, channel: ChannelId) -> str | None:
        """Why this member can't write here now, as a sentence; None when they can."""
        if self._orders.doors.of(member) is Door.LEFT:
            return "You left this community."
        talk = self._talks.in_channel(channel)
        if is_talk(channel) and (talk is None or not talk.is_open_to(member)):
            return "This is a private talk."
        last = self._last_said.get((member, channel))
        return self._restrictions.why_silent(member, channel, self._clock.now(), last)

    def letters_for(self, member: MemberId) -> Sequence[Letter]:
        """What only this member sees, oldest first."""
        return self._orders.posted.letters_for(member)

    def set_roles(self, member: MemberId, roles: frozenset[RoleId]) -> None:
        """Give a member of the cast other roles."""
        self._members[member] = replace(self._members[member], roles=roles)

    def listen(self, listener: Callable[[Topic], None]) -> Callable[[], None]:
        """Call `listener` on every change until the returned function is called; it must not block or raise."""
        self._listeners.add(listener)
        return lambda: self._listeners.discard(listener)

    async def say(
        self, member: MemberId, channel: ChannelId, text: str, *, reply_to: MessageId | None = None
    ) -> Message:
        """A member of the cast writes a message; it appears only after the intake has it durably.

        Raises: `NotAllowed` when this member can't write here or the text can't be sent, `Unavailable` when it was
        not taken in; then it does not appear.
        """
        talk = self._talks.in_channel(channel)
        author, place = self._members.get(member), talk.channel if talk else self._rooms.channel(channel)
        if author is None or place is None:
            raise NotAllowed(reason="There is no such member or channel.")
        if silent := self.why_silent(member, channel):
            raise NotAllowed(reason=silent)
        _check_text(text)
        replied = self.message(reply_to) if reply_to else None
        words = text.casefold()
        mentions = tuple(m.id for m in self._members.values() if f"@{m.name.casefold()}" in words)
        spoken = Spoken(
            author=author,
            channel=place,
            text=text,
            reply_to=replied.id if replied else None,
            reply_to_author=replied.author.id if replied else None,
            mentions=mentions,
        )
        message = (await self.say_all([spoken]))[0]
        self._last_said[member, channel] = message.sent_at
        return message

    async def say_all(self, batch: Sequence[Spoken]) -> Sequence[Message]:
        """Take in a batch that was said (one durable append); restrictions don't apply to what is already history.

        Raises: `Unavailable`: none of the batch was taken in.
        """
        async with self._speaking:
            messages = [self._message(spoken) for spoken in batch]
            await self._take_in([MessageWritten(message=message) for message in messages], "said")
            for message in messages:
                self._rooms.keep(message)
        self._tell(Topic.CHAT)
        return messages

    async def edit(self, member: MemberId, message_id: MessageId, text: str) -> Message:
        """The author rewrites a message. Raises: as `say`, and `NotAllowed` when it is not theirs or gone."""
        _check_text(text)
        async with self._speaking:
            message = self._own(member, message_id)
            if silent := self._restrictions.why_silent(member, message.channel.id, self._clock.now(), None):
                raise NotAllowed(reason=silent)
            edited = replace(message, text=text, edited_at=self._clock.now())
            await self._take_in([MessageWritten(message=edited)], "edited")
            self._rooms.keep(edited)
        self._tell(Topic.CHAT)
        return edited

    async def delete(self, member: MemberId, message_id: MessageId) -> None:
        """The author takes a message away. Raises: as `edit`."""
        async with self._speaking:
            message = self._own(member, message_id)
            await self._take_in([self._deletion(message.channel, message.id)], "deleted")
            self._rooms.forget(message_id)
        self._tell(Topic.CHAT)

    def fail_next(self, failure: Failure, times: int = 1, kind: ActionKind | None = None) -> None:
        """Let the next `times` calls of `perform` (of `kind`, where given) fail in this way."""
        self._orders.failures.plan(failure, times, kind)

    def set_door(self, member: MemberId, door: Door) -> None:
        """How private messages of the bot's fare with this member from now on; one who left doesn't speak either."""
        self._orders.doors.set(member, door)

    async def leave(self) -> None:
        """Somebody takes the bot out of the community: it hears and does nothing there. Raises: `Unavailable`."""
        if not self._is_out:
            event = BotRemoved(platform=LOCAL, community=self.community, at=self._clock.now(), is_live=True)
            await self._intake.append([event])
            await self._note({"what": "bot_removed"})
            self._is_out = True

    async def come_back(self) -> None:
        """Somebody puts the bot into the community again. Raises: `Unavailable`."""
        if self._is_out:
            event = BotReturned(platform=LOCAL, community=self.community, at=self._clock.now())
            await self._intake.append([event])
            await self._note({"what": "bot_returned"})
            self._is_out = False

    def posts(self, channel: ChannelId) -> Sequence[BoardPost]:
        """What the bot keeps pinned in a channel."""
        return self.board.pinned(channel)

    async def perform(self, order: Order) -> str:
        """Carry an order out once; a repeated key changes nothing and gives the first receipt again."""
        if self._is_out:
            raise NotAllowed(reason="the bot is not in this community")
        return await self._orders.perform(order)

    async def _remove(self, message_ids: Sequence[MessageId]) -> None:
        async with self._speaking:
            there = [message for each in message_ids if (message := self.message(each)) is not None]
            if not there:
                raise AlreadyDone(reason="the message is gone")
            gone = [self._deletion(each.channel, each.id) for each in there if not is_talk(each.channel.id)]
            await self._intake.append(gone)
            for message in there:
                self._rooms.forget(message.id)

    def _message(self, spoken: Spoken) -> Message:
        message_id = MessageId(self._new_id())
        return Message(
            platform=LOCAL,
            community=self.community,
            channel=spoken.channel,
            id=message_id,
            author=spoken.author,
            text=spoken.text,
            sent_at=spoken.sent_at or self._clock.now(),
            quoted=spoken.quoted,
            reply_to=spoken.reply_to,
            reply_to_author=spoken.reply_to_author,
            mentions=spoken.mentions,
            link=f"/?channel={spoken.channel.id}#m-{message_id}" if self._rooms.is_fixed(spoken.channel.id) else None,
        )

    def _new_id(self) -> str:
        """Rising, and above every id of an earlier run: microseconds of the clock, or the next number."""
        self._last_id = max(self._last_id + 1, int(self._clock.now().timestamp() * 1_000_000))
        return str(self._last_id)

    async def _take_in(self, events: Sequence[Event], what: str) -> None:
        """What the intake has counts, and will be screened: the journal can't refuse it any more.

        What is said in a private talk is nobody's but its people's.
        """
        events = [each for each in events if not is_private(each)]
        if events and not self._is_out:
            await self._intake.append(events)
        if self._journal:
            ids = [e.message.id if isinstance(e, MessageWritten) else getattr(e, "message_id", "") for e in events]
            await self._journal.append_in_time([{"what": what, "id": message_id} for message_id in ids])

    def _own(self, member: MemberId, message_id: MessageId) -> Message:
        message = self.message(message_id)
        if message is None or message.author.id != member:
            raise NotAllowed(reason="Only its author can change a message.")
        return message

    def _deletion(self, channel: Channel, message_id: MessageId) -> MessageDeleted:
        return MessageDeleted(
            platform=LOCAL,
            community=self.community,
            channel=channel,
            message_id=message_id,
            at=self._clock.now(),
        )

    async def _post_deleted(self, channel: ChannelId, message_id: MessageId) -> None:
        place = self._rooms.channel(channel)
        if place is not None and not self._is_out:
            await self._intake.append([self._deletion(place, message_id)])

    async def _note(self, entry: Entry) -> None:
        if self._journal:
            await self._journal.append([entry])

    def _remember(self, entry: Entry) -> None:
        self._last_id = max(self._last_id, int(entry.get("id") or entry.get("receipt") or 0))
        match entry["what"]:
            case "performed":
                self._orders.remember(entry)
            case "bot_removed" | "bot_returned" as what:
                self._is_out = what == "bot_removed"
            case _:
                self.board.remember(entry)

    def _tell_carried_out(self, kind: ActionKind) -> None:
        self._tell(Topic.CARDS)
        if kind not in CARD_KINDS or kind in LETTERS:
            self._tell(Topic.CHAT)

    def _tell(self, topic: Topic) -> None:
        for listener in tuple(self._listeners):
            listener(topic)


def _check_text(text: str) -> None:
    if not text.strip():
        raise NotAllowed(reason="There is nothing to send.")
    if len(text) > MAX_MESSAGE_CHARS:
        raise NotAllowed(reason=f"A message has at most {MAX_MESSAGE_CHARS} characters.")
