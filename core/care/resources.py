"""Which services a member is shown: those that somebody re-read on their own page lately, in a chosen country.

A service is live or it isn't shown at all. Nothing here guesses a country, and nothing of one country is ever shown for
another; what is reserved all over the European Union is shown for no state.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from core.member_ports import Directory
from core.model.message import CommunityId
from core.model.numbers import retired_in
from core.model.page import Shown
from core.model.resource import (
    EU_WIDE,
    FRESH_FOR,
    INTERNATIONAL,
    WRITTEN,
    Confidence,
    Confirmation,
    DirectoryState,
    Opening,
    Service,
    Topic,
)
from core.ports import Clock

WORLDWIDE = "int-find-a-helpline-throughline"
"""The id of the list of helplines in every country, which is shown whatever else is."""

MOST_SHOWN = 3

DAY = timedelta(days=1)

_OPEN_FIRST = {True: 0, None: 1, False: 2}


class Footing(StrEnum):
    """Why a service is shown, or isn't."""

    LIVE = "live"
    NEVER_READ = "never_read"
    """A candidate: nobody has re-read it on its own page."""
    CHANGED = "changed"
    """What was confirmed were other words."""
    STALE = "stale"
    AHEAD = "ahead"
    """The date on which it was re-read lies in the future, and counts for nothing."""
    RETIRED = "retired"
    EU_WIDE = "eu_wide"


def read_on(service: Service, state: DirectoryState, today: date) -> date | None:
    """The newest day, up to today, on which somebody re-read the service as it stands; None where nobody has."""
    return max((each for each in _days(service, state) if each <= today), default=None)


def is_fresh(read: date | None, day: date) -> bool:
    """Whether what was re-read then still counts on that day."""
    return read is not None and read <= day and day - read < FRESH_FOR


def footing_of(service: Service, state: DirectoryState, today: date) -> Footing:
    """Why it is shown, or isn't; the gravest reason."""
    if service.country == EU_WIDE:
        return Footing.EU_WIDE
    if _is_retired(service, state):
        return Footing.RETIRED
    read = read_on(service, state, today)
    if is_fresh(read, today):
        return Footing.LIVE
    if read is not None:
        return Footing.STALE
    if any(_days(service, state)):
        return Footing.AHEAD
    was_other = any(each.service == service.id for each in state.confirmations)
    return Footing.CHANGED if was_other else Footing.NEVER_READ


def is_open(service: Service, now: datetime) -> bool | None:
    """Whether it answers now; None where its hours are not known."""
    if service.is_always_open:
        return True
    if not service.openings:
        return None
    zone = ZoneInfo(service.zone)
    today = now.astimezone(zone).date()
    return any(_covers(opening, day, zone, now) for opening in service.openings for day in (today - DAY, today))


@dataclass(frozen=True, slots=True)
class Live:
    """What is live of a state of the directory on a day.

    Attributes:
        read: When each of the services was re-read, by its id.
    """

    state: DirectoryState
    day: date
    services: tuple[Service, ...]
    read: Mapping[str, date]

    def of(self, community: CommunityId) -> Sequence[Service]:
        """What may be shown to its members, of every country."""
        return [each for each in self.services if each.community in {None, community}]


def live_on(state: DirectoryState, day: date) -> Live:
    """What is live on that day."""
    confirmed: dict[str, list[Confirmation]] = {}
    for confirmation in state.confirmations:
        confirmed.setdefault(confirmation.service, []).append(confirmation)
    read: dict[str, date] = {}
    for each in state.services:
        about_it = replace(state, services=(), confirmations=tuple(confirmed.get(each.id, ())))
        last = read_on(each, about_it, day)
        if last is not None and footing_of(each, about_it, day) is Footing.LIVE:
            read[each.id] = last
    return Live(state, day, tuple(each for each in state.services if each.id in read), read)


