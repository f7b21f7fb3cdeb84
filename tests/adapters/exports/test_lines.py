"""JSON lines and CSV: what each field becomes, what is skipped and named, and logs that break off."""

import csv
import gzip
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.exports.entry import LOCAL_TIMES, NO_DATES, NO_TIMES, NOBODY, ONE_CHANNEL, Problem, Timing
from adapters.exports.lines import MAX_CHANNELS, PACE
from adapters.exports.opening import Format
from core.errors import ConfigurationRefused
from tests.adapters.exports.reading import numbers, read, texts


def test_json_lines_bring_author_channel_time_quote_and_mentions(tmp_path: Path) -> None:
    line = {
        "id": "7",
        "text": "hello \ud800",
        "author": "ana",
        "channel": "pier",
        "community": "harbour",
        "sent_at": "2024-02-03T04:05:06Z",
        "quoted": "what was said",
        "reply_to_author": 12,
        "mentions": ["ben", "cy"],
    }
    (tmp_path / "log.jsonl").write_text(json.dumps(line) + "\n\n")
    (entry,), left = read(tmp_path / "log.jsonl")
    message = entry.message
    assert (left.problems, left.notes) == ([], {})
    assert (message.text, message.author.name, message.channel.name) == ("hello \ud800", "ana", "pier")
    assert (message.sent_at, entry.timing) == (datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC), Timing.DATED)
    assert (message.quoted, message.reply_to_author, message.mentions) == ("what was said", "12", ("ben", "cy"))
    assert (message.community, entry.place) == ("file:harbour", "log.jsonl: line 1")


def test_bad_lines_are_named_by_number_and_the_rest_goes_on(tmp_path: Path) -> None:
    lines = [
        b'{"text": "good"}',
        b"no json",
        b"[1, 2]",
        b'{"author": "nobody"}',
        b'{"text": 7}',
        b'{"text": "x", "sent_at": "yesterday"}',
        b'{"text": "x", "mentions": "ben"}',
        b'{"text": "x", "author": 5.5}',
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
    entries, left = read(tmp_path / "log.jsonl")
    assert texts(entries) == ["good", "also good"]
    assert numbers(left) == list(range(2, 18))
    assert all("nobody" not in problem.reason for problem in left.problems)
    assert left.cuts == 0


def test_a_line_beyond_every_measure_is_skipped_without_being_held(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_bytes(b'{"text": "' + b"x" * 9_000_000 + b'"}\n{"text": "good"}\n')
    entries, left = read(tmp_path / "log.jsonl")
    assert texts(entries) == ["good"]
    assert numbers(left) == [1]


def test_a_packed_csv_brings_nick_file_and_time_of_day(tmp_path: Path) -> None:
    with gzip.open(tmp_path / "log.csv.gz", "wt", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(["file", "time", "nick", "text"])
        writer.writerow(["pier", "23:59", "ana", "a, quoted\nline"])
        writer.writerow(["pier", "00:01", "ben", "after midnight"])
        writer.writerow(["quay", "00:01", "ben", "elsewhere"])
    (first, second, third), left = read(tmp_path / "log.csv.gz")
    assert (left.problems, set(left.notes)) == ([], {NO_DATES})
    assert (first.message.text, first.message.author.id, first.message.channel.id) == ("a, quoted\nline", "ana", "pier")
    assert second.message.sent_at == first.message.sent_at + timedelta(minutes=2)
    assert third.message.sent_at == second.message.sent_at - timedelta(days=1)
    assert {each.timing for each in (first, second, third)} == {Timing.TIME_OF_DAY}


@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_csv_is_told_by_its_header_whatever_stands_between_its_columns(tmp_path: Path, delimiter: str) -> None:
    rows = (["Author", " Text "], ["ana", "hello"])
    (tmp_path / "log.txt").write_bytes(b"\xef\xbb\xbf" + "".join(delimiter.join(row) + "\r\n" for row in rows).encode())
    (entry,), _ = read(tmp_path / "log.txt")
    assert (entry.message.author.name, entry.message.text) == ("ana", "hello")


def test_a_csv_without_names_gives_every_line_its_own_author_and_says_what_was_assumed(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("text,age\nhello,16-20\nthere,21-25\n")
    entries, left = read(tmp_path / "log.csv")
    assert len({each.message.author.id for each in entries}) == 2
    assert entries[1].message.sent_at - entries[0].message.sent_at == PACE
    assert set(left.notes) == {NOBODY, ONE_CHANNEL, NO_TIMES}


def test_a_time_without_a_zone_is_utc_and_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("text,sent_at,channel,author\nhello,2024-02-03 04:05:06,pier,ana\n")
    (entry,), left = read(tmp_path / "log.csv")
    assert entry.message.sent_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert set(left.notes) == {LOCAL_TIMES}


def test_what_is_called_a_csv_and_has_no_text_is_only_complained_of(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("words,age\nhello,16-20\n")
    entries, left = read(tmp_path / "log.csv", Format.CSV)
    assert (entries, left.problems) == ([], [Problem("log.csv: line 1", "has no column `text`")])


def test_a_first_line_that_is_somebodys_words_does_not_stand_in_the_refusal(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("ana,a synthetic secret\nben,another\n")
    with pytest.raises(ConfigurationRefused) as refused:
        read(tmp_path / "log.csv")
    assert "2 columns" in str(refused.value)
    assert "secret" not in str(refused.value)


def test_a_packed_file_that_breaks_off_gives_what_is_there(tmp_path: Path) -> None:
    packed = gzip.compress(b"".join(json.dumps({"text": str(n)}).encode() + b"\n" for n in range(50_000)))
    (tmp_path / "log.jsonl.gz").write_bytes(packed[: len(packed) // 2])
    entries, left = read(tmp_path / "log.jsonl.gz")
    assert len(entries) > 1000
    assert texts(entries) == [str(n) for n in range(len(entries))]
    assert left.cuts == 1
    assert len(left.problems) == 1


def test_a_packed_file_that_was_damaged_gives_what_stands_before(tmp_path: Path) -> None:
    packed = bytearray(gzip.compress(b"".join(b'{"text": "%d"}\n' % n for n in range(50_000))))
    packed[len(packed) // 2] ^= 0xFF
    (tmp_path / "log.jsonl.gz").write_bytes(packed)
    entries, left = read(tmp_path / "log.jsonl.gz")
    assert texts(entries)[:1000] == [str(n) for n in range(1000)]
    assert left.cuts >= 1


def test_a_last_line_that_breaks_off_is_a_cut_and_not_a_bad_line(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('{"text": "good"}\n{"text": "hal')
    entries, left = read(tmp_path / "log.jsonl")
    assert (texts(entries), left.cuts) == (["good"], 1)
    assert left.problems[0].place == "log.jsonl: line 2"


def test_however_many_channels_there_are_only_the_last_are_remembered(tmp_path: Path) -> None:
    lines = [{"text": "x", "channel": "first"}, *({"text": "x", "channel": str(n)} for n in range(MAX_CHANNELS))]
    (tmp_path / "log.jsonl").write_text("".join(json.dumps(line) + "\n" for line in [*lines, lines[0]]))
    entries, _ = read(tmp_path / "log.jsonl")
    assert entries[-1].message.sent_at == entries[0].message.sent_at
