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
from datetime import datetime
from pathlib import Path
from typing import Any

from adapters.local.clock import SystemClock
from adapters.local.journal import Journal, read_journal
from adapters.local.notices import SilentNotices
from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from adapters.store.database import Database
from bots.app import House, wired
from bots.care import Care
from bots.supervisor import supervised
from core.care.members import Languages
from core.desk.clicks import Click, Verb
from core.errors import NotAllowed
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.action import LAWS
from core.model.case import OPEN_STATES, Case, State
from core.model.case_event import Refused
from core.model.community import Community
from core.model.message import ChannelId, MemberId
from core.model.people import Actor
from core.model.record import ActionState
from tests.chaos.town import ALL_ROLES, CHANNELS, MEMBERS, MODERATORS, POLICY, Desk, MarkerFilter, script
from tests.core.services import Shelf

CLICKS = 40
COMMUNITY = Community(
    id=HARBOUR,
    name="The harbour",
    alerts=ChannelId("alerts"),
    crisis_alerts=ChannelId("responders"),
    owners=frozenset(MODERATORS[:1]),
    notice=CHANNELS[0].id,
    help_channels=(CHANNELS[1].id,),
)
ANSWERS = frozenset({Verb.ORDER, Verb.RESOLVE, Verb.CLAIM})
"""What people do most."""

SPEED = 60
"""A minute passes in a second: leases lapse, sanctions end, and chains of calls come to their end."""


class FastClock(SystemClock):
    """The system's time since this story began, at `SPEED`; goes on over kills."""

    def __init__(self, folder: Path) -> None:
        path = folder / "began"
        if not path.exists():
            (folder / "begins").write_text(super().now().isoformat())
            (folder / "begins").rename(path)
        self._began = datetime.fromisoformat(path.read_text())

    def now(self) -> datetime:
        return self._began + SPEED * (super().now() - self._began)

    def monotonic(self) -> float:
        return SPEED * super().monotonic()

    async def sleep(self, seconds: float) -> None:
        await super().sleep(seconds / SPEED)


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
    clock, notices = FastClock(folder), SilentNotices()
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
        screening=Screening([lane], SystemClock(), notices),
        policy_of=lambda _: POLICY,
        platforms={LOCAL: platform},
        staff=Desk(),
        clock=clock,
        notices=notices,
        care=Care(
            store=database.store,
            communities={HARBOUR: COMMUNITY},
            directory=Shelf(),
            boards={LOCAL: platform.board},
            languages=Languages(),
        ),
    )
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    said = Said(folder / "said.jsonl")
    timers = {"timers": house.loops["timers"]}
    others = {name: loop for name, loop in house.loops.items() if name not in timers}
    async with supervised(others, SystemClock(), notices):
        # Timers end before the house does: what they order is still delivered.
        async with supervised(timers, SystemClock(), notices), asyncio.TaskGroup() as tasks:
            await noticed(house)
            tasks.create_task(speak(platform, said, seed, length))
            tasks.create_task(Clicks(house, platform, folder, seed).run())
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


async def noticed(house: House) -> None:
    """Wait until the notice stands: before, nobody is screened for signs of crisis."""
    assert house.keeper is not None
    while not house.keeper.is_noticed(HARBOUR):  # noqa: ASYNC110 - the keeper raises no event for it
        await asyncio.sleep(0.01)


async def speak(platform: LocalPlatform, said: Said, seed: int, length: int) -> None:
    for number, line in enumerate(script(seed, length)):
        if number in said.lines:
            continue
        try:
            message = await platform.say(line.member, line.channel, line.text)
        except NotAllowed:  # timed out by the policy's ladder: such a line is never accepted
            continue
        said.note(number, message.id)


class Clicks:
    """What people do with the cases; what was answered is noted, so that it must hold after every kill."""

    def __init__(self, house: House, platform: LocalPlatform, folder: Path, seed: int) -> None:
        self._house = house
        self._community = platform.community
        self._path = folder / "answered.jsonl"
        self._drawn = random.Random(seed + os.getpid())

    async def run(self) -> None:
        for _ in range(CLICKS):
            await asyncio.sleep(0.01)
            who = Actor(community=self._community, member=self._drawn.choice(MODERATORS), roles=ALL_ROLES)
            cases = await self._house.queue.cases(who, frozenset(State))
            if cases:
                await self._one(who, self._drawn.choice(cases))

    async def _one(self, who: Actor, case: Case) -> None:
        match self._drawn.randrange(12):
            case 0:
                handed = await self._house.duty.hand_over(who, self._drawn.choice(MODERATORS), "synthetic")
                for each in () if isinstance(handed, Refused) else handed:
                    self._note(Verb.HAND_OVER, each, who.member)
            case 1:
                member = MemberId(case.subject)
                appeal = await self._house.appeals.file(self._community, member, case.id, "it was a quotation")
                if isinstance(appeal, Case):
                    self._note("appeal", appeal, member)
            case _:
                await self._click(who, case)

    async def _click(self, who: Actor, case: Case) -> None:
        view = await self._house.queue.view(who, case.id)
        if isinstance(view, Refused):
            return
        verb = self._drawn.choice([*view.verbs, Verb.CARRY_OUT, Verb.UNDO_ACTION, *ANSWERS.intersection(view.verbs)])
        if verb is Verb.ESCALATE:
            return
        offer = self._drawn.choice(view.offers) if view.offers else None
        durations = offer.durations_s if offer else ()
        keys = [each.action.key for each in view.actions if LAWS[each.action.kind].enforces]
        params = {
            "outcome": self._drawn.choice(view.outcomes),
            "minutes": "2",
            "to": self._drawn.choice(MODERATORS),
            "note": "synthetic",
            "hours": "24",
            "kind": offer.kind if offer else "",
            "duration_s": str(self._drawn.choice(durations)) if durations else "",
            "action": self._drawn.choice(keys) if keys else "",
        }
        answer = await self._house.queue.act(who, Click(case_id=case.id, verb=verb, turn=view.case.turn, params=params))
        if isinstance(answer, Case):
            self._note(verb, answer, who.member)

    def _note(self, verb: str, case: Case, by: str) -> None:
        with self._path.open("a") as file:
            file.write(json.dumps({"case": case.id, "verb": verb, "by": by}) + "\n")
            file.flush()
            os.fsync(file.fileno())


async def is_idle(database: Database) -> bool:
    """Whether everything was decided, and nothing waits for delivery or is being delivered.

    What was being delivered at the first look may have brought something new in at the last: a deletion is an event.
    """
    counts = await database.store.counts()
    if counts["intake"] or counts["actions_pending"]:
        return False
    cases = await database.store.cases(HARBOUR, OPEN_STATES | {State.RESOLVED}, 10_000)
    records = [record for case in cases for record in await database.store.actions(HARBOUR, case.id)]
    is_at_rest = all(record.state not in {ActionState.PENDING, ActionState.CLAIMED} for record in records)
    return is_at_rest and counts == await database.store.counts()


if __name__ == "__main__":
    _, folder, seed, length, *rest = sys.argv
    asyncio.run(main(Path(folder), int(seed), int(length), int(rest[0]) if rest else None))
