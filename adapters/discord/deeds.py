"""What is done to messages, members and the whole server on Discord; for channels see `adapters.discord.channels`.

Through the bare REST calls, since discord.py's objects come from a cache that is empty while the gateway is away.
Every entry in Discord's audit log carries the case's id. Ends are absolute.
"""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta

import discord

from adapters.discord.channels import Channels
from adapters.discord.targets import SIGNATURE, channel_of, guild_of, number, reason_of, target_of
from core.errors import AlreadyDone, GaveUp
from core.flow.noticing import BY
from core.flow.purging import MESSAGES
from core.model.action import ActionKind
from core.model.community import Community
from core.model.order import Order
from core.ports import Clock

LONGEST_TIMEOUT = timedelta(days=28)
LONGEST_PAUSE = timedelta(hours=24)
CLOCKS_DIFFER = timedelta(minutes=1)
AT_ONCE = 100
"""The most messages that one call deletes; two are the fewest."""

BULK_REACHES = timedelta(days=14) - timedelta(hours=1)
"""Older messages are deleted one by one; the margin is for clocks that differ and calls that wait."""

_K = ActionKind
ENDS_BY_ITSELF = frozenset({_K.TIMEOUT, _K.PAUSE_JOINS})
"""What Discord ends at its time without being asked again."""

Deed = Callable[[discord.Client, Community, Order], Awaitable[str]]


class Deeds:
    """One method a kind of action; each returns a receipt or ""."""

    def __init__(self, *, clock: Clock) -> None:
        self._clock = clock
        channels = Channels()
        self._deeds: Mapping[ActionKind, Deed] = {
            _K.DELETE: self._delete,
            _K.PURGE: self._purge,
            _K.TIMEOUT: self._time_out,
            _K.LIFT_TIMEOUT: self._lift_timeout,
            _K.KICK: self._kick,
            _K.BAN: self._ban,
            _K.UNBAN: self._unban,
            _K.SLOW_MODE: channels.slow_down,
            _K.LIFT_SLOW_MODE: channels.lift_slow_mode,
            _K.LOCK: channels.lock,
            _K.UNLOCK: channels.unlock,
            _K.PAUSE_JOINS: self._pause_joins,
            _K.RESUME_JOINS: self._resume_joins,
        }

    @property
    def kinds(self) -> frozenset[ActionKind]:
        """What can be done here."""
        return frozenset(self._deeds)

    async def do(self, client: discord.Client, community: Community, order: Order) -> str:
        """Carry it out. Raises: what discord.py raises, and `GaveUp` or `AlreadyDone`."""
        return await self._deeds[order.action.kind](client, community, order)

    async def _delete(self, client: discord.Client, community: Community, order: Order) -> str:
        action = order.action
        await client.http.delete_message(channel_of(action), target_of(action), reason=reason_of(action))
        return ""

    async def _purge(self, client: discord.Client, community: Community, order: Order) -> str:
        """Together where Discord takes that; one that is gone already stands in nobody's way."""
        action = order.action
        channel, reason = channel_of(action), reason_of(action)
        named: list[str | int] = [
            number(each) for each in dict.fromkeys(action.params.get(MESSAGES, "").split(",")) if each
        ]
        limit = self._clock.now() - BULK_REACHES
        recent = [each for each in named if discord.utils.snowflake_time(int(each)) > limit]
        batches = [recent[first : first + AT_ONCE] for first in range(0, len(recent), AT_ONCE)]
        for batch in batches:
            if len(batch) > 1:
                await client.http.delete_messages(channel, batch, reason=reason)
        together = {each for batch in batches if len(batch) > 1 for each in batch}
        for each in named:
            if each not in together:
                with suppress(discord.NotFound):
                    await client.http.delete_message(channel, each, reason=reason)
        return ""

    async def _time_out(self, client: discord.Client, community: Community, order: Order) -> str:
        action = order.action
        longest = self._clock.now() + LONGEST_TIMEOUT
        if action.until is None or action.until > longest:
            raise GaveUp(reason="Discord's time-outs last at most 28 days")
        await client.http.edit_member(
            guild_of(community),
            target_of(action),
            communication_disabled_until=action.until.isoformat(),
            reason=reason_of(action),
        )
        return ""

    async def _lift_timeout(self, client: discord.Client, community: Community, order: Order) -> str:
        action = order.action
        await client.http.edit_member(
            guild_of(community), target_of(action), communication_disabled_until=None, reason=reason_of(action)
        )
        return ""

    async def _kick(self, client: discord.Client, community: Community, order: Order) -> str:
        action = order.action
        await client.http.kick(target_of(action), guild_of(community), reason=reason_of(action))
        return ""

    async def _ban(self, client: discord.Client, community: Community, order: Order) -> str:
        action = order.action
        await client.http.ban(
            target_of(action), guild_of(community), delete_message_seconds=0, reason=reason_of(action)
        )
        return ""

    async def _unban(self, client: discord.Client, community: Community, order: Order) -> str:
        """At its end a ban is lifted only if it is still the bot's: somebody may have made it their own meanwhile."""
        action = order.action
        if not action.params.get(BY):
            found = await client.http.get_ban(target_of(action), guild_of(community))
            if not (found["reason"] or "").startswith(SIGNATURE):
                raise AlreadyDone(reason="somebody else has banned this member")
        await client.http.unban(target_of(action), guild_of(community), reason=reason_of(action))
        return ""

    async def _pause_joins(self, client: discord.Client, community: Community, order: Order) -> str:
        """Nobody gets in by an invitation; a pause that lasts longer already stays."""
        now, until = self._clock.now(), order.action.until
        if until is None or until - now > LONGEST_PAUSE:
            raise GaveUp(reason="Discord pauses joining for at most 24 hours")
        server = await client.http.get_guild(guild_of(community), with_counts=False)
        paused = (server.get("incidents_data") or {}).get("invites_disabled_until")
        until = min(until, now + LONGEST_PAUSE - CLOCKS_DIFFER)
        if paused and datetime.fromisoformat(paused) >= until:
            raise AlreadyDone(reason="joining is paused already")
        await client.http.edit_incident_actions(guild_of(community), {"invites_disabled_until": until.isoformat()})
        return ""

    async def _resume_joins(self, client: discord.Client, community: Community, order: Order) -> str:
        await client.http.edit_incident_actions(guild_of(community), {"invites_disabled_until": None})
        return ""
