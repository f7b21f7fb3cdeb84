"""What every Store does with a commit: all or nothing, once, and on the version that was read."""

import asyncio
from dataclasses import replace

import pytest

from core.errors import GaveUp
from core.model.case import CaseId, Concern, State
from core.model.message import MessageId
from core.model.record import CaseWrite, Commit, Committed
from tests.contract.conftest import House
from tests.contract.samples import (
    ANN,
    BEN,
    HARBOUR,
    ISLAND,
    a_case,
    a_draft,
    a_timer,
    an_action,
    an_evidence,
    new,
    opening,
    sealed,
)

EVERYTHING = Commit(
    done=("key-1", "key-2"),
    cases=(new(a_case()),),
    evidence=(an_evidence(a_case()),),
    texts=((a_case().id, sealed()),),
    actions=(an_action("action-1"),),
    timers=(a_timer(),),
    audit=(a_draft(a_case()),),
)


async def rows(house: House) -> dict[str, int]:
    return {name: count for name, count in (await house.store.counts()).items() if count}


async def test_one_commit_writes_all_of_its_parts(house: House) -> None:
    assert await house.store.commit(EVERYTHING) is Committed.WRITTEN
    await house.restart()
    assert await rows(house) == {
        "done": 2,
        "cases": 1,
        "cases_open": 1,
        "evidence": 1,
        "texts": 1,
        "actions": 1,
        "actions_pending": 1,
        "timers": 1,
        "audit": 1,
    }
    assert await house.store.case(HARBOUR, CaseId("case-1")) == a_case()
    assert await house.store.evidence(HARBOUR, CaseId("case-1")) == [an_evidence(a_case())]


async def test_a_case_that_is_open_and_held_comes_back_field_by_field(house: House) -> None:
    await house.store.commit(opening(a_case()))
    held = replace(
        a_case(),
        state=State.CLAIMED,
        version=2,
        holder=BEN,
        held_since=house.clock.now(),
        lease_until=house.clock.now(),
        snoozed_until=house.clock.now(),
        tier=2,
    )
    assert await house.store.commit(Commit(cases=(CaseWrite(case=held, expected_version=1),))) is Committed.WRITTEN
    assert await house.store.case(HARBOUR, held.id) == held


async def test_one_known_event_key_keeps_the_whole_unit_out(house: House) -> None:
    await house.store.commit(Commit(done=("key-2",)))
    assert await house.store.commit(EVERYTHING) is Committed.ALREADY_DONE
    assert await rows(house) == {"done": 1}
    assert await house.store.commit(Commit(done=("key-1",))) is Committed.WRITTEN


async def test_the_same_commit_again_changes_nothing(house: House) -> None:
    await house.store.commit(EVERYTHING)
    before = await rows(house)
    assert await house.store.commit(EVERYTHING) is Committed.ALREADY_DONE
    assert await rows(house) == before


async def test_a_partly_known_unit_of_event_keys_alone_marks_none_of_them(house: House) -> None:
    await house.store.commit(Commit(done=("key-1",)))
    assert await house.store.commit(Commit(done=("key-1", "key-2"))) is Committed.ALREADY_DONE
    assert await house.store.commit(Commit(done=("key-2",))) is Committed.WRITTEN


async def test_another_version_than_expected_is_stale_and_writes_nothing(house: House) -> None:
    await house.store.commit(opening(a_case()))
    before = await rows(house)
    late = replace(EVERYTHING, cases=(CaseWrite(case=a_case(version=3), expected_version=2),))
    assert await house.store.commit(late) is Committed.STALE
    assert await rows(house) == before
    assert await house.store.case(HARBOUR, a_case().id) == a_case()


async def test_a_case_that_is_gone_before_it_was_made_is_stale(house: House) -> None:
    missing = Commit(cases=(CaseWrite(case=a_case(version=2), expected_version=1),), done=("key-1",))
    assert await house.store.commit(missing) is Committed.STALE
    assert await rows(house) == {}


async def test_a_second_open_case_for_the_same_place_is_stale(house: House) -> None:
    await house.store.commit(opening(a_case("case-1")))
    assert await house.store.commit(opening(a_case("case-2"))) is Committed.STALE
    assert await house.store.case(HARBOUR, CaseId("case-2")) is None


async def test_another_concern_subject_or_community_is_another_place(house: House) -> None:
    units = [
        opening(a_case("case-1")),
        opening(a_case("case-2", concern=Concern.CRISIS)),
        opening(a_case("case-3", subject=BEN)),
        opening(a_case("case-4", community=ISLAND)),
    ]
    assert [await house.store.commit(unit) for unit in units] == [Committed.WRITTEN] * 4


