"""A member asks to talk to a moderator: one request however it is pressed, and plain words where nobody is there."""

import asyncio
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta

import pytest

from core.care.asking import MOST_CALLS
from core.care.ways import Way
from core.errors import Unavailable
from core.model.action import ActionKind
from core.model.card import Card, Text
from core.model.case import Case, Concern, State
from core.model.case_event import Refused, Why
from core.model.finding import Kind
from core.model.message import CommunityId, MemberId, RoleId
from core.model.page import Page
from core.model.people import Actor, Role
from core.model.policy import CommunityPolicy
from core.model.preference import Preference
from core.model.record import CaseWrite, Commit
from tests.core.care.helping import A_FULL_COUNTRY, HARBOUR, TEXTS, Care, a_care, leads, names_on, place_of, said
from tests.core.desk.asking import why
from tests.core.examples import COMMUNITY, ELSEWHERE, a_case
from tests.core.house import House

ANN = MemberId("ann")
ASK, ASKED, ASKED_NOW = "s.ask:DE:soon", "s.asked:DE:soon", "s.asked:DE:now"

NOBODY: Mapping[MemberId, frozenset[Role]] = {}
RESPONDERS = {MemberId("rae"): frozenset({Role.RESPONDER}), MemberId("rob"): frozenset({Role.RESPONDER})}


def on_shift(member: str, begins: str, ends: str) -> CommunityPolicy:
    shift = {"begins": begins, "ends": ends, "members": [member]}
    return CommunityPolicy.model_validate({"rota": {"shifts": [shift]}})


async def cards(care: Care, kind: ActionKind = ActionKind.ALERT) -> list[Card]:
    await care.house.deliver()
    return [order.card for order in care.house.stage.orders(kind) if order.card]


def read(card: Card) -> str:
    return "\n".join(TEXTS.render(each) for each in (card.title, *card.lines))


def keys(page: Page) -> set[str]:
    return {part.key for part in page.body if isinstance(part, Text)}


async def verbs(care: Care) -> list[str]:
    return [each.verb for each in await care.house.store.audit(COMMUNITY, 100)]


async def test_before_the_click_it_says_who_can_read_it_and_promises_nothing() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.crew.roles.update(RESPONDERS)

    page = await care.press(ASK)

    named = [part.params["by"] for part in page.body if isinstance(part, Text) and part.key == "support.ask.person"]
    assert named == ["rae", "rob"]
    read_aloud = said(page).casefold()
    assert "owners" in read_aloud
    assert "whoever runs this bot" in read_aloud
    assert "don't count on it staying between two people" in read_aloud
    assert "one moderator's private messages" in read_aloud
    for unsaid in ("confidential", "promise", "anonymous", "secret", "nobody will"):
        assert unsaid not in read_aloud
    assert not await care.house.cases()


async def test_the_click_makes_a_case_for_responders_and_calls_nobody_else() -> None:
    care = a_care(*A_FULL_COUNTRY)

    page = await care.press(ASKED)

    (case,) = await care.house.cases()
    assert (case.concern, case.kind, case.level) == (Concern.CRISIS, Kind.ASKED, 2)
    assert (case.subject, case.state, case.is_quiet) == (ANN, State.WAITING, False)
    assert page.name == "support.asked"
    (card,) = await cards(care)
    assert "asks to talk to you" in read(card)
    assert "ann" not in read(card)
    assert [button.verb for button in card.buttons][:2] == ["claim", "identify"]
    entry = (await care.house.store.audit(COMMUNITY, 10))[0]
    assert (entry.verb, entry.actor, dict(entry.facts)) == ("asked", "lightkeeper", {"level": "2"})
    assert not await care.house.store.texts(COMMUNITY, case.id)


async def test_who_needs_somebody_now_has_people_called_by_name() -> None:
    care = a_care(*A_FULL_COUNTRY)

    page = await care.press(ASKED_NOW)

    (case,) = await care.house.cases()
    assert (case.level, case.target_at) == (3, care.house.clock.now() + timedelta(minutes=15))
    (card,) = await cards(care)
    assert card.audience is not None
    assert card.audience.members == ("rae",)
    assert "support.ask.urgent" in keys(page)
    assert names_on(page)[0] == "emergency"


