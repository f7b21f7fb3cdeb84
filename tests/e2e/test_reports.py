"""Reports in Chromium: nothing is loaded, nothing complains, and nothing sticks out on a phone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.async_api import ConsoleMessage, Request

from bots.report import backtest, comparison, evaluation
from tests.bots.evaluate.samples import evaluated
from tests.bots.report import samples
from tests.e2e.stage import browsing

pytestmark = pytest.mark.browser

WIDE, PHONE = (1280, 900), (390, 844)

PAGES: dict[str, Callable[[], str]] = {
    "backtest": lambda: backtest.render_html(samples.report()),
    "quiet": lambda: backtest.render_html(samples.quiet()),
    "undated": lambda: backtest.render_html(samples.undated()),
    "one-day": lambda: backtest.render_html(samples.one_day()),
    "crowded": lambda: backtest.render_html(samples.crowded()),
    "comparison": lambda: comparison.render_html(
        samples.comparison(lost=samples.crowded().most_certain, before=samples.crowded())
    ),
    "evaluation": lambda: evaluation.render_html(evaluated()),
}

OVERLAPS = """() => {
  const found = [];
  for (const plot of document.querySelectorAll("svg.plot")) {
    const words = [...plot.querySelectorAll("text")].map(each => [each.textContent, each.getBoundingClientRect()]);
    words.forEach(([one, a], place) => words.slice(place + 1).forEach(([other, b]) => {
      const apart = a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 1 || b.bottom <= a.top + 1;
      if (a.width && b.width && !apart) found.push(`${one} and ${other}`);
    }));
  }
  return found;
}"""
"""Words of a plot that lie over each other."""

SMALLEST = """() => Math.min(...[...document.querySelectorAll("svg.plot text")]
  .filter(each => each.getBoundingClientRect().width)
  .map(each => [parseFloat(getComputedStyle(each).fontSize), each.getScreenCTM()])
  .map(([size, turned]) => size * Math.hypot(turned.a, turned.b)), 99)"""
"""The size of a plot's smallest letters on the screen, in pixels."""


async def test_reports_load_nothing_complain_of_nothing_and_fit_a_phone(tmp_path: Path) -> None:
    asked: list[str] = []
    complaints: list[str] = []

    def requested(request: Request) -> None:
        asked.append(request.url)

    def heard(message: ConsoleMessage) -> None:
        complaints.append(message.text)

    async with browsing() as browser:
        for name, rendered in PAGES.items():
            path = tmp_path / f"{name}.html"
            path.write_text(rendered(), encoding="utf-8")
            for (width, height), scheme in ((WIDE, "light"), (PHONE, "dark")):
                context = await browser.new_context(
                    viewport={"width": width, "height": height},
                    color_scheme="dark" if scheme == "dark" else "light",
                )
                page = await context.new_page()
                page.on("request", requested)
                page.on("console", heard)
                page.on("pageerror", lambda error: complaints.append(str(error)))
                await page.goto(path.as_uri())
                for summary in await page.locator("summary").all():
                    await summary.click()
                where = f"{name} at {width} pixels"
                assert await page.evaluate("document.documentElement.scrollWidth") <= width, where
                assert await page.evaluate(OVERLAPS) == [], where
                assert await page.evaluate(SMALLEST) >= 10, where
                await context.close()
            assert {*asked} == {path.as_uri()}
            asked.clear()
    assert complaints == []
