"""Discord as `core.ports.Platform`: orders go out by REST, each within a deadline, and fail in words of our own."""

import asyncio
from collections.abc import Mapping

import discord

from adapters.discord.board import DiscordBoard
from adapters.discord.client import end_pause
from adapters.discord.deeds import ENDS_BY_ITSELF, LONGEST_TIMEOUT, Deeds
from adapters.discord.events import DISCORD
from adapters.discord.failures import FAILURES, meaning_of
from adapters.discord.letters import LETTER_KINDS, Letters
from adapters.discord.pacing import Pacing
from adapters.discord.permissions import IN_THE_WHOLE_SERVER, NEEDED, ON_MEMBERS
from adapters.discord.posting import Posting, channel_for
from adapters.discord.under_way import UnderWay
from core.errors import LightkeeperError, NotAllowed, RetryLater
from core.model.action import ActionKind, Lane
from core.model.capabilities import Capabilities
from core.model.community import Community
from core.model.message import CommunityId, PlatformName
from core.model.order import Order
from core.ports import Clock, Texts

DEADLINE_S = 20.0
"""For one call with what discord.py repeats of it; below Delivery's own."""

MESSAGE_CHARS = 4_000

POSTS = frozenset({ActionKind.ALERT, ActionKind.PAGE, ActionKind.DIGEST})
TOLD = frozenset({ActionKind.TELL, ActionKind.TELL_OWNER})
SENT = POSTS | TOLD
CARDS = SENT | {ActionKind.REFRESH_CARD}


class DiscordPlatform:
    """Carries out orders for the communities that are served; `client` is set while the bot is logged in."""

    def __init__(
        self,
        *,
        communities: Mapping[CommunityId, Community],
        clock: Clock,
        texts: Texts,
        locale: str,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self.client: discord.Client | None = None
        self._communities = communities
        self._deadline_s = deadline_s
        self._pacing = Pacing(clock)
        self._posting = Posting(clock=clock, texts=texts, locale=locale)
        self._letters = Letters(texts=texts, locale=locale)
        self._deeds = Deeds(clock=clock)
        self._under_way = UnderWay()
        self.board = DiscordBoard(
            client=lambda: self.client,
            communities=communities,
            texts=texts,
            pacing=self._pacing,
            under_way=self._under_way,
            deadline_s=deadline_s,
        )
        self._capabilities = Capabilities(
            actions=self._deeds.kinds | LETTER_KINDS | CARDS,
            recognises_doubles=True,
            edits_cards=True,
            ephemeral=True,
            history=False,
            max_message_chars=MESSAGE_CHARS,
            max_timeout_s=int(LONGEST_TIMEOUT.total_seconds()),
            ends_by_itself=ENDS_BY_ITSELF,
            answers_members=False,
        )

    @property
    def name(self) -> PlatformName:
        return DISCORD

    @property
    def capabilities(self) -> Capabilities:
        return self._capabilities

    async def perform(self, order: Order) -> str:
        action = order.action
        client = self.client
        if client is None:
            raise RetryLater(reason="Discord is not connected")
        community = self._communities.get(action.community)
        if community is None:
            raise NotAllowed(reason="its community is not in the communities file")
        if action.kind not in self._capabilities.actions:
            raise NotAllowed(reason="Discord has no such action")
        if action.kind in SENT:
            self._posting.expect(action.key)
        permission = NEEDED.get(action.kind, "")
        target = _target(order, community)
        scope = _scope(order, community, permission)
        self._pacing.check_refused(community.id, scope)
        with self._pacing.turn(target, is_urgent=action.lane is Lane.CRISIS), self._under_way.counted():
            try:
                async with asyncio.timeout(self._deadline_s):
                    return await self._carry_out(client, community, order)
            except LightkeeperError:
                raise
            except FAILURES as error:
                if isinstance(error, TimeoutError):
                    end_pause(client)
                raise self._told(error, client, community, order, target, scope) from None

    async def settle(self, at_most_s: float) -> None:
        """Wait until nothing is under way, at most so many seconds."""
        await self._under_way.settle(at_most_s)

    async def _carry_out(self, client: discord.Client, community: Community, order: Order) -> str:
        match order.action.kind:
            case kind if kind in POSTS:
                return await self._posting.post(client, community, order)
            case ActionKind.TELL:
                return await self._posting.tell(client, community, order)
            case ActionKind.TELL_OWNER:
                return await self._posting.tell_owner(client, community, order)
            case ActionKind.REFRESH_CARD:
                return await self._posting.refresh(client, order)
            case kind if kind in LETTER_KINDS:
                return await self._letters.send(client, community, order)
            case _:
                return await self._deeds.do(client, community, order)

    def _told(
        self,
        error: BaseException,
        client: discord.Client,
        community: Community,
        order: Order,
        target: str,
        scope: str,
    ) -> LightkeeperError:
        """What the failure means; what it says about later calls is remembered."""
        meaning = meaning_of(error, order.action.kind)
        if isinstance(error, discord.RateLimited) or (isinstance(error, discord.HTTPException) and error.status == 429):
            if isinstance(meaning, RetryLater) and meaning.after is not None:
                self._pacing.wait(target, meaning.after)
        elif isinstance(meaning, NotAllowed) and meaning.permission:
            flag = ON_MEMBERS.get(order.action.kind)
            guild = client.get_guild(int(community.native_id))
            if flag and guild and guild.me and getattr(guild.me.guild_permissions, flag):
                return NotAllowed(reason="this member's role is not below the bot's role", permission="")
            self._pacing.refuse(community.id, scope, meaning)
        return meaning


def _target(order: Order, community: Community) -> str:
    """What Discord limits together: one sort of call in one place."""
    action = order.action
    if action.kind in TOLD:
        return f"tell:{community.id}"
    if order.card is not None:
        sort = "edit" if action.kind is ActionKind.REFRESH_CARD else "post"
        return f"{sort}:{channel_for(order.card, community)}"
    if action.kind in {ActionKind.DELETE, ActionKind.PURGE}:
        return f"{action.kind}:{action.channel}"
    if action.kind in LETTER_KINDS:
        return f"letter:{community.id}"
    return f"{action.kind}:{community.id}"


def _scope(order: Order, community: Community, permission: str) -> str:
    """Where a missing permission counts: in one channel, or in the whole server for what is done to members."""
    action = order.action
    if not permission:
        return f"{action.kind}:{action.target}"
    if order.card is not None:
        return f"{permission}:{channel_for(order.card, community)}"
    return permission if action.kind in IN_THE_WHOLE_SERVER else f"{permission}:{action.channel}"
