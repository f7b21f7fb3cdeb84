"""What every platform's `Board` holds to: a post stands once, pinned, with its words, whatever happened before."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from core.errors import GaveUp, NotAllowed, RetryLater
from core.model.card import Text
from core.model.message import ChannelId
from core.model.page import Choice, Page
from core.model.post import Found, Post
from core.model.standing import PostKind
from tests.contract.board_house import BoardHouse, SeenPost
from tests.contract.board_houses import HOUSES

WORDS = Text(key="post.help.danger")
OTHER_WORDS = Text(key="post.help.listen")


@pytest.fixture(params=sorted(HOUSES))
async def house(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[BoardHouse]:
    """Each platform in turn, with nothing posted."""
    async with HOUSES[request.param](tmp_path) as opened:
        yield opened


def _post(
    house: BoardHouse, words: Text = WORDS, *, kind: PostKind = PostKind.HELP, channel: ChannelId | None = None
) -> Post:
    page = Page(
        name="post.help",
        title=Text(key="post.help.title"),
        body=(words,),
        choices=(Choice(label=Text(key="post.help.open"), to="s.start", is_primary=True),),
    )
    return Post(community=house.community, channel=channel or house.channel, kind=kind, page=page)


async def _the_one(house: BoardHouse) -> SeenPost:
    posts = await house.posts(house.channel)
    assert len(posts) == 1
    return posts[0]


async def test_a_post_that_is_not_there_is_made_once_and_pinned(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    assert kept.found is Found.MADE
    seen = await _the_one(house)
    assert seen.is_pinned
    assert seen.receipt == kept.receipt


async def test_a_post_that_stands_is_left_alone(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    before = await _the_one(house)
    again = await house.board.keep(_post(house), kept.receipt)
    assert (again.receipt, again.found) == (kept.receipt, Found.STANDING)
    assert await _the_one(house) == before


async def test_other_words_are_written_over_the_old_ones_in_their_place(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    before = await _the_one(house)
    edited = await house.board.keep(_post(house, OTHER_WORDS), kept.receipt)
    assert (edited.receipt, edited.found) == (kept.receipt, Found.EDITED)
    after = await _the_one(house)
    assert after.is_pinned
    assert after.words != before.words
    assert (await house.board.keep(_post(house, OTHER_WORDS), kept.receipt)).found is Found.STANDING


async def test_an_unpinned_post_is_pinned_again_and_no_second_one_is_made(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    await house.unpin(kept.receipt)
    assert not (await _the_one(house)).is_pinned
    again = await house.board.keep(_post(house), kept.receipt)
    assert (again.receipt, again.found) == (kept.receipt, Found.PINNED_AGAIN)
    assert (await _the_one(house)).is_pinned


async def test_an_unpinned_post_whose_words_changed_is_mended_in_both(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    before = await _the_one(house)
    await house.unpin(kept.receipt)
    await house.board.keep(_post(house, OTHER_WORDS), kept.receipt)
    after = await _the_one(house)
    assert after.is_pinned
    assert after.words != before.words


async def test_a_deleted_post_is_made_again_under_another_receipt(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    await house.delete(kept.receipt)
    again = await house.board.keep(_post(house), kept.receipt)
    assert again.found is Found.MADE
    assert again.receipt != kept.receipt
    assert (await _the_one(house)).is_pinned


async def test_a_restart_changes_nothing(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    await house.restart()
    again = await house.board.keep(_post(house), kept.receipt)
    assert again.receipt == kept.receipt
    assert again.found in {Found.STANDING, Found.EDITED}
    assert (await _the_one(house)).is_pinned


async def test_a_post_that_nobody_wrote_down_is_found_again_after_a_kill(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    await house.restart()
    again = await house.board.keep(_post(house), "")
    assert again.receipt == kept.receipt
    assert len(await house.posts(house.channel)) == 1


async def test_a_post_whose_answer_got_lost_stands_once_in_the_end(house: BoardHouse) -> None:
    await house.lose_the_next_answer()
    with pytest.raises((RetryLater, TimeoutError, GaveUp)):
        await house.board.keep(_post(house), "")
    kept = await house.board.keep(_post(house), "")
    assert await _pinned(house) == [kept.receipt]


async def test_a_post_whose_answer_got_lost_before_a_kill_stands_once_in_the_end(house: BoardHouse) -> None:
    await house.lose_the_next_answer()
    with pytest.raises((RetryLater, TimeoutError, GaveUp)):
        await house.board.keep(_post(house), "")
    await house.restart()
    kept = await house.board.keep(_post(house), "")
    assert await _pinned(house) == [kept.receipt]


async def test_a_channel_has_one_post_of_each_kind_and_channels_have_their_own(house: BoardHouse) -> None:
    posts = [
        _post(house),
        _post(house, OTHER_WORDS, kind=PostKind.NOTICE),
        _post(house, channel=house.elsewhere),
    ]
    receipts = [(await house.board.keep(each, "")).receipt for each in posts]
    for post, receipt in zip(posts, receipts, strict=True):
        assert (await house.board.keep(post, receipt)).receipt == receipt
        assert (await house.board.keep(post, "")).receipt == receipt
    assert {each.receipt for each in await house.posts(house.channel)} == set(receipts[:2])
    assert {each.receipt for each in await house.posts(house.elsewhere)} == set(receipts[2:])
    assert all(each.is_pinned for each in await house.posts(house.channel))


async def test_without_the_permission_it_is_refused_for_good_and_mended_with_it(house: BoardHouse) -> None:
    await house.forbid(house.channel)
    for _ in range(2):
        with pytest.raises(NotAllowed) as refusal:
            await house.board.keep(_post(house), "")
        assert refusal.value.reason
    await house.forbid(house.channel, is_forbidden=False)
    assert (await _mended(house)).is_pinned


async def test_where_nothing_more_can_be_pinned_it_says_so_and_never_leaves_two(house: BoardHouse) -> None:
    if not house.has_pin_limit:
        return
    await house.fill(house.channel)
    for _ in range(3):
        with pytest.raises(NotAllowed) as refusal:
            await house.board.keep(_post(house), "")
        assert refusal.value.reason
        assert len(await house.posts(house.channel)) <= 1
    await house.fill(house.channel, is_full=False)
    assert (await _mended(house)).is_pinned


async def test_a_busy_platform_asks_to_come_again_and_nothing_is_there_twice(house: BoardHouse) -> None:
    await house.be_busy()
    for _ in range(2):
        with pytest.raises(RetryLater):
            await house.board.keep(_post(house), "")
    await house.be_busy(is_busy=False)
    assert (await _mended(house)).is_pinned


async def test_a_channel_that_is_gone_is_given_up(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    await house.remove_channel(house.channel)
    with pytest.raises((GaveUp, NotAllowed)):
        await house.board.keep(_post(house), kept.receipt)


async def test_another_community_is_not_served(house: BoardHouse) -> None:
    stranger = replace(_post(house), community=type(house.community)(f"{house.community}0"))
    with pytest.raises((GaveUp, NotAllowed)):
        await house.board.keep(stranger, "")
    assert await house.posts(house.channel) == []


async def test_a_post_is_taken_away_and_taking_it_away_again_is_a_success(house: BoardHouse) -> None:
    kept = await house.board.keep(_post(house), "")
    other = await house.board.keep(_post(house, kind=PostKind.NOTICE), "")
    for _ in range(2):
        await house.board.drop(house.community, house.channel, PostKind.HELP, kept.receipt)
    assert (await _the_one(house)).receipt == other.receipt


async def _pinned(house: BoardHouse) -> list[str]:
    """What is pinned, and nothing else is there where a lost post can be found again."""
    posts = await house.posts(house.channel)
    assert len(posts) == 1 or not house.finds_lost_posts
    return [each.receipt for each in posts if each.is_pinned]


async def _mended(house: BoardHouse) -> SeenPost:
    """The post as it is kept after a restart: before that a board may hold a refusal against a channel for a while."""
    await house.restart()
    await house.board.keep(_post(house), "")
    return await _the_one(house)
