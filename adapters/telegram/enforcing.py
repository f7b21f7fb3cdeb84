"""What moderators and policies do to messages, members and groups, as calls of the Bot API.

Every call may be repeated: ends are absolute, and what is so already is a success. People who write as a channel have
that channel's (negative) id, and all that Telegram offers against a channel is a ban without an end.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from telegram import Bot, ChatPermissions
from telegram.constants import ChatMemberStatus

from adapters.telegram.places import Place
from core.errors import AlreadyDone, GaveUp, NotAllowed
from core.flow.purging import MESSAGES
from core.model.action import ActionKind
from core.model.card import Text
from core.model.community import Community
from core.model.order import Order
from core.model.record import Action
from core.ports import Clock, Notices

SHORTEST = timedelta(seconds=60)
"""Telegram takes an end nearer than 30 seconds for none at all; the margin is for clocks that differ."""

LONGEST = timedelta(days=366)
"""And one further away than this too."""

ENFORCED = frozenset(
    {
        ActionKind.DELETE,
        ActionKind.PURGE,
        ActionKind.TIMEOUT,
        ActionKind.LIFT_TIMEOUT,
        ActionKind.KICK,
        ActionKind.BAN,
        ActionKind.UNBAN,
        ActionKind.LOCK,
        ActionKind.UNLOCK,
    }
)

ENDS_BY_ITSELF = frozenset({ActionKind.TIMEOUT, ActionKind.BAN})
"""What Telegram ends at its time without being asked again."""

AT_ONCE = 100
"""The most messages that one call deletes."""

_WEAKER_THAN_BAN = frozenset({ActionKind.TIMEOUT, ActionKind.LIFT_TIMEOUT, ActionKind.KICK})
_SENDING = tuple(name for name in ChatPermissions.__slots__ if name.startswith("can_send_"))
_TEXT_ALONE = {name: name == "can_send_messages" for name in _SENDING}
_MAY = "may:"
"""How a lock's receipt begins: what members might send before, which is what unlocking gives back."""


