"""Replaying a real log through the local platform: in batches, at a chosen speed, never far ahead of the engine."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from adapters.console.feed import Feed
from adapters.console.sources import Progress, Stop, Tell
from adapters.exports.entry import Problem
from adapters.local.platform import LocalPlatform, Spoken
from bots.demo.log_file import Complain, LogFile
from core.errors import Unavailable
from core.ports import Clock

BATCH = 64
AHEAD = 512
"""How many messages may wait for the engine before the replay waits for it."""
LOOK_AGAIN_S = 0.02
TRY_AGAIN_S = 1.0


@dataclass(slots=True)
class Replayed:
    """How far a replay has come: `share` of the file, 0 to 1, and whether the engine has screened all of it."""

    taken_in: int = 0
    bad_lines: int = 0
    share: float = 0.0
    is_done: bool = False

    @property
    def note(self) -> str:
        """What was taken in and what was left out: "1,204 messages, 1 bad line skipped"; empty at first."""
        counted = ((self.taken_in, "message", ""), (self.bad_lines, "bad line", " skipped"))
        return ", ".join(f"{count:,} {what}{'' if count == 1 else 's'}{how}" for count, what, how in counted if count)


async def replay(
    path: Path,
    platform: LocalPlatform,
    clock: Clock,
    *,
    screened: Callable[[], int],
    speed: float = 0.0,
    complain: Complain = lambda problem: None,
    on_progress: Callable[[Replayed], None] = lambda so_far: None,
) -> Replayed:
    """Play a log to its end and until the engine has screened it.

    Args:
        path: Any export that `adapters.exports` reads, plain or gzipped.
        platform: Takes the lines in, each durably before it counts.
        clock: Paces the replay.
        screened: How many messages the engine has screened since its start.
        speed: Messages a second; 0 is as fast as the engine goes.
        complain: Told where each bad line stands and what is wrong with it.
        on_progress: Told after every batch.

    Raises: `OSError` when the file can't be read, `ConfigurationRefused` when it is no log.
    """
    so_far = Replayed()
    before, started = screened(), clock.monotonic()

    def bad(problem: Problem) -> None:
        so_far.bad_lines += 1
        complain(problem)

    def waiting() -> int:
        return before + so_far.taken_in - screened()

    size = max(1, min(BATCH, int(speed / 5))) if speed else BATCH
    log = LogFile(path, bad)
    lines = iter(log)
    loop = asyncio.get_running_loop()
    try:
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="log") as reader:
            while batch := await loop.run_in_executor(reader, lambda: list(islice(lines, size))):
                await _take_in(platform, batch, clock)
                so_far.taken_in += len(batch)
                so_far.share = log.share
                on_progress(so_far)
                while waiting() > AHEAD:
                    await clock.sleep(LOOK_AGAIN_S)
                if speed:
                    await clock.sleep(max(0.0, started + so_far.taken_in / speed - clock.monotonic()))
    finally:
        log.close()
    while waiting() > 0:
        await clock.sleep(LOOK_AGAIN_S)
    so_far.share, so_far.is_done = 1.0, True
    on_progress(so_far)
    return so_far


async def _take_in(platform: LocalPlatform, batch: list[Spoken], clock: Clock) -> None:
    while True:
        try:
            await platform.say_all(batch)
        except Unavailable:
            await clock.sleep(TRY_AGAIN_S)
        else:
            return


class ReplayPlayer:
    """A replay with its progress on the page; it begins when `run` does."""

    name = "replay"

    def __init__(
        self,
        path: Path,
        platform: LocalPlatform,
        clock: Clock,
        *,
        screened: Callable[[], int],
        speed: float = 0.0,
        complain: Complain = lambda problem: None,
        on_progress: Callable[[Replayed], None] = lambda so_far: None,
    ) -> None:
        """Takes what `replay` takes."""
        self.label = f"Replay {path.name}"
        self._path = path
        self._platform = platform
        self._clock = clock
        self._screened = screened
        self._speed = speed
        self._complain = complain
        self._on_progress = on_progress
        self._feed = Feed()
        self._wanted = asyncio.Event()
        self._wanted.set()
        self._is_playing = False
        self._task: asyncio.Task[Replayed] | None = None
        self._so_far = Replayed()

    def progress(self) -> Progress:
        """How far it has come."""
        is_running = self._is_playing or self._wanted.is_set()
        return Progress(is_running=is_running, share=self._so_far.share, note=self._so_far.note)

    def start(self) -> None:
        """Play from the beginning, unless it is being played."""
        if not self._is_playing:
            self._wanted.set()
        self._feed.tell("player")

    def stop(self) -> None:
        """Take nothing more in."""
        self._wanted.clear()
        if self._task is not None:
            self._task.cancel()
        self._feed.tell("player")

    def listen(self, listener: Tell) -> Stop:
        """Hear of progress."""
        return self._feed.listen(listener)

    async def run(self) -> None:
        """Play, and again whenever asked to, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            self._is_playing, self._so_far = True, Replayed()
            try:
                async with asyncio.TaskGroup() as tasks:
                    self._task = tasks.create_task(self._play(), name="replay")
            finally:
                self._is_playing, self._task = False, None
                self._feed.tell("player")

    async def _play(self) -> Replayed:
        def heard(so_far: Replayed) -> None:
            self._so_far = so_far
            self._feed.tell("player")
            self._on_progress(so_far)

        return await replay(
            self._path,
            self._platform,
            self._clock,
            screened=self._screened,
            speed=self._speed,
            complain=self._complain,
            on_progress=heard,
        )
