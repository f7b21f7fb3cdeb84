"""Server-sent events: everything is hinted at first, and bursts are one hint."""

import asyncio

import pytest

from adapters.console.ending import Ending
from adapters.console.feed import Feed
from adapters.console.notices import NoticeBoard
from adapters.console.stream import Stream
from core.model.card import Text


def _events(chunk: str) -> list[str]:
    return [line.removeprefix("event: ") for line in chunk.splitlines() if line.startswith("event: ")]


async def test_a_browser_that_connects_looks_at_everything_once() -> None:
    hints = Stream([Feed()]).hints()
    assert "retry" in await anext(hints)
    assert _events(await anext(hints)) == ["chat", "private", "queue", "top"]
    await hints.aclose()


async def test_a_burst_is_one_hint_and_nothing_is_lost() -> None:
    feed, notices = Feed(), NoticeBoard()
    hints = Stream([feed, notices.feed]).hints()
    await anext(hints)
    await anext(hints)
    for _ in range(1000):
        feed.tell("cards")
    notices.raise_notice("store", Text(key="notice.store"))
    async with asyncio.timeout(5):
        assert _events(await anext(hints)) == ["queue", "top"]
    await hints.aclose()


async def test_a_browser_that_goes_is_no_longer_told() -> None:
    feed = Feed()
    hints = Stream([feed]).hints()
    await anext(hints)
    await hints.aclose()
    assert feed._listeners == set()


async def test_the_same_notice_again_is_no_news() -> None:
    board, heard = NoticeBoard(), list[str]()
    board.feed.listen(heard.append)
    for _ in range(3):
        board.raise_notice("store", Text(key="notice.store"))
    board.clear_notice("store")
    board.clear_notice("store")
    assert heard == ["notices", "notices"]


async def test_a_stream_ends_when_the_console_is_asked_to_end() -> None:
    ending = Ending()
    hints = Stream([Feed()], ending).hints()
    await anext(hints)
    await anext(hints)
    waiting = asyncio.ensure_future(anext(hints))
    await asyncio.sleep(0)
    ending.ask()
    async with asyncio.timeout(5):
        with pytest.raises(StopAsyncIteration):
            await waiting
