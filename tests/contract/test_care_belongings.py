"""What every store tells a member of what it keeps of them, and an erasure of what it has to erase."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.flow.planning import UNDOES
from core.model.action import ActionKind, Lane
from core.model.case import Case, CaseId, Concern, Enforcement, Outcome, State
from core.model.message import Author, MemberId, MessageId
from core.model.record import Action, ActionState, CaseWrite, Commit, Duty, SealedMessage
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import (
    ANN,
    BEN,
    HARBOUR,
    ISLAND,
    a_case,
    a_message,
    an_action,
    an_evidence,
    new,
    opening,
    sealed,
)

CONDUCT = a_case("conduct")
CRISIS = a_case("crisis", concern=Concern.CRISIS)
APPEAL = replace(a_case("appeal", concern=Concern.APPEAL), parent=CaseId("conduct"))
OF_BEN = a_case("of-ben", subject=BEN)
ELSEWHERE = a_case("elsewhere", community=ISLAND)


def a_sanction(key: str, kind: ActionKind = ActionKind.BAN, *, hours: int | None = None, undoes: str = "") -> Action:
    action = an_action(key, case=CONDUCT, kind=kind, lane=Lane.ENFORCEMENT)
    until = None if hours is None else START + timedelta(hours=hours)
    return replace(action, target=ANN, until=until, params={UNDOES: undoes} if undoes else {})


async def test_who_has_nothing_here_is_told_so(house: House) -> None:
    await house.store.commit(opening(OF_BEN))
    kept = await house.store.belongings(HARBOUR, ANN)
    assert not any((kept.cases, kept.words, kept.sanctions, kept.reports, kept.duties, kept.is_in_care))


async def test_a_member_is_told_of_conduct_and_appeals_and_whether_somebody_looks_after_them(house: House) -> None:
    cases = (CONDUCT, CRISIS, APPEAL, OF_BEN, ELSEWHERE)
    await house.store.commit(Commit(cases=tuple(new(each) for each in cases)))
    kept = await house.store.belongings(HARBOUR, ANN)
    assert {each.id for each in kept.cases} == {CONDUCT.id, APPEAL.id}
    assert kept.is_in_care
    closed = replace(CRISIS, state=State.RESOLVED, outcome=Outcome.HELP_CALLED, closed_at=START, version=2)
    await house.store.commit(Commit(cases=(CaseWrite(case=closed, expected_version=1),)))
    kept = await house.store.belongings(HARBOUR, ANN)
    assert not kept.is_in_care
    assert CRISIS.id not in {each.id for each in kept.cases}
    about = await house.store.cases_about(HARBOUR, ANN)
    assert {each.id for each in about} == {CONDUCT.id, CRISIS.id, APPEAL.id}


@pytest.mark.parametrize("cases", [(CONDUCT, OF_BEN), (OF_BEN, CONDUCT)])
async def test_words_that_are_evidence_somewhere_are_told_as_evidence(house: House, cases: tuple[Case, Case]) -> None:
    first, second = (replace(sealed(1, "what ann wrote"), is_context=case is OF_BEN) for case in cases)
    await house.store.commit(Commit(cases=tuple(map(new, cases)), texts=((cases[0].id, first), (cases[1].id, second))))
    (kept,) = (await house.store.belongings(HARBOUR, ANN)).words
    assert not kept.is_context


async def test_their_words_are_theirs_in_whatever_case_they_lie_and_each_once(house: House) -> None:
    by_ben = a_message(2, "what ben wrote")
    by_ben = replace(by_ben, author=Author(id=BEN, name="Ben"))
    mine, context = sealed(1, "what ann wrote"), sealed(3, "earlier words", is_context=True)
    await house.store.commit(
        Commit(
            cases=(new(CONDUCT), new(OF_BEN), new(ELSEWHERE)),
            texts=(
                (CONDUCT.id, mine),
                (OF_BEN.id, SealedMessage(message=by_ben)),
                (OF_BEN.id, context),
                (OF_BEN.id, replace(mine, is_context=True)),
                (ELSEWHERE.id, SealedMessage(message=a_message(4, community=ISLAND))),
            ),
        )
    )
    await house.restart()
    kept = await house.store.belongings(HARBOUR, ANN)
    assert [each.message.text for each in kept.words] == ["what ann wrote", "earlier words"]
    await house.store.commit(Commit(destroyed_texts=(OF_BEN.id,)))
    kept = await house.store.belongings(HARBOUR, ANN)
    assert [each.message.text for each in kept.words] == ["what ann wrote"]


async def test_a_sanction_is_told_while_it_holds(house: House) -> None:
    actions = (
        a_sanction("for good"),
        a_sanction("timeout", ActionKind.TIMEOUT, hours=2),
        a_sanction("over", hours=-1),
        a_sanction("failed"),
        a_sanction("taken back"),
        a_sanction("its inverse", ActionKind.UNBAN, undoes="taken back"),
        a_sanction("inverse that failed", ActionKind.UNBAN, undoes="for good"),
        a_sanction("warning", ActionKind.WARN),
        replace(a_sanction("only proposed"), enforcement=Enforcement.PROPOSED),
        replace(a_sanction("of ben"), target=BEN),
    )
    await house.store.commit(Commit(cases=(new(CONDUCT),), actions=actions))
    for each in actions:
        is_failed = each.key in {"failed", "inverse that failed"}
        if each.enforcement is Enforcement.LIVE and each.key != "timeout":
            state = ActionState.FAILED if is_failed else ActionState.DONE
            await house.store.record_action(each.key, state, START)

    async def told() -> list[str]:
        return [each.action.key for each in (await house.store.belongings(HARBOUR, ANN)).sanctions]

    assert await told() == ["for good", "timeout"]
    house.clock.advance(timedelta(hours=3))
    assert await told() == ["for good"]


async def test_their_reports_are_counted_and_their_duty_is_told(house: House) -> None:
    reported = [replace(an_evidence(OF_BEN, n), author=BEN, reporter=ANN, reported_at=START) for n in (1, 2)]
    again = replace(reported[0], rule="another rule")
    others = replace(an_evidence(OF_BEN, 3), reporter=MemberId("cara"), reported_at=START)
    duty = Duty(community=HARBOUR, member=ANN, is_on=True, since=START, until=START + timedelta(hours=8))
    duties = (duty, replace(duty, member=BEN), replace(duty, community=ISLAND))
    await house.store.commit(Commit(cases=(new(OF_BEN),), evidence=(*reported, again, others), duties=duties))
    kept = await house.store.belongings(HARBOUR, ANN)
    assert (kept.reports, list(kept.duties)) == (2, [duty])
    assert MessageId("m1") == reported[0].message_id
