"""The reference pages are what the declarations say, and are renewed when those change."""

from pathlib import Path

from config.reference import communities_page, policy_page, resources_page, settings_page

DOCS = Path(__file__).parents[2] / "docs"


def test_the_policy_page_is_current() -> None:
    assert (DOCS / "policy.md").read_text(encoding="utf-8") == policy_page(), "run `make docs`"


def test_the_communities_page_is_current() -> None:
    assert (DOCS / "communities.md").read_text(encoding="utf-8") == communities_page(), "run `make docs`"


def test_the_page_of_ones_own_services_is_current() -> None:
    assert (DOCS / "resources.md").read_text(encoding="utf-8") == resources_page(), "run `make docs`"


def test_the_settings_page_is_current() -> None:
    assert (DOCS / "settings.md").read_text(encoding="utf-8") == settings_page(), "run `make docs`"


def test_a_category_is_shown_with_its_own_defaults() -> None:
    toxicity = policy_page().partition("[thresholds.toxicity]")[2].partition("##")[0]
    assert "| `alert_level` | whole number, 1 to 5 | `3` |" in toxicity
