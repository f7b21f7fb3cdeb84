"""What holds for the repository as a whole: sizes, paths, pinned requirements, commands and links that exist."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[2]
PACKAGES = ("bots", "core", "filters", "adapters", "config", "training")
MAX_LINES = 400
HOME_PATH = re.compile(r"(?<![\w.])/(?:home|root|Users|work|farm|mnt)/\w")
REQUIREMENT = re.compile(r"^[a-z0-9][a-z0-9._-]*==[^\s;]+(?: ; [^\\]+)? \\$")
HASH = re.compile(r"^    --hash=sha256:[0-9a-f]{64}(?: \\)?$")


def _tracked() -> Iterator[tuple[str, str]]:
    """Every tracked text file with its content."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listed.split("\0")):
        path = ROOT / name
        if path.is_file():
            content = path.read_bytes()
            if b"\0" not in content:
                yield name, content.decode("utf-8")


def test_no_module_is_longer_than_a_room_may_be() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text(encoding="utf-8").splitlines()) for path in modules}
    assert lengths
    assert {name: lines for name, lines in lengths.items() if lines > MAX_LINES} == {}


def test_every_module_says_what_lives_in_it() -> None:
    modules = [path for package in PACKAGES for path in (ROOT / package).rglob("*.py") if path.stat().st_size]
    assert [str(path) for path in modules if not path.read_text(encoding="utf-8").startswith('"""')] == []


def test_no_file_holds_a_path_of_somebodys_machine() -> None:
    found = [
        f"{name}:{number}"
        for name, content in _tracked()
        for number, line in enumerate(content.splitlines(), start=1)
        if HOME_PATH.search(line)
    ]
    assert found == []


@pytest.mark.parametrize("name", ["build.txt", "base.txt", "dev.txt", "training.txt"])
def test_requirements_are_pinned_by_hash_and_name_no_index(name: str) -> None:
    for line in (ROOT / "requirements" / name).read_text(encoding="utf-8").splitlines():
        assert REQUIREMENT.match(line) or HASH.match(line) or line.lstrip().startswith("#"), line
        assert "://" not in line


def _pinned(name: str) -> dict[str, str]:
    text = (ROOT / "requirements" / name).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(\S+)", text, flags=re.MULTILINE))


def _asked_for(requirements: list[str]) -> set[str]:
    """Names as PEP 503 normalises them."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", each)[0]).lower() for each in requirements}


def test_everything_that_the_project_asks_for_is_pinned_and_no_model_library_is() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    base, dev = _pinned("base.txt"), _pinned("dev.txt")
    assert _asked_for(project["project"]["dependencies"]) - set(base) == set()
    assert _asked_for(project["dependency-groups"]["dev"]) - set(dev) == set()
    assert {"torch", "detoxify", "transformers"} & set(base | dev) == set()


def test_the_two_sets_of_requirements_agree() -> None:
    base, dev = _pinned("base.txt"), _pinned("dev.txt")
    assert {name: (base[name], dev[name]) for name in base.keys() & dev.keys() if base[name] != dev[name]} == {}


def test_an_extra_that_is_not_pinned_is_bounded() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert [each for each in project["project"]["optional-dependencies"]["detoxify"] if "<" not in each] == []


def test_the_extra_is_tested_with_exact_versions_that_it_allows_and_names_no_index() -> None:
    lines = (ROOT / "requirements" / "detoxify.txt").read_text(encoding="utf-8").splitlines()
    pinned = dict(line.split("==") for line in lines if not line.startswith("#"))
    assert not [line for line in lines if "://" in line]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    allowed = [Requirement(each) for each in project["project"]["optional-dependencies"]["detoxify"]]
    assert allowed
    assert [each.name for each in allowed if not each.specifier.contains(pinned[each.name])] == []
    base = _pinned("base.txt")
    assert {
        name: (pinned[name], base[name]) for name in pinned.keys() & base.keys() if pinned[name] != base[name]
    } == {}


def test_every_make_command_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    named = {
        (name, target)
        for name, content in _tracked()
        if name.endswith((".md", ".ci/run"))
        for target in re.findall(r"(?:^|`)make ([a-z]+)", content, flags=re.MULTILINE)
    }
    assert {target for _, target in named} >= {"demo", "test", "check"}
    assert {(name, target) for name, target in named if target not in targets} == set()


def test_the_first_screen_of_the_readme_shows_the_two_commands_and_the_picture() -> None:
    first_screen = "\n".join((ROOT / "README.md").read_text(encoding="utf-8").splitlines()[:40])
    assert "make demo" in first_screen
    assert "make test" in first_screen
    assert "docs/images/demo.png" in first_screen


def test_every_link_between_the_documents_leads_somewhere() -> None:
    broken = [
        f"{name}: {target}"
        for name, content in _tracked()
        if name.endswith(".md")
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", content)
        if "://" not in target and not target.startswith("mailto:") and not ((ROOT / name).parent / target).exists()
    ]
    assert broken == []
