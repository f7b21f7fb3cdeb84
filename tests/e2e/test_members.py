"""What members find in the demo, walked in Chromium: every choice of every page, and what comes of it elsewhere."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Literal

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Locator, Page, expect

from adapters.console.linking import link_of
from adapters.local.clock import SystemClock
from adapters.local.platform import HARBOUR
from bots.demo.directory import DemoDirectory
from core.care.erasing import ERASE_TIMER
from core.care.members import Command
from core.model.case import Case, Concern, State
from core.model.finding import Kind
from core.model.message import ChannelId, MemberId
from core.model.standing import PostKind
from tests.e2e.stage import Stage, browsing, complaints_of, staged

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180), pytest.mark.asyncio(loop_scope="module")]

GENERAL, LATE_NIGHT = ChannelId("general"), ChannelId("late-night")
PHONE, DESKTOP = (390, 844), (1440, 900)
LOOKS: Sequence[tuple[tuple[int, int], Literal["dark", "light"]]] = (
    (DESKTOP, "dark"),
    (DESKTOP, "light"),
    (PHONE, "dark"),
    (PHONE, "light"),
)

WALKED = {
    "privacy.delete",
    "privacy.erased",
    "privacy.export",
    "privacy.kept",
    "privacy.optout",
    "privacy.start",
    "resources.country",
    "resources.start",
    "resources.topic",
    "support.ask",
    "support.asked",
    "support.away",
    "support.breathe",
    "support.country",
    "support.fit",
    "support.hurt",
    "support.look",
    "support.next",
    "support.now",
    "support.plan",
    "support.senses",
    "support.sources",
    "support.start",
    "support.therapy",
    "support.what",
    "support.worried",
}
"""Every page that commands and choices lead to in the demo."""

OPENS = {
    "support": "support.start",
    "optout": "privacy.optout",
    "delete-my-data": "privacy.delete",
    "my-data": "privacy.export",
}
"""The page that a command opens."""

FAULTS = """() => {
  const found = [], panel = document.getElementById("private");
  if (document.documentElement.scrollWidth > innerWidth) found.push("the page is wider than the screen");
  if (panel.scrollWidth > panel.clientWidth) found.push("the panel is wider than its place");
  if (document.activeElement?.id !== "private-title") found.push("the title has not the focus");
  for (const each of panel.querySelectorAll(".member-choices .button")) {
    if (each.getBoundingClientRect().height < 44) found.push(`${each.textContent} is too small for a finger`);
  }
  const page = panel.querySelector(".private-page");
  if (!page?.lang || !page?.dir) found.push("no language");
  return found;
}"""
"""What is wrong with the page that is open."""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for all of them; each test opens browsers of its own in it."""
    async with browsing() as chromium:
        yield chromium


