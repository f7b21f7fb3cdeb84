"""The night in Chromium: every part of it stands on the page, and a person can go the way by hand on a phone."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from config.policies.loader import load_policy
from core.model.message import ChannelId, MemberId
from filters.registry import lexicon_filters
from tests.e2e.stage import Stage, browsing, complaints_of, staged

pytestmark = [pytest.mark.browser, pytest.mark.timeout(180)]

UNSETTLED = ".htmx-request, .htmx-swapping, .htmx-settling"
PHONE = (390, 844)
DESKTOP = (1440, 900)


@pytest.fixture(autouse=True)
def patient() -> Iterator[None]:
    """Three pages and the whole house share one machine: what takes a blink alone may take seconds here."""
    expect.set_options(timeout=20_000)
    yield
    expect.set_options(timeout=5_000)


class Cues:
    """Speaks `core.ports.Clock` for the night's pauses: the night goes on to the caption that a test asks for.

    There it stands still, however long the browser takes, until the next one is asked for.
    """

    def __init__(self) -> None:
        self._wanted = ""
        self._asked = asyncio.Event()
        self.stage: Stage | None = None

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.01))
        while self.stage and self._wanted and self._wanted in self.stage.night.progress().caption:
            await self._asked.wait()

    async def to(self, caption: str, page: Page) -> None:
        """Let the night go on to a caption, and wait until the page shows it."""
        self._wanted = caption
        before, self._asked = self._asked, asyncio.Event()
        before.set()
        await expect(page.locator("#caption")).to_contain_text(caption)


@asynccontextmanager
async def played(folder: Path) -> AsyncIterator[tuple[Stage, Browser, Cues]]:
    """A demo with the shipped word lists, whose night waits for cues."""
    cues, filters = Cues(), lexicon_filters({None: load_policy("general")})
    async with browsing() as browser, staged(folder, filters=filters, pace=cues) as stage:
        cues.stage = stage
        yield stage, browser, cues


async def sit_down(
    browser: Browser, stage: Stage, *, you: str, voice: str, channel: str = "general", size: tuple[int, int] = DESKTOP
) -> Page:
    """Open the demo in a browser of one's own, as somebody at the desk and as a member in the chat."""
    context = await browser.new_context(viewport={"width": size[0], "height": size[1]})
    await context.add_cookies(
        [
            {"name": "lightkeeper_desk", "value": you, "url": stage.url},
            {"name": "lightkeeper_voice", "value": voice, "url": stage.url},
        ]
    )
    page = await context.new_page()
    page.set_default_timeout(15_000)
    await page.goto(f"{stage.url}?channel={channel}")
    return page


def aside(page: Page, kind: str) -> Locator:
    """The last thing of a kind that only the one who speaks sees."""
    return page.locator(f"[data-letter={kind}]").last


def about(page: Page, words: str) -> Locator:
    """An open or decided case that says this."""
    return page.locator("article.case:not(.look-in)", has_text=words)


async def press(button: Locator) -> None:
    """Click once the page has settled: nobody clicks within the milliseconds in which a part of it is swapped."""
    await expect(button.page.locator(UNSETTLED)).to_have_count(0)
    await button.click()


