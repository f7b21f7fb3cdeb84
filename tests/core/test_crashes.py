"""A day of messages and clicks, killed after every single write, and an oracle that compares what the platform saw
with what was decided (promise 1).

Deterministic: a moment is one durable thing (a commit, an append, a call of the platform), a kill falls before or after
it, and starting again keeps only what the store, the intake and the platform remember.
"""

import asyncio
import random
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import pytest

from core.errors import Unavailable
from core.model.action import CARD_KINDS, LAWS, ActionKind, Retry
from core.model.audit import AuditVerb
from core.model.case import Case, Concern, State
from core.model.event import Event, MessageDeleted, MessageWritten
from core.model.record import ActionRecord, ActionState
from tests.clock import START
from tests.core.examples import COMMUNITY, PIER, a_message
from tests.core.house import LIVE_LADDER, House, driven
from tests.core.mortal import Fate, Killed, MortalIntake, MortalStage, MortalStore, is_kill


class Town(House):
    """A house that can be struck, with people who do not give up."""

    def __init__(self, fate: Fate) -> None:
        super().__init__(LIVE_LADDER)
        self.fate = fate
        self.store = MortalStore(self.clock, fate)
        self.intake = MortalIntake(fate)
        self.stage = MortalStage(fate)
        self.start()

    async def persist(self, step: Callable[[], Awaitable[object]]) -> None:
        """Do it until it was done; whoever is killed starts again."""
        while True:
            try:
                await driven(self.clock, step())
            except Unavailable:
                continue
            except BaseException as blow:
                if not is_kill(blow):
                    raise
                self.start()
                await self.persist(self.store.unclaim_actions)
            else:
                return

    async def hear(self, event: Event) -> None:
        """The platform brings an event until it was told "got it", and everything is settled."""
        await self.persist(lambda: self.intake.append([event]))
        await self.rest()

    async def rest(self) -> None:
        await self.persist(self.settle)
        await self.persist(self.timers.fire_due)
        await self.persist(self.settle)

    async def wish(
        self, member: str, concern: Concern, verb: str, holds: Callable[[Case], bool], **params: str
    ) -> None:
        """A person clicks until they see that it is so."""

        async def see_and_click() -> None:
            (case,) = await self.cases(concern)
            if not holds(case):
                await self.clicked(member, case, verb, **params)

        await self.persist(see_and_click)
        await self.rest()

    async def wait(self, by: timedelta) -> None:
        """Until a time that is the same in every run, however long its retries took."""
        self.clock.advance(max(START + by - self.clock.now(), timedelta()))
        await self.rest()


async def live_a_day(fate: Fate) -> Town:
    town = Town(fate)
    says = {
        name: a_message(name, text, author=author, sent_at=START)
        for name, author, text in [
            ("m1", "ann", "insult:3"),
            ("m2", "ben", "disclosure:3 insult:2"),
            ("m3", "cyn", "good morning"),
            ("m4", "dan", "term:2"),
            ("m5", "ben", "disclosure:4"),
            ("m6", "ann", "insult:2"),
        ]
    }
    for name in ("m1", "m2", "m3", "m4"):
        await town.persist(lambda name=name: town.intake.append([MessageWritten(message=says[name])]))  # type: ignore[misc]
    await town.rest()
    await town.wish("rae", Concern.CRISIS, "claim", lambda case: case.holder == "rae")
    await town.hear(MessageWritten(message=says["m5"]))
    await town.hear(MessageWritten(message=replace(says["m3"], text="term:2", edited_at=START)))
    await town.hear(
        MessageDeleted(
            platform=says["m2"].platform, community=COMMUNITY, channel=PIER, message_id=says["m2"].id, at=START
        )
    )
    await town.wish("rae", Concern.CRISIS, "extend", lambda case: case.version > 4)
    await town.hear(MessageWritten(message=says["m6"]))
    await town.wait(timedelta(hours=2))
    await town.wish("olga", Concern.CRISIS, "resolve", lambda case: not case.is_open, outcome="support_offered")
    await town.wish("olga", Concern.CRISIS, "undo", lambda case: case.is_open)
    await town.wish("olga", Concern.CRISIS, "resolve", lambda case: not case.is_open, outcome="help_called")
    await town.wait(timedelta(days=8))
    return town


@dataclass(frozen=True)
class Record:
    """What a day left behind, without anything that may differ between runs."""

    cases: Counter[tuple[Any, ...]]
    evidence: Counter[tuple[Any, ...]]
    actions: Counter[tuple[Any, ...]]
    audit: Counter[tuple[Any, ...]]


