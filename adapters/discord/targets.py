"""The ids in an action as Discord's numbers: nothing else ever gets into an address."""

from core.errors import GaveUp
from core.model.community import Community
from core.model.record import Action

SIGNATURE = "Lightkeeper, case"
"""How the reasons in Discord's own audit log begin."""


def reason_of(action: Action) -> str:
    """What stands in Discord's audit log."""
    return f"{SIGNATURE} {action.case_id}"


def guild_of(community: Community) -> int:
    """The server."""
    return int(community.native_id)


def target_of(action: Action) -> int:
    """Raises: `GaveUp` for what is no id."""
    return number(action.target)


def channel_of(action: Action) -> int:
    """Where it is done. Raises: `GaveUp` as `target_of`."""
    return number(action.channel or "")


def number(value: str) -> int:
    """Raises: `GaveUp` as `target_of`."""
    if not (value.isascii() and value.isdigit()):
        raise GaveUp(reason="its target has no id of Discord's")
    return int(value)
