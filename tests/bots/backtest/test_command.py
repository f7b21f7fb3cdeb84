"""`lightkeeper backtest` as a process: what it writes where, what it refuses, and its exit codes."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bots.backtest.trying import line, written

COMMAND = [sys.executable, "-m", "bots.cli", "backtest"]
SAID = [
    line(0, "ann-marie", "what a lovely day for sailing"),
    line(1, "ben", "you are such an idiot, marlinspike"),
    line(2, "cy", "i want to die"),
]


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *map(str, arguments)], capture_output=True, text=True, check=False)


def test_a_report_is_printed_and_no_file_of_it_holds_anybodys_words(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", SAID)
    outputs = [tmp_path / name for name in ("report.json", "report.html", "alerts.jsonl")]
    ended = run(path, "--json", outputs[0], "--html", outputs[1], "--alerts", outputs[2])
    assert (ended.returncode, ended.stderr) == (0, "")
    assert "2 alerts" in ended.stdout
    for written_words in (ended.stdout, *(output.read_text() for output in outputs)):
        assert "marlinspike" not in written_words
        assert "ann-marie" not in written_words
    report = json.loads(outputs[0].read_text())
    assert (report["messages"], report["alerts"], report["policy"]) == (3, 2, "general")
    alerts = [json.loads(each) for each in outputs[2].read_text().splitlines()]
    assert [(each["place"], each["category"]) for each in alerts] == [
        ("log.jsonl: line 2", "harassment"),
        ("log.jsonl: line 3", "crisis"),
    ]


def test_words_are_shown_to_the_one_who_asks_for_them(tmp_path: Path) -> None:
    ended = run(written(tmp_path / "log.jsonl", SAID), "--show-text", "--json", "-")
    assert ended.returncode == 0
    report = json.loads(ended.stdout)
    assert "you are such an idiot, marlinspike" in {alert["text"] for alert in report["most_certain"]}


@pytest.mark.parametrize("option", ["--json", "--html", "--alerts"])
def test_an_export_is_never_overwritten(tmp_path: Path, option: str) -> None:
    path = written(tmp_path / "log.jsonl", SAID)
    before = path.read_bytes()
    ended = run(path, option, path)
    assert ended.returncode == 78
    assert "overwritten" in ended.stderr
    assert path.read_bytes() == before


def test_two_policies_are_compared_in_one_pass(tmp_path: Path) -> None:
    deaf = tmp_path / "deaf.toml"
    deaf.write_text('name = "deaf"\n[thresholds.harassment]\nalert_level = 5\n')
    ended = run(
        written(tmp_path / "log.jsonl", SAID), "--compare", deaf, "--json", "-", "--html", tmp_path / "page.html"
    )
    assert ended.returncode == 0
    found = json.loads(ended.stdout)
    assert (found["before"]["policy"], found["after"]["policy"]) == ("general", "deaf")
    assert [alert["place"] for alert in found["lost"]] == ["log.jsonl: line 2"]
    assert "deaf" in (tmp_path / "page.html").read_text()


def test_what_could_not_be_read_is_told_and_makes_the_exit_code_1(tmp_path: Path) -> None:
    path = written(tmp_path / "log.jsonl", SAID)
    path.write_text("no json\n" + path.read_text() + '{"text": "hal')
    ended = run(path)
    assert ended.returncode == 1
    assert "log.jsonl: line 1" in ended.stdout
    assert "breaks off" in ended.stdout
    assert "2 alerts" in ended.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (["gone.json"], 78, "there is no such file or folder"),
        (["shape.json"], 78, "is JSON of another shape: it begins with log"),
        (["log.jsonl", "--policy", "generel"], 78, "general"),
        (["log.jsonl", "--minutes", "rude=2"], 78, "--minutes rude=2"),
        (["log.jsonl", "--html", "gone/report.html"], 78, "there is no such folder"),
        (["log.jsonl", "--format", "csv"], 1, ""),
        (["log.jsonl", "--format", "whatsapp"], 2, "whatsapp"),
        (["log.jsonl", "--close-after", "0"], 2, "--close-after"),
        ([], 2, "EXPORT"),
    ],
)
def test_what_is_wrong_is_refused_by_name(tmp_path: Path, arguments: list[str], code: int, told: str) -> None:
    written(tmp_path / "log.jsonl", SAID)
    (tmp_path / "shape.json").write_text('{"log": {"lines": ["a synthetic secret"]}}')
    given: list[Any] = [
        str(tmp_path / each) if "." in each and not each.startswith("-") else each for each in arguments
    ]
    ended = run(*given)
    assert ended.returncode == code
    assert told in ended.stderr.replace("\n", " ")
    assert "secret" not in ended.stderr
    assert "Traceback" not in ended.stderr


def test_the_help_says_that_reports_hold_no_words_unless_asked() -> None:
    words = " ".join(run("--help").stdout.replace("│", " ").split())
    assert "no report holds a word that anybody wrote" in words
