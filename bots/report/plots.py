"""What a plot needs before it can be drawn: scales with ticks at round numbers, and places in a drawing's units.

The macros of `templates/plots.html` draw these as SVG. Everything is in the units of the drawing's view box, which is
made about as wide as a phone's page, so that letters keep their size there.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

LEFT, RIGHT, TOP = 46.0, 12.0, 12.0
BELOW, BELOW_WITH_WORDS = 26.0, 44.0
"""Room under a drawing for its ticks, and for the axis' words too."""

STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)


def ticks(low: float, high: float, most: int = 6, whole: bool = False) -> tuple[float, ...]:
    """Round numbers from `low` or below to `high` or above, evenly apart, at most about `most` of them.

    Args:
        low, high: What has to fit between the first and the last; equal ones get room of 1 above.
        most: How many there is room for; at least 2.
        whole: Only whole numbers, for things that are counted.
    """
    if high <= low:
        high = low + 1.0
    rough = (high - low) / max(1, most - 1)
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(each * magnitude for each in STEPS if each * magnitude >= rough * (1 - 1e-9))
    if whole:
        step = float(max(1, math.ceil(step - 1e-9)))
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return tuple(round(place * step, 12) for place in range(first, last + 1))


def tick_words(values: Sequence[float]) -> tuple[str, ...]:
    """The ticks with as many places as their step needs, thousands marked."""
    if not values:
        return ()
    steps = [abs(b - a) for a, b in pairwise(values)] or [1.0]
    step = min(steps)
    places = next((p for p in range(7) if abs(step * 10**p - round(step * 10**p)) < 1e-6), 6)
    return tuple(f"{value:,.{places}f}" for value in values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A place on an axis and what stands there."""

    at: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """Values from `low` to `high` as places from `start` to `end` (which may be the smaller one)."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        """Where a value stands; what lies outside stands at the edge."""
        share = (min(max(value, self.low), self.high) - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """The box that a plot is drawn in, with its two axes."""

    width: float
    height: float
    x_words: str
    y_words: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]

    @property
    def left(self) -> float:
        """Where the drawing begins; left of it are the y axis' words."""
        return LEFT

    @property
    def right(self) -> float:
        """Where it ends."""
        return self.width - RIGHT

    @property
    def top(self) -> float:
        """Its upper edge."""
        return TOP

    @property
    def bottom(self) -> float:
        """Its lower edge; below are the x axis' ticks and words."""
        return _bottom(self.height, self.x_words)


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """A point of its own: `size` is a radius."""

    x: float
    y: float
    size: float
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """A drawn curve: SVG path data, and a class of the style sheet."""

    path: str
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CurvePlot:
    """Curves over a square of shares; `words` say the plot in a sentence, `guide` is path data to compare with."""

    words: str
    frame: Frame
    curves: tuple[Curve, ...]
    dots: tuple[Dot, ...] = ()
    guide: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One part of a column or bar: `look` is a class of the style sheet."""

    look: str
    amount: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """A drawn rectangle."""

    x: float
    y: float
    width: float
    height: float
    look: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """One column: its name under the axis, its parts from the bottom up, and the sentence that a pointer shows."""

    name: str
    pieces: tuple[Piece, ...]
    words: str

    @property
    def amount(self) -> float:
        """All parts together."""
        return sum(piece.amount for piece in self.pieces)

    @property
    def highest(self) -> float:
        """The largest part."""
        return max((piece.amount for piece in self.pieces), default=0.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class DrawnColumn:
    """A column's rectangles and its sentence."""

    boxes: tuple[Box, ...]
    words: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnPlot:
    """Columns side by side, each stacked."""

    words: str
    frame: Frame
    columns: tuple[DrawnColumn, ...] = field(default=())


Points = Sequence[tuple[float, float]]
SHARES = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)


