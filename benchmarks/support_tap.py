"""How long a tap on /support takes to its first page over HTTP, in a real demo on its worst day.

    python -m benchmarks.support_tap [--taps 600] [--talkers 8]

A demo is started as a process of its own. Its filters' workers are killed again and again, so that no model answers,
while `talkers` write in the chat without a pause, each message a commit; then another program locks the database as
well. In each of the two, `taps` taps are made on the button and as many by typing the command. Prints one JSON object,
times in milliseconds, and ends with 1 where the 99th percentile of anything is above 500 ms.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx

AT_MOST_MS = 500.0
BREATH_S = 0.01
KILL_EVERY_S = 0.2
VOICE = "wren"
TALKERS = ("mika", "noor", "tomas", "juno", "robin")
TOKEN = re.compile(r"X-Lightkeeper-Token[^:]*:\s*(?:&#34;|\")([A-Za-z0-9_-]+)")


@asynccontextmanager
async def demo(folder: Path) -> AsyncIterator[tuple[int, str]]:
    """A demo in that folder; its process id and its address."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bots.cli", "demo", "--port", "0", "--dir", str(folder)),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        line = await process.stdout.readline() if process.stdout else b""
        yield process.pid, line.decode().split()[4]
    finally:
        process.send_signal(signal.SIGINT)
        with suppress(TimeoutError):
            async with asyncio.timeout(30):
                await process.wait()
        if process.returncode is None:
            process.kill()


@asynccontextmanager
async def member(address: str, voice: str) -> AsyncIterator[httpx.AsyncClient]:
    """Somebody's browser."""
    async with httpx.AsyncClient(base_url=address, cookies={"lightkeeper_voice": voice}, timeout=60) as client:
        (token, *_) = TOKEN.findall((await client.get("/")).text)
        client.headers.update({"x-lightkeeper-token": token, "origin": address.rstrip("/")})
        yield client


def workers_of(pid: int) -> Sequence[int]:
    """The processes that a process has started, and those that they have."""
    found = [int(each) for each in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    return [*found, *(one for each in found for one in workers_of(each))]


async def kill_workers(pid: int, killed: list[int]) -> None:
    while True:
        for worker in workers_of(pid):
            with suppress(ProcessLookupError):
                os.kill(worker, signal.SIGKILL)
                killed.append(worker)
        await asyncio.sleep(KILL_EVERY_S)


async def talk(client: httpx.AsyncClient, answers: list[int]) -> None:
    while True:
        text = f"a synthetic message, number {len(answers)}"
        answers.append((await client.post("/chat/messages", data={"channel": "general", "text": text})).status_code)


async def tap(client: httpx.AsyncClient, way: str) -> float:
    """One tap: on the button, or by typing. Returns the seconds to the whole answer."""
    began = time.perf_counter()
    if way == "pressed":
        answer = await client.post("/chat/private", data={"voice": VOICE, "command": "support"})
    else:
        answer = await client.post("/chat/messages", data={"channel": "general", "text": "/support"})
    took = time.perf_counter() - began
    if answer.status_code != httpx.codes.OK or 'data-page="support.start"' not in answer.text:
        raise RuntimeError(f"a tap was answered with {answer.status_code} and no page of support")
    return took


def spread(taken: Sequence[float]) -> dict[str, float]:
    cuts = statistics.quantiles(taken, n=100)
    figures = {"p50_ms": cuts[49], "p99_ms": cuts[98], "max_ms": max(taken)}
    return {name: round(1000 * each, 2) for name, each in figures.items()}


async def measure(folder: Path, taps: int, talkers: int) -> dict[str, object]:
    killed: list[int] = []
    answers: list[int] = []
    figures: dict[str, object] = {"taps_each": taps}
    async with demo(folder) as (pid, address), member(address, VOICE) as client:
        browsers = [member(address, TALKERS[number % len(TALKERS)]) for number in range(talkers)]
        talking = [await browser.__aenter__() for browser in browsers]
        tasks = [asyncio.create_task(talk(each, answers)) for each in talking]
        tasks.append(asyncio.create_task(kill_workers(pid, killed)))
        lock = sqlite3.connect(
            folder / "lightkeeper.sqlite3", isolation_level=None, timeout=30, check_same_thread=False
        )
        try:
            for day in ("busy", "locked"):
                if day == "locked":
                    await asyncio.to_thread(lock.execute, "BEGIN IMMEDIATE")
                for way in ("pressed", "typed"):
                    taken = []
                    for _ in range(taps):
                        await asyncio.sleep(BREATH_S)
                        taken.append(await tap(client, way))
                    figures[f"{day}, {way}"] = spread(taken)
        finally:
            lock.close()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            for browser in browsers:
                await browser.__aexit__(None, None, None)
    said = {"messages_taken_in": answers.count(200), "messages_refused": len(answers) - answers.count(200)}
    return {**figures, **said, "workers_killed": len(killed)}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--taps", type=int, default=600, help="how often each way is gone on each of the two days")
    parser.add_argument("--talkers", type=int, default=8, help="how many write without a pause")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        figures = asyncio.run(measure(Path(folder), arguments.taps, arguments.talkers))
    sys.stdout.write(json.dumps(figures) + "\n")
    spreads = [each for each in figures.values() if isinstance(each, dict)]
    return int(any(each["p99_ms"] > AT_MOST_MS for each in spreads))


if __name__ == "__main__":
    sys.exit(main())
