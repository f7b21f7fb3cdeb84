"""The posts at the top of a channel, which the bot keeps standing, and their taking down by whoever moderates there."""

from dataclasses import dataclass
from typing import Any

from adapters.console.member_pages import MemberPages, PageShown
from adapters.console.sources import Pins
from adapters.console.visit import Visit, roles_of
from core.model.people import Role
from core.model.standing import PostKind

MODERATORS = frozenset({Role.MODERATOR, Role.OWNER})
"""Who can unpin and delete on a platform of the demo's kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PinShown:
    """A post at the top of a channel."""

    kind: str
    page: PageShown


class Pinned:
    """What stands at the top of the channel that is open."""

    def __init__(self, pins: Pins | None, pages: MemberPages) -> None:
        self._pins = pins
        self._pages = pages

    def values(self, visit: Visit) -> dict[str, Any]:
        """The posts, the card with help first."""
        posts = self._pins.pinned(visit.channel.id) if self._pins else ()
        return {
            "pinned": [
                PinShown(kind=each.kind.value, page=self._pages.shown(each.page))
                for each in sorted(posts, key=lambda post: post.kind)
                if each.page is not None
            ],
            "may_unpin": bool(roles_of(visit.voice) & MODERATORS),
        }

    async def take_down(self, visit: Visit, kind: str, verb: str) -> bool:
        """Unpin or delete it; False for whoever may not, and for what is no post or no verb. Raises: as `Pins`."""
        if self._pins is None or not roles_of(visit.voice) & MODERATORS or kind not in set(PostKind):
            return False
        match verb:
            case "unpin":
                await self._pins.unpin(visit.channel.id, PostKind(kind))
            case "delete":
                await self._pins.delete_post(visit.channel.id, PostKind(kind))
            case _:
                return False
        return True
