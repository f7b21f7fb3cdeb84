"""Bad days for pinned posts: every mishap is mended within a minute, and no moment shows a double.

The same figures are printed by `python -m benchmarks.pinned`; here it is also shown that they can fail.
"""

import pytest

from adapters.local.board import LocalBoard, words_of
from core.care import posts
from core.care.post_book import PostBook
from core.model.community import Community
from core.model.post import Found, Kept, Post
from core.model.standing import Place
from tests.core.care.pinned_days import WITHIN_S, pinned_days
from tests.virtual_time import run_in_virtual_time

MISHAPS = 40


@pytest.mark.parametrize("seed", range(3))
def test_every_mishap_is_mended_within_a_minute_and_nothing_ever_stands_twice(seed: int) -> None:
    outcome = run_in_virtual_time(pinned_days(seed, MISHAPS))
    assert outcome.felt > MISHAPS / 2
    assert outcome.mended == MISHAPS
    assert outcome.slowest_s <= WITHIN_S
    assert outcome.doubles == 0
    assert outcome.astray == 0


def test_a_keeper_that_looks_too_seldom_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(posts, "LOOKS_EVERY_S", 180.0)
    outcome = run_in_virtual_time(pinned_days(0, MISHAPS))
    assert outcome.mended < MISHAPS
    assert outcome.slowest_s > WITHIN_S


def test_a_board_that_does_not_know_its_own_posts_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    honest = LocalBoard.keep

    async def blind(board: LocalBoard, post: Post, receipt: str) -> Kept:
        if receipt in board._posts:
            return await honest(board, post, receipt)
        made = await board._make(post, words_of(post.page))
        await board._change("post_pinned", made.receipt, is_pinned=True)
        return Kept(receipt=made.receipt, found=Found.MADE)

    monkeypatch.setattr(LocalBoard, "keep", blind)
    assert run_in_virtual_time(pinned_days(0, MISHAPS)).doubles > 0


def test_a_keeper_that_writes_nothing_down_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    async def forgetful(book: PostBook, place: Place, community: Community, receipt: str) -> None: ...

    monkeypatch.setattr(PostBook, "stands", forgetful)
    assert run_in_virtual_time(pinned_days(0, 5)).astray == 5
