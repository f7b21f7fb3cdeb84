"""Asks Telegram with one token while the bot need not run: whose it is, where it could serve, what is missing there.

Nothing is confirmed and nothing is sent but "typing …" into the places of alerts, which shows whether the bot may
write there. `survey` asks for updates, which a running bot would notice: it is for set-up alone.
"""

from collections import OrderedDict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

from telegram import Bot, Chat, ChatFullInfo, ChatMember, ChatMemberAdministrator, ChatMemberRestricted, Update, User
from telegram.constants import ChatAction, ChatMemberStatus, ChatType
from telegram.error import BadRequest, ChatMigrated, Conflict, Forbidden, InvalidToken, RetryAfter, TelegramError

from adapters.telegram.api import API_URL, SETTING, Api
from adapters.telegram.board import may_pin
from adapters.telegram.connection import ALLOWED_UPDATES, BATCH
from adapters.telegram.groups import Groups, alert_places, post_places
from adapters.telegram.incoming import GROUP_TYPES
from adapters.telegram.names import plain
from adapters.telegram.places import Place
from adapters.telegram.refusals import wait_of
from core.errors import ConfigurationRefused, RetryLater
from core.model.card import Text
from core.model.community import Community
from core.model.message import MemberId
from core.model.problem import Problem
from core.model.survey import Candidate, Identity, Named

RIGHTS = {"can_delete_messages": "delete messages", "can_restrict_members": "time out, remove and ban members"}
"""What the bot needs as an administrator of a watched group, and what for."""

INVITE = "https://t.me/{bot}?startgroup&admin=delete_messages+restrict_members+pin_messages"
PEOPLE_ASKED = 50
RESPONDERS_ASKED = 20

_GONE = frozenset({ChatMemberStatus.LEFT, ChatMemberStatus.BANNED})
_OWNER = ChatMemberStatus.OWNER
_RE_ADD = "send /setprivacy to @BotFather, choose Disable, then remove the bot from its groups and add it again"


def probe(*, token: str, base_url: str = API_URL) -> "TelegramProbe":
    """A probe that nothing was asked through yet."""
    return TelegramProbe(token, base_url)


class TelegramProbe:
    """Speaks `core.ports.Probe`."""

    def __init__(self, token: str, base_url: str) -> None:
        self._token = token
        self._base_url = base_url

    async def identify(self) -> Identity:
        async with self._asking() as bot:
            me = await bot.get_me()
        problems = []
        if not me.can_join_groups:
            problems.append(
                Problem(place="@BotFather", reason="the bot may not join groups", hint="send /setjoingroups")
            )
        if not me.can_read_all_group_messages:
            problems.append(
                Problem(
                    place="@BotFather",
                    reason="privacy mode is on: the bot reads ordinary messages only where it is an administrator",
                    hint=_RE_ADD,
                    is_grave=False,
                )
            )
        name = f"@{me.username}"
        return Identity(id=str(me.id), name=name, invite=INVITE.format(bot=me.username or ""), problems=tuple(problems))

    async def survey(self) -> Sequence[Candidate]:
        """The groups that the bot was told of in the last 24 hours: Telegram lists them nowhere."""
        async with self._asking() as bot:
            updates = await bot.get_updates(limit=BATCH, timeout=0, allowed_updates=list(ALLOWED_UPDATES))
            groups = _groups_in(updates)
            places = tuple(_places_in(updates, groups))
            return [await _candidate(bot, group, places) for group in groups.values()]

    async def examine(self, community: Community) -> Sequence[Problem]:
        try:
            chat = Groups({community.id: community}, _NoNotices()).chat(community)
            everyday, crisis = alert_places(community)
        except ConfigurationRefused as refused:
            return [Problem(place=refused.path, reason=refused.reason, hint=refused.hint)]
        async with self._asking() as bot:
            me = await bot.get_me()
            problems = await _of_group(bot, me, community, chat)
            for place, field in ((everyday, "alerts"), (crisis, "crisis_alerts")):
                problems += await _of_place(bot, me, community, place, field, chat)
            for field, place in post_places(community):
                problems += await _of_post(bot, me, community, place, field)
            problems += await _of_responders(bot, community, crisis)
            problems += await _of_private_chats(bot, me, community)
        if everyday == crisis:
            problems.append(
                Problem(
                    place=f"{community.id}: crisis_alerts",
                    reason="crisis alerts go where every moderator reads them",
                    hint="give them a group of their own, with the responders alone",
                    is_grave=False,
                )
            )
        return problems

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[Bot]:
        api = Api(self._token, self._base_url)
        try:
            yield api.bot
        except InvalidToken:
            raise ConfigurationRefused(
                SETTING,
                "Telegram refuses this token",
                "copy it again from @BotFather, or ask there for a new one",
            ) from None
        except Conflict:
            raise RetryLater(reason="another program receives this bot's messages; stop it first") from None
        except RetryAfter as error:
            raise RetryLater(reason="Telegram asks to wait", after=wait_of(error)) from None
        except (TelegramError, KeyError, TypeError):
            raise RetryLater(reason=f"{self._base_url} can't be reached, or does not answer as Telegram does") from None
        finally:
            await api.close()


