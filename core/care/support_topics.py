"""Services by country and topic, for who knows what they are looking for: `/resources`."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from core.care.support_services import TALK, Body, ServicesShown, is_country
from core.care.support_talk import RESOURCES, SUPPORT, Talk, country_choices, page_number
from core.care.ways import Way
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId
from core.model.page import Asker, Choice, Page
from core.model.resource import INTERNATIONAL, Topic

TOPICS: Mapping[str, tuple[Topic, ...]] = MappingProxyType(
    {
        "talk": TALK,
        Topic.YOUTH: (Topic.YOUTH,),
        Topic.DOMESTIC_VIOLENCE: (Topic.DOMESTIC_VIOLENCE,),
        Topic.LGBTQ: (Topic.LGBTQ,),
        Topic.EATING_DISORDERS: (Topic.EATING_DISORDERS,),
        Topic.SUBSTANCES: (Topic.SUBSTANCES,),
        Topic.GRIEF: (Topic.GRIEF,),
        Topic.THERAPY: (Topic.THERAPY,),
        Topic.COPING: (Topic.COPING,),
    }
)
"""The topics that can be chosen, with the services that are for them."""

OFFERED = tuple(each for each in TOPICS if each != Topic.COPING)
"""Those on the first page; apps and exercises are reached from support, where a person stands beside them."""


class ResourcePages:
    """The pages behind `r`."""

    def __init__(self, *, services: ServicesShown, community_of: Callable[[CommunityId], Community]) -> None:
        self._services = services
        self._community_of = community_of

    async def page(self, asker: Asker, way: Way) -> Page | None:
        """As `core.care.members.Part`; what is not known is asked for again, with something to use meanwhile."""
        community = self._community_of(asker.community)
        chosen = way.arg(0) or next(iter(community.countries), "")
        is_known = chosen in {"", INTERNATIONAL, *self._services.countries(community)}
        talk = Talk(community=community, country=chosen if is_known else "", is_unknown=not is_known)
        if way.name == "start":
            return self._start(talk)
        if way.name not in {"topic", "country"}:
            return None
        topic = way.arg(1)
        if topic not in TOPICS:
            return self._start(talk, is_unknown=True)
        if way.name == "country" or not talk.country:
            return self._country(talk, topic, way.arg(2))
        return self._topic(talk, topic)

    def _start(self, talk: Talk, *, is_unknown: bool = False) -> Page:
        first = Text(key="resources.unknown" if is_unknown else "resources.start.question")
        further: Body = (self._services.worldwide(),) if is_unknown else ()
        return Page(
            name="resources.start",
            title=Text(key="resources.start.title"),
            body=(first, Text(key="resources.start.bot"), *further),
            choices=(*(talk.topic(each, f"resources.topic.{each}") for each in OFFERED), _support()),
        )

    def _country(self, talk: Talk, topic: str, page: str) -> Page:
        countries = self._services.countries(talk.community)
        chosen = Way(part=RESOURCES, name="topic", args=("", topic))
        ask = Way(part=RESOURCES, name="country", args=("", topic))
        return Page(
            name="resources.country",
            title=Text(key="support.country.title"),
            body=(
                *self._services.emergency(talk.community.id, INTERNATIONAL),
                Text(key="support.country.unknown" if talk.is_unknown else "support.country.why"),
                Text(key="support.country.international"),
                self._services.worldwide(),
            ),
            choices=(*country_choices(countries, page_number(page, countries), chosen, ask), _support()),
        )

    def _topic(self, talk: Talk, topic: str) -> Page:
        return Page(
            name="resources.topic",
            title=Text(key="resources.topic.title", params={"topic": topic}),
            body=(
                *self._services.emergency(talk.community.id, talk.country),
                Text(key=f"resources.about.{topic}"),
                *self._found(talk, topic),
            ),
            choices=(
                Choice(
                    label=Text(key="support.go.country"),
                    to=str(Way(part=RESOURCES, name="country", args=("", topic))),
                ),
                Choice(
                    label=Text(key="support.go.topics"),
                    to=str(Way(part=RESOURCES, name="start", args=(talk.country,))),
                ),
                talk.go("ask"),
                _support(),
            ),
        )

    def _found(self, talk: Talk, topic: str) -> Body:
        """What there is for the topic, else somebody to talk to, else the world."""
        community, worldwide = talk.community.id, self._services.worldwide()
        shown = self._services.fitting(community, talk.country, *TOPICS[topic])
        if shown:
            return *shown, *self._services.checked(shown)
        if not is_country(talk.country):
            return Text(key="support.fit.international"), worldwide
        here = {"country": talk.country}
        others = self._services.fitting(community, talk.country, *TALK)
        if not others:
            return Text(key="support.fit.none", params=here), worldwide
        return (
            Text(key="resources.none", params=here),
            *others,
            *self._services.checked(others),
            Text(key="support.fit.more"),
            worldwide,
        )


def _support() -> Choice:
    return Choice(label=Text(key="resources.go.support"), to=str(Way(part=SUPPORT, name="start")))