async def sit_down(
    browser: Browser,
    stage: Stage,
    *,
    voice: str,
    you: str = "chidi",
    channel: ChannelId = GENERAL,
    size: tuple[int, int] = PHONE,
    scheme: str = "light",
    locale: str = "en-GB",
) -> Page:
    """Open the demo in a browser of one's own, with the chat in front."""
    context = await browser.new_context(
        viewport={"width": size[0], "height": size[1]},
        color_scheme="dark" if scheme == "dark" else "light",
        locale=locale,
    )
    await context.add_cookies(
        [
            {"name": "lightkeeper_desk", "value": you, "url": stage.url},
            {"name": "lightkeeper_voice", "value": voice, "url": stage.url},
        ]
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{stage.url}?channel={channel}")
    if size == PHONE:
        await page.get_by_role("button", name="Chat", exact=True).click()
    return page


def panel(page: Page) -> Locator:
    return page.locator("#private")


def choices(page: Page) -> Locator:
    return panel(page).locator(".member-choices button")


async def is_open(page: Page, name: str) -> None:
    await expect(panel(page)).to_have_attribute("data-page", name)


async def ask(page: Page, command: str) -> None:
    """Type a command where one writes; on a phone the panel that is open lies over that place."""
    close = panel(page).get_by_role("button", name="Close")
    if await close.count():
        await close.click()
    await page.locator("#text").fill(f"/{command}")
    await page.get_by_role("button", name="Send").click()
    await is_open(page, OPENS[command])


async def press(page: Page, label: str, leads_to: str) -> None:
    await choices(page).filter(has_text=label).first.click()
    await is_open(page, leads_to)


SETTLED = """
  const heard = event => {
    if (event.target.id !== "private") return;  // another part of the page was refreshed
    document.body.removeEventListener("htmx:afterSettle", heard);
    done();
  };
  document.body.addEventListener("htmx:afterSettle", heard);
"""

GO = (
    "to => new Promise(done => {"
    + SETTLED
    + """
  const voice = document.getElementById("voice").value;
  htmx.ajax("POST", "/chat/private", {target: "#private", swap: "outerHTML", values: {voice, ...to}});
})"""
)
"""Goes to a page as its button would."""

PRESS = (
    "index => new Promise(done => {"
    + SETTLED
    + """
  document.querySelectorAll("#private .member-choices button")[index].click();
})"""
)

SEEN = """() => ({
  name: document.getElementById("private").dataset.page,
  choices: [...document.querySelectorAll("#private .member-choices button")]
    .map(each => [each.textContent.trim(), JSON.parse(each.getAttribute("hx-vals")).to]),
  contacts: [...document.querySelectorAll("#private .contact")]
    .map(each => [each.textContent, each.getAttribute("href")]),
})"""


def dialled(stage: Stage) -> dict[str, str]:
    """What every contact of the demo's directory reads, and where a press on it leads."""
    services = DemoDirectory(stage.clock.now().date()).state().services
    return {contact.value: link_of(contact) for service in services for contact in service.contacts}


BELOW = frozenset({"Back", "Back to the start", "Talk to a moderator"})
"""What stands below most pages and leads the same way from all of them."""


def kind_of(page: str, choice: tuple[str, str]) -> str:
    """What is pressed once: a choice of a page, wherever it leads."""
    label, _ = choice
    return label if label in BELOW else f"{page} {label}"


async def test_every_choice_of_every_page_leads_on_to_numbers_of_the_directory(
    browser: Browser, tmp_path: Path
) -> None:
    async with staged(tmp_path) as stage:
        page = await sit_down(browser, stage, voice="noor")
        complaints, numbers = complaints_of(page), dialled(stage)
        where: dict[str, dict[str, str]] = {}
        waiting: list[dict[str, str]] = [{"command": each} for each in Command]
        pressed: set[str] = set()
        while waiting:
            way = waiting.pop()
            await page.evaluate(GO, way)
            seen = await page.evaluate(SEEN)
            if where.setdefault(seen["name"], way) is way:
                for size, scheme in LOOKS:
                    await page.set_viewport_size({"width": size[0], "height": size[1]})
                    await page.emulate_media(color_scheme=scheme)
                    assert await page.evaluate(FAULTS) == [], f"{seen['name']}, {size}, {scheme}"
            for value, href in seen["contacts"]:
                assert numbers[value] == href, value
            fresh = [each for each in enumerate(seen["choices"]) if kind_of(seen["name"], each[1]) not in pressed]
            for index, choice in fresh:
                pressed.add(kind_of(seen["name"], choice))
                await page.evaluate(GO, way)
                await page.evaluate(PRESS, index)
                waiting.append({"to": choice[1]})
        assert set(where) == WALKED
        assert len(pressed) > 60
        assert complaints == []


async def test_who_asks_for_a_moderator_is_on_responders_desks_alone(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        juno = await sit_down(browser, stage, voice="juno", channel=LATE_NIGHT)
        complaints = complaints_of(juno)
        await juno.locator(".pin summary").first.click()
        await juno.locator("[data-pin=help]").get_by_role("button", name="More help, shown only to you").click()
        await is_open(juno, "support.start")
        await press(juno, "I just want to look", "support.look")
        await press(juno, "Talk to a moderator", "support.ask")
        for name in ("Chidi", "Imani"):
            await expect(panel(juno)).to_contain_text(name)
        await expect(panel(juno)).to_contain_text("don't count on it staying between two people")
        await press(juno, "Yes, tell them", "support.asked")
        await ask(juno, "support")
        await press(juno, "I just want to look", "support.look")
        await press(juno, "Talk to a moderator", "support.ask")
        await press(juno, "Yes, tell them", "support.asked")

        imani = await sit_down(browser, stage, voice="wren", you="imani", size=DESKTOP)
        bastian = await sit_down(browser, stage, voice="wren", you="bastian", size=DESKTOP)
        await expect(imani.locator("article.care")).to_have_count(1)
        await expect(imani.locator("article.care")).to_contain_text("asked to talk")
        await expect(bastian.locator("article.care")).to_have_count(0)
        (case,) = await stage.database.store.cases(HARBOUR, frozenset({State.WAITING}), 10)
        assert (case.kind, case.subject) == (Kind.ASKED, "juno")
        assert complaints == []


async def test_a_support_message_can_be_followed_stopped_and_called_misused(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        juno = await sit_down(browser, stage, voice="juno", channel=LATE_NIGHT)
        chidi = await sit_down(browser, stage, voice="chidi", you="chidi", size=DESKTOP)
        alma = await sit_down(browser, stage, voice="alma", you="alma", size=DESKTOP)
        wren = await sit_down(browser, stage, voice="wren", size=DESKTOP)
        complaints = [complaints_of(each) for each in (juno, chidi, alma)]
        await stage.platform.say(MemberId("juno"), LATE_NIGHT, "so much fog")
        case = chidi.locator("article.care")
        await case.get_by_role("button", name="Claim").click()
        await expect(case).to_contain_text("You are on it.")
        await case.locator("summary", has_text="Reach out").click()
        await case.locator("[id^=order-support_message]").click()
        letter = juno.locator("[data-letter=support_message]")
        await expect(letter).to_contain_text("This is an automated message")
        await expect(letter).to_contain_text("555-0100")

        await letter.get_by_role("button", name="Open support").click()
        await is_open(juno, "support.start")
        await juno.keyboard.press("Escape")
        await expect(panel(juno)).not_to_be_visible()
        for _ in range(2):  # pressed twice, it is told once
            await letter.get_by_role("button", name="This was misused").click()
            await is_open(juno, "letter.misused")
            await panel(juno).get_by_role("button", name="Close").click()
        told = alma.locator("[data-letter=tell_owner]")
        await expect(told).to_have_count(1)
        await expect(told).to_contain_text("Chidi had it sent")
        for page in (chidi, wren):
            await expect(page.locator("[data-letter=tell_owner]")).to_have_count(0)
            await expect(page.locator("[data-letter=support_message]")).to_have_count(0)

        await letter.get_by_role("button", name="Don't write to me again").click()
        await is_open(juno, "privacy.optout")
        await expect(choices(juno).filter(has_text="Let the bot write to me again")).to_be_visible()
        assert (await stage.database.store.preference(HARBOUR, MemberId("juno"))).no_contact
        await press(juno, "Let the bot write to me again", "privacy.optout")
        await expect(choices(juno).filter(has_text="Send me nothing I didn't ask for")).to_be_visible()
        assert not (await stage.database.store.preference(HARBOUR, MemberId("juno"))).no_contact
        assert complaints == [[], [], []]


async def test_choices_hold_a_copy_is_downloaded_and_what_is_deleted_is_gone(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        tomas = await sit_down(browser, stage, voice="tomas")
        complaints = complaints_of(tomas)
        await stage.platform.say(MemberId("tomas"), GENERAL, "there is gravel in your pocket")
        desk = await sit_down(browser, stage, voice="bastian", you="bastian", size=DESKTOP)
        case = desk.locator("article.case")
        await case.get_by_role("button", name="Claim").click()
        await case.get_by_role("button", name="Rule broken", exact=True).click()
        await expect(case).to_contain_text("decided by you")

        await ask(tomas, "optout")
        await press(tomas, "Don't look for signs of a crisis", "privacy.optout")
        await expect(choices(tomas).filter(has_text="Look for signs of a crisis again")).to_be_visible()
        await stage.platform.say(MemberId("tomas"), LATE_NIGHT, "so much fog")
        await ask(tomas, "my-data")
        async with tomas.expect_download() as downloading:
            await panel(tomas).get_by_role("link", name="Download my-data.json").click()
        kept = json.loads((await (await downloading.value).path()).read_bytes())
        assert kept["choices"]["no_crisis_screening"] is True
        assert [each["text"] for each in kept["your_words"]] == ["there is gravel in your pocket"]

        await ask(tomas, "delete-my-data")
        await press(tomas, "Delete it for good", "privacy.erased")
        await _until_gone(stage, "tomas")
        await ask(tomas, "my-data")
        async with tomas.expect_download() as downloading:
            await panel(tomas).get_by_role("link", name="Download my-data.json").click()
        kept = json.loads((await (await downloading.value).path()).read_bytes())
        assert (kept["your_words"], kept["conduct"], kept["somebody_is_looking_after_you"]) == ([], [], False)
        assert kept["choices"]["no_crisis_screening"] is True
        assert not [each for each in await _cases(stage) if each.concern is Concern.CRISIS or each.subject == "tomas"]
        assert complaints == []


async def _cases(stage: Stage) -> Sequence[Case]:
    return await stage.database.store.cases(HARBOUR, frozenset(State), 10)


async def _until_gone(stage: Stage, member: str) -> None:
    clock = SystemClock()
    async with asyncio.timeout(60):
        while (await stage.database.store.belongings(HARBOUR, MemberId(member))).words:
            await clock.sleep(0.05)


async def test_who_moderates_takes_pinned_posts_down_and_sees_them_heal(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        bastian = await sit_down(browser, stage, voice="bastian", you="bastian", size=DESKTOP)
        alma = await sit_down(browser, stage, voice="alma", you="alma")
        wren = await sit_down(browser, stage, voice="wren", size=DESKTOP)
        complaints = [complaints_of(each) for each in (bastian, alma, wren)]
        help_card, notice = (bastian.locator(f"[data-pin={kind}]") for kind in ("help", "notice"))
        await expect(help_card).to_contain_text("555-0100")
        await expect(wren.get_by_role("button", name="Unpin")).to_have_count(0)
        assert await help_card.evaluate("each => each.open")
        assert not await notice.evaluate("each => each.open")
        assert not await alma.locator("[data-pin=help]").evaluate("each => each.open")

        before = {each.kind: each.receipt for each in stage.platform.board.posts(GENERAL)}
        await help_card.get_by_role("button", name="Unpin").click()
        await expect(bastian.locator("#composer")).to_contain_text("pins it again within a minute")
        assert stage.house.keeper is not None
        stage.house.keeper.changed()
        await expect(help_card).to_have_count(1)
        await notice.locator("summary").click()
        await notice.get_by_role("button", name="Delete").click()
        await expect(alma.locator("[data-letter=tell_owner]")).to_contain_text(
            "somebody took away the notice in #general"
        )
        await expect(notice).to_have_count(1)
        after = {each.kind: each.receipt for each in stage.platform.board.posts(GENERAL)}
        assert (after[PostKind.HELP], len(after)) == (before[PostKind.HELP], 2)
        assert after[PostKind.NOTICE] != before[PostKind.NOTICE]
        assert complaints == [[], [], []]


async def test_a_draft_is_offered_and_english_is_one_press_away(browser: Browser, tmp_path: Path) -> None:
    async with staged(tmp_path) as stage:
        page = await sit_down(browser, stage, voice="noor", locale="de-DE")
        complaints = complaints_of(page)
        await ask(page, "support")
        await expect(panel(page).locator(".private-page")).to_have_attribute("lang", "en")
        await press(page, "Deutsch", "support.start")
        await expect(panel(page).locator(".private-page")).to_have_attribute("lang", "de")
        await expect(panel(page).locator(".draft")).to_be_visible()
        await choices(page).first.click()
        await is_open(page, "support.now")
        await expect(panel(page).locator(".private-page")).to_have_attribute("lang", "de")
        await expect(panel(page).locator(".contact").first).to_have_text("555-0100")
        await press(page, "English", "support.now")
        await expect(panel(page).locator(".draft")).to_have_count(0)
        await page.evaluate(GO, {"to": "s.fit:Harbourland:now|ar"})
        await expect(panel(page).locator(".private-page")).to_have_attribute("dir", "rtl")
        await expect(panel(page).locator(".contact").first).to_have_text("555-0100")
        assert await page.evaluate(FAULTS) == []
        assert complaints == []


async def test_a_panel_of_another_voice_in_another_tab_does_nothing_and_starts_anew(
    browser: Browser, tmp_path: Path
) -> None:
    async with staged(tmp_path) as stage:
        first = await sit_down(browser, stage, voice="juno", size=DESKTOP)
        await ask(first, "delete-my-data")
        second = await first.context.new_page()
        await second.goto(stage.url)
        async with second.expect_navigation():
            await second.get_by_label("Speak as").select_option("wren")
        async with first.expect_navigation():
            await choices(first).filter(has_text="Delete it for good").click()
        await expect(first.get_by_label("Speak as")).to_have_value("wren")
        await expect(panel(first)).to_be_hidden()
        timers = await stage.database.store.due_timers(stage.clock.now() + timedelta(days=1), 100)
        assert ERASE_TIMER not in {each.kind for each in timers}
        await ask(first, "support")
        await expect(panel(first)).to_contain_text("Only Wren sees this")
