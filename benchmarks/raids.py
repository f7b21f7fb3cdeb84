"""What raids of 500 messages make of the queue, many of them, each from its seed.

    python -m benchmarks.raids [--seeds 200] [--from 0]

Real engine, real filters (lexicons, rules, floods), a store in memory; nobody looks at the queue meanwhile. Prints one
JSON object and exits 1 when a raid breaks what is promised: at most 5 cards, one of a hidden crisis among them, and one
more for each further hidden crisis; every message that alerts is in a case, and every hidden crisis in one of its own.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter

from tests.core.flow.raiding import MOST_CARDS, a_raid, raided


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--seeds", type=int, default=200)
    arguments.add_argument("--from", dest="first", type=int, default=0)
    given = arguments.parse_args()
    cards: Counter[int] = Counter()
    of_the_raid: Counter[int] = Counter()
    broken: list[int] = []
    hidden = unseen = lost = punished = messages = 0
    started = time.perf_counter()
    for seed in range(given.first, given.first + given.seeds):
        raid = a_raid(seed)
        outcome = asyncio.run(raided(raid, seed))
        total = len(outcome.alerts)
        cards[total] += 1
        of_the_raid[total - len(raid.hidden)] += 1
        messages += outcome.messages
        hidden, unseen = hidden + len(raid.hidden), unseen + len(outcome.unseen)
        lost, punished = lost + len(outcome.lost), punished + len(outcome.punished)
        too_many = total - max(len(raid.hidden) - 1, 0) > MOST_CARDS
        if too_many or outcome.unseen or outcome.lost or outcome.punished:
            broken.append(seed)
    report = {
        "raids": given.seeds,
        "messages": messages,
        "most_cards": max(cards),
        "cards": dict(sorted(cards.items())),
        "most_cards_without_hidden_crises": max(of_the_raid),
        "cards_without_hidden_crises": dict(sorted(of_the_raid.items())),
        "hidden_crises": hidden,
        "hidden_crises_without_their_own_card": unseen,
        "messages_in_no_case": lost,
        "punished_in_need": punished,
        "broken_seeds": broken,
        "seconds": round(time.perf_counter() - started, 1),
    }
    print(json.dumps(report, indent=2))
    sys.exit(bool(broken))


if __name__ == "__main__":
    main()
