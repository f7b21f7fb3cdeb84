"""Duty: going on and off, handing everything over, who carries what, and being told before nobody is there."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import pytest

from config.texts.catalogue import Catalogue
from core.desk.clicks import Click
from core.desk.duty import MAX_HOURS, Load
from core.desk.watch import DUTY_TIMER, ROTA_TIMER, watch_timer
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import Case, Concern, State
from core.model.case_event import Refused, Why
from core.model.message import MemberId
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.record import Commit, Duty
from tests.clock import START
from tests.core.desk.asking import timers, verbs, why
from tests.core.desk.test_chain import called, wait
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import House

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
RAE, SAM, BOB, CAT = (MemberId(name) for name in ("rae", "sam", "bob", "cat"))

SHIFTS = {
    "rota": {
        "shifts": [
            {"begins": "12:00", "ends": "18:00", "members": ["rae", "bob"]},
            {"begins": "18:00", "ends": "02:00", "members": ["sam", "cat"]},
        ]
    }
}
"""The tests begin at noon."""


def a_house(policy: dict[str, Any] | None = None) -> House:
    """Rae and sam are responders, bob and cat moderators, cat and bob also responders where a test says so."""
    house = House(CommunityPolicy.model_validate(policy or {}))
    house.crew.roles[SAM] = frozenset({Role.RESPONDER})
    return house


def who(house: House, member: str) -> Actor:
    return Actor(community=COMMUNITY, member=MemberId(member), roles=house.crew.roles_of(COMMUNITY, MemberId(member)))


async def go_on(house: House, member: str, hours: int = 8) -> Duty:
    duty = await house.duty.on(who(house, member), hours)
    assert isinstance(duty, Duty)
    await house.pass_time(timedelta())
    return duty


async def go_off(house: House, member: str) -> Duty:
    duty = await house.duty.off(who(house, member))
    assert isinstance(duty, Duty)
    await house.pass_time(timedelta())
    return duty


async def on_duty(house: House, role: Role = Role.RESPONDER) -> Sequence[MemberId]:
    return (await house.duty.roster(who(house, "olga"))).on_duty[role]


async def claimed(house: House, member: str, text: str, *authors: str) -> list[Case]:
    """A case about each of the authors, claimed by that member."""
    for author in authors:
        await house.say(text, f"m-{author}", author=author)
    await house.settle()
    found = [case for case in await house.cases() if case.subject in authors and case.state is State.WAITING]
    taken = [await house.queue.act(who(house, member), Click(case_id=c.id, verb="claim", turn=c.turn)) for c in found]
    return [case for case in taken if isinstance(case, Case)]


async def watched(house: House) -> None:
    await house.store.commit(Commit(timers=(watch_timer(COMMUNITY, house.clock.now()),)))
    await house.pass_time(timedelta())


async def test_on_duty_lasts_as_long_as_was_said_and_ends_by_itself() -> None:
    house = a_house()
    duty = await go_on(house, "rae", 2)
    assert (duty.is_on, duty.until) == (True, START + 2 * HOUR)
    assert await on_duty(house) == [RAE]
    await wait(house, 2 * HOUR)
    assert await on_duty(house) == []
    told = [entry for entry in await house.store.audit(COMMUNITY, 10) if "duty" in entry.verb]
    assert [(entry.verb, entry.actor) for entry in reversed(told)] == [("duty_on", "rae"), ("duty_off", "clock")]


async def test_staying_longer_moves_the_end() -> None:
    house = a_house()
    await go_on(house, "rae", 2)
    await wait(house, HOUR)
    await go_on(house, "rae", 4)
    await wait(house, 2 * HOUR)
    assert await on_duty(house) == [RAE]
    assert (await verbs(house)).count(AuditVerb.DUTY_OFF) == 0


async def test_off_duty_lasts_to_the_end_of_the_running_shift_or_twelve_hours() -> None:
    house = a_house(SHIFTS)
    assert (await go_off(house, "rae")).until == START + 6 * HOUR
    assert (await go_off(house, "sam")).until == START + 12 * HOUR
    assert await on_duty(house) == []
    assert DUTY_TIMER not in await timers(house)
    house.clock.advance(24 * HOUR)
    assert await on_duty(house) == [RAE]


@pytest.mark.parametrize("hours", [0, -3, MAX_HOURS + 1, 10**9])
async def test_no_duty_is_endless(hours: int) -> None:
    house = a_house()
    refused = await house.duty.on(who(house, "rae"), hours)
    assert refused == Refused(why=Why.BAD_VALUE, field="hours")
    assert not await house.store.duties(COMMUNITY, START)


async def test_who_has_no_part_in_the_desk_has_none_in_duty() -> None:
    house = a_house()
    stranger = who(house, "ann")
    assert why(await house.duty.on(stranger)) is Why.NOT_ALLOWED
    assert why(await house.duty.off(stranger)) is Why.NOT_ALLOWED
    assert why(await house.duty.hand_over(stranger, RAE)) is Why.NOT_ALLOWED
    roster = await house.duty.roster(stranger)
    assert (roster.on_duty, roster.load, roster.gap) == ({}, {}, None)
    assert not await house.store.audit(COMMUNITY, 10)


async def test_everything_is_handed_over_in_one_step_with_the_note_and_the_actor_goes_off() -> None:
    house = a_house(SHIFTS)
    mine = await claimed(house, "rae", "disclosure:3", "ann", "ben", "cyn")
    await claimed(house, "sam", "disclosure:3", "dan")
    writes = len(house.store.commits)
    handed = await house.duty.hand_over(who(house, "rae"), SAM, " all quiet so far ")
    assert not isinstance(handed, Refused)
    assert len(house.store.commits) == writes + 1
    assert {case.id for case in handed} == {case.id for case in mine}
    for case in mine:
        assert (await house.case(case.id)).holder == SAM
        (note,) = await house.store.notes(COMMUNITY, case.id)
        assert (note.text, note.by, note.to) == ("all quiet so far", RAE, SAM)
    assert await on_duty(house) == []
    assert (await verbs(house))[-4:] == [AuditVerb.DUTY_OFF, *[AuditVerb.HANDED_OVER] * 3]
    await house.deliver()
    assert [each.members for each in called(house) if each] == [(SAM,)] * 3


async def test_a_note_that_goes_with_a_crisis_goes_with_no_case_that_others_see() -> None:
    house = a_house(SHIFTS)
    for member in (BOB, CAT):
        house.crew.roles[member] = frozenset({Role.MODERATOR, Role.RESPONDER})
    (crisis,) = await claimed(house, "bob", "disclosure:3", "ann")
    (conduct,) = await claimed(house, "bob", "insult:2", "ben")
    handed = await house.duty.hand_over(who(house, "bob"), CAT, "she may need somebody tonight")
    assert not isinstance(handed, Refused)
    assert {case.holder for case in handed} == {CAT}
    assert [note.text for note in await house.store.notes(COMMUNITY, crisis.id)] == ["she may need somebody tonight"]
    assert not await house.store.notes(COMMUNITY, conduct.id)


async def test_who_holds_nothing_hands_over_nothing_and_goes_off() -> None:
    house = a_house(SHIFTS)
    assert await house.duty.hand_over(who(house, "rae"), SAM) == []
    assert await on_duty(house) == []


async def test_one_case_that_the_colleague_may_not_see_keeps_all_where_they_are() -> None:
    house = a_house(SHIFTS)
    house.crew.roles[BOB] = frozenset({Role.MODERATOR, Role.RESPONDER})
    crisis = (await claimed(house, "rae", "disclosure:3", "ann"))[0]
    await house.clicked("rae", crisis, "hand_over", to="bob")
    conduct = (await claimed(house, "bob", "insult:2", "ben"))[0]
    refused = await house.duty.hand_over(who(house, "bob"), CAT, "please take over")
    assert refused == Refused(why=Why.BAD_VALUE, field="to")
    for case in (crisis, conduct):
        assert (await house.case(case.id)).holder == BOB
    assert AuditVerb.DUTY_OFF not in await verbs(house)
    assert not await house.store.notes(COMMUNITY, conduct.id)


@pytest.mark.parametrize("to", ["rae", "ann", "", "nobody"])
async def test_nothing_is_handed_to_oneself_or_to_who_is_not_of_the_desk(to: str) -> None:
    house = a_house(SHIFTS)
    (case,) = await claimed(house, "rae", "disclosure:3", "ann")
    assert await house.duty.hand_over(who(house, "rae"), MemberId(to)) == Refused(why=Why.BAD_VALUE, field="to")
    assert (await house.case(case.id)).holder == RAE


async def test_a_note_has_its_bounds() -> None:
    house = a_house(SHIFTS)
    refused = await house.duty.hand_over(who(house, "rae"), SAM, "x" * 1001)
    assert refused == Refused(why=Why.BAD_VALUE, field="note")


async def test_a_case_that_changes_while_all_are_handed_over_goes_along_as_it_is_then() -> None:
    house = a_house(SHIFTS)
    first, second = await claimed(house, "rae", "disclosure:3", "ann", "ben")

    async def resolved() -> None:
        await house.clicked("rae", first, "resolve", outcome="not_a_problem")

    house.store.before_commit.append(resolved())
    handed = await house.duty.hand_over(who(house, "rae"), SAM)
    assert not isinstance(handed, Refused)
    assert [case.id for case in handed] == [second.id]
    assert not (await house.case(first.id)).is_open


async def test_a_shift_that_ends_reminds_of_what_is_still_held_once() -> None:
    house = a_house({**SHIFTS, "lease_minutes": 240})
    await watched(house)
    await wait(house, 4 * HOUR)
    await claimed(house, "rae", "disclosure:3", "ann", "ben")
    before = len(called(house))
    await wait(house, 2 * HOUR - MINUTE)
    assert len(called(house)) == before
    await wait(house, HOUR)
    assert [each.members for each in called(house)[before:] if each] == [(RAE,)] * 2
    for _ in range(3):  # looking again, or starting again, reminds of nothing twice
        await watched(house)
    await house.deliver(MINUTE)
    assert len(called(house)) == before + 2


async def test_a_duty_that_ends_reminds_too_and_not_where_a_shift_goes_on() -> None:
    house = a_house({**SHIFTS, "lease_minutes": 240})
    await go_on(house, "rae", 1)
    await go_on(house, "sam", 1)
    await claimed(house, "rae", "disclosure:3", "ann")
    await claimed(house, "sam", "disclosure:3", "ben")
    await wait(house, 2 * HOUR)
    assert [each.members for each in called(house) if each] == [(SAM,)]


async def test_a_shift_whose_end_was_slept_through_still_reminds_but_not_of_what_was_taken_after_it() -> None:
    house = a_house({**SHIFTS, "lease_minutes": 240})
    await watched(house)
    await house.pass_time(5 * HOUR)
    (before,) = await claimed(house, "rae", "disclosure:3", "ann")
    house.clock.advance(2.5 * HOUR)
    (after,) = await claimed(house, "rae", "disclosure:3", "ben")
    await house.pass_time(MINUTE)
    await house.deliver(MINUTE)
    reminded = {o.action.case_id for o in house.stage.orders(ActionKind.PAGE) if "calls" in o.action.params}
    assert reminded == {before.id}
    assert after.holder == RAE


async def test_a_reminder_that_comes_too_late_is_not_sent() -> None:
    house = a_house({"lease_minutes": 240})
    await go_on(house, "rae", 1)
    (case,) = await claimed(house, "rae", "disclosure:3", "ann")
    await house.pass_time(HOUR)
    await house.clicked("rae", case, "resolve", outcome="not_a_problem")
    await house.deliver(MINUTE)
    assert not house.stage.orders(ActionKind.PAGE)


async def test_nobody_on_duty_is_told_a_day_ahead_and_cleared_when_somebody_comes() -> None:
    house = a_house(SHIFTS)
    await watched(house)
    crisis, conduct = (f"duty.{COMMUNITY}.{role}" for role in (Role.RESPONDER, Role.MODERATOR))
    assert house.board.standing[crisis].params == {
        "community": COMMUNITY,
        "role": "responder",
        "since": "2026-03-02 02:00",
        "until": "2026-03-02 12:00",
        "zone": "UTC",
    }
    assert set(house.board.standing) == {crisis, conduct}
    await wait(house, 13 * HOUR)
    await go_on(house, "rae", 12)
    assert set(house.board.standing) == {conduct}
    await go_off(house, "rae")
    assert set(house.board.standing) == {crisis, conduct}


async def test_nobody_on_duty_now_is_told_at_once_in_words() -> None:
    house = a_house(SHIFTS)
    await go_off(house, "rae")
    text = house.board.standing[f"duty.{COMMUNITY}.responder"]
    assert (
        Catalogue()
        .render(text)
        .startswith(f"{COMMUNITY}: nobody is on duty as responder until 2026-03-01 18:00 (UTC).")
    )


async def test_for_conduct_only_watched_hours_are_missed() -> None:
    house = a_house({"rota": {**SHIFTS["rota"], "watched": [{"begins": "10:00", "ends": "22:00"}]}})
    await watched(house)
    text = house.board.standing[f"duty.{COMMUNITY}.moderator"]
    assert (text.params["since"], text.params["until"]) == ("2026-03-02 10:00", "2026-03-02 12:00")


async def test_a_shift_of_people_who_lost_their_role_is_a_gap_within_an_hour() -> None:
    house = a_house(SHIFTS)
    house.crew.roles[BOB] = frozenset({Role.MODERATOR, Role.RESPONDER})
    await watched(house)
    key = f"duty.{COMMUNITY}.responder"
    assert "since" in house.board.standing[key].params
    del house.crew.roles[RAE], house.crew.roles[BOB]
    await wait(house, HOUR)
    assert "since" not in house.board.standing[key].params


async def test_where_nobody_uses_duty_nothing_is_missed() -> None:
    house = a_house()
    await watched(house)
    assert not house.board.raised
    await go_on(house, "rae", 1)
    assert house.board.standing, "there are moderators too"
    await wait(house, 8 * 24 * HOUR)
    assert not house.board.standing


async def test_the_watch_looks_at_least_once_an_hour_for_ever() -> None:
    house = a_house()
    await watched(house)
    for hour in range(1, 5):
        assert (await timers(house))[ROTA_TIMER] == hour * HOUR
        await house.pass_time(HOUR)


async def test_the_roster_says_who_carries_what() -> None:
    house = a_house(SHIFTS)
    ann, ben = await claimed(house, "rae", "disclosure:3", "ann", "ben")
    for case in (ann, ann, ben):
        await house.queue.show(who(house, "rae"), case.id)
    await house.queue.show(who(house, "sam"), ben.id)
    roster = await house.duty.roster(who(house, "olga"))
    assert roster.load == {RAE: Load(claims=2, looks=3), SAM: Load(claims=0, looks=1)}
    assert roster.on_duty == {Role.RESPONDER: [RAE], Role.MODERATOR: [BOB]}
    assert roster.gap == START + 14 * HOUR
    await house.pass_time(25 * HOUR)
    assert (await house.duty.roster(who(house, "olga"))).load == {}


async def test_the_roster_tells_nobody_of_cases_that_do_not_exist_for_them() -> None:
    house = a_house(SHIFTS)
    (case,) = await claimed(house, "rae", "disclosure:3", "ann")
    await house.queue.show(who(house, "rae"), case.id)
    assert (await house.duty.roster(who(house, "bob"))).load == {}


async def test_another_community_sees_nothing_of_it() -> None:
    house = a_house()
    await go_on(house, "rae")
    there = Actor(community=ELSEWHERE, member=RAE, roles=frozenset({Role.RESPONDER, Role.OWNER}))
    roster = await house.duty.roster(there)
    assert (roster.on_duty, roster.load, roster.mine) == ({Role.RESPONDER: [], Role.MODERATOR: []}, {}, None)
    await house.duty.off(there)
    assert await on_duty(house) == [RAE]


async def test_who_lost_the_role_hands_on_nothing_that_is_not_theirs_any_more() -> None:
    house = a_house(SHIFTS)
    (case,) = await claimed(house, "rae", "disclosure:3", "ann")
    house.crew.roles[RAE] = frozenset({Role.MODERATOR})
    assert await house.duty.hand_over(who(house, "rae"), SAM) == []
    assert (await house.the_case(Concern.CRISIS)).id == case.id
