"""Posts that stand pinned in Telegram's groups, as far as Telegram lets a bot see.

A bot is shown the newest pinned message alone, by when it was sent, and no other message of its own. So a post of ours
is known to be unpinned where nothing is pinned or where the newest pin is older than it. Below a newer pin it counts as
pinned, and nobody's pin is fought. Whether it is still there is found out by editing it: the same words again change
nothing. A receipt is `<chat>:<message id>`: a group that becomes a supergroup numbers its messages anew.

Telegram recognises no repeated send and lets nothing be searched: where the answer to a send was lost, the message of
that attempt can't be found, stays without a pin, and a second one is made.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field

from telegram import (
    Bot,
    ChatFullInfo,
    ChatMember,
    ChatMemberAdministrator,
    ChatMemberOwner,
    ChatMemberRestricted,
    LinkPreviewOptions,
    Message,
)
from telegram.constants import ChatType, ParseMode
from telegram.error import BadRequest, ChatMigrated, Forbidden, RetryAfter, TelegramError

from adapters.telegram.groups import Groups
from adapters.telegram.pace import Pace
from adapters.telegram.pages import Written, links_of, written
from adapters.telegram.places import Place as Chat
from adapters.telegram.refusals import is_gone, is_unchanged, lacks_pinning, meaning_on_board, wait_of
from core.care.hidden import hidden, visible
from core.care.unanswered import without_answers
from core.errors import GaveUp, LightkeeperError, RetryLater
from core.model.action import Lane
from core.model.message import ChannelId, CommunityId
from core.model.post import Found, Kept, Post, mark_of
from core.model.standing import Place, PostKind
from core.ports import Clock, Texts

DEADLINE_S = 8.0
"""For one look with all that it mends; below the keeper's own."""

PINS_UNSEEN = 5
"""So many pins in a row that Telegram took and then did not show: another would only be another line in the chat."""

PINNED_AGAIN_AFTER_S = 600.0
ASKED_EVERY_S = 30.0
"""How often a post that stands below a newer pin is edited to see whether it is there: edits count like messages."""

MARKS = {kind: hidden(mark_of(kind)) for kind in PostKind}
_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


@dataclass(slots=True)
class _Known:
    """What this process knows of one post.

    Attributes:
        receipt: Of the newest message, also where its answer to the keeper was lost.
        words: What it says by our own word, as Telegram took it last.
        shown: How Telegram showed these words, where it shows them in another way.
        seen_s: When it was last known to be there.
        pins_unseen: How often it was pinned since Telegram last showed it as the newest pin, and `pinned_s` when.
    """

    receipt: str = ""
    words: Written | None = None
    shown: tuple[str, tuple[tuple[str, str], ...]] | None = None
    seen_s: float = -ASKED_EVERY_S
    pins_unseen: int = 0
    pinned_s: float = 0.0
    making: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Look:
    """What Telegram told of the chat at the beginning of one call."""

    where: Chat
    told: ChatFullInfo

    @property
    def newest(self) -> Message | None:
        return self.told.pinned_message


