"""The bot's token: what is said about a wrong one. The token itself is in no message."""

import re

from core.errors import ConfigurationRefused

TOKEN_SETTING = "LIGHTKEEPER_DISCORD_TOKEN"  # noqa: S105 - a setting's name
PORTAL = "https://discord.com/developers/applications"

_SHAPE = re.compile(r"[A-Za-z0-9_.+/=-]{20,200}", re.ASCII)


def check_shape(token: str) -> None:
    """Raises: `ConfigurationRefused` for what can't be a token, before it is sent anywhere."""
    if not _SHAPE.fullmatch(token):
        raise ConfigurationRefused(
            TOKEN_SETTING,
            "does not look like a bot's token",
            f"copy it at {PORTAL}: choose the application, then Bot, then Reset Token",
        )


def refused_token() -> ConfigurationRefused:
    """What to say when Discord doesn't take the token."""
    return ConfigurationRefused(
        TOKEN_SETTING,
        "Discord does not accept this token",
        f"make a new one at {PORTAL}: choose the application, then Bot, then Reset Token, and put it into this setting",
    )
