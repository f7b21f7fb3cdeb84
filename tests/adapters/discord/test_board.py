"""Posts that stand pinned in a channel: made once, mended in place, never doubled; refusals say what is missing."""

import random
from dataclasses import replace

import discord
import pytest

from core.care.hidden import hidden
from core.errors import GaveUp, LightkeeperError, NotAllowed, RetryLater
from core.model.card import Text
from core.model.message import ChannelId
from core.model.page import Choice, Page
from core.model.post import Found, Kept, Post
from core.model.standing import PostKind
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.fake_pins import PINNED
from tests.adapters.discord.house import HARBOUR, Stage, a_stage
from tests.adapters.discord.made_up import BOT_ID, BOT_ROLE, GENERAL, GUILD_ID, Json

PLACE = ChannelId(str(GENERAL))
POSTED = rf"/channels/{GENERAL}/messages"


def a_page(words: str = "a synthetic line", *choices: Choice) -> Page:
    return Page(
        name="post.synthetic",
        title=Text(key="card.case", params={"case": "a title"}),
        body=(Text(key="card.case", params={"case": words}),),
        choices=choices,
    )


def a_post(page: Page | None = None, kind: PostKind = PostKind.HELP, channel: ChannelId = PLACE) -> Post:
    return Post(community=HARBOUR.id, channel=channel, kind=kind, page=page or a_page())


async def kept(stage: Stage, post: Post | None = None, receipt: str = "") -> Kept | LightkeeperError:
    try:
        return await stage.connection.board.keep(post or a_post(), receipt)
    except LightkeeperError as error:
        return error


async def stands(stage: Stage, post: Post | None = None, receipt: str = "") -> Kept:
    outcome = await kept(stage, post, receipt)
    assert isinstance(outcome, Kept), outcome
    return outcome


def in_channel(fake: FakeDiscord) -> list[Json]:
    return [each for each in fake.posted(GENERAL) if each["author"]["id"] == str(BOT_ID)]


