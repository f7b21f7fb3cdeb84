"""Owners know a month before a country runs empty, hear of it once a week, and no longer once it is mended."""

import asyncio
import itertools
from datetime import timedelta

import pytest

from config.texts.catalogue import Catalogue
from core.care.outlook import (
    FILES,
    READS_EVERY_S,
    RESOURCE_TIMER,
    ResourceWatch,
    Situation,
    lacks,
    outlooks,
    resource_timer,
)
from core.care.resources import live_on
from core.errors import ConfigurationRefused
from core.flow.telling import owner_words
from core.model.action import ActionKind
from core.model.community import Community
from core.model.message import ChannelId, MemberId
from core.model.record import Action, Commit
from core.model.resource import FRESH_FOR, WARNED_BEFORE, Topic
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import House
from tests.core.noticeboard import Noticeboard
from tests.core.services import TODAY, Shelf, a_confirmation, a_service

DAY = timedelta(days=1)
HARBOUR = Community(
    id=COMMUNITY,
    name="The Harbour",
    alerts=ChannelId("alerts"),
    crisis_alerts=ChannelId("care"),
    owners=frozenset({MemberId("olga"), MemberId("oskar")}),
    countries=("DE", "AT"),
)


class Watched:
    """A watch over one community, its store and its board."""

    def __init__(self, shelf: Shelf, community: Community = HARBOUR) -> None:
        self.house = House()
        self.shelf, self.clock, self.board = shelf, self.house.clock, Noticeboard()
        self.changes = 0
        self.watch = ResourceWatch(
            directory=shelf,
            store=self.house.store,
            clock=self.clock,
            communities={community.id: community},
            notices=self.board,
            on_change=self._changed,
        )

    def _changed(self) -> None:
        self.changes += 1

    async def rests(self) -> None:
        """Until the loop sleeps."""
        async with asyncio.timeout(5):
            for _ in itertools.takewhile(lambda _: not self.clock.sleepers, itertools.count()):
                await asyncio.sleep(0)

    async def look(self) -> list[Action]:
        """What the daily timer tells owners; written down, as the timers do."""
        timer = resource_timer(COMMUNITY, self.clock.now())
        unit = await self.watch.handlers[RESOURCE_TIMER](timer)
        await self.house.store.commit(Commit(actions=unit.actions))
        assert unit.timers in ((), (resource_timer(COMMUNITY, self.clock.now() + DAY),))
        return list(unit.actions)


def told(actions: list[Action]) -> set[tuple[str, str, str]]:
    return {(each.target, each.params["text"], each.params.get("country", "")) for each in actions}


def test_the_outlook_counts_what_is_live_today_and_later() -> None:
    services = [
        a_service("fresh"),
        a_service("older", verified=TODAY - 100 * DAY),
        a_service("stale", verified=TODAY - FRESH_FOR),
        a_service("candidate", verified=None, topics=frozenset({Topic.YOUTH})),
        a_service("ahead", verified=TODAY + DAY),
        a_service("own", community=ELSEWHERE),
    ]
    rows = {(each.country, each.topic): each.live for each in outlooks(Shelf(*services).now, TODAY, COMMUNITY)}
    assert rows["DE", Topic.CRISIS] == (2, 2, 1, 0)
    assert rows["DE", Topic.YOUTH] == (0, 0, 0, 0)
    everybody = {(each.country, each.topic): each.live for each in outlooks(Shelf(*services).now, TODAY)}
    assert everybody["DE", Topic.CRISIS] == (3, 3, 2, 0)


@pytest.mark.parametrize(
    ("age", "situation"),
    [
        (0, None),
        (149, None),
        (150, Situation.SOON),
        (179, Situation.SOON),
        (180, Situation.EMPTY),
        (-1, Situation.EMPTY),
    ],
)
def test_a_country_is_lacking_from_a_month_before_its_last_service_goes_stale(
    age: int, situation: Situation | None
) -> None:
    other = a_service("at-line", country="AT")
    state = Shelf(a_service(verified=TODAY - age * DAY), other).now
    found = lacks(HARBOUR, live_on(state, TODAY))
    assert [(each.country, each.situation) for each in found] == ([("DE", situation)] if situation else [])
    if situation is Situation.SOON:
        assert found[0].on == TODAY - age * DAY + FRESH_FOR


def test_one_line_that_stays_is_enough() -> None:
    state = Shelf(a_service("old", verified=TODAY - 175 * DAY), a_service("new"), a_service("at", country="AT")).now
    assert lacks(HARBOUR, live_on(state, TODAY)) == []


def test_a_line_of_another_community_or_topic_fills_no_gap() -> None:
    services = [a_service(community=ELSEWHERE), a_service("young", topics=frozenset({Topic.YOUTH}))]
    assert [each.country for each in lacks(HARBOUR, live_on(Shelf(*services).now, TODAY))] == ["DE", "AT"]