class Enforcer:
    """Carries out the kinds in `ENFORCED`."""

    def __init__(self, *, bot: Bot, clock: Clock, notices: Notices) -> None:
        self._bot = bot
        self._clock = clock
        self._notices = notices
        self._before: dict[int, str] = {}

    async def carry_out(self, order: Order, community: Community, chat: int) -> str:
        """Returns a receipt, by which a lock is undone.

        Raises: `AlreadyDone`, `NotAllowed`, `GaveUp`, and the library's errors.
        """
        action = order.action
        match action.kind:
            case ActionKind.DELETE:
                await self._bot.delete_message(chat, _number(action.target))
            case ActionKind.PURGE:
                await self._purge(action, chat)
            case ActionKind.LOCK | ActionKind.UNLOCK:
                return await self._close_or_open(order, community, chat)
            case _:
                target = _number(action.target)
                if target == chat:
                    raise NotAllowed(reason="it is an anonymous administrator, whom bots can do nothing to")
                if target < 0:
                    await self._on_channel(action, chat, target)
                else:
                    await self._on_member(action, chat, target)
        return ""

    async def _purge(self, action: Action, chat: int) -> None:
        """Telegram passes over those that are gone."""
        named = [_number(each) for each in dict.fromkeys(action.params.get(MESSAGES, "").split(",")) if each]
        for first in range(0, len(named), AT_ONCE):
            await self._bot.delete_messages(chat, named[first : first + AT_ONCE])

    async def _on_member(self, action: Action, chat: int, member: int) -> None:
        if action.kind in _WEAKER_THAN_BAN:
            await self._spare_a_ban(action.kind, chat, member)
        match action.kind:
            case ActionKind.TIMEOUT:
                silent = ChatPermissions.no_permissions()
                await self._bot.restrict_chat_member(chat, member, silent, until_date=self._end(action.until))
            case ActionKind.LIFT_TIMEOUT:
                await self._bot.restrict_chat_member(chat, member, ChatPermissions.all_permissions())
            case ActionKind.BAN:
                await self._bot.ban_chat_member(chat, member, until_date=self._end(action.until))
            case ActionKind.UNBAN:
                await self._bot.unban_chat_member(chat, member, only_if_banned=True)
            case ActionKind.KICK:  # unbanning a member removes them, and they may come back: one call, no ban between
                await self._bot.unban_chat_member(chat, member, only_if_banned=False)

    async def _spare_a_ban(self, kind: ActionKind, chat: int, member: int) -> None:
        """To Telegram all of these set what a member may do, so that each of them would lift a ban."""
        found = await self._bot.get_chat_member(chat, member)
        if found.status == ChatMemberStatus.BANNED:
            raise AlreadyDone(reason="the member is banned")
        if kind is ActionKind.KICK and found.status == ChatMemberStatus.LEFT:
            raise AlreadyDone(reason="the member is not there")

    async def _on_channel(self, action: Action, chat: int, channel: int) -> None:
        match action.kind:
            case ActionKind.BAN if action.until is None:
                await self._bot.ban_chat_sender_chat(chat, channel)
            case ActionKind.UNBAN:
                await self._bot.unban_chat_sender_chat(chat, channel)
            case _:
                raise GaveUp(reason="they write as a channel, and Telegram can only ban a channel, without an end")

    def _end(self, until: datetime | None) -> int | None:
        if until is None:
            return None
        now = self._clock.now()
        if until - now > LONGEST:
            raise GaveUp(reason="Telegram keeps no end that is more than 366 days away")
        return int(max(until, now + SHORTEST).timestamp())

    async def _close_or_open(self, order: Order, community: Community, chat: int) -> str:
        action = order.action
        try:
            place = Place.of(action.target)
        except ValueError:
            raise GaveUp(reason="its target is no chat of Telegram's") from None
        if str(place.chat) not in {str(chat), community.native_id}:
            raise NotAllowed(reason="the channel belongs to another community")
        closes = action.kind is ActionKind.LOCK
        if place.topic is None:
            return await (self._close(chat) if closes else self._reopen(order, chat, community))
        if place.thread is None:
            general = self._bot.close_general_forum_topic if closes else self._bot.reopen_general_forum_topic
            await general(chat)
        else:
            topic = self._bot.close_forum_topic if closes else self._bot.reopen_forum_topic
            await topic(chat, place.thread)
        return ""

    async def _close(self, chat: int) -> str:
        """What members might send before; of a group that is locked already, as far as this process knows it."""
        before = await self._permissions(chat)
        if not before["can_send_messages"]:
            if chat not in self._before:
                raise AlreadyDone(reason="the group is locked")
            return self._before[chat]
        self._before[chat] = _MAY + ",".join(name for name in _SENDING if before[name])
        await self._permit(chat, {**before, **dict.fromkeys(_SENDING, False)})
        return self._before[chat]

    async def _reopen(self, order: Order, chat: int, community: Community) -> str:
        now = await self._permissions(chat)
        if now["can_send_messages"]:
            raise AlreadyDone(reason="the group is not locked")
        known = _sending(order.receipt) or _sending(self._before.get(chat, ""))
        await self._permit(chat, {**now, **(known or _TEXT_ALONE)})
        self._before.pop(chat, None)
        if known is None:
            self._notices.raise_notice(
                f"telegram.text_only.{chat}", Text(key="notice.telegram_text_only", params={"name": community.name})
            )

        return ""

    async def _permissions(self, chat: int) -> dict[str, bool]:
        told = (await self._bot.get_chat(chat)).permissions
        if told is None:
            raise NotAllowed(reason="Telegram tells nothing of the group's permissions", permission="administrator")
        return {name: bool(getattr(told, name)) for name in ChatPermissions.__slots__}

    async def _permit(self, chat: int, permissions: Mapping[str, bool]) -> None:
        await self._bot.set_chat_permissions(
            chat, ChatPermissions.de_json(dict(permissions)), use_independent_chat_permissions=True
        )


def _sending(receipt: str) -> Mapping[str, bool] | None:
    """What members might send, as a lock's receipt says; None for another receipt."""
    if not receipt.startswith(_MAY):
        return None
    allowed = set(receipt.removeprefix(_MAY).split(","))
    return {name: name in allowed for name in _SENDING}


def _number(target: str) -> int:
    try:
        return int(target)
    except ValueError:
        raise GaveUp(reason="its target has no id of Telegram's") from None
