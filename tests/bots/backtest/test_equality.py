"""A backtest decides what the live house decides: the same messages through both, unit by unit of what is written.

Live means `bots.app.wired` over SQLite with delivery to the local platform, its filters in processes of their own, each
message decided as it comes. At the desk there somebody closes every case after an hour, as the backtest assumes.
"""

import random
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import timedelta
from itertools import groupby
from pathlib import Path
from typing import Any, ClassVar

import pytest

from adapters.exports.entry import Leftovers
from adapters.exports.several import Exports
from adapters.local.clock import SystemClock
from adapters.local.notices import SilentNotices
from adapters.local.platform import LOCAL, LocalPlatform, Spoken
from adapters.store.database import Database
from bots.app import wired
from bots.backtest import trial
from bots.backtest.past import Ledger
from bots.backtest.run import backtest
from bots.backtest.summing import Wishes
from bots.lanes import inline_lanes, isolated_lanes
from bots.models import load_models
from core.desk.clicks import Click, Verb
from core.flow.screening import Screening
from core.model.case import Case, Concern, Outcome, State
from core.model.message import Author, Channel, ChannelId, MemberId
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.record import Commit, Committed
from core.ports import Store
from tests.bots.backtest.trying import START, line, written
from tests.clock import FakeClock
from tests.everybody import Everybody

CLOSE_AFTER = timedelta(minutes=60)
MODERATOR = MemberId("moderator")
OUTCOMES = {
    Concern.CRISIS: Outcome.SUPPORT_OFFERED,
    Concern.CONDUCT: Outcome.TALKED,
    Concern.RAID: Outcome.NOT_A_PROBLEM,
}
HARMLESS = (
    "what a lovely day for sailing",
    "did anybody see the tide table",
    "kill -9 the old process and start it again",
    "i am dead tired",
    "that boat is sick",
    "who wants tea",
)
LOUD = (
    "you are such an idiot",
    "shut up you worthless clown",
    "nobody wants you here, leave",
    "i will find you and hurt you",
    "go kill yourself",
    "i want to die",
    "i feel so empty and hopeless",
    "my friend says she wants to end her life",
    "if you leave me i'll kill myself",
    "buy my cheap sails now",
)
RULES = {
    "thresholds": {"harassment": {"alert_level": 2}, "crisis": {"alert_level": 1}},
    "terms": [{"text": "cheap sails", "level": 2, "why": "A known scam."}],
    "overrides": [{"channels": ["quay"], "thresholds": {"harassment": {"alert_level": 3}}}],
    "ladder": [
        {"category": "harassment", "min_level": 2, "action": "warn", "mode": "automatic"},
        {"category": "harassment", "min_level": 3, "action": "timeout", "duration_s": 600, "mode": "automatic"},
        {"category": "harassment", "min_level": 3, "action": "delete", "mode": "propose"},
        {"category": "rules", "min_level": 2, "action": "slow_mode", "duration_s": 60, "mode": "automatic"},
    ],
}


def a_day(seed: int, count: int = 250) -> list[dict[str, Any]]:
    """What eight people might say in three channels, with pauses of seconds and of hours."""
    dice = random.Random(seed)
    minute = 0.0
    said = []
    for _ in range(count):
        minute += dice.choice([0.02, 0.1, 1.0, 7.0]) if dice.random() < 0.97 else dice.uniform(30, 200)
        people = dice.sample(["ann", "ben", "cy", "dot", "eve", "fin", "gus", "hal"], 2)
        text = dice.choice(LOUD if dice.random() < 0.3 else HARMLESS)
        more = {"reply_to_author": people[1]} if dice.random() < 0.4 else {}
        said.append(line(minute, people[0], text, channel=dice.choice(["pier", "quay", "boats"]), **more))
    return said


