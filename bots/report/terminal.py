"""Text for a terminal of 80 columns: paragraphs and tables, drawn by rich, without colours or anything that moves."""

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.console import Console
from rich.table import Table
from rich.text import Text

from bots.report.wording import one_line

WIDTH = 80


class Sheet:
    """Collects what is printed; whatever is put into it is a plain line of text, never markup or control codes."""

    def __init__(self) -> None:
        self._written = StringIO()
        self._console = Console(
            file=self._written, width=WIDTH, color_system=None, force_terminal=False, highlight=False, emoji=False
        )

    def heading(self, words: str) -> None:
        """A title with a line below it, apart from what is above."""
        self._console.print()
        self._console.print(Text(one_line(words)))
        self._console.print(Text("─" * min(WIDTH, len(one_line(words)))))

    def say(self, words: str, indent: int = 0) -> None:
        """A paragraph, wrapped."""
        self._console.print(_indented(one_line(words), indent))

    def space(self) -> None:
        """An empty line."""
        self._console.print()

    def points(self, sentences: Iterable[str]) -> None:
        """A list, one sentence a point."""
        for sentence in sentences:
            grid = Table.grid(padding=(0, 1, 0, 0))
            grid.add_column(no_wrap=True)
            grid.add_column(overflow="fold")
            grid.add_row(Text("-"), Text(one_line(sentence), overflow="fold"))
            self._console.print(grid)

    def facts(self, pairs: Iterable[tuple[str, str]], indent: int = 0) -> None:
        """Names with what is to be said of them, one a line."""
        grid = Table.grid(padding=(0, 2, 0, 0))
        grid.add_column(no_wrap=True)
        grid.add_column(overflow="fold")
        for name, words in pairs:
            grid.add_row(Text(" " * indent + one_line(name)), Text(one_line(words), overflow="fold"))
        self._console.print(grid)

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], indent: int = 2) -> None:
        """A table; its first column stands left and wraps, the others stand right."""
        drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="", show_edge=False)
        for place, name in enumerate(head):
            if place == 0:
                drawn.add_column(Text(name), overflow="fold")
            else:
                drawn.add_column(Text(name, justify="right"), justify="right", overflow="fold")
        for row in rows:
            drawn.add_row(*(Text(one_line(cell)) for cell in row))
        grid = Table.grid(padding=0)
        grid.add_row(Text(" " * indent), drawn)
        self._console.print(grid)

    def text(self) -> str:
        """All of it; no line ends in a space."""
        lines = (line.rstrip() for line in self._written.getvalue().split("\n"))
        return "\n".join(lines).strip("\n") + "\n"


def _indented(words: str, indent: int) -> Table | Text:
    if not indent:
        return Text(words, overflow="fold")
    grid = Table.grid(padding=0)
    grid.add_row(Text(" " * indent), Text(words, overflow="fold"))
    return grid
