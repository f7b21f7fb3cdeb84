"""Who may see which case."""

import pytest

from core.model.case import Concern
from core.model.message import MemberId
from core.model.people import Actor, Role, may_see
from tests.core.examples import COMMUNITY, ELSEWHERE, a_case


@pytest.mark.parametrize(
    ("role", "sees"),
    [
        (Role.MODERATOR, {Concern.CONDUCT, Concern.RAID, Concern.APPEAL}),
        (Role.RESPONDER, {Concern.CRISIS}),
        (Role.OWNER, set(Concern)),
    ],
)
def test_each_role_sees_its_own_concerns(role: Role, sees: set[Concern]) -> None:
    person = Actor(community=COMMUNITY, member=MemberId("bob"), roles=frozenset({role}))
    assert {concern for concern in Concern if may_see(person, a_case(concern))} == sees
    assert not [concern for concern in Concern if may_see(person, a_case(concern, community=ELSEWHERE))]
    assert not [concern for concern in Concern if may_see(person, a_case(concern, subject="bob"))]


def test_a_member_without_a_role_sees_nothing() -> None:
    member = Actor(community=COMMUNITY, member=MemberId("bob"))
    assert not [concern for concern in Concern if may_see(member, a_case(concern))]