async def test_owners_are_told_once_for_each_country_and_again_every_week() -> None:
    watched = Watched(Shelf(a_service("at-line", country="AT")))
    assert told(await watched.look()) == {
        ("olga", "owner.resources_empty", "DE"),
        ("oskar", "owner.resources_empty", "DE"),
    }
    for _ in range(6):
        watched.clock.advance(DAY)
        assert await watched.look() == []
    watched.clock.advance(DAY)
    assert len(await watched.look()) == 2
    assert await watched.look() == []


async def test_owners_are_told_anew_when_soon_becomes_now() -> None:
    watched = Watched(Shelf(a_service(verified=TODAY - FRESH_FOR + DAY), a_service("at-line", country="AT")))
    assert {text for _, text, _ in told(await watched.look())} == {"owner.resources_soon"}
    watched.clock.advance(DAY)
    assert {text for _, text, _ in told(await watched.look())} == {"owner.resources_empty"}


async def test_owners_are_told_a_month_before_and_not_earlier() -> None:
    watched = Watched(Shelf(a_service(), a_service("at-line", country="AT")))
    days = 0
    while not (actions := await watched.look()):
        watched.clock.advance(DAY)
        days += 1
    assert timedelta(days=days) == FRESH_FOR - WARNED_BEFORE
    assert told(actions) == {
        (owner, "owner.resources_soon", country) for owner in ("olga", "oskar") for country in ("AT", "DE")
    }


async def test_a_notice_stands_while_a_country_is_empty_and_goes_when_it_is_mended() -> None:
    service = a_service(verified=None)
    watched = Watched(Shelf(service, a_service("at-line", country="AT")))
    watched.watch.look()
    assert set(watched.board.standing) == {f"resources.{COMMUNITY}.DE"}
    confirmed = Shelf(service, a_service("at-line", country="AT"), confirmations=[a_confirmation(service)])
    watched.shelf.now = confirmed.now
    watched.watch.look()
    assert watched.board.standing == {}
    assert await watched.look() == []


async def test_files_that_are_wrong_are_told_with_their_line_and_no_longer_once_they_are_mended() -> None:
    watched = Watched(Shelf(a_service(), a_service("at-line", country="AT")))
    refused = ConfigurationRefused("resources.toml: line 7: service[0].source", "this field is needed", "who says so")
    watched.shelf.refused = [refused]
    watched.watch.look()
    notice = watched.board.standing[FILES]
    assert "resources.toml: line 7" in Catalogue().render(notice)
    (first, _) = await watched.look()
    assert first.kind is ActionKind.TELL_OWNER
    assert "resources.toml: line 7" in Catalogue().render(owner_words(first))
    assert await watched.look() == []
    watched.shelf.refused = []
    watched.watch.look()
    assert watched.board.standing == {}


async def test_what_owners_read_names_the_country_and_what_to_do() -> None:
    watched = Watched(Shelf(a_service(verified=TODAY - FRESH_FOR + DAY)))
    words = [Catalogue().render(owner_words(each)) for each in await watched.look() if each.target == "olga"]
    assert len(words) == 2
    assert "Germany" in words[0]
    assert "2026-03-02" in words[0]
    assert "lightkeeper resources verify --country AT" in words[1]
    watched.watch.look()
    assert all("Harbour" in Catalogue().render(each) for each in watched.board.standing.values())


async def test_a_community_that_is_served_no_more_is_looked_at_no_more() -> None:
    watched = Watched(
        Shelf(),
        community=Community(
            id=ELSEWHERE, name="", alerts=ChannelId("a"), crisis_alerts=ChannelId("c"), owners=frozenset()
        ),
    )
    assert await watched.look() == []


async def test_a_community_without_a_country_is_warned_of_none() -> None:
    nowhere = Community(
        id=COMMUNITY, name="", alerts=ChannelId("a"), crisis_alerts=ChannelId("c"), owners=HARBOUR.owners
    )
    watched = Watched(Shelf(), community=nowhere)
    watched.watch.look()
    assert watched.board.standing == {}
    assert await watched.look() == []


async def test_the_files_are_read_again_every_twenty_seconds() -> None:
    watched = Watched(Shelf(a_service()))
    running = asyncio.create_task(watched.watch.run())
    for reads in range(1, 4):
        await watched.rests()
        assert watched.shelf.reloads == reads
        watched.clock.advance(timedelta(seconds=READS_EVERY_S))
    assert watched.board.standing
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_whoever_shows_the_directory_is_told_of_its_change() -> None:
    class Changing(Shelf):
        def reload(self) -> bool:
            self.reloads += 1
            return self.reloads == 1

    watched = Watched(Changing())
    running = asyncio.create_task(watched.watch.run())
    await watched.rests()
    assert watched.changes == 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
