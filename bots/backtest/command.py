"""The flow of `lightkeeper backtest`: looks at the exports, makes the filters, runs, writes what was asked for."""

import asyncio
import gc
import json
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from adapters.exports.entry import Leftovers
from adapters.exports.opening import Format
from adapters.exports.several import Exports
from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from bots.backtest.report import Alert, BacktestReport, Comparison
from bots.backtest.run import SoFar, backtest
from bots.backtest.summing import Wishes
from bots.lanes import inline_lanes
from bots.models import configured_models
from bots.progress import progress
from bots.report import backtest as one_report
from bots.report import comparison as two_reports
from bots.report.data import plain_data
from core.errors import ConfigurationRefused
from core.flow.screening import Screening
from core.model.policy import CommunityPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Outputs:
    """Where what was found goes, besides the text on standard output; "-" as `json_to` takes its place."""

    json_to: str | None = None
    html_to: Path | None = None
    alerts_to: Path | None = None

    def check(self, paths: Sequence[Path]) -> None:
        """Refuse what can't be written, or would be over one of `paths`. Raises: `ConfigurationRefused`."""
        for path in (Path(self.json_to) if self.json_to not in {None, "-"} else None, self.html_to, self.alerts_to):
            if path is not None and not path.parent.is_dir():
                raise ConfigurationRefused(str(path), "can't be written: there is no such folder")
            if path is not None and path.exists() and any(path.samefile(each) for each in paths if each.exists()):
                raise ConfigurationRefused(str(path), "is the export itself, and would be overwritten", "name another")


def run(
    paths: Sequence[Path], policies: Sequence[CommunityPolicy], wishes: Wishes, outputs: Outputs, *, kind: str | None
) -> int:
    """Backtest exports under one policy, or compare two.

    Returns:
        The exit code: 1 when something could not be read, or a filter or a model failed.

    Raises:
        ConfigurationRefused: A path is no export, or an output can't be written.
        OSError: An export can't be read any more, or an output not be written.
    """
    outputs.check(paths)
    return _Backtesting(wishes, outputs).run(paths, policies, None if kind is None else Format(kind))


class _Backtesting:
    def __init__(self, wishes: Wishes, outputs: Outputs) -> None:
        self._wishes = wishes
        self._outputs = outputs
        self._terminal = Console(stderr=True)
        self._refusals: dict[str, ConfigurationRefused] = {}

    def run(self, paths: Sequence[Path], policies: Sequence[CommunityPolicy], kind: Format | None) -> int:
        leftovers = Leftovers()
        exports = Exports(paths, leftovers, kind=kind)
        try:
            found = asyncio.run(self._found(exports, leftovers, policies))
        finally:
            exports.close()
        self._write(found)
        report = found.after if isinstance(found, Comparison) else found
        return int(bool(report.problem_count or report.checks or self._refusals))

    async def _found(
        self, exports: Exports, leftovers: Leftovers, policies: Sequence[CommunityPolicy]
    ) -> BacktestReport | Comparison:
        with self._alerts() as on_alert, progress("Backtesting", self._terminal) as show:

            def on_progress(so_far: SoFar) -> None:
                show(so_far.share, f"{so_far.messages:,} messages, {so_far.alerts:,} alerts", so_far.messages)

            return await backtest(
                exports,
                leftovers,
                policies,
                self._screening,
                wishes=self._wishes,
                on_progress=on_progress,
                on_alert=on_alert,
            )

    async def _screening(self, policy: CommunityPolicy) -> Screening:
        screening = Screening(
            await inline_lanes(policy, configured_models(), self._refused), SystemClock(), SilentNotices()
        )
        gc.freeze()
        gc.enable()
        return screening

    def _refused(self, refused: ConfigurationRefused) -> None:
        if refused.path not in self._refusals:
            self._refusals[refused.path] = refused
            words = f"lightkeeper backtest: goes on without a model: {refused}"
            self._terminal.print(words, highlight=False, markup=False, soft_wrap=True)

    @contextmanager
    def _alerts(self) -> Iterator[Callable[[Alert], None]]:
        path = self._outputs.alerts_to
        if path is None:
            yield lambda alert: None
            return
        with path.open("w", encoding="utf-8") as stream:
            yield lambda alert: print(json.dumps(plain_data(alert)), file=stream)

    def _write(self, found: BacktestReport | Comparison) -> None:
        if isinstance(found, Comparison):
            text, data = two_reports.render_text(found), two_reports.render_json(found)
        else:
            text, data = one_report.render_text(found), one_report.render_json(found)
        as_json = json.dumps(data, indent=1, allow_nan=False) + "\n"
        shown = as_json if self._outputs.json_to == "-" else text
        sys.stdout.write(shown.encode("utf-8", "replace").decode())
        sys.stdout.flush()
        if self._outputs.json_to not in {None, "-"}:
            Path(self._outputs.json_to or "").write_text(as_json, encoding="utf-8")
        if self._outputs.html_to is not None:
            page = two_reports.render_html(found) if isinstance(found, Comparison) else one_report.render_html(found)
            self._outputs.html_to.write_text(page, encoding="utf-8", errors="replace")
