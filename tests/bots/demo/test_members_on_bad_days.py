"""What members press on bad days: the database is locked, a case is closed, somebody is two things at once."""

import re
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from adapters.console.app import create_console
from adapters.console.sources import Status
from adapters.local.platform import HARBOUR
from config.texts.catalogue import Catalogue
from core.care.erasing import ERASE_TIMER
from core.desk.clicks import Click, Verb
from core.model.action import ActionKind
from core.model.case import Case, CaseId, Concern, Outcome, State
from core.model.case_event import Refused
from core.model.finding import Category, Kind
from core.model.message import ChannelId, MemberId
from core.model.page import Asker, Page
from core.model.people import Actor, Role
from core.model.record import ActionState
from tests.bots.demo.town import Town, town
from tests.e2e.stage import WordFilter

LATE_NIGHT = ChannelId("late-night")
JUNO = MemberId("juno")
FOG = {"fog": (Category.CRISIS, Kind.DISCLOSURE, 3)}
CHIDI = Actor(community=HARBOUR, member=MemberId("chidi"), roles=frozenset({Role.MODERATOR, Role.RESPONDER}))


@asynccontextmanager
async def harbour(folder: Path) -> AsyncIterator[tuple[Town, httpx.AsyncClient]]:
    """The demo's house, and a browser that speaks as Juno."""
    async with town(folder, filters=[WordFilter(FOG)]) as place:
        console = create_console(
            queue=place.house.queue,
            chat=place.platform,
            texts=Catalogue(),
            clock=place.clock,
            notices=place.notices,
            status=lambda: Status(screened=0, enforcement=place.policy.enforcement, policy=place.policy.name),
            members=place.house.members,
            pins=place.platform.board,
        )
        transport = httpx.ASGITransport(app=console)
        cookies = {"lightkeeper_voice": str(JUNO)}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1", cookies=cookies) as client:
            (token, *_) = re.findall(r"X-Lightkeeper-Token[^:]*:\s*(?:&#34;|\")([\w-]+)", (await client.get("/")).text)
            client.headers["x-lightkeeper-token"] = token
            yield place, client


async def press(client: httpx.AsyncClient, **way: str) -> httpx.Response:
    return await client.post("/chat/private", data={"voice": JUNO, **way})


