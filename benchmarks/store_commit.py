"""How fast the store writes: one commit at a time, 64 together, and decisions that only mark events as done.

    python benchmarks/store_commit.py [--seconds 3] [--url sqlite:///file]

Prints one JSON object; every figure is a rate a second. `messages` is a message's whole way through the store: append,
take, commit of a decision that found nothing, acknowledge, in batches of 64.
"""

import argparse
import asyncio
import itertools
import json
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from adapters.local.clock import SystemClock
from adapters.store.database import Database
from core.model.action import ActionKind, Lane
from core.model.case import Case, CaseId, Concern, Evidence
from core.model.event import MessageWritten
from core.model.finding import Category, Kind
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.record import Action, AuditDraft, CaseWrite, Commit, SealedMessage, Timer

BATCH = 64
HARBOUR = CommunityId("local:harbour")
PIER = Channel(id=ChannelId("pier"), name="pier")


def a_message(number: int) -> Message:
    return Message(
        platform=PlatformName("local"),
        community=HARBOUR,
        channel=PIER,
        id=MessageId(f"m{number}"),
        author=Author(id=MemberId(f"member-{number % 500}"), name="Synthetic Member"),
        text=f"synthetic message number {number}, about as long as people write in a chat, give or take a few words",
        sent_at=datetime.now(UTC),
    )


def a_decision(number: int) -> Commit:
    """A message that opened a case: everything that one decision may write."""
    message, now = a_message(number), datetime.now(UTC)
    case = Case(
        id=CaseId(f"case-{number}"),
        community=HARBOUR,
        concern=Concern.CONDUCT,
        subject=f"member-{number}",
        channel=PIER.id,
        category=Category.HARASSMENT,
        kind=Kind.INSULT,
        level=2,
        opened_at=now,
        updated_at=now,
        messages=1,
        version=1,
        turn=1,
    )
    evidence = Evidence(
        case_id=case.id,
        message_id=message.id,
        channel=PIER.id,
        author=message.author.id,
        sent_at=message.sent_at,
        category=case.category,
        kind=case.kind,
        level=2,
        score=0.8,
        filter="harassment",
        rule="rule-1",
        why="a synthetic reason",
    )
    alert = Action(
        key=f"alert-{number}",
        community=HARBOUR,
        case_id=case.id,
        version=1,
        kind=ActionKind.ALERT,
        lane=Lane.ALERT,
        target=case.id,
    )
    return Commit(
        done=(f"case-key-{number}",),
        cases=(CaseWrite(case=case, expected_version=0),),
        evidence=(evidence,),
        texts=((case.id, SealedMessage(message=message)),),
        actions=(alert,),
        timers=(Timer(kind="escalate", key=case.id, due_at=now + timedelta(minutes=5), community=HARBOUR),),
        audit=(AuditDraft(community=HARBOUR, at=now, actor="lightkeeper", verb="case_opened", case_id=case.id),),
    )


async def rate(seconds: float, each: int, work: Callable[[], Awaitable[object]]) -> float:
    """How many a second, where one `work` does `each`."""
    began, rounds = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        await work()
        rounds += 1
    return round(rounds * each / (time.perf_counter() - began), 1)


async def measure(url: str, key_path: Path, seconds: float) -> dict[str, float]:
    database = await Database.open(url, clock=SystemClock(), key_path=key_path)
    store, intake, numbers = database.store, database.intake, itertools.count(time.time_ns())

    async def together(units: list[Commit]) -> None:
        await asyncio.gather(*(store.commit(unit) for unit in units))

    async def messages() -> None:
        await intake.append([MessageWritten(message=a_message(next(numbers))) for _ in range(BATCH)])
        taken = await intake.take(BATCH)
        await together([Commit(done=(each.key,)) for each in taken])
        await intake.ack([each.seq for each in taken])

    try:
        return {
            "decisions_one_at_a_time": await rate(seconds, 1, lambda: store.commit(a_decision(next(numbers)))),
            "decisions_64_together": await rate(
                seconds, BATCH, lambda: together([a_decision(next(numbers)) for _ in range(BATCH)])
            ),
            "empty_one_at_a_time": await rate(seconds, 1, lambda: store.commit(Commit(done=(f"key-{next(numbers)}",)))),
            "empty_64_together": await rate(
                seconds, BATCH, lambda: together([Commit(done=(f"key-{next(numbers)}",)) for _ in range(BATCH)])
            ),
            "messages": await rate(seconds, BATCH, messages),
        }
    finally:
        await database.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=3.0, help="how long each figure is measured")
    parser.add_argument("--url", help="a database to write into; without it a new SQLite file that is thrown away")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "bench.sqlite3"
        url = arguments.url or f"sqlite:///{place}"
        print(json.dumps(asyncio.run(measure(url, place, arguments.seconds)), indent=2))


if __name__ == "__main__":
    main()
