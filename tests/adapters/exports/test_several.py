"""Several files as one: order of time across channels and parts, folders, and exports that begin with the newest."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.exports import several
from adapters.exports.entry import AGAIN, IGNORED_FILE, Entry, Leftovers
from adapters.exports.several import Exports
from core.errors import ConfigurationRefused

START = datetime(2024, 1, 1, tzinfo=UTC)


def a_channel(path: Path, channel: str, minutes: Sequence[int]) -> Path:
    """A DiscordChatExporter file whose messages say when they were sent."""
    messages = [
        {
            "id": f"{channel}{minute}",
            "type": "Default",
            "timestamp": (START + timedelta(minutes=minute)).isoformat(),
            "content": f"{channel} {minute}",
            "author": {"id": "1", "name": "ana", "isBot": False},
        }
        for minute in minutes
    ]
    export = {"guild": {"id": "1"}, "channel": {"id": channel, "name": channel}, "messages": messages}
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(export))
    return path


def read(*paths: Path) -> tuple[list[Entry], Leftovers]:
    leftovers = Leftovers()
    exports = Exports(paths, leftovers)
    entries = list(exports)
    assert exports.share == 1.0
    exports.close()
    return entries, leftovers


def said(entries: Sequence[Entry]) -> list[str]:
    return [entry.message.text for entry in entries]


def test_channels_of_a_folder_are_read_side_by_side_in_the_order_of_time(tmp_path: Path) -> None:
    a_channel(tmp_path / "pier.json", "pier", [1, 4, 9])
    a_channel(tmp_path / "threads" / "boats.json", "boats", [2, 3, 10])
    (tmp_path / "pier.json_Files").mkdir()
    (tmp_path / "pier.json_Files" / "boat.png").write_bytes(b"no export")
    entries, left = read(tmp_path)
    assert said(entries) == ["pier 1", "boats 2", "boats 3", "pier 4", "pier 9", "boats 10"]
    assert entries[1].place == "threads/boats.json: message 1"
    assert (left.skipped, left.problems) == ({IGNORED_FILE: 1}, [])


def test_parts_of_an_export_come_in_their_order(tmp_path: Path) -> None:
    for part in range(1, 13):
        name = "pier.json" if part == 1 else f"pier [part {part}].json"
        a_channel(tmp_path / name, "pier", [part * 2, part * 2 + 1])
    leftovers = Leftovers()
    exports = Exports([tmp_path], leftovers)
    assert exports.names[:3] == ("pier.json", "pier [part 2].json", "pier [part 3].json")
    assert said(list(exports)) == [f"pier {minute}" for minute in range(2, 26)]


def test_parts_without_dates_come_one_after_another_as_people_count(tmp_path: Path) -> None:
    for part in (1, 2, 10):
        (tmp_path / f"log {part}.csv").write_text(f"text\npart {part}\n")
    entries, _ = read(tmp_path)
    assert said(entries) == ["part 1", "part 2", "part 10"]


def test_an_export_that_begins_with_the_newest_is_turned_round(tmp_path: Path) -> None:
    newest_first = a_channel(tmp_path / "pier.json", "pier", range(99, 0, -2))
    other = a_channel(tmp_path / "quay.json", "quay", range(0, 100, 2))
    entries, _ = read(newest_first, other)
    assert [int(text.split()[1]) for text in said(entries)] == list(range(100))


def test_answers_in_an_export_that_begins_with_the_newest_know_whom_they_answer(tmp_path: Path) -> None:
    path = a_channel(tmp_path / "pier.json", "pier", [3, 2, 1])
    export = json.loads(path.read_text())
    newest, middle, oldest = export["messages"]
    oldest["author"] |= {"id": "7", "isBot": True}
    middle["author"]["id"] = "8"
    middle["reference"] = {"messageId": oldest["id"]}
    newest["reference"] = {"messageId": middle["id"]}
    path.write_text(json.dumps(export))
    entries, _ = read(path)
    assert [entry.message.reply_to_author for entry in entries] == ["7", "8"]


def test_two_exports_of_the_same_channel_count_once(tmp_path: Path) -> None:
    a_channel(tmp_path / "a.json", "pier", range(50))
    a_channel(tmp_path / "b.json", "pier", range(25, 75))
    entries, left = read(tmp_path)
    assert [int(text.split()[1]) for text in said(entries)] == list(range(75))
    assert left.skipped == {AGAIN: 25}


def test_a_file_that_is_named_twice_is_read_once(tmp_path: Path) -> None:
    (tmp_path / "log.csv").write_text("text\nhello\n")
    entries, _ = read(tmp_path / "log.csv", tmp_path, tmp_path / "log.csv")
    assert said(entries) == ["hello"]


def test_more_files_than_can_be_open_come_in_groups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(several, "SIDE_BY_SIDE", 2)
    for number, name in enumerate("abc"):
        a_channel(tmp_path / f"{name}.json", name, [number, number + 10])
    entries, _ = read(tmp_path)
    assert said(entries) == ["a 0", "b 1", "a 10", "b 11", "c 2", "c 12"]


def test_what_is_no_export_in_a_folder_is_named_and_the_others_are_read(tmp_path: Path) -> None:
    a_channel(tmp_path / "pier.json", "pier", [1])
    (tmp_path / "settings.json").write_text('{"theme": "dark"}')
    entries, left = read(tmp_path)
    assert said(entries) == ["pier 1"]
    assert [problem.place for problem in left.problems] == ["settings.json"]
    assert "another shape" in left.problems[0].reason


@pytest.mark.parametrize("name", ["gone.json", "settings.json", "."])
def test_what_was_named_and_is_no_export_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "settings.json").write_text('{"theme": "dark"}')
    with pytest.raises(ConfigurationRefused) as refused:
        Exports([tmp_path / name], Leftovers())
    assert str(tmp_path / name) in refused.value.path


def test_a_file_that_breaks_off_does_not_end_the_others(tmp_path: Path) -> None:
    cut = a_channel(tmp_path / "a.json", "a", range(0, 100, 2))
    cut.write_bytes(cut.read_bytes()[: cut.stat().st_size // 2])
    a_channel(tmp_path / "b.json", "b", range(1, 100, 2))
    entries, left = read(tmp_path)
    assert [text for text in said(entries) if text.startswith("b")] == [f"b {minute}" for minute in range(1, 100, 2)]
    assert 20 < len(entries) - 50 < 30
    assert left.cuts == 1
