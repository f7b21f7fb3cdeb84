"""How much the shipped lexicon keeps of the development lines, which it was written from. All of them are synthetic.

Not evidence of quality: the floors only catch a change that loses what was there. `pytest -s` prints the table.
"""

import sys
from collections import Counter
from functools import lru_cache
from typing import Any

from tests.filters.crisis.development.test_development_lines import lines
from tests.filters.crisis.lines import levels

HELD_OUT_EVERY = 4
"""Lines whose number divides by it are never read by whoever writes entries: they tell what carries over."""

FLOORS = {
    ("disclosure", False): 0.61,
    ("third_person", False): 0.80,
    ("harm_by_others", False): 0.92,
    ("disclosure", True): 0.18,
    ("third_person", True): 0.15,
    ("harm_by_others", True): 0.20,
}
"""By kind and whether held out: the least share of lines of level 2 and more found at level 2 or more."""

MOST_FALSE = 0.03
"""Of the lines of level 0 and 1, the most that may be told at level 2 or more."""


def is_held_out(line: dict[str, Any]) -> bool:
    return int(line["id"].rpartition("-")[2]) % HELD_OUT_EVERY == 0


@lru_cache(maxsize=1)
def counted() -> tuple[Counter[tuple[str, int, bool]], Counter[tuple[str, int, bool]], Counter[str], Counter[str]]:
    """Lines and those found, by kind, level and part; lines of level 0 and 1 and the false alarms, by class."""
    every: Counter[tuple[str, int, bool]] = Counter()
    found: Counter[tuple[str, int, bool]] = Counter()
    quiet: Counter[str] = Counter()
    false: Counter[str] = Counter()
    for line in lines():
        told = levels(line["text"])
        is_alarm = max(told.values(), default=0) >= 2
        part = (line["kind"], line["level"], is_held_out(line))
        if line["level"] >= 2:
            every[part] += 1
            found[part] += is_alarm
        else:
            quiet[line["class"]] += 1
            false[line["class"]] += is_alarm
            if line["kind"] == "recovery_past":
                every[part] += 1
                found[part] += told == {"recovery_past": 1}
    return every, found, quiet, false


def _part(is_held: bool) -> str:
    return "held out  " if is_held else "read      "


def test_what_was_found_in_the_development_lines_is_still_found() -> None:
    every, found, _, _ = counted()
    shares = {}
    for kind, is_held in FLOORS:
        total = sum(count for (a, _, b), count in every.items() if (a, b) == (kind, is_held))
        hits = sum(count for (a, _, b), count in found.items() if (a, b) == (kind, is_held))
        shares[kind, is_held] = hits / total
    table = ["", "kind            level  part        lines  found"]
    for part in sorted(every):
        kind, level, is_held = part
        table.append(f"{kind:15} {level:5}  {_part(is_held)} {every[part]:6} {found[part]:6}")
    table.extend(f"{kind:15}   2-4  {_part(is_held)} {share:13.1%}" for (kind, is_held), share in shares.items())
    sys.stdout.write("\n".join(table) + "\n")
    assert {part: share for part, share in shares.items() if share < FLOORS[part]} == {}


def test_few_development_lines_without_a_crisis_raise_an_alarm() -> None:
    _, _, quiet, false = counted()
    rows = (f"{name:24} {quiet[name]:5} {false[name]:6}\n" for name in sorted(quiet))
    sys.stdout.write("\nclass                    lines  alarms at level 2 or more\n" + "".join(rows))
    assert sum(false.values()) / sum(quiet.values()) <= MOST_FALSE
