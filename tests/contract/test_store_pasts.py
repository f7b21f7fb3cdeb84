"""What every Store tells of a community's last minutes and of those who report, and of nobody's health."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.flow.history import History
from core.model.case import Case, Concern, Evidence, Outcome, Reason, State
from core.model.finding import Kind
from core.model.message import ChannelId, MemberId
from core.model.record import CaseWrite, Commit
from core.model.reporter import ReportCount
from core.ports import Past
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, ISLAND, PIER, a_case, an_evidence, new, the_past

MINUTE = timedelta(minutes=1)
LATELY = START - 10 * MINUTE
CAY = MemberId("cay")


async def keep(house: House, *cases: Case) -> None:
    for case in cases:
        await house.store.commit(Commit(cases=(new(case),)))


async def history(house: House, past: Past) -> History:
    (found,) = await house.store.history([past])
    return found


def opened(name: str, minutes_ago: float, concern: Concern = Concern.CONDUCT, **more: object) -> Case:
    case = a_case(name, subject=name, concern=concern, opened_at=START - minutes_ago * MINUTE)
    return replace(case, **more)  # type: ignore[arg-type]


def closed(case: Case, outcome: Outcome, *, days_ago: float = 0, reason: Reason | None = None) -> Case:
    at = START - timedelta(days=days_ago)
    return replace(case, state=State.RESOLVED, outcome=outcome, reason=reason, closed_at=at, closed_by=BEN)


async def test_an_appeal_is_no_case_about_the_author_s_messages(house: House) -> None:
    await keep(house, a_case("appeal", concern=Concern.APPEAL), a_case("conduct"))
    assert set((await history(house, the_past(9))).open_cases) == {Concern.CONDUCT}


async def test_a_group_that_writes_as_itself_and_so_has_the_id_of_its_channel_has_open_cases_too(house: House) -> None:
    conduct, crisis = (a_case(each.value, subject=PIER.id, concern=each) for each in (Concern.CONDUCT, Concern.CRISIS))
    await keep(house, conduct, crisis)
    found = await history(house, replace(the_past(9), author=MemberId(PIER.id)))
    assert found.open_cases == {Concern.CONDUCT: conduct, Concern.CRISIS: crisis}


async def test_a_raid_elsewhere_counts_while_it_goes_on_and_the_channel_s_own_always(house: House) -> None:
    past = replace(the_past(9), lately=LATELY)
    assert (await history(house, past)).raid is None
    await keep(
        house,
        opened("stale", 1, Concern.RAID, updated_at=LATELY - MINUTE),
        opened("older", 30, Concern.RAID, updated_at=START),
        opened("newer", 20, Concern.RAID, updated_at=LATELY),
        closed(opened("over", 1, Concern.RAID), Outcome.UPHELD),
        replace(opened("there", 1, Concern.RAID), community=ISLAND),
    )
    found = (await history(house, past)).raid
    assert found is not None
    assert found.id == "newer"
    assert (await history(house, replace(past, lately=None))).raid is None

    here = replace(opened("here", 600, Concern.RAID), subject=PIER.id)
    await keep(house, here)
    assert (await history(house, past)).raid == here
    assert (await history(house, replace(past, lately=None))).raid == here
    other = await history(house, replace(past, channel=ChannelId("beach")))
    assert other.raid is not None
    assert other.raid.id == "newer"


async def test_a_crisis_in_copies_counts_while_it_goes_on_and_the_channel_s_own_always(house: House) -> None:
    def in_channel(name: str, minutes_ago: float, channel: str, **more: object) -> Case:
        found = opened(name, minutes_ago, Concern.CRISIS, **more)
        return replace(found, subject=channel, channel=ChannelId(channel))

    past = replace(the_past(9), lately=LATELY)
    await keep(
        house,
        opened("of-a-member", 1, Concern.CRISIS),
        in_channel("stale", 1, "deck", updated_at=LATELY - MINUTE),
        in_channel("older", 30, "beach", updated_at=START),
        in_channel("newer", 20, "mole", updated_at=LATELY),
        closed(in_channel("over", 1, "quay"), Outcome.SUPPORT_OFFERED),
        replace(in_channel("there", 1, PIER.id), community=ISLAND),
    )
    found = await history(house, past)
    assert found.copies is not None
    assert (found.copies.id, found.raid, found.open_cases) == ("newer", None, {})
    assert (await history(house, replace(past, lately=None))).copies is None
    here = in_channel("here", 600, PIER.id)
    await keep(house, here)
    assert (await history(house, past)).copies == here
    assert (await history(house, replace(past, lately=None))).copies == here


async def test_who_wrote_one_of_the_copies_is_in_care_while_their_case_is_open(house: House) -> None:
    copies = replace(opened("copies", 5, Concern.CRISIS), subject=PIER.id)
    of_ben = replace(an_evidence(copies, 2), author=BEN)
    await house.store.commit(Commit(cases=(new(copies),), evidence=(an_evidence(copies, 1), of_ben)))
    asked = [replace(the_past(9), author=each) for each in (ANN, BEN, CAY)]
    found = [*await house.store.history(asked), await history(house, the_past(9, community=ISLAND))]
    assert [each.is_among_copies for each in found] == [True, True, False, False]
    over = replace(closed(copies, Outcome.SUPPORT_OFFERED), version=2)
    await house.store.commit(Commit(cases=(CaseWrite(case=over, expected_version=1),)))
    assert not (await history(house, the_past(9))).is_among_copies


async def test_how_many_conduct_cases_were_opened_lately_counts_closed_ones_too(house: House) -> None:
    await keep(
        house,
        opened("at-the-edge", 10),
        opened("now", 0),
        closed(opened("closed", 5), Outcome.NOT_A_PROBLEM),
        opened("before", 10.1),
        opened("crisis", 1, Concern.CRISIS),
        opened("raid", 1, Concern.RAID),
        opened("appeal", 1, Concern.APPEAL),
        replace(opened("there", 1), community=ISLAND),
    )
    assert (await history(house, replace(the_past(9), lately=LATELY))).opened_lately == 3
    assert (await history(house, replace(the_past(9), lately=LATELY, community=ISLAND))).opened_lately == 1
    assert (await history(house, the_past(9))).opened_lately == 0


async def test_the_day_s_mild_crisis_alerts_are_a_number_about_nobody_in_particular(house: House) -> None:
    await keep(
        house,
        opened("level-1", 10, Concern.CRISIS, level=1),
        closed(opened("level-2", 5, Concern.CRISIS, level=2), Outcome.SUPPORT_OFFERED),
        opened("level-3", 5, Concern.CRISIS, level=3),
        opened("quiet", 5, Concern.CRISIS, level=1, is_quiet=True),
        opened("yesterday", 11, Concern.CRISIS, level=1),
        opened("asked", 5, Concern.CRISIS, level=2, kind=Kind.ASKED),
        opened("conduct", 5, level=1),
        replace(opened("there", 5, Concern.CRISIS), community=ISLAND),
    )
    past = replace(the_past(9), today=LATELY)
    everybody = [replace(past, author=MemberId(name)) for name in ("ann", "level-1", "level-2")]
    assert [each.low_crisis_alerts for each in await house.store.history(everybody)] == [2, 2, 2]
    assert (await history(house, the_past(9))).low_crisis_alerts == 0
    assert (await history(house, past)).opened_lately == 0


async def test_questions_about_different_times_are_answered_together(house: House) -> None:
    await keep(house, opened("old", 8), opened("new", 2), opened("mild", 8, Concern.CRISIS, level=1))
    past = the_past(9)
    asked = [
        replace(past, lately=LATELY, today=LATELY),
        replace(past, lately=START - 5 * MINUTE),
        replace(past, today=START),
        past,
    ]
    found = await house.store.history(asked)
    assert [(each.opened_lately, each.low_crisis_alerts) for each in found] == [(2, 1), (1, 0), (0, 0), (0, 0)]


def reported(case: Case, number: int, *, by: MemberId = CAY, minutes_ago: float = 1, rule: str = "report") -> Evidence:
    found = an_evidence(case, number, rule=rule)
    return replace(found, reporter=by, reported_at=START - minutes_ago * MINUTE, attachments=2)


async def report(house: House, case: Case, *evidence: Evidence) -> None:
    await house.store.commit(Commit(cases=(new(case),), evidence=evidence))


async def test_a_report_comes_back_with_who_made_it_and_when(house: House) -> None:
    case = a_case()
    await report(house, case, reported(case, 1), an_evidence(case, 2))
    await house.restart()
    assert list(await house.store.evidence(HARBOUR, case.id)) == [reported(case, 1), an_evidence(case, 2)]


async def test_reports_of_two_members_about_one_message_are_two(house: House) -> None:
    case = a_case()
    await report(house, case, reported(case, 1), reported(case, 1, by=BEN), an_evidence(case, 1, rule="report"))
    found = await house.store.evidence(HARBOUR, case.id)
    assert {each.reporter for each in found} == {CAY, BEN, None}
    gone = replace(reported(case, 1), deleted_at=START)
    await house.store.commit(Commit(evidence=(gone,)))
    found = await house.store.evidence(HARBOUR, case.id)
    assert {(each.reporter, each.deleted_at) for each in found} == {(CAY, START), (BEN, None), (None, None)}


async def test_messages_reported_lately_are_counted_once_each(house: House) -> None:
    here, there = a_case(), a_case("there", community=ISLAND)
    await report(
        house,
        here,
        reported(here, 1),
        reported(here, 1, rule="another"),
        reported(here, 2, minutes_ago=10),
        reported(here, 3, minutes_ago=11),
        reported(here, 4, by=BEN),
        an_evidence(here, 5),
    )
    await report(house, there, reported(there, 6))
    assert await house.store.reports_by(HARBOUR, CAY, LATELY) == ReportCount(lately=2)
    assert await house.store.reports_by(HARBOUR, ANN, LATELY) == ReportCount()
    assert await house.store.reports_by(ISLAND, CAY, LATELY) == ReportCount(lately=1)


@pytest.mark.parametrize(
    ("outcome", "reason", "counted"),
    [
        (Outcome.UPHELD, None, ReportCount(upheld=2)),
        (Outcome.UPHELD, Reason.SPAM, ReportCount(upheld=2)),
        (Outcome.NOT_A_PROBLEM, Reason.ABUSIVE_REPORT, ReportCount(abusive=2)),
        (Outcome.NOT_A_PROBLEM, Reason.JOKE, ReportCount()),
        (Outcome.TALKED, None, ReportCount()),
    ],
)
async def test_what_people_found_of_a_report_counts_for_90_days(
    house: House, outcome: Outcome, reason: Reason | None, counted: ReportCount
) -> None:
    decided = closed(a_case(), outcome, reason=reason, days_ago=89)
    await report(
        house,
        decided,
        reported(decided, 1, minutes_ago=99),
        reported(decided, 1, minutes_ago=99, rule="another"),
        reported(decided, 2, minutes_ago=99),
        reported(decided, 3, by=BEN),
    )
    assert await house.store.reports_by(HARBOUR, CAY, LATELY) == counted
    house.clock.advance(timedelta(days=1))
    assert await house.store.reports_by(HARBOUR, CAY, LATELY) == ReportCount()


async def test_an_undone_decision_about_a_report_counts_no_more(house: House) -> None:
    case = a_case()
    decided = closed(case, Outcome.UPHELD)
    await report(house, decided, reported(decided, 1, minutes_ago=99))
    assert (await house.store.reports_by(HARBOUR, CAY, LATELY)).upheld == 1
    await house.store.commit(Commit(cases=(CaseWrite(case=replace(case, version=2), expected_version=1),)))
    assert await house.store.reports_by(HARBOUR, CAY, LATELY) == ReportCount()
