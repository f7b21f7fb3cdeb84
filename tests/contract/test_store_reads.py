"""What every Store answers about cases and the past, and never across communities."""

from dataclasses import replace
from datetime import timedelta

from core.flow.history import NO_HISTORY
from core.model.case import Case, CaseId, Concern, Outcome, State
from core.model.message import MessageId
from core.model.record import CaseWrite, Commit
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import (
    ANN,
    BEN,
    HARBOUR,
    ISLAND,
    PIER,
    a_case,
    a_draft,
    an_action,
    an_evidence,
    new,
    opening,
    sealed,
    the_past,
)


async def keep(house: House, *cases: Case) -> None:
    for case in cases:
        await house.store.commit(Commit(cases=(new(case),), evidence=(an_evidence(case),)))


def closed(case: Case, outcome: Outcome, *, days_ago: float = 0) -> Case:
    closed_at = START - timedelta(days=days_ago)
    return replace(case, state=State.RESOLVED, outcome=outcome, closed_at=closed_at, closed_by=BEN)


async def test_only_the_wanted_states_are_read(house: House) -> None:
    await keep(house, a_case("one"), replace(a_case("two", subject="b"), state=State.CLAIMED))
    found = await house.store.cases(HARBOUR, frozenset({State.CLAIMED}), 10)
    assert [case.id for case in found] == ["two"]


async def test_resolved_cases_come_newest_first_and_page_backwards(house: House) -> None:
    await keep(
        house,
        *(closed(a_case(f"case-{n}", level=n), Outcome.TALKED, days_ago=n) for n in (2, 1, 3)),
    )
    resolved = frozenset({State.RESOLVED})
    first = await house.store.cases(HARBOUR, resolved, 2)
    assert [case.id for case in first] == ["case-1", "case-2"]
    rest = await house.store.cases(HARBOUR, resolved, 2, before=first[-1].closed_at)
    assert [case.id for case in rest] == ["case-3"]


async def test_somebody_without_a_past_has_none(house: House) -> None:
    assert list(await house.store.history([the_past()])) == [NO_HISTORY]
    assert list(await house.store.history([])) == []


async def test_history_holds_the_open_cases_about_the_author_by_concern(house: House) -> None:
    conduct, crisis = a_case("conduct"), a_case("crisis", concern=Concern.CRISIS)
    await keep(house, conduct, crisis, a_case("of-ben", subject=BEN))
    (history,) = await house.store.history([the_past(9)])
    assert history.open_cases == {Concern.CONDUCT: conduct, Concern.CRISIS: crisis}
    assert history.is_in_crisis_care
    assert history.raid is None


async def test_history_holds_the_open_raid_about_the_channel(house: House) -> None:
    raid = a_case("raid", concern=Concern.RAID, subject=PIER.id)
    await keep(house, raid)
    (history,) = await house.store.history([the_past(9, author=BEN)])
    assert history.raid == raid
    assert history.open_cases == {}


async def test_of_a_closed_crisis_case_history_says_nothing(house: House) -> None:
    await keep(house, a_case("crisis", concern=Concern.CRISIS))
    resolved = replace(
        closed(a_case("crisis", concern=Concern.CRISIS, version=2), Outcome.SUPPORT_OFFERED), updated_at=START
    )
    await house.store.commit(Commit(cases=(CaseWrite(case=resolved, expected_version=1),)))
    assert list(await house.store.history([the_past(9)])) == [NO_HISTORY]


async def test_upheld_counts_closed_conduct_of_the_last_90_days(house: House) -> None:
    await keep(
        house,
        closed(a_case("recent-1"), Outcome.UPHELD, days_ago=1),
        closed(a_case("recent-2"), Outcome.UPHELD, days_ago=89),
        closed(a_case("expired"), Outcome.UPHELD, days_ago=91),
        closed(a_case("talked"), Outcome.TALKED),
        closed(a_case("raid", concern=Concern.RAID), Outcome.UPHELD),
        closed(a_case("of-ben", subject=BEN), Outcome.UPHELD),
    )
    (history,) = await house.store.history([the_past(9)])
    assert history.upheld == 2
    house.clock.advance(timedelta(days=2))
    (later,) = await house.store.history([the_past(9)])
    assert later.upheld == 1


async def test_an_undone_resolution_no_longer_counts(house: House) -> None:
    case = a_case()
    await keep(house, closed(case, Outcome.UPHELD))
    await house.store.commit(Commit(cases=(CaseWrite(case=replace(case, version=2), expected_version=1),)))
    (history,) = await house.store.history([the_past(9)])
    assert history.upheld == 0


async def test_alerted_tells_what_this_very_message_already_raised(house: House) -> None:
    conduct = closed(a_case("conduct"), Outcome.TALKED)
    crisis = a_case("crisis", concern=Concern.CRISIS)
    await house.store.commit(
        Commit(
            cases=(new(conduct), new(crisis)),
            evidence=(
                an_evidence(conduct, 1, level=1),
                an_evidence(conduct, 1, level=3, rule="rule-2"),
                an_evidence(crisis, 1, level=2),
                an_evidence(crisis, 2, level=4),
            ),
        )
    )
    this, other = await house.store.history([the_past(1), the_past(5)])
    assert this.alerted == {Concern.CONDUCT: 3, Concern.CRISIS: 2}
    assert other.alerted == {}


async def test_history_answers_in_the_order_of_the_questions(house: House) -> None:
    await keep(house, a_case("of-ann"), a_case("there", community=ISLAND, subject=BEN))
    pasts = [
        the_past(9, author=BEN),
        the_past(9),
        the_past(9, author=BEN, community=ISLAND),
        the_past(9, community=ISLAND),
        the_past(9),
    ]
    found = await house.store.history(pasts)
    assert [[case.id for case in each.open_cases.values()] for each in found] == [
        [],
        ["of-ann"],
        ["there"],
        [],
        ["of-ann"],
    ]


async def test_no_read_crosses_from_one_community_to_another(house: House) -> None:
    case, raid = a_case(), a_case("raid", concern=Concern.RAID, subject=PIER.id)
    await house.store.commit(
        Commit(
            cases=(new(case), new(raid), new(closed(a_case("upheld"), Outcome.UPHELD))),
            evidence=(an_evidence(case),),
            texts=((case.id, sealed()),),
            actions=(an_action("action-1"),),
            audit=(a_draft(case),),
        )
    )
    store = house.store
    assert await store.case(ISLAND, case.id) is None
    assert list(await store.cases(ISLAND, frozenset(State), 10)) == []
    assert list(await store.evidence(ISLAND, case.id)) == []
    assert list(await store.cases_with(ISLAND, MessageId("m1"))) == []
    assert list(await store.texts(ISLAND, case.id)) == []
    assert list(await store.actions(ISLAND, case.id)) == []
    assert list(await store.audit(ISLAND, 10)) == []
    assert list(await store.history([the_past(1, author=ANN, community=ISLAND)])) == [NO_HISTORY]
    assert len(await store.texts(HARBOUR, case.id)) == len(await store.actions(HARBOUR, case.id)) == 1


async def test_an_unknown_case_is_none(house: House) -> None:
    await house.store.commit(opening(a_case()))
    assert await house.store.case(HARBOUR, CaseId("nowhere")) is None
