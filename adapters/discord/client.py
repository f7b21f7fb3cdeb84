"""discord.py's client, made to bring raw events only and to survive a malformed one.

discord.py ends the whole connection when it can't read one event; here such an event is counted and dropped, and the
rest goes on. No message is cached, and no member but the bot.
"""

import asyncio
import functools
from collections.abc import Callable, Iterable
from typing import Any, Protocol

import discord

from adapters.discord.events import Place

LONGEST_LIMIT_S = 5.0
"""discord.py waits out shorter rate limits by itself; longer ones are handed to Delivery, which serves others."""

INTENTS = discord.Intents(guilds=True, guild_messages=True, message_content=True)

ESSENTIAL = frozenset({"READY", "RESUMED"})
"""Without these the connection is of no use, so that failing to read one ends it."""


class Listener(Protocol):
    """Who wants to know what happens; nothing here may block or raise."""

    def came_up(self, guilds: Iterable[discord.Guild], *, is_resumed: bool) -> None:
        """Events come in; those in between came too only if the session was resumed."""
        ...

    def went_down(self) -> None: ...
    def seen(self, guild: discord.Guild) -> None:
        """A server that the bot is in, perhaps since just now."""
        ...

    def left(self, guild: discord.Guild) -> None:
        """The bot was taken out of a server just now; an outage of Discord's is none."""
        ...

    def written(self, message: discord.Message) -> None: ...
    def deleted(self, guild_id: int, place: Place, message_ids: Iterable[int]) -> None: ...

    def malformed(self, event: str, error: BaseException) -> None:
        """An event could not be read and was dropped."""
        ...


def end_pause(client: discord.Client) -> None:
    """After a call was cut off: discord.py pauses all calls when Discord says so, and only the call that was told ends
    the pause. Cut off meanwhile, it never would, and no alert would go out any more.
    """
    pause = getattr(client.http, "_global_over", None)
    if isinstance(pause, asyncio.Event):
        pause.set()


class GatewayClient(discord.AutoShardedClient):
    """One login; can't be used again once it has ended."""

    def __init__(self, listener: Listener, *, guild_ready_timeout_s: float = 2.0) -> None:
        super().__init__(
            intents=INTENTS,
            max_messages=None,
            member_cache_flags=discord.MemberCacheFlags.none(),
            chunk_guilds_at_startup=False,
            allowed_mentions=discord.AllowedMentions.none(),
            guild_ready_timeout=guild_ready_timeout_s,
        )
        self.http.max_ratelimit_timeout = LONGEST_LIMIT_S  # the constructor takes nothing below 30 s
        self._listener = listener
        self._down: set[int] = set()
        self._is_ready = False
        parsers = self._connection.parsers
        for event, parse in list(parsers.items()):
            if event not in ESSENTIAL:
                parsers[event] = functools.partial(self._read, event, parse)

    def _read(self, event: str, parse: Callable[[Any], None], data: Any) -> None:
        try:
            parse(data)
        except Exception as error:  # noqa: BLE001 - an event's boundary: it is counted and dropped, others go on
            self._listener.malformed(event.lower(), error)

    async def on_ready(self) -> None:
        self._is_ready = True
        if not self._down:
            self._listener.came_up(self.guilds, is_resumed=False)

    async def on_shard_ready(self, shard_id: int) -> None:
        self._down.discard(shard_id)

    async def on_shard_resumed(self, shard_id: int) -> None:
        self._down.discard(shard_id)
        if self._is_ready and not self._down:
            self._listener.came_up(self.guilds, is_resumed=True)

    async def on_shard_disconnect(self, shard_id: int) -> None:
        self._down.add(shard_id)
        self._listener.went_down()

    async def on_guild_join(self, guild: discord.Guild) -> None:
        self._listener.seen(guild)

    async def on_guild_available(self, guild: discord.Guild) -> None:
        if self._is_ready:
            self._listener.seen(guild)

    async def on_guild_remove(self, guild: discord.Guild) -> None:
        self._listener.left(guild)

    async def on_message(self, message: discord.Message) -> None:
        self._listener.written(message)

    async def on_raw_message_edit(self, payload: discord.RawMessageUpdateEvent) -> None:
        if payload.message.edited_at is not None:  # not an unfurled link or a pin
            self._listener.written(payload.message)

    async def on_raw_message_delete(self, payload: discord.RawMessageDeleteEvent) -> None:
        self._tell_deleted(payload.guild_id, payload.channel_id, [payload.message_id])

    async def on_raw_bulk_message_delete(self, payload: discord.RawBulkMessageDeleteEvent) -> None:
        self._tell_deleted(payload.guild_id, payload.channel_id, payload.message_ids)

    async def on_error(self, event_method: str, /, *args: Any, **kwargs: Any) -> None:
        """A handler above raised: the same as an event that can't be read."""
        self._listener.malformed(event_method.removeprefix("on_"), ValueError(event_method))

    def _tell_deleted(self, guild_id: int | None, channel_id: int, message_ids: Iterable[int]) -> None:
        if guild_id is None:
            return
        guild = self.get_guild(guild_id)
        place = guild.get_channel_or_thread(channel_id) if guild else None
        self._listener.deleted(guild_id, place or discord.Object(channel_id), message_ids)
