"""Takes the pictures of the demo for the README: plays the scene with the real filters and looks at it in Chromium.

    python -m benchmarks.screenshots [folder]

Writes demo.png (1440 by 900) and demo-phone.png (390 by 844), each in light, and the dark ones with `--dark`.
The demo shows the machine's time of day: set TZ to where it is evening, when all of its people are on duty.
"""

import asyncio
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page

from bots.demo.scene import load_scene
from bots.demo.serve import serve_demo
from config.policies.loader import load_policy
from config.settings import load_settings
from tests.e2e.stage import browsing

SPEED = 8.0


async def main(folder: Path, scheme: str) -> None:
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    scene = load_scene()
    quick = scene.model_copy(
        update={"lines": tuple(line.model_copy(update={"after_s": line.after_s / SPEED}) for line in scene.lines)}
    )
    serving = asyncio.ensure_future(
        serve_demo(
            settings=load_settings(env_file=None),
            policy=load_policy("general"),
            port=0,
            folder=None,
            replay=None,
            speed=0,
            scene=quick,
            on_address=address.set_result,
        )
    )
    started: list[asyncio.Future[Any]] = [serving, address]
    await asyncio.wait(started, return_when=asyncio.FIRST_COMPLETED)
    async with browsing() as browser:
        page = await opened(browser, await address, 1440, 900, scheme)
        await page.get_by_role("button", name="Play the scene").click()
        await page.get_by_role("progressbar").wait_for()
        await page.get_by_role("button", name="Play the scene").wait_for(timeout=60_000)
        await page.wait_for_timeout(1500)
        case = page.locator("article.case:not(.care)").first
        await case.get_by_role("button", name="Claim").click()
        await case.get_by_role("button", name="Show").click()
        await case.locator("mark").first.wait_for()
        await page.locator("[data-dismiss]").click()
        await page.locator("#queue").evaluate("element => { element.scrollTop = 0; document.activeElement.blur(); }")
        await page.mouse.move(700, 30)
        await page.wait_for_timeout(500)
        suffix = "" if scheme == "light" else "-dark"
        await page.screenshot(path=folder / f"demo{suffix}.png")
        phone = await opened(browser, await address, 390, 844, scheme)
        await phone.locator("article.case").first.wait_for()
        await phone.wait_for_timeout(500)
        await phone.screenshot(path=folder / f"demo-phone{suffix}.png")
    serving.cancel()
    with suppress(asyncio.CancelledError):
        await serving


async def opened(browser: Browser, address: str, width: int, height: int, scheme: str) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    await page.goto(address)
    return page


if __name__ == "__main__":
    arguments = [each for each in sys.argv[1:] if each != "--dark"]
    target = Path(arguments[0]) if arguments else Path(__file__).parents[1] / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(target, "dark" if "--dark" in sys.argv else "light"))