class Recorded:
    """A store that tells what was written of cases."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.written: list[Commit] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)

    async def commit(self, unit: Commit) -> Committed:
        result = await self._store.commit(unit)
        if result is Committed.WRITTEN and unit.cases:
            self.written.append(unit)
        return result


def told(units: Sequence[Commit]) -> list[dict[str, Any]]:
    """What the units say, with ids by the order in which they come up."""
    cases: dict[str, str] = {}
    messages: dict[str, int] = {}

    def of_case(case_id: str) -> str:
        return cases.setdefault(case_id, f"case {len(cases)}")

    def of_target(target: str) -> str:
        return cases.get(target) or (f"message {messages[target]}" if target in messages else target)

    plain = []
    for unit in units:
        for _, sealed in unit.texts:
            messages.setdefault(sealed.message.id, len(messages))
        plain.append(
            {
                "cases": [
                    replace(write.case, id=of_case(write.case.id), community="", closed_by=None)  # type: ignore[arg-type]
                    for write in unit.cases
                ],
                "evidence": [
                    replace(each, case_id=of_case(each.case_id), message_id=messages[each.message_id], link=None)  # type: ignore[arg-type]
                    for each in unit.evidence
                ],
                "texts": [
                    (of_case(case_id), messages[kept.message.id], kept.message.text, kept.is_context)
                    for case_id, kept in unit.texts
                ],
                "actions": [
                    (
                        of_case(each.case_id),
                        each.version,
                        each.kind,
                        of_target(each.target),
                        each.until,
                        each.enforcement,
                        each.params,
                        each.lane,
                    )
                    for each in unit.actions
                ],
                "timers": [(each.kind, of_case(each.key), each.due_at) for each in unit.timers],
                "audit": [(each.verb, each.at, each.facts, each.member) for each in unit.audit],
            }
        )
    return [unit for _, units in groupby(plain, _closing) for unit in _in_order(units)]


def _closing(unit: dict[str, Any]) -> object:
    """What was closed at the same moment has no order."""
    verb, at, *_ = unit["audit"][0]
    return at if verb == "resolved" else id(unit)


def _in_order(units: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(units, key=lambda unit: str(unit["cases"][0].id))


async def live(said: Sequence[dict[str, Any]], policy: CommunityPolicy, folder: Path) -> list[Commit]:
    """What the live house writes, message by message."""
    clock = FakeClock(START)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'live.sqlite3'}", clock=clock)
    store = Recorded(database.store)
    screening = Screening(
        await isolated_lanes({None: policy}, load_models(), lambda refused: None), SystemClock(), SilentNotices()
    )
    platform = LocalPlatform(intake=database.intake, clock=clock, members=(), channels=())
    house = wired(
        store=store,
        intake=database.intake,
        screening=screening,
        policy_of=lambda _: policy,
        platforms={LOCAL: platform},
        staff=Everybody(Role.OWNER),
        clock=clock,
        notices=SilentNotices(),
    )
    try:
        for each in said:
            spoken = Spoken(
                author=Author(id=MemberId(each["author"]), name=each["author"]),
                channel=Channel(id=ChannelId(each["channel"]), name=each["channel"]),
                text=each["text"],
                sent_at=START.fromisoformat(each["sent_at"]),
                reply_to_author=MemberId(each["reply_to_author"]) if "reply_to_author" in each else None,
            )
            assert spoken.sent_at is not None
            for case in sorted(await _open(store), key=lambda case: case.opened_at):
                if case.opened_at + CLOSE_AFTER <= spoken.sent_at:
                    clock.advance(case.opened_at + CLOSE_AFTER - clock.now())
                    actor = Actor(community=case.community, member=MODERATOR, roles=frozenset({Role.OWNER}))
                    params = {"outcome": OUTCOMES[case.concern]}
                    await house.queue.act(
                        actor, Click(case_id=case.id, verb=Verb.RESOLVE, turn=case.turn, params=params)
                    )
            clock.advance(spoken.sent_at - clock.now())
            await platform.say_all([spoken])
            while await house.engine.step():
                pass
            await house.delivery.deliver_due()
    finally:
        await screening.close()
        await database.close()
    return store.written


async def _open(store: Recorded) -> Sequence[Case]:
    found: Sequence[Case] = await store.cases("local:harbour", frozenset({State.WAITING, State.CLAIMED}), 1000)
    return found


class Telling(Ledger):
    """The ledger of a backtest, that also tells what it was told."""

    units: ClassVar[list[Commit]]

    async def commit(self, unit: Commit) -> Committed:
        result = await super().commit(unit)
        if result is Committed.WRITTEN and unit.cases:
            self.units.append(unit)
        return result


async def tried(
    said: Sequence[dict[str, Any]], policy: CommunityPolicy, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> list[Commit]:
    """What a backtest writes, its messages screened many at a time."""
    monkeypatch.setattr(Telling, "units", [], raising=False)
    monkeypatch.setattr(trial, "Ledger", Telling)
    leftovers = Leftovers()
    exports = Exports([written(folder / "said.jsonl", said)], leftovers)

    async def screening_of(policy: CommunityPolicy) -> Screening:
        lanes = await inline_lanes(policy, load_models(), lambda refused: None)
        return Screening(lanes, SystemClock(), SilentNotices())

    await backtest(exports, leftovers, [policy], screening_of, wishes=Wishes(close_after_minutes=60))
    return Telling.units


@pytest.mark.parametrize(("seed", "enforcement"), [(1, "shadow"), (2, "live"), (3, "shadow")])
async def test_a_backtest_decides_what_the_live_house_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, enforcement: str
) -> None:
    policy = CommunityPolicy.model_validate({**RULES, "enforcement": enforcement})
    said = a_day(seed)
    as_live = told(await live(said, policy, tmp_path))
    as_tried = told(await tried(said, policy, tmp_path, monkeypatch))
    opened = [unit for unit in as_live if any(verb == "case_opened" for verb, *_ in unit["audit"])]
    assert len(opened) > 10
    assert len(as_live) > 2 * len(opened)
    assert as_tried[: len(as_live)] == as_live
    assert {verb for unit in as_tried[len(as_live) :] for verb, *_ in unit["audit"]} <= {"resolved"}
