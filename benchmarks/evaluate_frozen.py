"""Measures a screening run against the frozen, blind evaluation set in `tests/evaluation`.

The set was written by somebody who had not read the lexicons, so this module knows the filters only by what
`lightkeeper screen` prints and imports none of them. It works in two steps:

    python benchmarks/evaluate_frozen.py --emit-input frozen.jsonl
    lightkeeper screen frozen.jsonl > results.jsonl
    python benchmarks/evaluate_frozen.py --results results.jsonl [--misses]

A crisis line stands alone; the messages of a conversation share one channel. Every share comes with its Wilson 95%
interval, because most classes are small. What `--misses` prints is distressing to read (`tests/evaluation/README.md`).
"""

import argparse
import json
import math
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

DATA = Path(__file__).resolve().parents[1] / "tests" / "evaluation"
DISGUISE = "disguise:"
LEVELS = range(5)
Z95 = 1.959964  # the standard normal's 97.5% point


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What `lightkeeper screen` printed for one line: (category, kind, level) of each finding, and its crisis score."""

    findings: tuple[tuple[str, str, int], ...] = ()
    crisis_score: float = 0.0

    def level(self, category: str, kind: str | None = None) -> int:
        """The highest level of a category (of one kind, if given), 0 when there is no such finding."""
        return max((lv for cat, kd, lv in self.findings if cat == category and kind in (None, kd)), default=0)

    def crisis_kind(self) -> str:
        """The kind of the highest crisis finding, `none` when there is none."""
        crisis = [(level, kind) for category, kind, level in self.findings if category == "crisis"]
        return max(crisis, key=lambda found: found[0])[1] if crisis else "none"


Line = dict[str, Any]
Results = dict[str, Result]
SILENT = Result()


def read_jsonl(path: Path) -> list[Line]:
    """All objects of a JSONL file, in order; split at line feeds alone, as texts may hold other separators."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").split("\n") if line.strip()]


def wilson(hits: int, total: int) -> tuple[float, float]:
    """The Wilson score interval (95%) of a share; (0, 1) when nothing was counted."""
    if total == 0:
        return 0.0, 1.0
    share, z2 = hits / total, Z95 * Z95
    centre = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z95 / (1 + z2 / total) * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total))
    return max(0.0, centre - half), min(1.0, centre + half)


def share(lines: Iterable[Line], is_hit: Callable[[Line], bool]) -> str:
    """`hits/total  share [low, high]` over the lines."""
    marks = [is_hit(line) for line in lines]
    hits, total = sum(marks), len(marks)
    if total == 0:
        return "0/0"
    low, high = wilson(hits, total)
    return f"{hits:>3}/{total:<3} {hits / total:6.1%} [{low:.1%}, {high:.1%}]"


def screen_input(crisis: Sequence[Line], conversations: Sequence[Line]) -> Iterator[Line]:
    """Lines for `lightkeeper screen`; a conversation's messages are named `conversation/message`."""
    for line in crisis:
        entry = {"id": line["id"], "text": line["text"], "author": f"author-{line['id']}"}
        if "quoted" in line:
            entry["quoted"] = line["quoted"]
        yield entry
    for conversation in conversations:
        for message in conversation["messages"]:
            entry = {
                "id": f"{conversation['id']}/{message['id']}",
                "text": message["text"],
                "author": message["author"],
                "channel": conversation["id"],
            }
            entry |= {key: message[key] for key in ("reply_to_author", "mentions") if key in message}
            yield entry


def read_results(path: Path) -> Results:
    """What `lightkeeper screen` printed, by id."""
    return {
        str(line["id"]): Result(
            findings=tuple((str(f["category"]), str(f["kind"]), int(f["level"])) for f in line.get("findings", ())),
            crisis_score=float(line.get("scores", {}).get("crisis", 0.0)),
        )
        for line in read_jsonl(path)
    }


