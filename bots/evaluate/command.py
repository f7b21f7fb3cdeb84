"""The flow of `lightkeeper evaluate`: opens the file, makes the filters, screens, reports."""

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from rich.console import Console

from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from bots.evaluate.columns import Columns, Label, NotAsAsked, asked_label, choose_columns
from bots.evaluate.figures import SEED, NaturalRate, evaluation
from bots.evaluate.report import Evaluation
from bots.evaluate.rows import LabelledFile
from bots.evaluate.run import Collected, collect
from bots.lanes import inline_lanes
from bots.models import configured_models
from bots.progress import BadLines, progress
from bots.report.evaluation import render_html, render_json, render_text
from core.errors import ConfigurationRefused
from core.flow.screening import Screening
from core.model.finding import SCORE_NAMES, CheckState
from core.model.policy import CommunityPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the options of the command ask for."""

    text: str | None = None
    labels: tuple[Label, ...] = ()
    positive: tuple[str, ...] = ()
    natural: NaturalRate | None = None

    @classmethod
    def of(
        cls, *, text: str | None, labels: Sequence[str], positive: Sequence[str], natural_rate: str | None
    ) -> "Asked":
        """The options as they were typed. Raises: `NotAsAsked`."""
        return cls(
            text=text,
            labels=tuple(map(asked_label, labels)),
            positive=tuple(positive),
            natural=None if natural_rate is None else _natural(natural_rate),
        )


def _natural(argument: str) -> NaturalRate:
    score, _, share = argument.rpartition("=")
    try:
        rate = float(share)
    except ValueError:
        rate = 0.0
    if not 0.0 < rate < 1.0:
        raise NotAsAsked("--natural-rate: give a share above 0 and below 1, such as 0.1 or toxicity=0.1")
    if score and score not in SCORE_NAMES:
        raise NotAsAsked(f"--natural-rate: there is no score {score} (scores: {', '.join(SCORE_NAMES)})")
    return NaturalRate(rate=rate, score=score or None)


def run(
    file: Path,
    asked: Asked,
    *,
    policy: CommunityPolicy,
    json_to: str | None,
    html_to: Path | None,
    seed: int | None,
) -> int:
    """Evaluate a file (`-` is standard input) and write the report.

    Returns:
        The exit code: 1 for lines that could not be used, a cut file, or filters and models that failed.

    Raises:
        NotAsAsked, NotReadable: The file doesn't fit the options, or is no file of labelled lines.
        ConfigurationRefused: A report can't be written, or settings are wrong.
        OSError: The file can't be read or a report not be written.
    """
    for target in (Path(json_to) if json_to and json_to != "-" else None, html_to):
        if target is not None and not target.parent.is_dir():
            raise ConfigurationRefused(str(target), "can't be written: there is no such folder")
        if target is not None and target.exists() and file.exists() and target.samefile(file):
            raise ConfigurationRefused(str(target), "is the file itself, and would be overwritten", "name another")
    is_piped = str(file) == "-"
    evaluating = _Evaluating("standard input" if is_piped else file.name, 0 if is_piped else file.stat().st_size)
    with sys.stdin.buffer if is_piped else file.open("rb") as stream:
        report = evaluating.report(stream, asked, policy, SEED if seed is None else seed)
    if report is None:
        return 1
    as_json = json.dumps(render_json(report), indent=1, allow_nan=False) + "\n"
    sys.stdout.write(as_json if json_to == "-" else render_text(report))
    sys.stdout.flush()
    if json_to is not None and json_to != "-":
        Path(json_to).write_text(as_json, encoding="utf-8")
    if html_to is not None:
        html_to.write_text(render_html(report), encoding="utf-8", errors="replace")
    return int(evaluating.has_failed or report.bad_rows > 0 or report.is_cut)


class _Evaluating:
    """One run, and what it tells the terminal."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._terminal = Console(stderr=True)
        self._prefix = f"lightkeeper evaluate: {name}"
        self._bad_lines = BadLines(self._terminal, self._prefix)
        self.has_failed = False

    def report(self, stream: BinaryIO, asked: Asked, policy: CommunityPolicy, seed: int) -> Evaluation | None:
        """Screen and measure; None when no line could be used."""
        labelled = LabelledFile(stream, self._bad_lines)
        columns = choose_columns(labelled.names, text=asked.text, labels=asked.labels, positive=asked.positive)
        _check_weighing(asked, columns)
        started = time.monotonic()
        collected = asyncio.run(self._screened(stream, labelled, columns, policy))
        if labelled.is_cut:
            self._tell("the file breaks off; what stands before was used")
        if not collected.rows:
            self._tell("no line could be used, so there is nothing to report")
            return None
        self.has_failed |= any(state is CheckState.FAILED for _, state in collected.silent)
        return evaluation(
            collected,
            source=self._name,
            policy=policy.name,
            natural=asked.natural,
            bad_rows=self._bad_lines.count,
            is_cut=labelled.is_cut,
            seconds=time.monotonic() - started,
            seed=seed,
        )

    async def _screened(
        self, stream: BinaryIO, labelled: LabelledFile, columns: Columns, policy: CommunityPolicy
    ) -> Collected:
        refusals: list[ConfigurationRefused] = []
        lanes = await inline_lanes(policy, configured_models(), refusals.append)
        for refused in refusals:
            self.has_failed = True
            self._tell(f"goes on without a model: {refused}")
        screening = Screening(lanes, SystemClock(), SilentNotices())
        try:
            with progress(f"Screening {self._name}", self._terminal) as show:

                def shown(so_far: Collected) -> None:
                    share = stream.tell() / self._size if self._size else 0.0
                    show(share, f"{so_far.rows:,} lines", so_far.rows)

                return await collect(
                    labelled,
                    columns,
                    screening=screening,
                    policy=policy,
                    complain=self._bad_lines,
                    on_progress=shown,
                )
        finally:
            await screening.close()

    def _tell(self, words: str) -> None:
        self._terminal.print(f"{self._prefix}: {words}", highlight=False, markup=False, soft_wrap=True)


def _check_weighing(asked: Asked, columns: Columns) -> None:
    natural = asked.natural
    if natural and natural.score and natural.score not in {label.score for label in columns.labels}:
        scores = ", ".join(label.score for label in columns.labels)
        raise NotAsAsked(f"--natural-rate: {natural.score} is none of the file's labels ({scores})")
