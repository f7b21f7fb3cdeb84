"""How long every store knows whom a closed case was about: the timers of cases, fired on a clock that is moved."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.desk.due import CaseTimers
from core.desk.forgetting import APPEAL_AGAIN_AFTER, ENDLESS_AGAIN_AFTER
from core.errors import TextGone
from core.flow.pacing import FORGET_TIMER, FORGOTTEN_AFTER, timer_changes
from core.flow.timers import Timers
from core.model.action import ActionKind, Lane
from core.model.advancing import advance
from core.model.audit import AuditVerb
from core.model.case import COUNTS_FOR, Case, CaseId, Concern, Outcome
from core.model.case_event import CaseEvent, ErasureAsked, Reopened, Resolved
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.record import Action, ActionState, CaseWrite, Commit, Committed
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, a_case, a_draft, an_action, an_evidence, new, sealed
from tests.core.noticeboard import Noticeboard

FIRST = CaseId("case-1")
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
ENDING: dict[Concern, Outcome] = {
    Concern.CRISIS: Outcome.HELP_CALLED,
    Concern.CONDUCT: Outcome.UPHELD,
    Concern.RAID: Outcome.UPHELD,
    Concern.APPEAL: Outcome.DENIED,
}
KEPT = {Concern.CRISIS: FORGOTTEN_AFTER, **dict.fromkeys((Concern.CONDUCT, Concern.RAID, Concern.APPEAL), COUNTS_FOR)}


class Nobody:
    """Speaks `core.ports.Staff`: nobody is there."""

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        return frozenset()

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        return ()


async def pass_time(house: House, by: timedelta) -> None:
    """Move the clock and fire what is due, as the bot's one loop does."""
    house.clock.advance(by)
    cases = CaseTimers(store=house.store, clock=house.clock, policy_of=lambda _: CommunityPolicy(), staff=Nobody())
    notices = Noticeboard()
    timers = Timers(store=house.store, clock=house.clock, handlers=cases.handlers, notices=notices)
    while await timers.fire_due():
        pass
    assert not notices.raised


async def moved(house: House, case_id: CaseId, event: CaseEvent, **more: object) -> Case:
    """The case after an event, with its timers, as the desk writes it."""
    case = await house.store.case(HARBOUR, case_id)
    assert case is not None
    after = advance(case, event, house.clock.now())
    assert isinstance(after, Case), after
    timers, cancelled = timer_changes(case, after)
    write = CaseWrite(case=after, expected_version=case.version)
    unit = Commit(cases=(write,), timers=timers, cancelled_timers=cancelled, **more)  # type: ignore[arg-type]
    assert await house.store.commit(unit) is Committed.WRITTEN
    return after


async def a_closed_case(
    house: House, concern: Concern = Concern.CONDUCT, actions: Sequence[Action] = (), name: str = "case-1"
) -> Case:
    case = a_case(name, concern=concern)
    if concern is Concern.RAID:
        case = replace(case, subject=ChannelId("pier"))
    evidence = replace(an_evidence(case), reporter=BEN, reported_at=START)
    unit = Commit(
        cases=(new(case),),
        evidence=(evidence,),
        texts=((case.id, sealed()),),
        actions=tuple(replace(each, case_id=case.id) for each in actions),
        audit=(a_draft(case),),
    )
    await house.store.commit(unit)
    for each in actions:
        await house.store.record_action(each.key, ActionState.DONE, START)
    return await moved(house, case.id, Resolved(by=BEN, outcome=ENDING[concern]))


def a_sanction(until: datetime | None, kind: ActionKind = ActionKind.BAN) -> Action:
    return replace(an_action(kind.value, kind=kind, lane=Lane.ENFORCEMENT), target=ANN, until=until, params={})


async def names(house: House, case_id: CaseId = FIRST) -> bool:
    """Whether the store can still tell whom a case was about."""
    told = (
        await house.store.case(HARBOUR, case_id),
        await house.store.evidence(HARBOUR, case_id),
        [each.action for each in await house.store.actions(HARBOUR, case_id)],
    )
    return f"'{ANN}'" in repr(told)


async def due_at(house: House) -> list[timedelta]:
    """After how long each closed case is looked at next."""
    timers = await house.store.due_timers(START + 10_000 * DAY, 1000)
    return [each.due_at - START for each in timers if each.kind == FORGET_TIMER]


@pytest.mark.parametrize("concern", Concern)
async def test_a_closed_case_knows_whom_it_was_about_for_its_time_and_not_a_second_longer(
    house: House, concern: Concern
) -> None:
    await a_closed_case(house, concern, [a_sanction(START + DAY, ActionKind.WARN)])
    await pass_time(house, KEPT[concern] - SECOND)
    assert await names(house)
    await house.restart()
    await pass_time(house, SECOND)
    assert not await names(house)
    (evidence,) = await house.store.evidence(HARBOUR, FIRST)
    assert (evidence.author, evidence.target, evidence.link) == ("", None, None)
    assert evidence.reporter == (BEN if concern is Concern.CRISIS else None), "their reports count for a quarter"
    entries = await house.store.audit(HARBOUR, 10)
    assert AuditVerb.FORGOTTEN in {each.verb for each in entries}
    case = await house.store.case(HARBOUR, FIRST)
    assert case is not None
    assert (case.outcome, case.level, case.messages) == (ENDING[concern], 2, 1)
    assert await due_at(house) == []