@pytest.mark.parametrize("presses", [2, 50])
async def test_pressed_again_and_again_it_is_one_request(presses: int) -> None:
    care = a_care(*A_FULL_COUNTRY)

    pages = await asyncio.gather(*(care.press(ASKED) for _ in range(presses)))

    assert len(await care.house.cases()) == 1
    assert {page.name for page in pages} == {"support.asked"}
    assert await verbs(care) == ["asked"]
    assert len(await cards(care)) == 1
    assert care.house.stage.called(ActionKind.PAGE) == 0


async def test_one_that_the_database_keeps_waiting_holds_up_nobody_else(monkeypatch: pytest.MonkeyPatch) -> None:
    care = a_care(*A_FULL_COUNTRY)
    answers, open_case = asyncio.Event(), care.house.store.open_case

    async def slow(community: CommunityId, subject: str, concern: Concern) -> Case | None:
        if subject == ANN:
            await answers.wait()
        return await open_case(community, subject, concern)

    monkeypatch.setattr(care.house.store, "open_case", slow)
    waiting = [asyncio.create_task(care.press(ASKED)) for _ in range(3)]
    await asyncio.sleep(0)

    assert (await asyncio.wait_for(care.press(ASKED, member="ben"), 5)).name == "support.asked"
    answers.set()
    assert {page.name for page in await asyncio.gather(*waiting)} == {"support.asked"}
    assert sorted(case.subject for case in await care.house.cases()) == ["ann", "ben"]


async def test_a_request_that_becomes_urgent_raises_the_case_and_pages_people() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.press(ASKED)
    await care.house.deliver()

    for _ in range(3):
        await care.press(ASKED_NOW)
    await care.press(ASKED)

    (case,) = await care.house.cases()
    assert case.level == 3
    assert await verbs(care) == ["asked", "asked"]
    assert len(await cards(care, ActionKind.PAGE)) == 1


async def test_a_request_joins_the_open_case_about_them_and_tells_whoever_has_it() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.house.say("disclosure:3")
    await care.house.settle()
    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")

    await care.press(ASKED)

    (after,) = await care.house.cases()
    assert (after.id, after.level, after.kind, after.holder) == (case.id, 3, Kind.DISCLOSURE, "rae")
    (page,) = await cards(care, ActionKind.PAGE)
    assert page.audience is not None
    assert page.audience.members == ("rae",)
    assert "They asked to talk to one of you" in read(page)


async def test_a_request_wakes_a_sleeping_case_and_one_that_waited_for_the_digest() -> None:
    asleep, quiet = (
        replace(a_case(Concern.CRISIS, subject="ann"), state=State.SNOOZED),
        replace(a_case(Concern.CRISIS, subject="ann"), is_quiet=True),
    )
    for before in (asleep, quiet):
        care = a_care(*A_FULL_COUNTRY)
        snoozed_until = care.house.clock.now() + timedelta(hours=5) if before is asleep else None
        await _written(care, replace(before, snoozed_until=snoozed_until))

        await care.press(ASKED)

        (case,) = await care.house.cases()
        assert (case.state, case.is_quiet) == (State.WAITING, False)
        assert case.chain_at is not None
        assert await cards(care, ActionKind.PAGE) or await cards(care)


async def _written(care: Care, case: Case) -> None:
    await care.house.store.commit(Commit(cases=(CaseWrite(case=case, expected_version=0),)))


async def test_an_own_click_is_no_screening_and_works_for_who_wants_neither() -> None:
    care = a_care(*A_FULL_COUNTRY)
    chose = Preference(
        community=COMMUNITY, member=ANN, no_contact=True, no_crisis_screening=True, since=care.house.clock.now()
    )
    await care.house.store.commit(Commit(preferences=(chose,)))
    care.house.clock.advance(timedelta(hours=1))

    await care.press(ASKED)
    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")
    await care.house.clicked("rae", case, "order", kind="open_talk")
    await care.house.deliver()

    (invitation,) = care.house.stage.orders(ActionKind.OPEN_TALK)
    assert invitation.notice is not None
    assert invitation.notice.key == "letter.talk_asked"
    assert why(await care.house.click("rae", case, "order", kind="support_message")) is Why.OPTED_OUT