class LiveNow:
    """What is live now, reckoned once for each state of the directory and each day."""

    def __init__(self, *, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._live: Live | None = None

    def __call__(self) -> Live:
        state, today = self._directory.state(), self._clock.now().date()
        if self._live is None or self._live.state is not state or self._live.day != today:
            self._live = live_on(state, today)
        return self._live


class Resources:
    """The directory as members see it, in memory."""

    def __init__(self, *, directory: Directory, clock: Clock) -> None:
        self._directory = directory
        self._clock = clock
        self._live = LiveNow(directory=directory, clock=clock)

    def live(self, community: CommunityId) -> Sequence[Service]:
        """What may be shown to the members of that community now, of every country."""
        return self._live().of(community)

    def fitting(
        self,
        community: CommunityId,
        country: str,
        topics: Collection[Topic],
        *,
        written: bool = False,
        limit: int = MOST_SHOWN,
    ) -> Sequence[Shown]:
        """At most `limit` services of that country for any of these topics.

        Those open now come first, those of unknown hours next; among equals what is for everybody, then what serves
        this country alone, then what owners wrote down, then the better source.

        Args:
            country: As it was chosen or set; nothing is shown for one that is not known.
            written: Only what can be reached by text or chat.
        """
        now, wanted = self._clock.now(), frozenset(topics)
        found = [
            Shown(service=each, is_open=is_open(each, now))
            for each in self.live(community)
            if each.country in {country, INTERNATIONAL}
            and not wanted.isdisjoint(each.topics)
            and (not written or each.has(*WRITTEN))
        ]
        return sorted(found, key=_place)[:limit]

    def emergency(self, community: CommunityId, country: str) -> Service | None:
        """The emergency number of that country, where a live entry has it."""
        lines = [each for each in self.live(community) if Topic.EMERGENCY in each.topics and each.country == country]
        return min(lines, key=lambda line: line.community is None, default=None)

    def worldwide(self) -> Service:
        """The list of helplines in every country: shown always, also where nothing is live."""
        for each in self._directory.state().services:
            if each.id == WORLDWIDE:
                return each
        raise LookupError("the list of helplines in every country is always in the directory")

    def checked_on(self, service: Service) -> date | None:
        """The newest day on which somebody re-read the service as it stands; None where nobody has."""
        return read_on(service, self._directory.state(), self._clock.now().date())

    def countries(self, community: CommunityId, topics: Collection[Topic] = tuple(Topic)) -> Sequence[str]:
        """The countries for which anything for these topics is live, in the order of their codes."""
        wanted = frozenset(topics)
        found = {each.country for each in self.live(community) if not wanted.isdisjoint(each.topics)}
        return sorted(found - {INTERNATIONAL})


def _days(service: Service, state: DirectoryState) -> Sequence[date]:
    days = [service.verified] if service.verified is not None else []
    confirmed = [each for each in state.confirmations if each.service == service.id]
    print_now = service.fingerprint if confirmed else ""
    return [*days, *(each.on for each in confirmed if each.fingerprint == print_now)]


def _is_retired(service: Service, state: DirectoryState) -> bool:
    """The loader refuses such an entry; this holds for a directory that came another way."""
    seen = (service.name, service.audience, service.hours, *(each.value for each in service.contacts))
    return any(retired_in(each, service.country, state.retired) for each in seen)


def _place(shown: Shown) -> tuple[int, bool, bool, bool, int]:
    service = shown.service
    return (
        _OPEN_FIRST[shown.is_open],
        bool(service.audience),
        service.country == INTERNATIONAL,
        service.confidence is not Confidence.OWN,
        list(Confidence).index(service.confidence),
    )


def _covers(opening: Opening, day: date, zone: ZoneInfo, now: datetime) -> bool:
    """Whether the hours that begin on that day hold `now`; compared as instants, so that clocks may change within."""
    if day.weekday() not in opening.days:
        return False
    last = day if opening.closes > opening.opens else day + DAY
    begins = datetime.combine(day, opening.opens, zone).astimezone(UTC)
    ends = datetime.combine(last, opening.closes, zone).astimezone(UTC)
    return begins <= now < ends
