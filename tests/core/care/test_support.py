"""Support as a member walks through it: every page, every branch, and what happens off the path."""

import re
from dataclasses import replace

import pytest

from config.texts.catalogue import Catalogue
from core.care.members import Command
from core.care.resources import WORLDWIDE
from core.care.wording import lines_of
from core.model.page import MOST_BYTES, MOST_CHOICES, Page
from tests.core.care.helping import A_FULL_COUNTRY, HARBOUR, Care, a_care, names_on, place_of, said

ALL_TEXTS = Catalogue(with_drafts=True)


async def _walked(care: Care, locale: str = "") -> dict[str, Page]:
    """Every page that can be reached by pressing, by the way to it."""
    start = await care.desk.command(care.asker(locale=locale), Command.SUPPORT)
    resources = await care.desk.command(care.asker(locale=locale), Command.RESOURCES)
    found = {"/support": start, "/resources": resources}
    todo = [start, resources]
    while todo:
        for choice in todo.pop().choices:
            if choice.to and choice.to not in found:
                found[choice.to] = await care.press(choice.to, locale=locale)
                todo.append(found[choice.to])
    return found


COUNTRIES = {
    "a community with a country": ("DE",),
    "a community without one": (),
    "a community with several": ("DE", "AT", "CH"),
}


@pytest.mark.parametrize("countries", COUNTRIES.values(), ids=COUNTRIES)
@pytest.mark.parametrize("services", [A_FULL_COUNTRY, ()], ids=["a full directory", "nothing live"])
async def test_every_page_can_be_read_and_leads_back(countries: tuple[str, ...], services: tuple[object, ...]) -> None:
    care = a_care(*A_FULL_COUNTRY if services else (), community=replace(HARBOUR, countries=countries))

    pages = await _walked(care)

    assert {"support.start", "support.look", "support.what", "support.plan", "support.hurt"} <= {
        each.name for each in pages.values()
    }
    for to, page in pages.items():
        assert said(page)
        assert len(page.choices) < MOST_CHOICES, "room for the offer of a language"
        assert all(len(each.to) <= MOST_BYTES for each in page.choices)
        assert page.choices or page.name == "support.away"
        ways = {place_of(each.to) for each in page.choices}
        assert ways & {"s.start", "s.fit"} or page.name in {"support.away", "support.start"}, page.name
        assert len({each.to for each in page.choices}) == len(page.choices), f"two choices lead to one page: {to}"
        assert "promise" not in said(page).casefold()


@pytest.mark.parametrize("locale", ALL_TEXTS.locales)
async def test_every_page_can_be_read_in_every_language(locale: str) -> None:
    care = a_care(*A_FULL_COUNTRY)
    pages = await _walked(care)

    for page in pages.values():
        lines = lines_of(replace(page, locale=locale), ALL_TEXTS)
        labels = [ALL_TEXTS.render(each.label, locale) for each in page.choices]
        assert all([*lines, *labels, ALL_TEXTS.render(page.title, locale)]), page.name
        assert not [line for line in (*lines, *labels) if "{" in line], page.name


async def test_who_is_worried_reads_five_steps_to_ask_directly_and_to_keep_no_secret() -> None:
    page = await a_care(*A_FULL_COUNTRY).press("s.worried:DE:soon")

    read = said(page)
    steps = [line for line in read.splitlines() if re.match(r"\d\. ", line)]
    assert [line[0] for line in steps] == ["1", "2", "3", "4", "5"]
    assert "Are you thinking about suicide?" in steps[0]
    assert "don't agree to keep it a secret" in read
    assert "you seem" not in read.casefold()
    assert names_on(page) == ["emergency", "listeners", "writers", "minds"]


async def test_who_is_hurt_reads_that_it_is_not_their_fault_and_finds_both_kinds_of_services() -> None:
    page = await a_care(*A_FULL_COUNTRY).press("s.hurt:DE:soon")

    assert "It is not your fault." in said(page)
    assert names_on(page) == ["emergency", "home", "home-2", "young"]


async def test_it_says_where_it_counts_that_it_is_automated_and_no_help_in_an_emergency() -> None:
    care = a_care(*A_FULL_COUNTRY)

    for to in ("s.start", "r.start"):
        read = said(await care.press(to))
        assert "automated" in read
        assert "not able to help in an emergency" in read
    now = said(await care.press("s.fit:DE:now"))
    assert "I'm automated, and I'm not able to call for you." in now
    assert now.index("555-0199") < now.index("One step is enough")


async def test_it_says_whose_numbers_these_are_and_when_they_were_checked() -> None:
    read = said(await a_care(*A_FULL_COUNTRY).press("s.sources:DE:soon"))

    assert "Service listeners. Source: a synthetic page, 2026-02. Last checked: 2026-02-20." in read
    assert "180 days" in read
    assert "Nobody called to test it" in read


async def test_a_topic_without_a_service_says_so_and_shows_who_can_be_talked_to() -> None:
    page = await a_care(*A_FULL_COUNTRY).press("r.topic:DE:lgbtq")

    assert "I have no checked service for this in Germany right now" in said(page)
    assert names_on(page) == ["emergency", "listeners", "writers", "minds", WORLDWIDE]
