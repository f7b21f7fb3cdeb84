"""Pages in words: every number of the directory that ships comes out byte for byte, in every language there is."""

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.resources.reading import read_shipped
from config.texts.catalogue import Catalogue
from core.care.wording import lines_of
from core.model.card import Text
from core.model.page import Page, Shown
from core.model.resource import WRITTEN, Contact, Medium, Service
from tests.core.care.helping import A_FULL_COUNTRY, a_care, a_service, said

ALL_TEXTS = Catalogue(with_drafts=True)
SHIPPED, _ = read_shipped()


def a_page(*services: Service, locale: str = "en", is_draft: bool = False, is_open: bool | None = None) -> Page:
    return Page(
        name="a page",
        title=Text(key="support.fit.title"),
        body=tuple(Shown(service=each, is_open=is_open) for each in services),
        locale=locale,
        is_draft=is_draft,
    )


@pytest.mark.parametrize("locale", ALL_TEXTS.locales)
def test_every_number_that_ships_is_rendered_byte_for_byte_in_every_language(locale: str) -> None:
    assert len(SHIPPED) > 100
    for service in SHIPPED:
        for is_open in (True, False, None):
            lines = lines_of(a_page(service, locale=locale, is_open=is_open), ALL_TEXTS)
            for contact in service.contacts:
                holding = [line.encode() for line in lines if contact.value.encode() in line.encode()]
                assert holding, (service.id, contact.value)
            assert any(service.name in line for line in lines)
            assert not service.hours or any(service.hours in line for line in lines)
            assert not service.audience or any(service.audience in line for line in lines)


@pytest.mark.parametrize("locale", ALL_TEXTS.locales)
async def test_every_page_of_every_country_shows_its_numbers_byte_for_byte(locale: str) -> None:
    read = [replace(each, verified=date(2026, 2, 20)) for each in SHIPPED]
    care = a_care(*read, is_bare=True)
    countries = sorted({each.country for each in SHIPPED} - {"EU", "INT"})
    assert len(countries) > 60
    for country in countries:
        for to in (f"s.fit:{country}:now", f"s.fit:{country}:soon:w", f"s.hurt:{country}:soon", f"s.worried:{country}"):
            page = replace(await care.press(to), locale=locale)
            lines = "\n".join(lines_of(page, ALL_TEXTS)).encode()
            shown = [part.service for part in page.body if isinstance(part, Shown)]
            assert shown, to
            assert {each.country for each in shown} <= {country, "INT"}
            assert all(contact.value.encode() in lines for each in shown for contact in each.contacts), to
            if to.endswith(":w"):
                assert all(each.has(*WRITTEN) or each.country == "INT" or "emergency" in each.topics for each in shown)


@given(
    value=st.text(st.characters(blacklist_categories=("Cs", "Cc")), min_size=1, max_size=40),
    medium=st.sampled_from(list(Medium)),
    locale=st.sampled_from(ALL_TEXTS.locales),
)
def test_whatever_a_source_prints_is_shown_as_it_is(value: str, medium: Medium, locale: str) -> None:
    service = replace(a_service("x"), contacts=(Contact(medium=medium, value=value),))

    lines = lines_of(a_page(service, locale=locale), ALL_TEXTS)

    assert any(value in line for line in lines)


def test_a_service_says_for_whom_how_when_and_in_which_language() -> None:
    service = replace(
        a_service("a", call="555-0101", text="555-0102", audience="under 19", hours="Mon 09:00-17:00"),
        languages=("en", "es"),
    )

    assert list(lines_of(a_page(service, is_open=False), ALL_TEXTS)) == [
        "Service a",
        "For: under 19",
        "Call: 555-0101",
        "Text: 555-0102",
        "Hours: Mon 09:00-17:00. Closed right now.",
        "Languages: English, Spanish",
    ]


@pytest.mark.parametrize(("is_open", "line"), [(True, "Open now."), (False, "Closed right now.")])
def test_whether_it_is_open_is_said_also_where_no_hours_are_written_down(is_open: bool, line: str) -> None:
    assert lines_of(a_page(a_service("a"), is_open=is_open), ALL_TEXTS)[-1] == line


def test_a_draft_says_first_that_it_is_one() -> None:
    assert "checked this translation" in lines_of(a_page(a_service("a"), is_draft=True), ALL_TEXTS)[0]


async def test_a_page_is_read_in_the_order_of_its_parts() -> None:
    read = said(await a_care(*A_FULL_COUNTRY).press("s.fit:DE:soon"))

    order = ["555-0199", "These are for Germany", "You don't have to be suicidal", "555-0101", "Somebody checked"]
    assert [read.index(each) for each in order] == sorted(read.index(each) for each in order)
