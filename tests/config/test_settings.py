"""Settings: what wins, what is refused, and that no refusal shows a secret."""

import os
from pathlib import Path
from typing import Any

import pytest

from config import settings as subject
from config.refusal import SeveralRefused
from config.settings import load_settings
from core.errors import ConfigurationRefused

NOBODY = 65534


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.upper().startswith("LIGHTKEEPER_")]:
        monkeypatch.delenv(name)
    monkeypatch.setattr(subject, "DEFAULT_SECRETS_DIR", tmp_path / "no such folder")
    monkeypatch.chdir(tmp_path)


def _refusal(**given: Any) -> ConfigurationRefused:
    with pytest.raises(ConfigurationRefused) as caught:
        load_settings(**given)
    return caught.value


def test_nothing_has_to_be_configured() -> None:
    settings = load_settings()
    assert settings.database == "sqlite+aiosqlite:///var/lightkeeper.sqlite3"
    assert (settings.host, settings.policy, settings.log_format) == ("127.0.0.1", "general", "auto")


def test_the_environment_wins_over_the_env_file_and_that_over_the_secrets_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    secrets = tmp_path / "secrets"
    secrets.mkdir()
    for name, value in {"policy": "from-folder", "locale": "fr", "master_key": "k3y\n"}.items():
        (secrets / f"lightkeeper_{name}").write_text(value)
    (tmp_path / ".env").write_text("LIGHTKEEPER_POLICY=from-file\nLIGHTKEEPER_LOCALE=de\nOTHER_PROGRAM=1\n")
    monkeypatch.setenv("LIGHTKEEPER_SECRETS_DIR", str(secrets))
    monkeypatch.setenv("LIGHTKEEPER_POLICY", "from-environment")
    settings = load_settings()
    assert (settings.policy, settings.locale) == ("from-environment", "de")
    assert settings.master_key is not None
    assert settings.master_key.get_secret_value() == "k3y"


def test_the_command_line_wins_over_everything_and_none_means_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_PORT", "9000")
    assert load_settings(port=9001).port == 9001
    assert load_settings(port=None).port == 9000


def test_an_empty_value_counts_as_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_PORT", "")
    assert load_settings().port == 8765


def test_a_wrong_value_is_refused_with_its_name_and_the_reason(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_PORT", "eighty")
    refusal = _refusal()
    assert (refusal.path, refusal.reason) == ("LIGHTKEEPER_PORT", "has to be a whole number")


def test_a_value_out_of_range_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_PORT", "70000")
    assert _refusal().reason == "has to be 65535 or less"


def test_a_wrong_choice_names_the_nearest_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_LOG_FORMAT", "jsn")
    assert _refusal().hint == "did you mean json?"


def test_a_wrong_choice_far_from_any_lists_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_LOG_LEVEL", "loud")
    assert _refusal().hint == "valid: debug, info, warning, error"


def test_an_unknown_name_in_the_environment_is_refused_with_the_nearest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_LOGLEVEL", "debug")
    refusal = _refusal()
    assert (refusal.path, refusal.hint) == ("LIGHTKEEPER_LOGLEVEL", "did you mean LIGHTKEEPER_LOG_LEVEL?")


def test_an_unknown_name_in_the_env_file_is_refused_with_the_file(tmp_path: Path) -> None:
    (tmp_path / ".env").write_text("LIGHTKEEPER_POLCY=gaming\n")
    refusal = _refusal()
    assert (refusal.path, refusal.hint) == (".env: LIGHTKEEPER_POLCY", "did you mean LIGHTKEEPER_POLICY?")


def test_an_unknown_secret_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "lightkeeper_masterkey").write_text("x")
    monkeypatch.setenv("LIGHTKEEPER_SECRETS_DIR", str(tmp_path))
    assert _refusal().hint == "did you mean LIGHTKEEPER_MASTER_KEY?"


def test_everything_that_is_wrong_is_told_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_PORT", "-1")
    monkeypatch.setenv("LIGHTKEEPER_LOCALE", "not a language")
    monkeypatch.setenv("LIGHTKEEPER_NONSENSE", "1")
    refusal = _refusal()
    assert isinstance(refusal, SeveralRefused)
    assert {each.path for each in refusal.refusals} == {
        "LIGHTKEEPER_PORT",
        "LIGHTKEEPER_LOCALE",
        "LIGHTKEEPER_NONSENSE",
    }
    assert len(str(refusal).splitlines()) == 3


