"""An export is never in memory as a whole, and neither is what was read of it: measured in a process of its own."""

import json
import subprocess
import sys
from pathlib import Path

READER = """
import resource, sys
from pathlib import Path
from adapters.exports.entry import Leftovers
from adapters.exports.several import Exports
count = sum(1 for entry in Exports([Path(sys.argv[1])], Leftovers()))
print(count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""
MOST_GROWTH_MB = 40


def _peak_mb(path: Path) -> tuple[int, int]:
    ended = subprocess.run([sys.executable, "-c", READER, str(path)], capture_output=True, text=True, check=True)
    count, peak = ended.stdout.split()
    return int(count), int(peak)


def _telegram(path: Path, count: int) -> Path:
    with path.open("w") as stream:
        stream.write('{"name": "Harbour", "type": "private_supergroup", "id": 1, "messages": [')
        for number in range(count):
            message = {
                "id": number,
                "type": "message",
                "date_unixtime": str(1_700_000_000 + number),
                "from_id": f"user{number % 1000}",
                "from": "Ana",
                "text": f"synthetic {number} " + "x" * 400,
            }
            stream.write(("," if number else "") + json.dumps(message))
        stream.write("]}")
    return path


def test_an_export_of_fifty_megabytes_takes_hardly_more_memory_than_a_small_one(tmp_path: Path) -> None:
    few, at_least = _peak_mb(_telegram(tmp_path / "small.json", 100))
    large = _telegram(tmp_path / "large.json", 95_000)
    assert large.stat().st_size > 50_000_000
    many, peak = _peak_mb(large)
    assert (few, many) == (100, 95_000)
    assert peak - at_least < MOST_GROWTH_MB


def test_neither_does_one_that_begins_with_the_newest(tmp_path: Path) -> None:
    lines = tmp_path / "log.jsonl"
    with lines.open("w") as stream:
        for number in range(60_000, 0, -1):
            at = f"2024-01-{number // 10_000 + 1:02}T{number % 10_000 // 417:02}:00:00Z"
            stream.write(json.dumps({"text": f"synthetic {number} " + "x" * 400, "sent_at": at}) + "\n")
    _, at_least = _peak_mb(_telegram(tmp_path / "small.json", 100))
    many, peak = _peak_mb(lines)
    assert many == 60_000
    assert peak - at_least < MOST_GROWTH_MB
