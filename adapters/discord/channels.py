"""Slow mode and locks of channels: what was set there before comes back with undoing them.

What an action replaced is its receipt, so that undoing it is exact after a restart too. An attempt whose outcome was
unknown may be made again: within one process what was replaced at first is remembered.
"""

import re
from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, Literal, cast

import discord

from adapters.discord.targets import guild_of, reason_of, target_of
from core.errors import AlreadyDone, GaveUp
from core.model.community import Community
from core.model.order import Order
from core.model.record import Action

SLOW_MODE_S = 31
"""A pace that Discord's own settings don't offer, so that one that was set here is known from people's."""

KEPT = 1_000
THREADS = frozenset({10, 11, 12})
OVERWRITE_OF_A_ROLE: Literal[0] = 0
WRITING = discord.Permissions(send_messages=True).value
SPEAKING = discord.Permissions(send_messages=True, send_messages_in_threads=True, create_public_threads=True).value

_PACE = re.compile(r"pace:(\d{1,5})")
_OVERWRITE = re.compile(r"overwrite:(?:none|(\d{1,20})/(\d{1,20}))")


class Channels:
    """One method a kind of action; each returns a receipt."""

    def __init__(self) -> None:
        self._before: OrderedDict[int, str] = OrderedDict()

    async def slow_down(self, client: discord.Client, community: Community, order: Order) -> str:
        """A channel that somebody made slower already stays so."""
        action = order.action
        pace = _pace(await _read(client, action))
        if pace == SLOW_MODE_S:
            return self._before.get(target_of(action), "")
        if pace > SLOW_MODE_S:
            raise AlreadyDone(reason="the channel is slow already")
        receipt = self._remember(action, f"pace:{pace}")
        await client.http.edit_channel(target_of(action), rate_limit_per_user=SLOW_MODE_S, reason=reason_of(action))
        return receipt

    async def lift_slow_mode(self, client: discord.Client, community: Community, order: Order) -> str:
        """Another pace than the one set here is somebody else's, and stays."""
        action = order.action
        if _pace(await _read(client, action)) != SLOW_MODE_S:
            raise AlreadyDone(reason="its pace is not the one that was set here")
        known = _PACE.fullmatch(order.receipt or self._before.get(target_of(action), ""))
        pace = int(known[1]) if known else 0
        await client.http.edit_channel(target_of(action), rate_limit_per_user=pace, reason=reason_of(action))
        self._before.pop(target_of(action), None)
        return ""

    async def lock(self, client: discord.Client, community: Community, order: Order) -> str:
        """A thread has a lock of its own; in a channel it is the right of everybody to speak."""
        action = order.action
        channel = await _read(client, action)
        if int(channel["type"]) in THREADS:
            if (channel.get("thread_metadata") or {}).get("locked"):
                raise AlreadyDone(reason="the thread is locked")
            await client.http.edit_channel(target_of(action), locked=True, reason=reason_of(action))
            return ""
        current = _overwrite(channel, community)
        allow, deny = current or (0, 0)
        if deny & WRITING:
            if target_of(action) not in self._before:
                # Unlocking would open to everybody what was closed to them before.
                raise GaveUp(reason="not everybody may write there as it is: lock it in the channel's own settings")
            receipt = self._before[target_of(action)]
        else:
            receipt = self._remember(action, f"overwrite:{f'{allow}/{deny}' if current else 'none'}")
        await _permit(client, community, action, allow & ~SPEAKING, deny | SPEAKING)
        return receipt

    async def unlock(self, client: discord.Client, community: Community, order: Order) -> str:
        """What else was changed there since the lock stays."""
        action = order.action
        channel = await _read(client, action)
        if int(channel["type"]) in THREADS:
            await client.http.edit_channel(target_of(action), locked=False, reason=reason_of(action))
            return ""
        current = _overwrite(channel, community)
        if current is None:
            raise AlreadyDone(reason="the channel is open")
        known = _OVERWRITE.fullmatch(order.receipt or self._before.get(target_of(action), ""))
        allowed, denied = (int(known[1] or 0), int(known[2] or 0)) if known else (current[0], 0)
        allow = current[0] & ~SPEAKING | allowed & SPEAKING
        deny = current[1] & ~SPEAKING | denied & SPEAKING
        if known and known[1] is None and not allow | deny:
            await client.http.delete_channel_permissions(
                target_of(action), guild_of(community), reason=reason_of(action)
            )
        else:
            await _permit(client, community, action, allow, deny)
        self._before.pop(target_of(action), None)
        return ""

    def _remember(self, action: Action, before: str) -> str:
        self._before[target_of(action)] = before
        if len(self._before) > KEPT:
            self._before.popitem(last=False)
        return before


async def _read(client: discord.Client, action: Action) -> Mapping[str, Any]:
    """The channel as Discord describes it; which fields there are depends on its type."""
    return cast(Mapping[str, Any], await client.http.get_channel(target_of(action)))


def _pace(channel: Mapping[str, Any]) -> int:
    return int(channel.get("rate_limit_per_user") or 0)


def _overwrite(channel: Mapping[str, Any], community: Community) -> tuple[int, int] | None:
    """What everybody is allowed and denied there; None where nothing is set."""
    overwrites = channel.get("permission_overwrites") or []
    found = next((each for each in overwrites if int(each["id"]) == guild_of(community)), None)
    return (int(found["allow"]), int(found["deny"])) if found else None


async def _permit(client: discord.Client, community: Community, action: Action, allow: int, deny: int) -> None:
    await client.http.edit_channel_permissions(
        target_of(action),
        guild_of(community),
        str(allow),
        str(deny),
        OVERWRITE_OF_A_ROLE,
        reason=reason_of(action),
    )
