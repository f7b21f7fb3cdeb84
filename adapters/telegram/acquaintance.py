"""Gets to know the groups: what they and their staff are called, whether the bot is in them, and as what."""

from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC

import structlog
from telegram import Bot, Chat, ChatMemberUpdated
from telegram.constants import ChatMemberStatus, ChatType
from telegram.error import BadRequest, ChatMigrated, Forbidden, TelegramError

from adapters.telegram.groups import Groups
from adapters.telegram.incoming import GROUP_TYPES, TELEGRAM, is_inside
from adapters.telegram.names import Names
from adapters.telegram.pace import Pace
from adapters.telegram.places import Place
from core.errors import RetryLater
from core.model.action import Lane
from core.model.card import Text
from core.model.community import Community
from core.model.event import BotRemoved, BotReturned, Event
from core.ports import Clock, Notices

STAFF_ASKED = 30
"""The most people of one community whose names are asked for at the start."""

ASK_AGAIN_S = 30.0

_ADMINISTERS = frozenset({ChatMemberStatus.ADMINISTRATOR, ChatMemberStatus.OWNER})
_log = structlog.get_logger(__name__)
_ABSENT = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})


class Acquaintance:
    """What is learnt by asking, and by being told that the bot's own standing changed."""

    def __init__(
        self, *, bot: Bot, me: int, groups: Groups, names: Names, pace: Pace, clock: Clock, notices: Notices
    ) -> None:
        """`me` is the bot's own id."""
        self._bot = bot
        self._me = me
        self._groups = groups
        self._names = names
        self._pace = pace
        self._clock = clock
        self._notices = notices

    async def make(self, tell: Callable[[Event], Awaitable[None]]) -> None:
        """Ask about every group and its staff, beside more urgent work.

        `tell` takes in whether the bot is there, as Telegram says: that may have changed while nobody was listening.
        """
        for community in self._groups.communities:
            while not await self._is_done(community, tell):
                await self._clock.sleep(ASK_AGAIN_S)

    async def _is_done(self, community: Community, tell: Callable[[Event], Awaitable[None]]) -> bool:
        try:
            await tell(await self._presence(community))
            await self._ask(community)
        except ChatMigrated as error:
            self._groups.move(self._groups.chat(community), error.new_chat_id)
            return False
        except Forbidden:
            self._tell(community, "absent")
            await tell(self._removed(community))
        except BadRequest:  # the id may be wrong: that the bot was taken out is said in other words
            self._tell(community, "absent")
        except (TelegramError, RetryLater):
            return False
        except Exception as error:  # noqa: BLE001 - one group's boundary: names are a convenience
            _log.warning("group_unreadable", community=community.id, error=type(error).__name__)
        return True

    def note(self, change: ChatMemberUpdated) -> None:
        """The bot's own standing in a chat changed."""
        status = change.new_chat_member.status
        community = self._groups.community(change.chat.id)
        if community is not None:
            if status in _ABSENT:
                self._tell(community, "absent")
            elif status in _ADMINISTERS:
                self._clear(community)
            else:
                self._clear(community)
                self._tell(community, "demoted")
        elif status in _ABSENT:
            self._groups.forget_stranger(change.chat.id)
        elif change.chat.type in GROUP_TYPES and not self._groups.is_known(change.chat.id):
            self._groups.tell_stranger(change.chat.id, change.chat.title or "")

    async def going(self, change: ChatMemberUpdated) -> Event | None:
        """Whether the bot is in a served group after that change; a group that became a supergroup says nothing."""
        community = self._groups.community(change.chat.id)
        if community is None:
            return None
        at = change.date.astimezone(UTC)
        if is_inside(change.new_chat_member):
            return BotReturned(platform=TELEGRAM, community=community.id, at=at)
        if await self._has_moved(change.chat):
            return None
        return BotRemoved(platform=TELEGRAM, community=community.id, at=at, is_live=True)

    async def _has_moved(self, chat: Chat) -> bool:
        if chat.type == ChatType.GROUP and not self._groups.has_moved(chat.id):
            try:
                await self._bot.get_chat(chat.id)
            except ChatMigrated as error:
                self._groups.move(chat.id, error.new_chat_id)
            except TelegramError:
                return False
        return self._groups.has_moved(chat.id)

    async def _presence(self, community: Community) -> Event:
        chat = self._groups.chat(community)
        await self._pace.turn(chat, Lane.HOUSEKEEPING, is_message=False)
        if not is_inside(await self._bot.get_chat_member(chat, self._me)):
            return self._removed(community)
        return BotReturned(platform=TELEGRAM, community=community.id, at=self._clock.now())

    def _removed(self, community: Community) -> Event:
        return BotRemoved(platform=TELEGRAM, community=community.id, at=self._clock.now())

    async def _ask(self, community: Community) -> None:
        chat = self._groups.chat(community)
        await self._pace.turn(chat, Lane.HOUSEKEEPING, is_message=False)
        told = await self._bot.get_chat(chat)
        self._names.learn_place(Place(chat), told.title or community.name)
        self._clear(community, "absent")
        for member in _staff(community):
            await self._pace.turn(chat, Lane.HOUSEKEEPING, is_message=False)
            try:
                self._names.learn_user((await self._bot.get_chat_member(chat, member)).user)
            except (Forbidden, BadRequest):
                continue

    def _tell(self, community: Community, what: str) -> None:
        params = {"name": community.name, "id": community.native_id}
        text = (
            Text(key="notice.telegram_absent", params=params)
            if what == "absent"
            else Text(key="notice.telegram_demoted", params=params)
        )
        self._notices.raise_notice(f"telegram.{what}.{community.id}", text)

    def _clear(self, community: Community, *what: str) -> None:
        for each in what or ("absent", "demoted"):
            self._notices.clear_notice(f"telegram.{each}.{community.id}")


def _staff(community: Community) -> Iterator[int]:
    people = sorted(community.responders | community.moderators | community.owners)
    yield from (int(each) for each in people[:STAFF_ASKED] if each.isdecimal())
