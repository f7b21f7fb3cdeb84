"""A community learns nothing of another's cases and changes none, by any verb, parameter or list (promise 11).

Whoever asks is the owner of their own community, with every role, and even goes by the same id as somebody of the other
one: every answer has to be the very answer for what does not exist, and nothing may be written.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from core.care.reports import ReportAbout
from core.desk.clicks import Click, Verb
from core.desk.duty import Roster
from core.desk.orders import ORDERABLE
from core.model.action import ActionKind
from core.model.case import OUTCOMES, REASONS, Case, CaseId, Concern, State, Tier
from core.model.case_event import Refused, Why
from core.model.message import CommunityId, MemberId, MessageId
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.record import ActionRecord
from tests.core.desk.asking import why
from tests.core.examples import COMMUNITY, ELSEWHERE, a_message
from tests.core.house import LIVE_LADDER, Crew, House, actor

NOTHING = Refused(why=Why.NOT_FOUND)
NO_CASE = CaseId("aaaaaaaaaaaaa")
NO_KEY = "0" * 32
STRANGERS = [MemberId("zoe"), MemberId("olga"), MemberId("bob"), MemberId("ann")]
"""Owners elsewhere; here nobody, the owner, a moderator and the member whom cases are about."""


class TwoCrews(Crew):
    """A crew in each of two communities."""

    def roles_of(self, community: CommunityId, member: MemberId) -> frozenset[Role]:
        if community == ELSEWHERE:
            return frozenset(Role) if member in {*STRANGERS, "yan"} else frozenset()
        return super().roles_of(community, member)

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        return [*STRANGERS, MemberId("yan")] if community == ELSEWHERE else super().members(community, role)


class TwoTowns(House):
    """A harbour with cases of every concern and state, and an owner elsewhere."""

    def __init__(self, policy: CommunityPolicy = LIVE_LADDER) -> None:
        super().__init__(policy.model_copy(update={"crisis_alerts_per_day": 2}))
        self.crew = TwoCrews()
        self.start()

    async def at(self, community: CommunityId) -> list[Case]:
        return list(await self.store.cases(community, frozenset(State), 1000))

    async def written(self) -> tuple[object, ...]:
        """Everything that a write would change."""
        audits = [await self.store.audit(each, 10_000) for each in (COMMUNITY, ELSEWHERE)]
        return len(self.store.commits), dict(await self.store.counts()), audits, await self.at(COMMUNITY)


async def two_towns() -> TwoTowns:
    town = TwoTowns()
    said = [
        ("ann", "insult:4"),
        ("ben", "disclosure:4"),
        ("cyn", "insult:2"),
        ("dee", "disclosure:2"),
        ("eve", "disclosure:2"),
        ("fay", "disclosure:1"),
        ("gil", "disclosure:3"),
        ("hal", "pile_on:3"),
    ]
    for number, (author, text) in enumerate(said):
        await town.say(text, f"h{number}", author=author)
        await town.settle()
    by_subject = {case.subject: case for case in await town.at(COMMUNITY)}
    upheld = await town.clicked("bob", by_subject["ann"], "resolve", outcome="upheld", reason="threats")
    assert isinstance(await town.appeal("ann", upheld), Case)
    await town.clicked("cat", by_subject["cyn"], "claim")
    await town.clicked("rae", by_subject["gil"], "resolve", outcome="support_offered")
    assert not isinstance(await town.duty.on(actor("rae")), Refused)
    await town.pass_time(timedelta(hours=25))
    await town.settle()
    cases = await town.at(COMMUNITY)
    assert {case.concern for case in cases} == set(Concern)
    assert any(case.tier >= Tier.BANNER for case in cases)
    assert any(case.follow_up for case in cases)
    return town


def stranger(member: MemberId) -> Actor:
    return Actor(community=ELSEWHERE, member=member, roles=frozenset(Role))


def every_parameter(verb: Verb, case: Case, records: Sequence[ActionRecord]) -> Iterator[Mapping[str, str]]:
    """Every value that a verb's parameters can take on that case, and some that they can't."""
    yield {}
    match verb:
        case Verb.RESOLVE:
            for outcome in OUTCOMES[case.concern]:
                yield {"outcome": outcome}
                yield from ({"outcome": outcome, "reason": each} for each in REASONS.get((case.concern, outcome), ()))
        case Verb.HAND_OVER:
            yield from ({"to": to, "note": "synthetic"} for to in ("bob", "rae", "olga", "zoe", "nobody"))
        case Verb.SNOOZE:
            yield from ({"minutes": each} for each in ("5", "0", "x"))
        case Verb.HOLD:
            yield from ({"hours": each} for each in ("24", "0"))
        case Verb.ESCALATE:
            yield from ({"tier": str(each)} for each in range(7))
        case Verb.NOTE:
            yield {"note": "synthetic"}
        case Verb.ORDER:
            for kind in ActionKind:
                yield {"kind": kind}
                for duration in ORDERABLE[case.concern].get(kind, ()):
                    yield {"kind": kind, "duration_s": str(duration)}
        case Verb.CARRY_OUT | Verb.UNDO_ACTION:
            yield from ({"action": each} for each in [*(record.action.key for record in records), NO_KEY])


@pytest.mark.parametrize("who", STRANGERS)
async def test_no_verb_with_any_parameter_learns_or_changes_anything(who: MemberId) -> None:
    town, me = await two_towns(), stranger(who)
    before = await town.written()
    clicks = 0
    for case in await town.at(COMMUNITY):
        records = await town.records(case)
        for verb in Verb:
            for params in every_parameter(verb, case, records):
                for turn in (case.turn, case.turn - 1, 0):
                    clicks += 1
                    for case_id in (case.id, NO_CASE):
                        click = Click(case_id=case_id, verb=verb, turn=turn, params=params)
                        assert await town.queue.act(me, click) == NOTHING, click
        for look in (town.queue.view, town.queue.show, town.queue.identify):
            assert await look(me, case.id) == await look(me, NO_CASE) == NOTHING
        click = Click(case_id=case.id, verb="forged", turn=case.turn)
        assert await town.queue.act(me, click) == NOTHING
    assert clicks > 1000
    assert await town.written() == before


@pytest.mark.parametrize("who", STRANGERS)
async def test_no_list_banner_roster_record_or_digest_holds_anything_of_another_community(who: MemberId) -> None:
    town, me = await two_towns(), stranger(who)
    before = await town.written()
    for states in [frozenset({state}) for state in State] + [frozenset(State)]:
        assert not await town.queue.cases(me, states)
    assert not await town.queue.unanswered(me)
    assert not await town.queue.follow_ups(me)
    roster: Roster = await town.duty.roster(me)
    assert (dict(roster.load), dict(roster.gaps), roster.mine) == ({}, {}, None)
    assert not [each for people in roster.on_duty.values() for each in people if each not in {*STRANGERS, "yan"}]
    assert not await town.appeals.record(ELSEWHERE, MemberId("ann"))
    for target in ("ann", "ben", "pier"):
        assert not await town.store.actions_on(ELSEWHERE, target)
    assert not await town.store.quiet_cases(ELSEWHERE)
    assert not await town.store.audit(ELSEWHERE, 100)
    assert await town.written() == before


async def test_what_another_community_did_and_who_it_is_are_no_parameters_for_own_cases() -> None:
    town, me = await two_towns(), stranger(MemberId("zoe"))
    keys = [record.action.key for case in await town.at(COMMUNITY) for record in await town.records(case)]
    await town.say("insult:4", "own", author="ann", community=ELSEWHERE)
    await town.settle()
    (mine,) = await town.at(ELSEWHERE)
    mine = await claimed(town, me, mine)
    before = await town.written()

    async def answer(verb: Verb, **params: str) -> Case | Refused:
        return await town.queue.act(me, Click(case_id=mine.id, verb=verb, turn=mine.turn, params=params))

    for key in keys:
        assert await answer(Verb.CARRY_OUT, action=key) == await answer(Verb.CARRY_OUT, action=NO_KEY)
        assert await answer(Verb.UNDO_ACTION, action=key) == await answer(Verb.UNDO_ACTION, action=NO_KEY)
    for person in ("cat", "rae", "gil"):  # of the other community alone
        assert await answer(Verb.HAND_OVER, to=person) == await answer(Verb.HAND_OVER, to="nobody")
        assert await town.duty.hand_over(me, MemberId(person)) == await town.duty.hand_over(me, MemberId("nobody"))
    assert await town.written() == before


async def claimed(town: TwoTowns, me: Actor, case: Case) -> Case:
    after = await town.queue.act(me, Click(case_id=case.id, verb=Verb.CLAIM, turn=case.turn))
    assert isinstance(after, Case)
    return after


async def test_handing_everything_over_and_going_off_touch_own_cases_alone() -> None:
    town = await two_towns()
    held = [case for case in await town.at(COMMUNITY) if case.holder]
    theirs = stranger(MemberId("bob"))
    on_duty = await town.store.duties(COMMUNITY, town.clock.now())
    before = await town.at(COMMUNITY)
    assert await town.duty.hand_over(theirs, MemberId("yan"), "synthetic") == []
    assert not isinstance(await town.duty.on(theirs), Refused)
    assert not isinstance(await town.duty.off(theirs), Refused)
    assert await town.at(COMMUNITY) == before
    assert held == [case for case in before if case.holder]
    assert await town.store.duties(COMMUNITY, town.clock.now()) == on_duty


@pytest.mark.parametrize("member", ["ann", "zoe", "bob"])
async def test_an_appeal_against_another_communitys_case_answers_like_one_against_none(member: str) -> None:
    town = await two_towns()
    before = await town.written()
    for case in await town.at(COMMUNITY):
        for words in ("please", "", "x" * 5000):
            asked = await town.appeals.file(ELSEWHERE, MemberId(member), case.id, words)
            assert asked == await town.appeals.file(ELSEWHERE, MemberId(member), NO_CASE, words)
            assert why(asked) in {Why.NOT_FOUND, Why.BAD_VALUE}
    assert await town.written() == before


@pytest.mark.parametrize("about", ReportAbout)
async def test_a_report_of_a_message_with_the_id_of_another_communitys_joins_nothing_there(about: ReportAbout) -> None:
    town = await two_towns()
    there = await town.at(COMMUNITY)
    same_id = a_message("h0", "good morning", author="ann", community=ELSEWHERE, sent_at=town.clock.now())
    new_id = replace(same_id, id=MessageId("new"))
    answers: list[Any] = [await town.report("zoe", each, about) for each in (same_id, new_id)]
    assert {each.community for each in answers} == {ELSEWHERE}
    assert answers[0].messages == 1
    assert await town.at(COMMUNITY) == there


async def test_what_counts_here_makes_nobody_suspicious_elsewhere() -> None:
    """Neither an open crisis, an upheld case nor a raid of one community is history in another."""
    town = await two_towns()
    for author in ("ann", "ben", "gil"):
        await town.say("insult:2", f"e-{author}", author=author, community=ELSEWHERE)
    await town.settle()
    mine = await town.at(ELSEWHERE)
    assert {(case.subject, case.concern, case.level) for case in mine} == {
        (author, Concern.CONDUCT, 2) for author in ("ann", "ben", "gil")
    }
    assert not await town.records(mine[0], ActionKind.TIMEOUT)
