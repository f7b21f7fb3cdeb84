"""How fast a member sees the first page of support, and the services behind it, while the database is busy.

    python benchmarks/first_page.py [--presses 2000] [--writers 16]

The database is written to without a pause by members who all ask for a moderator; for the second half of the time
another program locks it as well. No model runs. Prints one JSON object; times are in milliseconds, from the press to
the page in words.
"""

import argparse
import asyncio
import json
import sqlite3
import statistics
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from adapters.local.clock import MovableClock
from adapters.store.database import Database
from config.resources.files import Files
from config.texts.catalogue import Catalogue
from core.care.asking import Asking
from core.care.members import Languages, MemberDesk
from core.care.resources import Resources
from core.care.support import Support
from core.care.support_asking import AskingPages
from core.care.support_services import ServicesShown
from core.care.support_topics import ResourcePages
from core.care.wording import lines_of
from core.errors import Unavailable
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.page import Asker
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.resource import Confirmation, DirectoryState

HARBOUR = Community(
    id=CommunityId("local:harbour"),
    name="The harbour",
    alerts=ChannelId("alerts"),
    crisis_alerts=ChannelId("crisis"),
    owners=frozenset({MemberId("olga")}),
    countries=("US",),
)
PAGES = ("s.start", "s.fit:US:now", "s.fit:US:soon")


class Olga:
    """Speaks `core.ports.Staff`: one owner."""

    def roles_of(self, _: CommunityId, member: MemberId) -> frozenset[Role]:
        return frozenset(Role) if member == "olga" else frozenset()

    def members(self, _: CommunityId, __: Role) -> list[MemberId]:
        return [MemberId("olga")]


class AllConfirmed(Files):
    """What ships, as if an owner had re-read all of it today."""

    def state(self) -> DirectoryState:
        return self._all

    def confirm_all(self) -> None:
        services, today = super().state().services, datetime.now(UTC).date()
        confirmed = tuple(Confirmation(service=each.id, fingerprint=each.fingerprint, on=today) for each in services)
        self._all = DirectoryState(services=services, confirmations=confirmed, retired=super().state().retired)


def spread(taken: Sequence[float]) -> dict[str, float]:
    """Median, 99th percentile and maximum in milliseconds."""
    cuts = statistics.quantiles(taken, n=100)
    return {
        "p50_ms": round(1000 * cuts[49], 2),
        "p99_ms": round(1000 * cuts[98], 2),
        "max_ms": round(1000 * max(taken), 2),
    }


async def measure(place: Path, presses: int, writers: int) -> dict[str, object]:
    clock, texts, directory = MovableClock(), Catalogue(), AllConfirmed()
    directory.confirm_all()
    database = await Database.open(f"sqlite:///{place}", clock=clock, key_path=place.with_suffix(".keys"))
    services = ServicesShown(resources=Resources(directory=directory, clock=clock))
    asking = Asking(
        store=database.store,
        clock=clock,
        community_of=lambda _: HARBOUR,
        policy_of=lambda _: CommunityPolicy(),
        staff=Olga(),
        preference_of=database.store.preference,
    )
    support = Support(
        services=services, asking=AskingPages(asking=asking, services=services), community_of=lambda _: HARBOUR
    )
    topics = ResourcePages(services=services, community_of=lambda _: HARBOUR)
    desk = MemberDesk(parts={"s": support, "r": topics}, community_of=lambda _: HARBOUR, languages=Languages())
    asked = refused = 0

    async def write(number: int) -> None:
        nonlocal asked, refused
        while True:
            try:
                await asking.ask(HARBOUR.id, MemberId(f"member-{number}-{asked + refused}"))
                asked += 1
            except Unavailable:
                refused += 1

    writing = [asyncio.create_task(write(number)) for number in range(writers)]
    taken: dict[str, list[float]] = {page: [] for page in PAGES}
    lock = sqlite3.connect(place, isolation_level=None, timeout=30, check_same_thread=False)
    try:
        for number in range(presses):
            if number == presses // 2:
                await asyncio.to_thread(lock.execute, "BEGIN IMMEDIATE")
            for to in PAGES:
                await asyncio.sleep(0.001)
                began = time.perf_counter()
                page = await desk.press(Asker(community=HARBOUR.id, member=MemberId("ann")), to)
                lines_of(page, texts)
                taken[to].append(time.perf_counter() - began)
    finally:
        for task in writing:
            task.cancel()
        await asyncio.gather(*writing, return_exceptions=True)
        lock.close()
        await database.close()
    figures = {to: spread(each) for to, each in taken.items()}
    return {"presses": presses * len(PAGES), "asked_meanwhile": asked, "refused_meanwhile": refused, **figures}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presses", type=int, default=2000, help="how often each page is asked for")
    parser.add_argument("--writers", type=int, default=16, help="how many write to the database without a pause")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        print(json.dumps(asyncio.run(measure(Path(folder) / "bench.sqlite3", arguments.presses, arguments.writers))))


if __name__ == "__main__":
    main()
