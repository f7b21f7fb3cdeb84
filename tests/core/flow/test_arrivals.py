"""Members who join all at once: one case, one card, and a pause of joining where the policy says so."""

from datetime import timedelta

import pytest

from core.desk.orders import offers
from core.flow.arrivals import LATE, MAX_JOINS, Arrivals
from core.model.action import ActionKind
from core.model.case import Case, Concern, Enforcement, State
from core.model.event import MemberJoined
from core.model.finding import Category, Kind
from core.model.message import CommunityId, MemberId, PlatformName
from core.model.policy import CommunityPolicy
from tests.clock import START
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import House

MINUTES = timedelta(minutes=2)


def a_policy(on_joins: str = "propose", enforcement: str = "live", joins: int = 5) -> CommunityPolicy:
    raid = {"joins": joins, "join_minutes": 2, "on_joins": on_joins, "pause_minutes": 30}
    return CommunityPolicy.model_validate({"enforcement": enforcement, "raid": raid})


def a_join(member: str, at_s: float = 0, community: CommunityId = COMMUNITY) -> MemberJoined:
    return MemberJoined(
        platform=PlatformName("local"),
        community=community,
        member=MemberId(member),
        name=f"Name of {member}",
        at=START + timedelta(seconds=at_s),
    )


async def join(house: House, *members: str, community: CommunityId = COMMUNITY) -> None:
    """They join one second after the other."""
    for member in members:
        house.clock.advance(timedelta(seconds=1))
        at_s = (house.clock.now() - START).total_seconds()
        await house.intake.append([a_join(member, at_s, community)])
        await house.decide()


def crowd(count: int, first: int = 0) -> list[str]:
    return [f"new{number}" for number in range(first, first + count)]


async def who_joined(house: House, case: Case) -> list[str]:
    return [each.author for each in await house.store.evidence(case.community, case.id)]


async def test_many_joins_at_once_are_one_case_about_the_community_with_everybody_who_joined() -> None:
    house = House(a_policy())
    await join(house, *crowd(4))
    assert not await house.cases()
    await join(house, "new4")
    case = await house.the_case(Concern.RAID)
    assert {case.subject, str(case.channel)} == {str(COMMUNITY)}
    assert (case.kind, case.level) == (Kind.RAID, 3)
    assert case.messages == 5
    assert await who_joined(house, case) == crowd(5)
    (first, *_) = await house.store.evidence(COMMUNITY, case.id)
    assert (first.category, first.filter) == (Category.RULES, "arrivals")
    names = [kept.message.author.name for kept in await house.store.texts(COMMUNITY, case.id)]
    assert names == [f"Name of new{number}" for number in range(5)]


async def test_later_joins_come_to_the_case_without_a_new_card() -> None:
    house = House(a_policy())
    await join(house, *crowd(40))
    await house.settle()
    case = await house.the_case(Concern.RAID)
    assert case.messages == 40
    assert await who_joined(house, case) == crowd(40)
    assert len(house.stage.orders(ActionKind.ALERT)) == 1
    assert not house.stage.orders(ActionKind.PAGE)


async def test_what_can_be_done_from_a_case_of_joins_is_done_to_the_community() -> None:
    house = House(a_policy())
    await join(house, *crowd(5))
    case = await house.the_case(Concern.RAID)
    evidence = await house.store.evidence(COMMUNITY, case.id)
    kinds = {offer.kind for offer in offers(case, evidence, frozenset(ActionKind))}
    assert ActionKind.PAUSE_JOINS in kinds
    assert not kinds & {ActionKind.DELETE, ActionKind.LOCK, ActionKind.SLOW_MODE}


async def test_who_joins_after_the_wave_has_ebbed_is_nobody_s_case() -> None:
    house = House(a_policy())
    await join(house, *crowd(6))
    house.clock.advance(timedelta(minutes=6))
    await join(house, "late")
    assert "late" not in await who_joined(house, await house.the_case(Concern.RAID))


@pytest.mark.parametrize(
    ("on_joins", "enforcement", "expected"),
    [
        ("automatic", "live", [Enforcement.LIVE]),
        ("automatic", "shadow", [Enforcement.SHADOW]),
        ("propose", "live", [Enforcement.PROPOSED]),
        ("alert", "live", []),
    ],
)
async def test_joining_is_paused_as_the_policy_says(
    on_joins: str, enforcement: str, expected: list[Enforcement]
) -> None:
    house = House(a_policy(on_joins, enforcement))
    await join(house, *crowd(30))
    records = await house.records(await house.the_case(Concern.RAID), ActionKind.PAUSE_JOINS)
    assert [record.action.enforcement for record in records] == expected
    for record in records:
        assert record.action.target == COMMUNITY
        assert record.action.params["duration_s"] == "1800"
    if expected == [Enforcement.LIVE]:
        (record,) = records
        assert record.action.until == START + timedelta(seconds=5, minutes=30)


