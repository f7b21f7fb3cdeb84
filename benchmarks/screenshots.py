"""Takes the pictures of the demo for the README and of members' pages for their guide, in Chromium.

    python -m benchmarks.screenshots [folder] [--dark]
    python -m benchmarks.screenshots [folder] --members [--dark]

The first plays the scene with the real filters and writes demo.png (1440 by 900) and demo-phone.png (390 by 844). The
second goes through every page that a member can come to and writes each whole, as wide as a phone, into `members/`.
The demo shows the machine's time of day: set TZ to where it is evening, when all of its people are on duty.
"""

import asyncio
import base64
import json
import struct
import sys
import tempfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
from playwright.async_api import Browser, Page

from bots.demo.scene import load_scene
from bots.demo.serve import serve_demo
from config.policies.loader import load_policy
from config.settings import load_settings
from core.care.members import Command
from core.model.message import ChannelId, MemberId
from core.model.standing import PostKind
from tests.e2e.stage import Stage, browsing, staged
from tests.e2e.test_members import GO

SPEED = 8.0
COLOURS = 48

PIXELS = """async png => {
  const picture = new Image();
  picture.src = "data:image/png;base64," + png;
  await picture.decode();
  const canvas = new OffscreenCanvas(picture.width, picture.height), pen = canvas.getContext("2d");
  pen.drawImage(picture, 0, 0);
  const bytes = pen.getImageData(0, 0, picture.width, picture.height).data;
  let text = "";
  for (let at = 0; at < bytes.length; at += 32768) text += String.fromCharCode(...bytes.subarray(at, at + 32768));
  return {width: picture.width, height: picture.height, data: btoa(text)};
}"""
"""The pixels of a picture, unpacked."""


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


async def members(folder: Path, scheme: str) -> None:
    """Every page, by its name; what a letter leads to, and the cards that stand pinned, besides."""
    with tempfile.TemporaryDirectory() as house:
        async with browsing() as browser, staged(Path(house)) as stage:
            page = await as_member(browser, stage.url, "noor", scheme)
            waiting: list[dict[str, str]] = [{"command": each} for each in Command]
            taken: set[str] = set()
            while waiting:
                await page.evaluate(GO, waiting.pop(0))
                name = str(await page.locator("#private").get_attribute("data-page"))
                if name not in taken:
                    taken.add(name)
                    await whole(page, "#private", folder / f"{name}.png")
                    buttons = await page.locator("#private .member-choices button").all()
                    waiting += [{"to": json.loads(str(await each.get_attribute("hx-vals")))["to"]} for each in buttons]
            german = await as_member(browser, stage.url, "noor", scheme, "de-DE")
            await german.evaluate(GO, {"to": "s.start|de"})
            await whole(german, "#private", folder / "support.start.draft.png")
            for kind in PostKind:
                await page.goto(stage.url)
                await page.get_by_role("button", name="Chat", exact=True).click()
                await page.locator(f"[data-pin={kind}] summary").click()
                await whole(page, f"[data-pin={kind}]", folder / f"pinned.{kind}.png")
            await the_letter(browser, stage, folder, scheme)


async def the_letter(browser: Browser, stage: Stage, folder: Path, scheme: str) -> None:
    await stage.platform.say(MemberId("juno"), ChannelId("general"), "so much fog")
    desk = await opened(browser, stage.url, 1440, 900, scheme)
    claims = desk.locator("article.care:not(.resolved)").get_by_role("button", name="Claim")
    await claims.nth(1).wait_for()  # one asked for a moderator before, the other wrote something
    while await claims.count():
        await claims.first.click()
        await desk.wait_for_timeout(500)
    mine = desk.locator("article.care.mine", has_text="A word of this test was seen")
    await mine.locator("summary", has_text="Reach out").click()
    await mine.locator("[id^=order-support_message]").click()
    juno = await as_member(browser, stage.url, "juno", scheme)
    letter = juno.locator("[data-letter=support_message]")
    await letter.wait_for()
    await whole(juno, "[data-letter=support_message]", folder / "letter.support.png")
    await letter.get_by_role("button", name="This was misused").click()
    await juno.locator("[data-page='letter.misused']").wait_for()
    await whole(juno, "#private", folder / "letter.misused.png")


async def as_member(browser: Browser, address: str, voice: str, scheme: str, locale: str = "en-GB") -> Page:
    """A phone whose owner speaks in the chat."""
    context = await browser.new_context(
        viewport={"width": 390, "height": 844}, color_scheme="dark" if scheme == "dark" else "light", locale=locale
    )
    await context.add_cookies([{"name": "lightkeeper_voice", "value": voice, "url": address}])
    page = await context.new_page()
    await page.goto(address)
    await page.get_by_role("button", name="Chat", exact=True).click()
    return page


async def whole(page: Page, what: str, path: Path) -> None:
    """A picture of all of that part, on a screen so high that nothing of it has to be scrolled."""
    await page.set_viewport_size({"width": 390, "height": 844})
    height = await page.locator(what).evaluate("each => each.scrollHeight")
    is_panel = what == "#private"
    above = await page.evaluate("innerHeight - document.querySelector('#private').clientHeight") if is_panel else 0
    await page.set_viewport_size({"width": 390, "height": int(above + height if is_panel else 844 + 4 * height)})
    await page.evaluate("document.activeElement.blur()")
    blank = await page.context.new_page()
    picture = await small(blank, await page.locator(what).screenshot())
    await asyncio.to_thread(path.write_bytes, picture)
    await blank.close()


async def small(page: Page, png: bytes) -> bytes:
    """The same picture with its commonest colours only, which is a third of the bytes; the browser unpacks it."""
    raw = await page.evaluate(PIXELS, base64.b64encode(png).decode())
    width, height = raw["width"], raw["height"]
    pixels = np.frombuffer(base64.b64decode(raw["data"]), dtype=np.uint8).reshape(-1, 4)[:, :3]
    colours, places, counts = np.unique(pixels, axis=0, return_inverse=True, return_counts=True)
    palette = colours[np.argsort(-counts)[:COLOURS]]
    nearest = ((colours[:, None].astype(int) - palette[None].astype(int)) ** 2).sum(axis=2).argmin(axis=1)
    rows = nearest[places.reshape(-1)].astype(np.uint8).reshape(height, width)
    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    head = struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0)
    parts = ((b"IHDR", head), (b"PLTE", palette.tobytes()), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    chunks = (
        struct.pack(">I", len(each)) + name + each + struct.pack(">I", zlib.crc32(name + each)) for name, each in parts
    )
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


async def opened(browser: Browser, address: str, width: int, height: int, scheme: str) -> Page:
    context = await browser.new_context(
        viewport={"width": width, "height": height}, color_scheme="dark" if scheme == "dark" else "light"
    )
    page = await context.new_page()
    await page.goto(address)
    return page


if __name__ == "__main__":
    arguments = [each for each in sys.argv[1:] if not each.startswith("--")]
    target = Path(arguments[0]) if arguments else Path(__file__).parents[1] / "docs" / "images"
    target.mkdir(parents=True, exist_ok=True)
    wanted = "dark" if "--dark" in sys.argv else "light"
    if "--members" in sys.argv:
        target = target / "members"
        target.mkdir(exist_ok=True)
        asyncio.run(members(target, wanted))
    else:
        asyncio.run(main(target, wanted))
