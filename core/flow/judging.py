"""Runs filters over a batch so that no filter can spoil another's verdict or another message's.

Pure apart from calling filters; it runs inside a worker, in this process or in one of its own.
"""

from collections.abc import Sequence

from core.flow.filter import Filter, Seen
from core.model.finding import Category, Check, CheckState, Verdict, join

NO_ANSWER = "no-answer"
"""The rule of a check that stands for a whole filter: it failed or was skipped, and said nothing of the message."""


def judge(filters: Sequence[Filter], batch: Sequence[Seen]) -> list[Verdict]:
    """One joined verdict a message; a filter that raises or answers nonsense becomes failed checks."""
    verdicts: list[list[Verdict]] = [[] for _ in batch]
    for each in filters:
        for place, verdict in enumerate(_screened(each, batch)):
            verdicts[place].append(verdict)
    return [parts[0] if len(parts) == 1 else join(parts) for parts in verdicts]


def failed(name: str, categories: frozenset[Category], why: str, state: CheckState = CheckState.FAILED) -> Verdict:
    """The verdict of a filter that gave none: one check a category."""
    return Verdict(
        checks=tuple(
            Check(filter=name, state=state, why=why, category=each, rule=NO_ANSWER) for each in sorted(categories)
        )
    )


def _screened(each: Filter, batch: Sequence[Seen]) -> Sequence[Verdict]:
    verdicts, why = _answer(each, batch)
    if verdicts is not None:
        return verdicts
    if len(batch) == 1:
        return [failed(each.name, each.categories, why)]
    return [_screened_alone(each, seen) for seen in batch]


def _screened_alone(each: Filter, seen: Seen) -> Verdict:
    verdicts, why = _answer(each, [seen])
    return verdicts[0] if verdicts is not None else failed(each.name, each.categories, why)


def _answer(each: Filter, batch: Sequence[Seen]) -> tuple[Sequence[Verdict] | None, str]:
    """The filter's verdicts when all of them are sound, else why not."""
    try:
        verdicts = each.screen(batch)
        if len(verdicts) != len(batch):
            return None, "the filter did not answer once for each message"
        if not all(map(_is_sound, batch, verdicts)):
            return None, "the filter's answer was out of bounds"
    except Exception:  # noqa: BLE001 - a filter's boundary: it becomes a failed check of the message that caused it
        return None, "the filter raised an error"
    return verdicts, ""


def _is_sound(seen: Seen, verdict: Verdict) -> bool:
    for score in verdict.scores.values():
        if not 0.0 <= score <= 1.0:  # NaN is refused too
            return False
    if not verdict.findings:
        return True
    length = len(seen.message.text)
    return all(0 <= start < end <= length for finding in verdict.findings for start, end in finding.spans) and all(
        0.0 <= finding.score <= 1.0 for finding in verdict.findings
    )
