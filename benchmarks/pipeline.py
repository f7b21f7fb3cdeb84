"""How fast messages go through, beside two yardsticks in the same run, so that machines can be compared by ratio.

    python -m benchmarks.pipeline LOG [--lines 100000]

LOG is what `lightkeeper bench` reads. Everything is bound to one core where the system allows. Prints one JSON object:

- `pipeline`: what `lightkeeper bench LOG` says, in a process of its own, so that nothing else counts as its memory.
- `bert`: a BERT-base of Detoxify's shape, see `benchmarks.yardstick_bert`; a note where the extra is missing.
- `patterns_per_s`: a bot of 150 regular expressions, one after the other, over the same lines.
- `with_commit_per_s`: the whole way with SQLite on disk.
- `asked`: the figures that the project promises, and whether they were met here.
"""

import argparse
import asyncio
import json
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

from adapters.exports.entry import Leftovers
from adapters.exports.opening import ExportFile
from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from adapters.local.staff import LocalStaff
from adapters.store.database import Database
from bots.app import wired
from bots.bench.one_core import use_one_core
from bots.lanes import inline_lanes
from bots.models import load_models
from config.policies.loader import load_policy
from core.errors import ConfigurationRefused
from core.flow.engine import BATCH
from core.flow.screening import Screening
from core.model.event import MessageWritten
from core.model.message import Message
from core.model.policy import CommunityPolicy

ROOT = Path(__file__).resolve().parents[1]
COMMITTED = 20_000
"""How many lines go the whole way to disk."""

MIN_PER_S, MAX_P99_MS, MAX_RSS_MB, MIN_OVER_BERT = 2_000, 10, 400, 100


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("log", type=Path)
    arguments.add_argument("--lines", type=int, default=100_000)
    given = arguments.parse_args()
    use_one_core()
    log = given.log.resolve()
    pipeline = told("bots.cli", "bench", str(log), "--messages", str(given.lines))
    bert = told("benchmarks.yardstick_bert", str(log))
    with closing(ExportFile(log, Leftovers())) as export:
        messages = [entry.message for entry in islice(export, min(given.lines, COMMITTED))]
    report = {
        "pipeline": pipeline,
        "bert": bert,
        "start_to_first_screened_s": first_screened_s(),
        "patterns_per_s": patterns_per_s(messages),
        **asyncio.run(committed(messages, load_policy("general"))),
        "asked": asked(pipeline, bert),
    }
    print(json.dumps(report, indent=2))


def told(module: str, *arguments: str) -> dict[str, Any]:
    """What a module says of itself, run in a process of its own; a note where it can't run."""
    ran = subprocess.run(
        [sys.executable, "-m", module, *arguments], capture_output=True, text=True, check=False, cwd=ROOT
    )
    try:
        said: dict[str, Any] = json.loads(ran.stdout)
    except ValueError:
        return {"not_measured": (ran.stderr.strip().splitlines() or [f"exit code {ran.returncode}"])[-1]}
    return said


def asked(pipeline: dict[str, Any], bert: dict[str, Any]) -> dict[str, Any]:
    """Each promised figure with what came out; None where its yardstick was not measured."""
    ratio = None
    if "messages_per_s" in pipeline and "messages_per_s" in bert:
        ratio = round(pipeline["messages_per_s"] / bert["messages_per_s"], 1)
    found: dict[str, tuple[Any, Callable[[float], bool]]] = {
        f"messages_per_s >= {MIN_PER_S}": (pipeline.get("messages_per_s"), lambda figure: figure >= MIN_PER_S),
        f"times BERT-base >= {MIN_OVER_BERT}": (ratio, lambda figure: figure >= MIN_OVER_BERT),
        f"p99_ms < {MAX_P99_MS}": (pipeline.get("p99_ms"), lambda figure: figure < MAX_P99_MS),
        f"peak_rss_mb < {MAX_RSS_MB}": (pipeline.get("peak_rss_mb"), lambda figure: figure < MAX_RSS_MB),
    }
    return {
        name: {"found": figure, "is_met": None if figure is None else is_met(figure)}
        for name, (figure, is_met) in found.items()
    }


def patterns_per_s(messages: list[Message]) -> float:
    """150 patterns with `re`, one after the other, on lower-cased text."""
    patterns = [re.compile(rf"\b(?:synthetic{n}|yardstick\s+pattern{n})\b") for n in range(150)]
    sample = messages[:2_000]
    started = time.perf_counter()
    for message in sample:
        text = message.text.lower()
        for pattern in patterns:
            pattern.search(text)
    return round(len(sample) / (time.perf_counter() - started), 1)


def _refuse(refused: ConfigurationRefused) -> None:
    raise refused


async def committed(messages: list[Message], policy: CommunityPolicy) -> dict[str, float]:
    """The whole way with SQLite on disk: append, take, screen, decide, commit, acknowledge."""
    with tempfile.TemporaryDirectory() as folder:
        database = await Database.open(f"sqlite+aiosqlite:///{folder}/benchmark.sqlite3", clock=SystemClock())
        notices = SilentNotices()
        house = wired(
            store=database.store,
            intake=database.intake,
            screening=Screening(await inline_lanes(policy, load_models(), _refuse), SystemClock(), notices),
            policy_of=lambda _: policy,
            platforms={},
            staff=LocalStaff(lambda: ()),
            clock=SystemClock(),
            notices=notices,
        )
        started = time.perf_counter()
        for start in range(0, len(messages), BATCH):
            await database.intake.append([MessageWritten(message=each) for each in messages[start : start + BATCH]])
            await house.engine.step()
        while await house.engine.step():
            pass
        seconds = time.perf_counter() - started
        counts = await database.store.counts()
        await database.close()
    return {
        "with_commit_per_s": round(len(messages) / seconds, 1),
        "committed_once": counts["done"],
        "cases": counts["cases_open"],
    }


def first_screened_s() -> float:
    """From starting the command to its first line of output, the median of five."""
    command = [sys.executable, "-m", "bots.cli", "screen", "-"]
    line = b'{"id": "1", "text": "hello"}\n'
    times = []
    for _ in range(5):
        started = time.perf_counter()
        subprocess.run(command, input=line, capture_output=True, check=True, cwd=ROOT)
        times.append(time.perf_counter() - started)
    return round(sorted(times)[2], 3)


if __name__ == "__main__":
    main()
