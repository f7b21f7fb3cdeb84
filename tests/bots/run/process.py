"""`lightkeeper run` as a real process on a folder, with the quay as its platform."""

import json
import os
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from adapters.local.journal import Entry, read_journal
from tests.bots.run.quay import COMMUNITIES, installed

ROOT = Path(__file__).parents[3]
WAIT_S = 60.0


class Bot:
    """One process."""

    def __init__(self, process: "subprocess.Popen[str]", folder: Path) -> None:
        self.process = process
        self.folder = folder
        self.address = ""

    def until(self, what: Callable[[], bool]) -> None:
        """Wait for something that the process does."""
        ends_at = time.monotonic() + WAIT_S
        while not what():
            assert self.process.poll() is None, self.process.communicate()
            assert time.monotonic() < ends_at, "it did not happen"
            time.sleep(0.02)

    def until_alerted(self, count: int) -> None:
        self.until(lambda: len(alerts(self.folder)) >= count)

    def get(self, path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(self.address + path, timeout=10) as answer:  # noqa: S310 - of this machine
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()

    def readiness(self) -> Any:
        return json.loads(self.get("readyz")[1])

    def ended(self) -> tuple[int, str, float]:
        """Its exit code, what it complained about, and how long that took from now."""
        began = time.monotonic()
        _, complaints = self.process.communicate(timeout=WAIT_S)
        return self.process.returncode, complaints, time.monotonic() - began


def prepared(folder: Path, communities: str = COMMUNITIES, *, with_filter: bool = False) -> Path:
    """A folder in which `run` can be started."""
    (folder / "site").mkdir()
    (folder / "quay").mkdir()
    installed(folder / "site", with_filter=with_filter)
    (folder / "communities.toml").write_text(communities)
    return folder


def environment(folder: Path, trouble: str = "", **more: str) -> Mapping[str, str]:
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LIGHTKEEPER_")}
    return {
        **ours,
        "PYTHONPATH": os.pathsep.join([str(folder / "site"), str(ROOT)]),
        "QUAY_DIR": str(folder / "quay"),
        "QUAY_TROUBLE": trouble,
        "LIGHTKEEPER_PORT": "0",
        "LIGHTKEEPER_LOG_FORMAT": "json",
        **more,
    }


@contextmanager
def bot(folder: Path, trouble: str = "", **more: str) -> Iterator[Bot]:
    """Start it, and wait until its console answers."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bots.cli", "run"],
        cwd=folder,
        env=environment(folder, trouble, **more),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    with process:
        try:
            started = Bot(process, folder)
            assert process.stdout is not None
            while not started.address:
                line = process.stdout.readline()
                assert line, process.communicate()
                if line.startswith("The console is at "):
                    started.address = line.split()[4].rstrip(";")
            yield started
        finally:
            if process.poll() is None:
                process.kill()


def alerts(folder: Path) -> list[Entry]:
    """The alerts that the platform saw."""
    entries = read_journal(folder / "quay" / "journal.jsonl")
    return [each for each in entries if each["what"] == "performed" and each["kind"] == "alert"]


def doubles(folder: Path) -> list[Entry]:
    """What the platform was asked for a second time."""
    return [each for each in read_journal(folder / "quay" / "journal.jsonl") if each["what"] == "double"]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Somebody else writes to the database for as long as the block runs."""
    connection = sqlite3.connect(folder / "var" / "lightkeeper.sqlite3", timeout=30, isolation_level=None)
    try:
        connection.execute("BEGIN IMMEDIATE")
        yield
    finally:
        connection.close()
