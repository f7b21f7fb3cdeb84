"""The keeper and Discord together: posts are healed by the next look, whatever was done to them, and never doubled."""

import random
from dataclasses import replace
from datetime import timedelta

from adapters.local.memory import MemoryStore
from core.care.members import Languages
from core.care.posts import LOOKS_EVERY_S, PostKeeper
from core.care.resources import Resources
from core.member_ports import Board
from core.model.message import ChannelId
from core.model.policy import CommunityPolicy
from core.model.resource import Topic
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import HARBOUR, a_stage
from tests.adapters.discord.made_up import BOT_ID, GENERAL, Json
from tests.clock import FakeClock
from tests.core.care.pinning import SERVICES, Shelf
from tests.core.noticeboard import Noticeboard
from tests.core.shelf import a_service

PLACE = ChannelId(str(GENERAL))
COMMUNITY = replace(HARBOUR, notice=PLACE, help_channels=(PLACE,), countries=("DE",))
TIMES = 100


def a_keeper(board: Board, store: MemoryStore, shelf: Shelf, clock: FakeClock) -> PostKeeper:
    return PostKeeper(
        boards={"discord": board},
        store=store,
        care=store,
        communities=lambda: [COMMUNITY],
        policy_of=lambda _: CommunityPolicy(),
        resources=Resources(directory=shelf, clock=clock),
        directory=shelf,
        languages=Languages(),
        clock=clock,
        notices=Noticeboard(),
    )


def standing(fake: FakeDiscord) -> list[Json]:
    return [each for each in fake.posted(GENERAL) if each["author"]["id"] == str(BOT_ID)]


async def test_posts_are_healed_by_the_next_look_a_hundred_times_and_never_doubled(fake: FakeDiscord) -> None:
    chance, clock, shelf, number = random.Random(7), FakeClock(), Shelf(), "555-0199"
    store, done = MemoryStore(clock), 0
    while done < TIMES:
        async with a_stage(fake, COMMUNITY) as stage:
            await stage.start()
            keeper = a_keeper(stage.connection.board, store, shelf, clock)
            await keeper.look()
            assert keeper.is_noticed(COMMUNITY.id)
            for _ in range(10):
                victim = chance.choice(standing(fake))
                match chance.choice(["delete", "unpin", "edit", "deaf", "restart"]):
                    case "delete":
                        del fake.messages[GENERAL][int(victim["id"])]
                    case "unpin":
                        fake.unpin(GENERAL, int(victim["id"]))
                    case "edit":
                        number = f"555-01{done % 100:02}"
                        rest = [each for each in SERVICES if each.id != "emergency"]
                        shelf.put([a_service("emergency", Topic.EMERGENCY, call=number), *rest])
                    case "deaf":
                        del fake.messages[GENERAL][int(victim["id"])]
                        fake.fail("POST", r"/channels/\d+/messages", Failure(503, after_effect=True))
                    case "restart":
                        break
                for _ in range(3):  # within the minute
                    clock.advance(timedelta(seconds=LOOKS_EVERY_S))
                    await keeper.look()
                done += 1
                assert [each["pinned"] for each in standing(fake)] == [True, True]
                assert sum(number in each["content"] for each in standing(fake)) == 1
                assert {each.receipt for each in await store.standing(COMMUNITY.id)} == {
                    each["id"] for each in standing(fake)
                }


async def test_a_member_reads_the_notice_and_the_card_with_whom_to_write_to(fake: FakeDiscord) -> None:
    clock = FakeClock()
    async with a_stage(fake, COMMUNITY) as stage:
        await stage.start()
        await a_keeper(stage.connection.board, MemoryStore(clock), Shelf(), clock).look()
    words = "\n".join(each["content"] for each in standing(fake))
    assert "Call: 555-0199" in words
    assert "What this bot reads, and why" in words
    assert "write to an owner of this community" in words
    assert not any(each in words for each in ("/support", "/optout", "/privacy", "button"))
