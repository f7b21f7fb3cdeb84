"""`lightkeeper demo`: the real engine, store and desk around the local platform, served on this machine."""

import sys
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack, contextmanager
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from adapters.console.app import create_console
from adapters.console.ending import ending_at_signals
from adapters.console.feed import Feed
from adapters.console.notices import NoticeBoard
from adapters.console.serving import bind, serve
from adapters.console.sources import Player, Status
from adapters.exports.entry import Problem
from adapters.exports.opening import format_of
from adapters.local.clock import SystemClock
from adapters.local.journal import Journal
from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from adapters.local.staff import LocalStaff
from adapters.store.database import Database
from bots.app import House
from bots.demo.acting import Acting
from bots.demo.calls import Bells
from bots.demo.community import NAME, care_of
from bots.demo.folder import demo_folder
from bots.demo.hours import clock_of, policy_for_demo
from bots.demo.night import load_night
from bots.demo.night_player import NightPlayer
from bots.demo.opened import OpenedPages
from bots.demo.replay import Replayed, ReplayPlayer
from bots.demo.scene import Scene, ScenePlayer, load_scene
from bots.models import load_models
from bots.running import running
from bots.supervisor import supervised
from config.settings import Settings
from config.texts.catalogue import Catalogue
from core.errors import ConfigurationRefused
from core.model.policy import CommunityPolicy
from core.ports import Clock

NOTICED_WITHIN_S = 5.0
LOOK_AGAIN_S = 0.02
BAD_LINES_NAMED = 20
LINES_BETWEEN_REPORTS = 10_000
"""How often progress is told where no bar can be drawn."""


async def serve_demo(
    *,
    settings: Settings,
    policy: CommunityPolicy,
    port: int,
    folder: Path | None,
    replay: Path | None,
    speed: float,
    scene: Scene | None = None,
    on_address: Callable[[str], None] | None = None,
) -> int:
    """Serve the demo until it is interrupted; returns the exit code.

    Args:
        settings: The host, and the master key where one is given.
        policy: The community's.
        port: 0 takes any free one.
        folder: Keeps database, keys and the platform's journal; None takes a temporary one.
        replay: A log to play at once.
        speed: Messages a second of the replay; 0 is as fast as it goes.
        scene: Another scene than the shipped one.
        on_address: Told the address once it answers; prints it otherwise.

    Raises: `ConfigurationRefused` for a port in use, a log that is not there, a folder that another demo uses or a
        database that can't be opened.
    """
    _check(replay)
    scene, policy = scene or load_scene(), policy_for_demo(policy)
    terminal = Console(stderr=True)
    pace, notices, feed = SystemClock(), NoticeBoard(), Feed()
    async with AsyncExitStack() as stack:
        ending = stack.enter_context(ending_at_signals())
        socket = stack.enter_context(bind(settings.host, port))
        address = f"http://{socket.getsockname()[0]}:{socket.getsockname()[1]}/"
        folder = stack.enter_context(demo_folder(folder))
        clock = clock_of(folder)
        database = await Database.open(
            f"sqlite+aiosqlite:///{folder / 'lightkeeper.sqlite3'}",
            clock=clock,
            given_master_key=settings.master_key.get_secret_value() if settings.master_key else None,
        )
        stack.push_async_callback(database.close)
        journal = Journal(folder / "platform.jsonl")
        stack.callback(journal.close)
        platform = LocalPlatform(
            intake=database.intake, clock=clock, members=scene.cast, channels=scene.places, journal=journal
        )
        bells = Bells(platform, clock, lambda: feed.tell("chat"))
        texts = Catalogue()

        house = await stack.enter_async_context(
            running(
                store=database.store,
                intake=database.intake,
                policies={None: policy},
                models=load_models(settings),
                platforms={LOCAL: bells},
                staff=LocalStaff(platform.members),
                clock=clock,
                notices=notices,
                sweep=database.sweep,
                care=care_of(scene, platform, database.store, clock, texts.languages(), policy.rota.zone.key),
                communities={HARBOUR: NAME},
                on_change=lambda: feed.tell("queue"),
            )
        )

        def moved() -> None:
            house.timers.changed()
            house.delivery.changed()
            if house.keeper:
                house.keeper.changed()
            feed.tell("queue")
            feed.tell("chat")

        stack.callback(clock.listen(moved))

        def screened() -> int:
            return house.engine.counts.messages

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
        scene_player = ScenePlayer(scene, platform, pace)
        night_player = NightPlayer(load_night(), acting, pace)
        players: list[Player] = [scene_player, night_player]
        loops = {"scene": scene_player.run, "night": night_player.run}
        if replay is not None:
            shows = stack.enter_context(_progress_bar(terminal, replay))
            replay_player = ReplayPlayer(
                replay,
                platform,
                pace,
                screened=screened,
                speed=speed,
                complain=_Complaints(terminal),
                on_progress=shows,
            )
            players.append(replay_player)
            loops["replay"] = replay_player.run
        await stack.enter_async_context(supervised(loops, pace, notices))
        console = create_console(
            queue=house.queue,
            chat=platform,
            texts=texts,
            member_texts=texts.with_drafts(),
            clock=clock,
            notices=notices,
            players=players,
            status=lambda: Status(screened=screened(), enforcement=policy.enforcement, policy=policy.name),
            ending=ending,
            duty=house.duty,
            feed=feed,
            hands=clock,
            appeals=house.appeals,
            reports=house.reports,
            calls=bells,
            members=house.members,
            pins=platform.board,
            opened=opened,
        )
        await _until_noticed(house, pace)
        if not ending.is_asked:
            (on_address or _print_address)(address)
            await serve(console, socket, ending)
    return 0


