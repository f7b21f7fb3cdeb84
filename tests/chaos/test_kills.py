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
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.local.clock import SystemClock
from adapters.local.journal import Entry, read_journal
from adapters.local.platform import HARBOUR
from adapters.store.database import Database
from core.model.action import ActionKind
from core.model.case import OPEN_STATES, Case, CaseId, State
from core.model.record import ActionState
from tests.chaos.town import script

KILLS = int(os.environ.get("LIGHTKEEPER_KILLS", "10"))
KILLS_A_STORY = 5
LENGTH = 60
VICTIM = Path(__file__).with_name("victim.py")
ROOT = VICTIM.parent.parent.parent

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
    rest = [str(drawn.randint(1, 150))] if at_point else []
    process = subprocess.Popen(_command(folder, seed, *rest), cwd=ROOT, env=_environment(), stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        if not at_point:
            time.sleep(drawn.uniform(0.0, 0.4))
            process.kill()
        code = process.wait(timeout=120)
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
        assert {case.id for case in cases} == set(alerted), "a case without an alert, or an alert without a case"
        assert set(alerted.values()) <= {1}, "a case was alerted twice"

        by_id = {case.id: case for case in cases}
        for click in read_journal(folder / "resolved.jsonl"):
            case = by_id[CaseId(click["case"])]
            assert case.state is State.RESOLVED, "a resolution that was answered is gone"
            assert case.outcome == click["outcome"]
            assert case.closed_by == click["by"]

        assert await database.store.verify_audit(HARBOUR) is None
        counts = await database.store.counts()
        assert counts["intake"] == 0
        assert counts["actions_pending"] == 0
    finally:
        await database.close()


async def _all_cases(database: Database) -> AsyncIterator[Case]:
    for states in (OPEN_STATES, frozenset({State.RESOLVED})):
        for case in await database.store.cases(HARBOUR, states, 10_000):
            yield case
