"""The whole demo in one process for browser tests: real engine, store, delivery, desk and pages, chosen filters."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.async_api import Browser, ConsoleMessage, Page, async_playwright

from adapters.console.app import create_console
from adapters.console.notices import NoticeBoard
from adapters.console.serving import bind, serve
from adapters.console.sources import Status
from adapters.local.clock import MovableClock, SystemClock
from adapters.local.platform import LocalPlatform
from adapters.store.database import Database
from bots.app import House
from bots.demo.night_player import NightPlayer
from bots.demo.scene import Scene, ScenePlayer, load_scene
from config.texts.catalogue import Catalogue
from core.flow.filter import Filter, Seen
from core.model.finding import NOTHING, Category, Finding, Kind, Verdict
from core.ports import Clock
from tests.bots.demo.town import town

ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class WordFilter:
    """Finds the words it was given: `{word: (category, kind, level)}`."""

    name = "words"
    version = "1"

    def __init__(self, words: dict[str, tuple[Category, Kind, int]]) -> None:
        self._words = words

    @property
    def categories(self) -> frozenset[Category]:
        return frozenset({Category.CRISIS, Category.HARASSMENT})

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._verdict(seen) for seen in batch]

    def _verdict(self, seen: Seen) -> Verdict:
        text = seen.message.text
        findings = tuple(
            Finding(
                filter=self.name,
                category=category,
                kind=kind,
                level=level,
                score=0.2 if category is Category.CRISIS and level < 2 else 0.9,
                spans=((at, at + len(word)),),
                why="A word of this test was seen.",
                rule=f"test:{kind.value}",
            )
            for word, (category, kind, level) in self._words.items()
            if (at := text.find(word)) >= 0
        )
        return Verdict(findings=findings) if findings else NOTHING


WORDS = {
    "gravel": (Category.HARASSMENT, Kind.THREAT, 3),
    "pebble": (Category.HARASSMENT, Kind.INSULT, 2),
    "fog": (Category.CRISIS, Kind.DISCLOSURE, 3),
}
"""Made-up words that stand for findings, so that the tests don't hang on a lexicon."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """A demo that is being served."""

    url: str
    platform: LocalPlatform
    house: House
    notices: NoticeBoard
    database: Database
    clock: MovableClock
    night: NightPlayer


@asynccontextmanager
async def staged(
    folder: Path,
    *,
    filters: Sequence[Filter] | None = None,
    scene: Scene | None = None,
    speed: float = 20.0,
    pace: Clock | None = None,
) -> AsyncIterator[Stage]:
    """Serve the demo on a free port for as long as the block runs; `pace` is the clock of the night's pauses."""
    scene = scene or load_scene()
    chosen = filters if filters is not None else [WordFilter(WORDS)]
    async with town(folder, filters=chosen, scene=scene, pace=pace) as built:
        scene_player = ScenePlayer(scene, built.platform, SystemClock(), speed=speed)
        console = create_console(
            queue=built.house.queue,
            chat=built.platform,
            texts=Catalogue(),
            clock=built.clock,
            notices=built.notices,
            players=[scene_player, built.night],
            status=lambda: Status(
                screened=built.house.engine.counts.messages,
                enforcement=built.policy.enforcement,
                policy=built.policy.name,
            ),
            duty=built.house.duty,
            feed=built.feed,
            hands=built.clock,
            appeals=built.house.appeals,
            reports=built.house.reports,
            calls=built.bells,
            members=built.house.members,
            member_texts=Catalogue().with_drafts(),
            pins=built.platform.board,
            opened=built.opened,
        )
        listener = bind("127.0.0.1", 0)
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        tasks = [asyncio.ensure_future(loop) for loop in (serve(console, listener), scene_player.run())]
        try:
            yield Stage(
                url=url,
                platform=built.platform,
                house=built.house,
                notices=built.notices,
                database=built.database,
                clock=built.clock,
                night=built.night,
            )
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task


def chromium_path() -> str:
    """Where Chromium is; without one the test fails under LIGHTKEEPER_STRICT=1 and is skipped elsewhere."""
    found = os.environ.get("LIGHTKEEPER_CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        reason = "Chromium is not installed; name it in LIGHTKEEPER_CHROMIUM"
        if os.environ.get("LIGHTKEEPER_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@asynccontextmanager
async def browsing() -> AsyncIterator[Browser]:
    """A headless Chromium."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium_path(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


def complaints_of(page: Page) -> list[str]:
    """What the page's scripts and policy complain about from now on; it fills while the page is used."""
    complaints: list[str] = []

    def heard(message: ConsoleMessage) -> None:
        was_aborted = message.text.startswith(("htmx:sendAbort", "htmx:afterRequest"))  # a click overtook a refresh
        if message.type in {"error", "warning"} and not was_aborted:
            complaints.append(message.text)

    page.on("console", heard)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    return complaints
