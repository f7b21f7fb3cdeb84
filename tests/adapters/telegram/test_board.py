"""Posts that stand pinned in a group, as far as a bot can see there: made once, mended in place, no pin fought."""

from datetime import timedelta

import pytest

from core.errors import GaveUp, LightkeeperError, NotAllowed, RetryLater
from core.model.card import Text
from core.model.message import ChannelId
from core.model.page import Choice, Page
from core.model.post import Found, Kept, Post
from core.model.standing import PostKind
from tests.adapters.telegram.fake_telegram import BOT, GROUP, FakeTelegram, a_member, an_administrator
from tests.adapters.telegram.house import HARBOUR, House

LOOKS_EVERY = timedelta(seconds=15)
ME = int(str(BOT["id"]))


def a_page(words: str = "a synthetic line", *choices: Choice) -> Page:
    return Page(
        name="post.synthetic",
        title=Text(key="card.case", params={"case": "a title"}),
        body=(Text(key="card.case", params={"case": words}),),
        choices=choices,
    )


def a_post(page: Page | None = None, kind: PostKind = PostKind.HELP, channel: str = str(GROUP)) -> Post:
    return Post(community=HARBOUR, channel=ChannelId(channel), kind=kind, page=page or a_page())


async def kept(house: House, post: Post | None = None, receipt: str = "") -> Kept | LightkeeperError:
    """What the next look comes to."""
    house.clock.advance(LOOKS_EVERY)
    try:
        return await house.paced(house.connection.board.keep(post or a_post(), receipt))
    except LightkeeperError as error:
        return error


async def stands(house: House, post: Post | None = None, receipt: str = "") -> Kept:
    outcome = await kept(house, post, receipt)
    assert isinstance(outcome, Kept), outcome
    return outcome


def number_of(receipt: str) -> int:
    return int(receipt.rpartition(":")[2])


async def test_a_post_is_made_once_pinned_in_silence_and_then_only_looked_at(
    house: House, telegram: FakeTelegram
) -> None:
    made = await stands(house)
    calls = len(telegram.calls)
    again = await stands(house, receipt=made.receipt)
    assert [call.method for call in telegram.calls[calls:]] == ["getChat"]
    assert (made.found, again.found) == (Found.MADE, Found.STANDING)
    assert made.receipt == again.receipt == f"{GROUP}:{number_of(made.receipt)}"
    assert telegram.pinned == {(GROUP, number_of(made.receipt))}
    (sent,), (pin,) = telegram.called("sendMessage"), telegram.called("pinChatMessage")
    assert sent.fields["disable_notification"] == pin.fields["disable_notification"] == "true"
    assert "a synthetic line" in telegram.cards(GROUP)[0]


async def test_a_post_stands_in_a_topic(house: House, telegram: FakeTelegram) -> None:
    await stands(house, a_post(channel=f"{GROUP}/7"))
    assert telegram.called("sendMessage")[0].fields["message_thread_id"] == "7"


async def test_a_post_whose_words_change_is_edited_in_place(house: House, telegram: FakeTelegram) -> None:
    made = await stands(house)
    edited = await stands(house, a_post(a_page("other words")), made.receipt)
    assert edited == Kept(receipt=made.receipt, found=Found.EDITED)
    assert (await stands(house, a_post(a_page("other words")), made.receipt)).found is Found.STANDING
    assert "other words" in telegram.cards(GROUP)[0]
    assert len(telegram.cards(GROUP)) == 1


async def test_a_post_that_was_unpinned_or_lies_above_an_older_pin_alone_is_pinned_again(
    house: House, telegram: FakeTelegram
) -> None:
    made = await stands(house)
    for others in (set[tuple[int, int]](), {(GROUP, 12)}):
        telegram.pinned = set(others)
        assert await stands(house, receipt=made.receipt) == Kept(receipt=made.receipt, found=Found.PINNED_AGAIN)
        assert (GROUP, number_of(made.receipt)) in telegram.pinned


async def test_a_newer_pin_of_somebody_is_left_alone_and_the_post_counts_as_pinned(
    house: House, telegram: FakeTelegram
) -> None:
    made = await stands(house)
    telegram.pinned.add((GROUP, 99_999))
    for _ in range(4):
        assert (await stands(house, receipt=made.receipt)).found is Found.STANDING
    assert len(telegram.called("pinChatMessage")) == 1
    assert telegram.called("unpinChatMessage") == []


