"""Who was seen lately: what members and channels are called, and which roles members hold.

Discord tells a bot without the members intent about people when they write; that is enough for names and roles of
those who concern a moderator. The most recently seen are kept.
"""

from collections import OrderedDict
from typing import TypeVar

from adapters.discord.names import plain
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, RoleId

K = TypeVar("K")
V = TypeVar("V")

KEPT = 20_000


class People:
    """Names and roles, from what people wrote."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._names: OrderedDict[MemberId, str] = OrderedDict()
        self._roles: OrderedDict[tuple[CommunityId, MemberId], frozenset[RoleId]] = OrderedDict()
        self._channels: OrderedDict[ChannelId, str] = OrderedDict()

    def saw(self, community: CommunityId, author: Author) -> None:
        """Remember this member as they are now."""
        self._keep(self._names, author.id, plain(author.name) or author.id)
        self._keep(self._roles, (community, author.id), author.roles)

    def saw_channel(self, channel: Channel) -> None:
        """Remember what a channel is called; one whose name isn't known is called by its id and not kept."""
        if channel.name != channel.id:
            self._keep(self._channels, channel.id, plain(channel.name) or channel.id)

    def name_of(self, member: str) -> str:
        """What somebody is called, else the id."""
        return self._names.get(MemberId(member), member)

    def channel_name(self, channel: str) -> str:
        """What a channel is called, else the id."""
        return self._channels.get(ChannelId(channel), channel)

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[RoleId]:
        """The roles that the member held when last seen."""
        return self._roles.get((community, member), frozenset())

    def _keep(self, places: OrderedDict[K, V], key: K, value: V) -> None:
        places[key] = value
        places.move_to_end(key)
        if len(places) > self._kept:
            places.popitem(last=False)