class TelegramBoard:
    """Speaks `core.member_ports.Board`."""

    def __init__(
        self,
        *,
        bot: Bot,
        me: int,
        groups: Groups,
        texts: Texts,
        pace: Pace,
        clock: Clock,
        counted: Callable[[], AbstractContextManager[None]],
    ) -> None:
        """`me` is the bot's own id; `counted` marks a call as under way."""
        self._bot = bot
        self._me = me
        self._groups = groups
        self._texts = texts
        self._pace = pace
        self._clock = clock
        self._counted = counted
        self._posts: defaultdict[Place, _Known] = defaultdict(_Known)

    async def keep(self, post: Post, receipt: str) -> Kept:
        self._groups.named(post.community)
        words = written(without_answers(post.page), self._texts, mark=MARKS[post.kind])
        place = Place(post.community, post.channel, post.kind)
        known = self._posts[place]
        async with self._at(place, known) as look:
            number = _number(known.receipt or receipt, look.where)
            ours = self._ours(look, post.kind, words)
            if ours is not None and ours.message_id != number:
                if number is not None and await self._says(look, known, number, words) is not None:
                    await self._remove(look, ours.message_id)  # a twin: the one that is written down stays
                    look = await self._looked(look.where)
                else:
                    number = ours.message_id
            if number is None:
                return await self._made(look, known, words)
            known.receipt = _receipt(look.where, number)
            newest = look.newest.message_id if look.newest else 0
            if newest == number and look.newest is not None:
                return Kept(receipt=known.receipt, found=await self._mended(look, known, look.newest, words))
            how = Found.STANDING
            if newest < number or not self._was_seen_lately(known, words):
                said = await self._says(look, known, number, words)
                if said is None:
                    return await self._made(look, known, words)
                how = said
            if newest < number and self._may_pin_again(known):
                await self._pin(look, known, number)
                how = Found.PINNED_AGAIN
            return Kept(receipt=known.receipt, found=how)

    async def drop(self, community: CommunityId, channel: ChannelId, kind: PostKind, receipt: str) -> None:
        place = Place(community, channel, kind)
        known = self._posts[place]
        try:
            async with self._at(place, known) as look:
                ours = self._ours(look, kind, None)
                numbers = {_number(receipt, look.where), _number(known.receipt, look.where)}
                for number in (numbers | {ours.message_id if ours else None}) - {None}:
                    await self._remove(look, number or 0)
        except GaveUp:  # the chat itself is gone
            pass
        self._posts.pop(place, None)

    async def _mended(self, look: _Look, known: _Known, message: Message, words: Written) -> Found:
        """The post is the newest pin, so that what it says can be read."""
        known.seen_s, known.pins_unseen = self._clock.monotonic(), 0
        shown = (visible(message.text or ""), links_of(message))
        if words.is_shown_by(message) or (known.words == words and known.shown == shown):
            known.words = words
            return Found.STANDING
        said = await self._says(look, known, message.message_id, words)
        if said is None:
            raise RetryLater(reason="it was taken away meanwhile")
        known.shown = shown if said is Found.STANDING else None
        return said

    async def _says(self, look: _Look, known: _Known, number: int, words: Written) -> Found | None:
        """Let it say that: whether it did already; None where it is not there, or not ours."""
        await self._pace.turn(look.where.chat, Lane.ALERT, is_message=True)
        try:
            await self._bot.edit_message_text(
                words.markup,
                chat_id=look.where.chat,
                message_id=number,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                reply_markup=words.keyboard,
            )
        except BadRequest as error:
            if is_gone(error):
                return None
            if not is_unchanged(error):
                raise
            found = Found.STANDING
        else:
            found = Found.EDITED
        known.words, known.seen_s = words, self._clock.monotonic()
        return found

    async def _made(self, look: _Look, known: _Known, words: Written) -> Kept:
        """Posted and pinned; where it can't be pinned it does not stay."""
        await self._check_allowed(look)
        await self._pace.turn(look.where.chat, Lane.ALERT, is_message=True)
        message = await self._bot.send_message(
            look.where.chat,
            words.markup,
            message_thread_id=look.where.thread,
            parse_mode=ParseMode.HTML,
            link_preview_options=_NO_PREVIEW,
            reply_markup=words.keyboard,
            disable_notification=True,
        )
        known.receipt = _receipt(look.where, message.message_id)
        known.words, known.seen_s = words, self._clock.monotonic()
        try:
            await self._pin(look, known, message.message_id)
        except (BadRequest, Forbidden):
            with suppress(TelegramError):
                await self._bot.delete_message(look.where.chat, message.message_id)
                known.receipt = ""
            raise
        return Kept(receipt=known.receipt, found=Found.MADE)

    def _may_pin_again(self, known: _Known) -> bool:
        return known.pins_unseen < PINS_UNSEEN or self._clock.monotonic() - known.pinned_s >= PINNED_AGAIN_AFTER_S

    async def _pin(self, look: _Look, known: _Known, number: int) -> None:
        await self._check_allowed(look)
        await self._pace.turn(look.where.chat, Lane.ALERT, is_message=False)
        await self._bot.pin_chat_message(look.where.chat, number, disable_notification=True)
        known.pins_unseen, known.pinned_s = known.pins_unseen + 1, self._clock.monotonic()

    async def _remove(self, look: _Look, number: int) -> None:
        """Taken away; one that may not be deleted is unpinned at least."""
        await self._pace.turn(look.where.chat, Lane.ALERT, is_message=False)
        try:
            await self._bot.delete_message(look.where.chat, number)
        except BadRequest as error:
            if is_gone(error):
                return
            with suppress(TelegramError):
                await self._bot.unpin_chat_message(look.where.chat, number)
            raise

    async def _check_allowed(self, look: _Look) -> None:
        """Raises: `NotAllowed` before anything is posted that could not be pinned."""
        await self._pace.turn(look.where.chat, Lane.HOUSEKEEPING, is_message=False)
        if not may_pin(look.told, await self._bot.get_chat_member(look.where.chat, self._me)):
            raise lacks_pinning()

    def _ours(self, look: _Look, kind: PostKind, words: Written | None) -> Message | None:
        """The newest pin, if it is this post: by its mark, or by its words where the mark got lost."""
        newest = look.newest
        if newest is None or not self._is_by_bot(newest):
            return None
        text = newest.text or ""
        if any(mark in text for mark in MARKS.values()):
            return newest if MARKS[kind] in text else None
        return newest if words is not None and words.is_shown_by(newest) else None

    def _is_by_bot(self, message: Message) -> bool:
        """In a broadcast channel everybody's messages are the channel's own."""
        is_channels = message.sender_chat is not None and message.chat.type == ChatType.CHANNEL
        return is_channels or (message.from_user is not None and message.from_user.id == self._me)

    def _was_seen_lately(self, known: _Known, words: Written) -> bool:
        return known.words == words and self._clock.monotonic() - known.seen_s < ASKED_EVERY_S

    @asynccontextmanager
    async def _at(self, place: Place, known: _Known) -> AsyncIterator[_Look]:
        """One call about one post at a time, within its deadline; what fails is raised in words of our own."""
        try:
            where = self._groups.today(Chat.of(place.channel))
        except ValueError:
            raise GaveUp(reason="its channel is no chat of Telegram's") from None
        async with known.making:
            with self._counted():
                try:
                    async with asyncio.timeout(DEADLINE_S):
                        yield await self._looked(where)
                except LightkeeperError:
                    raise
                except TimeoutError:
                    raise RetryLater(reason="Telegram does not answer in time") from None
                except TelegramError as error:
                    raise self._told(error, where) from None

    async def _looked(self, where: Chat) -> _Look:
        await self._pace.turn(where.chat, Lane.HOUSEKEEPING, is_message=False)
        return _Look(where=where, told=await self._bot.get_chat(where.chat))

    def _told(self, error: TelegramError, where: Chat) -> LightkeeperError:
        """What the failure means, learning from it."""
        if isinstance(error, RetryAfter):
            self._pace.hold(where.chat, wait_of(error))
        if isinstance(error, ChatMigrated):
            self._groups.move(where.chat, error.new_chat_id)
        return meaning_on_board(error)


def may_pin(told: ChatFullInfo, me: ChatMember) -> bool:
    """Whether the bot may pin messages there, as far as Telegram tells."""
    if isinstance(me, ChatMemberOwner) or told.type == ChatType.PRIVATE:
        return True
    if isinstance(me, ChatMemberAdministrator):
        return bool(me.can_edit_messages if told.type == ChatType.CHANNEL else me.can_pin_messages)
    if isinstance(me, ChatMemberRestricted):
        return bool(me.can_pin_messages)
    # in a public supergroup members may not pin, whatever its settings say
    return bool(told.permissions and told.permissions.can_pin_messages and not told.username)


def _receipt(where: Chat, number: int) -> str:
    return f"{where.chat}:{number}"


def _number(receipt: str, where: Chat) -> int | None:
    """The message that a receipt names, in the chat as it is numbered today."""
    chat, _, number = receipt.partition(":")
    return int(number) if chat == str(where.chat) and number.isascii() and number.isdecimal() else None
