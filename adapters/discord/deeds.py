"""What is done to messages, members and channels on Discord.

Through the bare REST calls, since discord.py's objects come from a cache that is empty while the gateway is away.
Every entry in Discord's audit log carries the case's id. Ends are absolute.
"""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any, Literal, cast

import discord

from adapters.discord.cards import escaped
from core.errors import AlreadyDone, GaveUp
from core.model.action import ActionKind
from core.model.card import Text
from core.model.community import Community
from core.model.record import Action
from core.ports import Clock, Notices, Texts

LONGEST_TIMEOUT = timedelta(days=28)
SLOW_MODE_S = 30
THREADS = frozenset({10, 11, 12})
OVERWRITE_OF_A_ROLE: Literal[0] = 0
KEPT = 1_000
WRITING = discord.Permissions(send_messages=True)
SPEAKING = discord.Permissions(send_messages=True, send_messages_in_threads=True, create_public_threads=True)

_K = ActionKind
NO_END_HERE = frozenset({_K.BAN, _K.SLOW_MODE})
"""Kinds with a duration that Discord itself never ends."""

Deed = Callable[[discord.Client, Community, Action], Awaitable[None]]


class Deeds:
    """One method a kind of action."""

    def __init__(self, *, clock: Clock, notices: Notices, texts: Texts, locale: str) -> None:
        self._clock = clock
        self._notices = notices
        self._texts = texts
        self._locale = locale
        self._locked: OrderedDict[str, None] = OrderedDict()
        self._deeds: Mapping[ActionKind, Deed] = {
            _K.DELETE: self._delete,
            _K.WARN: self._warn,
            _K.TIMEOUT: self._time_out,
            _K.LIFT_TIMEOUT: self._lift_timeout,
            _K.KICK: self._kick,
            _K.BAN: self._ban,
            _K.UNBAN: self._unban,
            _K.SLOW_MODE: self._slow_down,
            _K.LIFT_SLOW_MODE: self._lift_slow_mode,
            _K.LOCK: self._lock,
            _K.UNLOCK: self._unlock,
        }

    @property
    def kinds(self) -> frozenset[ActionKind]:
        """What can be done here."""
        return frozenset(self._deeds)

    async def do(self, client: discord.Client, community: Community, action: Action) -> None:
        """Carry it out. Raises: what discord.py raises, and `GaveUp` or `AlreadyDone`."""
        await self._deeds[action.kind](client, community, action)
        if action.until is not None and action.kind in NO_END_HERE:
            params = {
                "action": action.kind.value,
                "case": action.case_id,
                "until": f"{action.until:%Y-%m-%d %H:%M} UTC",
            }
            self._notices.raise_notice(f"discord.no_end.{action.key}", Text(key="notice.discord_no_end", params=params))

    async def _delete(self, client: discord.Client, community: Community, action: Action) -> None:
        await client.http.delete_message(_channel(action), _target(action), reason=_reason(action))

    async def _warn(self, client: discord.Client, community: Community, action: Action) -> None:
        key = "letter.warn" if action.params.get("by") else "letter.automatic_warn"
        words = self._texts.render(Text(key=key, params={"community": escaped(community.name)}), self._locale)
        letter = await client.create_dm(discord.Object(_target(action)))
        await letter.send(words, nonce=action.key[:25], allowed_mentions=discord.AllowedMentions.none())

    async def _time_out(self, client: discord.Client, community: Community, action: Action) -> None:
        longest = self._clock.now() + LONGEST_TIMEOUT
        if action.until is None or action.until > longest:
            raise GaveUp(reason="Discord's time-outs last at most 28 days")
        await client.http.edit_member(
            _guild(community),
            _target(action),
            communication_disabled_until=action.until.isoformat(),
            reason=_reason(action),
        )

    async def _lift_timeout(self, client: discord.Client, community: Community, action: Action) -> None:
        await client.http.edit_member(
            _guild(community), _target(action), communication_disabled_until=None, reason=_reason(action)
        )

    async def _kick(self, client: discord.Client, community: Community, action: Action) -> None:
        await client.http.kick(_target(action), _guild(community), reason=_reason(action))

    async def _ban(self, client: discord.Client, community: Community, action: Action) -> None:
        await client.http.ban(_target(action), _guild(community), delete_message_seconds=0, reason=_reason(action))

    async def _unban(self, client: discord.Client, community: Community, action: Action) -> None:
        await client.http.unban(_target(action), _guild(community), reason=_reason(action))

    async def _slow_down(self, client: discord.Client, community: Community, action: Action) -> None:
        channel = await _read(client, action)
        if int(channel.get("rate_limit_per_user") or 0) >= SLOW_MODE_S:
            raise AlreadyDone(reason="the channel is slow already")
        await client.http.edit_channel(_target(action), rate_limit_per_user=SLOW_MODE_S, reason=_reason(action))

    async def _lift_slow_mode(self, client: discord.Client, community: Community, action: Action) -> None:
        channel = await _read(client, action)
        if int(channel.get("rate_limit_per_user") or 0) != SLOW_MODE_S:
            raise AlreadyDone(reason="its pace is not the one that was set here")
        await client.http.edit_channel(_target(action), rate_limit_per_user=0, reason=_reason(action))

    async def _lock(self, client: discord.Client, community: Community, action: Action) -> None:
        await self._set_locked(client, community, action, is_locked=True)

    async def _unlock(self, client: discord.Client, community: Community, action: Action) -> None:
        await self._set_locked(client, community, action, is_locked=False)

    async def _set_locked(
        self, client: discord.Client, community: Community, action: Action, *, is_locked: bool
    ) -> None:
        """A thread has a lock of its own; in a channel it is the right of everybody to speak."""
        channel = await _read(client, action)
        if int(channel["type"]) in THREADS:
            await client.http.edit_channel(_target(action), locked=is_locked, reason=_reason(action))
            return
        everybody = _guild(community)
        overwrites = channel.get("permission_overwrites") or []
        current = next((each for each in overwrites if int(each["id"]) == everybody), None)
        allow = int(current["allow"]) if current else 0
        deny = int(current["deny"]) if current else 0
        if is_locked and deny & WRITING.value and action.key not in self._locked:
            # Unlocking would open to everybody what was closed to them before.
            raise GaveUp(reason="not everybody may write there as it is: lock it in the channel's own settings")
        allow &= ~SPEAKING.value
        deny = deny | SPEAKING.value if is_locked else deny & ~SPEAKING.value
        if is_locked:  # an attempt whose outcome is unknown may be made again
            self._locked[action.key] = None
            if len(self._locked) > KEPT:
                self._locked.popitem(last=False)
        await client.http.edit_channel_permissions(
            _target(action), everybody, str(allow), str(deny), OVERWRITE_OF_A_ROLE, reason=_reason(action)
        )


async def _read(client: discord.Client, action: Action) -> Mapping[str, Any]:
    """The channel as Discord describes it; which fields there are depends on its type."""
    return cast(Mapping[str, Any], await client.http.get_channel(_target(action)))


def _reason(action: Action) -> str:
    return f"Lightkeeper, case {action.case_id}"


def _guild(community: Community) -> int:
    return int(community.native_id)


def _target(action: Action) -> int:
    return _number(action.target)


def _channel(action: Action) -> int:
    return _number(action.channel or "")


def _number(value: str) -> int:
    if not (value.isascii() and value.isdigit()):
        raise GaveUp(reason="its target has no id of Discord's")
    return int(value)