@pytest.mark.parametrize("back", [timedelta(), timedelta(hours=3)], ids=["as ever", "the clock set back"])
async def test_who_asks_again_after_asking_to_be_left_alone_means_it(back: timedelta) -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.press(ASKED)
    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")
    care.house.clock.advance(timedelta(minutes=1))
    chose = Preference(community=COMMUNITY, member=ANN, no_contact=True, since=care.house.clock.now())
    await care.house.store.commit(Commit(preferences=(chose,)))
    assert why(await care.house.click("rae", case, "order", kind="open_talk")) is Why.OPTED_OUT
    care.house.clock.jump(-back)

    for _ in range(3):
        await care.press(ASKED)

    case = await care.house.clicked("rae", case, "order", kind="open_talk")
    await care.house.deliver()
    assert care.house.stage.called(ActionKind.OPEN_TALK) == 1
    assert await verbs(care) == ["action_done", "action_ordered", "asked", "claimed", "asked"]


@pytest.mark.parametrize(("to", "level"), [(ASKED, 2), (ASKED_NOW, 3)])
async def test_who_turns_their_choices_on_and_off_all_night_floods_nobody(to: str, level: int) -> None:
    care = a_care(*A_FULL_COUNTRY)
    for turn in range(20):
        care.house.clock.advance(timedelta(minutes=1))
        at = care.house.clock.now()
        quiet = Preference(community=COMMUNITY, member=ANN, no_contact=bool(turn), since=at)
        await care.house.store.commit(Commit(preferences=(quiet,)))
        assert (await care.press(to)).name == "support.asked"
        await care.house.deliver()

    assert care.house.stage.called(ActionKind.ALERT) == 1
    assert care.house.stage.called(ActionKind.PAGE) == MOST_CALLS - 1
    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")
    assert case.level == level
    assert isinstance(await care.house.click("rae", case, "order", kind="open_talk"), Case)


async def test_the_other_choice_takes_back_no_request() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.house.go("ann", Way(part="p", name="choose", args=("quiet", "yes")))
    care.house.clock.advance(timedelta(minutes=1))
    await care.press(ASKED_NOW)
    care.house.clock.advance(timedelta(minutes=1))
    await care.house.go("ann", Way(part="p", name="choose", args=("unscreened", "yes")))

    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")
    assert isinstance(await care.house.click("rae", case, "order", kind="open_talk"), Case)

    await care.house.go("ann", Way(part="p", name="choose", args=("quiet", "no")))
    await care.house.go("ann", Way(part="p", name="choose", args=("quiet", "yes")))
    await care.house.deliver()
    assert care.house.stage.called(ActionKind.OPEN_TALK) == 0


async def test_after_the_case_is_closed_they_can_ask_anew() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.press(ASKED)
    case = await care.house.clicked("rae", await care.house.the_case(Concern.CRISIS), "claim")
    await care.house.clicked("rae", case, "resolve", outcome="support_offered")

    await care.press(ASKED)

    assert len(await care.house.cases()) == 2


async def test_no_id_of_a_request_is_made_of_its_member() -> None:
    ids = set()
    for _ in range(2):
        care = a_care(*A_FULL_COUNTRY)
        await care.press(ASKED)
        ids |= {case.id for case in await care.house.cases()}

    assert len(ids) == 2


ROLES_AND_WORDS = {
    "no responder, and an owner": (
        {MemberId("olga"): frozenset({Role.OWNER})},
        "support.ask.owners_only",
        "support.ask.readers",
    ),
    "one responder alone": (
        {MemberId("rae"): frozenset({Role.RESPONDER})},
        "support.ask.only_one",
        "support.ask.readers",
    ),
    "two people": (RESPONDERS, "support.ask.readers", "support.ask.only_one"),
    "nobody": (NOBODY, "support.ask.nobody", "support.ask.who"),
    "only the one who asks": ({ANN: frozenset({Role.OWNER, Role.RESPONDER})}, "support.ask.nobody", "support.ask.who"),
}


@pytest.mark.parametrize(("roles", "there", "absent"), ROLES_AND_WORDS.values(), ids=ROLES_AND_WORDS)
async def test_it_says_plainly_who_is_there(roles: Mapping[MemberId, frozenset[Role]], there: str, absent: str) -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.crew.roles = dict(roles)

    page = await care.press(ASK)

    assert there in keys(page)
    assert absent not in keys(page)
    assert leads(page)["support.ask.confirm"] == ASKED
    assert {"s.fit", "s.next", "s.start"} <= {place_of(each.to) for each in page.choices}


