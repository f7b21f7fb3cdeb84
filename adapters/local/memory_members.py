"""The members' side of the store in memory: what they chose, the posts that stand, and what is kept of one of them."""

from collections.abc import Iterable, Sequence

from core.model.message import ChannelId, CommunityId, MemberId
from core.model.preference import Preference
from core.model.standing import PostKind, Standing


class MemoryChoices:
    """What `core.member_ports.CareStore` says of preferences and posts."""

    def __init__(self) -> None:
        self._preferences: dict[tuple[CommunityId, MemberId], Preference] = {}
        self._standing: dict[tuple[CommunityId, ChannelId, PostKind], Standing] = {}

    def put(
        self,
        preferences: Iterable[Preference],
        fallen: Iterable[tuple[CommunityId, ChannelId, PostKind]],
        standing: Iterable[Standing],
    ) -> None:
        """As in `Commit`."""
        for choice in preferences:
            self._preferences.pop((choice.community, choice.member), None)
            if choice.no_contact or choice.no_crisis_screening:
                self._preferences[choice.community, choice.member] = choice
        for place in fallen:
            self._standing.pop(place, None)
        self._standing.update({(post.community, post.channel, post.kind): post for post in standing})

    def preference(self, community: CommunityId, member: MemberId) -> Preference:
        """As `CareStore.preference`."""
        return self._preferences.get((community, member), Preference(community=community, member=member))

    def standing(self, community: CommunityId) -> Sequence[Standing]:
        """As `CareStore.standing`."""
        here = (post for post in self._standing.values() if post.community == community)
        return sorted(here, key=lambda post: (post.channel, post.kind))

    def leave(self, community: CommunityId) -> None:
        """No post stands there any more; what members chose is for good."""
        self._standing = {place: post for place, post in self._standing.items() if post.community != community}
