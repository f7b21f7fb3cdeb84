"""What a second policy changes: alerts that it adds, loses and tells otherwise, message by message."""

from collections.abc import Sequence

from bots.backtest.report import Alert, BacktestReport, ChangedAlert, Comparison
from bots.backtest.tally import Tally
from bots.backtest.trial import Decided
from core.model.case import Concern

LISTED = 100
"""How many of each are listed; further ones are only counted."""

_Key = tuple[str, int, Concern]


class Comparing:
    """Fed with what both policies made of the same messages."""

    def __init__(self, before: Tally, after: Tally) -> None:
        self._before = before
        self._after = after
        self._new: list[Alert] = []
        self._lost: list[Alert] = []
        self._changed: list[ChangedAlert] = []
        self._new_count = self._lost_count = self._changed_count = self._regrouped = 0

    def add(self, before: Sequence[Decided], after: Sequence[Decided]) -> None:
        """What came of the same messages under one policy and the other."""
        first, second = _by_message(before), _by_message(after)
        for key in dict.fromkeys([*first, *second]):
            self._add(first.get(key), second.get(key))

    def _add(self, before: Decided | None, after: Decided | None) -> None:
        if before is not None and after is not None:
            self._regrouped += before.is_new != after.is_new
            if before.is_new and after.is_new:
                self._same(before, after)
        elif after is not None and after.is_new:
            self._new_count += 1
            if len(self._new) < LISTED:
                self._new.append(self._after.alert_of(after))
        elif before is not None and before.is_new:
            self._lost_count += 1
            if len(self._lost) < LISTED:
                self._lost.append(self._before.alert_of(before))

    def _same(self, before: Decided, after: Decided) -> None:
        if (before.gravest.level, before.gravest.kind) == (after.gravest.level, after.gravest.kind):
            return
        self._changed_count += 1
        if len(self._changed) < LISTED:
            pair = ChangedAlert(before=self._before.alert_of(before), after=self._after.alert_of(after))
            self._changed.append(pair)

    def result(self, before: BacktestReport, after: BacktestReport) -> Comparison:
        """Both reports and what lies between them."""
        return Comparison(
            before=before,
            after=after,
            new=tuple(self._new),
            new_count=self._new_count,
            lost=tuple(self._lost),
            lost_count=self._lost_count,
            changed=tuple(self._changed),
            changed_count=self._changed_count,
            regrouped=self._regrouped,
        )


def _by_message(decided: Sequence[Decided]) -> dict[_Key, Decided]:
    """The first that came of a message and a concern: an alert, where there is one."""
    found: dict[_Key, Decided] = {}
    for each in decided:
        key = (each.entry.file, each.entry.number, each.case.concern)
        if key not in found or (each.is_new and not found[key].is_new):
            found[key] = each
    return found
