"""The console of `run` in a browser: in with the link, say who one is, act; nothing of the key stays in view."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from tests.bots.run.process import bot, prepared
from tests.bots.run.quay import COMMUNITIES, said
from tests.e2e.stage import browsing, complaints_of

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

UNSETTLED = ".htmx-request, .htmx-swapping, .htmx-settling"
HILL = COMMUNITIES.replace('"harbour"', '"hill"').replace("The Harbour", "Lantern Hill")


@pytest.mark.parametrize("width", [1280, 390])
async def test_from_the_link_to_a_decision(width: int, tmp_path: Path) -> None:
    folder = prepared(tmp_path, COMMUNITIES + HILL)
    said(folder / "quay", "tomas", "I know where you live and I will find you and hurt you")
    with bot(folder) as started:
        started.until_alerted(1)
        key = (folder / "var" / "console.key").read_text().strip()
        async with browsing() as browser:
            page = await browser.new_page(viewport={"width": width, "height": 844})
            asked: list[str] = []
            page.on("request", lambda request: asked.append(request.url + str(request.headers.get("referer"))))
            complaints = complaints_of(page)
            await page.goto(f"{started.address}enter#{key}")
            await page.get_by_text("Who are you?").wait_for()
            assert key not in page.url
            assert not [each for each in asked if key in each.partition("#")[0]]
            assert key not in await page.evaluate("document.cookie + document.documentElement.outerHTML")
            await page.get_by_role("button", name="Bastian").click()
            case = page.locator("article.case")
            await case.get_by_role("button", name="Claim").click()
            decide = case.get_by_role("button", name="Rule broken")
            await decide.wait_for()
            await expect(page.locator(UNSETTLED)).to_have_count(0)  # nobody clicks within the milliseconds of a swap
            await decide.click()
            await page.get_by_text("Decided: Rule broken.").wait_for()
            assert await page.evaluate("document.documentElement.scrollWidth") <= width
            await page.get_by_label("Community").select_option(label="Lantern Hill")
            await page.get_by_text("All quiet.").wait_for()
            assert complaints == []


async def test_a_wrong_key_is_said_and_a_page_without_one_says_what_to_do(tmp_path: Path) -> None:
    with bot(prepared(tmp_path)) as started:
        async with browsing() as browser:
            page = await browser.new_page()
            await page.goto(started.address)
            await page.get_by_text("lightkeeper console", exact=True).wait_for()
            await page.get_by_label("paste the key").fill("wrong")
            await page.get_by_role("button", name="Open").click()
            await page.get_by_text("That is not this console's key").wait_for()


async def test_a_link_that_is_opened_where_the_page_for_it_stands_already_opens_the_console(tmp_path: Path) -> None:
    folder = prepared(tmp_path)
    with bot(folder) as started:
        key = (folder / "var" / "console.key").read_text().strip()
        async with browsing() as browser:
            page = await browser.new_page()
            await page.goto(f"{started.address}enter")
            await page.goto(f"{started.address}enter#{key}")
            await page.get_by_text("Who are you?").wait_for()
            assert key not in page.url
