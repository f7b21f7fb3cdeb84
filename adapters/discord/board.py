"""Posts that stand pinned in Discord's channels: looked for first, and only what differs is written.

A receipt is the id of the post's message alone, as `core.model.event.MessageDeleted` names it. A post that is known is
read with one call. One whose receipt is lost is looked for among the pins and the last messages, by the bot's own
authorship and a mark that nobody sees; what is found there twice is taken away but for one.
"""

import asyncio
import secrets
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

import discord

from adapters.discord.client import end_pause
from adapters.discord.failures import (
    FAILURES,
    UNKNOWN_CHANNEL,
    UNKNOWN_MESSAGE,
    board_is_full,
    lacks,
    meaning_on_board,
)
from adapters.discord.names import plain
from adapters.discord.pacing import Pacing
from adapters.discord.pages import Written, read_back, written
from adapters.discord.permissions import KEEPING, LONGER
from adapters.discord.targets import number
from adapters.discord.under_way import UnderWay
from core.care.hidden import hidden, visible
from core.care.unanswered import without_answers
from core.errors import LightkeeperError, NotAllowed, RetryLater
from core.model.community import Community
from core.model.message import ChannelId, CommunityId
from core.model.post import Found, Kept, Post, mark_of
from core.model.standing import Place, PostKind
from core.ports import Texts

DEADLINE_S = 8.0
"""For one look with all that it mends; below the keeper's own."""

PINS = 250
"""As many pinned messages a channel has at most."""

LOOK_BACK = 100
ANNOUNCEMENTS = 5
"""Among so many of the newest messages is what Discord says when something is pinned."""

