"""How long services stay live, and the watch that tells owners before a country runs empty.

It reads the directory's files again when they change, keeps what is wrong standing as notices, and once a day writes to
the owners of whom it concerns.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from core.care.resources import Live, LiveNow, is_fresh, live_on
from core.errors import ConfigurationRefused
from core.flow.telling import owner_actions
from core.flow.timers import Handler
from core.member_ports import Directory
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId
from core.model.record import Action, Commit, Timer
from core.model.resource import FRESH_FOR, WARNED_BEFORE, DirectoryState, Topic
from core.ports import Clock, Notices, Store

RESOURCE_TIMER = "resource_watch"
FILES = "resources.files"
"""The key of the notice of files that are wrong."""

LOOKS_EVERY = timedelta(days=1)
TOLD_AGAIN_AFTER_DAYS = 7
READS_EVERY_S = 20.0
"""Within it an edit of the directory is seen."""

AHEAD: tuple[timedelta, ...] = (timedelta(), timedelta(days=30), timedelta(days=90), timedelta(days=180))
"""Today and the days for which an outlook is given."""


def resource_timer(community: CommunityId, at: datetime) -> Timer:
    """A community's next look at its directory; set at every start, it sets itself from then on."""
    return Timer(kind=RESOURCE_TIMER, key=community, due_at=at, community=community)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """How many services of a country are live for a topic, now and later if nobody re-reads any.

    Attributes:
        live: One figure for each of `AHEAD`.
    """

    country: str
    topic: Topic
    live: tuple[int, ...]


def outlooks(state: DirectoryState, today: date, community: CommunityId | None = None) -> Sequence[Outlook]:
    """One for each country and topic of which there is any service, live or not; by country, then topic.

    With a community its own services count too; without one those of every community do.
    """
    rows: dict[tuple[str, Topic], list[date | None]] = {}
    live = live_on(state, today)
    for service in state.services:
        if community is None or service.community in {None, community}:
            last = live.read.get(service.id)
            for topic in service.topics:
                rows.setdefault((service.country, topic), []).append(last)
    order = list(Topic)
    return [
        Outlook(
            country=country,
            topic=topic,
            live=tuple(sum(is_fresh(each, today + ahead) for each in read) for ahead in AHEAD),
        )
        for (country, topic), read in sorted(rows.items(), key=lambda row: (row[0][0], order.index(row[0][1])))
    ]


class Situation(StrEnum):
    """How it stands with a country whose members would find nothing."""

    EMPTY = "empty"
    """No service for crisis is live."""
    SOON = "soon"
    """The last one goes stale within `WARNED_BEFORE`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lack:
    """A country of a community that is or runs empty.

    Attributes:
        on: The first day without a live service for crisis; None where there is none today.
    """

    country: str
    situation: Situation
    on: date | None = None


def lacks(community: Community, live: Live) -> Sequence[Lack]:
    """The community's countries that are or soon will be without a live service for crisis, in its order."""
    found = []
    for country in community.countries:
        lines = (each for each in live.of(community.id) if each.country == country and Topic.CRISIS in each.topics)
        ends = max((live.read[each.id] + FRESH_FOR for each in lines), default=None)
        if ends is None:
            found.append(Lack(country=country, situation=Situation.EMPTY))
        elif ends <= live.day + WARNED_BEFORE:
            found.append(Lack(country=country, situation=Situation.SOON, on=ends))
    return found


_NOTICES: Mapping[Situation, str] = {
    Situation.EMPTY: "notice.resources_empty",
    Situation.SOON: "notice.resources_soon",
}
_LETTERS: Mapping[Situation, str] = {Situation.EMPTY: "owner.resources_empty", Situation.SOON: "owner.resources_soon"}


class ResourceWatch:
    """The loop that reads the directory's files, and the handler of the timer of owners' warnings."""

    def __init__(
        self,
        *,
        directory: Directory,
        store: Store,
        clock: Clock,
        communities: Mapping[CommunityId, Community],
        notices: Notices,
        on_change: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_change` is called when the directory was read again."""
        self._directory = directory
        self._store = store
        self._clock = clock
        self._communities = communities
        self._notices = notices
        self._on_change = on_change
        self._live = LiveNow(directory=directory, clock=clock)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {RESOURCE_TIMER: self._tell_owners}

    async def run(self) -> None:
        """Read the directory again whenever its files change, and keep the notices true, until cancelled."""
        while True:
            if await asyncio.to_thread(self._directory.reload):
                self._on_change()
            self.look()
            await self._clock.sleep(READS_EVERY_S)

    def look(self) -> None:
        """Raise a notice for each country that is or runs empty and for files that are wrong; clear those mended."""
        live = self._live()
        for community in self._communities.values():
            found = {each.country: each for each in lacks(community, live)}
            for country in community.countries:
                key = f"resources.{community.id}.{country}"
                if country in found:
                    lack = found[country]
                    self._notices.raise_notice(key, Text(key=_NOTICES[lack.situation], params=_said(community, lack)))
                else:
                    self._notices.clear_notice(key)
        refused = self._directory.refusals()
        if refused:
            self._notices.raise_notice(FILES, Text(key="notice.resources_files", params=_said_of(refused)))
        else:
            self._notices.clear_notice(FILES)

    async def _tell_owners(self, timer: Timer) -> Commit:
        """Once for each country and how it stands with it, and again every week while that lasts."""
        community = self._communities.get(timer.community) if timer.community else None
        if community is None:
            return Commit()
        now = self._clock.now()
        told: list[Action] = []
        for lack in lacks(community, self._live()):
            about = f"{lack.country} {lack.situation}"
            told += await self._letters(community, _LETTERS[lack.situation], _said(community, lack), about)
        refused = self._directory.refusals()
        if refused:
            said = {"community": community.name, **_said_of(refused)}
            told += await self._letters(community, "owner.resources_files", said, refused[0].path)
        return Commit(actions=tuple(told), timers=(resource_timer(community.id, now + LOOKS_EVERY),))

    async def _letters(self, community: Community, text: str, said: Mapping[str, str], about: str) -> Sequence[Action]:
        """To each owner who was not told of it within the week."""
        now, letters = self._clock.now(), []
        for owner in sorted(community.owners):
            days = (now.date() - timedelta(days=ago) for ago in range(TOLD_AGAIN_AFTER_DAYS))
            each = [owner_actions(community.id, [owner], text, said, now, once=f"{about} {day}")[0] for day in days]
            if not [key for key in each if await self._store.action(community.id, key.key) is not None]:
                letters.append(each[0])
        return letters


def _said(community: Community, lack: Lack) -> Mapping[str, str]:
    said = {"community": community.name, "country": lack.country, "days": str(FRESH_FOR.days)}
    return said if lack.on is None else {**said, "on": lack.on.isoformat()}


def _said_of(refused: Sequence[ConfigurationRefused]) -> Mapping[str, str]:
    """The first of what is wrong: the rest shows once that is mended."""
    return {"place": refused[0].path, "reason": refused[0].reason, "hint": refused[0].hint}
