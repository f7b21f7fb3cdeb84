"""A toxicity model that can't be used is left out, marked and told; the lexicons go on and nothing stops the start."""

import shutil
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import pytest

import bots.running
from adapters.local.memory import MemoryStore
from adapters.local.memory_intake import MemoryIntake
from adapters.local.staff import LocalStaff
from bots.assets import HOME, checked_model
from bots.lanes import inline_lanes, isolated_lanes
from bots.models import TOXICITY, Model, Models, load_models
from bots.running import running
from core.errors import ConfigurationRefused
from core.flow.screening import Lane, Screening
from core.model.finding import Category, CheckState, Verdict
from core.model.policy import CommunityPolicy
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard
from tests.filters.toxicity.samples import seen

POLICY = CommunityPolicy()
RUDE = "you are a pathetic synthetic idiot"
LANES = [partial(inline_lanes, POLICY), partial(isolated_lanes, {None: POLICY})]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A copy of the shipped model and the manifest."""
    copy = tmp_path / "filters"
    (copy / TOXICITY).parent.mkdir(parents=True)
    shutil.copy(HOME / TOXICITY, copy / TOXICITY)
    shutil.copy(HOME / "manifest.json", copy / "manifest.json")
    return copy


async def judged(lanes: Sequence[Lane], text: str) -> Verdict:
    screening = Screening(lanes, FakeClock(), Noticeboard())
    try:
        return (await screening.screen([seen(text)]))[0]
    finally:
        await screening.close()


def test_the_shipped_model_is_the_one_that_the_manifest_names() -> None:
    assert load_models().toxicity == Model(digest=checked_model(TOXICITY))


def changed(model: Path) -> None:
    model.write_bytes(model.read_bytes() + b"\0")


def in_no_manifest(model: Path) -> None:
    (model.parent.parent / "manifest.json").write_text("{}")


def a_folder(model: Path) -> None:
    model.unlink()
    model.mkdir()


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (changed, "is not the file"),
        (Path.unlink, "is missing"),
        (in_no_manifest, "stands in no manifest"),
        (a_folder, "can't be read"),
    ],
)
def test_a_damaged_model_is_refused_with_place_reason_and_remedy(
    home: Path, damage: Callable[[Path], object], reason: str
) -> None:
    damage(home / TOXICITY)
    refused = load_models(home=home).toxicity
    assert isinstance(refused, ConfigurationRefused)
    assert refused.path.endswith("en.npz")
    assert reason in refused.reason
    assert "reinstall" in refused.hint


@pytest.mark.parametrize("lanes_of", LANES, ids=["inline", "isolated"])
async def test_the_model_judges_in_a_lane_of_its_own(lanes_of: Callable[..., object]) -> None:
    refusals: list[ConfigurationRefused] = []
    lanes: list[Lane] = await lanes_of(load_models(), refusals.append)  # type: ignore[misc]  # either of two makers
    (own,) = [lane for lane in lanes if lane.name == "toxicity"]
    assert [each.categories for each in own.filters] == [frozenset({Category.TOXICITY})]
    verdict = await judged(lanes, RUDE)
    assert {finding.category for finding in verdict.findings} >= {Category.TOXICITY}
    assert refusals == []


@pytest.mark.parametrize("lanes_of", LANES, ids=["inline", "isolated"])
@pytest.mark.parametrize(
    "model", [ConfigurationRefused("a file", "was changed"), Model(digest="0" * 64)], ids=["at start", "in the worker"]
)
async def test_without_its_model_lexicons_go_on_and_the_verdict_says_so(
    lanes_of: Callable[..., object], model: Model | ConfigurationRefused
) -> None:
    refusals: list[ConfigurationRefused] = []
    lanes: list[Lane] = await lanes_of(Models(toxicity=model), refusals.append)  # type: ignore[misc]  # see above
    verdict = await judged(lanes, RUDE)
    assert [(check.state, check.category) for check in verdict.checks if check.filter == "toxicity"] == [
        (CheckState.SKIPPED, Category.TOXICITY)
    ]
    assert {finding.category for finding in verdict.findings} == {Category.HARASSMENT}
    assert len(refusals) == 1


async def test_people_are_told_of_a_refused_model_when_the_house_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    async def lanes(_policies: object, models: Models, on_refused: Callable[[object], object]) -> list[Lane]:
        on_refused(models.toxicity)
        return []

    monkeypatch.setattr(bots.running, "isolated_lanes", lanes)
    clock, notices = FakeClock(), Noticeboard()
    async with running(
        store=MemoryStore(clock),
        intake=MemoryIntake(),
        policies={None: POLICY},
        models=Models(toxicity=ConfigurationRefused("a file", "was changed", "reinstall")),
        platforms={},
        staff=LocalStaff(lambda: ()),
        clock=clock,
        notices=notices,
        sweep=_nothing,
        care=None,
    ):
        notice = notices.standing["model.a file"]
    assert notice.key == "notice.model_refused"
    assert notice.params == {"path": "a file", "reason": "was changed", "hint": "reinstall"}


async def _nothing() -> None:
    """No housekeeping."""
