"""The palette holds WCAG AA in light and dark: 4.5 to 1 for text, 3 to 1 for the edges of controls."""

import re

import pytest

from adapters.console.assets import STATIC

CSS = (STATIC / "console.css").read_text(encoding="utf-8")
LIGHT, DARK = (
    dict(re.findall(r"--([a-z0-9-]+): (#[0-9a-f]{6});", block))
    for block in re.findall(r":root \{(.*?)\n *\}", CSS, re.S)[:2]
)
GROUNDS = ("ground", "surface", "sunken")
TEXT = [
    *((ink, ground) for ink in ("ink", "soft", "accent") for ground in GROUNDS),
    *((f"level-{level}", ground) for level in range(1, 5) for ground in ("surface", "ground")),
    ("ink", "wash"),
    ("soft", "wash"),
    ("ink", "warn-wash"),
    ("on-accent", "accent"),
    ("on-mark", "mark"),
    ("ground", "ink"),
    ("on-alarm", "alarm"),
]
EDGES = [("edge", "surface"), ("edge", "ground"), ("accent", "surface"), ("accent", "ground")]


def _luminance(colour: str) -> float:
    channels = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_black_on_white_is_twenty_one_to_one() -> None:
    assert round(contrast("#000000", "#ffffff"), 2) == 21.0


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_text_can_be_read(palette: dict[str, str]) -> None:
    poor = {
        f"{ink} on {ground}": round(contrast(palette[ink], palette[ground]), 2)
        for ink, ground in TEXT
        if contrast(palette[ink], palette[ground]) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_edges_of_controls_can_be_seen(palette: dict[str, str]) -> None:
    poor = {
        f"{edge} on {ground}": round(contrast(palette[edge], palette[ground]), 2)
        for edge, ground in EDGES
        if contrast(palette[edge], palette[ground]) < 3.0
    }
    assert poor == {}


@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_initials_can_be_read_on_every_face(palette: dict[str, str]) -> None:
    assert [hue for hue in range(6) if contrast("#ffffff", palette[f"hue-{hue}"]) < 4.5] == []