def test_names_that_the_tests_read_are_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_STRICT", "1")
    assert load_settings().policy == "general"


def test_a_wrong_value_from_the_command_line_is_named_as_the_option() -> None:
    assert _refusal(port=-1).path == "--port"


@pytest.mark.parametrize("host", ["0.0.0.0", "192.168.1.4", "::", "example.org"])  # noqa: S104
def test_only_a_loopback_address_is_taken(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_HOST", host)
    assert "loopback" in _refusal().reason


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_every_loopback_address_is_taken(host: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_HOST", host)
    assert load_settings().host == host


def test_a_database_of_another_kind_is_refused_without_showing_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_DATABASE_URL", "mysql://someone:hunter2@db/x")
    refusal = _refusal()
    assert "postgresql+asyncpg://" in refusal.reason
    assert "hunter2" not in str(refusal)


def test_secrets_are_not_shown_when_settings_are_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_DATABASE_URL", "postgresql+asyncpg://someone:hunter2@db/x")
    monkeypatch.setenv("LIGHTKEEPER_MASTER_KEY", "hunter3")
    assert "hunter" not in repr(load_settings())


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"LIGHTKEEPER_POLICY=\xff\xfe\n", "is not a text file in UTF-8"), (b"fine=1\n'oops\n", "can't be read")],
)
def test_an_env_file_that_cannot_be_read_is_refused(content: bytes, reason: str, tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(content)
    refusal = _refusal()
    assert refusal.path.startswith(".env")
    assert refusal.reason == reason


def test_a_folder_that_this_user_may_not_enter_is_refused_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "somebody else's"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.chmod(0)
    me = os.geteuid()
    try:
        if me == 0:
            os.seteuid(NOBODY)
        refusal = _refusal()
    finally:
        os.seteuid(me)
        folder.chmod(0o700)
    assert (refusal.path, refusal.reason) == (".env", "can't be read: Permission denied")
    assert "the bot's own folder" in refusal.hint


def test_a_named_secrets_folder_has_to_be_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LIGHTKEEPER_SECRETS_DIR", "nowhere")
    assert _refusal().path == "LIGHTKEEPER_SECRETS_DIR"


@pytest.mark.parametrize(
    ("given", "path", "reason"),
    [
        ({"checkpoint": "a.ckpt", "config": "folder"}, "SHA256", "is needed beside LIGHTKEEPER_DETOXIFY_CHECKPOINT"),
        ({"checkpoint": "a.ckpt", "sha256": "0" * 64}, "CONFIG", "is needed beside LIGHTKEEPER_DETOXIFY_CHECKPOINT"),
        ({"sha256": "0" * 64}, "SHA256", "means nothing without LIGHTKEEPER_DETOXIFY_CHECKPOINT"),
        ({"config": "folder"}, "CONFIG", "means nothing without LIGHTKEEPER_DETOXIFY_CHECKPOINT"),
    ],
)
def test_a_checkpoint_of_detoxify_comes_with_its_hash_and_its_folder(
    monkeypatch: pytest.MonkeyPatch, given: dict[str, str], path: str, reason: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"LIGHTKEEPER_DETOXIFY_{name.upper()}", value)
    refused = _refusal()
    assert (refused.path, refused.reason) == (f"LIGHTKEEPER_DETOXIFY_{path}", reason)


@pytest.mark.parametrize("sha256", ["0" * 63, "0" * 65, "g" * 64, "sha256:" + "0" * 57])
def test_a_hash_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch, sha256: str) -> None:
    monkeypatch.setenv("LIGHTKEEPER_DETOXIFY_CHECKPOINT", "a.ckpt")
    monkeypatch.setenv("LIGHTKEEPER_DETOXIFY_CONFIG", "folder")
    monkeypatch.setenv("LIGHTKEEPER_DETOXIFY_SHA256", sha256)
    refused = _refusal()
    assert refused.path == "LIGHTKEEPER_DETOXIFY_SHA256"
    assert sha256 not in str(refused)
