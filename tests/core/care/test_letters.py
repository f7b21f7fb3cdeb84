"""The support message: who may send it, what it says, that nobody else can set it off, and how its reader answers."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from core.care.letters import FOUND_FOR
from core.care.members import Languages
from core.care.reports import ReportAbout
from core.care.ways import read_way
from core.care.wording import lines_of
from core.desk.orders import MOST_TRIES
from core.errors import GaveUp, RetryLater, Unavailable
from core.flow.telling import owner_words
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import Case, Concern
from core.model.case_event import Why
from core.model.message import MemberId
from core.model.page import MOST_BYTES, Page, Shown
from core.model.people import Role
from core.model.preference import Preference
from core.model.record import ActionState, AuditEntry, Commit
from tests.core.care.helping import A_FULL_COUNTRY, HARBOUR, TEXTS, Care, a_care, leads, names_on, said
from tests.core.care.test_erasing import erased, left_of
from tests.core.desk.asking import why
from tests.core.examples import COMMUNITY
from tests.core.house import driven

ANN = MemberId("ann")
SUPPORT, TALK, TELL_OWNER = ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK, ActionKind.TELL_OWNER
RESPONDER, OWNER = frozenset({Role.RESPONDER}), frozenset({Role.OWNER})
BOTH = RESPONDER | OWNER


async def a_claimed_case(care: Care, by: str = "rae") -> Case:
    await care.house.say("disclosure:2")
    await care.house.settle()
    return await care.house.clicked(by, await care.house.the_case(Concern.CRISIS), "claim")


async def a_letter(care: Care, by: str = "rae") -> Page:
    """The message as its member has it, sent by a responder on an open case."""
    case = await a_claimed_case(care, by)
    await care.house.clicked(by, case, "order", kind=SUPPORT.value)
    await care.house.deliver()
    order = care.house.stage.orders(SUPPORT)[-1]
    assert order.action.target == ANN
    assert order.page is not None
    return order.page


async def chose(care: Care, *, no_contact: bool = True) -> None:
    choice = Preference(community=COMMUNITY, member=ANN, no_contact=no_contact, since=care.house.clock.now())
    await care.house.store.commit(Commit(preferences=(choice,)))


async def audited(care: Care, verb: str) -> Sequence[AuditEntry]:
    return [each for each in await care.house.store.audit(COMMUNITY, 100) if each.verb == verb]


async def told(care: Care) -> list[tuple[str, str]]:
    """Who was told what in private."""
    await care.house.deliver()
    orders = care.house.stage.orders(TELL_OWNER)
    return [(each.action.target, TEXTS.render(owner_words(each.action))) for each in orders]


async def test_it_says_what_it_is_who_chose_it_and_what_can_be_done_with_it() -> None:
    page = await a_letter(a_care(*A_FULL_COUNTRY))

    read = said(page)
    for needed in (
        "This is an automated message",
        "A person on the team of The Harbour chose to send it",
        "Something you wrote made us think you might be having a hard time",
        "you can ignore this",
        "not able to help in an emergency",
        "You don't have to be suicidal",
    ):
        assert needed in read
    for unsaid in ("commit", "attempt", "attention", "selfish", "promise", "confidential", "risk", "level", "rae"):
        assert unsaid not in read.casefold()
    assert names_on(page) == ["emergency", "listeners", "writers", "minds"]
    assert "2026-02-20" in read
    assert list(leads(page)) == [
        "letter.support.open",
        "support.go.ask",
        "letter.support.misused",
        "letter.support.stop",
    ]
    assert all(len(each.to) <= MOST_BYTES and read_way(each.to) for each in page.choices)


async def test_without_a_country_it_shows_the_world_and_no_country() -> None:
    page = await a_letter(a_care(*A_FULL_COUNTRY, community=replace(HARBOUR, countries=())))

    assert names_on(page) == ["int-find-a-helpline-throughline"]
    assert "your local emergency number" in said(page)


async def test_with_nothing_live_it_shows_the_world() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.clock.advance(timedelta(days=200))

    page = await a_letter(care)

    assert names_on(page) == ["int-find-a-helpline-throughline"]


LOCALES = {
    "a language that was reviewed": ("fr", frozenset[str](), "fr", False),
    "a draft that the owner accepted": ("de", frozenset({"de"}), "en", True),
    "a draft that nobody accepted": ("de", frozenset[str](), "en", False),
    "a language that there is none of": ("xx", frozenset({"xx"}), "en", False),
}


@pytest.mark.parametrize(("wanted", "drafts", "locale", "is_offered"), LOCALES.values(), ids=LOCALES)
async def test_it_goes_out_in_the_communitys_language_once_that_was_reviewed_and_offers_an_accepted_draft(
    wanted: str, drafts: frozenset[str], locale: str, is_offered: bool
) -> None:
    languages = Languages(reviewed=frozenset({"en", "fr"}), drafts=frozenset({"de"}))
    community = replace(HARBOUR, locale=wanted, drafts=drafts)
    care = a_care(*A_FULL_COUNTRY, community=community, languages=languages)

    page = await a_letter(care)

    assert (page.locale, page.is_draft) == (locale, False)
    ours = [each for each in page.choices if each.label.key != "page.in_language"]
    assert {way.locale for each in ours if (way := read_way(each.to))} == {"" if locale == "en" else locale}
    assert (len(page.choices) > len(ours)) == is_offered


async def test_whoever_got_it_can_read_it_again_in_an_accepted_draft_and_nobody_else_can() -> None:
    languages = Languages(drafts=frozenset({"de"}))
    community = replace(HARBOUR, locale="de", drafts=frozenset({"de"}))
    care = a_care(*A_FULL_COUNTRY, community=community, languages=languages)
    letter = await a_letter(care)

    again = await care.press(leads(letter)["page.in_language"])

    assert (again.name, again.locale, again.is_draft) == ("letter.support", "de", True)
    assert again.body == letter.body
    assert [each.to for each in again.choices if each.label.key == "page.in_language"] == [
        leads(letter)["page.in_language"].partition("|")[0]
    ]
    assert leads(again)["letter.support.misused"].endswith("|de")
    assert (await care.press(leads(letter)["page.in_language"], member="dan")).name == "letter.gone"


async def test_only_what_it_says_is_handed_to_the_platform() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await a_letter(care)

    (order,) = care.house.stage.orders(SUPPORT)
    assert order.notice is None
    assert order.action.params["by"] == "rae"


async def test_fifty_reports_against_somebody_send_them_nothing() -> None:
    care = a_care(*A_FULL_COUNTRY)
    message = await care.house.say("quiet words")
    await care.house.settle()

    for number in range(50):
        await care.house.report(f"member {number}", message, ReportAbout.WORRIED)
        await care.house.report(f"other {number}", message, ReportAbout.HARASSMENT)
    await care.house.settle()
    await care.house.pass_time(timedelta(days=2))
    await care.house.deliver()

    reaching = {SUPPORT, TALK, ActionKind.NOTICE, ActionKind.WARN, TELL_OWNER}
    assert [order for order in care.house.stage.calls if order.action.kind in reaching] == []
    assert [order for order in care.house.stage.calls if order.action.target == ANN] == []


@pytest.mark.parametrize("kind", [SUPPORT, TALK])
async def test_who_asked_to_be_left_alone_is_not_written_to_and_the_desk_says_why(kind: ActionKind) -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    await chose(care)

    assert why(await care.house.click("rae", case, "order", kind=kind.value)) is Why.OPTED_OUT
    assert "asked not to be written to" in TEXTS.render(Text(key=f"refused.{Why.OPTED_OUT}"))
    assert not care.house.stage.called(kind)


@pytest.mark.parametrize("kind", [SUPPORT, TALK])
async def test_it_is_looked_at_again_right_before_it_goes_out(kind: ActionKind) -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    await care.house.clicked("rae", case, "order", kind=kind.value)
    await chose(care)

    await care.house.deliver()

    assert not care.house.stage.called(kind)
    (record,) = await care.house.records(case, kind)
    assert record.state is ActionState.WITHDRAWN


async def test_who_changes_their_mind_can_be_written_to_again() -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    await chose(care)
    await chose(care, no_contact=False)

    await care.house.clicked("rae", case, "order", kind=SUPPORT.value)
    await care.house.deliver()

    assert care.house.stage.called(SUPPORT) == 1


async def test_who_asked_to_talk_and_then_to_be_left_alone_is_left_alone() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.press("s.asked:DE:soon")
    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")
    care.house.clock.advance(timedelta(minutes=1))
    await chose(care)

    assert why(await care.house.click("rae", case, "order", kind=TALK.value)) is Why.OPTED_OUT


async def test_it_is_sent_on_an_open_case_about_a_crisis_only() -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    closed = await care.house.clicked("rae", case, "resolve", outcome="support_offered")
    assert why(await care.house.click("rae", closed, "order", kind=SUPPORT.value)) is Why.CLOSED

    await care.house.say("insult:3", "m2", author="dan")
    await care.house.settle()
    conduct = await care.house.clicked("bob", await care.house.the_case(), "claim")
    assert why(await care.house.click("bob", conduct, "order", kind=SUPPORT.value)) is Why.NOT_ALLOWED


SENDERS = {
    "a responder, and an owner": ({"rae": RESPONDER, "olga": OWNER}, ["olga"], "owners"),
    "a responder, and two owners": ({"rae": RESPONDER, "olga": OWNER, "otto": OWNER}, ["olga", "otto"], "owners"),
    "one of two owners": ({"rae": BOTH, "otto": OWNER}, ["otto"], "owners"),
    "the only owner": ({"rae": BOTH, "rob": RESPONDER}, ["rob"], "responders"),
    "the only one there is": ({"rae": BOTH}, [], "nobody"),
    "a responder, about an owner": ({"rae": RESPONDER, "ann": OWNER, "rob": RESPONDER}, ["rob"], "responders"),
}


@pytest.mark.parametrize(("roles", "hear", "how"), SENDERS.values(), ids=SENDERS)
async def test_a_misuse_goes_past_whoever_sent_it(roles: dict[str, frozenset[Role]], hear: list[str], how: str) -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.crew.roles = {MemberId(member): role for member, role in roles.items()}
    letter = await a_letter(care)

    page = await care.press(leads(letter)["letter.support.misused"])

    people = await told(care)
    assert [member for member, _ in people] == hear
    assert all("rae had it sent" in words and "misused" in words for _, words in people)
    (entry,) = await audited(care, "misused")
    assert (entry.actor, dict(entry.facts)) == ("lightkeeper", {"told": how})
    assert f"letter.misused.{how}" in {part.key for part in page.body if not isinstance(part, Shown)}
    assert "letter.support.stop" in leads(page)


async def test_said_twice_or_fifty_times_it_is_said_once() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)

    pages = {(await care.press(leads(letter)["letter.support.misused"])).name for _ in range(50)}

    assert pages == {"letter.misused"}
    assert len(await told(care)) == 1
    assert len(await audited(care, "misused")) == 1


async def test_nobody_but_its_reader_can_say_so() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    to = leads(letter)["letter.support.misused"]

    assert (await care.press(to, member="dan")).name == "letter.gone"
    assert (await care.press(to, member="rae")).name == "letter.gone"
    assert not await told(care)
    assert not await audited(care, "misused")


@pytest.mark.parametrize(
    "to", ["l.misused", "l.misused:", "l.misused:0", "l.misused:00000000000000000000", "l.misused:zz", "l.misused:a:b"]
)
async def test_a_forged_way_leads_to_a_page_that_says_nothing(to: str) -> None:
    care = a_care(*A_FULL_COUNTRY)
    await a_letter(care)

    page = await care.press(to)

    assert page.name == "letter.gone"
    assert not await audited(care, "misused")


async def test_who_forges_keys_keeps_nobody_else_waiting() -> None:
    care = a_care(*A_FULL_COUNTRY)
    forging, turns = asyncio.create_task(care.press("l.misused:" + 20 * "0")), 0
    while not forging.done():
        await asyncio.sleep(0)
        turns += 1

    assert forging.result().name == "letter.gone"
    assert turns >= FOUND_FOR.days


async def test_the_case_is_not_in_the_way_and_the_whole_key_neither() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    (order,) = care.house.stage.orders(SUPPORT)

    for choice in letter.choices:
        assert order.action.case_id not in choice.to
        assert order.action.key not in choice.to


async def test_a_message_that_never_arrived_cannot_have_been_misused() -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    care.house.stage.refuse(GaveUp(reason="they take no messages"), kind=SUPPORT)
    await care.house.clicked("rae", case, "order", kind=SUPPORT.value)
    await care.house.deliver()
    (record,) = await care.house.records(case, SUPPORT)

    assert (await care.press(f"l.misused:{record.action.key[:20]}")).name == "letter.gone"


async def test_no_sender_hides_the_one_that_arrives_behind_others_that_came_to_nothing() -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    care.house.stage.refuse(GaveUp(reason="they take no messages"), times=MOST_TRIES - 1, kind=SUPPORT)
    for _ in range(MOST_TRIES):
        await care.house.clicked("rae", await care.house.case(case.id), "order", kind=SUPPORT.value)
        await care.house.deliver()
    (letter,) = care.house.stage.orders(SUPPORT)
    assert letter.page is not None
    assert (await care.press(leads(letter.page)["letter.support.misused"])).name == "letter.misused"

    care.house.clock.advance(timedelta(hours=25))
    assert why(await care.house.click("rae", await care.house.case(case.id), "order", kind=SUPPORT.value)) is (
        Why.TOO_MANY
    )
    care.house.clock.advance(timedelta(days=2))
    assert isinstance(await care.house.click("rae", await care.house.case(case.id), "order", kind=SUPPORT.value), Case)


async def test_days_later_and_with_the_case_closed_it_can_still_be_said() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "resolve", outcome="support_offered")
    await care.house.pass_time(timedelta(days=10))

    page = await care.press(leads(letter)["letter.support.misused"])

    assert page.name == "letter.misused"
    assert len(await told(care)) == 1


async def test_once_the_case_has_forgotten_them_nobody_can_tell_any_more_and_it_says_so() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "resolve", outcome="support_offered")
    await care.house.pass_time(timedelta(days=15))

    assert (await care.press(leads(letter)["letter.support.misused"])).name == "letter.gone"


async def test_the_clock_set_back_loses_no_message() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    care.house.clock.jump(-timedelta(hours=20))

    assert (await care.press(leads(letter)["letter.support.misused"])).name == "letter.misused"


async def test_when_it_can_not_be_written_down_it_says_so_and_it_can_be_said_again() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    care.house.store.refusals.append(Unavailable(reason="synthetic"))

    failed = await care.press(leads(letter)["letter.support.misused"])
    again = await care.press(leads(failed)["support.go.again"])

    assert (failed.name, again.name) == ("letter.failed", "letter.misused")
    assert len(await told(care)) == 1


async def test_what_is_told_holds_no_member_and_no_key_that_leads_to_one() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    await care.press(leads(letter)["letter.support.misused"])
    await care.house.deliver()

    (order,) = care.house.stage.orders(TELL_OWNER)
    (sent,) = care.house.stage.orders(SUPPORT)
    assert "'ann'" not in repr(order.action)
    assert sent.action.key not in repr(order.action)


async def test_no_other_action_has_a_page() -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    await care.house.clicked("rae", case, "order", kind=TALK.value)
    await care.house.deliver()

    assert {order.page for order in care.house.stage.calls} == {None}
    assert lines_of(await a_letter(a_care(*A_FULL_COUNTRY)), TEXTS)


async def test_who_has_their_data_deleted_leaves_no_request_no_letter_and_no_misuse_that_names_them() -> None:
    care = a_care(*A_FULL_COUNTRY)
    letter = await a_letter(care)
    await care.press("s.asked:DE:now")
    await care.press(leads(letter)["letter.support.misused"])
    await care.house.deliver()

    await erased(care.house)
    await care.house.deliver()

    (sent,) = care.house.stage.orders(SUPPORT)
    left = await left_of(care.house)
    assert "'ann'" not in left
    assert sent.action.key not in left
    assert (await care.press(leads(letter)["letter.support.misused"])).name == "letter.gone"
    assert await care.house.store.action(COMMUNITY, sent.action.key) is None
    assert (await care.press("s.asked:DE:soon")).name == "support.asked"


async def test_one_that_the_platform_did_not_take_for_hours_goes_out_no_more_and_another_can_be_sent() -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    care.house.stage.refuse(RetryLater(reason="synthetic", after=timedelta(hours=40)), kind=SUPPORT)
    await care.house.clicked("rae", case, "order", kind=SUPPORT.value)
    await care.house.deliver(within=timedelta())
    care.house.clock.advance(timedelta(hours=40))

    await care.house.deliver()

    assert not care.house.stage.orders(SUPPORT)
    (record,) = await care.house.records(case, SUPPORT)
    assert record.state is ActionState.WITHDRAWN
    await care.house.clicked("rae", await care.house.case(case.id), "order", kind=SUPPORT.value)
    await care.house.deliver()
    assert len(care.house.stage.orders(SUPPORT)) == 1


async def test_one_a_day_also_where_the_platform_took_it_hours_after_it_was_ordered() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.clock.advance(timedelta(hours=11))  # an hour before the day ends
    case = await a_claimed_case(care)
    care.house.stage.refuse(RetryLater(reason="synthetic", after=timedelta(hours=5)), kind=SUPPORT)
    await care.house.clicked("rae", case, "order", kind=SUPPORT.value)
    await care.house.deliver(within=timedelta())
    care.house.clock.advance(timedelta(hours=5))
    await care.house.deliver()
    assert len(care.house.stage.orders(SUPPORT)) == 1

    care.house.clock.advance(timedelta(hours=22))
    assert why(await care.house.click("rae", await care.house.case(case.id), "order", kind=SUPPORT.value)) is (
        Why.TOO_MANY
    )
    care.house.clock.advance(timedelta(hours=3))
    assert isinstance(await care.house.click("rae", await care.house.case(case.id), "order", kind=SUPPORT.value), Case)


@pytest.mark.parametrize("kind", [SUPPORT, TALK])
async def test_a_fault_of_ours_tells_nobody_at_the_desk_that_somebody_is_in_a_crisis(
    kind: ActionKind, monkeypatch: pytest.MonkeyPatch
) -> None:
    care = a_care(*A_FULL_COUNTRY)
    case = await a_claimed_case(care)
    await care.house.clicked("rae", case, "order", kind=kind.value)

    async def broken(*_: object) -> Preference:
        raise ValueError("synthetic")

    monkeypatch.setattr(care.house.store, "preference", broken)
    care.house.start()
    await driven(care.house.clock, care.house.delivery.deliver_due())

    assert not care.house.stage.called(kind)
    (notice,) = care.house.board.standing.values()
    assert (notice.key, notice.params["action"]) == ("notice.unprepared", "notice")
