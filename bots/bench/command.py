"""`lightkeeper bench`: measures this machine with synthetic chat or a log, and says it as one JSON object."""

import asyncio
import json
import platform
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from importlib.metadata import version as installed_version
from itertools import islice
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import Progress

from adapters.exports.entry import Leftovers
from adapters.exports.opening import ExportFile
from bots.bench.lines import synthetic_lines
from bots.bench.pipeline import Measured, measure, peak_rss_mb
from bots.lanes import inline_lanes
from bots.models import load_models
from core.errors import ConfigurationRefused
from core.flow.engine import BATCH
from core.model.message import Message
from core.model.policy import CommunityPolicy

SYNTHETIC = "synthetic"


def run(file: Path | None, messages: int, policy: CommunityPolicy) -> int:
    """Measure, and print what came out; returns the exit code.

    Raises: `OSError` and `ConfigurationRefused` for a file that can't be read.
    """
    terminal = Console(stderr=True)
    refusals: list[ConfigurationRefused] = []
    with Progress(console=terminal, disable=not terminal.is_terminal, transient=True) as bars:
        task = bars.add_task("Judging", total=messages)
        measured = asyncio.run(
            _measured(file, messages, policy, refusals, lambda through: bars.update(task, completed=through))
        )
    for refused in refusals:
        terminal.print(f"lightkeeper bench: goes on without a model: {refused}", markup=False, soft_wrap=True)
    sys.stdout.write(json.dumps(report(measured, file.name if file is not None else SYNTHETIC, policy.name)) + "\n")
    return bool(refusals)


def report(measured: Measured, source: str, policy: str) -> dict[str, Any]:
    """What is printed; times of one message are those of messages that went through alone."""
    return {
        "messages_per_s": round(measured.per_s, 1),
        "p50_ms": round(measured.alone(0.5), 3),
        "p99_ms": round(measured.alone(0.99), 3),
        "peak_rss_mb": round(peak_rss_mb(), 1),
        "stages": {name: round(share, 4) for name, share in measured.shares.items()},
        "source": source,
        "policy": policy,
        "messages": measured.messages,
        "messages_alone": len(measured.alone_ms),
        "opening_cases": measured.opening,
        "batch": BATCH,
        "cores": 1,
        "not_measured": list(measured.left_out),
        "version": installed_version("lightkeeper"),
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


async def _measured(
    file: Path | None,
    messages: int,
    policy: CommunityPolicy,
    refusals: list[ConfigurationRefused],
    tell: Callable[[int], object],
) -> Measured:
    lanes = await inline_lanes(policy, load_models(), refusals.append)
    try:
        if file is None:
            return await measure(synthetic_lines(messages), lanes, policy, tell)
        with closing(ExportFile(file, Leftovers())) as export:
            return await measure(islice(_messages(export), messages), lanes, policy, tell)
    finally:
        for lane in lanes:
            await lane.worker.close()


def _messages(export: ExportFile) -> Iterator[Message]:
    for entry in export:
        yield entry.message