@pytest.mark.parametrize("named", [[], ["rae"]], ids=["nobody is named", "one person is named"])
async def test_where_a_role_makes_people_responders_nobody_reads_that_only_few_can_see_it(named: list[str]) -> None:
    care = a_care(*A_FULL_COUNTRY, community=replace(HARBOUR, responder_roles=frozenset({RoleId("helpers")})))
    care.house.crew.roles = {MemberId(each): frozenset({Role.RESPONDER}) for each in named}
    care.house.crew.roles[MemberId("olga")] = frozenset({Role.OWNER})

    page = await care.press(ASK)

    assert {"privacy.seen.crisis_role", "support.ask.readers"} <= keys(page)
    assert keys(page).isdisjoint({"support.ask.owners_only", "support.ask.only_one", "support.ask.nobody"})
    assert "whoever holds that role" in said(page)
    assert [part.params["by"] for part in page.body if isinstance(part, Text) and "by" in part.params] == named
    care.house.crew.roles = {}
    assert (await care.press(ASK)).name == "support.ask"
    assert "support.asked.done" in keys(await care.press(ASKED))


async def test_where_nobody_is_there_the_request_waits_for_them() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.crew.roles = {}

    page = await care.press(ASKED)
    await care.house.pass_time(timedelta(hours=6))
    await care.house.deliver()
    care.house.crew.roles = dict(RESPONDERS)

    assert "support.asked.waits" in keys(page)
    assert "support.asked.done" not in keys(page)
    case = await care.house.the_case(Concern.CRISIS)
    assert isinstance(await care.house.clicked("rae", case, "claim"), Case)


ON_CALL = {
    "nobody uses a rota": (CommunityPolicy(), "support.ask.unsure"),
    "a shift runs": (on_shift("rae", "10:00", "14:00"), "support.ask.on_duty"),
    "a shift is over": (on_shift("rae", "08:00", "10:00"), "support.ask.off_duty"),
    "the shift of somebody who is no responder": (on_shift("bob", "10:00", "14:00"), "support.ask.off_duty"),
    "an hour that nobody watches": (
        CommunityPolicy.model_validate({"rota": {"watched": [{"begins": "18:00", "ends": "20:00"}]}}),
        "support.ask.unwatched",
    ),
}


@pytest.mark.parametrize(("policy", "key"), ON_CALL.values(), ids=ON_CALL)
async def test_it_says_how_soon_somebody_may_see_it(policy: CommunityPolicy, key: str) -> None:
    care = a_care(*A_FULL_COUNTRY, house=House(policy))

    before, after = await care.press(ASK), await care.press(ASKED)

    assert key in keys(before)
    assert key in keys(after)


async def test_when_nothing_can_be_written_it_says_so_and_shows_who_can_be_reached() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.store.refusals.append(Unavailable(reason="synthetic"))

    failed = await care.press(ASKED)
    assert not await care.house.cases()
    again = await care.press(leads(failed)["support.go.again"])

    assert failed.name == "support.asked.failed"
    assert names_on(failed) == ["emergency", "listeners", "writers", "minds"]
    assert again.name == "support.asked"
    assert len(await care.house.cases()) == 1


async def test_two_that_write_at_once_are_both_heard() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.store.stale = 3

    assert (await care.press(ASKED)).name == "support.asked"
    care.house.store.stale = 100
    assert (await care.press(ASKED_NOW)).name == "support.asked.failed"


async def test_a_message_that_is_graver_joins_the_request() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.press(ASKED)

    await care.house.say("disclosure:4")
    await care.house.settle()

    (case,) = await care.house.cases()
    assert (case.level, case.kind, case.messages) == (4, Kind.DISCLOSURE, 1)


async def test_nobody_of_another_community_hears_of_it() -> None:
    care = a_care(*A_FULL_COUNTRY)
    await care.press(ASKED)
    case = await care.house.the_case(Concern.CRISIS)
    stranger = Actor(community=ELSEWHERE, member=MemberId("rae"), roles=frozenset({Role.RESPONDER, Role.OWNER}))
    answer = await care.house.queue.view(stranger, case.id)
    assert isinstance(answer, Refused)
    assert answer.why is Why.NOT_FOUND
