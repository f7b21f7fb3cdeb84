"""What the bot keeps standing on the local platform, and what its people do to it."""

import asyncio
from pathlib import Path

import pytest

from adapters.local.board import Trouble, words_of
from adapters.local.journal import Journal, read_journal
from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LocalPlatform, Topic
from core.errors import GaveUp, NotAllowed, RetryLater
from core.model.card import Text
from core.model.event import MessageDeleted
from core.model.message import Channel, ChannelId
from core.model.page import Choice, Page, Shown
from core.model.post import Found, Post
from core.model.standing import PostKind
from tests.clock import FakeClock
from tests.core.shelf import THE_WORLD, a_service

GENERAL = ChannelId("general")
HELP = PostKind.HELP


def _platform(journal: Journal | None = None) -> tuple[LocalPlatform, MemoryIntake]:
    intake = MemoryIntake()
    channels = (Channel(id=GENERAL, name="general"),)
    return LocalPlatform(intake=intake, clock=FakeClock(), members=(), channels=channels, journal=journal), intake


def _page(number: str = "555-0101", *, words: str = "post.help.danger") -> Page:
    return Page(
        name="post.help",
        title=Text(key="post.help.title"),
        body=(Text(key=words), Shown(service=a_service("line", call=number))),
        choices=(Choice(label=Text(key="post.help.open"), to="s.start"),),
    )


def _post(page: Page | None = None) -> Post:
    return Post(community=HARBOUR, channel=GENERAL, kind=HELP, page=page or _page())


async def test_everybody_is_shown_the_pinned_post_and_listeners_hear_of_it() -> None:
    platform, _ = _platform()
    heard: list[Topic] = []
    platform.listen(heard.append)
    await platform.board.keep(_post(), "")
    assert [post.page for post in platform.posts(GENERAL)] == [_page()]
    assert set(heard) == {Topic.CHAT}


async def test_an_unpinned_post_is_there_but_no_longer_at_the_top() -> None:
    platform, _ = _platform()
    await platform.board.keep(_post(), "")
    await platform.board.unpin(GENERAL, HELP)
    assert platform.posts(GENERAL) == []
    assert len(platform.board.posts(GENERAL)) == 1


async def test_a_deleted_post_is_told_as_any_deleted_message() -> None:
    platform, intake = _platform()
    kept = await platform.board.keep(_post(), "")
    await platform.board.delete_post(GENERAL, HELP)
    (taken,) = await intake.take(10)
    assert isinstance(taken.event, MessageDeleted)
    assert (taken.event.message_id, taken.event.channel.id) == (kept.receipt, GENERAL)


async def test_taking_down_what_is_not_there_does_nothing() -> None:
    platform, intake = _platform()
    await platform.board.unpin(GENERAL, HELP)
    await platform.board.delete_post(GENERAL, HELP)
    assert await intake.take(10) == []


async def test_a_post_that_is_deleted_while_it_is_edited_does_not_come_back() -> None:
    platform, _ = _platform()
    kept = await platform.board.keep(_post(), "")
    stale = platform.board._posts[kept.receipt]
    await platform.board.delete_post(GENERAL, HELP)
    with pytest.raises(RetryLater):
        await platform.board._change("post_pinned", stale.receipt, is_pinned=True)
    assert platform.board.posts(GENERAL) == []


async def test_a_twin_is_taken_away_and_the_known_one_stays() -> None:
    platform, _ = _platform()
    known = await platform.board.keep(_post(), "")
    await platform.board._make(_post(), words_of(_page()))
    assert len(platform.board.posts(GENERAL)) == 2
    kept = await platform.board.keep(_post(), known.receipt)
    assert kept.receipt == known.receipt
    assert [post.receipt for post in platform.board.posts(GENERAL)] == [known.receipt]


async def test_a_full_channel_holds_the_post_unpinned_and_once() -> None:
    platform, _ = _platform()
    platform.board.beset(GENERAL, Trouble.FULL)
    for _ in range(3):
        with pytest.raises(NotAllowed, match="pinned"):
            await platform.board.keep(_post(), "")
    assert len(platform.board.posts(GENERAL)) == 1
    platform.board.beset(GENERAL, None)
    assert (await platform.board.keep(_post(), "")).found is Found.PINNED_AGAIN


async def test_a_silent_channel_never_answers_and_nothing_happens() -> None:
    platform, _ = _platform()
    platform.board.fail_next(Trouble.SILENT)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await platform.board.keep(_post(), "")
    assert platform.board.posts(GENERAL) == []


async def test_a_channel_that_never_was_is_gone() -> None:
    platform, _ = _platform()
    with pytest.raises(GaveUp):
        await platform.board.keep(Post(community=HARBOUR, channel=ChannelId("nowhere"), kind=HELP, page=_page()), "")


async def test_over_a_kill_it_remembers_what_stands_how_and_with_which_words(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    first, _ = _platform(journal)
    kept = await first.board.keep(_post(), "")
    await first.board.unpin(GENERAL, HELP)
    journal.close()

    journal = Journal(path)
    second, _ = _platform(journal)
    assert second.posts(GENERAL) == []
    again = await second.board.keep(_post(), kept.receipt)
    assert (again.receipt, again.found) == (kept.receipt, Found.PINNED_AGAIN)
    assert [post.page for post in second.posts(GENERAL)] == [_page()]
    await second.board.delete_post(GENERAL, HELP)
    journal.close()

    journal = Journal(path)
    third, _ = _platform(journal)
    assert third.board.posts(GENERAL) == []
    journal.close()
    assert "555" not in path.read_text(encoding="utf-8")
    assert [entry["what"] for entry in read_journal(path)] == [
        "posted",
        "post_pinned",
        "post_unpinned",
        "post_pinned",
        "post_gone",
    ]


async def test_ids_of_posts_never_repeat_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    journal = Journal(path)
    first, _ = _platform(journal)
    kept = await first.board.keep(_post(), "")
    await first.board.delete_post(GENERAL, HELP)
    journal.close()
    journal = Journal(path)
    second, _ = _platform(journal)
    assert int((await second.board.keep(_post(), "")).receipt) > int(kept.receipt)
    journal.close()


def test_the_digest_of_a_page_changes_with_whatever_is_read_and_with_nothing_else() -> None:
    assert words_of(_page()) == words_of(_page())
    other = Page(name="other.name", title=Text(key="post.help.title"), body=(Shown(service=THE_WORLD),))
    digests = {
        words_of(_page()),
        words_of(_page("555-0102")),
        words_of(_page(words="post.help.listen")),
        words_of(other),
    }
    assert len(digests) == 4
