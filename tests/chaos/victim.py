"""The process that the chaos tests kill: the real house on a folder, playing a script and clicking on cases.

`python tests/chaos/victim.py FOLDER SEED LENGTH [KILL_AT]`: with KILL_AT the process ends itself by SIGKILL at that
write point, which is before or after an append, a commit, an acknowledgement, an effect or its record.
"""

import asyncio
import json
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from adapters.local.clock import SystemClock
from adapters.local.journal import Journal, read_journal
from adapters.local.notices import SilentNotices
from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from adapters.store.database import Database
from bots.app import wired
from bots.supervisor import supervised
from core.desk.clicks import Click, Verb
from core.desk.queue import Queue
from core.errors import NotAllowed
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.advancing import Refused
from core.model.case import OPEN_STATES, OUTCOMES, Case, State
from core.model.message import MemberId
from core.model.people import Actor, Role
from core.model.record import ActionState
from tests.chaos.town import CHANNELS, MEMBERS, POLICY, MarkerFilter, script
from tests.everybody import Everybody

ALL_ROLES = frozenset({Role.OWNER, Role.MODERATOR, Role.RESPONDER})
MODERATORS = ("mod", "ria")


class WritePoints:
    """Counts every point at which something durable is about to happen or has just happened, and kills at one."""

    def __init__(self, kill_at: int | None) -> None:
        self.passed = 0
        self._kill_at = kill_at

    def here(self) -> None:
        self.passed += 1
        if self.passed == self._kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, owner: Any, *names: str) -> None:
        """Put a point before and after each of these methods of `owner`."""
        for name in names:
            setattr(owner, name, self._watched(getattr(owner, name)))

    def _watched(self, call: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        async def watched(*args: Any, **kwargs: Any) -> Any:
            self.here()
            result = await call(*args, **kwargs)
            self.here()
            return result

        return watched


async def main(folder: Path, seed: int, length: int, kill_at: int | None) -> None:
    clock, notices = SystemClock(), SilentNotices()
    points = WritePoints(kill_at)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'town.sqlite3'}", clock=clock)
    journal = Journal(folder / "journal.jsonl")
    platform = LocalPlatform(intake=database.intake, clock=clock, members=MEMBERS, channels=CHANNELS, journal=journal)
    points.around(database.intake, "append", "ack")
    points.around(database.store, "commit", "record_action", "claim_actions")
    points.around(platform, "perform")
    lane = Lane(
        name="markers",
        worker=InlineWorker([MarkerFilter()]),
        filters=(FilterInfo(name=MarkerFilter.name, categories=MarkerFilter.categories),),
    )
    house = wired(
        store=database.store,
        intake=database.intake,
        screening=Screening([lane], clock, notices),
        policy_of=lambda _: POLICY,
        platforms={LOCAL: platform},
        staff=Everybody(*ALL_ROLES),
        clock=clock,
        notices=notices,
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    said = Said(folder / "said.jsonl")
    async with supervised(house.loops, clock, notices):
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(speak(platform, said, seed, length))
            tasks.create_task(click(house.queue, platform, folder, seed))
        while not await is_idle(database):  # noqa: ASYNC110 - the store raises no event when it is empty
            await asyncio.sleep(0.02)
    await database.close()
    journal.close()


class Said:
    """Which lines of the script were accepted, and as which messages; synced, so that it survives the kill."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.lines = {int(entry["line"]) for entry in read_journal(path)}

    def note(self, line: int, message_id: str) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps({"line": str(line), "id": message_id}) + "\n")
            file.flush()
            os.fsync(file.fileno())


async def speak(platform: LocalPlatform, said: Said, seed: int, length: int) -> None:
    for number, line in enumerate(script(seed, length)):
        if number in said.lines:
            continue
        try:
            message = await platform.say(line.member, line.channel, line.text)
        except NotAllowed:  # timed out by the policy's ladder: such a line is never accepted
            continue
        said.note(number, message.id)


async def click(queue: Queue, platform: LocalPlatform, folder: Path, seed: int) -> None:
    """Claim and resolve some cases; what was answered is noted, so that it must hold after every kill."""
    drawn = random.Random(seed + os.getpid())
    for _ in range(12):
        await asyncio.sleep(0.01)
        actor = Actor(community=platform.community, member=MemberId(drawn.choice(MODERATORS)), roles=ALL_ROLES)
        cases = await queue.cases(actor)
        if not cases:
            continue
        case = drawn.choice(cases)
        claimed = await queue.act(actor, Click(case_id=case.id, verb=Verb.CLAIM, turn=case.turn))
        if isinstance(claimed, Refused):
            continue
        outcome = drawn.choice(OUTCOMES[claimed.concern])
        resolved = await queue.act(
            actor,
            Click(case_id=case.id, verb=Verb.RESOLVE, turn=claimed.turn, params={"outcome": outcome}),
        )
        if isinstance(resolved, Case):
            with (folder / "resolved.jsonl").open("a") as file:
                file.write(json.dumps({"case": resolved.id, "outcome": outcome, "by": actor.member}) + "\n")
                file.flush()
                os.fsync(file.fileno())


async def is_idle(database: Database) -> bool:
    """Whether everything was decided, and nothing waits for delivery or is being delivered."""
    counts = await database.store.counts()
    if counts["intake"] or counts["actions_pending"]:
        return False
    cases = await database.store.cases(HARBOUR, OPEN_STATES | {State.RESOLVED}, 10_000)
    records = [record for case in cases for record in await database.store.actions(HARBOUR, case.id)]
    return all(record.state not in {ActionState.PENDING, ActionState.CLAIMED} for record in records)


if __name__ == "__main__":
    _, folder, seed, length, *rest = sys.argv
    asyncio.run(main(Path(folder), int(seed), int(length), int(rest[0]) if rest else None))
