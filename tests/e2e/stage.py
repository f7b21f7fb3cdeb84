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
from adapters.local.clock import SystemClock
from adapters.local.platform import LOCAL, LocalPlatform
from adapters.local.staff import LocalStaff
from adapters.store.database import Database
from bots.app import House, wired
from bots.demo.scene import Scene, ScenePlayer, load_scene
from config.policies.loader import load_policy
from config.texts.catalogue import Catalogue
from core.flow.filter import Filter, Seen
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.finding import NOTHING, Category, Finding, Kind, Verdict

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


@asynccontextmanager
async def staged(
    folder: Path, *, filters: Sequence[Filter] | None = None, scene: Scene | None = None, speed: float = 20.0
) -> AsyncIterator[Stage]:
    """Serve the demo on a free port for as long as the block runs."""
    scene, policy, clock, notices = scene or load_scene(), load_policy("general"), SystemClock(), NoticeBoard()
    chosen = filters if filters is not None else [WordFilter(WORDS)]
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in chosen)
    lane = Lane(name="test", worker=InlineWorker(chosen), filters=infos)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'stage.sqlite3'}", clock=clock)
    platform = LocalPlatform(intake=database.intake, clock=clock, members=scene.cast, channels=scene.places)

    house = wired(
        store=database.store,
        intake=database.intake,
        screening=Screening([lane], clock, notices),
        policy_of=lambda _: policy,
        platforms={LOCAL: platform},
        staff=LocalStaff(platform.members),
        clock=clock,
        notices=notices,
    )
    player = ScenePlayer(scene, platform, clock, speed=speed)
    console = create_console(
        queue=house.queue,
        chat=platform,
        texts=Catalogue(),
        clock=clock,
        notices=notices,
        players=[player],
        status=lambda: Status(
            screened=house.engine.counts.messages, enforcement=policy.enforcement, policy=policy.name
        ),
    )
    listener = bind("127.0.0.1", 0)
    url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
    loops = [serve(console, listener), player.run(), *(loop() for loop in house.loops.values())]
    tasks = [asyncio.ensure_future(loop) for loop in loops]
    try:
        yield Stage(url=url, platform=platform, house=house, notices=notices, database=database)
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await house.screening.close()
        await database.close()


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
