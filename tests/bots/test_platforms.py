"""Adapters: built-in ones want their token, plug-ins are found by name, and what can't be used is named."""

from collections.abc import Callable
from importlib.metadata import EntryPoint, EntryPoints
from typing import Any

import pytest
from pydantic import SecretStr

import bots.platforms
from bots.platforms import GROUP, adapter_names, connectors, probes_of
from config.settings import Settings
from core.errors import ConfigurationRefused
from tests.bots.run.quay import connect

SETTINGS = Settings(_env_file=None, _secrets_dir=None)
Install = Callable[..., None]


@pytest.fixture
def install(monkeypatch: pytest.MonkeyPatch) -> Install:
    """Put plug-ins in place of those that are installed: (name, value) pairs."""

    def put(*points: tuple[str, str]) -> None:
        made = EntryPoints(EntryPoint(name=name, value=value, group=GROUP) for name, value in points)
        monkeypatch.setattr(bots.platforms, "entry_points", lambda **wanted: made.select(**wanted))

    return put


def refused(platform: str) -> ConfigurationRefused:
    with pytest.raises(ConfigurationRefused) as raised:
        connectors([platform], SETTINGS)
    return raised.value


def test_a_plug_in_is_found_by_the_name_of_its_platform(install: Install) -> None:
    install(("harbour", "tests.bots.run.quay:connect"))
    assert adapter_names() == {"discord", "telegram", "harbour"}
    assert connectors(["harbour", "harbour"], SETTINGS) == {"harbour": connect}


def test_an_unknown_platform_is_refused_with_those_there_are(install: Install) -> None:
    install()
    assert "did you mean telegram?" in str(refused("telegrm"))
    assert "discord, telegram" in str(refused("walkie-talkie"))


@pytest.mark.parametrize("platform", ["discord", "telegram"])
def test_a_platform_without_its_token_is_refused_with_the_setting_and_the_remedy(platform: str) -> None:
    error = refused(platform)
    assert error.path == f"LIGHTKEEPER_{platform.upper()}_TOKEN"
    assert "lightkeeper init" in error.hint


def test_all_that_is_wrong_is_said_at_once(install: Install) -> None:
    install()
    with pytest.raises(ConfigurationRefused) as raised:
        connectors(["discord", "telegram", "walkie-talkie"], SETTINGS)
    assert len(str(raised.value).splitlines()) == 3


@pytest.mark.parametrize(
    ("points", "reason"),
    [
        ([("harbour", "synthetic_package_that_is_not_there:connect")], "ModuleNotFoundError"),
        ([("harbour", "tests.bots.run.quay:COMMUNITIES")], "no callable"),
        ([("harbour", "tests.bots.run.quay:connect"), ("harbour", "tests.bots.run.quay:said")], "several"),
    ],
)
def test_a_plug_in_that_cannot_be_used_is_named(install: Install, points: Any, reason: str) -> None:
    install(*points)
    error = refused("harbour")
    assert "harbour" in error.path
    assert reason in error.reason


def test_a_token_that_is_set_can_be_asked_about() -> None:
    assert not probes_of(SETTINGS)
    token = SecretStr("123456:synthetic-token-of-nobody-at-all-00000")
    assert set(probes_of(SETTINGS.model_copy(update={"telegram_token": token}))) == {"telegram"}


def test_built_in_connections_are_made_without_touching_the_network() -> None:
    token = SecretStr("123456:synthetic-token-of-nobody-at-all-00000")
    made = connectors(["telegram"], SETTINGS.model_copy(update={"telegram_token": token}))
    assert "synthetic-token" not in repr(made["telegram"])
