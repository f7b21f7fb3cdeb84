"""How far a long command is, on standard error: a bar in a terminal, now and then a line elsewhere."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

Show = Callable[[float, str, int], None]
"""Takes the share that is done (0 to 1), a note, and how many lines that is."""

LINES_BETWEEN_REPORTS = 10_000
"""How often progress is told where no bar can be drawn."""

LINES_NAMED = 20


@contextmanager
def progress(words: str, terminal: Console) -> Iterator[Show]:
    """Shows progress while the block runs; `words` stand before the bar."""
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal, transient=True) as bars:
        task = bars.add_task(words, total=1.0, note="")
        told = 0

        def show(share: float, note: str, lines: int) -> None:
            nonlocal told
            if not terminal.is_terminal and lines - told >= LINES_BETWEEN_REPORTS:
                told = lines
                terminal.print(f"{share:4.0%}  {note}", highlight=False, markup=False)
            bars.update(task, completed=share, note=note)

        yield show


class BadLines:
    """Names the first lines that can't be used, and counts them all."""

    def __init__(self, terminal: Console, prefix: str) -> None:
        self._terminal = terminal
        self._prefix = prefix
        self.count = 0

    def __call__(self, number: int, reason: str) -> None:
        self.count += 1
        if self.count <= LINES_NAMED:
            self._terminal.print(
                f"{self._prefix}: line {number}: {reason}", highlight=False, markup=False, soft_wrap=True
            )
        elif self.count == LINES_NAMED + 1:
            self._terminal.print(f"{self._prefix}: further bad lines are only counted", highlight=False, markup=False)
