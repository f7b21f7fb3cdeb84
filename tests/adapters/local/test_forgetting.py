"""A store in memory that forgets: closed cases with all that hangs on them, and events that were decided long ago."""

from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.local.memory import MemoryStore
from core.flow.history import NO_HISTORY
from core.model.case import Outcome, State
from core.model.record import CaseWrite, Commit, Committed
from tests.clock import START, FakeClock
from tests.contract.samples import HARBOUR, a_case, a_draft, a_timer, an_action, an_evidence, new, sealed, the_past


async def test_a_closed_case_is_forgotten_with_everything_but_its_audit() -> None:
    store, case = MemoryStore(FakeClock()), a_case()
    unit = Commit(
        cases=(new(case),),
        evidence=(an_evidence(case),),
        texts=((case.id, sealed()),),
        actions=(an_action("a", case=case),),
        timers=(a_timer(case.id),),
        audit=(a_draft(case),),
    )
    await store.commit(unit)
    closed = replace(case, state=State.RESOLVED, outcome=Outcome.UPHELD, closed_at=START, version=2)
    await store.commit(Commit(cases=(CaseWrite(case=closed, expected_version=1),)))
    store.forget(case.id)
    left = {name: count for name, count in (await store.counts()).items() if count}
    assert left == {"audit": 1}
    assert await store.cases(HARBOUR, frozenset(State), 10) == []
    assert await store.history([the_past()]) == [NO_HISTORY]
    assert await store.cases_with(HARBOUR, the_past().message_id) == []


async def test_an_open_case_is_not_forgotten() -> None:
    store, case = MemoryStore(FakeClock()), a_case()
    await store.commit(Commit(cases=(new(case),)))
    with pytest.raises(ValueError, match=case.id):
        store.forget(case.id)
    assert await store.case(HARBOUR, case.id) == case


async def test_forgetting_one_case_leaves_what_another_has_of_the_same_message_and_member() -> None:
    store = MemoryStore(FakeClock())
    closed = replace(
        a_case("case-1"), state=State.RESOLVED, outcome=Outcome.UPHELD, closed_at=START - timedelta(days=1)
    )
    kept = replace(closed, id=a_case("case-2").id)
    for case in (closed, kept):
        await store.commit(Commit(cases=(new(case),), evidence=(an_evidence(case),)))
    store.forget(closed.id)
    (history,) = await store.history([the_past()])
    assert (history.upheld, len(history.alerted)) == (1, 1)


async def test_only_the_newest_keys_are_known_where_they_are_bounded() -> None:
    store = MemoryStore(FakeClock(), keys_kept=2)
    for key in ("a", "b", "c"):
        await store.commit(Commit(done=(key,)))
    assert await store.commit(Commit(done=("c",))) is Committed.ALREADY_DONE
    assert await store.commit(Commit(done=("a",))) is Committed.WRITTEN
    assert (await store.counts())["done"] == 2