async def test_a_post_is_made_once_pinned_and_then_only_looked_at(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        asked = len(fake.asked)
        again = await stands(stage, receipt=made.receipt)
        assert [each.path for each in fake.asked[asked:]] == [f"{POSTED}/{made.receipt}"]
    (message,) = in_channel(fake)
    assert (made.found, again.found) == (Found.MADE, Found.STANDING)
    assert made.receipt == again.receipt == message["id"]
    assert message["pinned"]
    assert "**" in message["content"]
    assert "a synthetic line" in message["content"]
    assert message["embeds"] == []


async def test_what_discord_says_about_the_pin_is_taken_away_and_nothing_else(fake: FakeDiscord) -> None:
    fake.messages[GENERAL] = {5: fake.a_message("words of a member", id="5")}
    async with a_stage(fake) as stage:
        await stage.start()
        await stands(stage)
    assert [each["content"] for each in fake.posted(GENERAL) if each["type"] == PINNED] == []
    assert "5" in [each["id"] for each in fake.posted(GENERAL)]


async def test_a_post_whose_words_change_is_edited_in_place(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        edited = await stands(stage, a_post(a_page("other words")), made.receipt)
        again = await stands(stage, a_post(a_page("other words")), made.receipt)
    (message,) = in_channel(fake)
    assert (edited, again) == (Kept(receipt=made.receipt, found=Found.EDITED), replace(edited, found=Found.STANDING))
    assert "other words" in message["content"]


async def test_a_post_that_was_unpinned_is_pinned_again(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        fake.unpin(GENERAL, int(made.receipt))
        assert await stands(stage, receipt=made.receipt) == Kept(receipt=made.receipt, found=Found.PINNED_AGAIN)
    assert [each["pinned"] for each in in_channel(fake)] == [True]


async def test_a_post_that_was_deleted_is_made_anew_at_once(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        del fake.messages[GENERAL][int(made.receipt)]
        anew = await stands(stage, receipt=made.receipt)
    assert anew.found is Found.MADE
    assert [each["id"] for each in in_channel(fake)] == [anew.receipt]


async def test_a_post_whose_receipt_is_lost_is_found_by_its_mark_also_with_other_words(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
    async with a_stage(fake) as stage:
        await stage.start()
        found = await stands(stage, a_post(a_page("other words")))
    assert found == Kept(receipt=made.receipt, found=Found.EDITED)
    assert len(in_channel(fake)) == 1


async def test_a_post_is_found_again_where_what_cant_be_seen_was_stripped(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        message = fake.messages[GENERAL][int(made.receipt)]
        message["content"] = message["content"].replace(hidden("lightkeeper:help"), "")
    async with a_stage(fake) as stage:
        await stage.start()
        found = await stands(stage)
    assert found.receipt == made.receipt


async def test_words_that_discord_keeps_in_another_way_are_not_edited_for_ever(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        url = "https://help.example"
        post = a_post(a_page("words", Choice(label=Text(key="card.waiting"), url=url)))
        made = await stands(stage, post)
        (message,) = in_channel(fake)
        message["components"][0]["components"][0]["url"] = f"{url}/"
        await stands(stage, post, made.receipt)
        message["components"][0]["components"][0]["url"] = f"{url}/"
        edits = len(fake.requests("PATCH", ".*"))
        await stands(stage, post, made.receipt)
        assert len(fake.requests("PATCH", ".*")) <= edits + 1


@pytest.mark.parametrize("step", [("POST", POSTED), ("PUT", rf"{POSTED}/pins/\d+"), ("GET", rf"{POSTED}.*")])
@pytest.mark.parametrize("status", [0, 503])
async def test_a_post_that_was_cut_off_while_it_was_made_is_never_doubled(
    fake: FakeDiscord, step: tuple[str, str], status: int
) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        fake.fail(*step, Failure(status=status, after_effect=True))
        assert isinstance(await kept(stage), RetryLater) or not status  # discord.py repeats a call that was cut
        await stands(stage)
    assert [each["pinned"] for each in in_channel(fake)] == [True]


async def test_a_post_that_a_killed_process_had_sent_is_taken_over(fake: FakeDiscord) -> None:
    fake.fail("PUT", rf"{POSTED}/pins/\d+", Failure(status=503))
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await kept(stage), RetryLater)
    async with a_stage(fake) as stage:
        await stage.start()
        assert (await stands(stage)).found is Found.PINNED_AGAIN
    assert len(in_channel(fake)) == 1


async def test_twins_are_taken_away_but_for_the_one_that_is_known(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        first = await stands(stage)
        twin = {**fake.messages[GENERAL][int(first.receipt)], "id": str(int(first.receipt) + 50)}
        fake.messages[GENERAL][int(twin["id"])] = twin
    async with a_stage(fake) as stage:
        await stage.start()
        assert (await stands(stage, receipt=first.receipt)).found is Found.STANDING
    assert [each["id"] for each in in_channel(fake)] == [first.receipt]


async def test_both_kinds_stand_in_one_channel_beside_the_bots_other_messages(fake: FakeDiscord) -> None:
    other = fake.a_message("a card", id="7", author=BOT_ID)
    fake.messages[GENERAL] = {7: other}
    async with a_stage(fake) as stage:
        await stage.start()
        notice = await stands(stage, a_post(kind=PostKind.NOTICE))
        assert (await stands(stage)).found is Found.MADE
        await stage.connection.board.drop(HARBOUR.id, PLACE, PostKind.HELP, "")
    assert [each["id"] for each in in_channel(fake)] == ["7", notice.receipt]


async def test_words_of_somebody_else_under_the_receipt_are_left_alone(fake: FakeDiscord) -> None:
    fake.messages[GENERAL] = {5: fake.a_message("words of a member", id="5")}
    async with a_stage(fake) as stage:
        await stage.start()
        assert (await stands(stage, receipt="5")).found is Found.MADE
        assert (await stands(stage, receipt="../../5")).found is Found.STANDING
        await stage.connection.board.drop(HARBOUR.id, PLACE, PostKind.HELP, "5")
    assert [each["content"] for each in fake.posted(GENERAL)] == ["words of a member"]


def may(fake: FakeDiscord, **permissions: bool) -> None:
    role = next(each for each in fake.roles if each["id"] == str(BOT_ROLE))
    held = discord.Permissions(int(role["permissions"]))
    held.update(**permissions)
    role["permissions"] = str(held.value)


@pytest.mark.parametrize(
    ("flag", "name"),
    [("pin_messages", "Pin Messages"), ("read_message_history", "Read Message History")],
)
async def test_a_missing_permission_is_named_and_nothing_is_posted(fake: FakeDiscord, flag: str, name: str) -> None:
    may(fake, **{flag: False})
    async with a_stage(fake) as stage:
        await stage.start()
        refused = await kept(stage)
    assert isinstance(refused, NotAllowed)
    assert refused.permission == name
    assert refused.reason == f"the bot lacks {name} in #general"
    assert in_channel(fake) == []


async def test_a_pin_that_discord_refuses_after_all_leaves_nothing_behind_and_is_not_tried_all_day(
    fake: FakeDiscord,
) -> None:
    fake.fail("PUT", rf"{POSTED}/pins/\d+", Failure(403, {"message": "x", "code": 50013}))
    async with a_stage(fake) as stage:
        await stage.start()
        first, second = await kept(stage), await kept(stage)
        assert isinstance(first, NotAllowed)
        assert isinstance(second, NotAllowed)
        assert first.reason == second.reason
        assert len(fake.requests("POST", POSTED)) == 1
        assert in_channel(fake) == []
        may(fake, manage_roles=False)
        await fake.emit("GUILD_ROLE_UPDATE", {"guild_id": str(GUILD_ID), "role": fake.roles[2]})
        await fake.emit("MESSAGE_CREATE", fake.a_message("afterwards"))
        await stage.received(1)
        assert (await stands(stage)).found is Found.MADE


async def test_a_full_board_is_said_and_nothing_is_posted_until_there_is_room(fake: FakeDiscord) -> None:
    fake.pins_at_most = 60
    fake.announces_pins = False
    for each in range(60):
        fake.messages.setdefault(GENERAL, {})[each + 1] = fake.a_message("words", id=str(each + 1))
        fake.pin(GENERAL, each + 1)
    async with a_stage(fake) as stage:
        await stage.start()
        for _ in range(3):
            refused = await kept(stage)
            assert isinstance(refused, NotAllowed)
            assert refused.reason == "no more messages can be pinned in #general: unpin one of them first"
        assert len(fake.requests("POST", POSTED)) == 1
        assert in_channel(fake) == []
        fake.unpin(GENERAL, 3)
        assert (await stands(stage)).found is Found.MADE


async def test_a_post_that_may_not_be_pinned_again_is_said_without_asking(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        may(fake, pin_messages=False)
        await fake.emit("GUILD_ROLE_UPDATE", {"guild_id": str(GUILD_ID), "role": fake.roles[2]})
        await fake.emit("MESSAGE_CREATE", fake.a_message("afterwards"))
        await stage.received(1)
        fake.unpin(GENERAL, int(made.receipt))
        pins = len(fake.requests("PUT", ".*"))
        assert isinstance(await kept(stage, receipt=made.receipt), NotAllowed)
        assert len(fake.requests("PUT", ".*")) == pins
    assert len(in_channel(fake)) == 1


async def test_a_channel_that_is_gone_is_given_up_and_dropping_there_is_done(fake: FakeDiscord) -> None:
    gone = Failure(404, {"message": "Unknown Channel", "code": 10003}, times=99)
    fake.fail("GET", rf"{POSTED}.*", gone)
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await kept(stage), GaveUp)
        assert isinstance(await kept(stage, receipt="5"), GaveUp)
        await stage.connection.board.drop(HARBOUR.id, PLACE, PostKind.HELP, "5")


async def test_dropping_takes_it_away_and_may_repeat(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        made = await stands(stage)
        for receipt in (made.receipt, made.receipt, ""):
            await stage.connection.board.drop(HARBOUR.id, PLACE, PostKind.HELP, receipt)
        assert in_channel(fake) == []
        assert (await stands(stage, receipt=made.receipt)).found is Found.MADE


async def test_links_are_buttons_and_what_cant_be_answered_yet_is_neither_offered_nor_named(fake: FakeDiscord) -> None:
    page = Page(
        name="post.help",
        title=Text(key="post.help.title"),
        body=(Text(key="post.help.danger"), Text(key="post.help.more")),
        choices=(
            Choice(label=Text(key="post.help.open"), to="s.start"),
            Choice(label=Text(key="card.waiting"), url="https://help.example/a_b"),
        ),
    )
    async with a_stage(fake) as stage:
        await stage.start()
        await stands(stage, a_post(page))
    (message,) = in_channel(fake)
    ((button,),) = [row["components"] for row in message["components"]]
    assert (button["url"], button["style"]) == ("https://help.example/a_b", 5)
    assert "/support" not in message["content"]
    assert "write to one of its moderators" in message["content"]


@pytest.mark.parametrize(
    ("failure", "wait_s"),
    [
        (Failure(429, {"message": "x", "retry_after": 30.0, "global": False}, {"Retry-After": "30"}), 30.0),
        (Failure(500, times=9), None),
    ],
)
async def test_a_discord_that_asks_to_wait_or_is_in_trouble_is_asked_later(
    fake: FakeDiscord, failure: Failure, wait_s: float | None
) -> None:
    fake.fail("POST", POSTED, failure)
    async with a_stage(fake, deadline_s=1.0) as stage:
        await stage.start()
        refused = await kept(stage)
        assert isinstance(refused, RetryLater)
        assert (refused.after.total_seconds() if refused.after else None) == wait_s
        if wait_s:
            asked = len(fake.asked)
            assert isinstance(await kept(stage), RetryLater)
            assert len(fake.asked) == asked


async def test_without_a_connection_it_is_tried_later(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        assert isinstance(await kept(stage), RetryLater)


async def test_an_id_of_another_platform_is_given_up_before_it_is_asked(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        asked = len(fake.asked)
        assert isinstance(await kept(stage, a_post(channel=ChannelId("../1"))), GaveUp)
        assert len(fake.asked) == asked


async def test_what_happens_to_a_post_in_any_order_leaves_one_of_it(fake: FakeDiscord) -> None:
    """A hundred deletions, unpins, edits, cut calls and restarts."""
    chance, words, receipt = random.Random(5), "words", ""
    for _ in range(10):
        async with a_stage(fake) as stage:
            await stage.start()
            for _ in range(10):
                known = [int(each["id"]) for each in in_channel(fake)]
                match chance.choice(["delete", "unpin", "edit", "lost", "cut", "leave"]):
                    case "delete" if known:
                        del fake.messages[GENERAL][known[0]]
                    case "unpin" if known:
                        fake.unpin(GENERAL, known[0])
                    case "edit":
                        words = f"words {chance.random()}"
                    case "lost":
                        receipt = ""
                    case "cut":
                        method, path = chance.choice([("POST", POSTED), ("PUT", ".*"), ("PATCH", ".*")])
                        fake.fail(method, path, Failure(status=503, after_effect=chance.random() < 0.5))
                for _ in range(4):
                    outcome = await kept(stage, a_post(a_page(words)), receipt)
                    receipt = outcome.receipt if isinstance(outcome, Kept) else receipt
                    if isinstance(outcome, Kept):
                        break
                (message,) = in_channel(fake)
                assert (message["id"], message["pinned"]) == (receipt, True)
                assert words in message["content"]
