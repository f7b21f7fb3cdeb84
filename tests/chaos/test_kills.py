"""Real processes under `kill -9`: nothing acknowledged is lost, nothing is done twice (promise 1).

The oracle compares what the outside world saw (the local platform's journal) with what was said and decided.
`LIGHTKEEPER_KILLS` sets how many kills are tried: 10 here, 100 in `make chaos`.
"""

import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from adapters.local.clock import SystemClock
from adapters.local.journal import Entry, read_journal
from adapters.local.platform import HARBOUR
from adapters.store.database import Database
from core.desk.clicks import Verb
from core.flow.pacing import CHAIN_TIMER, LEASE_TIMER, SNOOZE_TIMER
from core.flow.planning import UNDOES
from core.model.action import LAWS, ActionKind, Retry
from core.model.audit import AuditVerb
from core.model.case import OPEN_STATES, Case, Concern, State, Tier
from core.model.record import ActionState, AuditEntry
from tests.chaos.town import script

KILLS = int(os.environ.get("LIGHTKEEPER_KILLS", "10"))
KILLS_A_STORY = 5
LENGTH = 60
VICTIM = Path(__file__).with_name("victim.py")
ROOT = VICTIM.parent.parent.parent

AUDITED: Mapping[str, AuditVerb] = {
    Verb.CLAIM: AuditVerb.CLAIMED,
    Verb.EXTEND: AuditVerb.EXTENDED,
    Verb.RELEASE: AuditVerb.RELEASED,
    Verb.HAND_OVER: AuditVerb.HANDED_OVER,
    Verb.SNOOZE: AuditVerb.SNOOZED,
    Verb.RESOLVE: AuditVerb.RESOLVED,
    Verb.UNDO: AuditVerb.UNDONE,
    Verb.ASK_SECOND: AuditVerb.SECOND_ASKED,
    Verb.SECOND: AuditVerb.SECONDED,
    Verb.NOTE: AuditVerb.NOTED,
    Verb.HOLD: AuditVerb.TEXT_HELD,
    Verb.ORDER: AuditVerb.ACTION_ORDERED,
    Verb.CARRY_OUT: AuditVerb.ACTION_ORDERED,
    Verb.UNDO_ACTION: AuditVerb.ACTION_UNDONE,
    "appeal": AuditVerb.APPEALED,
}
"""How the audit tells what somebody was answered."""

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


