"""Who decides: the people of the communities file, and those whose roles it names."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from adapters.local.memory_intake import MemoryIntake
from bots.run.people import People
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId, RoleId
from core.model.people import Role
from tests.bots.run.quay import Quay
from tests.clock import FakeClock

HARBOUR, ELSEWHERE = CommunityId("local:harbour"), CommunityId("local:elsewhere")


@pytest.fixture
async def known(tmp_path: Path) -> AsyncIterator[People]:
    community = Community(
        id=HARBOUR,
        name="The Harbour",
        alerts=ChannelId("alerts"),
        crisis_alerts=ChannelId("responders"),
        owners=frozenset({MemberId("alma")}),
        moderators=frozenset({MemberId("bastian"), MemberId("alma")}),
        responders=frozenset({MemberId("12345")}),
        responder_roles=frozenset({RoleId("helpers")}),
    )
    quay = Quay(tmp_path, intake=MemoryIntake(), clock=FakeClock())
    yield People({HARBOUR: community}, {"local": quay})
    await quay.close()


async def test_roles_come_from_the_file_and_from_the_platform(known: People) -> None:
    assert known.roles_of(HARBOUR, MemberId("alma")) == {Role.OWNER, Role.MODERATOR}
    assert known.roles_of(HARBOUR, MemberId("wren")) == {Role.RESPONDER}
    assert known.roles_of(HARBOUR, MemberId("tomas")) == frozenset()


async def test_nobody_is_anything_in_a_community_that_is_not_served(known: People) -> None:
    assert known.roles_of(ELSEWHERE, MemberId("alma")) == frozenset()


async def test_those_who_are_named_can_sit_at_the_desk_each_once_owners_first(known: People) -> None:
    named = known.named_in(HARBOUR)
    assert [(each.id, each.name) for each in named] == [("alma", "Alma"), ("bastian", "Bastian"), ("12345", "12345")]
    assert named[0].roles == {RoleId("owner"), RoleId("moderator")}


async def test_who_is_unknown_is_called_by_their_id(known: People) -> None:
    assert (known.name_of("tomas"), known.name_of("99")) == ("Tomas", "99")
    assert (known.channel_name("general"), known.channel_name("77")) == ("general", "77")
