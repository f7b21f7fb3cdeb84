"""Plays a night whenever somebody asks for it, with a caption of what is happening."""

import asyncio
from contextlib import suppress
from datetime import datetime

import structlog

from adapters.console.feed import Feed
from adapters.console.sources import Progress, Stop, Tell
from bots.demo.acting import Acting
from bots.demo.night import MoveClock, Night, Step, Until
from core.errors import Unavailable
from core.ports import Clock

log = structlog.get_logger()

LOOK_AGAIN_S = 0.05
PATIENCE_S = 20.0
"""How long the night waits for the house before it ends: somebody who watches has clicked in between, for instance."""
TRY_AGAIN_S = 1.0
ENDED_EARLY = "The night ends here: it went another way, perhaps by your own hand. What was done stays."


class NightPlayer:
    """Plays a night whenever somebody asks for it; `run` has to be running."""

    name = "night"
    label = "Play a night"

    def __init__(
        self, night: Night, acting: Acting, clock: Clock, *, speed: float = 1.0, patience_s: float = PATIENCE_S
    ) -> None:
        """`clock` paces it: the machine's, not the one that the night moves on."""
        self._patience_s = patience_s
        self._night = night
        self._acting = acting
        self._clock = clock
        self._speed = speed
        self._feed = Feed()
        self._wanted = asyncio.Event()
        self._started = 0
        self._is_running = False
        self._steps_done = 0
        self._caption = ""

    def progress(self) -> Progress:
        """How far it has come, and what is happening; the last caption stays."""
        if not self._is_running:
            return Progress(is_running=False, caption=self._caption)
        share = self._steps_done / len(self._night.steps)
        return Progress(is_running=True, share=share, caption=self._caption)

    def start(self) -> None:
        """Play from the beginning, unless it is being played."""
        if not self._is_running:
            self._is_running, self._steps_done, self._caption = True, 0, ""
            self._started += 1
            self._wanted.set()
            self._feed.tell("player")

    def stop(self) -> None:
        """Do nothing more; what was done stays."""
        self._is_running = False
        self._caption = ""
        self._feed.tell("player")

    def listen(self, listener: Tell) -> Stop:
        """Hear of progress."""
        return self._feed.listen(listener)

    async def run(self) -> None:
        """Wait for a start, play, and wait again, until cancelled."""
        while True:
            await self._wanted.wait()
            self._wanted.clear()
            await self._play(self._started)

    async def _play(self, which: int) -> None:
        try:
            with suppress(Unavailable):
                await self._acting.clear(self._night.subjects)
            began_at = self._acting.clock.now()
            for step in self._night.steps:
                await self._clock.sleep(step.after_s / self._speed)
                if not self._goes_on(which):
                    return
                if not await self._done(step, began_at, which):
                    return
                self._steps_done += 1
                self._feed.tell("player")
        finally:
            if which == self._started:
                self._is_running = False
                self._feed.tell("player")

    def _goes_on(self, which: int) -> bool:
        return self._is_running and which == self._started

    async def _done(self, step: Step, began_at: datetime, which: int) -> bool:
        """Whether the night goes on after this step; one that is refused is left out, since people may have acted."""
        if isinstance(step, Until):
            if not await self._came(step, began_at, which):
                self._tell(ENDED_EARLY if self._goes_on(which) else "")
                return False
            self._tell(step.caption)
        elif isinstance(step, MoveClock):
            await self._acting.do(step)
            self._tell(step.caption)
        else:
            self._tell(step.caption)
            await self._carried_out(step)
        return True

    async def _carried_out(self, step: Step) -> None:
        while True:
            try:
                why = await self._acting.do(step)
            except Unavailable:
                await self._clock.sleep(TRY_AGAIN_S)
            else:
                if why is not None:
                    log.info("step_refused", kind=step.do, code=why.value)
                return

    async def _came(self, step: Until, began_at: datetime, which: int) -> bool:
        ends = self._clock.monotonic() + self._patience_s
        while self._goes_on(which):
            with suppress(Unavailable):
                if await self._acting.holds(step, began_at):
                    return True
            if self._clock.monotonic() >= ends:
                log.info("night_ended_early", kind=step.do, seq=self._steps_done)
                return False
            await self._clock.sleep(LOOK_AGAIN_S)
        return False

    def _tell(self, caption: str) -> None:
        if caption:
            self._caption = f"{self._acting.time_of_day()} – {caption}"
            self._feed.tell("player")
