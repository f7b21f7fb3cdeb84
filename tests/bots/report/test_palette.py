"""The palette of reports: WCAG AA for words, 3 to 1 for shapes, and steps that don't need colour to be told apart."""

import re
from itertools import pairwise
from pathlib import Path

import pytest

import bots.report

CSS = (Path(bots.report.__file__).parent / "templates" / "report.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\n *\}", CSS, re.S)[:2]
)
palettes = pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
WORDS = [
    *((ink, ground) for ink in ("ink", "soft", "accent") for ground in ("ground", "surface", "sunken")),
    ("ink", "warn-wash"),
    ("accent", "warn-wash"),
]
SHAPES = ("accent", "mark", "edge", "crisis", "harassment", "toxicity", "rules", *(f"level-{n}" for n in range(1, 5)))


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@palettes
def test_words_can_be_read(palette: dict[str, str]) -> None:
    assert [pair for pair in WORDS if contrast(palette[pair[0]], palette[pair[1]]) < 4.5] == []


@palettes
def test_shapes_can_be_seen(palette: dict[str, str]) -> None:
    assert [shape for shape in SHAPES if contrast(palette[shape], palette["surface"]) < 3.0] == []


@palettes
def test_levels_are_told_apart_by_lightness_alone(palette: dict[str, str]) -> None:
    levels = [palette[f"level-{level}"] for level in range(1, 5)]
    assert [contrast(palette["surface"], level) for level in levels] == sorted(
        contrast(palette["surface"], level) for level in levels
    )
    assert [pair for pair in pairwise(levels) if contrast(*pair) < 1.5] == []
