"""A member has everything deleted: what goes, what stays, and that neither a kill nor another writer leaves a trace."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.care.members import Command
from core.care.privacy import CONFIRMED_WITHIN
from core.care.reports import ReportAbout
from core.errors import GaveUp, TextGone, Unavailable
from core.model.action import ActionKind, Lane
from core.model.audit import AuditVerb
from core.model.belongings import Belongings
from core.model.card import Text
from core.model.case import Case, Concern, Enforcement, Outcome, State
from core.model.case_event import Refused, Why
from core.model.message import MemberId
from core.model.page import Page
from core.model.record import ActionState, Commit
from tests.contract.samples import a_case as new_case
from tests.contract.samples import an_action, new
from tests.core.examples import COMMUNITY, ELSEWHERE, a_message
from tests.core.house import LIVE_LADDER, House

ANN = MemberId("ann")


async def erased(house: House, member: str = "ann") -> Page:
    """Ask, confirm, and let it be carried out."""
    page = await house.press(member, await house.ask(member, Command.DELETE_MY_DATA), "privacy.delete.yes")
    await house.pass_time(timedelta(seconds=1))
    return page


async def left_of(house: House, member: str = "ann") -> str:
    """Everything that the store still tells, in whatever way, as one text to look for somebody in."""
    cases = await house.cases()
    told: list[object] = [*cases, *await house.store.audit(COMMUNITY, 1000)]
    for case in cases:
        told += await house.store.evidence(COMMUNITY, case.id)
        told += await house.records(case)
        try:
            told += await house.store.texts(COMMUNITY, case.id)
            told += await house.store.notes(COMMUNITY, case.id)
        except TextGone:
            pass
    told += await house.store.due_timers(house.clock.now() + timedelta(days=1000), 1000)
    told += await house.intake.take(1000)
    return repr(told)


def keys(page: Page) -> list[str]:
    return [each.key for each in page.body if isinstance(each, Text)]


async def test_nothing_of_a_member_in_a_crisis_is_left() -> None:
    house = House()
    await house.say("disclosure:3 canary")
    await house.settle()
    await erased(house)
    await house.deliver()
    (case,) = await house.cases()
    assert (case.state, case.outcome, case.subject) == (State.RESOLVED, Outcome.ERASED, "")
    left = await left_of(house)
    assert "'ann'" not in left
    assert "canary" not in left
    assert "'m1'" not in left
    assert (await house.store.belongings(COMMUNITY, ANN)).is_in_care is False


async def test_the_responders_card_says_so_in_one_line_and_offers_nothing() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    await house.clicked("rae", await house.the_case(Concern.CRISIS), "claim")
    await erased(house)
    await house.deliver()
    card = house.stage.orders(ActionKind.REFRESH_CARD)[-1].card
    assert card is not None
    assert "card.erased" in [line.key for line in card.lines]
    assert card.buttons == ()
    assert card.link is None


async def test_nobody_is_called_any_more_about_who_had_their_data_deleted() -> None:
    house = House()
    await house.say("disclosure:4")
    await house.settle()
    await erased(house)
    await house.deliver()
    calls = len(house.stage.calls)
    for _ in range(20):
        await house.pass_time(timedelta(minutes=30))
        await house.deliver()
    assert len(house.stage.calls) == calls
    assert not await house.store.follow_ups(COMMUNITY)


async def test_an_open_case_about_conduct_stays_and_forgets_its_member_when_it_is_closed() -> None:
    house = House()
    await house.say("insult:2 canary")
    await house.settle()
    page = await house.ask("ann", Command.DELETE_MY_DATA)
    assert "privacy.stays.open" in keys(page)
    assert "privacy.stays.open" in keys(await erased(house))
    case = await house.the_case()
    assert (case.subject, case.forgets_early) == ("ann", True)
    await house.clicked("bob", case, "resolve", outcome="upheld")
    await house.pass_time(timedelta(seconds=1))
    left = await left_of(house)
    assert "'ann'" not in left
    assert "canary" not in left


async def test_a_ban_stays_for_as_long_as_it_holds() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:2 canary")
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "claim")
    case = await house.clicked("bob", case, "order", kind="ban", duration_s=str(7 * 86400))
    await house.clicked("bob", case, "resolve", outcome="upheld")
    await house.deliver()
    assert "privacy.stays.in_force" in keys(await erased(house))
    case = await house.case(case.id)
    assert case.subject == "ann"
    assert "canary" not in await left_of(house)
    await house.pass_time(timedelta(days=7, minutes=1))
    await house.deliver()
    await house.pass_time(timedelta(days=1, minutes=1))
    assert [each.action.target for each in await house.records(case, ActionKind.UNBAN)] != []
    await house.pass_time(timedelta(days=1))
    assert (await house.case(case.id)).subject == ""
    assert "'ann'" not in await left_of(house)


async def test_a_closed_case_whose_sanction_is_over_goes_at_once_with_its_record() -> None:
    house = House()
    await house.say("insult:2")
    await house.settle()
    await house.clicked("bob", await house.the_case(), "resolve", outcome="upheld")
    assert "privacy.stays.open" not in keys(await erased(house))
    assert await house.appeals.record(COMMUNITY, ANN) == []
    assert "'ann'" not in await left_of(house)


async def test_an_open_appeal_is_over() -> None:
    house = House()
    await house.say("insult:2")
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "resolve", outcome="upheld")
    appeal = await house.appeal("ann", case, "canary")
    assert isinstance(appeal, Case)
    await house.settle()
    await erased(house)
    after = await house.case(appeal.id)
    assert (after.outcome, after.subject) == (Outcome.ERASED, "")
    left = await left_of(house)
    assert "'ann'" not in left
    assert "canary" not in left


async def test_what_was_not_decided_yet_never_will_be() -> None:
    house = House()
    await house.say("disclosure:4 canary")
    await erased(house)
    await house.settle()
    assert not await house.cases()
    assert await house.undecided() == 0


async def test_their_words_are_told_along_with_nobodys_case_afterwards() -> None:
    house = House()
    await house.say("canary", "m1")
    await house.say("hello", "m2", author="ben")
    await house.settle()
    await erased(house)
    await house.say("disclosure:3", "m3", author="ben")
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    told = [each.message.text for each in await house.store.texts(COMMUNITY, case.id)]
    assert told == ["hello", "disclosure:3"]


async def test_what_they_said_in_somebody_elses_case_goes_and_the_case_stays() -> None:
    house = House()
    await house.say("canary", "m1")
    await house.say("disclosure:3", "m2", author="ben")
    await house.settle()
    await erased(house)
    case = await house.the_case(Concern.CRISIS)
    assert case.subject == "ben"
    assert [each.message.text for each in await house.store.texts(COMMUNITY, case.id)] == ["disclosure:3"]
    left = await left_of(house)
    assert "'ann'" not in left
    assert "canary" not in left


async def test_that_they_reported_somebody_goes_and_the_report_stays() -> None:
    house = House()
    case = await house.report("ann", a_message(author="ben"), ReportAbout.HARASSMENT)
    assert isinstance(case, Case)
    await erased(house)
    (evidence,) = await house.store.evidence(COMMUNITY, case.id)
    assert evidence.reporter != "ann"
    assert (await house.case(case.id)).is_open
    assert "'ann'" not in await left_of(house)


async def test_what_they_chose_still_holds() -> None:
    house = House()
    page = await house.press("ann", await house.ask("ann", Command.OPTOUT), "privacy.choose.unscreened.yes")
    await house.press("ann", page, "privacy.choose.quiet.yes")
    assert "privacy.stays.choices" in keys(await house.ask("ann", Command.DELETE_MY_DATA))
    await erased(house)
    chosen = await house.store.preference(COMMUNITY, ANN)
    assert chosen.no_contact
    assert chosen.no_crisis_screening


async def test_it_is_one_persons_in_one_community() -> None:
    house = House()
    await house.say("disclosure:3", "m1")
    await house.say("disclosure:3", "m2", author="annabel")
    await house.say("disclosure:3", "m3", community=ELSEWHERE)
    await house.settle()
    await erased(house)
    assert (await house.the_case(Concern.CRISIS)).subject == "annabel"
    (elsewhere,) = await house.store.cases(ELSEWHERE, frozenset(State), 10)
    assert (elsewhere.subject, elsewhere.is_open) == ("ann", True)


async def test_the_audit_has_one_entry_that_names_nobody_and_its_chain_holds() -> None:
    house = House()
    await house.say("disclosure:3 insult:3")
    await house.settle()
    before = len(await house.store.audit(COMMUNITY, 1000))
    await erased(house)
    entry, *others = await house.store.audit(COMMUNITY, 1000)
    assert len(others) == before
    assert (entry.verb, entry.case_id, entry.member_ref, dict(entry.facts)) == (AuditVerb.ERASED, None, "", {})
    assert await house.store.verify_audit(COMMUNITY) is None


async def test_pressed_again_and_again_it_is_done_once_and_harms_nothing() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    question = await house.ask("ann", Command.DELETE_MY_DATA)
    for _ in range(5):
        await house.press("ann", question, "privacy.delete.yes")
    await house.pass_time(timedelta(seconds=1))
    verbs = [each.verb for each in await house.store.audit(COMMUNITY, 1000)]
    assert verbs.count(AuditVerb.ERASED) == 1
    await house.press("ann", question, "privacy.delete.yes")
    await house.pass_time(timedelta(seconds=1))
    assert "'ann'" not in await left_of(house)
    verbs = [each.verb for each in await house.store.audit(COMMUNITY, 1000)]
    assert verbs.count(AuditVerb.ERASED) == 1


async def test_who_only_reported_something_is_told_of_in_the_audit_as_well() -> None:
    house = House()
    await house.report("ann", a_message(author="ben"), ReportAbout.OTHER)
    await erased(house)
    assert AuditVerb.ERASED in [each.verb for each in await house.store.audit(COMMUNITY, 1000)]


async def test_an_old_question_is_asked_again_and_deletes_nothing() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    question = await house.ask("ann", Command.DELETE_MY_DATA)
    await house.pass_time(CONFIRMED_WITHIN + timedelta(seconds=1))
    assert (await house.press("ann", question, "privacy.delete.yes")).name == "privacy.delete"
    await house.pass_time(timedelta(seconds=1))
    assert (await house.the_case(Concern.CRISIS)).subject == "ann"


async def test_who_is_looked_after_is_told_so_gently_before_the_click_and_in_their_copy() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    assert "privacy.delete.care" in keys(await house.ask("ann", Command.DELETE_MY_DATA))
    assert "privacy.export.care" in keys(await house.ask("ann", Command.MY_DATA))
    assert "privacy.delete.care" not in keys(await house.ask("ben", Command.DELETE_MY_DATA))


async def test_somebody_new_in_need_is_found_again_after_an_erasure() -> None:
    house = House()
    await house.say("disclosure:3", "m1")
    await house.settle()
    await erased(house)
    await house.say("disclosure:2", "m2")
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    assert (case.subject, case.level, case.messages) == ("ann", 2, 1)


async def test_what_was_ordered_for_them_and_not_done_yet_is_not_done() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    case = await house.clicked("rae", await house.the_case(Concern.CRISIS), "claim")
    await house.clicked("rae", case, "order", kind="support_message")
    await erased(house)
    await house.deliver()
    assert not house.stage.orders(ActionKind.SUPPORT_MESSAGE)


async def test_a_click_that_comes_in_between_is_taken_into_account() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    await house.press("ann", await house.ask("ann", Command.DELETE_MY_DATA), "privacy.delete.yes")
    house.store.before_commit.append(house.click("rae", case, "claim"))
    await house.pass_time(timedelta(seconds=1))
    after = await house.case(case.id)
    assert (after.outcome, after.subject, after.holder) == (Outcome.ERASED, "", None)
    late = await house.click("rae", after, "claim")
    assert isinstance(late, Refused)
    assert late.why in {Why.CLOSED, Why.SUPERSEDED, Why.NOT_FOUND}


async def test_an_erasure_that_the_disk_refuses_is_done_as_soon_as_it_can_be() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    await house.press("ann", await house.ask("ann", Command.DELETE_MY_DATA), "privacy.delete.yes")
    for _ in range(3):
        house.store.refusals.extend([Unavailable(reason="synthetic")] * 50)
        with pytest.raises(Unavailable):
            await house.timers.fire_due()
    house.store.refusals.clear()
    house.start()
    await house.pass_time(timedelta(seconds=1))
    assert "'ann'" not in await left_of(house)


async def test_words_that_nobody_can_open_any_more_keep_nobody_from_having_everything_deleted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def broken(*_: object) -> Belongings:
        raise GaveUp(reason="what is sealed was changed")

    house = House()
    await house.say("disclosure:3")
    await house.settle()
    monkeypatch.setattr(house.store, "belongings", broken)
    await erased(house)
    assert "'ann'" not in await left_of(house)


async def test_a_member_with_every_kind_of_case_at_once_and_a_community_full_of_others() -> None:
    house = House(LIVE_LADDER)
    for number in range(6):
        await house.say("disclosure:2 insult:2 hello", f"b{number}", author=f"other{number}")
    await house.say("disclosure:4 insult:3 canary", "m1")
    await house.say("term:2 canary", "m2")
    await house.settle()
    before = {case.id: case for case in await house.cases() if case.subject != "ann"}
    await erased(house)
    await house.settle()
    after = {case.id: case for case in await house.cases() if case.id in before}
    assert [case.subject for case in after.values()] == [before[case_id].subject for case_id in after]
    assert [case.is_open for case in after.values()] == [before[case_id].is_open for case_id in after]


async def test_a_ban_from_a_raid_is_told_of_and_stays() -> None:
    """It came of a case about many: no case of theirs would say so."""
    house = House()
    raid = replace(new_case("raid", concern=Concern.RAID), community=COMMUNITY, subject="pier")
    ban = replace(an_action("ban-ann", case=raid, kind=ActionKind.BAN, lane=Lane.ENFORCEMENT), target="ann", until=None)
    ban = replace(ban, enforcement=Enforcement.LIVE)
    await house.store.commit(Commit(cases=(new(raid),), actions=(ban,)))
    await house.store.record_action("ban-ann", ActionState.DONE, house.clock.now())
    page = await house.ask("ann", Command.DELETE_MY_DATA)
    assert [each.params for each in page.body if isinstance(each, Text) and each.key == "privacy.stays.in_force"] == [
        {"n": 1, "cases": "raid"}
    ]
    await erased(house)
    assert [each.action.key for each in await house.store.actions_on(COMMUNITY, ANN)] == ["ban-ann"]
