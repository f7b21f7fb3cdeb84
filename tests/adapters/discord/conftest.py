"""The fake Discord, for every test that wants one; what was asked of it is held against the specification."""

import json
import os
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path

import pytest
import pytest_asyncio

from tests.adapters.discord.fake_discord import FakeDiscord, serving
from tests.adapters.discord.specification import Specification

ROOT = Path(__file__).parents[3]


@cache
def _specification() -> Specification | None:
    folder = Path(os.environ.get("LIGHTKEEPER_SPECS") or ROOT.parent / "shared" / "specs")
    path = folder / "discord-openapi.json"
    return Specification(json.loads(path.read_text(encoding="utf-8"))) if path.is_file() else None


@pytest.fixture(scope="session")
def specification() -> Specification:
    """Discord's published one; without it a test fails under LIGHTKEEPER_STRICT=1 and is skipped elsewhere."""
    found = _specification()
    if found is None:
        if os.environ.get("LIGHTKEEPER_STRICT") == "1":
            pytest.fail("discord-openapi.json is missing; name its folder in LIGHTKEEPER_SPECS")
        pytest.skip("discord-openapi.json is not here; LIGHTKEEPER_SPECS names its folder")
    return found


@pytest_asyncio.fixture
async def fake(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDiscord]:
    async with serving(monkeypatch) as discord:
        yield discord
    found = _specification()
    if found is not None:
        assert [violation for each in discord.asked for violation in found.violations(each)] == []
