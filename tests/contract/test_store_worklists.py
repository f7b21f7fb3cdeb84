"""What every Store answers about the cases that people work from, in one community and never across two."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from core.model.case import OPEN_STATES, Case, CaseId, Concern, FollowUp, Outcome, Reason, State, Tier
from core.model.message import MemberId
from core.model.record import CaseWrite, Commit
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, ISLAND, a_case, an_action, an_evidence, new

ALL = frozenset(State)
MINUTE = timedelta(minutes=1)


async def keep(house: House, *cases: Case) -> None:
    for case in cases:
        await house.store.commit(Commit(cases=(new(case),)))


async def change(house: House, before: Case, after: Case) -> Case:
    written = replace(after, version=before.version + 1)
    await house.store.commit(Commit(cases=(CaseWrite(case=written, expected_version=before.version),)))
    return written


def due(name: str, minutes: float | None, *, level: int = 2, concern: Concern = Concern.CONDUCT) -> Case:
    """An open case about somebody of its own that should be claimed in so many minutes."""
    case = a_case(name, subject=name, level=level, concern=concern)
    return replace(case, target_at=None if minutes is None else START + minutes * MINUTE)


def closed(case: Case, outcome: Outcome, *, days_ago: float = 0, reason: Reason | None = None) -> Case:
    at = START - timedelta(days=days_ago)
    return replace(case, state=State.RESOLVED, outcome=outcome, reason=reason, closed_at=at, closed_by=BEN)


def names(cases: Sequence[Case]) -> list[str]:
    return [case.id for case in cases]


async def queued(house: House, states: frozenset[State] = OPEN_STATES, limit: int = 100) -> list[str]:
    return names(await house.store.cases(HARBOUR, states, limit))


async def test_grave_crisis_comes_by_level_and_everything_else_by_target(house: House) -> None:
    await keep(
        house,
        due("conduct-4", 1, level=4),
        due("no-target", None, level=4),
        due("crisis-3", 90, level=3, concern=Concern.CRISIS),
        due("conduct-1", -60, level=1),
        due("crisis-4", 99, level=4, concern=Concern.CRISIS),
        due("crisis-2", 0, level=2, concern=Concern.CRISIS),
        due("crisis-4-sooner", 5, level=4, concern=Concern.CRISIS),
    )
    assert await queued(house) == [
        "crisis-4-sooner",
        "crisis-4",
        "crisis-3",
        "conduct-1",
        "crisis-2",
        "conduct-4",
        "no-target",
    ]
    assert await queued(house, limit=2) == ["crisis-4-sooner", "crisis-4"]


async def test_at_the_same_target_the_higher_level_comes_first_and_then_the_older(house: House) -> None:
    await keep(
        house,
        due("low", 5, level=1),
        replace(due("young", 5), opened_at=START + MINUTE),
        due("old", 5),
        due("high", 5, level=3),
        replace(due("without-2", None), opened_at=START - MINUTE),
        due("without-3", None, level=3),
    )
    assert await queued(house) == ["high", "old", "young", "low", "without-3", "without-2"]


async def test_what_sleeps_comes_after_everything_that_does_not(house: House) -> None:
    def asleep(case: Case) -> Case:
        return replace(case, state=State.SNOOZED, snoozed_until=START + MINUTE)

    await keep(
        house,
        asleep(due("sleeping-late", 9)),
        asleep(due("sleeping", -60, level=4)),
        due("late", 600),
        due("without", None),
        replace(due("claimed", 1), state=State.CLAIMED, holder=BEN),
        closed(due("closed", 0), Outcome.TALKED),
    )
    assert await queued(house) == ["claimed", "late", "without", "sleeping", "sleeping-late"]
    assert await queued(house, ALL) == ["claimed", "late", "without", "sleeping", "sleeping-late", "closed"]
    assert await queued(house, frozenset({State.SNOOZED, State.CLAIMED})) == ["claimed", "sleeping", "sleeping-late"]


async def test_a_case_takes_its_new_place_when_it_changes(house: House) -> None:
    first, second = due("first", 1), due("second", 2)
    await keep(house, first, second)
    first = await change(house, first, replace(first, state=State.SNOOZED))
    assert await queued(house) == ["second", "first"]
    await change(house, first, replace(first, state=State.WAITING))
    assert await queued(house) == ["first", "second"]
    await change(house, second, replace(second, target_at=START))
    assert await queued(house) == ["second", "first"]


async def test_resolved_cases_follow_the_open_ones_newest_first_and_fill_the_page(house: House) -> None:
    await keep(
        house,
        *(closed(due(f"closed-{days}", 0, level=days), Outcome.TALKED, days_ago=days) for days in (2, 1, 3)),
        due("open", 5),
    )
    assert await queued(house, ALL, 3) == ["open", "closed-1", "closed-2"]
    assert await queued(house, ALL, 1) == ["open"]


async def test_a_case_comes_back_with_everything_that_it_holds(house: House) -> None:
    full = replace(
        a_case(concern=Concern.APPEAL),
        state=State.CLAIMED,
        waiting_since=START,
        target_at=START + MINUTE,
        chain_at=START + 2 * MINUTE,
        tier=Tier.ALL,
        is_quiet=True,
        holder=BEN,
        held_since=START,
        lease_until=START + 3 * MINUTE,
        second=MemberId("cay"),
        second_asked_at=START,
        snoozed_until=START + 4 * MINUTE,
        outcome=Outcome.DENIED,
        reason=Reason.QUOTE,
        closed_at=START,
        closed_by=BEN,
        parent=CaseId("parent"),
        held_until=START + 5 * MINUTE,
        follow_up=FollowUp.WEEK,
    )
    await keep(house, full)
    await house.restart()
    assert await house.store.case(HARBOUR, full.id) == full
    bare = replace(a_case(concern=Concern.APPEAL), version=2)
    await house.store.commit(Commit(cases=(CaseWrite(case=bare, expected_version=1),)))
    assert await house.store.case(HARBOUR, full.id) == bare


async def test_the_open_case_of_a_place_is_found_and_a_closed_one_is_not(house: House) -> None:
    conduct, crisis = a_case("conduct"), a_case("crisis", concern=Concern.CRISIS)
    await keep(house, conduct, crisis, closed(a_case("closed"), Outcome.TALKED), a_case("of-ben", subject=BEN))
    assert await house.store.open_case(HARBOUR, ANN, Concern.CONDUCT) == conduct
    assert await house.store.open_case(HARBOUR, ANN, Concern.CRISIS) == crisis
    assert await house.store.open_case(HARBOUR, ANN, Concern.RAID) is None
    await change(house, crisis, closed(crisis, Outcome.SUPPORT_OFFERED))
    assert await house.store.open_case(HARBOUR, ANN, Concern.CRISIS) is None


async def test_what_waits_for_the_digest_is_found_until_it_is_closed_or_called_out(house: House) -> None:
    quiet = [replace(due(f"quiet-{n}", 1), is_quiet=True, opened_at=START - n * MINUTE) for n in (1, 2, 3)]
    await keep(house, *quiet, due("loud", 1))
    assert names(await house.store.quiet_cases(HARBOUR)) == ["quiet-3", "quiet-2", "quiet-1"]
    await change(house, quiet[0], replace(quiet[0], is_quiet=False))
    await change(house, quiet[1], closed(quiet[1], Outcome.TALKED))
    assert names(await house.store.quiet_cases(HARBOUR)) == ["quiet-3"]


async def test_what_a_member_has_claimed_is_found_while_they_hold_it(house: House) -> None:
    def held(name: str, by: MemberId, age: int) -> Case:
        return replace(due(name, 1), state=State.CLAIMED, holder=by, opened_at=START - age * MINUTE)

    mine, older, theirs = held("mine", BEN, 1), held("older", BEN, 2), held("theirs", ANN, 3)
    await keep(house, mine, older, theirs, closed(due("closed", 1), Outcome.TALKED))
    assert names(await house.store.held_by(HARBOUR, BEN)) == ["older", "mine"]
    await change(house, mine, replace(mine, holder=ANN))
    await change(house, older, replace(older, state=State.WAITING, holder=None))
    assert names(await house.store.held_by(HARBOUR, BEN)) == []


async def test_only_what_waits_at_the_end_of_the_chain_is_unanswered(house: House) -> None:
    def at_tier(name: str, tier: Tier, age: int = 0) -> Case:
        return replace(due(name, 1), tier=tier, opened_at=START - age * MINUTE)

    late, later = at_tier("late", Tier.BANNER, 1), at_tier("later", Tier.BANNER, 2)
    await keep(house, late, later, at_tier("owners", Tier.OWNERS))
    await keep(house, replace(at_tier("claimed", Tier.BANNER), state=State.CLAIMED, holder=BEN))
    assert names(await house.store.unanswered(HARBOUR)) == ["later", "late"]
    await change(house, later, replace(later, state=State.CLAIMED, holder=BEN))
    assert names(await house.store.unanswered(HARBOUR)) == ["late"]


async def test_a_look_in_is_due_until_somebody_did_it(house: House) -> None:
    def cared_for(name: str, follow_up: FollowUp | None, age: int) -> Case:
        case = replace(due(name, 1, concern=Concern.CRISIS), follow_up=follow_up, opened_at=START - age * MINUTE)
        return closed(case, Outcome.SUPPORT_OFFERED)

    day, week = cared_for("day", FollowUp.DAY, 1), cared_for("week", FollowUp.WEEK, 2)
    await keep(house, day, week, cared_for("not-yet", None, 3))
    found = await house.store.follow_ups(HARBOUR)
    assert [(case.id, case.follow_up) for case in found] == [("week", FollowUp.WEEK), ("day", FollowUp.DAY)]
    await change(house, week, replace(week, follow_up=None))
    assert names(await house.store.follow_ups(HARBOUR)) == ["day"]


async def test_appeals_are_found_by_what_they_are_about_open_or_closed(house: House) -> None:
    def an_appeal(name: str, parent: str, age: int) -> Case:
        case = a_case(name, subject=name, concern=Concern.APPEAL, opened_at=START - age * MINUTE)
        return replace(case, parent=CaseId(parent))

    await keep(
        house,
        an_appeal("second", "case-1", 1),
        closed(an_appeal("first", "case-1", 2), Outcome.DENIED),
        an_appeal("of-another", "case-2", 3),
        a_case(),
    )
    assert names(await house.store.appeals(HARBOUR, CaseId("case-1"))) == ["first", "second"]
    assert list(await house.store.appeals(HARBOUR, CaseId("nowhere"))) == []


async def test_the_record_of_a_member_is_upheld_conduct_within_retention_and_nothing_else(house: House) -> None:
    def past(name: str, concern: Concern = Concern.CONDUCT, *, subject: str = ANN, age: int = 0) -> Case:
        return a_case(name, concern=concern, subject=subject, opened_at=START - timedelta(days=100, minutes=age))

    await keep(
        house,
        closed(past("recent"), Outcome.UPHELD, days_ago=1, reason=Reason.SPAM),
        closed(past("older", age=5), Outcome.UPHELD, days_ago=89),
        closed(past("expired"), Outcome.UPHELD, days_ago=90),
        closed(past("talked"), Outcome.TALKED),
        closed(past("raid", Concern.RAID), Outcome.UPHELD),
        closed(past("crisis", Concern.CRISIS), Outcome.SUPPORT_OFFERED),
        closed(past("appeal", Concern.APPEAL), Outcome.DENIED),
        closed(past("of-ben", subject=BEN), Outcome.UPHELD),
        a_case("open"),
    )
    found = await house.store.record(HARBOUR, ANN)
    assert [(case.id, case.reason) for case in found] == [("older", None), ("recent", Reason.SPAM)]
    house.clock.advance(timedelta(days=1))
    assert names(await house.store.record(HARBOUR, ANN)) == ["recent"]


async def test_no_list_crosses_from_one_community_to_another(house: House) -> None:
    await keep(
        house,
        replace(a_case("quiet"), is_quiet=True),
        replace(due("held", 1), state=State.CLAIMED, holder=BEN),
        replace(due("unanswered", 1), tier=Tier.BANNER),
        closed(replace(due("cared-for", 1, concern=Concern.CRISIS), follow_up=FollowUp.DAY), Outcome.HELP_CALLED),
        replace(due("appeal", 1, concern=Concern.APPEAL), parent=CaseId("quiet")),
        closed(a_case("upheld"), Outcome.UPHELD),
    )
    for community, found in ((HARBOUR, 1), (ISLAND, 0)):
        store = house.store
        assert (await store.open_case(community, ANN, Concern.CONDUCT) is not None) is bool(found)
        assert len(await store.quiet_cases(community)) == found
        assert len(await store.held_by(community, BEN)) == found
        assert len(await store.unanswered(community)) == found
        assert len(await store.follow_ups(community)) == found
        assert len(await store.appeals(community, CaseId("quiet"))) == found
        assert len(await store.record(community, ANN)) == found


async def test_many_cases_are_read_at_once_as_each_alone(house: House) -> None:
    store = house.store
    conduct = due("conduct", 1)
    await keep(
        house,
        conduct,
        due("crisis", 1, concern=Concern.CRISIS),
        closed(replace(conduct, id=CaseId("upheld")), Outcome.UPHELD, days_ago=2),
        closed(replace(conduct, id=CaseId("forgotten")), Outcome.UPHELD, days_ago=91),
    )
    cases = [CaseId("crisis"), CaseId("conduct")]
    for case_id in (*cases, CaseId("upheld")):
        case = await store.case(HARBOUR, case_id)
        assert case is not None
        await store.commit(Commit(evidence=(an_evidence(case),), actions=(an_action(f"of {case_id}", case=case),)))
    found = await store.dossiers(HARBOUR, [CaseId("unknown"), *cases])
    assert [each.case.id for each in found] == cases
    for each in found:
        assert each.case == await store.case(HARBOUR, each.case.id)
        assert list(each.evidence) == list(await store.evidence(HARBOUR, each.case.id))
        assert list(each.actions) == list(await store.actions(HARBOUR, each.case.id))
        assert len(each.evidence) == len(each.actions) == 1
    assert [names(each.record) for each in found] == [[], ["upheld"]]
    assert list(await store.dossiers(ISLAND, cases)) == []
    assert list(await store.dossiers(HARBOUR, [])) == []


async def test_unanswered_cases_are_asked_for_by_concern_and_not_all_at_once(house: House) -> None:
    for number in range(4):
        concern = Concern.CRISIS if number < 2 else Concern.CONDUCT
        case = due(f"case-{number}", 1, concern=concern)
        at = START + number * MINUTE
        await keep(house, replace(case, tier=Tier.BANNER, opened_at=at))
    conduct = frozenset({Concern.CONDUCT})
    assert names(await house.store.unanswered(HARBOUR, conduct)) == ["case-2", "case-3"]
    assert names(await house.store.unanswered(HARBOUR, conduct, 1)) == ["case-2"]
    assert names(await house.store.unanswered(HARBOUR, limit=3)) == ["case-0", "case-1", "case-2"]
