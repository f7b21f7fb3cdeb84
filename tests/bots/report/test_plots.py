"""Scales and shapes: ticks at round numbers that hold the data, and drawings that stay in their box."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bots.report.plots import Column, Piece, Scale, bar, column_plot, share_plot, tick_words, ticks


@given(
    st.floats(-1e9, 1e9, allow_subnormal=False),
    st.floats(1e-6, 1e9, allow_subnormal=False),
    st.integers(2, 12),
    st.booleans(),
)
def test_ticks_hold_the_data_are_evenly_apart_and_few(low: float, breadth: float, most: int, whole: bool) -> None:
    breadth = max(breadth, abs(low) * 1e-6)  # closer together than that, numbers of 64 bits have no room for ticks
    found = ticks(low, low + breadth, most, whole)
    room = breadth * 1e-6 + abs(low) * 1e-9
    assert found[0] <= low + room
    assert found[-1] >= low + breadth - room
    assert 2 <= len(found) <= most + 2
    steps = [b - a for a, b in pairwise(found)]
    assert all(math.isclose(step, steps[0], rel_tol=1e-5) for step in steps)
    if whole:
        assert all(value == int(value) for value in found)


def test_ticks_stand_at_round_numbers() -> None:
    assert ticks(0, 97) == (0, 20, 40, 60, 80, 100)
    assert ticks(0, 7, whole=True) == (0, 2, 4, 6, 8)
    assert ticks(0, 1, whole=True) == (0, 1)
    assert ticks(0, 0) == (0, 0.2, 0.4, 0.6, 0.8, 1)
    assert tick_words(ticks(0, 1)) == ("0.0", "0.2", "0.4", "0.6", "0.8", "1.0")
    assert tick_words(ticks(0, 2500)) == ("0", "500", "1,000", "1,500", "2,000", "2,500")
    assert tick_words((0.0, 0.25, 0.5)) == ("0.00", "0.25", "0.50")


def test_a_value_outside_its_scale_stands_at_the_edge() -> None:
    scale = Scale(low=0, high=10, start=100, end=0)
    assert [scale.at(value) for value in (-5, 0, 5, 10, 99)] == [100, 100, 50, 0, 0]


@given(
    st.lists(st.lists(st.integers(0, 500), min_size=4, max_size=4), max_size=80),
    st.sampled_from([320.0, 760.0]),
    st.booleans(),
)
def test_columns_stay_inside_the_frame_and_what_is_there_can_be_seen(
    numbers: list[list[int]], width: float, stacked: bool
) -> None:
    plot = column_plot(
        words="made up",
        columns=[
            Column(name=str(place), pieces=tuple(Piece(look="one", amount=each) for each in column), words="made up")
            for place, column in enumerate(numbers)
        ],
        width=width,
        stacked=stacked,
    )
    frame = plot.frame
    assert len(plot.columns) == len(numbers)
    for column, drawn in zip(numbers, plot.columns, strict=True):
        assert len(drawn.boxes) == sum(each > 0 for each in column)
        for box in drawn.boxes:
            assert frame.left - 0.1 <= box.x
            assert box.x + box.width <= frame.right + 0.1
            assert frame.top - 1 <= box.y
            assert box.y + box.height <= frame.bottom + 0.1
            assert box.height >= 0.75
    assert len(frame.x_ticks) <= 7


def test_a_plot_without_columns_still_has_axes() -> None:
    plot = column_plot(words="nothing", columns=[])
    assert (plot.columns, len(plot.frame.y_ticks) >= 2) == ((), True)


def test_a_curve_goes_through_its_points() -> None:
    plot = share_plot(
        words="made up", x_words="x", y_words="y", curves=[("one", [(0, 0), (0.5, 1), (1, 1)])], guide=[(0, 0), (1, 1)]
    )
    assert plot.curves[0].path == "M46 246L177 12L308 12"
    assert plot.guide == "M46 246L308 12"
    assert share_plot(words="", x_words="", y_words="", curves=[("one", [])]).curves == ()


@pytest.mark.parametrize("longest", [0, 10])
def test_a_bar_is_as_long_as_its_share(longest: int) -> None:
    drawn = bar([Piece(look="one", amount=5), Piece(look="other", amount=0), Piece(look="rest", amount=2)], longest)
    expected = [(0.0, 50.0, "one"), (50.0, 20.0, "rest")] if longest else []
    assert [(box.x, box.width, box.look) for box in drawn.boxes] == expected
