"""Support as a member walks through it: every page, every branch, and what happens off the path."""

from dataclasses import replace

import pytest

from core.care.members import Command
from core.model.page import MOST_BYTES, MOST_CHOICES, Page
from tests.core.care.helping import A_FULL_COUNTRY, HARBOUR, Care, a_care, place_of, said


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
