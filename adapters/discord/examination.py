"""What keeps the bot from serving a server as its owner expects: places, permissions, roles and people.

Asked by REST alone, with a client that is logged in and has no gateway.
"""

from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

import discord

from adapters.discord.names import plain
from adapters.discord.permissions import ACTING, KEEPING, LONGER, POSTING, invite_link
from core.model.community import Community
from core.model.problem import Problem

PEOPLE_ASKED = 25
Channels = Mapping[str, discord.abc.GuildChannel]
"""By id."""


async def problems_of(client: discord.Client, community: Community) -> list[Problem]:
    """Everything that should be mended, nothing when all is well. Raises: what discord.py raises."""
    place = f"{community.name} ({community.id})"
    if not (community.native_id.isascii() and community.native_id.isdigit()):
        return [Problem(place=place, reason="its id is not one of Discord's", hint="copy the server's id again")]
    try:
        guild = await client.fetch_guild(int(community.native_id), with_counts=False)
        channels = await guild.fetch_channels()
        me = await guild.fetch_member(client.user.id if client.user else 0)
    except (discord.NotFound, discord.Forbidden):
        invite = invite_link(client.application_id or 0)
        return [Problem(place=place, reason="the bot is not in this server", hint=f"invite it: {invite}")]
    by_id = {str(channel.id): channel for channel in channels}
    problems = [*_of_place(by_id, community, me, place), *_of_posts(by_id, community, me, place)]
    problems += _of_rights(guild, me, place)
    problems += _of_roles(guild, by_id, community, me, place)
    problems += [problem async for problem in _of_people(guild, by_id, community, place)]
    return problems


def _of_place(channels: Channels, community: Community, me: discord.Member, place: str) -> Iterator[Problem]:
    for field, channel_id in (("alerts", community.alerts), ("crisis_alerts", community.crisis_alerts)):
        channel = channels.get(channel_id)
        where = f"{place}: {field}"
        if not isinstance(channel, discord.TextChannel):
            hint = "name a text channel of this server that the bot can see"
            yield Problem(place=where, reason="there is no such text channel", hint=hint)
            continue
        name = plain(channel.name)
        held = channel.permissions_for(me)
        for need in POSTING:
            if not getattr(held, need.flag):
                hint = f"allow it for the bot in the settings of #{name}; it needs this {need.purpose}"
                yield Problem(place=where, reason=f"the bot lacks {need.name} in #{name}", hint=hint)
        if channel.permissions_for(channel.guild.default_role).view_channel:
            is_crisis = field == "crisis_alerts"
            who = "responders" if is_crisis else "moderators"
            hint = f"make #{name} a private channel for {who}"
            yield Problem(place=where, reason="everybody in the server can read it", hint=hint, is_grave=is_crisis)
    if community.alerts == community.crisis_alerts:
        hint = "name a channel of its own that responders alone can see"
        reason = "crisis alerts go where all moderators read"
        yield Problem(place=f"{place}: crisis_alerts", reason=reason, hint=hint, is_grave=False)


def _of_posts(channels: Channels, community: Community, me: discord.Member, place: str) -> Iterator[Problem]:
    """The channels where the notice and the cards with help stand pinned, which are there for everybody to read."""
    notice = [("notice", community.notice)] if community.notice else []
    for field, channel_id in (*notice, *(("help_channels", each) for each in community.help_channels)):
        channel, where = channels.get(channel_id), f"{place}: {field}"
        if not isinstance(channel, discord.TextChannel):
            hint = "name a text channel of this server that the bot can see"
            yield Problem(place=where, reason=f"there is no such text channel ({channel_id})", hint=hint)
            continue
        name, held = plain(channel.name), channel.permissions_for(me)
        for need in (*KEEPING, LONGER):
            if not getattr(held, need.flag):
                hint = f"allow it for the bot in the settings of #{name}; it needs this {need.purpose}"
                reason = f"the bot lacks {need.name} in #{name}"
                yield Problem(place=where, reason=reason, hint=hint, is_grave=need is not LONGER)
        if channel_id in {community.alerts, community.crisis_alerts}:
            reason, hint = f"#{name} is where alerts are posted", "name a channel that members read"
            yield Problem(place=where, reason=reason, hint=hint)
        elif not channel.permissions_for(channel.guild.default_role).view_channel:
            hint = f"let everybody see #{name}, or name another channel"
            yield Problem(place=where, reason=f"not everybody can read #{name}", hint=hint, is_grave=False)


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


def _of_roles(
    guild: discord.Guild, channels: Channels, community: Community, me: discord.Member, place: str
) -> Iterator[Problem]:
    known = {str(role.id): role for role in guild.roles}
    for field, roles, members, channel_id in (
        ("moderator_roles", community.moderator_roles, community.moderators, community.alerts),
        ("responder_roles", community.responder_roles, community.responders, community.crisis_alerts),
    ):
        channel = channels.get(channel_id)
        for role_id in sorted(roles):
            where, role = f"{place}: {field}", known.get(role_id)
            if role is None:
                hint = "copy the role's id again, or take it out"
                yield Problem(place=where, reason=f"there is no role {role_id}", hint=hint, is_grave=False)
            elif role.is_default():
                hint = "name a role that only those hold who agreed"
                yield Problem(place=where, reason="everybody's role is named, which makes nobody one", hint=hint)
            elif isinstance(channel, discord.TextChannel):
                yield from _of_role(role, channel, me, where, is_grave=not members)


def _of_role(
    role: discord.Role, channel: discord.TextChannel, me: discord.Member, where: str, *, is_grave: bool
) -> Iterator[Problem]:
    name = plain(role.name)
    if not role.mentionable and not channel.permissions_for(me).mention_everyone:
        hint = f"in the settings of the role {name} switch on 'Allow anyone to @mention this role', or name members"
        reason = f"nobody is notified when the bot mentions the role {name}"
        yield Problem(place=where, reason=reason, hint=hint, is_grave=is_grave)
    if not channel.permissions_for(role).view_channel:
        hint = f"let the role see it, in the settings of #{plain(channel.name)}"
        reason = f"the role {name} can't see #{plain(channel.name)}"
        yield Problem(place=where, reason=reason, hint=hint, is_grave=is_grave)


async def _of_people(
    guild: discord.Guild, channels: Channels, community: Community, place: str
) -> AsyncIterator[Problem]:
    named: Iterable[tuple[str, frozenset[str], str]] = (
        ("owners", frozenset(community.owners), ""),
        ("responders", frozenset(community.responders), community.crisis_alerts),
        ("moderators", frozenset(community.moderators), community.alerts),
    )
    asked = [(field, member, channel) for field, members, channel in named for member in sorted(members)]
    for field, member, channel_id in asked[:PEOPLE_ASKED]:
        where = f"{place}: {field}"
        try:
            found = await guild.fetch_member(int(member))
        except (discord.NotFound, ValueError):
            hint = "copy the member's id again, or take it out"
            yield Problem(place=where, reason=f"{member} is not a member", hint=hint, is_grave=False)
            continue
        channel = channels.get(channel_id)
        if isinstance(channel, discord.TextChannel) and not channel.permissions_for(found).view_channel:
            name = plain(channel.name)
            hint = f"let them see it, in the settings of #{name}: nobody is notified of what they can't see"
            yield Problem(place=where, reason=f"{member} can't see #{name}", hint=hint, is_grave=False)
