"""Who may see and do what at the desk: owner, moderator, responder, member.

Crisis cases belong to responders and, behind them, to the owner; all others to moderators and the owner. Responders
need not be moderators. A case that somebody may not see does not exist for them.
"""

from dataclasses import dataclass
from enum import StrEnum

from core.model.case import Case, Concern
from core.model.message import CommunityId, MemberId


class Role(StrEnum):
    """What a member is to the desk; somebody can be several."""

    OWNER = "owner"
    MODERATOR = "moderator"
    RESPONDER = "responder"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """The person behind a click, with roles as the platform has them at that moment."""

    community: CommunityId
    member: MemberId
    roles: frozenset[Role] = frozenset()


FIRST_CALLED: dict[Concern, Role] = {
    Concern.CRISIS: Role.RESPONDER,
    Concern.CONDUCT: Role.MODERATOR,
    Concern.RAID: Role.MODERATOR,
    Concern.APPEAL: Role.MODERATOR,
}
"""Who is called about a case of each concern before the owner is."""

VISIBLE_TO: dict[Concern, frozenset[Role]] = {
    Concern.CRISIS: frozenset({Role.RESPONDER, Role.OWNER}),
    Concern.CONDUCT: frozenset({Role.MODERATOR, Role.OWNER}),
    Concern.RAID: frozenset({Role.MODERATOR, Role.OWNER}),
    Concern.APPEAL: frozenset({Role.MODERATOR, Role.OWNER}),
}
"""The roles that see the cases of each concern."""


def concerns_of(actor: Actor) -> frozenset[Concern]:
    """The concerns whose cases this person sees, but for those about themselves."""
    return frozenset(concern for concern, roles in VISIBLE_TO.items() if actor.roles & roles)


def may_see(actor: Actor, case: Case) -> bool:
    """Whether the case exists for this person; nobody sees a case that is about themselves."""
    return (
        case.community == actor.community
        and case.subject != actor.member
        and bool(actor.roles & VISIBLE_TO[case.concern])
    )
