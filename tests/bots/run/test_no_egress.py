"""Nothing leaves this machine by itself: `run` with a platform of this machine connects to nobody else (M19, M11)."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bots.run.process import ROOT, bot, prepared
from tests.bots.run.quay import said

pytestmark = pytest.mark.timeout(180)

DENY = """
import os, sys

def watch(event, args):
    if event in {"socket.connect", "socket.sendto"}:
        place = args[1]
        host = place[0] if isinstance(place, tuple) else ""
    elif event == "socket.getaddrinfo":
        host = args[0] or ""
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if host and host != "localhost" and host != "::1" and not host.startswith("127."):
        with open(os.environ["DENIED"], "a") as stream:
            stream.write(f"{event} {host}\\n")
        raise ConnectionRefusedError(f"{event} is denied")

sys.addaudithook(watch)
"""
"""Made part of every interpreter of the process, the filters' own among them: refuses and writes down."""

SAID = "I don't want to be alive any more and I know where you live, you idiot"


def _denying(folder: Path) -> Path:
    (folder / "site" / "sitecustomize.py").write_text(DENY, encoding="utf-8")
    denied = folder / "denied"
    denied.touch()
    return denied


def test_a_bot_that_screens_alerts_and_serves_its_pages_asks_nobody_outside(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    denied = _denying(folder)
    said(folder / "quay", "tomas", SAID)
    with bot(folder, DENIED=str(denied)) as started:
        started.until_alerted(1)
        started.until(lambda: started.get("readyz")[0] == 200)
        assert started.get("metrics")[0] == 200
        started.process.send_signal(signal.SIGTERM)
        assert started.ended()[0] == 0
    assert denied.read_text() == ""


@pytest.mark.parametrize(
    "program",
    [
        "import socket; socket.create_connection(('192.0.2.1', 9), timeout=1)",
        "import urllib.request; urllib.request.urlopen('http://nowhere.invalid/')",
        "import asyncio; asyncio.run(asyncio.open_connection('192.0.2.1', 9))",
    ],
)
def test_what_would_go_out_is_seen(tmp_path: Path, program: str) -> None:
    (tmp_path / "site").mkdir()
    denied = _denying(tmp_path)
    path = os.pathsep.join([str(tmp_path / "site"), str(ROOT)])
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": path, "DENIED": str(denied)},
        capture_output=True,
        check=False,
    )
    assert ended.returncode != 0
    assert "192.0.2.1" in denied.read_text() or "nowhere.invalid" in denied.read_text()
