"""How the desk does with very many open cases: a page of the queue, a claim, and every chain of calls due at once.

    python benchmarks/many_cases.py [--cases 10000] [--url sqlite:///file]

Prints one JSON object; times in milliseconds are medians, `called_s` is how long it takes until the next people of all
cases are called whose time came in the same minute.
"""

import argparse
import asyncio
import json
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.local.clock import MovableClock
from adapters.local.notices import SilentNotices
from adapters.store.database import Database
from core.desk.clicks import Click, Verb
from core.desk.due import CaseTimers
from core.desk.queue import Queue
from core.flow.pacing import paced, timer_changes
from core.flow.planning import card_action, entry, text_timer
from core.flow.timers import Timers
from core.model.action import ActionKind
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import Case, CaseId, Concern
from core.model.case_event import Refused
from core.model.finding import Category, Kind
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.record import CaseWrite, Commit
from core.ports import Store

HARBOUR = CommunityId("local:harbour")
POLICY = CommunityPolicy()
OWNER = Actor(community=HARBOUR, member=MemberId("olga"), roles=frozenset(Role))
TOGETHER = 64
PAGE = 20


class Olga:
    """Speaks `core.ports.Staff`: one owner."""

    def roles_of(self, _: CommunityId, member: MemberId) -> frozenset[Role]:
        return OWNER.roles if member == OWNER.member else frozenset()

    def members(self, _: CommunityId, __: Role) -> list[MemberId]:
        return [OWNER.member]


def opened(number: int, now: datetime) -> Commit:
    """A case that waits: one in ten is a crisis, and levels go round."""
    is_crisis = number % 10 == 0
    case = Case(
        id=CaseId(f"case{number:09}"),
        community=HARBOUR,
        concern=Concern.CRISIS if is_crisis else Concern.CONDUCT,
        subject=f"member-{number}",
        channel=ChannelId("pier"),
        category=Category.CRISIS if is_crisis else Category.HARASSMENT,
        kind=Kind.DISCLOSURE if is_crisis else Kind.INSULT,
        level=2 + number % 3,
        opened_at=now,
        updated_at=now,
        messages=1,
        version=1,
        turn=1,
    )
    case = paced(None, case, POLICY, now)
    timers, _ = timer_changes(None, case)
    return Commit(
        cases=(CaseWrite(case=case, expected_version=0),),
        actions=(card_action(case, ActionKind.ALERT),),
        timers=(text_timer(case, now), *(replace(each, due_at=now + timedelta(minutes=1)) for each in timers)),
        audit=(entry(case, AuditVerb.CASE_OPENED, now, LIGHTKEEPER),),
    )


async def median_ms(times: int, work: Callable[[], Awaitable[object]]) -> float:
    """The median of that many."""
    taken = []
    for _ in range(times):
        began = time.perf_counter()
        await work()
        taken.append(time.perf_counter() - began)
    return round(1000 * statistics.median(taken), 2)


async def measure(url: str, key_path: Path, cases: int) -> dict[str, float]:
    clock = MovableClock()
    database = await Database.open(url, clock=clock, key_path=key_path)
    store: Store = database.store
    queue = Queue(store=store, clock=clock, policy_of=lambda _: POLICY, staff=Olga())
    due = CaseTimers(store=store, clock=clock, policy_of=lambda _: POLICY, staff=Olga())
    timers = Timers(store=store, clock=clock, handlers=due.handlers, notices=SilentNotices())

    async def claim() -> None:
        (case, *_) = await queue.cases(OWNER, limit=1)
        for verb in (Verb.CLAIM, Verb.RELEASE):
            answer = await queue.act(OWNER, Click(case_id=case.id, verb=verb, turn=case.turn))
            if isinstance(answer, Refused):
                raise RuntimeError(f"{verb} was refused: {answer.why}")
            case = answer

    try:
        now = datetime.now(UTC)
        for first in range(0, cases, TOGETHER):
            units = [opened(number, now) for number in range(first, min(first + TOGETHER, cases))]
            await asyncio.gather(*map(store.commit, units))
        figures = {
            "page_ms": await median_ms(20, lambda: queue.cases(OWNER, limit=PAGE)),
            "view_ms": await median_ms(20, lambda: queue.view(OWNER, CaseId("case000000007"))),
            "claim_and_release_ms": await median_ms(20, claim),
            "banner_ms": await median_ms(20, lambda: queue.unanswered(OWNER)),
        }
        clock.move(timedelta(hours=1))
        began = time.perf_counter()
        fired = 0
        while some := await timers.fire_due():
            fired += some
        return {**figures, "timers_fired": fired, "called_s": round(time.perf_counter() - began, 1)}
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cases", type=int, default=10_000, help="how many cases are open")
    parser.add_argument("--url", help="a database to write into; without it a new SQLite file that is thrown away")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bench.sqlite3"
        url = arguments.url or f"sqlite:///{place}"
        print(json.dumps(asyncio.run(measure(url, place, arguments.cases)), indent=2))


if __name__ == "__main__":
    main()
