"""`lightkeeper evaluate` as a process, with the filters that ship: reports, exit codes, and no text anywhere."""

import gzip
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bots.evaluate.columns import NotAsAsked
from bots.evaluate.command import Asked, run
from config.policies.loader import load_policy

COMMAND = [sys.executable, "-m", "bots.cli", "evaluate"]
SECRET = "heliotrope"
ROWS = [
    *((f"you are a worthless idiot, {SECRET}", 1) for _ in range(12)),
    *((f"the {SECRET} is late again, see you at nine", 0) for _ in range(40)),
    (f"{SECRET} sent a fine picture of the harbour", 1),
]


def evaluated(*arguments: str | Path, given: bytes | None = None) -> tuple[int, str, str]:
    ended = subprocess.run([*COMMAND, *map(str, arguments)], input=given, capture_output=True, check=False)
    return ended.returncode, ended.stdout.decode(), ended.stderr.decode()


def table(folder: Path, header: str = "text,harassment", rows: Sequence[str] | None = None) -> Path:
    path = folder / "labelled.csv"
    lines = [f'"{text}",{label}' for text, label in ROWS] if rows is None else rows
    path.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return path


def test_a_file_gives_its_figures_as_text_json_and_page_and_no_words_of_it(tmp_path: Path) -> None:
    page, data = tmp_path / "page.html", tmp_path / "data.json"
    code, said, complained = evaluated(
        table(tmp_path), "--html", page, "--json", data, "--natural-rate", "harassment=0.05"
    )
    assert (code, complained) == (0, "")
    report = json.loads(data.read_text(encoding="utf-8"))
    assert (report["format"], report["version"], report["rows"]) == ("lightkeeper-evaluation", 1, len(ROWS))
    (label,) = report["labels"]
    assert (label["score"], label["positives"]) == ("harassment", 13)
    assert label["auc"] > 0.9
    assert label["auc_interval"]["low"] <= label["auc"] <= label["auc_interval"]["high"]
    assert label["base_rate"] == pytest.approx(0.05)
    assert f"AUC                {label['auc']:.3f}" in said
    assert max(map(len, said.splitlines())) <= 80
    assert "as if 5% of all carried the label harassment" in said
    html = page.read_text(encoding="utf-8")
    assert "<svg" in html
    assert SECRET not in said + html + data.read_text(encoding="utf-8")


def test_the_same_seed_gives_the_same_json_and_another_one_other_intervals(tmp_path: Path) -> None:
    def figures(seed: str) -> dict[str, object]:
        code, said, _ = evaluated(table(tmp_path), "--json", "-", "--seed", seed)
        assert code == 0
        found: dict[str, object] = json.loads(said)
        return {name: value for name, value in found.items() if name != "seconds"}

    assert figures("1") == figures("1")
    assert figures("1")["labels"] != figures("2")["labels"]


def test_standard_input_may_be_packed_lines_of_json() -> None:
    lines = "".join(json.dumps({"text": text, "bad": label}) + "\n" for text, label in ROWS)
    code, said, complained = evaluated("-", "--label", "bad=harassment", given=gzip.compress(lines.encode()))
    assert (code, complained) == (0, "")
    assert "harassment (column bad): 13 of 53 lines carry it" in said


def test_bad_lines_are_named_without_their_words_and_the_exit_code_says_so(tmp_path: Path) -> None:
    rows = [*(f'"{text}",{label}' for text, label in ROWS), '"","1"', f'"{SECRET}","{SECRET}"', *["x,1,2"] * 30]
    code, said, complained = evaluated(table(tmp_path, rows=rows))
    assert code == 1
    assert "line 55: text: has no text" in complained
    assert "line 56: harassment: is neither" in complained
    assert "further bad lines are only counted" in complained
    assert SECRET not in said + complained
    assert "32 lines" in said


@pytest.mark.parametrize(
    ("header", "options", "complaint"),
    [
        ("body,harassment", {}, "name it with --text (the file has: body, harassment)"),
        ("text,rating", {}, "name it with --label COLUMN=SCORE (the file has: text, rating)"),
        ("text,harassment", {"text": "txt"}, "did you mean text?"),
        ("text,harassment", {"labels": ["harassment=unkindness"]}, "there is no such score"),
        ("text,harassment", {"natural_rate": "2"}, "above 0 and below 1"),
        ("text,harassment", {"natural_rate": "warmth=0.1"}, "there is no score warmth"),
        ("text,harassment", {"natural_rate": "crisis=0.1"}, "is none of the file's labels (harassment)"),
    ],
)
def test_what_can_not_be_done_is_refused_with_what_can(
    tmp_path: Path, header: str, options: dict[str, Any], complaint: str
) -> None:
    with pytest.raises(NotAsAsked) as refused:
        run(
            table(tmp_path, header),
            Asked.of(**{"text": None, "labels": (), "positive": (), "natural_rate": None, **options}),
            policy=load_policy("general"),
            json_to=None,
            html_to=None,
            seed=None,
        )
    assert complaint in str(refused.value)


def test_the_exit_code_says_whether_the_command_or_the_configuration_was_wrong(tmp_path: Path) -> None:
    code, said, complained = evaluated(table(tmp_path), "--text", "txt")
    assert (code, said, "did you mean text?" in complained) == (2, "", True)
    code, said, complained = evaluated(table(tmp_path), "--policy", "generous")
    assert (code, said, "did you mean general?" in complained) == (78, "", True)
    code, said, complained = evaluated(table(tmp_path), "--html", tmp_path / "nowhere" / "page.html")
    assert (code, said, "there is no such folder" in complained) == (78, "", True)


def test_a_file_that_is_not_there_or_holds_nothing_is_said(tmp_path: Path) -> None:
    code, _, complained = evaluated(tmp_path / "nothing.csv")
    assert (code, "No such file" in complained) == (2, True)
    code, _, complained = evaluated(table(tmp_path, rows=[]))
    assert (code, "no line could be used" in complained) == (1, True)
    (tmp_path / "empty.csv").write_bytes(b"")
    code, _, complained = evaluated(tmp_path / "empty.csv")
    assert (code, "is empty" in complained) == (2, True)


@pytest.mark.parametrize("option", ["--json", "--html"])
def test_the_file_is_never_overwritten(tmp_path: Path, option: str) -> None:
    path = table(tmp_path)
    before = path.read_bytes()
    code, _, complained = evaluated(path, option, path)
    assert (code, path.read_bytes()) == (78, before)
    assert "overwritten" in complained


def test_a_cut_file_gives_what_stands_before_and_says_so(tmp_path: Path) -> None:
    path = tmp_path / "cut.csv.gz"
    words = "\n".join(f'"{text} {place * 7919}",{label}' for place, (text, label) in enumerate(ROWS * 40))
    path.write_bytes(gzip.compress(f"text,harassment\n{words}\n".encode())[:-1500])
    code, said, complained = evaluated(path)
    assert (code, "breaks off" in complained, "breaks off" in said) == (1, True, True)


def test_a_label_of_one_kind_is_said_and_is_no_number(tmp_path: Path) -> None:
    rows = [f'"{text}",0' for text, _ in ROWS]
    code, said, _ = evaluated(table(tmp_path, rows=rows))
    assert (code, "no line carries it" in said) == (0, True)
    code, said, _ = evaluated(table(tmp_path, rows=rows), "--json", "-")
    assert json.loads(said)["labels"][0]["auc"] is None
    assert "NaN" not in said