class _NoNotices:
    def raise_notice(self, key: str, text: Text) -> None:
        """What there is to tell is told as a problem."""

    def clear_notice(self, key: str) -> None:
        """Nothing was raised."""


async def _of_group(bot: Bot, me: User, community: Community, chat: int) -> list[Problem]:
    place = str(community.id)
    found = await _standing(bot, me, chat, place, f"add @{me.username} to the group as an administrator")
    if isinstance(found, Problem):
        return [found]
    told, member = found
    problems = []
    if told.type not in GROUP_TYPES:
        return [Problem(place=place, reason="it is no group", hint="name the group that people talk in")]
    if told.type == ChatType.GROUP:
        problems.append(
            Problem(
                place=place,
                reason="it is a plain group, where Telegram offers no time-outs and no links to messages",
                hint="make it a supergroup: give it a public link once, or let new members see the history",
                is_grave=False,
            )
        )
    if not isinstance(member, ChatMemberAdministrator):
        blind = not me.can_read_all_group_messages
        reason = "the bot is no administrator, so it can't " + ", ".join(RIGHTS.values())
        if blind:
            reason = "the bot can read no ordinary message there: privacy mode is on, and it is no administrator"
        hint = "make it an administrator who may delete messages, ban users and pin messages"
        return [*problems, Problem(place=place, reason=reason, hint=hint, is_grave=blind)]
    missing = [what for right, what in RIGHTS.items() if not getattr(member, right)]
    problems += [
        Problem(place=place, reason=f"the bot may not {what}", hint="give it that right as an administrator")
        for what in missing
    ]
    return problems


async def _of_place(bot: Bot, me: User, community: Community, place: Place, field: str, watched: int) -> list[Problem]:
    where = f"{community.id}: {field}"
    found = await _standing(bot, me, place.chat, where, f"add @{me.username} to that chat, or name another")
    if isinstance(found, Problem):
        return [found]
    told, member = found
    problems = []
    if place.chat == watched:
        reason = "alerts would be posted into the watched group itself, for everybody to read"
        problems.append(Problem(place=where, reason=reason, hint="name a group of the moderators' own"))
    elif told.username:
        hint = "name a private group" if field == "alerts" else "name a private group with the responders alone"
        problems.append(Problem(place=where, reason="that chat is public: anybody can read it", hint=hint))
    if not await _may_write(bot, place, told, member):
        problems.append(Problem(place=where, reason="the bot may not write there", hint="let it send messages there"))
    return problems


async def _of_post(bot: Bot, me: User, community: Community, place: Place, field: str) -> list[Problem]:
    """Where the notice or a card with help stands pinned."""
    where = f"{community.id}: {field}"
    found = await _standing(bot, me, place.chat, where, f"add @{me.username} to that chat, or name another")
    if isinstance(found, Problem):
        return [found]
    told, member = found
    problems = []
    if place in alert_places(community):
        hint = "name the group that members read"
        problems.append(Problem(place=where, reason="alerts are posted there", hint=hint))
    if not await _may_write(bot, place, told, member):
        problems.append(Problem(place=where, reason="the bot may not write there", hint="let it send messages there"))
    if not may_pin(told, member):
        hint = "make it an administrator who may pin messages"
        problems.append(Problem(place=where, reason="the bot may not pin messages there", hint=hint))
    return problems


async def _of_responders(bot: Bot, community: Community, crisis: Place) -> list[Problem]:
    asked = [each for each in sorted(community.responders) if each.isdecimal()][:RESPONDERS_ASKED]
    absent = [each for each in asked if not await _is_in(bot, crisis.chat, each)]
    if not absent:
        return []
    return [
        Problem(
            place=f"{community.id}: responders",
            reason=f"not in the chat of crisis alerts: {', '.join(absent)}",
            hint="add them there, or take them out of the list",
            is_grave=False,
        )
    ]


