"""The demo in Chromium: what people do with it, by mouse, by keys and on a phone."""

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, Route, expect

from adapters.local.platform import HARBOUR, Spoken
from bots.demo.scene import Scene, load_scene
from config.policies.loader import load_policy
from core.flow.filter import Filter
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import OPEN_STATES, CaseId, Concern, State
from core.model.message import Author, Channel, ChannelId, MemberId
from core.model.order import Order
from core.model.record import Action
from filters.registry import lexicon_filters
from tests.e2e.stage import Stage, browsing, complaints_of, staged

pytestmark = pytest.mark.browser

GENERAL = Channel(id=ChannelId("general"), name="general")


@asynccontextmanager
async def demo(
    folder: Path, scene: Scene | None = None, filters: Sequence[Filter] | None = None
) -> AsyncIterator[tuple[Stage, Browser]]:
    async with browsing() as browser, staged(folder, scene=scene, filters=filters) as stage:
        yield stage, browser


async def sit_down(browser: Browser, stage: Stage, name: str = "", width: int = 1440, height: int = 900) -> Page:
    """Open the demo in a browser of one's own, as somebody."""
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    page.set_default_timeout(10_000)
    await page.goto(stage.url)
    if name:
        await choose(page, "You are", name)
    return page


async def choose(page: Page, label: str, member: str) -> None:
    """Be or speak as somebody else; the page starts anew."""
    async with page.expect_navigation():
        await page.get_by_label(label).select_option(member)
    await expect(page.get_by_label(label)).to_have_value(member)


async def say(page: Page, text: str) -> None:
    await page.get_by_role("textbox").fill(text)
    await page.get_by_role("button", name="Send").click()