async def _until_noticed(house: House, pace: Clock) -> None:
    """Wait a moment for the notice: before it stands, nothing is screened for signs of a crisis."""
    ends = pace.monotonic() + NOTICED_WITHIN_S
    while house.keeper and not house.keeper.is_noticed(HARBOUR) and pace.monotonic() < ends:
        await pace.sleep(LOOK_AGAIN_S)


def _check(log: Path | None) -> None:
    if log is not None and not log.is_file():
        raise ConfigurationRefused(path=str(log), reason="there is no such file")
    if log is not None:
        format_of(log)


def _print_address(address: str) -> None:
    sys.stdout.write(f"Lightkeeper's demo is at {address} (Ctrl+C ends it)\n")
    sys.stdout.flush()


class _Complaints:
    """Names the first bad lines of a log on the terminal."""

    def __init__(self, terminal: Console) -> None:
        self._terminal = terminal
        self._count = 0

    def __call__(self, problem: Problem) -> None:
        self._count += 1
        if self._count <= BAD_LINES_NAMED:
            self._terminal.print(f"{problem.place}: {problem.reason}; skipped", highlight=False, markup=False)
        elif self._count == BAD_LINES_NAMED + 1:
            self._terminal.print("further bad lines are only counted")


@contextmanager
def _progress_bar(terminal: Console, path: Path) -> Iterator[Callable[[Replayed], None]]:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[note]}"), TimeElapsedColumn())
    with Progress(*columns, console=terminal, disable=not terminal.is_terminal) as bars:
        task = bars.add_task(f"Replaying {path.name}", total=1.0, note="")
        told = 0

        def show(so_far: Replayed) -> None:
            nonlocal told
            if not terminal.is_terminal and so_far.taken_in - told >= LINES_BETWEEN_REPORTS:
                told = so_far.taken_in
                terminal.print(f"{so_far.share:4.0%}  {so_far.note}", highlight=False)
            bars.update(task, completed=so_far.share, note=so_far.note)
            if so_far.is_done:
                bars.stop_task(task)
                terminal.print(f"replayed: {so_far.note or 'nothing'}", highlight=False)

        yield show
