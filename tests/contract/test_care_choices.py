"""What members chose, and the posts that stand: what every store keeps of them."""

from dataclasses import replace
from datetime import timedelta

from core.model.message import ChannelId, MemberId
from core.model.preference import Preference
from core.model.record import Commit, Committed
from core.model.standing import PostKind, Standing
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, ISLAND

OPTED_OUT = Preference(community=HARBOUR, member=ANN, no_contact=True, since=START)
HELP = Standing(community=HARBOUR, channel=ChannelId("pier"), kind=PostKind.HELP, receipt="post-1", since=START)


async def test_who_chose_nothing_has_the_defaults(house: House) -> None:
    assert await house.store.preference(HARBOUR, ANN) == Preference(community=HARBOUR, member=ANN)


async def test_a_choice_is_its_member_s_in_its_community_alone(house: House) -> None:
    assert await house.store.commit(Commit(preferences=(OPTED_OUT,))) is Committed.WRITTEN
    await house.restart()
    assert await house.store.preference(HARBOUR, ANN) == OPTED_OUT
    assert await house.store.preference(ISLAND, ANN) == Preference(community=ISLAND, member=ANN)
    assert await house.store.preference(HARBOUR, BEN) == Preference(community=HARBOUR, member=BEN)


async def test_a_new_choice_takes_the_place_of_the_old_one(house: House) -> None:
    unscreened = replace(OPTED_OUT, no_contact=False, no_crisis_screening=True, since=START + timedelta(days=1))
    await house.store.commit(Commit(preferences=(OPTED_OUT,)))
    await house.store.commit(Commit(preferences=(unscreened,)))
    assert await house.store.preference(HARBOUR, ANN) == unscreened
    taken_back = replace(unscreened, no_crisis_screening=False)
    await house.store.commit(Commit(preferences=(taken_back,)))
    assert await house.store.preference(HARBOUR, ANN) == Preference(community=HARBOUR, member=ANN)


async def test_names_that_run_into_each_other_are_two_members(house: House) -> None:
    await house.store.commit(Commit(preferences=(replace(OPTED_OUT, member=MemberId("ann:b")),)))
    other = await house.store.preference(HARBOUR, MemberId("ann"))
    assert not other.no_contact


async def test_one_post_of_a_kind_stands_in_a_channel(house: House) -> None:
    moved = replace(HELP, receipt="post-2", since=START + timedelta(days=1))
    notice = replace(HELP, kind=PostKind.NOTICE, receipt="post-3")
    elsewhere = replace(HELP, community=ISLAND)
    await house.store.commit(Commit(standing=(HELP, notice, elsewhere)))
    await house.store.commit(Commit(standing=(moved,)))
    await house.restart()
    assert list(await house.store.standing(HARBOUR)) == [moved, notice]
    assert list(await house.store.standing(ISLAND)) == [elsewhere]


async def test_a_fallen_post_stands_no_more_and_a_new_one_of_the_same_unit_does(house: House) -> None:
    await house.store.commit(Commit(standing=(HELP,)))
    place = (HELP.community, HELP.channel, HELP.kind)
    await house.store.commit(Commit(fallen=(place,), standing=(replace(HELP, receipt="post-2"),)))
    assert [each.receipt for each in await house.store.standing(HARBOUR)] == ["post-2"]
    await house.store.commit(Commit(fallen=(place, place)))
    assert list(await house.store.standing(HARBOUR)) == []
