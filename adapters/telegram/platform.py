"""Carries out what was ordered on Telegram: cards to the moderators' place, enforcement, words to members.

Telegram recognises no repeated send: an alert whose outcome is unknown is posted again, and both cards carry the same
case id. It tells bots of no deletions, shows them the newest pin alone, lets them read nothing back, offers them no
slow mode, and lets them write only to members who wrote to them first.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager

from telegram import Bot, InlineKeyboardMarkup, LinkPreviewOptions, Message
from telegram.constants import ParseMode
from telegram.error import ChatMigrated, RetryAfter, TelegramError

from adapters.telegram.cards import MESSAGE_UNITS, CardWriter, called
from adapters.telegram.enforcing import ENDS_BY_ITSELF, ENFORCED, LONGEST, Enforcer
from adapters.telegram.groups import Groups
from adapters.telegram.incoming import TELEGRAM
from adapters.telegram.pace import Pace
from adapters.telegram.places import Place
from adapters.telegram.refusals import meaning, wait_of
from core.errors import GaveUp, NotAllowed
from core.model.action import ActionKind
from core.model.capabilities import Capabilities
from core.model.community import Community
from core.model.message import PlatformName
from core.model.order import Order

POSTS = frozenset({ActionKind.ALERT, ActionKind.PAGE, ActionKind.DIGEST})
LETTERS = frozenset({ActionKind.WARN, ActionKind.NOTICE, ActionKind.SUPPORT_MESSAGE})
CARDS_KEPT = 2_000

CAPABILITIES = Capabilities(
    actions=POSTS | LETTERS | ENFORCED | {ActionKind.TELL, ActionKind.TELL_OWNER, ActionKind.REFRESH_CARD},
    recognises_doubles=False,
    edits_cards=True,
    ephemeral=False,
    history=False,
    max_message_chars=MESSAGE_UNITS,
    max_timeout_s=int(LONGEST.total_seconds()),
    ends_by_itself=ENDS_BY_ITSELF,
    sees_deletions=False,
    sees_every_pin=False,
    answers_members=False,
)

_NO_PREVIEW = LinkPreviewOptions(is_disabled=True)


class TelegramPlatform:
    """Speaks `core.ports.Platform` for one bot."""

    def __init__(self, *, bot: Bot, groups: Groups, writer: CardWriter, enforcer: Enforcer, pace: Pace) -> None:
        self._bot = bot
        self._groups = groups
        self._writer = writer
        self._enforcer = enforcer
        self._pace = pace
        self._shown: OrderedDict[str, str] = OrderedDict()
        self._under_way = 0
        self._at_rest = asyncio.Event()
        self._at_rest.set()

    @property
    def name(self) -> PlatformName:
        return TELEGRAM

    @property
    def capabilities(self) -> Capabilities:
        return CAPABILITIES

    async def perform(self, order: Order) -> str:
        """Carry it out; the receipt of what was written is `<channel>:<message id>`."""
        with self.counted():
            if order.action.kind not in CAPABILITIES.actions:
                raise GaveUp(reason="Telegram offers bots nothing for this")
            community = self._groups.named(order.action.community)
            match order.action.kind:
                case ActionKind.REFRESH_CARD:
                    return await self._refresh(order)
                case ActionKind.TELL | ActionKind.TELL_OWNER:
                    return await self._tell(order, community)
                case kind if kind in POSTS:
                    return await self._post(order, community)
                case kind if kind in LETTERS:
                    return await self._write(order, community)
            chat = self._groups.chat(community)
            with self._understood(order, chat):
                await self._pace.turn(chat, order.action.lane, is_message=False)
                return await self._enforcer.carry_out(order, community, chat)

    async def settled(self) -> None:
        """Return when nothing is under way any more."""
        await self._at_rest.wait()

    async def _post(self, order: Order, community: Community) -> str:
        if order.card is None:
            raise GaveUp(reason="the order has no card")
        place = self._groups.alerts(community, order.card.concern)
        words = self._writer.card(order.card, called(order.card))
        receipt = f"{place.channel}:{(await self._send(order, place, words)).message_id}"
        self._remember(receipt, words)
        return receipt

    async def _refresh(self, order: Order) -> str:
        """A card that says the same already is left alone; one that somebody deleted stays away."""
        if order.card is None:
            raise GaveUp(reason="the order has no card")
        place, message_id = _of_receipt(order.receipt)
        words = self._writer.card(order.card)
        if self._shown.get(order.receipt) == words:
            return order.receipt
        chat = self._groups.today(place).chat
        with self._understood(order, chat):
            await self._pace.turn(chat, order.action.lane, is_message=True)
            await self._bot.edit_message_text(
                words,
                chat_id=chat,
                message_id=message_id,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
            )
        self._remember(order.receipt, words)
        return order.receipt

    async def _tell(self, order: Order, community: Community) -> str:
        if not _is_person(order.action.target):
            raise NotAllowed(reason="that is nobody's id on Telegram")
        if order.action.kind is ActionKind.TELL_OWNER:
            words = self._writer.for_owner(order, community)
        elif order.card is None:
            raise GaveUp(reason="the order has no card")
        else:
            words = self._writer.told(order.card, community)
        return await self._to_person(order, words)

    async def _write(self, order: Order, community: Community) -> str:
        written = self._writer.page(order, community)
        words = written.markup if written else self._writer.letter(order, community)
        if not _is_person(order.action.target):
            raise GaveUp(reason="they write as a channel or as the group, which nobody can write to")
        return await self._to_person(order, words, written.keyboard if written else None)

    async def _to_person(self, order: Order, words: str, keyboard: InlineKeyboardMarkup | None = None) -> str:
        target = order.action.target
        return f"{target}:{(await self._send(order, Place(int(target)), words, keyboard)).message_id}"

    async def _send(
        self, order: Order, place: Place, words: str, keyboard: InlineKeyboardMarkup | None = None
    ) -> Message:
        with self._understood(order, place.chat):
            await self._pace.turn(place.chat, order.action.lane, is_message=True)
            return await self._bot.send_message(
                place.chat,
                words,
                message_thread_id=place.thread,
                parse_mode=ParseMode.HTML,
                link_preview_options=_NO_PREVIEW,
                reply_markup=keyboard,
            )

    @contextmanager
    def _understood(self, order: Order, chat: int) -> Iterator[None]:
        """Turns the library's errors into what Delivery goes by, and learns from them."""
        try:
            yield
        except TelegramError as error:
            if isinstance(error, RetryAfter):
                self._pace.hold(chat, wait_of(error))
            if isinstance(error, ChatMigrated):
                self._groups.move(chat, error.new_chat_id)
            raise meaning(error, order.action.kind) from None

    @contextmanager
    def counted(self) -> Iterator[None]:
        """One thing that is under way, for as long as the block lasts."""
        self._under_way += 1
        self._at_rest.clear()
        try:
            yield
        finally:
            self._under_way -= 1
            if not self._under_way:
                self._at_rest.set()

    def _remember(self, receipt: str, words: str) -> None:
        self._shown[receipt] = words
        self._shown.move_to_end(receipt)
        while len(self._shown) > CARDS_KEPT:
            self._shown.popitem(last=False)


def _is_person(target: str) -> bool:
    return target.isascii() and target.isdecimal()


def _of_receipt(receipt: str) -> tuple[Place, int]:
    channel, _, message_id = receipt.rpartition(":")
    try:
        return Place.of(channel), int(message_id)
    except ValueError:
        raise GaveUp(reason="the card's receipt is not Telegram's") from None