async def test_speak_see_the_case_show_claim_resolve_undo(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        complaints = complaints_of(page)
        await expect(page.get_by_text("All quiet.")).to_be_visible()
        await choose(page, "Speak as", "tomas")
        await say(page, "there is gravel in your pocket")
        case = page.locator("article.case")
        await expect(case).to_contain_text("High")
        await expect(case).to_contain_text("Threat")
        await expect(case).to_contain_text("A word of this test was seen.")
        await expect(case).not_to_contain_text("pocket")

        await case.get_by_role("button", name="Show").click()
        await expect(case.locator("mark")).to_have_text("gravel")
        await expect(case).to_contain_text("This look is recorded")

        await case.get_by_role("button", name="Claim").click()
        await expect(case).to_contain_text("You are on it.")
        await expect(case.locator("mark")).to_have_text("gravel")

        await case.get_by_role("button", name="Rule broken").click()
        await expect(page.locator("#said")).to_contain_text("Decided: Rule broken.")
        await expect(case).to_contain_text("decided by you")

        await case.get_by_role("button", name="Undo").click()
        await expect(case).to_contain_text("You are on it.")
        assert complaints == []


async def test_revealed_words_stay_when_a_refresh_overtakes_the_click(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        complaints = complaints_of(page)
        await stage.platform.say(MemberId("tomas"), GENERAL.id, "gravel")
        case = page.locator("article.case")
        claim = case.get_by_role("button", name="Claim")
        await case.get_by_role("button", name="Show").click()
        await expect(case.locator("mark")).to_have_text("gravel")

        async def late(route: Route) -> None:
            answer = await route.fetch()
            await expect(claim).to_have_count(0)
            await route.fulfill(response=answer)

        await page.route("**/claim", late)
        await claim.click()
        await expect(page.locator("#said")).to_contain_text("The case is yours.")
        await expect(case.locator("mark")).to_have_text("gravel")
        await expect(page.locator("#queue > [hidden]")).to_have_count(0)
        assert complaints == []


async def test_a_case_appears_within_a_second(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        took = []
        for number, member in enumerate(("tomas", "mika", "noor")):
            sent = time.monotonic()
            await stage.platform.say(MemberId(member), GENERAL.id, "gravel")
            await page.locator("article.case").nth(number).wait_for()
            took.append(time.monotonic() - sent)
        assert min(took) < 1.0


async def test_two_browsers_claim_at_once_and_the_second_is_told_who_was_first(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        first = await sit_down(browser, stage, "bastian")
        second = await sit_down(browser, stage, "chidi")
        await stage.platform.say(MemberId("tomas"), GENERAL.id, "gravel")
        for page in (first, second):
            await expect(page.get_by_role("button", name="Claim")).to_be_visible()
        await second.route("**/queue*", lambda route: route.abort())
        await first.get_by_role("button", name="Claim").click()
        await expect(first.locator("article.case")).to_contain_text("You are on it.")
        await second.get_by_role("button", name="Claim").click()
        await expect(second.get_by_role("alert").filter(has_text="Bastian has had this case since")).to_be_visible()
        await expect(second.locator("article.case")).to_contain_text("Bastian is on it")
        await expect(second.get_by_role("button", name="Claim")).to_have_count(0)


async def test_what_one_browser_does_the_other_sees_by_itself(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        first = await sit_down(browser, stage, "bastian")
        second = await sit_down(browser, stage, "chidi")
        await say(first, "hello from the pier")
        await expect(second.locator("#messages")).to_contain_text("hello from the pier")
        await stage.platform.say(MemberId("tomas"), GENERAL.id, "gravel")
        await first.get_by_role("button", name="Claim").click()
        await expect(second.locator("article.case")).to_contain_text("Bastian is on it")


async def test_revealed_words_outlive_a_refresh_but_not_a_change_of_person(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage, "chidi")
        await stage.platform.say(MemberId("juno"), GENERAL.id, "so much fog")
        await page.locator("#queue").get_by_role("button", name="Show").click()
        await expect(page.locator("mark")).to_have_text("fog")
        await stage.platform.say(MemberId("tomas"), GENERAL.id, "gravel")
        await expect(page.locator("article.case")).to_have_count(2)
        await expect(page.locator("mark")).to_have_text("fog")
        await choose(page, "You are", "bastian")
        await expect(page.locator("article.case")).to_have_count(1)
        await expect(page.locator("mark")).to_have_count(0)


async def test_everything_can_be_done_with_the_keyboard(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        keys = page.keyboard
        await keys.press("Tab")
        await expect(page.locator(".skip").first).to_be_focused()
        await keys.press("Tab")
        await keys.press("Enter")
        for _ in range(20):
            if await page.evaluate("document.activeElement.id") == "text":
                break
            await keys.press("Tab")
        await keys.type("there is gravel here")
        await keys.press("Shift+Enter")
        await keys.type("and a pebble")
        await keys.press("Enter")
        await expect(page.locator("article.case")).to_be_visible()
        await expect(page.locator("#messages")).to_contain_text("there is gravel here\nand a pebble")
        await expect(page.locator("#text")).to_be_focused()

        await page.locator("#queue").focus()
        await keys.press("j")
        await expect(page.locator("article.case")).to_be_focused()
        await keys.press("s")
        await expect(page.locator("mark").first).to_be_visible()
        await keys.press("c")
        await expect(page.locator("article.case")).to_contain_text("You are on it.")
        await expect(page.locator("article.case")).to_be_focused()
        for _ in range(20):
            if await page.evaluate("document.activeElement.textContent") == "Rule broken":
                break
            await keys.press("Tab")
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"
        await keys.press("Enter")
        await expect(page.locator("article.case")).to_contain_text("decided by you")


async def test_keys_do_nothing_while_somebody_writes(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        await stage.platform.say(MemberId("tomas"), GENERAL.id, "gravel")
        await expect(page.locator("article.case")).to_be_visible()
        await page.locator("#text").focus()
        await page.keyboard.type("cjsk")
        await expect(page.locator("#text")).to_have_value("cjsk")
        (case,) = await stage.database.store.cases(HARBOUR, OPEN_STATES, 9)
        assert case.state is State.WAITING


async def test_on_a_phone_nothing_scrolls_sideways_and_both_halves_can_be_reached(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage, width=390, height=844)
        stranger = Author(id=MemberId("x"), name="Maximilian-" * 30)
        await stage.platform.say_all(
            [
                Spoken(author=stranger, channel=GENERAL, text="gravel " + "w" * 3000),
                Spoken(author=stranger, channel=GENERAL, text="fog"),
            ]
        )
        stage.notices.raise_notice("store", Text(key="notice.store", params={"reason": "w" * 300}))
        await expect(page.locator("article.case")).to_have_count(2)
        for button in await page.locator("#queue").get_by_role("button", name="Show").all():
            await button.click()
        await expect(page.locator("mark")).to_have_count(2)
        for details in await page.locator("#queue details > summary").all():
            await details.click()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        assert await page.evaluate("document.getElementById('queue').scrollWidth") <= 390
        await page.get_by_role("button", name="Chat").click()
        await expect(page.locator("#messages")).to_be_visible()
        await expect(page.locator("#queue")).to_be_hidden()
        assert await page.evaluate("document.documentElement.scrollWidth") == 390
        await page.get_by_role("button", name="Queue").click()
        await expect(page.locator("#queue")).to_be_visible()


async def test_the_scene_is_played_with_its_progress(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        complaints = complaints_of(page)
        await page.get_by_role("button", name="Play the scene").click()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await expect(page.get_by_role("button", name="Play the scene")).to_be_visible()
        said = sum(stage.platform.count(channel.id) for channel in stage.platform.channels())
        assert said == len(load_scene().lines)
        assert complaints == []


async def test_the_shipped_filters_see_the_shipped_scene_as_a_person_would(tmp_path: Path) -> None:
    filters = lexicon_filters({None: load_policy("general")})
    async with demo(tmp_path, filters=filters) as (stage, browser):
        page = await sit_down(browser, stage)
        await page.get_by_role("button", name="Play the scene").click()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await expect(page.get_by_role("button", name="Play the scene")).to_be_visible(timeout=15_000)
        await expect(page.locator("article.care")).to_contain_text("in #late-night")
        await expect(page.locator("article.care")).to_have_count(1)
        await expect(page.locator("article.case", has_text="Several against one")).to_have_count(1)
        await expect(page.locator("article.case", has_text="Insult").filter(has_text="about Tomas")).to_have_count(1)
        await expect(page.locator("article.case", has_text="in #games")).to_have_count(0)
        await expect(page.locator("article.case", has_text="about Noor")).to_have_count(0)
        cases = await stage.database.store.cases(HARBOUR, OPEN_STATES, 99)
        assert {case.subject for case in cases if case.concern is Concern.CRISIS} == {"juno"}


async def test_other_words_in_the_scene_give_other_cases(tmp_path: Path) -> None:
    scene = load_scene()
    harmless = [line.model_copy(update={"says": "a fine day"}) for line in scene.lines]
    swapped = scene.model_copy(
        update={"lines": (*harmless[:-1], harmless[-1].model_copy(update={"who": "mika", "says": "a pebble"}))}
    )
    async with demo(tmp_path, swapped) as (stage, browser):
        page = await sit_down(browser, stage)
        await page.get_by_role("button", name="Play the scene").click()
        await expect(page.locator("article.case")).to_contain_text("about Mika")
        await expect(page.locator("article.case")).to_have_count(1)


async def test_hostile_words_stay_words(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        complaints = complaints_of(page)
        text = "<img src=x onerror=alert(1)><script>alert(2)</script>\u202e gravel \ud800" + "\u0301" * 10_000
        await stage.platform.say(MemberId("tomas"), GENERAL.id, text)
        await page.locator("#queue").get_by_role("button", name="Show").click()
        await expect(page.locator("mark")).to_have_text("gravel")
        assert await page.locator("#messages img, #messages script, .words img, .words script").count() == 0
        height = await page.locator("#messages .text").first.evaluate("e => e.offsetHeight")
        assert height < 400
        assert complaints == []


async def test_a_claim_is_not_lost_when_the_list_refreshes_under_the_click(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        await stage.platform.say(MemberId("tomas"), GENERAL.id, "gravel")
        await expect(page.get_by_role("button", name="Claim")).to_be_visible()
        await page.evaluate(
            """() => {
                htmx.trigger('#queue', 'sse:queue');
                htmx.trigger('#queue', 'sse:queue');
                document.querySelector('[id^=claim-]').click();
                htmx.trigger('#queue', 'sse:queue');
            }"""
        )
        await expect(page.locator("article.case")).to_contain_text("You are on it.")


async def test_a_timed_out_member_reads_why_they_cannot_write_and_keeps_what_they_had_typed(tmp_path: Path) -> None:
    async with demo(tmp_path) as (stage, browser):
        page = await sit_down(browser, stage)
        await choose(page, "Speak as", "tomas")
        await say(page, "hello")
        await expect(page.locator("#messages")).to_contain_text("hello")
        await expect(page.get_by_role("textbox")).to_have_value("")
        action = Action(
            key="k1",
            community=HARBOUR,
            case_id=CaseId("c1"),
            version=1,
            kind=ActionKind.TIMEOUT,
            lane=LAWS[ActionKind.TIMEOUT].lane,
            target="tomas",
        )
        await page.get_by_role("textbox").fill("hello again")
        await stage.platform.perform(Order(action=action))
        await expect(page.locator("#silence")).to_contain_text("You were timed out")
        await expect(page.get_by_role("textbox")).to_be_hidden()
        lifted = replace(action, key="k2", kind=ActionKind.LIFT_TIMEOUT)
        await stage.platform.perform(Order(action=lifted))
        await expect(page.get_by_role("textbox")).to_have_value("hello again")
