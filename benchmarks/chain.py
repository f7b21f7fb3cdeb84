"""What the chain of calls makes of many crisis cards on bad days, on a fake clock.

    python -m benchmarks.chain [--cards 10000] [--hours 24] [--seed 0]

The bot's own loops (engine, delivery, timers) run in virtual time around a store in memory. Meanwhile the platform
refuses, hangs or breaks for up to 20 minutes at a time, the store refuses to write for up to 2 minutes, the wall clock
is set forward and back by hours, responders go on and off duty, and people claim, release, vanish or never come.

Prints one JSON object. Exits 1 when a card is neither acknowledged nor called out to the last tier, when a call or a
card never arrived (`adrift`), when a step was taken before its time or twice (`early`), or when one was further than a
second from its set time (`farthest_s`). The set time is what the owner was promised (a half, one, one and a half, two
and two and a half target times after the wait began), read on the wall clock; where that was set forward past it, the
moment of the jump. Of the distance the time is taken off in which the store refused to write, nothing else.
`slowest_page_s` is the way of a page from there to the platform while both were well, for a minute at least; it holds
the queue behind a jump of the clock, when hundreds of calls fall due at once and the platform takes 50 ms for each.
"""

import argparse
import dataclasses
import json
import sys
import time
from datetime import timedelta

from tests.core.desk.calling_out import called_out
from tests.virtual_time import run_in_virtual_time

MOST_S = 1.0


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--cards", type=int, default=10_000)
    arguments.add_argument("--hours", type=float, default=24.0)
    arguments.add_argument("--seed", type=int, default=0)
    given = arguments.parse_args()
    started = time.perf_counter()
    outcome = run_in_virtual_time(called_out(given.seed, given.cards, timedelta(hours=given.hours)))
    took_s = round(time.perf_counter() - started, 1)
    print(json.dumps({"seed": given.seed, **dataclasses.asdict(outcome), "took_s": took_s}, indent=2))
    is_broken = outcome.adrift or outcome.early or outcome.farthest_s > MOST_S
    sys.exit(1 if is_broken else 0)


if __name__ == "__main__":
    main()
