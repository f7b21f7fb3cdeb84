"""The demo's house around a database in a folder, with the shipped word lists or chosen filters, and no page."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from adapters.console.feed import Feed
from adapters.console.notices import NoticeBoard
from adapters.local.clock import MovableClock, SystemClock
from adapters.local.platform import LOCAL, LocalPlatform
from adapters.local.staff import LocalStaff
from adapters.store.database import Database
from bots.app import House, wired
from bots.demo.acting import Acting
from bots.demo.calls import Bells
from bots.demo.community import care_of
from bots.demo.hours import policy_for_demo
from bots.demo.night import Night, load_night
from bots.demo.night_player import NightPlayer
from bots.demo.opened import OpenedPages
from bots.demo.scene import Scene, load_scene
from config.policies.loader import load_policy
from config.texts.catalogue import Catalogue
from core.flow.filter import Filter
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.policy import CommunityPolicy
from core.ports import Clock

FAST = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Town:
    """A demo that runs."""

    house: House
    platform: LocalPlatform
    database: Database
    clock: MovableClock
    bells: Bells
    notices: NoticeBoard
    feed: Feed
    policy: CommunityPolicy
    acting: Acting
    night: NightPlayer
    opened: OpenedPages


@asynccontextmanager
async def town(
    folder: Path,
    *,
    filters: Sequence[Filter],
    scene: Scene | None = None,
    night: Night | None = None,
    speed: float = FAST,
    patience_s: float = 20.0,
    pace: Clock | None = None,
) -> AsyncIterator[Town]:
    """Run the demo for as long as the block does; `pace` is the clock of the night's pauses."""
    scene, policy = scene or load_scene(), policy_for_demo(load_policy("general"))
    clock, notices, feed = MovableClock(), NoticeBoard(), Feed()
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in filters)
    lane = Lane(name="test", worker=InlineWorker(filters), filters=infos)
    database = await Database.open(f"sqlite+aiosqlite:///{folder / 'town.sqlite3'}", clock=clock)
    platform = LocalPlatform(intake=database.intake, clock=clock, members=scene.cast, channels=scene.places)
    bells = Bells(platform, clock, lambda: feed.tell("chat"))
    house = wired(
        store=database.store,
        intake=database.intake,
        screening=Screening([lane], clock, notices),
        policy_of=lambda _: policy,
        platforms={LOCAL: bells},
        staff=LocalStaff(platform.members),
        clock=clock,
        notices=notices,
        on_change=lambda: feed.tell("queue"),
        care=care_of(scene, platform, database.store, clock, Catalogue().languages(), policy.rota.zone.key),
    )

    def moved() -> None:
        house.timers.changed()
        house.delivery.changed()
        feed.tell("queue")

    clock.listen(moved)
    opened = OpenedPages(lambda: feed.tell("private"))
    acting = Acting(
        queue=house.queue,
        duty=house.duty,
        appeals=house.appeals,
        reports=house.reports,
        members=house.members,
        opened=opened,
        platform=platform,
        bells=bells,
        clock=clock,
        zone=policy.rota.zone,
    )
    player = NightPlayer(night or load_night(), acting, pace or SystemClock(), speed=speed, patience_s=patience_s)
    assert house.keeper is not None
    await house.keeper.look()  # nothing is screened for signs of crisis before the notice stands
    tasks = [asyncio.ensure_future(loop()) for loop in (player.run, *house.loops.values())]
    try:
        yield Town(
            house=house,
            platform=platform,
            database=database,
            clock=clock,
            bells=bells,
            notices=notices,
            feed=feed,
            policy=policy,
            acting=acting,
            night=player,
            opened=opened,
        )
    finally:
        for task in tasks:
            task.cancel()
            with suppress(asyncio.CancelledError):
                await task
        await house.screening.close()
        await database.close()


async def ended(player: NightPlayer, within_s: float = 60.0) -> list[str]:
    """Play to the end; returns the captions that were shown, each once."""
    captions: list[str] = []
    over = asyncio.Event()

    def hear(_: str) -> None:
        progress = player.progress()
        if progress.caption and progress.caption not in captions[-1:]:
            captions.append(progress.caption)
        if not progress.is_running:
            over.set()

    stop = player.listen(hear)
    try:
        player.start()
        async with asyncio.timeout(within_s):
            await over.wait()
    finally:
        stop()
    return captions
