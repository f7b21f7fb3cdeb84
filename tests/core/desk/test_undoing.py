"""Orders and undoings of a whole evening on a place with a state of its own, on good days and on bad ones.

Whatever people order, however delivery fails on the way, once they have undone everything that can be undone the
place is as it was (promise 5).
"""

import asyncio
from datetime import timedelta
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from adapters.local.failures import Failure
from adapters.local.platform import LocalPlatform, LocalState
from core.desk.orders import ORDERABLE
from core.desk.undoing import may_undo
from core.model.action import ActionKind, inverse_of
from core.model.case import Case, Concern
from core.model.message import Author, MemberId
from core.model.record import ActionRecord, ActionState
from tests.core.examples import PIER
from tests.core.house import House

UNDOABLE = [kind for kind in ORDERABLE[Concern.CONDUCT] if inverse_of(kind) is not None]
IN_A_CRISIS = [ActionKind.OPEN_TALK]
ON_THE_DOOR = [ActionKind.PAUSE_JOINS, ActionKind.LOCK, ActionKind.SLOW_MODE]


class Evening:
    """A claimed case of a member, on the local platform."""

    def __init__(self) -> None:
        self.house = House()
        people = ("ann", "ben", "bob", "rae")
        self.place = LocalPlatform(
            intake=self.house.intake,
            clock=self.house.clock,
            members=[Author(id=MemberId(each), name=each) for each in people],
            channels=(PIER,),
        )
        self.house.stage = self.place  # type: ignore[assignment]
        self.house.start()

    async def begin(self, words: str, by: str) -> Case:
        """Somebody says it, and a moderator claims the case."""
        await self.place.say(MemberId("ann"), PIER.id, words)
        await self.house.settle()
        (case,) = await self.house.cases()
        self.by = by
        return await self.house.clicked(by, case, "claim")

    @property
    def state(self) -> LocalState:
        return self.place.state()

    async def order(self, case: Case, kind: ActionKind, number: int = 0) -> None:
        durations = ORDERABLE[case.concern][kind]
        duration = {"duration_s": str(durations[number % len(durations)])} if durations else {}
        await self.house.click(self.by, await self.house.case(case.id), "order", kind=kind.value, **duration)

    async def undo(self, case: Case, record: ActionRecord) -> None:
        await self.house.click(self.by, await self.house.case(case.id), "undo_action", action=record.action.key)

    async def undo_everything(self, case: Case) -> None:
        """Undo what can be undone, again where the platform failed, until nothing is left."""
        for _ in range(6):
            await self.house.deliver(within=timedelta(hours=2))
            records = await self.house.records(case)
            left = [each for each in records if may_undo(each, records)]
            if not left:
                return
            for record in left:
                await self.undo(case, record)
        raise AssertionError("something can be undone for ever")


@pytest.mark.parametrize(
    ("words", "by", "kind"),
    [
        *(("insult:2", "bob", kind) for kind in ORDERABLE[Concern.CONDUCT]),
        *(("disclosure:2", "rae", kind) for kind in ORDERABLE[Concern.CRISIS]),
        *(("pile_on:3", "bob", kind) for kind in ORDERABLE[Concern.RAID]),
    ],
)
async def test_every_kind_is_ordered_carried_out_and_undone_from_its_case(
    words: str, by: str, kind: ActionKind
) -> None:
    evening = Evening()
    case = await evening.begin(words, by)
    before = evening.state
    await evening.order(case, kind)
    await evening.house.deliver()
    records = await evening.house.records(case, kind)
    assert [each.state for each in records] == [ActionState.DONE]
    assert (evening.state != before) == (kind not in {ActionKind.WARN, ActionKind.SUPPORT_MESSAGE})
    await evening.undo_everything(case)
    assert (evening.state == before) == (kind not in {ActionKind.DELETE, ActionKind.PURGE, ActionKind.KICK})


LOST = Failure.DONE_THEN_TIMEOUT
bad_days = st.lists(
    st.tuples(
        st.sampled_from([LOST, *Failure]), st.integers(1, 9), st.sampled_from([None, *UNDOABLE, ActionKind.NOTICE])
    ),
    max_size=4,
)
doings = st.lists(
    st.tuples(st.sampled_from(["order", "undo", "deliver", "wait"]), st.integers(0, 9)), min_size=1, max_size=12
)


@settings(max_examples=150, deadline=None)
@example(("insult:2", "bob"), [("order", 0), ("deliver", 0), ("undo", 0)], [(LOST, 1, ActionKind.TIMEOUT)])
@example(("insult:2", "bob"), [("order", 0), ("deliver", 0), ("undo", 0), ("undo", 1)], [(LOST, 1, ActionKind.TIMEOUT)])
@example(("disclosure:2", "rae"), [("order", 0), ("deliver", 0), ("undo", 0)], [(LOST, 1, ActionKind.OPEN_TALK)])
@example(("insult:2", "bob"), [("order", 0)], [(LOST, 8, ActionKind.TIMEOUT)])
@example(
    ("insult:2", "bob"),
    [("order", 0), ("undo", 1), ("deliver", 0), ("undo", 0)],
    [(LOST, 1, None), (LOST, 1, None), (Failure.NOT_ALLOWED, 1, None)],
)
@given(st.sampled_from([("insult:2", "bob"), ("disclosure:2", "rae"), ("pile_on:3", "bob")]), doings, bad_days)
def test_whatever_is_ordered_on_whatever_day_can_be_undone_until_the_state_is_as_it_was(
    what: tuple[str, str], doings: list[tuple[str, int]], bad_days: list[tuple[Failure, int, ActionKind | None]]
) -> None:
    async def play() -> None:
        evening = Evening()
        case = await evening.begin(*what)
        before = evening.state
        kinds = {Concern.CONDUCT: UNDOABLE, Concern.CRISIS: IN_A_CRISIS, Concern.RAID: ON_THE_DOOR}[case.concern]
        for failure, times, kind in bad_days:
            evening.place.fail_next(failure, times, kind)
        for doing, number in doings:
            match doing:
                case "order":
                    await evening.order(case, kinds[number % len(kinds)], number)
                case "undo":
                    records = await evening.house.records(case)
                    left = [each for each in records if may_undo(each, records)]
                    if left:
                        await evening.undo(case, Random(number).choice(left))
                case "deliver":
                    await evening.house.delivery.deliver_due()
                case "wait":
                    await evening.house.pass_time(timedelta(minutes=number))
                    case = await reclaimed(evening, case)
        case = await reclaimed(evening, case)
        await evening.undo_everything(case)
        assert evening.state == before
        assert await evening.house.store.verify_audit(case.community) is None

    asyncio.run(play())


async def reclaimed(evening: Evening, case: Case) -> Case:
    """The claim may have lapsed while time passed."""
    now = await evening.house.case(case.id)
    return now if now.holder else await evening.house.clicked(evening.by, now, "claim")
