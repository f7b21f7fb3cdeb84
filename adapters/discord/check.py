"""Asks Discord, with the bot's own token, whether it can work: for set-up and for `doctor`. Nothing is changed.

Only REST is used: no gateway is opened, so a bot that runs meanwhile isn't disturbed.
"""

import asyncio
from collections.abc import AsyncIterator, Iterable, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import aiohttp
import discord

from adapters.discord.permissions import ACTING, POSTING, invite_link
from adapters.discord.tokens import PORTAL, check_shape, refused_token
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.problem import Problem

DEADLINE_S = 20.0
PEOPLE_ASKED = 25
UNREACHABLE = "can't be reached from here"
_FAILURES = (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError)
LOOK_AT_NETWORK = "check this machine's network and https://discordstatus.com, then try again"


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Whose token it is.

    Attributes:
        id: The bot's member id.
        reads_messages: Whether its Message Content Intent is on; without it there is nothing to screen.
        invite: The link that adds the bot to a server with the permissions it needs, and no others.
    """

    id: str
    name: str
    application_id: str
    reads_messages: bool
    invite: str
    problems: tuple[Problem, ...] = ()


async def check_token(token: str) -> Identity:
    """Who the bot is.

    Raises:
        ConfigurationRefused: Discord doesn't accept the token, or can't be reached.
    """
    check_shape(token)
    try:
        async with _logged_in(token) as client:
            return _identity(client)
    except _FAILURES as error:
        raise ConfigurationRefused("Discord", _reason(error), LOOK_AT_NETWORK) from None


async def check_community(token: str, community: Community) -> list[Problem]:
    """What keeps the bot from serving this community; empty when nothing does.

    Raises:
        ConfigurationRefused: Discord doesn't accept the token.
    """
    check_shape(token)
    place = f"{community.name} ({community.id})"
    if not (community.native_id.isascii() and community.native_id.isdigit()):
        return [Problem(place=place, reason="its id is not one of Discord's", hint="copy the server's id again")]
    try:
        async with _logged_in(token) as client:
            return await _problems_of(client, community, place)
    except _FAILURES as error:
        return [Problem(place="Discord", reason=_reason(error), hint=LOOK_AT_NETWORK)]


@asynccontextmanager
async def _logged_in(token: str) -> AsyncIterator[discord.Client]:
    client = discord.Client(intents=discord.Intents.none(), max_messages=None)
    try:
        async with asyncio.timeout(DEADLINE_S):
            await client.login(token)
            yield client
    except discord.LoginFailure:
        raise refused_token() from None
    finally:
        await client.close()


def _identity(client: discord.Client) -> Identity:
    flags = client.application_flags
    user, application_id = client.user, client.application_id or 0
    reads = flags.gateway_message_content or flags.gateway_message_content_limited
    problem = Problem(
        place="Discord",
        reason="the bot may not read what is written: its Message Content Intent is off",
        hint=f"at {PORTAL} choose the application, then Bot, and switch on Message Content Intent",
    )
    return Identity(
        id=str(user.id) if user else "",
        name=user.name if user else "",
        application_id=str(application_id),
        reads_messages=reads,
        invite=invite_link(application_id),
        problems=() if reads else (problem,),
    )


async def _problems_of(client: discord.Client, community: Community, place: str) -> list[Problem]:
    try:
        guild = await client.fetch_guild(int(community.native_id), with_counts=False)
        channels = await guild.fetch_channels()
        me = await guild.fetch_member(client.user.id if client.user else 0)
    except (discord.NotFound, discord.Forbidden):
        invite = invite_link(client.application_id or 0)
        return [Problem(place=place, reason="the bot is not in this server", hint=f"invite it: {invite}")]
    by_id = {str(channel.id): channel for channel in channels}
    problems = [*_of_place(by_id, community, me, place), *_of_rights(guild, me, place)]
    problems += _of_roles(guild, community, place)
    problems += [problem async for problem in _of_people(guild, community, place)]
    return problems


def _of_place(
    channels: Mapping[str, discord.abc.GuildChannel], community: Community, me: discord.Member, place: str
) -> Iterator[Problem]:
    for field, channel_id in (("alerts", community.alerts), ("crisis_alerts", community.crisis_alerts)):
        channel = channels.get(channel_id)
        where = f"{place}: {field}"
        if not isinstance(channel, discord.TextChannel):
            hint = "name a text channel of this server that the bot can see"
            yield Problem(place=where, reason="there is no such text channel", hint=hint)
            continue
        held = channel.permissions_for(me)
        for need in POSTING:
            if not getattr(held, need.flag):
                hint = f"allow it for the bot in the settings of #{channel.name}; it needs this {need.purpose}"
                yield Problem(place=where, reason=f"the bot lacks {need.name} in #{channel.name}", hint=hint)
        if channel.permissions_for(channel.guild.default_role).view_channel:
            is_crisis = field == "crisis_alerts"
            who = "responders" if is_crisis else "moderators"
            hint = f"make #{channel.name} a private channel for {who}"
            yield Problem(place=where, reason="everybody in the server can read it", hint=hint, is_grave=is_crisis)
    if community.alerts == community.crisis_alerts:
        hint = "name a channel of its own that responders alone can see"
        reason = "crisis alerts go where all moderators read"
        yield Problem(place=f"{place}: crisis_alerts", reason=reason, hint=hint, is_grave=False)


def _of_rights(guild: discord.Guild, me: discord.Member, place: str) -> Iterator[Problem]:
    held = me.guild_permissions
    if held.administrator:
        hint = "take Administrator away from its role: it needs much less"
        yield Problem(place=place, reason="the bot is an administrator", hint=hint, is_grave=False)
        return
    for need in ACTING:
        if not getattr(held, need.flag):
            hint = f"allow it for the bot's role; it needs this {need.purpose}"
            yield Problem(place=place, reason=f"the bot lacks {need.name}", hint=hint, is_grave=False)


def _of_roles(guild: discord.Guild, community: Community, place: str) -> Iterator[Problem]:
    known = {str(role.id) for role in guild.roles}
    for field, roles in (
        ("moderator_roles", community.moderator_roles),
        ("responder_roles", community.responder_roles),
    ):
        for role in sorted(roles - known):
            hint = "copy the role's id again, or take it out"
            yield Problem(place=f"{place}: {field}", reason=f"there is no role {role}", hint=hint, is_grave=False)


async def _of_people(guild: discord.Guild, community: Community, place: str) -> AsyncIterator[Problem]:
    named: Iterable[tuple[str, frozenset[str]]] = (
        ("owners", frozenset(community.owners)),
        ("responders", frozenset(community.responders)),
        ("moderators", frozenset(community.moderators)),
    )
    asked = [(field, member) for field, members in named for member in sorted(members)][:PEOPLE_ASKED]
    for field, member in asked:
        try:
            await guild.fetch_member(int(member))
        except (discord.NotFound, ValueError):
            hint = "copy the member's id again, or take it out"
            yield Problem(place=f"{place}: {field}", reason=f"{member} is not a member", hint=hint, is_grave=False)


def _reason(error: Exception) -> str:
    if isinstance(error, discord.HTTPException):
        return f"answered with an error ({error.status})"
    return UNREACHABLE
