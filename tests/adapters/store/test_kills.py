"""`kill -9` in the middle of a backup or a restore: no half of either is ever seen."""

import os
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from adapters.store.reading import complaints
from adapters.store.restoring import restore
from core.model.record import Commit
from tests.adapters.store.conftest import Opener, unsealed
from tests.clock import FakeClock
from tests.contract.samples import a_case, an_evidence, new, opening, sealed

CASE = a_case().id
ROOT = Path(__file__).parents[3]
VICTIM = Path(__file__).with_name("victim.py")
KILLS = 8 * max(1, int(os.environ.get("LIGHTKEEPER_KILLS", "10")) // 10)

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]

Kill = Callable[[str, Path, int], tuple[int, int]]


@pytest.fixture
def killed() -> Iterator[Kill]:
    """Does something in a child that dies at a moment; gives its exit status and the steps it made."""
    process = subprocess.Popen(
        [sys.executable, str(VICTIM)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def kill(what: str, folder: Path, moment: int) -> tuple[int, int]:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(f"{what} {folder} {moment}\n")
        process.stdin.flush()
        status, steps = process.stdout.readline().split()
        return int(status), int(steps)

    yield kill
    process.communicate(timeout=30)


async def a_house(opened: Opener, folder: Path) -> None:
    """Closed: two cases, of which `copy.sqlite3` holds one, whose text was erased since."""
    database = await opened()
    unit = Commit(
        cases=(new(a_case()),),
        evidence=tuple(an_evidence(a_case(), n) for n in range(400)),
        texts=((CASE, sealed()),),
    )
    await database.store.commit(unit)
    await database.backup(folder / "copy.sqlite3")
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    await database.store.commit(opening(a_case("case-2", subject="ben")))
    await database.close()


def moments(steps: int) -> list[int]:
    """Moments all over the way, the first and the last among them."""
    assert steps > KILLS
    drawn = random.Random(steps)
    return sorted({1, steps, *drawn.sample(range(1, steps + 1), KILLS)})


def rows(path: Path, table: str) -> int:
    with closing(sqlite3.connect(path)) as connection:
        (count,) = connection.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608 - a test's own name
    return int(count)


def a_copy(template: Path, place: Path) -> Path:
    shutil.copytree(template, place)
    return place


async def test_a_killed_backup_leaves_no_half_one_and_the_next_one_works(
    opened: Opener, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, killed: Kill
) -> None:
    await a_house(opened, tmp_path)
    place = tmp_path_factory.mktemp("killed")
    status, steps = killed("backup", a_copy(tmp_path, place / "whole"), 0)
    assert status == 0
    deaths = 0
    for moment in moments(steps):
        folder = a_copy(tmp_path, place / str(moment))
        status, _ = killed("backup", folder, moment)
        deaths += status == -signal.SIGKILL
        for each in (folder / "backups").glob("*.backup"):
            made = unsealed(each, folder)
            assert complaints(made) == []
            assert (rows(made, "cases"), rows(made, "evidence")) == (2, 400)
        assert rows(folder / "house.sqlite3", "evidence") == 400
        assert killed("backup", folder, 0)[0] == 0
    assert deaths >= KILLS - 2, "hardly anything was killed: the test proves nothing"


async def test_a_killed_restore_leaves_the_old_database_or_the_new_one_and_the_next_one_works(
    opened: Opener, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, killed: Kill, clock: FakeClock
) -> None:
    await a_house(opened, tmp_path)
    place = tmp_path_factory.mktemp("killed")
    whole = a_copy(tmp_path, place / "whole")
    status, steps = killed("restore", whole, 0)
    assert status == 0
    assert (rows(whole / "house.sqlite3", "cases"), rows(whole / "house.sqlite3", "texts")) == (1, 0)
    deaths, seen = 0, set()
    for moment in moments(steps):
        folder = a_copy(tmp_path, place / str(moment))
        status, _ = killed("restore", folder, moment)
        deaths += status == -signal.SIGKILL
        house, aside = folder / "house.sqlite3", list((folder / "backups").glob("replaced-*"))
        assert complaints(house) == []
        is_new = rows(house, "cases") == 1
        seen.add(is_new)
        if is_new:
            assert rows(house, "texts") == 0, "what was erased is back"
            assert rows(house, "about") == rows(whole / "house.sqlite3", "about"), "it is not settled"
            assert [rows(unsealed(each, folder), "cases") for each in aside] == [2]
        else:
            assert (rows(house, "cases"), rows(house, "audit")) == (2, 0)
            assert {rows(unsealed(each, folder), "cases") for each in aside} <= {2}
        done = await restore(folder / "copy.sqlite3", house, clock=clock, replaces=True)
        assert done.settled is not None
        assert (rows(house, "cases"), rows(house, "texts")) == (1, 0)
    assert deaths >= KILLS - 2, "hardly anything was killed: the test proves nothing"
    assert seen == {True, False}, "no kill came before the exchange, or none after it"
