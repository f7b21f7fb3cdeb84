"""Asks Discord with one token while the bot need not run: whose it is, where it could serve, what is missing there.

Nothing is changed, and no gateway is opened: a bot that runs meanwhile with the same token isn't disturbed.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import aiohttp
import discord

from adapters.discord.examination import problems_of
from adapters.discord.names import plain
from adapters.discord.permissions import invite_link
from adapters.discord.tokens import PORTAL, check_shape, refused_token
from core.errors import RetryLater
from core.model.community import Community
from core.model.problem import Problem
from core.model.survey import Candidate, Identity, Named

DEADLINE_S = 20.0
"""For everything that one question needs."""

SERVERS_ASKED = 50


def probe(*, token: str) -> "DiscordProbe":
    """A probe that nothing was asked through yet."""
    return DiscordProbe(token)


class DiscordProbe:
    """Speaks `core.ports.Probe`."""

    def __init__(self, token: str) -> None:
        self._token = token

    async def identify(self) -> Identity:
        async with self._asking() as client:
            flags, user, application_id = client.application_flags, client.user, client.application_id or 0
        problem = Problem(
            place="Discord",
            reason="the bot may not read what is written: its Message Content Intent is off",
            hint=f"at {PORTAL} choose the application, then Bot, and switch on Message Content Intent",
        )
        reads_messages = flags.gateway_message_content or flags.gateway_message_content_limited
        return Identity(
            id=str(user.id) if user else "",
            name=plain(user.name) if user else "",
            invite=invite_link(application_id),
            problems=() if reads_messages else (problem,),
        )

    async def survey(self) -> Sequence[Candidate]:
        """The servers that the bot is in. Discord names no staff to a bot, but the owner and the roles."""
        async with self._asking() as client:
            found = [guild.id async for guild in client.fetch_guilds(limit=SERVERS_ASKED, with_counts=False)]
            return [await _candidate(client, guild_id) for guild_id in found]

    async def examine(self, community: Community) -> Sequence[Problem]:
        async with self._asking() as client:
            return await problems_of(client, community)

    @asynccontextmanager
    async def _asking(self) -> AsyncIterator[discord.Client]:
        check_shape(self._token)
        client = discord.Client(intents=discord.Intents.none(), max_messages=None)
        try:
            async with asyncio.timeout(DEADLINE_S):
                await client.login(self._token)
                yield client
        except discord.LoginFailure:
            raise refused_token() from None
        except discord.HTTPException as error:
            raise RetryLater(reason=f"Discord answered with an error ({error.status})") from None
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError):
            raise RetryLater(reason="Discord can't be reached from here") from None
        except (AttributeError, KeyError, TypeError, ValueError):  # as of a proxy or a page that asks to log in
            raise RetryLater(reason="what answers in Discord's place is not Discord") from None
        finally:
            await client.close()


async def _candidate(client: discord.Client, guild_id: int) -> Candidate:
    guild = await client.fetch_guild(guild_id, with_counts=False)
    channels = [each for each in await guild.fetch_channels() if isinstance(each, discord.TextChannel)]
    owners: tuple[Named, ...] = ()
    with suppress(discord.NotFound):
        owner = await guild.fetch_member(guild.owner_id or 0)
        owners = (Named(id=str(owner.id), name=plain(owner.display_name)),)
    roles = [role for role in reversed(guild.roles) if not role.is_default() and not role.managed]
    return Candidate(
        id=str(guild.id),
        name=plain(guild.name),
        places=tuple(
            Named(id=str(each.id), name=f"#{plain(each.name)}") for each in sorted(channels, key=lambda c: c.position)
        ),
        roles=tuple(Named(id=str(role.id), name=plain(role.name)) for role in roles),
        owners=owners,
    )
