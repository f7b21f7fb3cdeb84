"""Replaying logs: what is read, what is skipped and named, how fast, and never far ahead of the engine."""

import asyncio
import csv
import gzip
import json
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.local.memory import MemoryIntake
from adapters.local.platform import LocalPlatform, Spoken
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


def _read(path: Path) -> tuple[list[Spoken], list[tuple[int, str]]]:
    bad: list[tuple[int, str]] = []
    log = LogFile(path, lambda number, reason: bad.append((number, reason)))
    spoken = list(log)
    log.close()
    return spoken, bad


def _lines(path: Path, count: int) -> Path:
    path.write_text("".join(json.dumps({"text": f"line {n}", "author": "a"}) + "\n" for n in range(count)))
    return path


def test_json_lines_bring_author_channel_time_quote_and_mentions(tmp_path: Path) -> None:
    line = {
        "id": "7",
        "text": "hello \ud800",
        "author": "ana",
        "channel": "pier",
        "sent_at": "2024-02-03T04:05:06Z",
        "quoted": "what was said",
        "reply_to_author": "ben",
        "mentions": ["ben", "cy"],
    }
    (tmp_path / "log.jsonl").write_text(json.dumps(line) + "\n\n")
    (spoken,), bad = _read(tmp_path / "log.jsonl")
    assert bad == []
    assert (spoken.text, spoken.author.name, spoken.channel.name) == ("hello \ud800", "ana", "pier")
    assert spoken.sent_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (spoken.quoted, spoken.reply_to_author, spoken.mentions) == (
        "what was said",
        "log:ben",
        ("log:ben", "log:cy"),
    )


def test_bad_lines_are_named_by_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        b'{"text": "good"}',
        b"no json",
        b"[1, 2]",
        b'{"author": "nobody"}',
        b'{"text": 7}',
        b'{"text": "x", "sent_at": "yesterday"}',
        b'{"text": "x", "mentions": "ben"}',
        b'{"text": "x", "author": 5}',
        b'{"text": "x", "sent_at": "0001-01-01T00:00:00Z"}',
        b'{"text": "x", "sent_at": "9999-12-31T23:59:59-10:00"}',
        b'{"text": "x", "author": "\\ud800"}',
        b'{"text": "x", "channel": "\\udfff"}',
        b'{"text": "x", "reply_to_author": "a\\u0000"}',
        b'{"text": "x", "mentions": ["ben", "\\ud800"]}',
        b"\xff\xfe\x00binary",
        b"[" * 100_000,
        b'{"text": "' + b"x" * 300_000 + b'"}',
        b'{"text": "also good"}',
    ]
    (tmp_path / "log.jsonl").write_bytes(b"\n".join(lines))
    spoken, bad = _read(tmp_path / "log.jsonl")
    assert [each.text for each in spoken] == ["good", "also good"]
    assert [number for number, _ in bad] == list(range(2, 18))
    assert all("nobody" not in reason for _, reason in bad)


def test_a_line_beyond_every_measure_is_skipped_without_being_held(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b'{"text": "' + b"x" * 9_000_000 + b'"}\n{"text": "good"}\n')
    spoken, bad = _read(tmp_path / "log.jsonl")
    assert [each.text for each in spoken] == ["good"]
    assert [number for number, _ in bad] == [1]


def test_a_packed_csv_brings_nick_file_and_time_of_day(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "log.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "time", "nick", "text"])
        writer.writerow(["pier", "23:59", "ana", "a, quoted\nline"])
        writer.writerow(["pier", "00:01", "ben", "after midnight"])
        writer.writerow(["quay", "00:01", "ben", "elsewhere"])
    (first, second, third), bad = _read(tmp_path / "log.csv.gz")
    assert bad == []
    assert (first.text, first.author.id, first.channel.id) == ("a, quoted\nline", "log:ana", "log:pier")
    assert first.sent_at is not None
    assert second.sent_at == first.sent_at + timedelta(minutes=2)
    assert third.sent_at == second.sent_at - timedelta(days=1)


def test_a_csv_without_names_gives_every_line_its_own_author(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("text,age\nhello,16-20\nthere,21-25\n")
    spoken, _ = _read(tmp_path / "log.csv")
    assert len({each.author.id for each in spoken}) == 2


def test_a_csv_without_a_text_column_says_so(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("words,age\nhello,16-20\n")
    assert _read(tmp_path / "log.csv") == ([], [(1, "has no column `text`")])


def test_a_packed_file_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(json.dumps({"text": str(n)}).encode() + b"\n" for n in range(50_000)))
    (tmp_path / "log.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    spoken, bad = _read(tmp_path / "log.jsonl.gz")
    assert len(spoken) > 1000
    assert [reason.partition(":")[0] for _, reason in bad] == ["the file breaks off"]


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
