"""`benchmarks/evaluate_frozen.py` measures what it says, run as its readers run it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
PROGRAM = HERE.parents[1] / "benchmarks" / "evaluate_frozen.py"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(PROGRAM), *arguments], capture_output=True, text=True, encoding="utf-8", check=False
    )


def entries(folder: Path) -> list[dict[str, Any]]:
    path = folder / "input.jsonl"
    assert run("--emit-input", str(path)).returncode == 0
    return [json.loads(line) for line in path.read_text(encoding="ascii").splitlines()]


def labels() -> dict[str, list[dict[str, Any]]]:
    """Findings that agree with every label, by the id of the screened line."""
    found: dict[str, list[dict[str, Any]]] = {}
    for raw in (HERE / "crisis_en.jsonl").read_text(encoding="utf-8").split("\n"):
        line = json.loads(raw or "null")
        if line and line["kind"] != "none":
            found[line["id"]] = [{"category": "crisis", "kind": line["kind"], "level": line["level"]}]
    for raw in (HERE / "harassment_en.jsonl").read_text(encoding="utf-8").split("\n"):
        line = json.loads(raw or "null")
        if line and line["expect"]["kind"] != "none":
            expect = line["expect"]
            found[f"{line['id']}/{expect['message_id']}"] = [
                {"category": "harassment", "kind": expect["kind"], "level": expect["level_min"]}
            ]
    return found


def write_results(folder: Path, lines: list[dict[str, Any]], findings: dict[str, list[dict[str, Any]]]) -> str:
    path = folder / "results.jsonl"
    with path.open("w", encoding="ascii") as out:
        for line in lines:
            found = findings.get(line["id"], [])
            high = any(f["category"] == "crisis" and f["level"] >= 2 for f in found)
            out.write(json.dumps({"id": line["id"], "scores": {"crisis": float(high)}, "findings": found}) + "\n")
    return str(path)


def row(output: str, name: str) -> list[str]:
    return next(line for line in output.splitlines() if line.strip().startswith(f"{name} ")).split()


def test_crisis_lines_stand_alone_and_a_conversation_is_one_channel(tmp_path: Path) -> None:
    lines = entries(tmp_path)
    assert all("channel" not in line for line in lines if "/" not in line["id"])
    assert all(line["channel"] == line["id"].split("/")[0] for line in lines if "/" in line["id"])
    assert len({line["id"] for line in lines}) == len(lines)


def test_a_perfect_run_has_full_recall_and_no_false_alarm_and_no_misses(tmp_path: Path) -> None:
    finished = run("--misses", "--results", write_results(tmp_path, entries(tmp_path), labels()))
    assert finished.returncode == 0, finished.stderr
    assert row(finished.stdout, "labelled 2 or more")[5] == "100.0%"
    assert row(finished.stdout, "all labelled 0 or 1")[6] == "0.0%"
    assert finished.stdout.rstrip().endswith("Misses and false alarms")
    assert "level 2 on): 0\n" in finished.stdout


def test_a_silent_run_finds_nothing_and_lists_every_conversation_it_missed(tmp_path: Path) -> None:
    finished = run("--misses", "--results", write_results(tmp_path, entries(tmp_path), {}))
    assert row(finished.stdout, "labelled 2 or more")[5] == "0.0%"
    missed = {line.split()[0] for line in finished.stdout.splitlines() if line.startswith("  har-")}
    assert missed == {name.split("/")[0] for name in labels() if "/" in name}


def test_an_alarm_on_everything_is_reported_as_false_alarms(tmp_path: Path) -> None:
    lines = entries(tmp_path)
    shout = [
        {"category": "crisis", "kind": "disclosure", "level": 4},
        {"category": "harassment", "kind": "insult", "level": 2},
    ]
    finished = run("--results", write_results(tmp_path, lines, {line["id"]: shout for line in lines}))
    assert row(finished.stdout, "idiom")[2] == "100.0%"
    assert row(finished.stdout, "compliment")[2] == "100.0%"


def test_lines_without_a_result_are_counted_and_make_the_run_fail(tmp_path: Path) -> None:
    lines = entries(tmp_path)
    finished = run("--results", write_results(tmp_path, lines[3:], {}))
    assert finished.returncode == 1
    assert f"3 of {len(lines)} lines have no result" in finished.stderr
