"""Who decides in each community, and what people are called: the communities file, and what the platforms tell."""

from collections.abc import Mapping, Sequence

from core.model.community import Community
from core.model.message import Author, CommunityId, MemberId, RoleId
from core.model.people import Role
from core.ports import Connection


class People:
    """Speaks `core.ports.Staff`; reads the roles anew at every question."""

    def __init__(self, communities: Mapping[CommunityId, Community], connections: Mapping[str, Connection]) -> None:
        """`connections` by platform; more of them may come later."""
        self._communities = communities
        self._connections = connections

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        """What a member is to the desk: named in the file, or holder of a role that is named there."""
        known = self._communities.get(community)
        if known is None:
            return frozenset()
        connection = self._connections.get(known.platform)
        held = connection.roles_of(community, member) if connection else frozenset[RoleId]()
        roles = {
            Role.OWNER: member in known.owners,
            Role.MODERATOR: member in known.moderators or bool(held & known.moderator_roles),
            Role.RESPONDER: member in known.responders or bool(held & known.responder_roles),
        }
        return frozenset(role for role, is_so in roles.items() if is_so)

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        """Those whom the file names for a role, in the order of their ids; who holds one of its roles comes on top."""
        known = self._communities.get(community)
        if known is None:
            return ()
        named = {Role.OWNER: known.owners, Role.MODERATOR: known.moderators, Role.RESPONDER: known.responders}
        return sorted(named[role])

    def named_in(self, community: CommunityId) -> Sequence[Author]:
        """The people whom the file names, with their roles at the desk: owners, moderators, then responders."""
        known = self._communities[community]
        named = (*sorted(known.owners), *sorted(known.moderators), *sorted(known.responders))
        return [
            Author(
                id=member,
                name=self.name_of(member),
                roles=frozenset(RoleId(role) for role in self.roles_of(community, member)),
            )
            for member in dict.fromkeys(named)
        ]

    def name_of(self, member: str) -> str:
        """What people call that member, on whichever platform; the id where nobody has told."""
        return next((name for each in self._connections.values() if (name := each.name_of(member)) != member), member)

    def channel_name(self, channel: str) -> str:
        """What people call that channel; the id where nobody has told."""
        names = (each.channel_name(channel) for each in self._connections.values())
        return next((name for name in names if name != channel), channel)
