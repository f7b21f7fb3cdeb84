"""One process at a time on one database, also after a kill."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from adapters.store.lock import held, holder, is_held, lock_path, take
from core.errors import ConfigurationRefused
from tests.adapters.store.conftest import Opener

ROOT = Path(__file__).parents[3]
HOLDER = "import sys; from pathlib import Path; from adapters.store.lock import take; lock = take(Path(sys.argv[1]));"
HOLDER += "print('held', flush=True); sys.stdin.read()"


def a_holder(path: Path) -> "subprocess.Popen[str]":
    """Another process that holds the lock until it is killed."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "held\n"
    return process


def end(process: "subprocess.Popen[str]", how: signal.Signals) -> None:
    process.send_signal(how)
    process.communicate(timeout=30)


async def test_a_second_opening_of_a_database_is_refused_with_who_has_it_and_what_to_do(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    with pytest.raises(ConfigurationRefused, match="another Lightkeeper") as refused:
        await opened()
    assert f"process {os.getpid()}" in refused.value.reason
    assert "stop it first" in refused.value.hint
    await database.close()
    await opened()


async def test_an_opening_that_failed_lets_go(opened: Opener, tmp_path: Path) -> None:
    await (await opened()).close()
    hidden = (tmp_path / "house.sqlite3.master").rename(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationRefused):
        await opened()
    hidden.rename(tmp_path / "house.sqlite3.master")
    await opened()


def test_a_lock_names_its_process_and_goes_with_it_however_that_one_ends(tmp_path: Path) -> None:
    path = tmp_path / "house.lock"
    process = a_holder(path)
    try:
        assert is_held(path)
        assert holder(path) == process.pid
        with pytest.raises(ConfigurationRefused, match=str(process.pid)):
            take(path)
    finally:
        end(process, signal.SIGKILL)
    assert not is_held(path)
    assert holder(path) is None
    take(path).release()


def test_looking_whether_a_lock_is_held_takes_it_from_nobody(tmp_path: Path) -> None:
    path = tmp_path / "house.lock"
    assert not is_held(path)
    assert not path.exists()
    with held(path):
        assert is_held(path)
        assert holder(path) == os.getpid()
    assert not is_held(path)


def test_letting_go_may_repeat_and_lets_the_next_one_in(tmp_path: Path) -> None:
    lock = take(tmp_path / "house.lock")
    lock.release()
    lock.release()
    take(tmp_path / "house.lock").release()


def test_a_lock_file_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="can't be made"):
        take(tmp_path / "nowhere" / "house.lock")


def test_the_lock_lies_beside_the_database(tmp_path: Path) -> None:
    assert lock_path(tmp_path / "house.sqlite3") == tmp_path / "house.sqlite3.lock"