async def record_of(town: Town) -> Record:
    cases = await town.cases()
    named = {case.id: (case.concern, case.subject) for case in cases}
    evidence = [each for case in cases for each in await town.store.evidence(COMMUNITY, case.id)]
    actions = [record.action for case in cases for record in await town.records(case)]
    told = [entry for entry in await town.store.audit(COMMUNITY, 1000) if entry.case_id]
    return Record(
        cases=Counter(
            (*named[case.id], case.level, case.kind, case.state, case.outcome, case.messages) for case in cases
        ),
        evidence=Counter(
            (*named[each.case_id], each.message_id, each.kind, each.level, each.deleted_at) for each in evidence
        ),
        actions=Counter((*named[action.case_id], action.kind, action.enforcement) for action in actions),
        audit=Counter(
            (*named[each.case_id], each.verb) for each in told if each.case_id and each.verb not in DELIVERED
        ),
    )


DELIVERED = {AuditVerb.ACTION_DONE, AuditVerb.ACTION_FAILED}
"""What delivery tells depends on what could still happen after a kill; the oracle compares it with the outbox."""


async def judge(town: Town, undisturbed: Record) -> None:
    """The oracle."""
    assert not await town.intake.take(10), "an acknowledged message is undecided"
    assert await record_of(town) == undisturbed
    counts = await town.store.counts()
    assert not counts["actions_pending"]
    assert not counts["texts"]
    assert await town.store.verify_audit(COMMUNITY) is None
    decided: dict[str, ActionRecord] = {}
    for case in await town.cases():
        records = await town.records(case)
        decided.update({record.action.key: record for record in records})
        assert [record.state for record in records if record.action.kind is ActionKind.ALERT] == [ActionState.DONE]
        shown = [o.card for o in town.stage.calls if o.card is not None and o.card.case_id == case.id]
        assert shown[-1].version == case.version, "the card shows an older state"
    for key, record in decided.items():
        kind = record.action.kind
        assert record.state in {ActionState.DONE, ActionState.WITHDRAWN, ActionState.UNKNOWN, ActionState.PROPOSED}
        assert record.state is not ActionState.UNKNOWN or LAWS[kind].retry is Retry.NEVER
        if record.state is ActionState.DONE:
            assert key in town.stage.effects, "written down as done, and never happened"
    times = Counter(order.action.key for order in town.stage.calls)
    for order in town.stage.effects.values():
        record = decided[order.action.key]
        assert record.state is not ActionState.PROPOSED, "carried out without a person's click"
        if LAWS[order.action.kind].retry is Retry.NEVER:
            assert times[order.action.key] == 1, "a warning was sent twice"
    alerted = Counter(o.action.case_id for o in town.stage.effects.values() if o.action.kind is ActionKind.ALERT)
    assert set(alerted.values()) == {1}
    done = Counter(entry.verb for entry in await town.store.audit(COMMUNITY, 1000))[AuditVerb.ACTION_DONE]
    enforced = [r for r in decided.values() if r.state is ActionState.DONE and r.action.kind not in CARD_KINDS]
    assert done == len(enforced), "what was done stands in the audit once"


@pytest.fixture(scope="module")
def undisturbed() -> Record:
    async def day() -> Record:
        town = await live_a_day(Fate())
        record = await record_of(town)
        await judge(town, record)
        return record

    return asyncio.run(day())


def test_the_day_has_everything_in_it(undisturbed: Record) -> None:
    concerns = Counter((concern, subject, state) for concern, subject, _, _, state, _, _ in undisturbed.cases)
    assert concerns == {
        (Concern.CONDUCT, "ann", State.WAITING): 1,
        (Concern.CONDUCT, "ben", State.WAITING): 1,
        (Concern.CONDUCT, "dan", State.WAITING): 1,
        (Concern.CRISIS, "ben", State.RESOLVED): 1,
        (Concern.RAID, "pier", State.WAITING): 1,
    }
    kinds = {kind for _, _, kind, _ in undisturbed.actions}
    assert kinds >= {ActionKind.ALERT, ActionKind.PAGE, ActionKind.REFRESH_CARD, ActionKind.TIMEOUT, ActionKind.WARN}


@pytest.mark.parametrize("part", range(8))
async def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(part: int, undisturbed: Record) -> None:
    moment, was_struck = part + 1, True
    while was_struck:
        fate = Fate(Killed, lambda now, moment=moment: now == moment)  # type: ignore[misc]
        await judge(await live_a_day(fate), undisturbed)
        moment, was_struck = moment + 8, bool(fate.struck)
    assert moment > 100


@pytest.mark.parametrize("part", range(4))
async def test_a_disk_that_is_full_for_a_while_loses_and_doubles_nothing(part: int, undisturbed: Record) -> None:
    moment, was_struck = 5 * part + 1, True
    while was_struck:
        fate = Fate(None, lambda now, moment=moment: moment <= now < moment + 6)  # type: ignore[misc]
        await judge(await live_a_day(fate), undisturbed)
        moment, was_struck = moment + 20, bool(fate.struck)
    assert moment > 100


@pytest.mark.parametrize("seed", range(40))
async def test_killed_again_and_again_nothing_is_lost_and_nothing_doubled(seed: int, undisturbed: Record) -> None:
    drawn = random.Random(seed)
    fate = Fate(Killed, lambda _: drawn.random() < 0.05)
    await judge(await live_a_day(fate), undisturbed)
    assert fate.struck
