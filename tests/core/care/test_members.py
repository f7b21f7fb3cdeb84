"""The members' desk off the beaten path: stale, forged, foreign and endless presses, languages, and clocks."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, time, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.care.members import Command, Languages
from core.care.ways import Way, read_way
from core.errors import Unavailable
from core.model.case import Case, Concern
from core.model.message import CommunityId
from core.model.page import MOST_BYTES, MOST_CHOICES, Page, Shown
from core.model.record import ActionRecord, Commit, Committed, Duty
from core.model.resource import Opening, Topic
from tests.core.care.helping import (
    A_FULL_COUNTRY,
    HARBOUR,
    THE_WORLD,
    a_care,
    a_service,
    leads,
    names_on,
    said,
)
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import House, RiggedStore

WORLD = THE_WORLD.id

DEAD_ENDS = (
    "",
    "s",
    "s.",
    "s.nowhere",
    "q.start",
    "S.start",
    "s.start:" + "x" * 200,
    "s.fit:DE:soon:w:1:2:3",
    "s.fit:D E:soon",
    "s.fit:DE\n:soon",
    "l.nowhere",
    "r.nowhere",
    "s.start|" + "d" * 50,
    "s.start|de-AT",
    "s.fit:\u0000",
    "\U0001f600",
    "<script>",
    "claim",
)


@pytest.mark.parametrize("to", DEAD_ENDS)
async def test_what_no_button_of_ours_carries_leads_to_the_first_page_of_support(to: str) -> None:
    care = a_care(*A_FULL_COUNTRY)

    page = await care.press(to)

    assert page.name == "support.start"
    assert not await care.house.cases()


@settings(max_examples=300, deadline=None)
@given(
    part=st.sampled_from(["s", "r", "l"]),
    name=st.sampled_from(
        ["start", "fit", "country", "look", "hurt", "worried", "therapy", "sources", "next", "plan", "topic", "misused"]
    ),
    args=st.lists(st.from_regex(r"[A-Za-z0-9_-]{0,9}", fullmatch=True), max_size=4),
)
def test_whatever_is_in_a_way_there_is_a_page_and_nothing_is_written(part: str, name: str, args: list[str]) -> None:
    async def pressed() -> Page:
        care = a_care(*A_FULL_COUNTRY)
        page = await care.press(str(Way(part=part, name=name, args=tuple(args))))
        assert not care.house.store.commits
        return page

    page = asyncio.run(pressed())

    assert said(page)
    assert 0 < len(page.choices) < MOST_CHOICES
    assert all(len(each.to) <= MOST_BYTES for each in page.choices)
    shown = [part.service for part in page.body if isinstance(part, Shown)]
    assert {each.country for each in shown} <= {"DE", "INT"}


async def test_a_community_is_shown_its_own_services_and_never_anothers() -> None:
    ours = a_service("ours", Topic.CRISIS, community=COMMUNITY)
    theirs = a_service("theirs", Topic.CRISIS, community=ELSEWHERE)
    care = a_care(ours, theirs)

    page = await care.press("s.fit:DE:soon")

    assert names_on(page) == ["ours", WORLD]


async def test_a_country_is_never_guessed_from_a_language() -> None:
    services = (a_service("brazil", country="BR"), a_service("portugal", country="PT"))
    care = a_care(*services, community=replace(HARBOUR, countries=()), languages=Languages(reviewed=frozenset({"pt"})))

    page = await care.press("s.fit::soon|pt", locale="pt-BR")

    assert page.name == "support.country"
    assert names_on(page) == [WORLD]
    assert [each.label.params.get("country") for each in page.choices[:2]] == ["BR", "PT"]


async def test_an_unknown_country_is_asked_again_kindly_with_the_international_card() -> None:
    care = a_care(*A_FULL_COUNTRY)

    for to in ("s.fit:XX:now", "s.fit:de:soon", "r.topic:ZZ:talk", "s.fit:EU:soon"):
        page = await care.press(to)
        assert "Is yours one of these?" in said(page), to
        assert "call your local emergency number" in said(page)
        assert names_on(page) == [WORLD]


async def test_an_unknown_topic_is_asked_again_with_the_international_card() -> None:
    care = a_care(*A_FULL_COUNTRY)

    page = await care.press("r.topic:DE:knitting")

    assert page.name == "resources.start"
    assert "I don't know that topic" in said(page)
    assert names_on(page) == [WORLD]


async def test_many_countries_come_a_few_at_a_time_and_every_one_can_be_chosen() -> None:
    codes = ["AR", "AT", "AU", "BE", "BR", "CA", "CH", "CL", "DE", "DK", "ES", "FI", "FR", "GB", "IE", "IN", "IT"]
    care = a_care(*(a_service(f"of {code}", country=code) for code in codes))
    page = await care.press("s.country:DE:soon:fit")
    found: list[str] = []
    while True:
        countries = [each for each in page.choices if each.label.key == "support.country.one"]
        found += [str(each.label.params["country"]) for each in countries]
        assert len(countries) <= 6
        assert leads(page)["support.country.other"] == "s.fit:INT:soon"
        if "support.country.more" not in leads(page):
            break
        page = await care.press(leads(page)["support.country.more"])

    assert found[0] == "DE"
    assert sorted(found) == codes
    chosen = await care.press(str(read_way("s.fit:FR:soon")))
    assert names_on(chosen) == ["of FR", WORLD]
    assert (await care.press("s.country:DE:soon:fit:999")).name == "support.country"


async def test_a_number_for_emergencies_never_stands_without_its_country() -> None:
    """The community's country may be nobody's choice, and its reader may live in another."""
    care = a_care(*A_FULL_COUNTRY, community=replace(HARBOUR, countries=("DE", "AT")))

    for to in ("s.fit::now", "s.fit::soon", "s.hurt::soon", "s.worried::soon", "s.asked::now", "r.topic::talk"):
        page = await care.press(to)
        names = [each.service.id if isinstance(each, Shown) else each.params.get("country") for each in page.body]
        assert names[names.index("emergency") - 1] == "DE", to
        assert "In Germany, that is:\n" in said(page)


async def test_who_cannot_call_is_shown_text_and_chat_and_can_go_back() -> None:
    care = a_care(*A_FULL_COUNTRY)

    written = await care.press(leads(await care.press("s.fit:DE:soon"))["support.go.written"])
    spoken = await care.press(leads(written)["support.go.spoken"])

    assert names_on(written) == ["emergency", "writers", WORLD]
    assert names_on(spoken) == ["emergency", "listeners", "writers", "minds"]


async def test_who_cannot_call_and_needs_somebody_now_is_not_told_to_call_all_the_same() -> None:
    care = a_care(*A_FULL_COUNTRY)

    written = said(await care.press(leads(await care.press("s.fit:DE:now"))["support.go.written"]))

    assert "One step is enough for now: call." not in written
    assert "to call. A bad night" not in written
    assert "You can write instead of talking." in written
    assert "555-0199" in written


async def test_the_emergency_line_comes_first_and_at_most_three_services_follow() -> None:
    many = (a_service(f"more-{n}", Topic.CRISIS, call=f"555-01{20 + n}") for n in range(20))
    care = a_care(*A_FULL_COUNTRY, *many)

    for to in ("s.fit:DE:now", "s.fit:DE:soon", "s.worried:DE:soon", "s.hurt:DE:soon", "r.topic:DE:talk"):
        names = names_on(await care.press(to))
        assert names[0] == "emergency", to
        assert len(names) <= 4, to


async def test_what_is_open_now_comes_before_what_is_closed() -> None:
    mondays = Opening(days=frozenset({0}), opens=time(9), closes=time(17))
    closed = replace(a_service("closed", hours="Mon 09:00-17:00"), openings=(mondays,), zone="Europe/Berlin")
    unknown, opened = a_service("unknown"), a_service("open", hours="24/7", is_always_open=True)
    care = a_care(closed, unknown, opened)

    page = await care.press("s.fit:DE:soon")

    assert names_on(page) == ["open", "unknown", "closed"]
    assert "Hours: 24/7. Open now." in said(page)
    assert "Hours: Mon 09:00-17:00. Closed right now." in said(page)


async def test_what_is_open_now_comes_first_also_where_it_is_for_more_than_a_crisis() -> None:
    mondays = Opening(days=frozenset({0}), opens=time(9), closes=time(17))
    closed = replace(a_service("closed", Topic.CRISIS), openings=(mondays,), zone="Europe/Berlin")
    opened = a_service("open", Topic.MENTAL_HEALTH, is_always_open=True)
    care = a_care(closed, opened)

    assert names_on(await care.press("s.fit:DE:now"))[:2] == ["open", "closed"]


async def test_past_every_date_only_what_holds_without_one_is_shown() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.clock.advance(timedelta(days=4000))

    for to in ("s.fit:DE:now", "s.fit:DE:soon", "s.hurt:DE:soon", "s.worried:DE:soon", "s.therapy:DE:soon"):
        page = await care.press(to)
        assert names_on(page) == [WORLD], to
        assert "555-01" not in said(page)
    assert "call your local emergency number" in said(await care.press("s.fit:DE:now"))
    assert "local emergency number" in said(await care.press("r.topic:DE:grief"))


async def test_a_clock_before_every_date_shows_nothing_that_nobody_has_read_yet() -> None:
    care = a_care(*A_FULL_COUNTRY)
    care.house.clock.jump(-timedelta(days=300))

    assert names_on(await care.press("s.fit:DE:soon")) == [WORLD]


@pytest.mark.parametrize("countries", [("DE",), (), ("XX",)])
async def test_with_an_empty_directory_there_is_still_a_way_on(countries: tuple[str, ...]) -> None:
    care = a_care(is_bare=True, community=replace(HARBOUR, countries=countries))

    for to in ("s.start", "s.fit::now", "s.fit:DE:now", "s.hurt::soon", "s.sources::soon", "r.topic::talk", "s.next"):
        assert said(await care.press(to)), to
    assert "https://findahelpline.com" in said(await care.press("s.fit::now"))


DRAFTS = Languages(reviewed=frozenset({"en", "fr"}), drafts=frozenset({"de", "pt"}))

OFFERS = {
    "an app in a reviewed language": ("fr-CA", frozenset[str](), "fr"),
    "an app in an accepted draft": ("de-AT", frozenset({"de"}), "de"),
    "an app in a draft that nobody accepted": ("de", frozenset[str](), ""),
    "an app in a language that there is none of": ("xx", frozenset({"xx"}), ""),
    "an app in english": ("en-GB", frozenset({"de"}), ""),
    "nobody knows": ("", frozenset({"de"}), ""),
}


@pytest.mark.parametrize(("locale", "drafts", "offered"), OFFERS.values(), ids=OFFERS)
async def test_english_leads_and_a_language_is_offered_where_it_may_be_shown(
    locale: str, drafts: frozenset[str], offered: str
) -> None:
    care = a_care(*A_FULL_COUNTRY, languages=DRAFTS, community=replace(HARBOUR, drafts=drafts))

    page = await care.desk.command(care.asker(locale=locale), Command.SUPPORT)

    assert (page.locale, page.is_draft) == ("en", False)
    assert leads(page).get("page.in_language", "") == (f"s.start|{offered}" if offered else "")


async def test_a_chosen_language_goes_along_and_english_stays_one_press_away() -> None:
    care = a_care(*A_FULL_COUNTRY, languages=DRAFTS, community=replace(HARBOUR, drafts=frozenset({"de"})))

    page = await care.press("s.fit:DE:soon|de", locale="de")

    assert (page.locale, page.is_draft) == ("de", True)
    ours = [each for each in page.choices if each.label.key != "page.in_language"]
    assert all(each.to.endswith("|de") for each in ours)
    assert leads(page)["page.in_language"] == "s.fit:DE:soon"


@pytest.mark.parametrize("locale", ["pt", "xx", "zz_ZZ", "de"])
async def test_a_forged_language_is_english(locale: str) -> None:
    care = a_care(*A_FULL_COUNTRY, languages=DRAFTS)

    page = await care.press(f"s.fit:DE:soon|{locale}")

    assert (page.locale, page.is_draft) == ("en", False)
    assert not any("|" in each.to for each in page.choices)


async def test_the_offer_of_a_language_takes_no_other_way_from_a_page() -> None:
    languages = Languages(reviewed=frozenset({"en", "fr"}))
    codes = ("AR", "AT", "AU", "BE", "BR", "CA", "CH")
    care = a_care(*A_FULL_COUNTRY, *(a_service(f"of {each}", country=each) for each in codes), languages=languages)

    for to in ("s.start", "s.fit:DE:soon", "s.look:DE:look", "s.country:DE:soon", "r.start", "s.hurt:DE:soon"):
        plain, offered = await care.press(to), await care.press(to, locale="fr")
        assert [each.to for each in offered.choices[:-1]] == [each.to for each in plain.choices], to


class Stuck(RiggedStore):
    """A database that answers nobody, and counts who asked."""

    asked = 0

    def _refuse(self) -> Unavailable:
        self.asked += 1
        return Unavailable(reason="synthetic")

    async def duties(self, community: CommunityId, now: datetime) -> Sequence[Duty]:
        raise self._refuse()

    async def open_case(self, community: CommunityId, subject: str, concern: Concern) -> Case | None:
        raise self._refuse()

    async def action(self, community: CommunityId, key: str) -> ActionRecord | None:
        raise self._refuse()

    async def commit(self, unit: Commit) -> Committed:
        raise self._refuse()


async def test_the_way_to_the_first_pages_touches_no_database() -> None:
    house = House()
    house.store = stuck = Stuck(house.clock)
    care = a_care(*A_FULL_COUNTRY, house=house)

    for to in ("s.start", "s.fit:DE:now", "s.fit:DE:soon", "s.look:DE:look", "s.plan:DE:soon", "r.topic:DE:talk"):
        assert said(await care.press(to))
    assert stuck.asked == 0
    assert (await care.press("s.ask:DE:soon")).name == "support.ask"
    assert (await care.press("s.asked:DE:soon")).name == "support.asked.failed"
    assert stuck.asked > 0


async def test_an_emptied_page_shows_nothing_and_leads_nowhere() -> None:
    care = a_care(*A_FULL_COUNTRY)

    hurt = await care.press("s.hurt:DE:soon")
    away = await care.press(leads(hurt)["support.go.away"])

    assert hurt.choices[0].is_primary
    assert away.choices == ()
    for word in ("support", "help", "hurt", "emergency", "call"):
        assert word not in said(away).casefold()


async def test_the_plan_is_a_text_to_copy_and_nothing_is_to_be_typed() -> None:
    page = await a_care(*A_FULL_COUNTRY).press("s.plan:DE:soon")

    assert page.blank is not None
    assert "never type it to me" in said(page)


async def test_pressed_by_two_members_a_page_is_the_same_and_of_neither() -> None:
    care = a_care(*A_FULL_COUNTRY)

    first, second = await care.press("s.fit:DE:soon", "ann"), await care.press("s.fit:DE:soon", "dan")

    assert first == second
    assert "'ann'" not in repr(first)
