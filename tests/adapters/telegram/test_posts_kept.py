"""The keeper and Telegram together: what a bot can see of its posts is healed within a minute, nothing is doubled."""

import random
from datetime import timedelta

from adapters.local.memory import MemoryStore
from core.care.members import Languages
from core.care.posts import LOOKS_EVERY_S, PostKeeper
from core.care.resources import Resources
from core.model.message import ChannelId
from core.model.policy import CommunityPolicy
from core.model.resource import Topic
from tests.adapters.telegram.fake_telegram import BOT, GROUP, STAFF, FakeTelegram, an_administrator
from tests.adapters.telegram.house import HARBOUR, House, a_community
from tests.core.care.pinning import SERVICES, Shelf
from tests.core.noticeboard import Noticeboard
from tests.core.shelf import a_service

ELSEWHERE = STAFF
COMMUNITY = a_community(
    notice=ChannelId(str(ELSEWHERE)),
    help_channels=(ChannelId(str(GROUP)),),
    countries=("DE",),
    alerts=ChannelId("-1009"),
)
TIMES = 100


def a_keeper(house: House, store: MemoryStore, shelf: Shelf) -> PostKeeper:
    return PostKeeper(
        boards={"telegram": house.connection.board},
        store=store,
        care=store,
        communities=lambda: [COMMUNITY],
        policy_of=lambda _: CommunityPolicy(),
        resources=Resources(directory=shelf, clock=house.clock),
        directory=shelf,
        languages=Languages(),
        clock=house.clock,
        notices=Noticeboard(),
        is_ephemeral=lambda _: False,
    )


async def looks(house: House, keeper: PostKeeper, count: int) -> None:
    for _ in range(count):
        house.clock.advance(timedelta(seconds=LOOKS_EVERY_S))
        await house.paced(keeper.look())


async def test_posts_are_healed_within_a_minute_a_hundred_times_and_never_doubled(telegram: FakeTelegram) -> None:
    chance, shelf, number, done = random.Random(11), Shelf(), "555-0199", 0
    telegram.members[ELSEWHERE, telegram.me["id"]] = an_administrator(BOT)
    async with House(telegram, COMMUNITY) as house:
        store = MemoryStore(house.clock)
        keeper = a_keeper(house, store, shelf)
        await looks(house, keeper, 1)
        assert keeper.is_noticed(HARBOUR)
        while done < TIMES:
            where, victim = chance.choice(sorted(telegram.posted))
            match chance.choice(["delete", "unpin", "edit", "newer", "restart"]):
                case "delete":
                    telegram.take_away(where, victim)
                case "unpin":
                    telegram.pinned.discard((where, victim))
                case "edit":
                    number = f"555-01{done % 100:02}"
                    rest = [each for each in SERVICES if each.id != "emergency"]
                    shelf.put([a_service("emergency", Topic.EMERGENCY, call=number), *rest])
                case "newer":  # somebody pins something newer, and the post below it is deleted
                    telegram.pinned.add((where, 4_000_000))
                    telegram.take_away(where, victim)
                case "restart":
                    await house.restart()
                    keeper = a_keeper(house, store, shelf)
            await looks(house, keeper, 3)
            done += 1
            telegram.pinned.discard((GROUP, 4_000_000))
            telegram.pinned.discard((ELSEWHERE, 4_000_000))
            assert sorted(chat for chat, _ in telegram.posted) == sorted([GROUP, ELSEWHERE])
            assert telegram.posted.keys() == telegram.pinned
            assert sum(number in words for words in telegram.posted.values()) == 1
            assert {each.receipt for each in await store.standing(HARBOUR)} == {
                f"{chat}:{message}" for chat, message in telegram.posted
            }


async def test_a_member_reads_the_notice_and_the_card_with_whom_to_write_to(telegram: FakeTelegram) -> None:
    telegram.members[ELSEWHERE, telegram.me["id"]] = an_administrator(BOT)
    async with House(telegram, COMMUNITY) as house:
        await looks(house, a_keeper(house, MemoryStore(house.clock), Shelf()), 1)
    words = "\n".join(telegram.posted.values())
    assert "Call: 555-0199" in words
    assert "What this bot reads, and why" in words
    assert "write to an owner of this community" in words
    assert not any(each in words for each in ("/support", "/optout", "/privacy", "button"))
