"""What the bot has to be allowed on Discord, what each permission is for, and the link that asks for exactly those."""

from collections.abc import Mapping
from dataclasses import dataclass

import discord

from core.model.action import ActionKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One permission.

    Attributes:
        flag: discord.py's name for it.
        name: What Discord's settings call it.
        purpose: What it is for, to follow "it needs this".
    """

    flag: str
    name: str
    purpose: str


POSTING = (
    Need(flag="view_channel", name="View Channel", purpose="to see this channel"),
    Need(flag="send_messages", name="Send Messages", purpose="to post alerts"),
    Need(flag="embed_links", name="Embed Links", purpose="to show alerts as cards"),
    Need(
        flag="read_message_history",
        name="Read Message History",
        purpose="to find an alert again after a restart instead of posting it twice",
    ),
)
"""Needed in the channels where alerts are posted."""

KEEPING = (
    Need(flag="view_channel", name="View Channel", purpose="to see this channel"),
    Need(flag="send_messages", name="Send Messages", purpose="to post there"),
    Need(
        flag="read_message_history",
        name="Read Message History",
        purpose="to see whether its post still stands, instead of posting it twice",
    ),
    Need(flag="pin_messages", name="Pin Messages", purpose="to pin its post, and to pin it again"),
)
"""Needed in the channels where the notice and the cards with help stand."""

LONGER = Need(
    flag="embed_links", name="Embed Links", purpose="to show the end of a text that is too long for a message"
)
"""Needed there only for a text that does not fit."""

ACTING = (
    Need(flag="manage_messages", name="Manage Messages", purpose="to delete messages"),
    Need(flag="moderate_members", name="Timeout Members", purpose="to time members out"),
    Need(flag="kick_members", name="Kick Members", purpose="to remove members"),
    Need(flag="ban_members", name="Ban Members", purpose="to ban members"),
    Need(flag="manage_channels", name="Manage Channels", purpose="to slow a channel down"),
    Need(flag="manage_roles", name="Manage Roles", purpose="to lock a channel"),
    Need(flag="manage_threads", name="Manage Threads", purpose="to lock a thread or to slow it down"),
    Need(
        flag="send_messages_in_threads",
        name="Send Messages in Threads",
        purpose="to lock a channel: it can take from others only what it may itself",
    ),
    Need(
        flag="create_public_threads",
        name="Create Public Threads",
        purpose="to lock a channel: it can take from others only what it may itself",
    ),
)
"""Needed in the whole server for what moderators decide, or a policy does by itself."""

_K = ActionKind
_SLOWING = "Manage Channels (in a thread: Manage Threads)"
_LOCKING = "Manage Roles, Send Messages in Threads and Create Public Threads (in a thread: Manage Threads)"
NEEDED: Mapping[ActionKind, str] = {
    _K.ALERT: "View Channel, Send Messages and Embed Links",
    _K.PAGE: "View Channel, Send Messages and Embed Links",
    _K.DIGEST: "View Channel, Send Messages and Embed Links",
    _K.REFRESH_CARD: "View Channel and Embed Links",
    _K.DELETE: "Manage Messages",
    _K.PURGE: "Manage Messages",
    _K.TIMEOUT: "Timeout Members",
    _K.LIFT_TIMEOUT: "Timeout Members",
    _K.KICK: "Kick Members",
    _K.BAN: "Ban Members",
    _K.UNBAN: "Ban Members",
    _K.SLOW_MODE: _SLOWING,
    _K.LIFT_SLOW_MODE: _SLOWING,
    _K.LOCK: _LOCKING,
    _K.UNLOCK: _LOCKING,
    _K.PAUSE_JOINS: "Manage Server",
    _K.RESUME_JOINS: "Manage Server",
}
"""What each kind of action needs, as Discord's settings call it; a direct message needs nothing.

The invitation does not ask for Manage Server, which allows far more than a pause of joining: an owner may give it.
"""

ON_MEMBERS: Mapping[ActionKind, str] = {
    _K.TIMEOUT: "moderate_members",
    _K.LIFT_TIMEOUT: "moderate_members",
    _K.KICK: "kick_members",
    _K.BAN: "ban_members",
    _K.UNBAN: "ban_members",
}
"""Kinds that Discord also refuses for members who stand above the bot, with the flag that each needs otherwise."""


IN_THE_WHOLE_SERVER = frozenset({*ON_MEMBERS, _K.PAUSE_JOINS, _K.RESUME_JOINS})
"""Kinds whose permission no channel's settings change."""


def wanted() -> discord.Permissions:
    """Exactly what the bot is invited with; never Administrator."""
    return discord.Permissions(**{need.flag: True for need in (*POSTING, *KEEPING, *ACTING)})


def invite_link(application_id: int) -> str:
    """The link by which an owner adds the bot to a server."""
    return discord.utils.oauth_url(application_id, permissions=wanted(), scopes=("bot",))
