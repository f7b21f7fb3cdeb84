"""A made-up server as Discord's JSON: people, roles, channels and ids that belong to nobody."""

from datetime import datetime
from typing import Any

import discord

from tests.clock import START

Json = dict[str, Any]
TOKEN = "synthetic-token-of-nobody.000000"
BOT_ID = 900000000000000001
APPLICATION_ID = 900000000000000002
GUILD_ID = 800000000000000001
GENERAL = 700000000000000001
ALERTS = 700000000000000002
CRISIS = 700000000000000003
THREAD = 700000000000000004
ANN = 600000000000000001
BEN = 600000000000000002
MODERATOR_ROLE = 500000000000000001
BOT_ROLE = 500000000000000002

CONTENT_INTENT = 1 << 18


def snowflake(at: datetime, nth: int = 0) -> int:
    return discord.utils.time_snowflake(at) + nth


def a_user(user_id: int, name: str, *, bot: bool = False) -> Json:
    return {"id": str(user_id), "username": name, "discriminator": "0", "avatar": None, "bot": bot, "global_name": None}


def a_role(role_id: int, name: str, permissions: int, position: int = 1) -> Json:
    return {
        "id": str(role_id),
        "name": name,
        "color": 0,
        "colors": {"primary_color": 0, "secondary_color": None, "tertiary_color": None},
        "hoist": False,
        "position": position,
        "permissions": str(permissions),
        "managed": False,
        "mentionable": True,
        "flags": 0,
    }


def a_channel(channel_id: int, name: str, **more: Any) -> Json:
    return {
        "id": str(channel_id),
        "type": 0,
        "guild_id": str(GUILD_ID),
        "name": name,
        "position": 1,
        "permission_overwrites": [],
        "nsfw": False,
        "rate_limit_per_user": 0,
        "parent_id": None,
        "last_message_id": None,
        **more,
    }


def a_thread(channel_id: int, name: str, parent: int) -> Json:
    metadata = {"archived": False, "auto_archive_duration": 1440, "archive_timestamp": START.isoformat()}
    return a_channel(
        channel_id,
        name,
        type=11,
        parent_id=str(parent),
        owner_id=str(ANN),
        message_count=1,
        member_count=1,
        thread_metadata={**metadata, "locked": False},
    )


def private_overwrites() -> list[Json]:
    return [
        {"id": str(GUILD_ID), "type": 0, "allow": "0", "deny": str(1 << 10)},
        {"id": str(BOT_ROLE), "type": 0, "allow": str(1 << 10), "deny": "0"},
        {"id": str(MODERATOR_ROLE), "type": 0, "allow": str(1 << 10), "deny": "0"},
        {"id": str(ANN), "type": 1, "allow": str(1 << 10), "deny": "0"},
    ]


def a_server(**more: Any) -> Json:
    return {
        "id": str(GUILD_ID),
        "name": "Harbour",
        "owner_id": str(BEN),
        "member_count": 3,
        "unavailable": False,
        "emojis": [],
        "stickers": [],
        "features": [],
        "voice_states": [],
        "presences": [],
        "stage_instances": [],
        "guild_scheduled_events": [],
        "soundboard_sounds": [],
        "large": False,
        "joined_at": START.isoformat(),
        "verification_level": 0,
        "default_message_notifications": 0,
        "explicit_content_filter": 0,
        "mfa_level": 0,
        "nsfw_level": 0,
        "premium_tier": 0,
        "preferred_locale": "en-US",
        "system_channel_flags": 0,
        "afk_timeout": 300,
        "icon": None,
        "description": None,
        "banner": None,
        **more,
    }