@pytest.mark.parametrize("seed", range(max(1, KILLS // KILLS_A_STORY)))
def test_killed_at_any_moment_it_loses_nothing_and_repeats_nothing(seed: int, tmp_path: Path) -> None:
    drawn = random.Random(seed)
    killed = 0
    unrecorded: Counter[str] = Counter()
    while killed < KILLS_A_STORY:
        killed += _run(tmp_path, seed, drawn)
        unrecorded.update(asyncio.run(_unrecorded(tmp_path)))
        if killed < KILLS_A_STORY and _has_said_everything(tmp_path, seed):
            break
    assert killed > 0, "no run of this seed was killed: the test proved nothing"
    finished = subprocess.run(_command(tmp_path, seed), cwd=ROOT, env=_environment(), timeout=120, check=False)
    assert finished.returncode == 0
    asyncio.run(_compare(tmp_path, seed))
    journal = read_journal(tmp_path / "journal.jsonl")
    assert not _needless_repeats(journal, unrecorded), "an action whose outcome was recorded was ordered again"


def test_the_oracle_sees_an_action_that_was_ordered_again_without_need() -> None:
    journal = [{"what": "performed", "key": "a"}, {"what": "double", "key": "a"}, {"what": "said", "id": "1"}]
    assert _needless_repeats(journal, Counter({"a": 1})) == {}
    assert _needless_repeats(journal, Counter({"b": 1})) == {"a": 1}
    assert _needless_repeats([*journal, journal[1]], Counter({"a": 1})) == {"a": 1}


def _needless_repeats(journal: Sequence[Entry], unrecorded: Counter[str]) -> dict[str, int]:
    """How often the platform saw each key again beyond the kills that left its outcome unrecorded."""
    doubles = Counter(entry["key"] for entry in journal if entry["what"] == "double")
    return dict(doubles - unrecorded)


async def _unrecorded(folder: Path) -> set[str]:
    """The actions that the platform carried out while the store doesn't know how they ended."""
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'town.sqlite3'}", clock=SystemClock())
    try:
        records = [
            record async for case in _all_cases(database) for record in await database.store.actions(HARBOUR, case.id)
        ]
    finally:
        await database.close()
    open_ended = {record.action.key for record in records if record.state in {ActionState.PENDING, ActionState.CLAIMED}}
    performed = {entry["key"] for entry in read_journal(folder / "journal.jsonl") if entry["what"] == "performed"}
    return performed & open_ended


def _command(folder: Path, seed: int, *rest: str) -> list[str]:
    return [sys.executable, str(VICTIM), str(folder), str(seed), str(LENGTH), *rest]


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def _run(folder: Path, seed: int, drawn: random.Random) -> int:
    """Start a victim and kill it; 1 when it really died by the kill."""
    at_point = drawn.random() < 0.5
    rest = [str(drawn.randint(1, 400))] if at_point else []
    process = subprocess.Popen(_command(folder, seed, *rest), cwd=ROOT, env=_environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        if not at_point:
            time.sleep(drawn.uniform(0.0, 0.4))
            process.kill()
        code = process.wait(timeout=120)
    assert code in {0, -signal.SIGKILL}, "it neither ended nor was killed: started again it would fail the same way"
    return int(code == -signal.SIGKILL)


def _has_said_everything(folder: Path, seed: int) -> bool:
    return len(read_journal(folder / "said.jsonl")) >= len(script(seed, LENGTH))


async def _compare(folder: Path, seed: int) -> None:
    journal = read_journal(folder / "journal.jsonl")
    said = {int(entry["line"]): entry["id"] for entry in read_journal(folder / "said.jsonl")}
    effects = [entry for entry in journal if entry["what"] == "performed"]

    times = Counter(entry["key"] for entry in effects)
    assert not [key for key, count in times.items() if count > 1], "an action was carried out twice"

    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'town.sqlite3'}", clock=SystemClock())
    try:
        cases = [case async for case in _all_cases(database)]
        evidence = {each.message_id for case in cases for each in await database.store.evidence(HARBOUR, case.id)}
        lines = script(seed, LENGTH)
        lost = [
            number for number, message_id in said.items() if lines[number].must_alert and message_id not in evidence
        ]
        assert not lost, "a message that was acknowledged reached no case"

        alerted = Counter(entry["case"] for entry in effects if entry["kind"] == ActionKind.ALERT)
        shown = {case.id for case in cases if not case.is_quiet}
        assert shown == set(alerted), "a case without an alert, or an alert without a case"
        assert set(alerted.values()) <= {1}, "a case was alerted twice"

        told = await _whole_audit(database)
        answered: Counter[tuple[str | None, str, str]] = Counter()
        answered.update((e["case"], AUDITED[e["verb"]], e["by"]) for e in read_journal(folder / "answered.jsonl"))
        written: Counter[tuple[str | None, str, str]] = Counter()
        written.update((each.case_id, each.verb, each.actor) for each in told)
        written.update((each.id, AuditVerb.APPEALED, each.subject) for each in cases if each.parent)
        assert not set(answered) - set(written)
        once = Counter({what: count for what, count in answered.items() if what[1] != AuditVerb.APPEALED})
        assert not once - written, "what somebody was answered is gone"
        _replay_holders(cases, told)
        await _compare_actions(database, cases, journal)
        await _compare_timers(database, cases)

        assert await database.store.verify_audit(HARBOUR) is None
        counts = await database.store.counts()
        assert counts["intake"] == 0
        assert counts["actions_pending"] == 0
    finally:
        await database.close()


def _replay_holders(cases: Sequence[Case], told: Sequence[AuditEntry]) -> None:
    """From first to last nobody took a case that somebody held, and everybody who holds one took it."""
    holders: dict[str, str | None] = {}
    for each in told:
        held_by = holders.get(each.case_id or "")
        match each.verb:
            case AuditVerb.CLAIMED | AuditVerb.UNDONE:
                assert held_by is None, "a case was claimed that somebody held"
                holders[each.case_id or ""] = each.actor
            case AuditVerb.HANDED_OVER:
                assert held_by == each.actor
                holders[each.case_id or ""] = each.facts["to"]
            case AuditVerb.RELEASED | AuditVerb.RESOLVED | AuditVerb.SNOOZED:
                assert held_by in {None, each.actor}
                holders[each.case_id or ""] = None
            case AuditVerb.LEASE_LAPSED | AuditVerb.HOLDER_GONE:
                holders[each.case_id or ""] = None
    assert {case.id: case.holder for case in cases} == {case.id: holders.get(case.id) for case in cases}


async def _compare_actions(database: Database, cases: Sequence[Case], journal: Sequence[Entry]) -> None:
    records = {each.action.key: each for case in cases for each in await database.store.actions(HARBOUR, case.id)}
    place = {entry["key"]: number for number, entry in enumerate(journal) if entry["what"] == "performed"}
    doubles = {entry["key"] for entry in journal if entry["what"] == "double"}
    undone = Counter(each.action.params.get(UNDOES) for key, each in records.items() if key in place)
    del undone[None]
    assert set(undone.values()) <= {1}, "something was undone twice"
    for key, record in records.items():
        action = record.action
        has_happened = record.state is ActionState.DONE and record.receipt  # without one, it was so already
        assert not has_happened or key in place, "written down as done, and never happened"
        assert key not in doubles or LAWS[action.kind].retry is not Retry.NEVER, "a member was told twice"
        if action.after in place and key in place:
            assert place[action.after] < place[key], "a member was told after the fact"
        if LAWS[action.kind].enforces:
            concern = next(case.concern for case in cases if case.id == action.case_id)
            assert concern is not Concern.CRISIS, "somebody was punished for a crisis"


async def _compare_timers(database: Database, cases: Sequence[Case]) -> None:
    """Whatever waits for something has its timer."""
    far = datetime.max.replace(tzinfo=UTC) - timedelta(days=1)
    timers = {(each.kind, each.key) for each in await database.store.due_timers(far, 100_000)}
    for case in cases:
        assert case.state is not State.CLAIMED or (LEASE_TIMER, case.id) in timers
        assert case.state is not State.SNOOZED or (SNOOZE_TIMER, case.id) in timers
        calls = case.state is State.WAITING and not case.is_quiet and case.tier < Tier.BANNER
        assert not calls or (CHAIN_TIMER, case.id) in timers


async def _whole_audit(database: Database) -> list[AuditEntry]:
    """Oldest first."""
    return list(reversed(await database.store.audit(HARBOUR, 100_000)))


async def _all_cases(database: Database) -> AsyncIterator[Case]:
    for states in (OPEN_STATES, frozenset({State.RESOLVED})):
        for case in await database.store.cases(HARBOUR, states, 10_000):
            yield case
