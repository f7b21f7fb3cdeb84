"""The model card says what was measured of the file that ships."""

import json
from pathlib import Path
from typing import Any

import pytest

from training.card import BEGIN, END, with_figures
from training.plotting import calibration_plot

ROOT = Path(__file__).resolve().parents[2]
CARD = ROOT / "docs" / "models" / "toxicity.md"


@pytest.fixture(name="figures")
def _figures() -> dict[str, Any]:
    figures: dict[str, Any] = json.loads((ROOT / "docs" / "models" / "toxicity.json").read_text())
    return figures


def test_the_figures_are_those_of_the_shipped_file(figures: dict[str, Any]) -> None:
    manifest = json.loads((ROOT / "filters" / "manifest.json").read_text())
    assert manifest["toxicity/en.npz"] == figures["model"]["sha256"]


def test_the_card_holds_the_figures(figures: dict[str, Any]) -> None:
    page = CARD.read_text(encoding="utf-8")
    assert with_figures(page, figures) == page


def test_the_shipped_model_ranks_as_well_as_was_promised(figures: dict[str, Any]) -> None:
    assert figures["cross_validated"]["mean_auc"] >= 0.972
    assert figures["cross_validated"]["mean_auc_interval_95"][0] >= 0.972


def test_a_page_without_a_place_for_figures_is_refused(figures: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="no place"):
        with_figures("# A page\n", figures)
    with pytest.raises(ValueError, match="no place"):
        with_figures(f"{BEGIN}\n", figures)


def test_what_stands_around_the_figures_stays(figures: dict[str, Any]) -> None:
    page = with_figures(f"before\n{BEGIN}\nstale words\n{END}\nafter\n", figures)
    assert page.startswith("before\n")
    assert page.endswith("\nafter\n")
    assert "stale" not in page


def test_the_plot_has_a_line_for_each_label(figures: dict[str, Any]) -> None:
    plot = calibration_plot(figures["calibration"])
    assert plot.count("<polyline") == 6
    assert "identity_attack" in plot
