"""What every Store keeps of a case that has forgotten whom it was about."""

from dataclasses import replace

from core.model.action import ActionKind
from core.model.case import Concern
from core.model.message import MemberId, MessageId
from core.model.record import ActionState, CaseWrite, Commit, Committed
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, HARBOUR, a_case, a_draft, an_action, an_evidence, opening

CASE = a_case(concern=Concern.CRISIS)
FORGOTTEN = Commit(
    cases=(CaseWrite(case=replace(CASE, subject="", version=2), expected_version=1),),
    forgotten=(CASE.id,),
    evidence=(replace(an_evidence(CASE), message_id=MessageId("nth"), author=MemberId(""), target=None, link=None),),
    withdrawn=("waiting",),
)


async def a_house_that_forgot(house: House) -> House:
    done = replace(an_action("done"), case_id=CASE.id, kind=ActionKind.OPEN_TALK, target=ANN)
    support = replace(done, key="made of ann", kind=ActionKind.SUPPORT_MESSAGE)
    waiting = replace(done, key="waiting")
    card = replace(an_action("card"), case_id=CASE.id, kind=ActionKind.ALERT, target=CASE.id)
    actions = (card, done, support, waiting)
    began = replace(opening(CASE), actions=actions, evidence=(an_evidence(CASE),), audit=(a_draft(CASE),))
    assert await house.store.commit(began) is Committed.WRITTEN
    for key in ("done", "card", "made of ann"):
        await house.store.record_action(key, ActionState.DONE, START, receipt=f"receipt of {key}")
    assert await house.store.commit(FORGOTTEN) is Committed.WRITTEN
    return house


async def test_nobody_can_tell_from_a_forgotten_case_whom_anything_was_done_to(house: House) -> None:
    await a_house_that_forgot(house)
    records = await house.store.actions(HARBOUR, CASE.id)
    assert [(each.action.kind, each.action.target, each.receipt, each.state) for each in records] == [
        (ActionKind.ALERT, CASE.id, "receipt of card", ActionState.DONE),
        (ActionKind.OPEN_TALK, "", "", ActionState.DONE),
        (ActionKind.SUPPORT_MESSAGE, "", "", ActionState.DONE),
        (ActionKind.OPEN_TALK, "", "", ActionState.WITHDRAWN),
    ]
    # Keys are made of their targets: who tries ids would find them.
    assert [await house.store.action(HARBOUR, key) for key in ("done", "made of ann", "waiting")] == [None] * 3
    assert len({each.action.key for each in records}) == len(records)
    assert await house.store.actions_on(HARBOUR, ANN) == []
    (evidence,) = await house.store.evidence(HARBOUR, CASE.id)
    assert (evidence.message_id, evidence.author, evidence.target, evidence.link) == ("nth", "", None, None)
    assert await house.store.cases_with(HARBOUR, an_evidence(CASE).message_id) == []
    found = await house.store.case(HARBOUR, CASE.id)
    assert found is not None
    assert found.subject == ""


async def test_the_audit_of_a_forgotten_case_holds_and_refers_to_its_member_no_more(house: House) -> None:
    await a_house_that_forgot(house)
    await house.store.commit(Commit(audit=(a_draft(CASE),)))
    newest, oldest = await house.store.audit(HARBOUR, 10)
    assert oldest.member_ref
    assert newest.member_ref != oldest.member_ref
    assert await house.store.verify_audit(HARBOUR) is None


async def test_a_case_that_is_not_forgotten_keeps_its_references(house: House) -> None:
    other = a_case("case-2", subject="ben")
    await house.store.commit(replace(opening(other), audit=(a_draft(other),)))
    await a_house_that_forgot(house)
    await house.store.commit(Commit(audit=(a_draft(other),)))
    about_other = [each for each in await house.store.audit(HARBOUR, 10) if each.case_id == other.id]
    assert len({each.member_ref for each in about_other}) == 1