async def test_a_case_knows_whom_it_was_about_while_a_ban_from_it_lasts(house: House) -> None:
    await a_closed_case(house, actions=[a_sanction(START + 200 * DAY)])
    await pass_time(house, COUNTS_FOR)
    assert await names(house)
    assert await due_at(house) == [200 * DAY]
    await pass_time(house, 200 * DAY - COUNTS_FOR - SECOND)
    assert await names(house)
    await pass_time(house, SECOND)
    assert not await names(house)


async def test_an_endless_ban_is_looked_at_again_every_month_until_somebody_lifts_it(house: House) -> None:
    await a_closed_case(house, actions=[a_sanction(None)])
    await pass_time(house, COUNTS_FOR)
    assert await due_at(house) == [COUNTS_FOR + ENDLESS_AGAIN_AFTER]
    await pass_time(house, ENDLESS_AGAIN_AFTER)
    assert await names(house)
    lift = replace(a_sanction(None, ActionKind.UNBAN), params={"undoes": ActionKind.BAN.value})
    await house.store.commit(Commit(actions=(lift,)))
    await house.store.record_action(lift.key, ActionState.FAILED, START)
    await pass_time(house, ENDLESS_AGAIN_AFTER)
    assert await names(house), "what failed to lift a ban did not lift it"
    await house.store.commit(Commit(actions=(replace(lift, key="again"),)))
    await house.store.record_action("again", ActionState.DONE, START)
    await pass_time(house, ENDLESS_AGAIN_AFTER)
    assert not await names(house)


async def test_a_case_that_was_opened_again_begins_its_time_anew(house: House) -> None:
    await a_closed_case(house)
    await pass_time(house, COUNTS_FOR - DAY)
    await moved(house, FIRST, Reopened(by=BEN, lease_until=house.clock.now() + 3000 * DAY))
    await pass_time(house, 2 * COUNTS_FOR)
    assert await names(house)
    await moved(house, FIRST, Resolved(by=BEN, outcome=Outcome.TALKED))
    await pass_time(house, COUNTS_FOR)
    assert not await names(house)


async def test_a_case_against_which_an_appeal_is_open_waits_for_its_decision(house: House) -> None:
    case = await a_closed_case(house)
    appeal = replace(a_case("appeal", concern=Concern.APPEAL, opened_at=START + COUNTS_FOR - DAY), parent=case.id)
    await house.store.commit(Commit(cases=(new(appeal),)))
    await pass_time(house, COUNTS_FOR)
    assert await names(house)
    assert await due_at(house) == [COUNTS_FOR + APPEAL_AGAIN_AFTER]
    await moved(house, appeal.id, Resolved(by=BEN, outcome=Outcome.DENIED))
    await pass_time(house, APPEAL_AGAIN_AFTER)
    assert not await names(house)
    assert await names(house, appeal.id)


async def test_who_had_their_data_deleted_is_forgotten_when_people_have_decided(house: House) -> None:
    case = a_case()
    unit = Commit(cases=(new(case),), evidence=(an_evidence(case),), texts=((case.id, sealed()),))
    await house.store.commit(unit)
    await moved(house, case.id, ErasureAsked())
    await pass_time(house, 30 * DAY)
    assert await names(house), "an open case about what was done to others waits for people"
    await moved(house, case.id, Resolved(by=BEN, outcome=Outcome.UPHELD))
    await pass_time(house, timedelta())
    assert not await names(house)
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, case.id)


async def test_of_who_had_their_data_deleted_a_ban_is_known_until_it_is_over_and_no_word(house: House) -> None:
    await a_closed_case(house, actions=[a_sanction(START + 20 * DAY)])
    await moved(house, FIRST, ErasureAsked())
    await pass_time(house, timedelta())
    assert await names(house)
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, FIRST)
    assert len((await house.store.belongings(HARBOUR, ANN)).sanctions) == 1
    await pass_time(house, 20 * DAY)
    assert not await names(house)
    assert await house.store.actions_on(HARBOUR, ANN) == []


@pytest.mark.parametrize("concern", [Concern.CRISIS, Concern.APPEAL])
async def test_what_ends_because_of_an_erasure_is_forgotten_at_once(house: House, concern: Concern) -> None:
    case = a_case(concern=concern)
    await house.store.commit(Commit(cases=(new(case),), evidence=(an_evidence(case),), texts=((case.id, sealed()),)))
    await moved(house, case.id, ErasureAsked())
    await pass_time(house, timedelta())
    assert not await names(house)
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, case.id)


async def test_a_clock_that_jumps_past_every_date_forgets_everybody_once(house: House) -> None:
    for number, concern in enumerate(Concern):
        await a_closed_case(house, concern, name=f"case-{number}")
    await pass_time(house, 5000 * DAY)
    assert not any([await names(house, CaseId(f"case-{number}")) for number in range(len(Concern))])
    told = [each.verb for each in await house.store.audit(HARBOUR, 1000)]
    assert told.count(AuditVerb.FORGOTTEN) == len(Concern)
    assert await due_at(house) == []
    assert await house.store.verify_audit(HARBOUR) is None


async def test_no_slow_mode_of_a_raid_loses_its_channel_when_the_raid_is_forgotten(house: House) -> None:
    lock = replace(a_sanction(None, ActionKind.LOCK), target="pier")
    await a_closed_case(house, Concern.RAID, [lock])
    await pass_time(house, COUNTS_FOR)
    (record,) = await house.store.actions(HARBOUR, FIRST)
    assert (record.action.key, record.action.target) == (lock.key, "pier")
