"""The communities that are served, by chat: where their alerts go, what moved, and which groups nobody named.

When a group becomes a supergroup its id changes. What was set up for the old id goes on for the new one until the
owner has written it down; a notice names it.
"""

from collections.abc import Mapping, Sequence

from adapters.telegram.names import plain
from adapters.telegram.places import Place
from core.errors import ConfigurationRefused, NotAllowed
from core.model.card import Text
from core.model.case import Concern
from core.model.community import Community
from core.model.message import ChannelId, CommunityId
from core.ports import Notices

STRANGERS_TOLD = 20
"""Notices of groups that are not served: anybody can add a bot to a group."""

_REMEDY = "write a number such as -1001234567890, or -1001234567890/7 for a topic"


class Groups:
    """The communities of one bot."""

    def __init__(self, communities: Mapping[CommunityId, Community], notices: Notices) -> None:
        """Raises: `ConfigurationRefused` for an id that no Telegram chat has."""
        self._notices = notices
        self._communities = dict(communities)
        self._by_chat = {_chat_id(each): each for each in communities.values()}
        self._alerts = frozenset(place for each in communities.values() for place in alert_places(each))
        for each in communities.values():
            post_places(each)
        self._moved: dict[int, int] = {}
        self._strangers: set[int] = set()

    @property
    def communities(self) -> Sequence[Community]:
        """All that are served."""
        return tuple(self._communities.values())

    def community(self, chat: int) -> Community | None:
        """Whose chat that is; None where it is not served."""
        return self._by_chat.get(chat)

    def named(self, community: CommunityId) -> Community:
        """Raises: `NotAllowed`: it is not served any more."""
        known = self._communities.get(community)
        if known is None:
            raise NotAllowed(reason="the community is not in the communities file")
        return known

    def chat(self, community: Community) -> int:
        """The chat's id of today."""
        return self.today(Place(_chat_id(community))).chat

    def alerts(self, community: Community, concern: Concern) -> Place:
        """Where a card about that goes."""
        everyday, crisis = alert_places(community)
        return self.today(crisis if concern is Concern.CRISIS else everyday)

    def is_for_alerts(self, place: Place) -> bool:
        """Whether moderators get their cards there: it is not screened.

        A whole chat that is served is screened, even where somebody had its alerts posted into it.
        """
        return any(
            self.today(each).holds(place) and (each.topic is not None or self.community(place.chat) is None)
            for each in self._alerts
        )

    def is_known(self, chat: int) -> bool:
        """Whether the chat is served or alerts are posted there."""
        return chat in self._by_chat or any(self.today(each).chat == chat for each in self._alerts)

    def today(self, place: Place) -> Place:
        """The place under the id that its chat has by now."""
        return Place(self._moved.get(place.chat, place.chat), place.topic)

    def has_moved(self, chat: int) -> bool:
        """Whether that chat became another one, and is empty now."""
        return chat in self._moved

    def move(self, old: int, new: int) -> None:
        """A group became a supergroup: follow it, and tell the owner."""
        if not self.is_known(old) or old == new:
            return
        self._moved[old] = new
        community = self._by_chat.get(old)
        if community is not None:
            self._by_chat[new] = community
        self._notices.raise_notice(
            f"telegram.moved.{old}", Text(key="notice.telegram_moved", params={"old": str(old), "new": str(new)})
        )

    def tell_stranger(self, chat: int, title: str) -> None:
        """Name a group that the bot is in and that is not served, once, so that the owner can add it."""
        if chat in self._strangers or len(self._strangers) >= STRANGERS_TOLD:
            return
        self._strangers.add(chat)
        params = {"id": str(chat), "name": plain(title) or str(chat)}
        self._notices.raise_notice(f"telegram.stranger.{chat}", Text(key="notice.telegram_stranger", params=params))

    def forget_stranger(self, chat: int) -> None:
        """The bot has left it."""
        if chat in self._strangers:
            self._strangers.discard(chat)
            self._notices.clear_notice(f"telegram.stranger.{chat}")


def alert_places(community: Community) -> tuple[Place, Place]:
    """Where alerts and where crisis alerts go. Raises: `ConfigurationRefused`."""
    return _place(community, "alerts", community.alerts), _place(community, "crisis_alerts", community.crisis_alerts)


def post_places(community: Community) -> Sequence[tuple[str, Place]]:
    """Where posts are kept standing, each with its field's name. Raises: `ConfigurationRefused`."""
    notice = [("notice", community.notice)] if community.notice else []
    written = [*notice, *(("help_channels", each) for each in community.help_channels)]
    return [(field, _place(community, field, each)) for field, each in written]


def _place(community: Community, field: str, written: ChannelId) -> Place:
    try:
        return Place.of(written)
    except ValueError as error:
        raise ConfigurationRefused(f"{community.id}: {field}", f"{written} is {error}", _REMEDY) from None


def _chat_id(community: Community) -> int:
    try:
        place = Place.of(community.native_id)
    except ValueError as error:
        raise ConfigurationRefused(f"{community.id}: id", str(error), _REMEDY) from None
    if place.topic is not None or place.chat > 0:
        raise ConfigurationRefused(f"{community.id}: id", "not the id of a Telegram group", "a group's begins with -")
    return place.chat
