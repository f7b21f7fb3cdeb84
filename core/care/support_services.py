"""Services as they stand on members' pages: the emergency line first, then at most three that fit, then the world.

Nothing here knows a country that nobody chose or set: without one there is the member's own emergency number, whatever
it is, and the list of services in most countries.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from core.care.resources import MOST_SHOWN, WORLDWIDE, Resources
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId
from core.model.page import Shown
from core.model.resource import INTERNATIONAL, Confidence, Contact, Medium, Service, Topic

Body = tuple[Text | Shown, ...]

TALK = (Topic.CRISIS, Topic.MENTAL_HEALTH)
"""Somebody to talk to, whatever it is about; what is made for a crisis leads."""

HURT = (Topic.DOMESTIC_VIOLENCE, Topic.YOUTH)


LAST_RESORT = Service(
    id=WORLDWIDE,
    country=INTERNATIONAL,
    name="Find A Helpline",
    topics=frozenset({Topic.DIRECTORY}),
    contacts=(Contact(medium=Medium.WEB, value="https://findahelpline.com"),),
    source="findahelpline.com",
    as_of="",
    confidence=Confidence.D,
)
"""What is shown where not even the directory is there: nobody is left without a way on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServicesShown:
    """Puts services on pages."""

    resources: Resources

    def countries(self, community: Community) -> tuple[str, ...]:
        """Those that can be chosen, the community's own first."""
        live = self.resources.countries(community.id, (*TALK, Topic.EMERGENCY))
        return tuple(dict.fromkeys((*community.countries, *live)))

    def emergency(self, community: CommunityId, country: str) -> Body:
        """The emergency line: in words, and the number of that country where somebody re-read it lately.

        It names the country: that may be the community's, and its reader may live in another.
        """
        line, local = self.resources.emergency(community, country), Text(key="support.emergency.local")
        if line is None:
            return (local,)
        return local, Text(key="post.help.emergency_in", params={"country": country}), Shown(service=line)

    def fitting(self, community: CommunityId, country: str, *topics: Topic, written: bool = False) -> tuple[Shown, ...]:
        """At most three, those for the first topic before those for the next, and among these open ones first."""
        found: dict[str, Shown] = {}
        for topic in topics:
            for each in self.resources.fitting(community, country, {topic}, written=written):
                if not _is_elsewhere(each.service):
                    found.setdefault(each.service.id, each)
        return _open_first(list(found.values())[:MOST_SHOWN])

    def hurt(self, community: CommunityId, country: str) -> tuple[Shown, ...]:
        """For who is hurt by somebody: at least one for children and young people, where there is one."""
        adults, young = (self.fitting(community, country, each) for each in HURT)
        others = [each for each in young if each.service.id not in {one.service.id for one in adults}]
        least = 1 if others else 0
        led = adults[: MOST_SHOWN - least]
        return *led, *others[: MOST_SHOWN - len(led)]

    def checked(self, shown: Collection[Shown]) -> Body:
        """Since when what is known of these services can be relied on; nothing where there are none."""
        days = [self.resources.checked_on(each.service) for each in shown]
        oldest = min((each for each in days if each is not None), default=None)
        return () if oldest is None else (Text(key="support.checked", params={"date": oldest.isoformat()}),)

    def worldwide(self) -> Shown:
        """The list of services in most countries, also where the directory has lost it."""
        try:
            return Shown(service=self.resources.worldwide())
        except LookupError:
            return Shown(service=LAST_RESORT)


def _is_elsewhere(service: Service) -> bool:
    """Whether it only leads on: emergency numbers and lists of services have places of their own on a page."""
    return not service.topics - {Topic.EMERGENCY, Topic.DIRECTORY}


def _open_first(shown: Sequence[Shown]) -> tuple[Shown, ...]:
    return tuple(sorted(shown, key=lambda each: {True: 0, None: 1, False: 2}[each.is_open]))


def is_country(country: str) -> bool:
    """Whether it is one country, and not none or the world."""
    return country not in {"", INTERNATIONAL}
