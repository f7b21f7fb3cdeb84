"""What the desk shows to whom: cases (promise 11) and words (promise 6)."""

from datetime import timedelta

import pytest

from core.desk.clicks import Click, Verb
from core.desk.queue import CaseView, Revealed
from core.errors import Unavailable
from core.flow.pacing import LEASE_TIMER
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import OUTCOMES, Case, CaseId, Concern, State
from core.model.case_event import Refused, Why
from core.model.message import CommunityId, MemberId
from core.model.people import Actor, Role
from tests.clock import START
from tests.core.desk.asking import LEASE, a_house_with, timers, verbs, why
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import House, actor


def an_owner(member: str, community: CommunityId) -> Actor:
    return Actor(community=community, member=MemberId(member), roles=frozenset(Role))


STRANGERS = [
    ("a moderator, of a crisis", "disclosure:2", actor("bob")),
    ("a responder, of conduct", "insult:2", actor("rae")),
    ("a member", "insult:2", actor("ann")),
    (
        "the subject, who moderates",
        "insult:2",
        Actor(community=COMMUNITY, member=MemberId("ann"), roles=frozenset(Role)),
    ),
    ("an owner elsewhere", "insult:2", Actor(community=ELSEWHERE, member=MemberId("olga"), roles=frozenset(Role))),
]


@pytest.mark.parametrize(("who", "text", "stranger"), STRANGERS, ids=[who for who, _, _ in STRANGERS])
async def test_what_somebody_may_not_see_answers_like_what_does_not_exist(who: str, text: str, stranger: Actor) -> None:
    house, case = await a_house_with(text)
    nothing = Refused(why=Why.NOT_FOUND)
    before = len(house.store.commits)
    for case_id in (case.id, CaseId("nosuchcase"), CaseId("")):
        assert await house.queue.view(stranger, case_id) == nothing
        assert await house.queue.show(stranger, case_id) == nothing
        for verb in (*Verb, "forged"):
            for turn in (case.turn, case.turn + 1):
                click = Click(case_id=case_id, verb=verb, turn=turn, params={"outcome": "talked", "to": "ann"})
                assert await house.queue.act(stranger, click) == nothing
    assert await house.queue.cases(stranger) == []
    assert await house.queue.cases(stranger, frozenset(State)) == []
    assert len(house.store.commits) == before


async def test_somebody_who_lost_the_role_can_not_finish_what_they_claimed() -> None:
    house, case = await a_house_with("insult:2")
    claimed = await house.clicked("bob", case, "claim")
    demoted = Actor(community=COMMUNITY, member=MemberId("bob"))
    click = Click(case_id=case.id, verb="resolve", turn=claimed.turn, params={"outcome": "talked"})
    assert why(await house.queue.act(demoted, click)) is Why.NOT_FOUND


async def test_everybody_sees_their_own_queue_gravest_first() -> None:
    house = House()
    for number, text in enumerate(["insult:2", "insult:4", "disclosure:3", "pile_on:3"]):
        await house.say(text, f"m{number}", author=f"author{number}")
    await house.settle()

    async def levels(member: str) -> list[tuple[Concern, int]]:
        return [(case.concern, case.level) for case in await house.queue.cases(actor(member))]

    assert await levels("bob") == [(Concern.CONDUCT, 4), (Concern.RAID, 3), (Concern.CONDUCT, 2)]
    assert await levels("rae") == [(Concern.CRISIS, 3)]
    assert len(await levels("olga")) == 4


async def test_crisis_cases_do_not_crowd_a_moderators_queue() -> None:
    house = House()
    for number in range(5):
        await house.say("disclosure:4", f"c{number}", author=f"author{number}")
    await house.say("insult:2", "m", author="ben")
    await house.settle()
    assert [case.concern for case in await house.queue.cases(actor("bob"), limit=3)] == [Concern.CONDUCT]
    assert len(await house.queue.cases(actor("rae"), limit=3)) == 3


async def test_a_view_holds_everything_but_the_words() -> None:
    house, case = await a_house_with("gullfeather insult:3")
    view = await house.queue.view(actor("bob"), case.id)
    assert isinstance(view, CaseView)
    assert "gullfeather" not in repr(view)
    assert list(view.outcomes) == list(OUTCOMES[Concern.CONDUCT])
    assert [each.level for each in view.evidence] == [3]
    assert {record.action.kind for record in view.actions} == {
        ActionKind.ALERT,
        ActionKind.TIMEOUT,
        ActionKind.DELETE,
        ActionKind.NOTICE,
    }


async def test_show_is_in_the_audit_before_any_word_goes_out() -> None:
    house, case = await a_house_with("gullfeather disclosure:3")
    shown = await house.queue.show(actor("rae"), case.id)
    assert isinstance(shown, Revealed)
    assert [kept.message.text for kept in shown.messages] == ["gullfeather disclosure:3"]
    entry = (await house.store.audit(COMMUNITY, 1))[0]
    assert (entry.verb, entry.actor, dict(entry.facts)) == (AuditVerb.SHOWN, "rae", {"messages": "1"})
    assert (await house.case(case.id)).turn == case.turn


async def test_a_look_by_its_holder_keeps_the_claim_alive_and_makes_no_click_stale() -> None:
    house, case = await a_house_with("insult:2")
    case = await house.clicked("bob", case, "claim")
    house.clock.advance(timedelta(minutes=10))
    for look in (house.queue.show, house.queue.identify):
        await look(actor("cat"), case.id)
        assert (await house.the_case()).lease_until == case.lease_until
        await look(actor("bob"), case.id)
        assert (await house.the_case()).lease_until == house.clock.now() + LEASE
        assert (await timers(house))[LEASE_TIMER] == house.clock.now() + LEASE - START
        house.clock.advance(timedelta(minutes=10))
        case = await house.the_case()
    assert isinstance(await house.click("bob", case, "release"), Case)


async def test_no_word_goes_out_when_the_audit_can_not_be_written() -> None:
    house, case = await a_house_with("disclosure:3")
    house.store.refusals.append(Unavailable(reason="the disk is full"))
    with pytest.raises(Unavailable):
        await house.queue.show(actor("rae"), case.id)
    house.store.stale = 100
    assert why(await house.queue.show(actor("rae"), case.id)) is Why.CHANGED


async def test_words_that_are_gone_are_said_to_be_gone() -> None:
    house, case = await a_house_with("disclosure:3")
    await house.pass_time(timedelta(days=7))
    assert why(await house.queue.show(actor("rae"), case.id)) is Why.TEXT_GONE
    assert AuditVerb.SHOWN not in await verbs(house)


async def test_the_audit_holds_no_word_and_its_chain_holds() -> None:
    house, case = await a_house_with("gullfeather insult:3")
    await house.queue.show(actor("bob"), case.id)
    case = await house.clicked("bob", case, "claim")
    await house.clicked("bob", case, "resolve", outcome="upheld")
    assert "gullfeather" not in repr(await house.store.audit(COMMUNITY, 100))
    assert await house.store.verify_audit(COMMUNITY) is None