def leads(page: httpx.Response, label: str) -> str:
    """Where the button with these words leads."""
    buttons: list[tuple[str, str]] = re.findall(r"hx-vals='{\"to\": \"([^\"]+)\"[^>]*>([^<]*)</button>", page.text)
    return next(to for to, words in buttons if label in words.replace("&#39;", "'"))


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Another program has the database for itself."""
    lock = sqlite3.connect(folder / "town.sqlite3", isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        lock.close()


async def preference_of(place: Town) -> tuple[bool, bool]:
    chosen = await place.database.store.preference(HARBOUR, JUNO)
    return chosen.no_contact, chosen.no_crisis_screening


async def waits(place: Town, kind: str) -> bool:
    timers = await place.database.store.due_timers(place.clock.now() + timedelta(days=1), 100)
    return kind in {each.kind for each in timers}


@pytest.mark.timeout(120)
async def test_while_the_database_is_locked_nothing_is_chosen_or_deleted_and_that_is_said(tmp_path: Path) -> None:
    async with harbour(tmp_path) as (place, client):
        choose = leads(await press(client, command="optout"), "Send me nothing I didn't ask for")
        erase = leads(await press(client, command="delete-my-data"), "Delete it for good")
        with locked(tmp_path):
            for to in (choose, erase):
                answer = await press(client, to=to)
                assert answer.status_code == 503
                assert "nothing was changed" in answer.text
                assert leads(answer, "Try again") == to
            support = await press(client, command="support")
            assert (support.status_code, 'data-page="support.start"' in support.text) == (200, True)
            services = await press(client, to=leads(support, "Soon, today"))
            assert "555-0101" in services.text
        assert await preference_of(place) == (False, False)
        assert not await waits(place, ERASE_TIMER)
        assert (await press(client, to=choose)).status_code == 200
        assert await preference_of(place) == (True, False)


async def the_case(place: Town, *states: State) -> Case:
    """The crisis case about Juno, as soon as there is one."""
    for _ in range(400):
        found = await place.database.store.cases(HARBOUR, frozenset(states or State), 10)
        if found:
            return found[0]
        await place.acting.clock.sleep(0.02)
    raise AssertionError("no case was opened")


async def a_letter(place: Town) -> tuple[Case, Page]:
    """Juno writes something, and Chidi has support sent."""
    await place.platform.say(JUNO, LATE_NIGHT, "so much fog")
    case = await the_case(place, State.WAITING)
    for verb, params in ((Verb.CLAIM, {}), (Verb.ORDER, {"kind": ActionKind.SUPPORT_MESSAGE.value})):
        answer = await place.house.queue.act(CHIDI, Click(case_id=case.id, verb=verb, turn=case.turn, params=params))
        assert isinstance(answer, Case), answer
        case = answer
    for _ in range(400):
        letters = place.platform.letters_for(JUNO)
        if letters and letters[-1].page:
            return await the_case(place), letters[-1].page
        await place.acting.clock.sleep(0.02)
    raise AssertionError("no letter came")


async def test_what_a_letter_offers_still_holds_when_its_case_is_closed(tmp_path: Path) -> None:
    async with harbour(tmp_path) as (place, client):
        case, letter = await a_letter(place)
        ways = {each.label.key: each.to for each in letter.choices}
        answer = await place.house.queue.act(
            CHIDI,
            Click(
                case_id=case.id,
                verb=Verb.RESOLVE,
                turn=case.turn,
                params={"outcome": Outcome.SUPPORT_OFFERED.value},
            ),
        )
        assert isinstance(answer, Case)
        for _ in range(2):
            misused = await press(client, to=ways["letter.support.misused"])
            assert 'data-page="letter.misused"' in misused.text
        assert 'data-page="support.start"' in (await press(client, to=ways["letter.support.open"])).text
        assert 'data-page="support.ask"' in (await press(client, to=ways["support.go.ask"])).text
        assert 'data-page="privacy.optout"' in (await press(client, to=ways["letter.support.stop"])).text
        assert await preference_of(place) == (True, False)
        for _ in range(400):
            told = place.platform.letters_for(MemberId("alma"))
            if told:
                break
            await place.acting.clock.sleep(0.02)
        assert [each.kind for each in told] == [ActionKind.TELL_OWNER]


async def test_whoever_opted_out_is_written_to_by_nobody_and_can_still_ask(tmp_path: Path) -> None:
    async with harbour(tmp_path) as (place, client):
        choose = leads(await press(client, command="optout"), "Send me nothing I didn't ask for")
        await press(client, to=choose)
        await place.platform.say(JUNO, LATE_NIGHT, "so much fog")
        case = await the_case(place, State.WAITING)
        claimed = await place.house.queue.act(CHIDI, Click(case_id=case.id, verb=Verb.CLAIM, turn=case.turn, params={}))
        assert isinstance(claimed, Case)
        params = {"kind": ActionKind.SUPPORT_MESSAGE.value}
        answer = await place.house.queue.act(
            CHIDI, Click(case_id=case.id, verb=Verb.ORDER, turn=claimed.turn, params=params)
        )
        if isinstance(answer, Case):  # it may be ordered before the choice is known: it never goes out
            await place.house.delivery.rest()
        else:
            assert isinstance(answer, Refused)
        records = await place.database.store.actions(HARBOUR, case.id)
        assert ActionState.DONE not in {
            each.state for each in records if each.action.kind is ActionKind.SUPPORT_MESSAGE
        }
        assert place.platform.letters_for(JUNO) == []
        look = leads(await press(client, command="support"), "I just want to look")
        ask = leads(await press(client, to=look), "Talk to a moderator")
        confirm = leads(await press(client, to=ask), "Yes, tell them")
        assert 'data-page="support.asked"' in (await press(client, to=confirm)).text


async def test_a_responder_who_asks_for_help_is_not_named_as_the_one_who_would_read_it(tmp_path: Path) -> None:
    async with harbour(tmp_path) as (place, _):
        assert place.house.members is not None
        asker = Asker(community=HARBOUR, member=CHIDI.member)
        asked = await place.house.members.press(asker, "s.ask:Harbourland:soon")
        named = [str(each.params["by"]) for each in asked.body if hasattr(each, "params") and "by" in each.params]
        assert "chidi" not in named
        assert "imani" in named
        await place.house.members.press(asker, "s.asked:Harbourland:soon")
        (case,) = await place.database.store.cases(HARBOUR, frozenset({State.WAITING}), 10)
        assert (case.subject, case.concern) == ("chidi", Concern.CRISIS)
        seen = await place.house.queue.cases(CHIDI, frozenset({State.WAITING}), 10)
        assert CaseId(case.id) not in {each.id for each in seen}