NONCE_BYTES = 12
MARKS = {kind: hidden(mark_of(kind)) for kind in PostKind}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Board:
    """One post's place during one call."""

    client: discord.Client
    channel: discord.PartialMessageable
    place: Place
    words: Written | None
    """The post as it should be, None where nobody knows."""

    def is_by_bot(self, message: discord.Message) -> bool:
        return self.client.user is not None and message.author.id == self.client.user.id

    def is_announcement(self, message: discord.Message) -> bool:
        """Whether Discord says there that the bot has pinned something."""
        return self.is_by_bot(message) and message.type is discord.MessageType.pins_add

    def is_own(self, message: discord.Message) -> bool:
        """Whether it is this post, or a twin of it: its mark, or its words where the mark got lost."""
        if not self.is_by_bot(message) or message.type is not discord.MessageType.default:
            return False
        if any(mark in message.content for mark in MARKS.values()):
            return MARKS[self.place.kind] in message.content
        return self.words is not None and visible(message.content) == visible(self.words.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Unpinnable:
    """A channel that refused a pin: it is not tried again while the bot may do the same and as many are pinned."""

    allowed: int | None
    pins: int
    refusal: NotAllowed


class DiscordBoard:
    """Speaks `core.member_ports.Board`."""

    def __init__(
        self,
        *,
        client: Callable[[], discord.Client | None],
        communities: Mapping[CommunityId, Community],
        texts: Texts,
        pacing: Pacing,
        under_way: UnderWay,
        deadline_s: float,
    ) -> None:
        """`client` is the one that is logged in, None while there is none."""
        self._client = client
        self._communities = communities
        self._texts = texts
        self._pacing = pacing
        self._under_way = under_way
        self._deadline_s = min(deadline_s, DEADLINE_S)
        self._one_at_a_time: defaultdict[Place, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._searched: set[Place] = set()
        self._nonces: dict[Place, str] = {}
        self._answered: dict[Place, tuple[Written, Written]] = {}
        self._unpinnable: dict[ChannelId, _Unpinnable] = {}

    async def keep(self, post: Post, receipt: str) -> Kept:
        if post.community not in self._communities:
            raise NotAllowed(reason="its community is not in the communities file")
        words = written(without_answers(post.page), self._texts, mark=MARKS[post.kind])
        async with self._at(Place(post.community, post.channel, post.kind), words) as board:
            found, pins = await self._found(board, receipt)
            if found is None:
                return Kept(receipt=str((await self._made(board, words, pins)).id), found=Found.MADE)
            how = Found.STANDING
            if not self._says(board.place, found, words):
                found = await found.edit(
                    content=words.content,
                    embed=words.embed,
                    view=words.view,
                    suppress=not words.more,
                    allowed_mentions=discord.AllowedMentions.none(),
                )
                self._answered[board.place] = (words, read_back(found))
                how = Found.EDITED
            if not found.pinned:
                self._check_allowed(board)
                self._searched.discard(board.place)  # until this has come to its end, nobody knows what is there
                await found.pin()
                self._searched.add(board.place)
                await _tidy(board)
                how = Found.PINNED_AGAIN
            return Kept(receipt=str(found.id), found=how)

    async def drop(self, community: CommunityId, channel: ChannelId, kind: PostKind, receipt: str) -> None:
        async with self._at(Place(community, channel, kind), None) as board:
            self._searched.discard(board.place)  # nothing of it may stay
            try:
                found, _ = await self._found(board, receipt)
            except discord.NotFound as error:
                if error.code != UNKNOWN_CHANNEL:
                    raise
                return
            if found is not None:
                await _deleted(found)
            self._forget(board.place)

    async def _found(self, board: _Board, receipt: str) -> tuple[discord.Message | None, int]:
        """The post, and how many messages are pinned there where that was counted.

        What an interrupted attempt left is gone then: twins, and what Discord said about a pin.
        """
        known = await _known(board, receipt)
        if known is not None and board.place in self._searched:
            return known, 0
        pinned = [each async for each in board.channel.pins(limit=None)]
        recent = [each async for each in board.channel.history(limit=LOOK_BACK)]
        ours = _each_once(known, *filter(board.is_own, (*pinned, *recent)))
        for left in (*ours[1:], *filter(board.is_announcement, recent)):
            await _deleted(left)
        self._searched.add(board.place)
        return (ours[0] if ours else None), len(pinned)

    async def _made(self, board: _Board, words: Written, pins: int) -> discord.Message:
        """Posted and pinned; where it can't be pinned it does not stay."""
        self._check_allowed(board)
        self._check_pinnable(board, pins)
        self._searched.discard(board.place)
        nonce = self._nonces.setdefault(board.place, secrets.token_hex(NONCE_BYTES))
        message = await board.channel.send(
            words.content,
            embed=words.embed or discord.utils.MISSING,
            view=words.view or discord.utils.MISSING,
            nonce=nonce,
            suppress_embeds=not words.more,
            allowed_mentions=discord.AllowedMentions.none(),
        )
        del self._nonces[board.place]
        try:
            await message.pin()
        except discord.HTTPException as error:
            if isinstance(meaning := self._told(error, board), NotAllowed):
                await _deleted(message)
                refused = _Unpinnable(allowed=self._allowed(board), pins=pins, refusal=meaning)
                self._unpinnable[board.place.channel] = refused
            raise
        self._unpinnable.pop(board.place.channel, None)
        self._answered[board.place] = (words, read_back(message))
        self._searched.add(board.place)
        await _tidy(board)
        return message

    def _says(self, place: Place, message: discord.Message, words: Written) -> bool:
        """Whether it says that; also where Discord keeps these words in another way than they were sent."""
        now = read_back(message)
        return now == words or self._answered.get(place) == (words, now)

    @asynccontextmanager
    async def _at(self, where: Place, words: Written | None) -> AsyncIterator[_Board]:
        """One call about one post at a time, within its deadline; what fails is raised in words of our own."""
        client = self._client()
        if client is None:
            raise RetryLater(reason="Discord is not connected")
        channel = client.get_partial_messageable(number(where.channel))
        board = _Board(client=client, channel=channel, place=where, words=words)
        async with self._one_at_a_time[where]:
            with self._pacing.turn(_target(where.channel), is_urgent=False), self._under_way.counted():
                try:
                    async with asyncio.timeout(self._deadline_s):
                        yield board
                except LightkeeperError:
                    raise
                except FAILURES as error:
                    if isinstance(error, TimeoutError):
                        end_pause(client)
                    raise self._told(error, board) from None

    def _told(self, error: BaseException, board: _Board) -> LightkeeperError:
        """What the failure means; what it says about later calls is remembered."""
        name = self._name_of(board)
        meaning = meaning_on_board(error, missing=self._missing(board) or _needed(), place=name)
        if isinstance(meaning, RetryLater) and meaning.after is not None:
            self._pacing.wait(_target(board.place.channel), meaning.after)
        return meaning

    def _check_allowed(self, board: _Board) -> None:
        """Raises: `NotAllowed` where it is known to be pointless: refused requests count against the bot."""
        if missing := self._missing(board):
            raise lacks(missing, self._name_of(board))

    def _check_pinnable(self, board: _Board, pins: int) -> None:
        """Raises: `NotAllowed` where a post would have to be taken away again at once."""
        if pins >= PINS:
            raise board_is_full(self._name_of(board))
        known = self._unpinnable.get(board.place.channel)
        if known and pins >= known.pins and known.allowed == self._allowed(board):
            raise NotAllowed(reason=known.refusal.reason, permission=known.refusal.permission)

    def _missing(self, board: _Board) -> str:
        """Which permissions the bot lacks there, as far as the gateway told; "" for none."""
        allowed = self._allowed(board)
        if allowed is None:
            return ""
        held, needs = discord.Permissions(allowed), (*KEEPING, *([LONGER] if board.words and board.words.more else []))
        return ", ".join(need.name for need in needs if not getattr(held, need.flag))

    def _allowed(self, board: _Board) -> int | None:
        """What the bot may do there, as Discord's number; None where the gateway did not tell."""
        known = self._communities.get(board.place.community)
        guild = board.client.get_guild(int(known.native_id)) if known else None
        channel = guild.get_channel_or_thread(board.channel.id) if guild else None
        return channel.permissions_for(guild.me).value if guild and guild.me and channel else None

    def _name_of(self, board: _Board) -> str:
        name = getattr(board.client.get_channel(board.channel.id), "name", None)
        return f"#{plain(str(name))}" if name else f"the channel {board.channel.id}"

    def _forget(self, place: Place) -> None:
        self._searched.discard(place)
        self._nonces.pop(place, None)
        self._answered.pop(place, None)


async def _known(board: _Board, receipt: str) -> discord.Message | None:
    """The message of that receipt, if it is there and the bot's own."""
    if not (receipt.isascii() and receipt.isdigit()):
        return None
    try:
        message = await board.channel.fetch_message(int(receipt))
    except discord.NotFound as error:
        if error.code == UNKNOWN_MESSAGE:
            return None
        raise
    return message if board.is_by_bot(message) else None


def _each_once(*messages: discord.Message | None) -> list[discord.Message]:
    return list({each.id: each for each in messages if each is not None}.values())


async def _deleted(message: discord.Message) -> None:
    with suppress(discord.NotFound):
        await message.delete()


async def _tidy(board: _Board) -> None:
    """Take away what Discord says about the bot's own pins; it does no harm where that fails."""
    with suppress(*FAILURES):
        async for each in board.channel.history(limit=ANNOUNCEMENTS):
            if board.is_announcement(each):
                await each.delete()


def _needed() -> str:
    return ", ".join(need.name for need in KEEPING)


def _target(channel: ChannelId) -> str:
    return f"board:{channel}"
