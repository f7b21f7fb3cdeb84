"""A live connection to Discord: events go into the intake, orders go out, and the supervisor starts it again.

`run` makes a new client each time, since discord.py's can't be used twice. Short cuts of the gateway are mended by
discord.py itself, which resumes the session and loses nothing. What was written between two sessions is not read yet:
people are told from when to when.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

import aiohttp
import discord
import structlog

from adapters.discord.client import GatewayClient
from adapters.discord.events import (
    DISCORD,
    Place,
    author_of,
    channel_of,
    community_of,
    deleted,
    is_of_a_member,
    written,
)
from adapters.discord.failures import FAILURES
from adapters.discord.inflow import Inflow
from adapters.discord.names import plain
from adapters.discord.people import People
from adapters.discord.platform import DEADLINE_S, DiscordPlatform
from adapters.discord.tokens import PORTAL, check_shape, refused_token
from core.errors import ConfigurationRefused, LightkeeperError, RetryLater
from core.member_ports import Board
from core.model.card import Text
from core.model.community import Community
from core.model.event import BotRemoved, BotReturned
from core.model.message import Channel, ChannelId, CommunityId, MemberId, RoleId
from core.ports import Clock, Intake, Link, Notices, Texts

log = structlog.get_logger()

GIVE_UP_AFTER = timedelta(minutes=5)
"""A gateway that stays away longer gets a new login: discord.py's own pauses grow to a quarter of an hour."""

LOOK_EVERY_S = 30.0
LOGINS_SPARED = 50
"""Discord resets the token of a bot that logs in more than about a thousand times a day."""

LOGINS_LOOKED_AT_S = 900.0
PEOPLE_ASKED = 50
CLOSE_WITHIN_S = 3.0
TOLD_STRANGERS = 20
DOWN = Text(key="link.discord_down")
STARTING = Text(key="link.discord_starting")
NO_LOGINS = Text(key="link.discord_no_logins")


def connect(
    *,
    token: str,
    communities: Mapping[CommunityId, Community],
    intake: Intake,
    clock: Clock,
    notices: Notices,
    texts: Texts,
    locale: str = "en",
) -> "DiscordConnection":
    """A connection for these communities, which touches no network before it runs.

    Raises:
        ConfigurationRefused: the token can't be one, or a community's id is not one of Discord's.
    """
    check_shape(token)
    for community in communities.values():
        _check_ids(community)
    logging.getLogger("discord").setLevel(logging.WARNING)  # below it, the library quotes what people wrote
    return DiscordConnection(
        token=token,
        communities=communities,
        intake=intake,
        clock=clock,
        notices=notices,
        texts=texts,
        locale=locale,
    )


