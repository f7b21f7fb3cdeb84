"""The keeper killed at every single write, on a real database and a real journal: nothing is posted or told twice."""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.local.board import words_of
from adapters.local.journal import Entry, Journal, read_journal
from adapters.local.platform import LocalPlatform
from adapters.store.database import Database
from core.care.members import Languages
from core.care.posts import PostKeeper
from core.care.resources import Resources
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.message import Channel
from core.model.policy import CommunityPolicy
from core.model.standing import PostKind
from tests.clock import FakeClock
from tests.core.care.pinning import COMMUNITY, GENERAL, HARBOUR, RULES
from tests.core.mortal import Fate, Killed, is_kill
from tests.core.noticeboard import Noticeboard
from tests.core.shelf import Shelf, a_service

MOST_WRITES = 100


class Run:
    """One process: what it opens it opens anew, what is on the disk stays."""

    def __init__(self, database: Database, journal: Journal, clock: FakeClock, number: str, fate: Fate) -> None:
        self.database, self.journal, self.clock = database, journal, clock
        self.platform = LocalPlatform(
            intake=database.intake,
            clock=clock,
            members=(),
            channels=[Channel(id=each, name=each) for each in (RULES, GENERAL)],
            journal=journal,
        )
        _make_fatal(journal, "append", fate)
        _make_fatal(database.store, "commit", fate)
        shelf = Shelf(a_service("line", call=number))
        self.keeper = PostKeeper(
            boards={"local": self.platform.board},
            store=database.store,
            care=database.store,
            communities=lambda: [COMMUNITY],
            policy_of=lambda _: CommunityPolicy(),
            resources=Resources(directory=shelf, clock=clock),
            directory=shelf,
            languages=Languages(),
            clock=clock,
            notices=Noticeboard(),
        )

    @classmethod
    async def begin(cls, folder: Path, clock: FakeClock, number: str, fate: Fate | None = None) -> "Run":
        database = await Database.open(f"sqlite:///{folder / 'sea.sqlite3'}", clock=clock, key_path=folder / "sea")
        return cls(database, Journal(folder / "journal.jsonl"), clock, number, fate or Fate())

    async def look(self) -> None:
        self.clock.advance(timedelta(minutes=1))
        await self.keeper.look()

    async def end(self) -> None:
        self.journal.close()
        await self.database.close()


def _make_fatal(owner: Any, name: str, fate: Fate) -> None:
    """Put a moment before and after each call of this method of `owner`."""
    call: Callable[..., Awaitable[Any]] = getattr(owner, name)

    async def watched(*args: Any, **named: Any) -> Any:
        fate.moment(writes=False)
        result = await call(*args, **named)
        fate.moment(writes=False)
        return result

    setattr(owner, name, watched)


async def _killed_at(folder: Path, point: int) -> bool:
    """Everything stands, then the notice is deleted, the card unpinned and a number changed; the mending dies once.

    Returns whether it lived long enough to die there.
    """
    clock = FakeClock()
    run = await Run.begin(folder, clock, "555-0101")
    await run.look()
    await run.platform.board.delete_post(RULES, PostKind.NOTICE)
    await run.platform.board.unpin(GENERAL, PostKind.HELP)
    await run.end()

    fate = Fate(blow=Killed, strikes=lambda moment: moment == point)
    run = await Run.begin(folder, clock, "555-0102", fate)
    try:
        await run.look()
    except BaseExceptionGroup as blow:
        if not is_kill(blow):
            raise
    await run.end()

    run = await Run.begin(folder, clock, "555-0102")
    for _ in range(3):
        await run.look()
    await _all_is_well(run, read_journal(folder / "journal.jsonl"))
    await run.end()
    return bool(fate.struck)


async def _all_is_well(run: Run, entries: Sequence[Entry]) -> None:
    there: dict[str, tuple[str, str]] = {}
    for entry in entries:
        if entry["what"] == "posted":
            there[entry["id"]] = (entry["channel"], entry["kind"])
        elif entry["what"] == "post_gone":
            del there[entry["id"]]
        assert max(Counter(there.values()).values(), default=0) <= 1, "two posts of one kind in one channel"
    rows = {each.receipt: (each.channel, each.kind.value) for each in await run.database.store.standing(HARBOUR)}
    assert rows == there
    posts = [*run.platform.posts(RULES), *run.platform.posts(GENERAL)]
    assert len(posts) == 2
    assert all(each.is_pinned and each.page is not None and each.words == words_of(each.page) for each in posts)
    told = [
        each.action
        for each in await run.database.store.claim_actions(run.clock.now(), 100)
        if each.action.kind is ActionKind.TELL_OWNER
    ]
    assert [each.params["text"] for each in told] == ["owner.notice_gone"]
    verbs = Counter((each.verb, each.facts["kind"]) for each in await run.database.store.audit(HARBOUR, 100))
    assert verbs == {
        (AuditVerb.POSTED, "help"): 1,
        (AuditVerb.POSTED, "notice"): 2,
        (AuditVerb.POST_GONE, "notice"): 1,
    }


@pytest.mark.timeout(240)
async def test_killed_at_any_write_nothing_is_posted_or_told_twice(tmp_path: Path) -> None:
    for point in range(1, MOST_WRITES):
        folder = tmp_path / str(point)
        folder.mkdir()
        if not await _killed_at(folder, point):
            assert point > 8, "the mending writes more often than that"
            return
    raise AssertionError("the mending never came to its end")
