"""Who decides in a community on this machine: whoever of its cast holds a role of the desk's name."""

from collections.abc import Callable, Sequence

from core.model.message import Author, CommunityId, MemberId, RoleId
from core.model.people import Role

_ROLES = frozenset(Role)


class LocalStaff:
    """Speaks `core.ports.Staff`; reads the cast anew at every question."""

    def __init__(self, cast: Callable[[], Sequence[Author]]) -> None:
        self._cast = cast

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        return next((roles_held(each) for each in self._cast() if each.id == member), frozenset())

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        return [each.id for each in self._cast() if role in roles_held(each)]


def roles_held(member: Author) -> frozenset[Role]:
    """What a member of the cast is to the desk."""
    return frozenset(role for role in _ROLES if RoleId(role) in member.roles)
