"""docs/safety.md names for every requirement and promise the tests that hold it; they have to exist."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "safety.md"
ROW = re.compile(r"^\| (?P<name>M\d+|P\d+) \|(?P<rest>.*)\|$", re.MULTILINE)
TEST = re.compile(r"`(?P<file>tests/[\w/]+\.py)::(?P<test>test_\w+)`")

MUSTS = [f"M{number}" for number in range(1, 26)]
PROMISES = [f"P{number}" for number in range(1, 14)]


def _rows() -> dict[str, str]:
    return {row["name"]: row["rest"] for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))}


@pytest.mark.parametrize("name", [*MUSTS, *PROMISES])
def test_every_requirement_and_promise_names_a_test_that_exists(name: str) -> None:
    named = list(TEST.finditer(_rows().get(name, "")))
    assert named, f"{name} names no test"
    for each in named:
        path = ROOT / each["file"]
        assert path.is_file(), each["file"]
        assert f"def {each['test']}(" in path.read_text(encoding="utf-8"), each[0]


def test_no_row_is_of_something_that_there_is_not() -> None:
    assert set(_rows()) == {*MUSTS, *PROMISES}
