"""How soon pinned posts are mended after mishaps, in virtual time.

    python -m benchmarks.pinned [--mishaps 100] [--seeds 10]

The keeper's own loop runs around the local platform's board: posts are unpinned and deleted, the directory and the
policy edited, the bot killed at any moment and started again, answers lost, channels busy or silent and the store down
for up to 15 seconds, the clock set. A mishap counts as mended when every post stands once, pinned, with the words of
that moment; the time runs from its beginning and holds its outage.

Prints one JSON object a seed. Exits 1 when a mishap took longer than a minute, when two posts of one kind were in one
channel at any moment, or when the store did not come to know what stands.
"""

import argparse
import dataclasses
import json
import sys
import time

from tests.core.care.pinned_days import pinned_days
from tests.virtual_time import run_in_virtual_time


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--mishaps", type=int, default=100)
    arguments.add_argument("--seeds", type=int, default=10)
    given = arguments.parse_args()
    is_broken = False
    for seed in range(given.seeds):
        started = time.perf_counter()
        outcome = run_in_virtual_time(pinned_days(seed, given.mishaps))
        took_s = round(time.perf_counter() - started, 1)
        print(json.dumps({"seed": seed, **dataclasses.asdict(outcome), "took_s": took_s}))
        is_broken |= outcome.mended < given.mishaps or outcome.doubles > 0 or outcome.astray > 0
    sys.exit(1 if is_broken else 0)


if __name__ == "__main__":
    main()
