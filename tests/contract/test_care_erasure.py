"""What every store forgets of a member who has their data deleted, and of a community that took the bot out."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.flow.noticing import BY
from core.flow.planning import UNDOES
from core.flow.purging import MESSAGES
from core.model.action import ActionKind, Lane
from core.model.case import JOIN, Case, CaseId, Concern, Evidence, Outcome, State
from core.model.message import Author, ChannelId, MemberId, MessageId
from core.model.preference import Preference
from core.model.record import (
    Action,
    ActionState,
    CaseWrite,
    Commit,
    Committed,
    Duty,
    Erasing,
    Note,
    SealedMessage,
    Timer,
)
from core.model.standing import PostKind, Standing
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import (
    BEN,
    HARBOUR,
    ISLAND,
    a_case,
    a_draft,
    a_message,
    an_action,
    an_evidence,
    new,
    opening,
)

IDA = MemberId("ida-4711")
"""Whoever is erased: an id that nothing else contains."""
IDA_TOO = MemberId("ida-47110")
"""Somebody else, whose id begins with hers."""
ERASED = Commit(erased=(Erasing(community=HARBOUR, member=IDA),))

OF_BEN = a_case("of-ben", subject=BEN)
RAID = replace(a_case("raid", concern=Concern.RAID), subject=ChannelId("pier"))


def closed(case: Case, outcome: Outcome = Outcome.UPHELD) -> Case:
    return replace(case, state=State.RESOLVED, outcome=outcome, closed_at=START, closed_by=BEN)


def about_ida(name: str = "of-ida", concern: Concern = Concern.CONDUCT) -> Case:
    return closed(a_case(name, subject=IDA, concern=concern))


def by_ida(case: Case, number: int = 1) -> Evidence:
    return replace(an_evidence(case, number), author=IDA, target=None)


def words(number: int, author: MemberId, text: str) -> SealedMessage:
    message = replace(a_message(number, text), author=Author(id=author, name=author))
    return SealedMessage(message=message, is_context=author == IDA)


def done_to(member: str, key: str, case: Case, kind: ActionKind = ActionKind.WARN, **params: str) -> Action:
    action = an_action(key, case=case, kind=kind, lane=Lane.ENFORCEMENT)
    return replace(action, target=member, until=None, params=params)


def traces(things: object) -> bool:
    """Whether anything says who it was; whose id only begins with hers is somebody else."""
    return str(IDA) in repr(things).replace(str(IDA_TOO), "")


async def everything(house: House, *cases: CaseId) -> Sequence[object]:
    """All that a store tells of these cases."""
    return [
        each
        for case_id in cases
        for each in (
            await house.store.case(HARBOUR, case_id),
            await house.store.evidence(HARBOUR, case_id),
            await house.store.actions(HARBOUR, case_id),
        )
    ]


async def test_a_closed_case_about_them_names_them_no_more(house: House) -> None:
    case = about_ida()
    actions = (
        done_to(IDA, "warned", case),
        done_to("m1", "deleted", case, ActionKind.DELETE),
        replace(done_to(IDA, "purged", case, ActionKind.PURGE, **{MESSAGES: "m1,m2"}), after="warned"),
    )
    note = Note(case_id=case.id, at=START, by=BEN, text="a synthetic note")
    texts = ((case.id, words(1, IDA, "hers")), (case.id, words(2, BEN, "what stood before")))
    unit = Commit(cases=(new(case),), evidence=(by_ida(case),), actions=actions, texts=texts, notes=(note,))
    await house.store.commit(unit)
    assert await house.store.commit(ERASED) is Committed.WRITTEN
    await house.restart()
    assert not traces(await everything(house, case.id))
    assert not traces(await house.store.belongings(HARBOUR, IDA))
    assert await house.store.cases_about(HARBOUR, IDA) == []
    found = await house.store.case(HARBOUR, case.id)
    assert found is not None
    assert (found.outcome, found.subject) == (Outcome.UPHELD, "")
    records = await house.store.actions(HARBOUR, case.id)
    assert [each.action.kind for each in records] == [ActionKind.WARN, ActionKind.DELETE, ActionKind.PURGE]
    assert {each.action.target for each in records} == {""}
    assert not {each.action.key for each in records} & {"warned", "deleted", "purged"}
    assert "m1" not in repr([each.action for each in records])


async def test_whoever_ends_a_case_in_the_same_unit_erases_what_it_names(house: House) -> None:
    crisis = a_case("crisis", subject=IDA, concern=Concern.CRISIS)
    await house.store.commit(Commit(cases=(new(crisis),), evidence=(by_ida(crisis),)))
    assert await house.store.commit(ERASED) is Committed.STALE
    ended = replace(closed(crisis, Outcome.ERASED), version=2)
    unit = replace(ERASED, cases=(CaseWrite(case=ended, expected_version=1),))
    assert await house.store.commit(unit) is Committed.WRITTEN
    assert not traces(await everything(house, crisis.id))


async def test_a_case_that_is_kept_stays_as_it_is_with_its_words(house: House) -> None:
    kept, gone = a_case("kept", subject=IDA), about_ida()
    ban = done_to(IDA, "ban", kept, ActionKind.BAN)
    await house.store.commit(
        Commit(
            cases=(new(kept), new(gone)),
            evidence=(by_ida(kept), by_ida(gone)),
            texts=((kept.id, words(1, IDA, "hers")),),
            actions=(ban,),
        )
    )
    before = await everything(house, kept.id)
    erasing = Erasing(community=HARBOUR, member=IDA, keeps=frozenset({kept.id}))
    assert await house.store.commit(Commit(erased=(erasing,))) is Committed.WRITTEN
    assert await everything(house, kept.id) == before
    assert len(await house.store.texts(HARBOUR, kept.id)) == 1
    assert not traces(await everything(house, gone.id))


async def test_a_case_of_somebody_else_stays_readable_without_them(house: House) -> None:
    insulted = replace(an_evidence(OF_BEN, 1), author=BEN, target=IDA)
    reports = [
        replace(an_evidence(OF_BEN, 2), author=BEN, target=None, reporter=reporter, reported_at=START)
        for reporter in (IDA, IDA_TOO)
    ]
    anonymous = replace(reports[0], message_id=MessageId("m3"))
    told_twice = replace(anonymous, reporter=None, reported_at=None)
    await house.store.commit(
        Commit(
            cases=(new(OF_BEN),),
            evidence=(insulted, *reports, anonymous, told_twice),
            texts=((OF_BEN.id, words(1, BEN, "what ben wrote")), (OF_BEN.id, words(2, IDA, "what she had said"))),
        )
    )
    assert await house.store.commit(ERASED) is Committed.WRITTEN
    evidence = await house.store.evidence(HARBOUR, OF_BEN.id)
    assert not traces(evidence)
    assert [(each.message_id, each.author, each.target) for each in evidence] == [
        ("m1", BEN, None),
        ("m2", BEN, None),
        ("m2", BEN, None),
        ("m3", BEN, None),
    ]
    assert {each.reporter for each in evidence} == {None, IDA_TOO}
    (left,) = await house.store.texts(HARBOUR, OF_BEN.id)
    assert left.message.author.id == BEN
    count = await house.store.reports_by(HARBOUR, IDA, START - timedelta(days=1))
    assert count.lately == 0


async def test_what_becomes_of_a_reported_message_later_is_written_to_the_report_that_nobody_made(house: House) -> None:
    reported = replace(an_evidence(OF_BEN), author=BEN, target=None, reporter=IDA, reported_at=START)
    await house.store.commit(Commit(cases=(new(OF_BEN),), evidence=(reported,)))
    await house.store.commit(ERASED)
    (evidence,) = await house.store.evidence(HARBOUR, OF_BEN.id)
    deleted = replace(evidence, deleted_at=START + timedelta(minutes=1))
    await house.store.commit(Commit(evidence=(deleted,)))
    assert list(await house.store.evidence(HARBOUR, OF_BEN.id)) == [deleted]


async def test_whoever_had_read_a_case_that_named_them_does_not_write_them_back(house: House) -> None:
    """Its evidence is written whole, by who read it before: a timer of the same second, or somebody at the desk."""
    reported = replace(an_evidence(OF_BEN, 1), author=BEN, reporter=IDA, reported_at=START)
    decided = replace(a_case("of-cleo", subject="cleo"), state=State.RESOLVED, outcome=Outcome.UPHELD, closed_at=START)
    decided = replace(decided, closed_by=IDA)
    await house.store.commit(Commit(cases=(new(OF_BEN), new(decided)), evidence=(reported,)))
    read = [await house.store.case(HARBOUR, each.id) for each in (OF_BEN, decided)]
    await house.store.commit(ERASED)
    for case in read:
        assert case is not None
        write = CaseWrite(case=replace(case, version=case.version + 1), expected_version=case.version)
        evidence = (reported,) if case.id == OF_BEN.id else ()
        assert await house.store.commit(Commit(cases=(write,), evidence=evidence)) is Committed.STALE
    assert IDA not in repr(await house.store.evidence(HARBOUR, OF_BEN.id))


async def test_a_raid_forgets_that_they_took_part_and_a_ban_from_it_stays_until_it_is_over(house: House) -> None:
    joined = replace(by_ida(RAID), message_id=MessageId(f"{JOIN}{IDA}:1"))
    others = replace(an_evidence(RAID, 3), author=IDA_TOO, target=None)
    actions = (
        done_to(IDA, "ban", RAID, ActionKind.BAN),
        done_to(IDA, "waits", RAID, ActionKind.KICK),
        done_to("m2", "delete", RAID, ActionKind.DELETE),
        done_to("pier", "slow", RAID, ActionKind.SLOW_MODE),
        done_to(IDA_TOO, "other", RAID, ActionKind.KICK),
    )
    unit = Commit(cases=(new(RAID),), evidence=(joined, by_ida(RAID, 2), others), actions=actions)
    await house.store.commit(unit)
    await house.store.record_action("ban", ActionState.DONE, START)
    assert await house.store.commit(ERASED) is Committed.WRITTEN
    assert [each.author for each in await house.store.evidence(HARBOUR, RAID.id)] == [IDA_TOO]
    records = await house.store.actions(HARBOUR, RAID.id)
    assert [(each.action.target, each.state) for each in records] == [
        (IDA, ActionState.DONE),
        ("", ActionState.WITHDRAWN),
        ("", ActionState.WITHDRAWN),
        ("pier", ActionState.PENDING),
        (IDA_TOO, ActionState.PENDING),
    ]
    (held,) = (await house.store.belongings(HARBOUR, IDA)).sanctions
    assert held.action.key == "ban"


async def test_nothing_is_done_to_them_any_more_that_was_only_ordered(house: House) -> None:
    case = about_ida()
    await house.store.commit(
        Commit(
            cases=(new(case),),
            actions=(done_to(IDA, "ordered", case), done_to(IDA, "under way", case)),
            timers=(Timer(kind="action_ends", key="ordered", due_at=START, community=HARBOUR),),
        )
    )
    await house.store.claim_actions(START, 1)
    await house.store.commit(ERASED)
    assert {each.state for each in await house.store.actions(HARBOUR, case.id)} == {ActionState.WITHDRAWN}
    assert await house.store.claim_actions(START, 10) == []
    assert await house.store.unclaim_actions() == []
    assert await house.store.due_timers(START, 10) == []


async def test_a_moderator_is_named_no_more_in_what_they_ordered_and_somebody_still_ordered_it(house: House) -> None:
    own = done_to(
        BEN,
        "of ben",
        OF_BEN,
        ActionKind.WARN,
        **{BY: IDA, "people": f"{BEN},{IDA},{IDA_TOO}", "calls": IDA, "tier": "1"},
    )
    told = replace(done_to(IDA, "told", OF_BEN, ActionKind.TELL), lane=Lane.ALERT)
    decided = replace(closed(a_case("decided", subject="cara")), closed_by=IDA, second=IDA)
    await house.store.commit(Commit(cases=(new(OF_BEN), new(decided)), actions=(own, told)))
    await house.store.commit(ERASED)
    found = await everything(house, OF_BEN.id, decided.id)
    assert not traces(found)
    first = (await house.store.actions(HARBOUR, OF_BEN.id))[0]
    assert first.action.params == {BY: "erased", "people": f"{BEN},{IDA_TOO}", "tier": "1"}
    assert first.state is ActionState.PENDING


async def test_duty_timers_and_undecided_messages_go_and_those_of_others_stay(house: House) -> None:
    duty = Duty(community=HARBOUR, member=IDA, is_on=True, since=START, until=START + timedelta(hours=8))
    duties = (duty, replace(duty, member=IDA_TOO))
    timers = tuple(
        Timer(kind="duty_ends", key=f"{HARBOUR}:{member}", due_at=START, community=HARBOUR) for member in (IDA, IDA_TOO)
    )
    await house.store.commit(Commit(duties=duties, timers=timers))
    await house.store.commit(ERASED)
    assert [each.member for each in await house.store.duties(HARBOUR, START)] == [IDA_TOO]
    assert list(await house.store.due_timers(START, 10)) == [timers[1]]


async def test_the_audit_holds_and_refers_to_them_no_more(house: House) -> None:
    kept = a_case("kept", subject=IDA)
    gone = about_ida()
    report = replace(an_evidence(OF_BEN), author=BEN, reporter=IDA, reported_at=START)
    drafts = [a_draft(case, member=IDA, actor="lightkeeper") for case in (kept, gone, OF_BEN)]
    cases = (new(kept), new(gone), new(OF_BEN))
    await house.store.commit(Commit(cases=cases, evidence=(report,), audit=tuple(drafts)))
    erasing = Erasing(community=HARBOUR, member=IDA, keeps=frozenset({kept.id}))
    await house.store.commit(Commit(erased=(erasing,)))
    await house.store.commit(Commit(audit=tuple(drafts)))
    entries = await house.store.audit(HARBOUR, 10)
    named = {case.id: {each.member_ref for each in entries if each.case_id == case.id} for case in (kept, gone, OF_BEN)}
    assert {case_id: len(names) for case_id, names in named.items()} == {kept.id: 1, gone.id: 2, OF_BEN.id: 2}
    assert not traces(entries)
    assert await house.store.verify_audit(HARBOUR) is None


async def test_an_opt_out_outlives_the_erasure(house: House) -> None:
    choice = Preference(community=HARBOUR, member=IDA, no_contact=True, no_crisis_screening=True, since=START)
    await house.store.commit(Commit(preferences=(choice,)))
    await house.store.commit(ERASED)
    await house.restart()
    assert await house.store.preference(HARBOUR, IDA) == choice


async def test_another_community_and_another_member_keep_everything(house: House) -> None:
    elsewhere = replace(about_ida("elsewhere"), community=ISLAND)
    other = replace(about_ida("other"), subject=IDA_TOO)
    evidence = (by_ida(elsewhere), replace(by_ida(other), author=IDA_TOO))
    await house.store.commit(Commit(cases=(new(elsewhere), new(other)), evidence=evidence))
    await house.store.commit(ERASED)
    assert await house.store.case(ISLAND, elsewhere.id) == elsewhere
    assert len(await house.store.evidence(ISLAND, elsewhere.id)) == 1
    assert await house.store.case(HARBOUR, other.id) == other
    assert len(await house.store.evidence(HARBOUR, other.id)) == 1


async def test_erasing_twice_or_whom_nobody_knows_changes_nothing(house: House) -> None:
    await house.store.commit(Commit(cases=(new(about_ida()), new(OF_BEN)), evidence=(an_evidence(OF_BEN),)))
    await house.store.commit(ERASED)
    before = await everything(house, about_ida().id, OF_BEN.id)
    assert await house.store.commit(ERASED) is Committed.WRITTEN
    await house.store.commit(Commit(erased=(Erasing(community=ISLAND, member=IDA),)))
    assert await everything(house, about_ida().id, OF_BEN.id) == before
    await house.store.flush_erased()
    await house.store.flush_erased()


async def test_who_comes_back_is_a_member_like_any_other(house: House) -> None:
    await house.store.commit(opening(about_ida()))
    await house.store.commit(ERASED)
    back = a_case("back", subject=IDA)
    texts = ((back.id, words(1, IDA, "hello again")),)
    unit = Commit(cases=(new(back),), evidence=(by_ida(back),), texts=texts, audit=(a_draft(back, member=IDA),))
    assert await house.store.commit(unit) is Committed.WRITTEN
    kept = await house.store.belongings(HARBOUR, IDA)
    assert ([each.id for each in kept.cases], len(kept.words)) == ([back.id], 1)


async def test_a_ban_that_was_lifted_is_forgotten_with_what_lifted_it(house: House) -> None:
    lifting = done_to(IDA, "lift", RAID, ActionKind.UNBAN, **{UNDOES: "ban"})
    await house.store.commit(Commit(cases=(new(RAID),), actions=(done_to(IDA, "ban", RAID, ActionKind.BAN), lifting)))
    await house.store.record_action("ban", ActionState.DONE, START)
    await house.store.record_action("lift", ActionState.DONE, START)
    await house.store.commit(ERASED)
    assert not traces(await everything(house, RAID.id))


@pytest.mark.parametrize("is_back", [False, True])
async def test_a_community_that_took_the_bot_out_goes_whole_with_its_audit(house: House, is_back: bool) -> None:
    case, other = about_ida(), replace(about_ida("elsewhere"), community=ISLAND)
    choice = Preference(community=HARBOUR, member=IDA, no_contact=True, since=START)
    post = Standing(community=HARBOUR, channel=ChannelId("pier"), kind=PostKind.HELP, receipt="1", since=START)
    duty = Duty(community=HARBOUR, member=BEN, is_on=True, since=START, until=START + timedelta(hours=8))
    await house.store.commit(
        Commit(
            cases=(new(case), new(other)),
            evidence=(by_ida(case), by_ida(other)),
            texts=((case.id, words(1, IDA, "hers")),),
            notes=(Note(case_id=case.id, at=START, by=BEN, text="a note"),),
            actions=(done_to(IDA, "warned", case),),
            timers=(Timer(kind="forget", key=case.id, due_at=START, community=HARBOUR),),
            duties=(duty,),
            standing=(post,),
            preferences=(choice,),
            audit=(a_draft(case, member=IDA), a_draft(other, member=IDA)),
        )
    )
    assert await house.store.commit(Commit(left=(HARBOUR,))) is Committed.WRITTEN
    await house.restart()
    if is_back:
        await house.store.commit(Commit(cases=(new(case),), audit=(a_draft(case, member=IDA),)))
        assert await house.store.evidence(HARBOUR, case.id) == []
        (entry,) = await house.store.audit(HARBOUR, 10)
        assert entry.number == 1
        assert await house.store.verify_audit(HARBOUR) is None
    else:
        assert await house.store.communities() == [ISLAND]
        assert await house.store.case(HARBOUR, case.id) is None
    assert await house.store.actions(HARBOUR, case.id) == []
    assert await house.store.standing(HARBOUR) == []
    assert await house.store.duties(HARBOUR, START) == []
    assert await house.store.due_timers(START, 10) == []
    assert await house.store.preference(HARBOUR, IDA) == choice
    assert await house.store.case(ISLAND, other.id) == other
    assert len(await house.store.evidence(ISLAND, other.id)) == 1
