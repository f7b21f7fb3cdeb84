"""Support: a guided talk of pages, in private, without a word that a model wrote.

How soon somebody is needed, then services that fit with the emergency line first, then what lowers the barriers to
them. It keeps nothing about who walks through it, needs no database but to ask for a moderator, and works with every
detector off and for who has opted out.
"""

from collections.abc import Awaitable, Callable, Mapping

from core.care.support_asking import AskingPages
from core.care.support_services import TALK, Body, ServicesShown, is_country
from core.care.support_talk import LOOK, NOW, RESOURCES, SOON, SUPPORT, WHENS, Talk, country_choices, page_number
from core.care.support_words import PAGES_OF_WORDS, blank_of, words_of
from core.care.ways import Way
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId
from core.model.page import Asker, Choice, Page, Shown
from core.model.resource import FRESH_FOR, INTERNATIONAL, Service, Topic

WRITTEN = "w"
"""Stands in a way of who can't call."""

FEW = 2
"""With fewer services than that, the list of services in most countries stands below them."""

_NEEDS_COUNTRY = frozenset({"fit"})
"""What can't be shown before a country is known; every other page does without one."""


class Support:
    """The pages behind `s`."""

    def __init__(
        self,
        *,
        services: ServicesShown,
        asking: AskingPages,
        community_of: Callable[[CommunityId], Community],
    ) -> None:
        """`asking` has the pages on which a member asks for a moderator."""
        self._services = services
        self._community_of = community_of
        self._pages: Mapping[str, Callable[[Talk, Way], Page]] = {
            "start": self._start,
            "country": self._country,
            "fit": self._fit,
            "look": self._look,
            "therapy": self._therapy,
            "worried": self._worried,
            "hurt": self._hurt,
            "sources": self._sources,
            "away": self._away,
            **dict.fromkeys(PAGES_OF_WORDS, self._words),
        }
        self._asked: Mapping[str, Callable[[Asker, Talk], Awaitable[Page]]] = {
            "ask": asking.ask,
            "asked": asking.asked,
        }

    async def page(self, asker: Asker, way: Way) -> Page | None:
        """As `core.care.members.Part`."""
        talk = self._talk(self._community_of(asker.community), way)
        if way.name in self._asked:
            return await self._asked[way.name](asker, talk)
        if way.name not in self._pages:
            return None
        if way.name in _NEEDS_COUNTRY and (not talk.country or talk.is_unknown):
            return self._country(talk, way)
        return self._pages[way.name](talk, way)

    def _talk(self, community: Community, way: Way) -> Talk:
        """What was chosen so far. Nothing says a country but the member's choice and the community's own setting."""
        when = way.arg(1) if way.arg(1) in WHENS else SOON
        chosen = way.arg(0) or next(iter(community.countries), "")
        if chosen in {"", INTERNATIONAL, *self._services.countries(community)}:
            return Talk(community=community, country=chosen, when=when)
        return Talk(community=community, when=when, is_unknown=True)

    def _start(self, talk: Talk, way: Way) -> Page:
        soon = {NOW: "fit", SOON: "fit", LOOK: "look"}
        whens = (
            Choice(
                label=Text(key=f"support.when.{when}"),
                to=str(Way(part=SUPPORT, name=soon[when], args=(talk.country, when))),
                is_primary=when == NOW,
            )
            for when in WHENS
        )
        return Page(
            name="support.start",
            title=Text(key="support.start.title"),
            body=tuple(Text(key=f"support.start.{each}") for each in ("emergency", "bot", "alone", "question")),
            choices=(*whens, talk.go("worried"), talk.go("hurt")),
        )

    def _country(self, talk: Talk, way: Way) -> Page:
        """Asks for the country; whoever can't wait for that, or finds no answer, has something on this page already."""
        target = way.arg(2) if way.name == "country" and way.arg(2) in self._pages else "fit"
        countries = self._services.countries(talk.community)
        page = page_number(way.arg(3), countries) if way.name == "country" else 0
        chosen = Way(part=SUPPORT, name=target, args=("", talk.when))
        ask = Way(part=SUPPORT, name="country", args=("", talk.when, target))
        return Page(
            name="support.country",
            title=Text(key="support.country.title"),
            body=(
                *self._services.emergency(talk.community.id, INTERNATIONAL),
                Text(key="support.country.unknown" if talk.is_unknown else "support.country.why"),
                Text(key="support.country.international"),
                self._services.worldwide(),
            ),
            choices=(*country_choices(countries, page, chosen, ask), talk.start),
        )

    def _fit(self, talk: Talk, way: Way) -> Page:
        is_written, is_now = way.arg(2) == WRITTEN, talk.when == NOW
        shown = self._services.fitting(talk.community.id, talk.country, *TALK, written=is_written)
        step = () if is_written else ("support.now.step",)  # "call", which is what they can't
        calm = (*step, "support.now.person") if is_now else ()
        other = talk.go("fit", label="spoken") if is_written else talk.go("fit", WRITTEN, label="written")
        further = () if is_now else (talk.go("what"),)
        return Page(
            name="support.now" if is_now else "support.fit",
            title=Text(key="support.now.title" if is_now else "support.fit.title"),
            body=(
                *self._services.emergency(talk.community.id, talk.country),
                *(Text(key=each) for each in calm),
                *self._of_country(talk, shown, is_written=is_written),
            ),
            choices=(
                *((other,) if is_country(talk.country) else ()),
                *further,
                talk.go("next"),
                talk.go("ask"),
                talk.go("look"),
                talk.go("country", "fit"),
                *(() if is_now else (talk.go("sources"),)),
                talk.start,
            ),
        )

    def _of_country(self, talk: Talk, shown: tuple[Shown, ...], *, is_written: bool) -> Body:
        """The services, and what lowers the barriers to them; the world where there are few or none."""
        worldwide = self._services.worldwide()
        if not is_country(talk.country):
            return (
                Text(key="support.fit.not_suicidal"),
                Text(key="support.fit.international"),
                worldwide,
                *shown,
                Text(key="support.fit.stop"),
            )
        here = {"country": talk.country}
        if not shown:
            key = "support.fit.none_written" if is_written else "support.fit.none"
            return Text(key="support.fit.not_suicidal"), Text(key=key, params=here), worldwide
        further = (Text(key="support.fit.more"), worldwide) if len(shown) < FEW else ()
        if talk.when == NOW:
            lowered = Text(key="support.fit.written" if is_written else "support.fit.not_suicidal")
            lead = Text(key="support.now.services", params=here), lowered
            return *lead, *shown, *self._services.checked(shown), *further
        return (
            Text(key="support.fit.country", params=here),
            Text(key="support.fit.not_suicidal"),
            Text(key="support.fit.written" if is_written else "support.fit.first_words"),
            *shown,
            *self._services.checked(shown),
            *further,
            Text(key="support.fit.stop"),
        )

    def _look(self, talk: Talk, way: Way) -> Page:
        return Page(
            name="support.look",
            title=Text(key="support.look.title"),
            body=(Text(key="support.look.text"),),
            choices=(
                *(talk.go(each) for each in ("fit", "what", "next", "ask", "therapy", "worried", "hurt")),
                Choice(
                    label=Text(key="support.go.topics"),
                    to=str(Way(part=RESOURCES, name="start", args=(talk.country,))),
                ),
                talk.start,
            ),
        )

    def _words(self, talk: Talk, way: Way) -> Page:
        words = PAGES_OF_WORDS[way.name]
        has_apps = way.name == "next" and self._services.fitting(talk.community.id, talk.country, Topic.COPING)
        return Page(
            name=f"support.{way.name}",
            title=Text(key=f"support.{way.name}.title"),
            body=words_of(way.name),
            blank=blank_of(way.name),
            choices=(
                *(talk.go(each) for each in words.leads_to),
                *((talk.topic(Topic.COPING, "support.go.apps"),) if has_apps else ()),
                talk.go("fit") if words.back == "fit" else talk.back(words.back),
                talk.start,
            ),
        )

    def _therapy(self, talk: Talk, way: Way) -> Page:
        shown = self._services.fitting(talk.community.id, talk.country, Topic.THERAPY)
        return Page(
            name="support.therapy",
            title=Text(key="support.therapy.title"),
            body=(
                *(Text(key=f"support.therapy.{each}") for each in ("door", "several", "change", "online")),
                *self._or_worldwide(talk, shown, "support.therapy.none"),
                Text(key="support.therapy.until"),
            ),
            choices=self._ways_on(talk, "therapy"),
        )

    def _worried(self, talk: Talk, way: Way) -> Page:
        shown = self._services.fitting(talk.community.id, talk.country, *TALK)
        steps = ("ask", "listen", "support", "professional", "others", "secret", "you")
        emergency = self._services.emergency(talk.community.id, talk.country)
        return Page(
            name="support.worried",
            title=Text(key="support.worried.title"),
            body=(
                Text(key="support.worried.emergency"),
                *emergency[1:],
                *(Text(key=f"support.worried.{each}") for each in steps),
                *self._or_worldwide(talk, shown, "support.fit.none"),
            ),
            choices=self._ways_on(talk, "worried"),
        )

    def _hurt(self, talk: Talk, way: Way) -> Page:
        shown = self._services.hurt(talk.community.id, talk.country)
        parts = ("not_your_fault", "counts", "leave", "pictures", "young")
        return Page(
            name="support.hurt",
            title=Text(key="support.hurt.title"),
            body=(
                *self._services.emergency(talk.community.id, talk.country),
                *(Text(key=f"support.hurt.{each}") for each in parts),
                *((Text(key="support.hurt.services"),) if shown else ()),
                *self._or_worldwide(talk, shown, "support.fit.none"),
            ),
            choices=(talk.go("away", is_primary=True), *self._ways_on(talk, "hurt")),
        )

    def _or_worldwide(self, talk: Talk, shown: tuple[Shown, ...], none: str) -> Body:
        """The services and since when they can be relied on; the world where there are none."""
        if shown:
            return *shown, *self._services.checked(shown)
        worldwide = self._services.worldwide()
        if not is_country(talk.country):
            return Text(key="support.fit.international"), worldwide
        return Text(key=none, params={"country": talk.country}), worldwide

    def _ways_on(self, talk: Talk, name: str) -> tuple[Choice, ...]:
        return talk.go("fit"), talk.go("ask"), talk.go("country", name), talk.back("look"), talk.start

    def _sources(self, talk: Talk, way: Way) -> Page:
        line = self._services.resources.emergency(talk.community.id, talk.country)
        shown = self._services.fitting(talk.community.id, talk.country, *TALK)
        services = [*((line,) if line else ()), *(each.service for each in shown), self._services.worldwide().service]
        return Page(
            name="support.sources",
            title=Text(key="support.sources.title"),
            body=(
                Text(key="support.sources.how", params={"days": FRESH_FOR.days}),
                *(self._source(each) for each in services),
                Text(key="support.sources.not_called"),
            ),
            choices=(talk.back("fit"), talk.start),
        )

    def _source(self, service: Service) -> Text:
        params = {"name": service.name, "source": service.source, "as_of": service.as_of}
        checked = self._services.resources.checked_on(service)
        if checked is None:
            return Text(key="support.sources.unchecked", params=params)
        return Text(key="support.sources.one", params={**params, "date": checked.isoformat()})

    def _away(self, talk: Talk, way: Way) -> Page:
        """What is left on the screen when somebody comes in: nothing, and no way that leads back."""
        return Page(name="support.away", title=Text(key="support.away.title"), body=(Text(key="support.away.text"),))
