"""Replaying logs: what is read, what is skipped and named, how fast, and never far ahead of the engine."""

import asyncio
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.exports.entry import Problem
from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import LocalPlatform
from bots.demo.log_file import LogFile
from bots.demo.replay import AHEAD, Replayed, ReplayPlayer, replay
from core.model.message import Channel, ChannelId
from tests.bots.demo.broken import BrokenIntake
from tests.clock import FakeClock

CHANNELS = (Channel(id=ChannelId("general"), name="general"),)


def _platform(clock: FakeClock) -> LocalPlatform:
    return LocalPlatform(intake=MemoryIntake(), clock=clock, members=(), channels=CHANNELS)


async def _turn() -> None:
    await asyncio.sleep(0)


def _lines(path: Path, count: int) -> Path:
    path.write_text("".join(json.dumps({"text": f"line {n}", "author": "a"}) + "\n" for n in range(count)))
    return path


def test_members_and_channels_of_a_log_are_none_of_the_demos(tmp_path: Path) -> None:
    line = {"text": "hello", "author": "ana", "channel": "pier", "reply_to_author": "ben", "mentions": ["ben", "cy"]}
    (tmp_path / "log.jsonl").write_text(json.dumps({**line, "sent_at": "2024-02-03T04:05:06Z", "quoted": "said"}))
    log = LogFile(tmp_path / "log.jsonl", lambda problem: None)
    (spoken,) = list(log)
    log.close()
    assert (spoken.author.id, spoken.author.name) == ("log:ana", "ana")
    assert (spoken.channel.id, spoken.channel.name) == ("log:pier", "pier")
    assert (spoken.reply_to_author, spoken.mentions) == ("log:ben", ("log:ben", "log:cy"))
    assert (spoken.quoted, spoken.sent_at) == ("said", datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC))


def test_a_line_without_a_time_is_said_now(tmp_path: Path) -> None:
    log = LogFile(_lines(tmp_path / "log.jsonl", 1), lambda problem: None)
    assert [spoken.sent_at for spoken in log] == [None]
    log.close()


async def test_bad_lines_are_counted_and_named(tmp_path: Path) -> None:
    clock = FakeClock()
    named: list[Problem] = []
    platform = _platform(clock)
    path = tmp_path / "log.jsonl"
    path.write_text('{"text": "good"}\nno json\n{"text": "also good"}\n')
    place = ChannelId("log:log")
    done = await replay(path, platform, clock, screened=lambda: platform.count(place), complain=named.append)
    assert (done.taken_in, done.bad_lines) == (2, 1)
    assert [problem.place for problem in named] == ["log.jsonl: line 2"]


async def test_every_line_is_taken_in_once_and_progress_ends_at_the_end(tmp_path: Path) -> None:
    clock = FakeClock()
    platform = _platform(clock)
    shares: list[float] = []
    done = await replay(
        _lines(tmp_path / "log.jsonl", 300),
        platform,
        clock,
        screened=lambda: platform.count(ChannelId("log:log")),
        on_progress=lambda so_far: shares.append(so_far.share),
    )
    assert (done.taken_in, done.bad_lines, platform.count(ChannelId("log:log"))) == (300, 0, 300)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


async def test_it_waits_for_an_engine_that_is_slower(tmp_path: Path) -> None:
    clock, screened, so_far = FakeClock(), [0], Replayed()

    def heard(now: Replayed) -> None:
        nonlocal so_far
        so_far = now

    path = _lines(tmp_path / "log.jsonl", 3 * AHEAD)
    task = asyncio.ensure_future(replay(path, _platform(clock), clock, screened=lambda: screened[0], on_progress=heard))
    while not clock.sleepers:
        await _turn()
    assert AHEAD < so_far.taken_in <= AHEAD + 64
    while not task.done():
        screened[0] = so_far.taken_in
        clock.advance(timedelta(seconds=1))
        await _turn()
    assert (await task).taken_in == 3 * AHEAD


async def test_a_chosen_speed_is_kept(tmp_path: Path) -> None:
    clock = FakeClock()
    platform = _platform(clock)
    place = ChannelId("log:log")
    task = asyncio.ensure_future(
        replay(_lines(tmp_path / "log.jsonl", 100), platform, clock, screened=lambda: platform.count(place), speed=10.0)
    )
    while not task.done():
        assert platform.count(place) <= 10 * clock.monotonic() + 2
        if clock.sleepers:
            clock.advance(timedelta(seconds=0.1))
        await _turn()
    assert clock.monotonic() >= 9.5


async def test_a_replay_can_be_stopped_and_played_again(tmp_path: Path) -> None:
    clock = FakeClock()
    platform = _platform(clock)
    screened = [0]
    player = ReplayPlayer(_lines(tmp_path / "log.jsonl", 3 * AHEAD), platform, clock, screened=lambda: screened[0])
    running = asyncio.ensure_future(player.run())
    while not clock.sleepers:
        await _turn()
    assert player.progress().is_running
    player.stop()
    while player.progress().is_running:
        await _turn()
    before = platform.count(ChannelId("log:log"))
    player.start()
    while platform.count(ChannelId("log:log")) == before:
        await _turn()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_replay_that_failed_is_no_longer_running_and_can_be_played_again(tmp_path: Path) -> None:
    clock = FakeClock()
    platform = LocalPlatform(intake=BrokenIntake(), clock=clock, members=(), channels=CHANNELS)
    place = ChannelId("log:log")
    player = ReplayPlayer(_lines(tmp_path / "log.jsonl", 3), platform, clock, screened=lambda: platform.count(place))
    with pytest.raises(ExceptionGroup):
        await player.run()
    assert not player.progress().is_running
    player.start()
    running = asyncio.ensure_future(player.run())
    while platform.count(place) < 3 or player.progress().is_running:
        await _turn()
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


@pytest.mark.parametrize(
    ("so_far", "note"),
    [
        (Replayed(), ""),
        (Replayed(taken_in=1), "1 message"),
        (Replayed(taken_in=1204, bad_lines=1), "1,204 messages, 1 bad line skipped"),
        (Replayed(bad_lines=2), "2 bad lines skipped"),
    ],
)
def test_progress_counts_in_the_right_number(so_far: Replayed, note: str) -> None:
    assert so_far.note == note