async def test_a_resolved_case_makes_room_and_cannot_be_reopened_into_a_taken_place(house: House) -> None:
    first = a_case("case-1")
    await house.store.commit(opening(first))
    closed = replace(first, state=State.RESOLVED, version=2, closed_at=house.clock.now())
    await house.store.commit(Commit(cases=(CaseWrite(case=closed, expected_version=1),)))
    assert await house.store.commit(opening(a_case("case-2"))) is Committed.WRITTEN
    reopened = replace(first, version=3)
    reopening = Commit(cases=(CaseWrite(case=reopened, expected_version=2),), done=("key-1",))
    assert await house.store.commit(reopening) is Committed.STALE
    assert (await house.store.counts())["done"] == 0


async def test_a_case_of_another_community_cannot_be_overwritten(house: House) -> None:
    await house.store.commit(opening(a_case()))
    foreign = a_case(community=ISLAND, version=2)
    assert await house.store.commit(Commit(cases=(CaseWrite(case=foreign, expected_version=1),))) is Committed.STALE
    assert await house.store.case(HARBOUR, a_case().id) == a_case()


async def test_evidence_for_a_case_that_does_not_exist_is_refused_whole(house: House) -> None:
    with pytest.raises(GaveUp):
        await house.store.commit(Commit(done=("key-1",), evidence=(an_evidence(a_case()),), timers=(a_timer(),)))
    assert await rows(house) == {}


async def test_units_that_wait_together_do_not_spoil_each_other(house: House) -> None:
    await house.store.commit(Commit(done=("known",)))
    await house.store.commit(opening(a_case("taken", subject="member-taken")))
    good = [
        Commit(
            done=(f"key-{n}",),
            cases=(new(a_case(f"case-{n}", subject=f"member-{n}")),),
            evidence=(an_evidence(a_case(f"case-{n}"), n),),
            audit=(a_draft(a_case(f"case-{n}")),),
        )
        for n in range(30)
    ]
    bad = [
        Commit(done=("fresh-1", "known"), timers=(a_timer("fresh-1"),)),
        Commit(done=("fresh-2",), cases=(new(a_case("other", subject="member-taken")),), timers=(a_timer("fresh-2"),)),
        Commit(done=("fresh-3",), evidence=(an_evidence(a_case("nowhere")),), timers=(a_timer("fresh-3"),)),
    ]
    units = [*good[:15], *bad, *good[15:]]
    answers = await asyncio.gather(*(house.store.commit(unit) for unit in units), return_exceptions=True)
    assert answers[15:17] == [Committed.ALREADY_DONE, Committed.STALE]
    assert isinstance(answers[17], GaveUp)
    assert [*answers[:15], *answers[18:]] == [Committed.WRITTEN] * 30
    counts = await house.store.counts()
    assert (counts["done"], counts["cases"], counts["evidence"], counts["timers"]) == (31, 31, 30, 0)
    assert counts["audit"] == 30
    assert await house.store.verify_audit(HARBOUR) is None


async def test_of_two_units_that_decide_the_same_at_once_one_is_written(house: House) -> None:
    units = [Commit(done=("key-1",)), Commit(done=("key-1", "key-2")), Commit(done=("key-1",), timers=(a_timer(),))]
    answers = await asyncio.gather(*(house.store.commit(unit) for unit in units))
    assert sorted(answers) == [Committed.ALREADY_DONE, Committed.ALREADY_DONE, Committed.WRITTEN]


async def test_of_many_claims_on_one_version_one_is_written(house: House) -> None:
    await house.store.commit(opening(a_case()))
    claims = [
        Commit(cases=(CaseWrite(case=replace(a_case(), version=2, holder=ANN, tier=n), expected_version=1),))
        for n in range(10)
    ]
    answers = await asyncio.gather(*(house.store.commit(unit) for unit in claims))
    assert sorted(answers) == [Committed.STALE] * 9 + [Committed.WRITTEN]


async def test_the_same_finding_again_replaces_its_evidence(house: House) -> None:
    case, deleted_at = a_case(), house.clock.now()
    await house.store.commit(
        Commit(cases=(new(case),), evidence=(an_evidence(case, 1), an_evidence(case, 1, rule="rule-2")))
    )
    gone = replace(an_evidence(case, 1), deleted_at=deleted_at, level=1)
    await house.store.commit(Commit(evidence=(gone,)))
    assert await house.store.evidence(HARBOUR, case.id) == [gone, an_evidence(case, 1, rule="rule-2")]


async def test_evidence_is_read_oldest_first_and_found_by_its_message(house: House) -> None:
    case = a_case()
    await house.store.commit(
        Commit(cases=(new(case),), evidence=tuple(an_evidence(case, number) for number in (3, 1, 2)))
    )
    assert [each.message_id for each in await house.store.evidence(HARBOUR, case.id)] == ["m1", "m2", "m3"]
    assert list(await house.store.cases_with(HARBOUR, MessageId("m2"))) == [case]
    assert list(await house.store.cases_with(HARBOUR, MessageId("m9"))) == []