async def test_joins_that_were_caught_up_late_pause_nothing_by_themselves() -> None:
    house = House(a_policy("automatic"))
    house.clock.advance(LATE + timedelta(minutes=1))
    await house.intake.append([a_join(each, place) for place, each in enumerate(crowd(5))])
    await house.decide()
    records = await house.records(await house.the_case(Concern.RAID), ActionKind.PAUSE_JOINS)
    assert [record.action.enforcement for record in records] == [Enforcement.PROPOSED]


async def test_a_second_wave_on_an_open_case_proposes_a_pause_again_and_makes_no_twin() -> None:
    house = House(a_policy())
    await join(house, *crowd(5))
    house.clock.advance(timedelta(minutes=40))
    await join(house, *crowd(4, 5))
    assert len(await house.records(await house.the_case(Concern.RAID), ActionKind.PAUSE_JOINS)) == 1
    await join(house, "new9")
    case = await house.the_case(Concern.RAID)
    assert case.messages == 10
    assert len(await house.records(case, ActionKind.PAUSE_JOINS)) == 2


async def test_after_the_case_was_closed_a_new_wave_is_a_new_case() -> None:
    house = House(a_policy())
    await join(house, *crowd(5))
    await house.settle()
    first = await house.clicked("bob", await house.the_case(Concern.RAID), "resolve", outcome="upheld")
    assert first.state is State.RESOLVED
    await join(house, "new5")
    second = await house.the_case(Concern.RAID)
    assert second.id != first.id
    assert await who_joined(house, second) == crowd(6)


async def test_a_wave_during_a_raid_of_messages_is_part_of_it() -> None:
    house = House(a_policy())
    await house.say("pile_on:3")
    await join(house, *crowd(8))
    await house.settle()
    case = await house.the_case(Concern.RAID)
    assert case.subject == "pier"
    assert case.messages == 9
    assert set(await who_joined(house, case)) == {"ann", *crowd(8)}
    assert len(await house.records(case, ActionKind.PAUSE_JOINS)) == 1
    assert len(house.stage.orders(ActionKind.ALERT)) == 1


async def test_a_single_join_during_a_raid_of_messages_is_nobody_s_case() -> None:
    house = House(a_policy())
    await house.say("pile_on:3")
    await join(house, "new0")
    assert (await house.the_case(Concern.RAID)).messages == 1


async def test_the_same_join_told_twice_and_a_member_who_joins_again_and_again_count_once() -> None:
    house = House(a_policy())
    again = a_join("new0")
    for _ in range(9):
        await house.intake.append([again])
        await house.decide()
    await join(house, *["new0"] * 9, *crowd(3, 1))
    assert not await house.cases()
    await join(house, "new4")
    assert (await house.the_case(Concern.RAID)).messages == 5


async def test_slow_joins_are_no_raid_and_communities_are_counted_apart() -> None:
    house = House(a_policy())
    for member in crowd(20):
        house.clock.advance(timedelta(seconds=31))
        await join(house, member)
    house.clock.advance(MINUTES)
    for number, member in enumerate(crowd(8)):
        await join(house, member, community=ELSEWHERE if number % 2 else COMMUNITY)
    assert not await house.cases()


async def test_a_stale_case_is_read_again_and_a_restart_forgets_who_joined_but_not_the_case() -> None:
    house = House(a_policy())
    await join(house, *crowd(4))
    house.store.stale = 3
    await join(house, "new4")
    assert (await house.the_case(Concern.RAID)).messages == 5
    house.start()
    await join(house, "new5")
    assert (await house.the_case(Concern.RAID)).messages == 6
    quiet = House(a_policy())
    await join(quiet, *crowd(4))
    quiet.start()
    await join(quiet, "new4")
    assert not await quiet.cases()


def test_a_window_of_joins_is_bounded() -> None:
    arrivals = Arrivals()
    for number in range(MAX_JOINS + 50):
        arrival = arrivals.see(a_join(f"new{number}", number / 100), MINUTES)
    assert len(arrival.before) < MAX_JOINS
    assert arrival.before[-1].member == f"new{MAX_JOINS + 48}"


@pytest.mark.parametrize("order", [(0, 60, 30), (60, 0, 30), (0, 30, 60)])
def test_joins_count_in_whatever_order_they_are_told(order: tuple[int, ...]) -> None:
    arrivals = Arrivals()
    seen = [arrivals.see(a_join(f"new{at_s}", at_s), MINUTES) for at_s in order]
    assert len(seen[-1].before) == 2
    assert not arrivals.see(a_join("new", 300), MINUTES).before