async def test_the_night_shows_every_step_of_a_case_on_the_page(tmp_path: Path) -> None:
    async with played(tmp_path) as (stage, browser, cues):
        imani = await sit_down(browser, stage, you="imani", voice="imani", channel="late-night")
        chidi = await sit_down(browser, stage, you="chidi", voice="tomas")
        bastian = await sit_down(browser, stage, you="bastian", voice="juno", channel="late-night")
        complaints = [complaints_of(page) for page in (imani, chidi, bastian)]
        await chidi.get_by_role("button", name="Play a night").click()

        # a sanction, told with a way to appeal; the appeal goes to somebody else, who undoes it
        await cues.to("He times Tomas out", chidi)
        await expect(aside(chidi, "notice")).to_contain_text("You can't write in this community until")
        await expect(aside(chidi, "notice").get_by_role("button", name="Appeal")).to_be_visible()
        await expect(chidi.locator("#silence")).to_contain_text("You were timed out")
        await cues.to("Bastian can't decide about his own decision", chidi)
        await expect(about(bastian, "You had a part in this decision")).to_have_count(1)
        await cues.to("The timeout is undone", chidi)
        await expect(chidi.locator("#text")).to_be_visible()
        await expect(chidi.locator("#silence")).to_be_hidden()
        await expect(aside(chidi, "notice")).to_contain_text("granted")
        await expect(about(bastian, "Time out the member").locator("li", has_text="End the time-out")).to_have_count(1)

        # many messages, one case; a report
        await cues.to("Bastian slows the channel down", bastian)
        await expect(about(bastian, "in #games")).to_have_count(1)
        await expect(about(bastian, "Slow the channel down")).to_have_count(1)
        await cues.to("reports them", bastian)
        await expect(about(bastian, "about Robin")).to_have_count(1)
        await cues.to("waits for the morning's digest", imani)
        await expect(about(imani, "calls nobody until the next digest")).to_have_count(1)

        # the crisis: an alert, called again, the next one, a claim
        await cues.to("At once Imani is called", imani)
        crisis = imani.locator("article.care.level-3")
        await expect(crisis).to_contain_text("in #late-night")
        await expect(aside(imani, "call")).to_contain_text("Lightkeeper calls you")
        await expect(bastian.locator("article.care")).to_have_count(0)
        await expect(bastian.locator("[data-letter=call]")).to_have_count(0)
        await cues.to("the next one on duty is called: Chidi", imani)
        await expect(imani.locator("[data-letter=call]")).to_have_count(2)
        await cues.to("His claim ends the calling", imani)
        await expect(crisis).to_contain_text("Chidi is on it")

        # the second pair of eyes, and support
        await cues.to("asks for a second pair of eyes", imani)
        await expect(crisis.get_by_role("button", name="Look along")).to_be_visible()
        await cues.to("looks along", imani)
        await expect(crisis).to_contain_text("You look along")
        await expect(chidi.locator("article.care.level-3")).to_contain_text("Imani looks along")
        await cues.to("they offer support", imani)
        await expect(aside(bastian, "support_message")).to_contain_text("I'm not able to help in an emergency")

        # which leads on to support, for whoever speaks as Juno alone
        await cues.to("Juno opens /support", imani)
        await expect(bastian.locator("#private")).to_have_attribute("data-page", "support.start")
        await cues.to("How soon do you need someone", imani)
        await expect(bastian.locator("#private")).to_have_attribute("data-page", "support.fit")
        await expect(bastian.locator("#private")).to_contain_text("demo, not real")
        for page in (imani, chidi):
            await expect(page.locator("#private")).to_be_hidden()
        await cues.to("The evening shift ends soon", imani)
        await expect(bastian.locator("#private")).to_be_hidden()

        # the end of the shift: all of it in one step, with a note
        await cues.to("hands over in one step", imani)
        await expect(crisis).to_contain_text("You are on it")
        await crisis.get_by_role("button", name="Show").click()
        await expect(crisis.locator(".words-place")).to_contain_text("A sister is on the way")
        await cues.to("support offered", imani)
        await expect(imani.locator("article.care.resolved", has_text="Support offered")).to_have_count(1)

        # the morning's digest, and the look-in of the next evening
        await cues.to("The digest names what could wait", imani)
        await expect(imani.locator("#clock-time")).to_contain_text("09:00")
        await expect(aside(imani, "digest")).to_be_visible()
        await expect(bastian.locator("[data-letter=digest]")).to_have_count(0)
        await cues.to("The next evening", imani)
        await expect(imani.locator("article.look-in")).to_have_count(1)
        await expect(imani.locator("article.look-in").get_by_role("button", name="Looked in")).to_be_visible()
        await cues.to("Imani has looked in", imani)
        await expect(imani.locator("article.look-in")).to_have_count(0)
        await cues.to("That was the night", imani)
        await expect(imani.get_by_role("button", name="Play a night")).to_be_visible()
        assert complaints == [[], [], []]


