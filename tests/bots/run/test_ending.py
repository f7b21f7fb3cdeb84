"""Ending in time: steps that are cut off, a process that ends itself, what systemd hears."""

import asyncio
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from bots.patience import Patience
from bots.run.ending import LATE, LIMIT_S
from bots.run.systemd import Systemd

ROOT = Path(__file__).parents[3]

HANGS = """
import asyncio, sys, time
from bots.run.ending import end_at_signals

async def main():
    end_at_signals(lambda: print("asked", flush=True), limit_s=0.3)
    print("ready", flush=True)
    {what}

asyncio.run(main())
"""


@pytest.mark.parametrize("what", ["time.sleep(60)", "await asyncio.sleep(60)", "\n    while True: pass"])
def test_a_process_that_does_not_end_is_ended_with_a_code_and_a_word(what: str) -> None:
    program = subprocess.Popen(
        [sys.executable, "-c", HANGS.format(what=what)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with program:
        assert program.stdout is not None
        assert program.stdout.readline() == "ready\n"
        program.send_signal(signal.SIGTERM)
        _, complaints = program.communicate(timeout=60)
    assert program.returncode == LATE
    assert "ended now" in complaints


def test_a_process_ends_itself_before_whoever_asked_it_kills_it() -> None:
    assert LIMIT_S < 20
    assert "TimeoutStopSec=25" in (ROOT / "docs" / "lightkeeper.service").read_text()
    assert "stop_grace_period: 25s" in (ROOT / "compose.yaml").read_text()


async def test_what_comes_to_its_end_in_time_is_enough() -> None:
    patience = Patience()
    assert await patience.give("quick", 60, asyncio.sleep(0))
    assert patience.was_enough


async def test_what_takes_longer_is_cut_off() -> None:
    patience, cut = Patience(), asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            cut.set()

    assert not await patience.give("slow", 0.01, work())
    assert cut.is_set()
    assert not patience.was_enough


async def test_what_will_not_let_go_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bots.patience.LET_GO_S", 0.01)
    patience, released = Patience(), asyncio.Event()

    async def work() -> None:
        while not released.is_set():
            try:
                await released.wait()
            except asyncio.CancelledError:
                continue

    assert not await patience.give("stubborn", 0.01, work())
    released.set()
    await asyncio.sleep(0)


async def test_once_hurried_nothing_is_waited_for() -> None:
    patience = Patience()
    giving = asyncio.create_task(patience.give("long", 3600, asyncio.sleep(3600)))
    await asyncio.sleep(0)
    patience.hurry()
    assert not await giving
    assert not await patience.give("next", 3600, asyncio.sleep(3600))


async def test_a_step_that_fails_stops_no_other() -> None:
    patience = Patience()

    async def failing() -> None:
        raise OSError("synthetic")

    assert not await patience.give("broken", 60, failing())
    assert await patience.give("next", 60, asyncio.sleep(0))
    assert not patience.was_enough


def test_systemd_hears_facts_on_the_socket_that_it_named(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard:
        heard.bind(str(tmp_path / "notify"))
        service = Systemd({"NOTIFY_SOCKET": str(tmp_path / "notify"), "WATCHDOG_USEC": "30000000"})
        service.tell("READY=1")
        assert heard.recv(64) == b"READY=1"
        assert service.every_s == 15.0


async def test_without_systemd_nothing_is_told() -> None:
    service = Systemd({})
    service.tell("READY=1")
    assert service.every_s is None
    await service.run()


def test_a_watchdog_that_is_meant_for_another_process_is_not_ours(tmp_path: Path) -> None:
    assert Systemd({"WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "1"}).every_s is None
    Systemd({"NOTIFY_SOCKET": str(tmp_path / "gone")}).tell("READY=1")
