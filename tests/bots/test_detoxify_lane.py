"""Detoxify in a lane of its own: what is wrong with it is told and marked, and everything else goes on."""

import hashlib
import os
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

import pytest

from adapters.local.clock import SystemClock
from bots.doctor.judging import examine_filters
from bots.lanes import inline_lanes, isolated_lanes
from bots.models import DetoxifyFiles, Models, OnRefused, configured_models
from config.policies.loader import load_policy
from config.settings import Settings
from core.errors import ConfigurationRefused
from core.flow.screening import Lane, Screening
from core.model.finding import Category, CheckState, Verdict
from tests.adapters.detoxify.checkpoints import needs_detoxify, original
from tests.core.examples import a_message, seen
from tests.core.noticeboard import Noticeboard

MakeLanes = Callable[[Models, OnRefused], Awaitable[list[Lane]]]
POLICY = load_policy("general")
LANES: list[MakeLanes] = [partial(inline_lanes, POLICY), partial(isolated_lanes, {None: POLICY})]
CRISIS_TEXT = "i want to die"


async def screened(lanes: list[Lane], *texts: str) -> list[Verdict]:
    screening = Screening(lanes, SystemClock(), Noticeboard())
    try:
        return await screening.screen([seen(a_message(f"m{place}", text)) for place, text in enumerate(texts)])
    finally:
        await screening.close()


def files(place: Path) -> DetoxifyFiles:
    made = original(place)
    return DetoxifyFiles(checkpoint=made.checkpoint, sha256=made.sha256, folder=made.folder, device="cpu")


@pytest.mark.parametrize("make_lanes", LANES, ids=["inline", "isolated"])
async def test_detoxify_judges_beside_the_lexicons(tmp_path: Path, make_lanes: MakeLanes) -> None:
    needs_detoxify()
    refusals: list[ConfigurationRefused] = []
    lanes = await make_lanes(Models(detoxify=files(tmp_path)), refusals.append)
    assert refusals == []
    assert "detoxify" in [lane.name for lane in lanes]
    crisis, harbour = await screened(lanes, CRISIS_TEXT, "harbour")
    assert {finding.category for finding in crisis.findings} >= {Category.CRISIS}
    assert 0.0 < harbour.scores["toxicity"] < 1.0
    assert not harbour.checks


@pytest.mark.parametrize("make_lanes", LANES, ids=["inline", "isolated"])
async def test_a_checkpoint_that_is_refused_is_told_and_marked_and_lexicons_go_on(
    tmp_path: Path, make_lanes: MakeLanes
) -> None:
    needs_detoxify()
    path = tmp_path / "other.ckpt"
    path.write_bytes(b"another file")
    named = DetoxifyFiles(checkpoint=path, sha256="0" * 64, folder=tmp_path, device="auto")
    refusals: list[ConfigurationRefused] = []
    lanes = await make_lanes(Models(detoxify=named), refusals.append)
    (refused,) = refusals
    assert refused.path == str(path)
    assert "SHA-256" in refused.reason
    assert refused.hint
    (crisis,) = await screened(lanes, CRISIS_TEXT)
    assert {finding.category for finding in crisis.findings} >= {Category.CRISIS}
    assert [(check.filter, check.state, check.category) for check in crisis.checks if check.filter == "detoxify"] == [
        ("detoxify", CheckState.SKIPPED, Category.TOXICITY)
    ]


async def test_a_missing_extra_is_told_by_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "torch.py").write_text("raise ModuleNotFoundError(name='torch')\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    named = DetoxifyFiles(checkpoint=tmp_path / "any.ckpt", sha256="0" * 64, folder=tmp_path, device="auto")
    refusals: list[ConfigurationRefused] = []
    lanes = await isolated_lanes({None: POLICY}, Models(detoxify=named), refusals.append)
    await screened(lanes)
    (refused,) = refusals
    assert refused.path == "LIGHTKEEPER_DETOXIFY_CHECKPOINT"
    assert refused.reason == "Detoxify is not installed: no module torch"
    assert "lightkeeper[detoxify]" in refused.hint


@pytest.mark.parametrize(
    ("sha256", "config", "reason"),
    [("0" * 64, "{}", "SHA-256"), (None, "[]", "is not a JSON object"), (None, "{}", "")],
    ids=["wrong hash", "no configuration", "sound"],
)
def test_the_doctor_tells_of_a_checkpoint_that_would_be_refused(
    tmp_path: Path, sha256: str | None, config: str, reason: str
) -> None:
    needs_detoxify()
    checkpoint = tmp_path / "any.ckpt"
    checkpoint.write_bytes(b"any file")
    (tmp_path / "config.json").write_text(config)
    settings = Settings(
        detoxify_checkpoint=checkpoint,
        detoxify_sha256=sha256 or hashlib.sha256(b"any file").hexdigest(),
        detoxify_config=tmp_path,
    )
    told = [problem for problem in examine_filters(settings).problems if str(tmp_path) in problem.place]
    assert [reason in problem.reason and not problem.is_grave for problem in told] == ([True] if reason else [])


@pytest.fixture
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("LIGHTKEEPER_DETOXIFY")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("_nothing_set")
@pytest.mark.parametrize("is_in_file", [True, False])
def test_files_are_judged_with_the_models_that_the_settings_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_in_file: bool
) -> None:
    assert configured_models().detoxify is None
    values = {"CHECKPOINT": "a.ckpt", "SHA256": "ab" * 32, "CONFIG": "folder", "DEVICE": "cpu"}
    if is_in_file:
        lines = [f"LIGHTKEEPER_DETOXIFY_{name}={value}\n" for name, value in values.items()]
        (tmp_path / ".env").write_text("".join(lines))
    else:
        for name, value in values.items():
            monkeypatch.setenv(f"LIGHTKEEPER_DETOXIFY_{name}", value)
    expected = DetoxifyFiles(checkpoint=Path("a.ckpt"), sha256="ab" * 32, folder=Path("folder"), device="cpu")
    assert configured_models().detoxify == expected
