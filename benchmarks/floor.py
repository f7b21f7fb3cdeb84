"""What `lightkeeper run` needs: start, memory of all its processes, idle CPU, messages a second; all on one core.

    python -m benchmarks.floor [--lines 20000] [--idle 30]

Runs the real process, bound to one core, with a platform on this machine that brings in synthetic lines. Memory is
proportional set size (PSS) from the kernel, so that what processes share counts once, and the sum of resident sizes.
Prints one JSON object; exits with 1 when it does not fit one core and 1 GB.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
MAX_PSS_MB = 700.0
"""Leaves the system of a 1 GB machine its share."""

COMMUNITIES = """
[[community]]
platform = "floor"
id = "one"
name = "Floor"
alerts = "alerts"
crisis_alerts = "care"
notice = "general"
owners = ["owner"]
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lines", type=int, default=20_000)
    parser.add_argument("--idle", type=float, default=30.0, help="seconds of rest to measure")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        told = measured(Path(made), given.lines, given.idle)
    print(json.dumps(told, indent=2))
    return 0 if told["peak_pss_mb"] <= MAX_PSS_MB and told["exit_code"] == 0 else 1


def measured(folder: Path, lines: int, idle_s: float) -> dict[str, float]:
    info = folder / "site" / "lightkeeper_floor-1.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: lightkeeper-floor\nVersion: 1\n")
    (info / "entry_points.txt").write_text("[lightkeeper.adapters]\nfloor = benchmarks.floor_platform:connect\n")
    (folder / "communities.toml").write_text(COMMUNITIES)
    ours = {name: value for name, value in os.environ.items() if not name.startswith("LIGHTKEEPER_")}
    path = os.pathsep.join([str(folder / "site"), str(ROOT)])
    began = time.monotonic()
    process = subprocess.Popen(
        ["taskset", "-c", "0", sys.executable, "-m", "bots.cli", "run"],
        cwd=folder,
        env={**ours, "PYTHONPATH": path, "FLOOR_DIR": str(folder), "LIGHTKEEPER_PORT": "0"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    with process:
        try:
            if process.stdout is None:
                raise RuntimeError("no pipe")
            address = process.stdout.readline().split()[4].rstrip(";")
            while status(address + "readyz") != 200:
                time.sleep(0.02)
            start_s = time.monotonic() - began
            rest = memory_mb(process.pid)
            before, at = cpu_s(process.pid), time.monotonic()
            time.sleep(idle_s)
            idle_percent = 100 * (cpu_s(process.pid) - before) / (time.monotonic() - at)
            began = time.monotonic()
            (folder / "lines").write_text(str(lines))
            peak = rest
            while screened(address) < lines:
                peak = max(peak, memory_mb(process.pid))
                time.sleep(0.2)
            busy_s = time.monotonic() - began
            processes = len(list(tree(process.pid)))
            began = time.monotonic()
            process.send_signal(signal.SIGTERM)
            code = process.wait(30)
            end_s = time.monotonic() - began
        finally:
            if process.poll() is None:
                process.kill()
    return {
        "start_s": round(start_s, 2),
        "processes": processes,
        "rest_pss_mb": round(rest[0], 1),
        "rest_rss_mb": round(rest[1], 1),
        "idle_cpu_percent": round(idle_percent, 2),
        "lines": lines,
        "messages_per_s": round(lines / busy_s),
        "peak_pss_mb": round(peak[0], 1),
        "peak_rss_mb": round(peak[1], 1),
        "end_s": round(end_s, 2),
        "exit_code": code,
    }


def status(address: str) -> int:
    try:
        with urllib.request.urlopen(address, timeout=30) as answer:  # noqa: S310 - of this machine
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def screened(address: str) -> float:
    with urllib.request.urlopen(address + "metrics", timeout=60) as answer:  # noqa: S310 - of this machine
        for line in answer.read().decode().splitlines():
            if line.startswith("lightkeeper_messages_screened_total "):
                return float(line.split()[1])
    return 0.0


def tree(pid: int) -> Iterator[int]:
    """A process and those that it started."""
    yield pid
    for task in Path(f"/proc/{pid}/task").iterdir():
        for child in (task / "children").read_text().split():
            yield from tree(int(child))


def memory_mb(pid: int) -> tuple[float, float]:
    """PSS and RSS of all of them together."""
    pss = rss = 0
    for each in tree(pid):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            name, _, value = line.partition(":")
            if name == "Pss":
                pss += int(value.split()[0])
            elif name == "Rss":
                rss += int(value.split()[0])
    return pss / 1024, rss / 1024


def cpu_s(pid: int) -> float:
    """Seconds of CPU that all of them have used."""
    ticks = 0
    for each in tree(pid):
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    sys.exit(main())