async def test_a_post_below_a_newer_pin_is_asked_about_now_and_then_and_made_again_within_a_minute(
    house: House, telegram: FakeTelegram
) -> None:
    made = await stands(house)
    telegram.pinned.add((GROUP, 4_000_000))
    for _ in range(8):
        await stands(house, receipt=made.receipt)
    assert 3 <= len(telegram.called("editMessageText")) <= 5
    telegram.take_away(GROUP, number_of(made.receipt))
    looks = [await stands(house, receipt=made.receipt) for _ in range(4)]
    assert [each.found for each in looks].count(Found.MADE) == 1
    assert len(telegram.cards(GROUP)) == 1


async def test_a_post_that_was_deleted_is_made_anew_at_once(house: House, telegram: FakeTelegram) -> None:
    made = await stands(house)
    telegram.take_away(GROUP, number_of(made.receipt))
    anew = await stands(house, receipt=made.receipt)
    assert anew.found is Found.MADE
    assert len(telegram.cards(GROUP)) == 1


async def test_a_post_whose_receipt_is_lost_is_found_by_its_mark_also_with_other_words(
    house: House, telegram: FakeTelegram
) -> None:
    made = await stands(house)
    await house.restart()
    assert await stands(house, a_post(a_page("other words"))) == Kept(receipt=made.receipt, found=Found.EDITED)
    assert len(telegram.cards(GROUP)) == 1


async def test_a_twin_that_is_pinned_is_taken_away(house: House, telegram: FakeTelegram) -> None:
    made = await stands(house)
    twin = number_of(made.receipt) + 50
    telegram.put_up(GROUP, twin, telegram.posted[GROUP, number_of(made.receipt)], "")
    telegram.pinned.add((GROUP, twin))
    assert (await stands(house, receipt=made.receipt)).receipt == made.receipt
    assert list(telegram.posted) == [(GROUP, number_of(made.receipt))]


async def test_both_kinds_stand_in_one_group(house: House, telegram: FakeTelegram) -> None:
    help_card = await stands(house)
    notice = await stands(house, a_post(kind=PostKind.NOTICE))
    assert (await stands(house, receipt=help_card.receipt)).receipt == help_card.receipt
    assert (await stands(house, a_post(kind=PostKind.NOTICE), notice.receipt)).found is Found.STANDING
    await house.connection.board.drop(HARBOUR, ChannelId(str(GROUP)), PostKind.HELP, help_card.receipt)
    assert list(telegram.posted) == [(GROUP, number_of(notice.receipt))]


async def test_pins_that_telegram_takes_and_never_shows_are_not_repeated_all_day(
    house: House, telegram: FakeTelegram
) -> None:
    telegram.pins_shown = False
    made = await stands(house)
    for _ in range(30):
        await stands(house, receipt=made.receipt)
    assert len(telegram.called("pinChatMessage")) == 5
    assert len(telegram.cards(GROUP)) == 1
    house.clock.advance(timedelta(minutes=10))
    await stands(house, receipt=made.receipt)
    assert len(telegram.called("pinChatMessage")) == 6


async def test_a_bot_that_may_not_pin_says_so_and_posts_nothing(house: House, telegram: FakeTelegram) -> None:
    telegram.members[GROUP, ME] = an_administrator(BOT, can_pin_messages=False)
    for _ in range(2):
        refused = await kept(house)
        assert isinstance(refused, NotAllowed)
        assert (refused.reason, refused.permission) == ("the bot may not pin messages there", "can_pin_messages")
    assert telegram.cards(GROUP) == []


@pytest.mark.parametrize(("username", "may"), [("", True), ("harbour", False)])
async def test_a_bot_that_is_no_administrator_may_pin_where_every_member_may(
    house: House, telegram: FakeTelegram, username: str, may: bool
) -> None:
    telegram.members[GROUP, ME] = a_member(BOT)
    telegram.chats[GROUP] |= {"username": username} if username else {}
    assert isinstance(await kept(house), Kept) is may


async def test_a_pin_that_is_refused_after_all_leaves_nothing_behind(house: House, telegram: FakeTelegram) -> None:
    description = "Bad Request: not enough rights to manage pinned messages in the chat"
    telegram.trouble("pinChatMessage", description=description)
    refused = await kept(house)
    assert isinstance(refused, NotAllowed)
    assert refused.permission == "can_pin_messages"
    assert telegram.cards(GROUP) == []


