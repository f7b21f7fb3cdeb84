"""How the databases look things up: what is asked at every message or page reads no row that it doesn't need.

Both are asked for their plan over many open cases; neither may sort the queue or walk through a whole table.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import asyncpg
import pytest
from sqlalchemy import event

from adapters.store.database import Database
from core.model.case import OPEN_STATES, Case, CaseId, Concern, Outcome, State
from core.model.message import MemberId, MessageId
from core.model.record import Commit
from tests.clock import START, FakeClock
from tests.contract.conftest import a_postgres_database
from tests.contract.samples import ANN, BEN, HARBOUR, PIER, a_case, an_action, an_evidence, new, the_past

CASES = 10_000
LATELY = START - timedelta(minutes=10)

Asking = Callable[[Database], Awaitable[object]]


def a_crowd() -> Sequence[Case]:
    """Open cases about as many members, every tenth of them asleep, and a fifth as many closed ones."""
    crowd = [
        replace(
            a_case(f"case-{n}", subject=f"member-{n}", level=1 + n % 4, opened_at=START - timedelta(hours=n)),
            state=State.SNOOZED if n % 10 == 0 else State.WAITING,
            target_at=START - timedelta(minutes=n * 7919 % CASES),
        )
        for n in range(CASES)
    ]
    over = {"state": State.RESOLVED, "outcome": Outcome.TALKED}
    return crowd + [
        replace(case, id=CaseId(f"closed-{case.id}"), closed_at=case.opened_at, **over)  # type: ignore[arg-type]
        for case in crowd[::5]
    ]


async def fill(url: str, key_path: Path) -> None:
    database = await Database.open(url, clock=FakeClock(), key_path=key_path)
    crowd = a_crowd()
    for start in range(0, len(crowd), 500):
        some = crowd[start : start + 500]
        actions = tuple(replace(an_action(f"card-{case.id}", case=case), target=case.id) for case in some[::5])
        evidence = tuple(replace(an_evidence(case), message_id=MessageId(f"m-{case.id}")) for case in some[::5])
        await database.store.commit(Commit(cases=tuple(new(case) for case in some), evidence=evidence, actions=actions))
    await database.close()
    if url.startswith("postgresql"):  # it plans by what it has counted; by itself it counts a minute later
        server = await asyncpg.connect(url)
        await server.execute("ANALYZE")
        await server.close()


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """Address and keys of a database with so many open cases that a plan shows whether it would walk through them."""
    folder = tmp_path_factory.mktemp("crowded")
    with asyncio.Runner() as runner:
        if request.param == "sqlite":
            url = f"sqlite:///{folder / 'house.sqlite3'}"
            runner.run(fill(url, folder / "house"))
            yield url, folder / "house"
            return
        server = a_postgres_database()
        url = runner.run(server.__aenter__())
        try:
            runner.run(fill(url, folder / "house"))
            yield url, folder / "house"
        finally:
            runner.run(server.__aexit__(None, None, None))


@pytest.fixture
async def crowded(place: tuple[str, Path]) -> AsyncIterator[Database]:
    url, key_path = place
    database = await Database.open(url, clock=FakeClock(), key_path=key_path)
    yield database
    await database.close()


async def plans_of(database: Database, ask: Asking) -> list[str]:
    """The plan of every statement that an answer takes."""
    engine, seen = database._engines.reader.sync_engine, list[tuple[str, object]]()

    def note(_: object, __: object, statement: str, parameters: object, *___: object) -> None:
        seen.append((statement, parameters))

    event.listen(engine, "before_cursor_execute", note)
    try:
        await ask(database)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    explain = "EXPLAIN QUERY PLAN " if engine.dialect.name == "sqlite" else "EXPLAIN "
    plans = []
    async with database._engines.reader.connect() as connection:
        for statement, parameters in seen:
            rows = await connection.exec_driver_sql(explain + statement, parameters)  # type: ignore[arg-type]
            plans.append("\n".join(str(row[-1]) for row in rows))
    assert plans, "nothing was asked"
    return plans


def walks(plan: str) -> list[str]:
    """The lines of a plan that read a whole table, or an index that doesn't narrow it down."""
    return [line for line in plan.splitlines() if "Seq Scan" in line or re.match(r"SCAN (?!CONSTANT)", line.strip())]


@pytest.mark.parametrize("states", [OPEN_STATES, frozenset(State), frozenset({State.WAITING})], ids=len)
async def test_the_queue_is_read_in_order_by_its_index(crowded: Database, states: frozenset[State]) -> None:
    asked = await plans_of(crowded, lambda database: database.store.cases(HARBOUR, states, 100))
    assert "ix_cases_urgency" in asked[0]
    for plan in asked:
        assert walks(plan) == []
        # What is left to sort are ties: cases whose target is the very same moment.
        assert "USE TEMP B-TREE FOR ORDER BY" not in plan
        assert not re.search(r"(?<!Incremental )Sort  ", plan)


@pytest.mark.parametrize(
    ("ask", "index"),
    [
        (lambda database: database.store.cases(HARBOUR, frozenset({State.RESOLVED}), 100), "ix_cases_resolved"),
        (lambda database: database.store.open_case(HARBOUR, ANN, Concern.CONDUCT), "uq_cases_open_place"),
        (lambda database: database.store.quiet_cases(HARBOUR), "ix_cases_quiet"),
        (lambda database: database.store.held_by(HARBOUR, BEN), "ix_cases_holder"),
        (lambda database: database.store.unanswered(HARBOUR), "ix_cases_unanswered"),
        (lambda database: database.store.follow_ups(HARBOUR), "ix_cases_follow_up"),
        (lambda database: database.store.appeals(HARBOUR, CaseId("case-1")), "ix_cases_parent"),
        (lambda database: database.store.record(HARBOUR, ANN), "ix_cases_upheld"),
        (lambda database: database.store.reports_by(HARBOUR, MemberId("cay"), LATELY), "ix_evidence_reporter"),
        (lambda database: database.store.actions_on(HARBOUR, ANN), "ix_actions_on"),
        (lambda database: database.store.action(HARBOUR, "card-1"), "actions"),
    ],
    ids=["resolved", "open", "quiet", "held", "unanswered", "follow-ups", "appeals", "record", "reports", "on", "one"],
)
async def test_every_list_has_an_index_of_its_own(crowded: Database, ask: Asking, index: str) -> None:
    (plan,) = await plans_of(crowded, ask)
    assert index in plan
    assert walks(plan) == []


async def test_what_a_decision_may_know_is_found_without_walking_through_the_cases(crowded: Database) -> None:
    past = replace(the_past(1), lately=LATELY, today=LATELY)
    asked = await plans_of(crowded, lambda database: database.store.history([past]))
    assert [walks(plan) for plan in asked] == [[]] * len(asked)
    assert sum("ix_cases_in_channel" in plan for plan in asked) == 1
    assert not any("ix_cases_urgency" in plan for plan in asked)
    assert PIER.id == past.channel


async def test_what_is_due_for_delivery_is_found_in_order_also_while_much_of_it_waits(crowded: Database) -> None:
    asked = await plans_of(crowded, lambda database: database.store.claim_actions(START, 10))
    assert "ix_actions_waiting" in asked[0]
    assert walks(asked[0]) == []
