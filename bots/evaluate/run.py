"""Screens labelled rows the way the live bot would and keeps, of each, scores, labels and levels: never the text."""

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bots.evaluate.columns import Columns
from bots.evaluate.rows import Complain, Row
from bots.screen import BadLine, Talk, scores
from core.flow.decision import decide
from core.flow.filter import Seen
from core.flow.history import NO_HISTORY
from core.flow.screening import Screening
from core.model.case import Concern
from core.model.finding import Category, CheckState
from core.model.policy import CommunityPolicy

BATCH = 64
CONTEXT = ("author", "channel", "community", "sent_at", "quoted", "reply_to_author")
"""Columns that are used as `lightkeeper screen` uses them, where the file has them and they aren't labels."""
UNLABELLED = -1


class Collected:
    """What screening gave, a few bytes a row; columns are those of `Columns.labels`, in order."""

    def __init__(self, columns: Columns) -> None:
        self.columns = columns
        self.scores = [array("f") for _ in columns.labels]
        self.truths = [array("b") for _ in columns.labels]
        self.levels = {is_crisis: array("b") for is_crisis in (True, False)}
        self.alerts = {is_crisis: array("b") for is_crisis in (True, False)}
        self.silent: Counter[tuple[str, CheckState]] = Counter()
        self.reasons: dict[tuple[str, CheckState], str] = {}

    @property
    def rows(self) -> int:
        """How many rows were screened."""
        return len(self.levels[True])

    def score_column(self, place: int) -> NDArray[np.float32]:
        """The scores of one label."""
        return np.frombuffer(self.scores[place], dtype=np.float32)

    def truth_column(self, place: int) -> NDArray[np.int8]:
        """1, 0, or -1 where a row isn't labelled."""
        return np.frombuffer(self.truths[place], dtype=np.int8)

    def level_column(self, score: str) -> NDArray[np.int8]:
        """The gravest recorded finding of what this score is about, 0 to 4."""
        return np.frombuffer(self.levels[score == "crisis"], dtype=np.int8)

    def alert_column(self, score: str) -> NDArray[np.bool_]:
        """Whether the policy alerts, about what this score is about."""
        return np.frombuffer(self.alerts[score == "crisis"], dtype=np.bool_)


async def collect(
    rows: Iterable[Row],
    columns: Columns,
    *,
    screening: Screening,
    policy: CommunityPolicy,
    complain: Complain,
    on_progress: Callable[[Collected], object] = lambda so_far: None,
) -> Collected:
    """Screen every row.

    Args:
        rows: With their line numbers; never more than a batch is held.
        columns: What is read of them.
        screening: Judges them.
        policy: Says what is recorded and alerts.
        complain: Told the number of a row that can't be used and why; it holds none of the row's values.
        on_progress: Told after every batch.
    """
    collected = Collected(columns)
    usable = _usable(rows, columns, complain)
    while batch := list(islice(usable, BATCH)):
        verdicts = await screening.screen([seen for seen, _ in batch])
        for (seen, truths), verdict in zip(batch, verdicts, strict=True):
            given = scores(verdict)
            for place, (label, truth) in enumerate(zip(columns.labels, truths, strict=True)):
                collected.scores[place].append(given[label.score])
                collected.truths[place].append(UNLABELLED if truth is None else truth)
            decision = decide(policy, seen, verdict, NO_HISTORY)
            for is_crisis in (True, False):
                levels = [f.level for f in decision.recorded if (f.category is Category.CRISIS) is is_crisis]
                collected.levels[is_crisis].append(max(levels, default=0))
                collected.alerts[is_crisis].append(
                    any((opening.concern is Concern.CRISIS) is is_crisis for opening in decision.openings)
                )
            silent = {(c.filter, c.state): c.why for c in verdict.checks if c.state is not CheckState.CONSIDERED}
            collected.silent.update(silent.keys())
            collected.reasons = silent | collected.reasons
        on_progress(collected)
    return collected


def _usable(rows: Iterable[Row], columns: Columns, complain: Complain) -> Iterator[tuple[Seen, list[bool | None]]]:
    talk = Talk()
    named = {columns.text, *(label.column for label in columns.labels)}
    for number, row in rows:
        try:
            text = row.get(columns.text)
            if not isinstance(text, str) or not text.strip():
                raise BadLine(f"{columns.text}: has no text")
            truths = [columns.label_of(label, row.get(label.column)) for label in columns.labels]
            if all(truth is None for truth in truths):
                raise BadLine("carries no label at all")
            _, seen = talk.hear({"id": number, "text": text, **_context(row, named)}, number)
        except BadLine as error:
            complain(number, str(error))
        else:
            yield seen, truths


def _context(row: Mapping[str, Any], named: set[str]) -> dict[str, Any]:
    return {name: row[name] for name in CONTEXT if name not in named and row.get(name)}