class DiscordConnection:
    """Speaks `core.ports.Connection`."""

    def __init__(
        self,
        *,
        token: str,
        communities: Mapping[CommunityId, Community],
        intake: Intake,
        clock: Clock,
        notices: Notices,
        texts: Texts,
        locale: str,
        guild_ready_timeout_s: float = 2.0,
        deadline_s: float = DEADLINE_S,
    ) -> None:
        self._token = token
        self._communities = communities
        self._clock = clock
        self._notices = notices
        self._guild_ready_timeout_s = guild_ready_timeout_s
        self._platform = DiscordPlatform(
            communities=communities, clock=clock, texts=texts, locale=locale, deadline_s=deadline_s
        )
        self._inflow = Inflow(intake=intake, clock=clock, notices=notices)
        self._people = People()
        self._link = Link(problem=STARTING)
        self._down_since: datetime | None = None
        self._strangers: set[int] = set()
        self._gone: set[CommunityId] = set()
        self.dropped: Counter[str] = Counter()
        """Events that could not be read, by their kind."""

    @property
    def platform(self) -> DiscordPlatform:
        return self._platform

    @property
    def board(self) -> Board:
        return self._platform.board

    @property
    def link(self) -> Link:
        return self._link

    def name_of(self, member: str) -> str:
        return self._people.name_of(member)

    def channel_name(self, channel: str) -> str:
        return self._people.channel_name(channel)

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[RoleId]:
        return self._people.roles_of(community, member)

    async def run(self) -> None:
        client = GatewayClient(self, guild_ready_timeout_s=self._guild_ready_timeout_s)
        try:
            await self._serve(client)
        except LightkeeperError:
            raise
        except discord.LoginFailure:
            raise refused_token() from None
        except discord.PrivilegedIntentsRequired:
            raise ConfigurationRefused(
                "Discord",
                "the bot may not read what is written: its Message Content Intent is off",
                f"at {PORTAL} choose the application, then Bot, and switch on Message Content Intent",
            ) from None
        except discord.ConnectionClosed as error:
            if error.code == 4004:
                raise refused_token() from None
            raise RetryLater(reason=f"Discord closed the connection (code {error.code})") from None
        except discord.HTTPException as error:
            raise RetryLater(reason=f"Discord answered {error.status}") from None
        except (discord.DiscordException, aiohttp.ClientError, OSError, TimeoutError) as error:
            raise RetryLater(reason=f"Discord can't be reached ({type(error).__name__})") from None
        except Exception as error:  # noqa: BLE001 - the library's boundary: such an error may hold what it failed to read
            raise RetryLater(reason=f"discord.py failed ({type(error).__name__})") from None
        finally:
            self.went_down()
            self._platform.client = None
            await self._platform.settle(CLOSE_WITHIN_S)
            with suppress(TimeoutError):
                async with asyncio.timeout(CLOSE_WITHIN_S):
                    await client.close()

    async def close(self) -> None:
        self._platform.client = None
        await self._platform.settle(CLOSE_WITHIN_S)
        await self._inflow.drain(CLOSE_WITHIN_S)

    async def _serve(self, client: GatewayClient) -> None:
        """Until the gateway ends, or stays away too long."""
        await client.login(self._token)
        self._platform.client = client
        if (await client.fetch_session_start_limits()).remaining < LOGINS_SPARED:
            self._link = replace(self._link, problem=NO_LOGINS)
            await self._clock.sleep(LOGINS_LOOKED_AT_S)  # what is to be posted goes out meanwhile
            raise RetryLater(reason="Discord allows no more logins today")
        serving = asyncio.create_task(client.connect(), name="discord gateway")
        watching = asyncio.create_task(self._until_given_up(), name="discord watch")
        tasks = {serving, watching, asyncio.create_task(self._learn_names(client), name="discord names")}
        try:
            await asyncio.wait({serving, watching}, return_when=asyncio.FIRST_COMPLETED)
            if serving.done():
                serving.result()
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        raise RetryLater(reason="the connection to Discord ended")

    async def _learn_names(self, client: GatewayClient) -> None:
        """Ask once who the people named in the communities file are: they may not write for days."""
        await client.wait_until_ready()
        for community in self._communities.values():
            guild = client.get_guild(int(community.native_id))
            named = sorted(community.owners | community.responders | community.moderators)[:PEOPLE_ASKED]
            for member in (each for each in named if guild and each.isdecimal()):
                with suppress(*FAILURES):
                    found = await guild.fetch_member(int(member)) if guild else None
                    if found is not None:
                        self._people.saw(community.id, author_of(found, int(community.native_id)))

    async def _until_given_up(self) -> None:
        since = self._clock.now()
        while self._link.is_up or self._clock.now() - max(since, self._link.since or since) < GIVE_UP_AFTER:
            await self._clock.sleep(LOOK_EVERY_S)

    # What the client tells (`adapters.discord.client.Listener`).

    def came_up(self, guilds: Iterable[discord.Guild], *, is_resumed: bool) -> None:
        now = self._clock.now()
        if not is_resumed:
            self._tell_missed(now)
            present = {guild.id: guild for guild in guilds}
            # either may have happened unseen while the bot was down
            self._gone = set(self._communities)
            for guild in present.values():
                self.seen(guild)
            for community in self._communities.values():
                if int(community.native_id) not in present:
                    self._tell_gone(community)
        self._down_since = None
        self._link = replace(self._link, is_up=True, since=now, problem=None)
        log.info("connected", platform=DISCORD, state="resumed" if is_resumed else "new")

    def went_down(self) -> None:
        if self._link.is_up:
            self._down_since = self._clock.now()
            self._link = replace(self._link, is_up=False, since=self._down_since, problem=DOWN)
            log.warning("disconnected", platform=DISCORD)

    def seen(self, guild: discord.Guild) -> None:
        community = self._communities.get(community_of(guild.id))
        if community is None:
            self._tell_stranger(guild)
            return
        self._notices.clear_notice(_absent(community.id))
        for place in (*guild.channels, *guild.threads):
            self._people.saw_channel(channel_of(place))
        if community.id in self._gone:
            self._gone.discard(community.id)
            self._inflow.offer(BotReturned(platform=DISCORD, community=community.id, at=self._clock.now()))

    def left(self, guild: discord.Guild) -> None:
        community = self._communities.get(community_of(guild.id))
        if community is not None:
            self._tell_gone(community, is_live=True)
        else:
            self._notices.clear_notice(f"discord.stranger.{guild.id}")

    def written(self, message: discord.Message) -> None:
        if message.guild is None or not is_of_a_member(message):
            return
        community = self._watched(message.guild.id, channel_of(message.channel))
        if community is None:
            return
        event = written(message, message.guild.id, self._clock.now())
        if isinstance(message.author, discord.Member):
            self._people.saw(community.id, event.message.author)
        else:  # some edits come without roles: whoever held one holds it still
            held = self._people.roles_of(community.id, event.message.author.id)
            author = replace(event.message.author, roles=held)
            event = replace(event, message=replace(event.message, author=author))
        self._people.saw_channel(event.message.channel)
        self._link = replace(self._link, last_event_at=self._clock.now())
        self._inflow.offer(event)

    def deleted(self, guild_id: int, place: Place, message_ids: Iterable[int]) -> None:
        channel = channel_of(place)
        if self._watched(guild_id, channel) is None:
            return
        self._link = replace(self._link, last_event_at=self._clock.now())
        for event in deleted(guild_id, channel, list(message_ids), self._clock.now()):
            self._inflow.offer(event)

    def malformed(self, event: str, error: BaseException) -> None:
        self.dropped[event] += 1
        count = self.dropped.total()
        log.error("event_dropped", platform=DISCORD, kind=event, count=count, error=type(error).__name__)
        if "message" in event:
            params = {"count": sum(lost for kind, lost in self.dropped.items() if "message" in kind)}
            self._notices.raise_notice("discord.dropped", Text(key="notice.discord_dropped", params=params))

    def _watched(self, guild_id: int, channel: Channel) -> Community | None:
        """The community, unless it isn't served or the channel is one where its alerts are posted."""
        community = self._communities.get(community_of(guild_id))
        if community is None or {channel.id, channel.parent} & {community.alerts, community.crisis_alerts}:
            return None
        return community

    def _tell_missed(self, now: datetime) -> None:
        until = f"{now:%Y-%m-%d %H:%M} UTC"
        if self._link.since is None:
            text = Text(key="notice.discord_missed_before", params={"until": until})
        else:
            since = self._down_since or self._link.since
            text = Text(key="notice.discord_missed", params={"since": f"{since:%Y-%m-%d %H:%M} UTC", "until": until})
        self._notices.raise_notice("discord.missed", text)

    def _tell_gone(self, community: Community, *, is_live: bool = False) -> None:
        self._gone.add(community.id)
        now = self._clock.now()
        self._inflow.offer(BotRemoved(platform=DISCORD, community=community.id, at=now, is_live=is_live))
        params = {"name": community.name, "id": community.native_id}
        self._notices.raise_notice(_absent(community.id), Text(key="notice.discord_absent", params=params))

    def _tell_stranger(self, guild: discord.Guild) -> None:
        if guild.id in self._strangers or len(self._strangers) >= TOLD_STRANGERS:
            return
        self._strangers.add(guild.id)
        params = {"name": plain(guild.name or str(guild.id)), "id": str(guild.id)}
        self._notices.raise_notice(f"discord.stranger.{guild.id}", Text(key="notice.discord_stranger", params=params))


def _absent(community: CommunityId) -> str:
    return f"discord.absent.{community}"


def _check_ids(community: Community) -> None:
    places: Sequence[tuple[str, str]] = (
        ("id", community.native_id),
        ("alerts", community.alerts),
        ("crisis_alerts", community.crisis_alerts),
        *([("notice", community.notice)] if community.notice else []),
        *(("help_channels", each) for each in community.help_channels),
    )
    for field, value in places:
        if not (value.isascii() and value.isdigit() and int(ChannelId(value)) < 2**64):
            raise ConfigurationRefused(
                f"the community {community.id}: {field}",
                "is not an id of Discord's",
                "in Discord's settings switch on Advanced, Developer Mode, then right-click and choose Copy ID",
            )
