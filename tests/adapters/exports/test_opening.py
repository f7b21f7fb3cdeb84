"""What a file is told by: its content, or a clear refusal that says what was found and what was expected."""

import gzip
import json
from pathlib import Path

import pytest

from adapters.exports.opening import ExportFile, Format, format_of
from core.errors import ConfigurationRefused
from tests.adapters.exports.reading import read, written

DISCORD = {"guild": {"id": "1"}, "channel": {"id": "2"}, "messages": []}
TELEGRAM = {"name": "Harbour", "type": "private_group", "id": 1, "messages": []}
ACCOUNT = {"about": "x", "personal_information": {}, "chats": {"about": "x", "list": []}}


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("indent", [None, 2])
@pytest.mark.parametrize(
    ("document", "kind"), [(DISCORD, Format.DISCORD), (TELEGRAM, Format.TELEGRAM), (ACCOUNT, Format.TELEGRAM)]
)
def test_documents_are_told_by_their_keys_whatever_they_are_called(
    tmp_path: Path, document: object, kind: Format, indent: int | None, packed: bool
) -> None:
    content = b"\xef\xbb\xbf" + json.dumps(document, indent=indent).encode()
    (tmp_path / "some.csv").write_bytes(gzip.compress(content) if packed else content)
    assert format_of(tmp_path / "some.csv") is kind


def test_lines_of_json_are_told_by_the_first_one(tmp_path: Path) -> None:
    (tmp_path / "log.txt").write_text('{"text": "hello", "id": 1}\n{"text": "there"}\n')
    assert format_of(tmp_path / "log.txt") is Format.JSONL


def test_lines_of_json_whose_first_is_broken_are_told_by_the_name(tmp_path: Path) -> None:
    (tmp_path / "log.jsonl").write_text('broken\n{"text": "there"}\n')
    assert format_of(tmp_path / "log.jsonl") is Format.JSONL


@pytest.mark.parametrize(
    ("content", "found"),
    [
        (b"", "is empty"),
        (b" \n", "is empty"),
        (b"PK\x03\x04rest", "is a ZIP archive"),
        (b"<!DOCTYPE html><html>", "is a web page"),
        ("text\nhello".encode("utf-16"), "is text in UTF-16"),
        (b'[{"text": "hello"}]', "is a JSON list"),
        (b'{"log": {"lines": []}, "version": 3}', "is JSON of another shape: it begins with log, version"),
        (b"{}", "is JSON of another shape: it has no keys"),
        (b"AuthorID,Author,Date,Content,Attachments,Reactions\n", "is DiscordChatExporter's CSV"),
        (b"when,who,what\n", "has 3 columns in its first line and none of them is `text`"),
        (b"just words\n", "is neither JSON nor CSV with a column `text`"),
        (b"\x00\x01\x02\xff", "is neither JSON nor CSV"),
    ],
)
def test_what_is_no_export_is_refused_with_what_was_found(tmp_path: Path, content: bytes, found: str) -> None:
    (tmp_path / "file.json").write_bytes(content)
    with pytest.raises(ConfigurationRefused) as refused:
        format_of(tmp_path / "file.json")
    assert found in refused.value.reason
    assert refused.value.path.endswith("file.json")
    assert refused.value.hint


def test_a_named_format_wins_over_what_the_content_looks_like(tmp_path: Path) -> None:
    (tmp_path / "log").write_text("when,who,what\n")
    entries, left = read(tmp_path / "log", Format.JSONL)
    assert (entries, left.problem_count) == ([], 1)


def test_how_much_was_read_rises_from_nothing_to_everything(tmp_path: Path) -> None:
    messages = [
        {"id": n, "type": "message", "date": "2024-01-01T00:00:00", "from_id": 1, "text": "x"} for n in range(5000)
    ]
    path = written(tmp_path / "result.json", {**TELEGRAM, "messages": messages})
    from adapters.exports.entry import Leftovers

    export = ExportFile(path, Leftovers())
    shares = [export.share for _ in export]
    assert shares == sorted(shares)
    assert shares[0] < 0.5
    assert export.share == 1.0
    export.close()