def table(title: str, rows: Iterable[tuple[str, ...]], head: tuple[str, ...]) -> None:
    """Prints a table whose columns are as wide as they need."""
    cells = [head, *rows]
    widths = [max(len(row[column]) for row in cells) for column in range(len(head))]
    print(f"\n{title}")
    for row in cells:
        print("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def by_class(lines: Iterable[Line]) -> dict[str, list[Line]]:
    """The lines by their class, classes in alphabetical order."""
    groups: dict[str, list[Line]] = {}
    for line in lines:
        groups.setdefault(line["class"], []).append(line)
    return dict(sorted(groups.items()))


def report_crisis(lines: Sequence[Line], results: Results) -> None:
    """Recall, false alarms, kinds and the level table of the crisis lines."""

    def seen(line: Line) -> Result:
        return results.get(line["id"], SILENT)

    def reaches(level: int) -> Callable[[Line], bool]:
        return lambda line: seen(line).level("crisis") >= level

    disclosures = [line for line in lines if line["kind"] == "disclosure"]
    serious = [line for line in disclosures if line["level"] >= 2]
    groups = {
        "labelled 2 or more": serious,
        "labelled 3 or more": [line for line in serious if line["level"] >= 3],
        **{f"labelled {level}": [line for line in disclosures if line["level"] == level] for level in (2, 3, 4)},
        "disguised, 2 or more": [line for line in serious if line.get("context_note", "").startswith(DISGUISE)],
        **{f"class {name}, 2 or more": group for name, group in by_class(serious).items()},
        **{
            f"kind {kind}, 2 or more": [line for line in lines if line["kind"] == kind and line["level"] >= 2]
            for kind in ("third_person", "harm_by_others")
        },
    }
    table(
        "Recall: share of disclosures that are found (then the other kinds)",
        [(name, share(group, reaches(2)), share(group, reaches(3))) for name, group in groups.items()],
        ("lines", "found at level >= 2", "found at level >= 3"),
    )
    quiet = [line for line in lines if line["level"] <= 1]
    alarms = {"all labelled 0 or 1": quiet, "all of kind none": [x for x in quiet if x["kind"] == "none"]}
    table(
        "False alarms: share of lines labelled 0 or 1 that reach a level",
        [
            (name, share(group, reaches(2)), share(group, reaches(3)))
            for name, group in (alarms | by_class(quiet)).items()
        ],
        ("class", "level >= 2", "level >= 3 (ping)"),
    )
    kinds = {
        (kind, name): group
        for kind in ("third_person", "recovery_past", "harm_by_others", "info", "disclosure")
        for name, group in by_class(line for line in lines if line["kind"] == kind and line["level"] >= 1).items()
    }
    table(
        "Kinds: share of lines labelled 1 or more whose highest finding has the right kind",
        [
            (
                f"{kind} ({name})",
                share(group, lambda line: seen(line).crisis_kind() == line["kind"]),
                share(group, lambda line: seen(line).crisis_kind() != "none"),
            )
            for (kind, name), group in kinds.items()
        ],
        ("kind (class)", "right kind", "any crisis finding"),
    )
    pairs = Counter((line["level"], seen(line).level("crisis")) for line in lines)
    table(
        "Levels: rows as labelled, columns as found",
        [(f"labelled {label}", *(str(pairs[label, found]) for found in LEVELS)) for label in LEVELS],
        ("", *(str(found) for found in LEVELS)),
    )
    broken = sum((seen(line).crisis_score >= 0.5) != reaches(2)(line) for line in lines)
    print(f"\nCrisis scores that disagree with the findings (at least 0.5 exactly from level 2 on): {broken}")


def conversation_results(conversation: Line, results: Results) -> dict[str, Result]:
    """The results of a conversation's messages, by message id."""
    return {m["id"]: results.get(f"{conversation['id']}/{m['id']}", SILENT) for m in conversation["messages"]}


def is_harassment_hit(conversation: Line, results: Results, kind: str | None = None) -> bool:
    """Whether the expected message has a harassment finding of at least the expected level (and kind, if given)."""
    expect = conversation["expect"]
    result = conversation_results(conversation, results)[expect["message_id"]]
    least: int = expect["level_min"]
    return result.level("harassment", kind) >= least


def harassment_level(conversation: Line, results: Results) -> int:
    """The highest level of harassment found anywhere in a conversation."""
    return max(result.level("harassment") for result in conversation_results(conversation, results).values())


def report_harassment(conversations: Sequence[Line], results: Results) -> None:
    """Hit rate of the abusive conversations by class, false alarms of the harmless ones by class."""
    abusive = [conversation for conversation in conversations if conversation["expect"]["kind"] != "none"]
    harmless = [conversation for conversation in conversations if conversation["expect"]["kind"] == "none"]
    table(
        "Harassment: share of abusive conversations whose message is found at the expected level",
        [
            (
                name,
                share(group, lambda c: is_harassment_hit(c, results)),
                share(group, lambda c: is_harassment_hit(c, results, c["expect"]["kind"])),
            )
            for name, group in ({"all": abusive} | by_class(abusive)).items()
        ],
        ("class", "any harassment kind", "right kind"),
    )
    table(
        "Harassment: share of harmless conversations with a finding on any message",
        [
            (
                name,
                share(group, lambda c: harassment_level(c, results) >= 1),
                share(group, lambda c: harassment_level(c, results) >= 2),
            )
            for name, group in ({"all": harmless} | by_class(harmless)).items()
        ],
        ("class", "level >= 1", "level >= 2"),
    )


def print_misses(crisis: Sequence[Line], conversations: Sequence[Line], results: Results) -> None:
    """Every line judged wrongly: its id, what was expected and found, and its text, escaped to show disguises."""
    print("\nMisses and false alarms")
    for line in crisis:
        result = results.get(line["id"], SILENT)
        found = result.level("crisis")
        if (found >= 2) != (line["level"] >= 2) or (found >= 3) != (line["level"] >= 3):
            print(
                f"  {line['id']}  {line['kind']} {line['level']} -> {result.crisis_kind()} {found}"
                f"  ({line['class']})  {json.dumps(line['text'])}"
            )
    for conversation in conversations:
        expect = conversation["expect"]
        harmless = expect["kind"] == "none"
        if harassment_level(conversation, results) >= 1 if harmless else not is_harassment_hit(conversation, results):
            told = " / ".join(json.dumps(message["text"]) for message in conversation["messages"])
            print(f"  {conversation['id']}  expected {expect['kind']} >= {expect['level_min']}  {told}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs either step; returns 1 when results are missing for lines of the set (they count as not found)."""
    parser = argparse.ArgumentParser(description="Measure a screening run against the frozen evaluation set.")
    step = parser.add_mutually_exclusive_group(required=True)
    step.add_argument("--emit-input", type=Path, metavar="PATH", help="write the input for `lightkeeper screen`")
    step.add_argument(
        "--results", "--filter-results", type=Path, metavar="PATH", help="what `lightkeeper screen` printed"
    )
    parser.add_argument("--misses", action="store_true", help="also list ids and texts that were judged wrongly")
    chosen = parser.parse_args(arguments)

    crisis = read_jsonl(DATA / "crisis_en.jsonl")
    conversations = read_jsonl(DATA / "harassment_en.jsonl")
    entries = list(screen_input(crisis, conversations))
    if chosen.emit_input is not None:
        text = "".join(json.dumps(entry) + "\n" for entry in entries)
        chosen.emit_input.write_text(text, encoding="ascii")
        return 0

    results = read_results(chosen.results)
    print(f"{len(crisis)} crisis lines, {len(conversations)} conversations; synthetic, English, blind to the lexicons")
    report_crisis(crisis, results)
    report_harassment(conversations, results)
    if chosen.misses:
        print_misses(crisis, conversations, results)
    missing = sum(entry["id"] not in results for entry in entries)
    if missing:
        print(f"{missing} of {len(entries)} lines have no result; they count as not found", file=sys.stderr)
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
