"""The demo as a process: whenever it is asked to end it ends cleanly, and a folder has one demo at a time."""

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from bots.demo.folder import demo_folder
from core.errors import ConfigurationRefused

pytestmark = pytest.mark.timeout(120)
COMMAND = [sys.executable, "-m", "bots.cli", "demo", "--port", "0"]


@contextmanager
def demo(temporary: Path, *arguments: str) -> Iterator["subprocess.Popen[str]"]:
    """A demo whose temporary folder is made in `temporary`, in a process group of its own."""
    process = subprocess.Popen(
        [*COMMAND, *arguments],
        env={**os.environ, "TMPDIR": str(temporary)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    with process:
        try:
            yield process
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)


def has_group(process: "subprocess.Popen[str]") -> bool:
    try:
        os.killpg(process.pid, 0)
    except ProcessLookupError:
        return False
    return True


def wait_for_folder(process: "subprocess.Popen[str]", temporary: Path) -> None:
    while not list(temporary.iterdir()):
        assert process.poll() is None, "the demo ended before it had a folder"
        time.sleep(0.005)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("later_s", [0.0, 0.3])
def test_a_demo_that_is_ended_while_it_starts_leaves_nothing(
    number: signal.Signals, later_s: float, tmp_path: Path
) -> None:
    with demo(tmp_path) as process:
        wait_for_folder(process, tmp_path)
        time.sleep(later_s)
        os.killpg(process.pid, number) if number is signal.SIGINT else process.send_signal(number)
        _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert not has_group(process)


@pytest.mark.parametrize("after_s", [0.15, 0.3])
def test_an_interruption_before_there_is_anything_to_end_gives_no_traceback(after_s: float, tmp_path: Path) -> None:
    """Before our first line Python's own start-up may still say something, which is not ours to change."""
    with demo(tmp_path) as process:
        time.sleep(after_s)
        process.send_signal(signal.SIGINT)
        _, complaints = process.communicate(timeout=60)
    assert process.returncode in {0, -signal.SIGINT}
    assert "bots" not in complaints
    assert list(tmp_path.iterdir()) == []


def test_an_open_event_stream_does_not_hold_up_the_end_or_log_anything(tmp_path: Path) -> None:
    with demo(tmp_path) as process:
        assert process.stdout is not None
        address = process.stdout.readline().split()[4]
        with urllib.request.urlopen(f"{address}events") as stream:  # noqa: S310 - an address of this machine
            assert stream.readline() == b"retry: 1000\n"
            os.killpg(process.pid, signal.SIGINT)
            assert b"event: queue" in stream.read()
        _, complaints = process.communicate(timeout=60)
    assert (process.returncode, complaints) == (0, "")
    assert list(tmp_path.iterdir()) == []
    assert not has_group(process)


def test_a_second_demo_on_the_same_folder_is_refused(tmp_path: Path) -> None:
    with demo_folder(tmp_path / "kept") as folder:
        refused = subprocess.run(
            [*COMMAND, "--dir", str(folder)], capture_output=True, text=True, timeout=60, check=False
        )
        assert refused.returncode == 78
        assert "another demo uses this folder" in refused.stderr
        assert refused.stdout == ""
    with demo_folder(folder):
        pass


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationRefused, match="can't be used"), demo_folder(tmp_path / "file" / "folder"):
        pass
