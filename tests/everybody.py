"""Staff for tests in which it does not matter who clicks."""

from collections.abc import Sequence

from core.model.message import CommunityId, MemberId
from core.model.people import Role


class Everybody:
    """Speaks `core.ports.Staff`: everybody holds these roles, and nobody is known by name."""

    def __init__(self, *roles: Role) -> None:
        self._roles = frozenset(roles)

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        return self._roles

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        return ()
