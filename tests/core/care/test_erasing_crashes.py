"""An erasure, killed before and after every single write of it, in memory and on disk: it is finished all the same, and
nothing of its member is left in what the store tells nor in the database's own files."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.store.database import Database
from core.care.members import Command
from core.care.reports import ReportAbout
from core.model.audit import AuditVerb
from core.model.case import Concern
from core.model.event import MessageWritten
from core.model.record import Commit, Committed
from tests.core.care.test_erasing import left_of
from tests.core.examples import COMMUNITY, a_message
from tests.core.mortal import Fate, Killed
from tests.core.test_crashes import Town

WHO = "member-6b1f"
NAME = f"Name of {WHO}"
CANARY = "canary-2d9c"
TRACES = (WHO, CANARY, "message-77aa", "message-77bb", "message-77cc")


class OnDisk:
    """A database that can be struck before and after every commit."""

    def __init__(self, database: Database, fate: Fate) -> None:
        self._store, self._fate = database.store, fate

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, unit: Commit) -> Committed:
        self._fate.moment()
        result = await self._store.commit(unit)
        self._fate.moment(writes=False)
        return result

    async def flush_erased(self) -> None:
        self._fate.moment(writes=False)
        await self._store.flush_erased()
        self._fate.moment(writes=False)


async def live_until_erased(town: Town) -> int:
    """Everything that can be kept of a member, and then their erasure; gives the moment at which that began."""
    for name, text, author in (
        ("message-77aa", f"insult:2 {CANARY}", WHO),
        ("m2", "disclosure:3", "ben"),
        ("message-77bb", f"disclosure:4 {CANARY}", WHO),
    ):
        message = a_message(name, text, author=author, sent_at=town.clock.now())
        await town.hear(MessageWritten(message=message))
    await town.wish("bob", Concern.CONDUCT, "resolve", lambda case: not case.is_open, outcome="upheld")
    (upheld,) = await town.cases(Concern.CONDUCT)
    await town.persist(lambda: town.appeal(WHO, upheld, f"{CANARY} again"))
    await town.persist(lambda: town.report(WHO, a_message("m4", author="cyn"), ReportAbout.HARASSMENT))
    await town.rest()
    last = a_message("message-77cc", f"disclosure:3 {CANARY}", author=WHO, sent_at=town.clock.now())
    await town.persist(lambda: town.intake.append([MessageWritten(message=last)]))
    began = town.fate.moments
    asked = {"done": False}

    async def press() -> None:
        if not asked["done"]:
            question = await town.ask(WHO, Command.DELETE_MY_DATA)
            await town.press(WHO, question, "privacy.delete.yes")
            asked["done"] = True

    await town.persist(press)
    await town.persist(town.timers.fire_due)
    town.clock.advance(timedelta(seconds=5))
    await town.persist(town.timers.fire_due)
    await town.rest()
    return began


async def judge(town: Town) -> None:
    left = await left_of(town, WHO)
    assert [trace for trace in TRACES if trace in left] == []
    assert not [each for each in await town.cases() if each.subject == WHO]
    assert await town.store.verify_audit(COMMUNITY) is None
    assert AuditVerb.ERASED in [each.verb for each in await town.store.audit(COMMUNITY, 1000)]
    assert {each.subject for each in await town.cases() if each.is_open} == {"ben", "cyn"}
    assert not (await town.store.counts())["actions_pending"]
    assert not await town.intake.take(10)
    for case in await town.cases():
        shown = [o.card for o in town.stage.calls if o.card is not None and o.card.case_id == case.id]
        assert case.subject or shown[-1].link is None


async def test_killed_at_any_moment_in_memory_it_is_finished_and_leaves_nothing() -> None:
    undisturbed = Fate()
    town = Town(undisturbed)
    began = await live_until_erased(town)
    await judge(town)
    assert undisturbed.moments - began > 6
    for moment in range(began + 1, undisturbed.moments + 1):
        town = Town(Fate(Killed, lambda now, moment=moment: now == moment))  # type: ignore[misc]
        await live_until_erased(town)
        await judge(town)


async def test_a_full_disk_delays_it_and_leaves_nothing() -> None:
    undisturbed = Fate()
    began = await live_until_erased(Town(undisturbed))
    for moment in range(began + 1, undisturbed.moments + 1, 2):
        town = Town(Fate(None, lambda now, moment=moment: moment <= now < moment + 5))  # type: ignore[misc]
        await live_until_erased(town)
        await judge(town)


@asynccontextmanager
async def a_town_on_disk(folder: Path, fate: Fate) -> AsyncIterator[Town]:
    """A town whose store and intake are a SQLite database."""
    town = Town(fate)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'town.sqlite3'}", clock=town.clock)
    town.store = OnDisk(database, fate)  # type: ignore[assignment]
    town.intake = database.intake  # type: ignore[assignment]
    town.start()
    try:
        yield town
    finally:
        await database.close()


def found_in_files(folder: Path, traces: Sequence[str] = (WHO, CANARY)) -> list[tuple[str, str]]:
    """Ids of messages stay in the keys of events that were decided, for their time: they say that, and nothing else."""
    files = [each for each in folder.iterdir() if each.is_file()]
    return [(each.name, trace) for each in files for trace in traces if trace.encode() in each.read_bytes()]


@pytest.mark.parametrize("part", range(4))
async def test_killed_at_any_moment_on_disk_it_leaves_nothing_in_the_files(tmp_path: Path, part: int) -> None:
    undisturbed = Fate()
    (tmp_path / "whole").mkdir()
    async with a_town_on_disk(tmp_path / "whole", undisturbed) as town:
        began = await live_until_erased(town)
        await judge(town)
        assert found_in_files(tmp_path / "whole") == []
    for moment in range(began + 1 + part, undisturbed.moments + 1, 4):
        folder = tmp_path / str(moment)
        folder.mkdir()
        fate = Fate(Killed, lambda now, moment=moment: now == moment)  # type: ignore[misc]
        async with a_town_on_disk(folder, fate) as town:
            await live_until_erased(town)
            await judge(town)
            assert found_in_files(folder) == []
        assert found_in_files(folder) == []