async def _of_private_chats(bot: Bot, me: User, community: Community) -> list[Problem]:
    people = sorted(community.owners | community.responders | community.moderators)
    asked = [each for each in people if each.isascii() and each.isdecimal()][:PEOPLE_ASKED]
    out_of_reach = [each for each in asked if not await _may_write_to(bot, int(each))]
    if not out_of_reach:
        return []
    return [
        Problem(
            place=f"{community.id}: private messages",
            reason=f"the bot can't write to {', '.join(out_of_reach)}, whom it tells where alerts can't be posted",
            hint=f"let each of them open @{me.username} and send /start once",
            is_grave=False,
        )
    ]


async def _may_write_to(bot: Bot, member: int) -> bool:
    try:
        await bot.send_chat_action(member, ChatAction.TYPING)
    except (BadRequest, Forbidden):
        return False
    return True


async def _standing(bot: Bot, me: User, chat: int, place: str, hint: str) -> tuple[ChatFullInfo, ChatMember] | Problem:
    """The chat and what the bot is in it."""
    try:
        told = await bot.get_chat(chat)
        if told.type == ChatType.PRIVATE:
            return told, ChatMember(me, ChatMemberStatus.MEMBER)
        member = await bot.get_chat_member(chat, me.id)
    except ChatMigrated as error:
        reason = f"the group became a supergroup with the id {error.new_chat_id}"
        return Problem(place=place, reason=reason, hint="write the new id into the communities file")
    except (BadRequest, Forbidden):
        return Problem(place=place, reason=f"the bot is not in the chat {chat}, or there is none", hint=hint)
    if member.status in _GONE:
        return Problem(place=place, reason=f"the bot is not in the chat {chat}", hint=hint)
    return told, member


async def _may_write(bot: Bot, place: Place, told: ChatFullInfo, member: ChatMember) -> bool:
    if isinstance(member, ChatMemberRestricted) and not member.can_send_messages:
        return False
    if isinstance(member, ChatMemberAdministrator):
        if told.type == ChatType.CHANNEL and not member.can_post_messages:
            return False
    elif told.permissions is not None and not told.permissions.can_send_messages:
        return False
    try:
        await bot.send_chat_action(place.chat, ChatAction.TYPING, message_thread_id=place.thread)
    except (BadRequest, Forbidden):
        return False
    return True


async def _is_in(bot: Bot, chat: int, member: MemberId) -> bool:
    try:
        found = await bot.get_chat_member(chat, int(member))
    except (BadRequest, Forbidden, ChatMigrated):
        return False
    if isinstance(found, ChatMemberRestricted):
        return bool(found.is_member)
    return found.status not in _GONE


async def _candidate(bot: Bot, group: Chat, places: Iterable[tuple[Place, str]]) -> Candidate:
    try:
        people = [each for each in await bot.get_chat_administrators(group.id) if not each.user.is_bot]
    except (BadRequest, Forbidden, ChatMigrated):
        people = []
    owners = tuple(_named(each.user) for each in people if each.status == _OWNER)
    return Candidate(
        id=str(group.id),
        name=plain(group.title or ""),
        places=tuple(Named(id=place.channel, name=name) for place, name in places),
        owners=owners,
        staff=tuple(_named(each.user) for each in people),
    )


def _groups_in(updates: Sequence[Update]) -> OrderedDict[int, Chat]:
    """The groups that the bot is in, as the updates tell, in their order."""
    groups: OrderedDict[int, Chat] = OrderedDict()
    for update in updates:
        chat = update.effective_chat
        if chat is None or chat.type not in GROUP_TYPES:
            continue
        message = update.effective_message
        has_left = update.my_chat_member and update.my_chat_member.new_chat_member.status in _GONE
        if has_left or (message and message.migrate_to_chat_id):
            groups.pop(chat.id, None)
        else:
            groups[chat.id] = chat
    return groups


def _places_in(updates: Sequence[Update], groups: OrderedDict[int, Chat]) -> Iterable[tuple[Place, str]]:
    """Every group, and the topics that somebody wrote in."""
    seen = OrderedDict((Place(chat), plain(group.title or "")) for chat, group in groups.items())
    for update in updates:
        message = update.effective_message
        if message and message.is_topic_message and message.chat.id in groups:
            opening = message.reply_to_message and message.reply_to_message.forum_topic_created
            topic = plain(opening.name) if opening else str(message.message_thread_id)
            name = f"{plain(groups[message.chat.id].title or '')} / {topic}"
            seen[Place(message.chat.id, message.message_thread_id)] = name
    return seen.items()


def _named(user: User) -> Named:
    return Named(id=str(user.id), name=plain(user.full_name) or str(user.id))