@pytest.mark.parametrize("method", ["pinChatMessage", "getChat", "getChatMember"])
async def test_a_call_that_broke_is_made_again_and_nothing_is_doubled(
    house: House, telegram: FakeTelegram, method: str
) -> None:
    telegram.trouble(method, cuts=True, happens=True)
    assert isinstance(await kept(house), RetryLater)
    assert (await stands(house)).found in {Found.MADE, Found.PINNED_AGAIN, Found.STANDING}
    assert len(telegram.cards(GROUP)) == 1
    assert len(telegram.pinned) == 1


async def test_a_post_whose_answer_was_lost_is_made_again_and_one_is_pinned(
    house: House, telegram: FakeTelegram
) -> None:
    telegram.trouble("sendMessage", cuts=True, happens=True)
    assert isinstance(await kept(house), RetryLater)
    made = await stands(house)
    assert telegram.pinned == {(GROUP, number_of(made.receipt))}


async def test_a_telegram_that_asks_to_wait_is_left_alone_so_long(house: House, telegram: FakeTelegram) -> None:
    telegram.limit("getChat", 40)
    waits = await kept(house)
    assert isinstance(waits, RetryLater)
    assert waits.after == timedelta(seconds=40)
    calls = len(telegram.calls)
    assert isinstance(await kept(house), RetryLater)
    assert len(telegram.calls) == calls


async def test_a_chat_that_is_gone_is_given_up_and_dropping_there_is_done(house: House, telegram: FakeTelegram) -> None:
    assert isinstance(await kept(house, a_post(channel="-100999")), GaveUp)
    assert isinstance(await kept(house, a_post(channel="general")), GaveUp)
    await house.connection.board.drop(HARBOUR, ChannelId("-100999"), PostKind.HELP, "-100999:5")


async def test_a_group_that_the_bot_was_taken_out_of_is_said(house: House, telegram: FakeTelegram) -> None:
    telegram.trouble("getChat", status=403, description="Forbidden: bot was kicked from the supergroup chat")
    assert isinstance(await kept(house), NotAllowed)


async def test_a_group_that_became_a_supergroup_gets_its_post_there(house: House, telegram: FakeTelegram) -> None:
    made = await stands(house)
    new = -1009999999999
    telegram.chats[new] = {**telegram.chats[GROUP], "id": new}
    telegram.members[new, ME] = an_administrator(BOT)
    telegram.trouble(
        "getChat",
        chat=GROUP,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        parameters={"migrate_to_chat_id": new},
    )
    assert isinstance(await kept(house, receipt=made.receipt), RetryLater)
    moved = await stands(house, receipt=made.receipt)
    assert moved.found is Found.MADE
    assert moved.receipt.startswith(f"{new}:")


async def test_dropping_takes_it_away_and_may_repeat(house: House, telegram: FakeTelegram) -> None:
    made = await stands(house)
    for receipt in (made.receipt, made.receipt, ""):
        await house.connection.board.drop(HARBOUR, ChannelId(str(GROUP)), PostKind.HELP, receipt)
    assert telegram.cards(GROUP) == []
    assert (await stands(house, receipt=made.receipt)).found is Found.MADE


async def test_a_post_that_may_not_be_deleted_is_unpinned_at_least(house: House, telegram: FakeTelegram) -> None:
    made = await stands(house)
    telegram.trouble("deleteMessage", description="Bad Request: message can't be deleted")
    with pytest.raises(NotAllowed):
        await house.connection.board.drop(HARBOUR, ChannelId(str(GROUP)), PostKind.HELP, made.receipt)
    assert telegram.pinned == set()


async def test_links_are_buttons_and_what_cant_be_answered_yet_is_neither_offered_nor_named(
    house: House, telegram: FakeTelegram
) -> None:
    page = Page(
        name="post.help",
        title=Text(key="post.help.title"),
        body=(Text(key="post.help.danger"), Text(key="post.help.more_in_chat")),
        choices=(
            Choice(label=Text(key="post.help.open"), to="s.start"),
            Choice(label=Text(key="card.waiting"), url="https://help.example/a_b"),
        ),
    )
    made = await stands(house, a_post(page))
    ((_, url),) = telegram.buttons(GROUP, number_of(made.receipt))
    assert url == "https://help.example/a_b"
    (words,) = telegram.cards(GROUP)
    assert "/support" not in words
    assert "write to one of its moderators" in words
    assert (await stands(house, a_post(page), made.receipt)).found is Found.STANDING
