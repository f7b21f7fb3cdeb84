"""How fast messages go through: windows, filters and decide(), then the same with the store's commit.

    python benchmarks/pipeline.py LOG.csv.gz [--lines 20000]

LOG is a CSV (also .gz) with `file`, `nick` and `text`. Everything runs in this process, bound to one core where the
system allows. Prints one JSON object; `yardstick` is a bot of 150 regular expressions, one after the other, over the
same lines in the same run, so that figures of different machines can be compared by ratio.
"""

import argparse
import asyncio
import csv
import gzip
import json
import os
import re
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from adapters.store.database import Database
from bots.app import wired
from bots.lanes import inline_lanes
from bots.models import load_models
from config.policies.loader import load_policy
from core.desk.people import Role
from core.errors import ConfigurationRefused
from core.flow.conversation import Conversations
from core.flow.decision import decide
from core.flow.engine import BATCH
from core.flow.history import NO_HISTORY
from core.flow.screening import Screening
from core.model.event import MessageWritten
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy
from filters.registry import lexicon_filters


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("log", type=Path)
    arguments.add_argument("--lines", type=int, default=20_000)
    given = arguments.parse_args()
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    messages = list(islice(messages_of(given.log), given.lines))
    policy = load_policy("general")
    report = {
        "lines": len(messages),
        "start_to_first_screened_s": first_screened_s(),
        "yardstick_messages_per_s": yardstick(messages),
        **asyncio.run(pure(messages, policy)),
        **each_filter(messages, policy),
        **asyncio.run(committed(messages, policy)),
        "peak_rss_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1),
    }
    report["pure_over_yardstick"] = round(report["screen_and_decide_per_s"] / report["yardstick_messages_per_s"], 2)
    print(json.dumps(report, indent=2))


def messages_of(log: Path) -> Iterator[Message]:
    """The log's lines as messages; a channel is a file, so windows are those of the real conversation."""
    at = datetime(2026, 1, 1, tzinfo=UTC)
    with gzip.open(log, "rt", newline="") if log.suffix == ".gz" else log.open(newline="") as lines:
        for number, row in enumerate(csv.DictReader(lines)):
            channel, nick = row.get("file", "log"), row.get("nick", "somebody")
            yield Message(
                platform=PlatformName("local"),
                community=CommunityId("local:benchmark"),
                channel=Channel(id=ChannelId(channel), name=channel),
                id=MessageId(str(number)),
                author=Author(id=MemberId(nick), name=nick),
                text=row["text"],
                sent_at=at,
            )


def yardstick(messages: list[Message]) -> float:
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


async def pure(messages: list[Message], policy: CommunityPolicy) -> dict[str, float]:
    """Windows, every filter and decide(), in batches as the engine takes them."""
    screening = Screening(await inline_lanes(policy, load_models(), _refuse), SystemClock(), SilentNotices())
    conversations = Conversations()
    findings = 0
    batch_ms = []
    started = time.perf_counter()
    for start in range(0, len(messages), BATCH):
        batch_started = time.perf_counter()
        seen = [conversations.see(message) for message in messages[start : start + BATCH]]
        for each, verdict in zip(seen, await screening.screen(seen), strict=True):
            findings += bool(decide(policy, each, verdict, NO_HISTORY).openings)
        batch_ms.append((time.perf_counter() - batch_started) * 1000)
    seconds = time.perf_counter() - started
    batch_ms.sort()
    return {
        "screen_and_decide_per_s": round(len(messages) / seconds, 1),
        "screen_and_decide_us": round(seconds / len(messages) * 1e6, 1),
        "batch_of_64_p99_ms": round(batch_ms[int(len(batch_ms) * 0.99)], 2),
        "messages_that_open_or_join_cases": findings,
    }


def each_filter(messages: list[Message], policy: CommunityPolicy) -> dict[str, dict[str, float]]:
    """Microseconds a message of each filter alone; the first one pays for folding, which the others share."""
    conversations = Conversations()
    seen = [conversations.see(message) for message in messages]
    spent = {}
    filters = lexicon_filters({None: policy})
    for each in filters:
        spent[each.name] = 0.0
    for start in range(0, len(seen), BATCH):
        for each in filters:
            started = time.perf_counter()
            each.screen(seen[start : start + BATCH])
            spent[each.name] += time.perf_counter() - started
    return {"filters_us": {name: round(seconds / len(seen) * 1e6, 1) for name, seconds in spent.items()}}


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
            roles_of=lambda _, __: frozenset({Role.OWNER}),
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
        subprocess.run(command, input=line, capture_output=True, check=True, cwd=Path(__file__).parent.parent)
        times.append(time.perf_counter() - started)
    return round(sorted(times)[2], 3)


if __name__ == "__main__":
    main()