async def test_by_hand_on_a_phone_from_a_claim_to_a_granted_appeal(tmp_path: Path) -> None:
    async with browsing() as browser, staged(tmp_path) as stage:
        bastian = await sit_down(browser, stage, you="bastian", voice="wren", size=PHONE)
        chidi = await sit_down(browser, stage, you="chidi", voice="tomas", size=PHONE)
        complaints = [complaints_of(page) for page in (bastian, chidi)]
        await stage.platform.say(MemberId("tomas"), ChannelId("general"), "there is gravel in your pocket")

        case = bastian.locator("article.case")
        await press(case.get_by_role("button", name="Claim"))
        await expect(case).to_contain_text("You are on it.")
        await press(case.get_by_role("button", name="Ask a second person"))
        await expect(case).to_contain_text("A second pair of eyes was asked for")
        await press(chidi.locator("article.case").get_by_role("button", name="Look along"))
        await expect(case).to_contain_text("Chidi looks along")

        await press(case.locator("summary", has_text="Act"))
        await case.get_by_label("Time out the member").first.select_option("3600")
        await press(case.locator("[id^=order-timeout]"))
        await expect(bastian.locator("#said")).to_contain_text("It is being done.")
        await press(case.get_by_role("button", name="Rule broken", exact=True))
        await expect(bastian.locator("article.case.resolved")).to_contain_text("decided by you")

        await press(chidi.get_by_role("button", name="Chat"))
        await expect(chidi.locator("#silence")).to_contain_text("You were timed out")
        await press(chidi.get_by_role("button", name="What counts against me"))
        await expect(chidi.locator("#composer")).to_contain_text("Threats, decided on")
        await press(chidi.get_by_role("button", name="Close"))
        await expect(chidi.get_by_role("button", name="What counts against me")).to_be_visible()
        await press(aside(chidi, "notice").get_by_role("button", name="Appeal"))
        await chidi.locator("#appeal-words").fill("It is a line of our play.")
        assert await chidi.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        await press(chidi.locator("#composer").get_by_role("button", name="Appeal"))
        await expect(chidi.locator("#composer")).to_contain_text("It will be looked at again.")

        for theirs in (bastian, chidi):  # who decided, and who looked along
            appealed = theirs.locator("article.case:not(.resolved)")
            await expect(appealed).to_contain_text("You had a part in this decision")
            await expect(appealed.get_by_role("button", name="Claim")).to_have_count(0)
        alma = await sit_down(browser, stage, you="alma", voice="wren", size=PHONE)
        complaints.append(complaints_of(alma))
        appeal = alma.locator("article.case:not(.resolved)")
        await press(appeal.get_by_role("button", name="Claim"))
        await expect(appeal).to_contain_text("You are on it.")
        await press(appeal.get_by_role("button", name="Appeal granted"))
        await expect(alma.locator("#said")).to_contain_text("Appeal granted")

        await expect(chidi.locator("#text")).to_be_visible()
        await expect(aside(chidi, "notice")).to_contain_text("it is granted")
        await expect(chidi.locator("#messages").get_by_role("button", name="Appeal")).to_have_count(0)
        await press(chidi.get_by_role("button", name="What counts against me"))
        await expect(chidi.locator("#composer")).to_contain_text("Nothing counts against you here.")
        assert complaints == [[], [], []]


async def test_a_message_is_reported_and_the_clock_moved_by_hand(tmp_path: Path) -> None:
    async with browsing() as browser, staged(tmp_path) as stage:
        page = await sit_down(browser, stage, you="bastian", voice="noor", size=PHONE)
        complaints = complaints_of(page)
        await stage.platform.say(MemberId("robin"), ChannelId("general"), "nice that some people show up at all")
        await press(page.get_by_role("button", name="Chat"))
        await press(page.locator("#messages").get_by_role("button", name="Report"))
        await page.get_by_label("It hurts somebody").check()
        await press(page.locator("#composer").get_by_role("button", name="Report"))
        await expect(page.locator("#composer")).to_contain_text("Thank you. Somebody will look at it.")
        await press(page.get_by_role("button", name="Queue"))
        case = page.locator("article.case")
        await expect(case).to_contain_text("about Robin")
        await press(case.get_by_role("button", name="Claim"))
        await expect(case).to_contain_text("You are on it.")

        before = stage.clock.now()
        await press(page.locator("#clock summary"))
        await press(page.get_by_role("button", name="+1 h"))
        await expect(case.get_by_role("button", name="Claim")).to_be_visible()
        assert (stage.clock.now() - before).total_seconds() >= 3600
        assert await page.evaluate("document.documentElement.scrollWidth") == PHONE[0]
        assert complaints == []
