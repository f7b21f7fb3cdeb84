"""The unit files: what a machine with systemd does to the bot, and nothing in the other tests shows."""

import re
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[3] / "docs"
UNITS = ("lightkeeper.service", "lightkeeper-backup.service")


def _settings(name: str) -> list[tuple[str, str]]:
    lines = (DOCS / name).read_text().splitlines()
    return [(found[1], found[2]) for line in lines if (found := re.fullmatch(r"(\w+)=(.*)", line))]


@pytest.mark.parametrize("name", UNITS)
def test_a_system_call_that_is_left_out_fails_instead_of_killing_a_filter(name: str) -> None:
    """numpy's OpenBLAS asks for `mbind` as soon as a model computes; killed for it, no model would ever be ready."""
    assert ("SystemCallErrorNumber", "EPERM") in _settings(name)


def test_backup_and_bot_work_in_the_same_folder_as_the_same_user() -> None:
    same = ("User", "Group", "WorkingDirectory", "UMask")
    bot, backup = ({key: value for key, value in _settings(name) if key in same} for name in UNITS)
    assert bot == backup
    assert set(bot) == set(same)


@pytest.mark.parametrize(("name", "command"), [(UNITS[0], "run"), (UNITS[1], "backup")])
def test_each_unit_starts_the_command_that_the_guide_installs(name: str, command: str) -> None:
    guide = (DOCS / "guides" / "owners.md").read_text()
    program = "/opt/lightkeeper/.venv/bin/lightkeeper"
    assert ("ExecStart", f"{program} {command}") in _settings(name)
    assert f"ln -s {program} /usr/local/bin/lightkeeper" in guide