def share_plot(
    *,
    words: str,
    x_words: str,
    y_words: str,
    curves: Sequence[tuple[str, Points]],
    dots: Sequence[tuple[float, float, float, str]] = (),
    guide: Points = (),
    width: float = 320.0,
    height: float = 290.0,
) -> CurvePlot:
    """Curves whose both axes are shares from 0 to 1.

    Args:
        words: The plot in a sentence, for those who can't see it.
        x_words, y_words: Under and beside the axes.
        curves: A class of the style sheet and the points of each.
        dots: (x, y, radius, sentence) each.
        guide: Points of a line to compare with, such as chance.
        width, height: Of the view box.
    """
    x = Scale(low=0.0, high=1.0, start=LEFT, end=width - RIGHT)
    y = Scale(low=0.0, high=1.0, start=_bottom(height, x_words), end=TOP)
    names = tick_words(SHARES)
    frame = Frame(
        width=width,
        height=height,
        x_words=x_words,
        y_words=y_words,
        x_ticks=tuple(Tick(at=x.at(value), words=name) for value, name in zip(SHARES, names, strict=True)),
        y_ticks=tuple(Tick(at=y.at(value), words=name) for value, name in zip(SHARES, names, strict=True)),
    )
    return CurvePlot(
        words=words,
        frame=frame,
        curves=tuple(
            Curve(path=_path([(x.at(a), y.at(b)) for a, b in points]), look=look)
            for look, points in curves
            if len(points) > 1
        ),
        dots=tuple(Dot(x=x.at(a), y=y.at(b), size=size, words=said) for a, b, size, said in dots),
        guide=_path([(x.at(a), y.at(b)) for a, b in guide]) if guide else "",
    )


def column_plot(
    *,
    words: str,
    columns: Sequence[Column],
    x_words: str = "",
    y_words: str = "",
    whole: bool = True,
    stacked: bool = True,
    most_names: int = 6,
    width: float = 320.0,
    height: float = 230.0,
) -> ColumnPlot:
    """Columns from 0 up.

    Args:
        words: The plot in a sentence, for those who can't see it.
        columns: In their order; only about `most_names` of their names are written.
        x_words, y_words: Under and beside the axes.
        whole: Whether amounts are counts.
        stacked: Whether the parts of a column stand on each other, or side by side.
        most_names: How many names there is room for.
        width, height: Of the view box.
    """
    highest = max((each.amount if stacked else each.highest for each in columns), default=0.0)
    values = ticks(0.0, highest, most=5, whole=whole)
    y = Scale(low=0.0, high=values[-1], start=_bottom(height, x_words), end=TOP)
    slot = (width - LEFT - RIGHT) / max(1, len(columns))
    broad = min(slot * (0.78 if slot > 3 else 0.9), 56.0)
    drawn = []
    for place, column in enumerate(columns):
        x = LEFT + slot * place + (slot - broad) / 2
        breadth = broad if stacked else broad / max(1, len(column.pieces))
        boxes = []
        below = 0.0
        for piece in column.pieces:
            if piece.amount > 0:
                upper, lower = y.at(below + piece.amount), y.at(below)
                high = max(lower - upper, 0.75)  # what is there can be seen
                boxes.append(
                    Box(x=round(x, 2), y=round(lower - high, 2), width=round(breadth, 2), height=high, look=piece.look)
                )
            if stacked:
                below += piece.amount
            else:
                x += breadth
        drawn.append(DrawnColumn(boxes=tuple(boxes), words=column.words))
    every = max(1, math.ceil(len(columns) / most_names))
    frame = Frame(
        width=width,
        height=height,
        x_words=x_words,
        y_words=y_words,
        x_ticks=tuple(
            Tick(at=round(LEFT + slot * (place + 0.5), 2), words=column.name)
            for place, column in enumerate(columns)
            if place % every == 0
        ),
        y_ticks=tuple(Tick(at=y.at(value), words=name) for value, name in zip(values, tick_words(values), strict=True)),
    )
    return ColumnPlot(words=words, frame=frame, columns=tuple(drawn))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A bar inside a table's cell, 100 units long at most: rectangles of a drawing that is 100 by 10."""

    boxes: tuple[Box, ...]


def bar(pieces: Sequence[Piece], longest: float) -> Bar:
    """Parts side by side, as long as they are of `longest`; what is there at all can be seen."""
    boxes = []
    at = 0.0
    for piece in pieces:
        if piece.amount > 0 and longest > 0:
            long = max(piece.amount / longest * 100, 0.5)
            boxes.append(Box(x=round(at, 2), y=0.0, width=round(long, 2), height=10.0, look=piece.look))
            at += long
    return Bar(boxes=tuple(boxes))


def _bottom(height: float, x_words: str) -> float:
    return height - (BELOW_WITH_WORDS if x_words else BELOW)


def _path(points: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{a:g} {b:g}" for a, b in points)
