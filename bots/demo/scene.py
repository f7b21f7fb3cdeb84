"""A scripted scene: who says what, where and when. It is input only; what becomes of it the engine decides."""

import asyncio
import tomllib
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from adapters.console.feed import Feed
from adapters.console.sources import Progress, Stop, Tell
from adapters.local.platform import LocalPlatform
from core.errors import NotAllowed, Unavailable
from core.model.message import Author, Channel, ChannelId, MemberId, RoleId
from core.ports import Clock

SCENE = Path(__file__).with_name("scene.toml")
TRY_AGAIN_S = 1.0


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Place(_Part):
    """A channel of the scene."""

    id: str
    name: str


class Person(_Part):
    """Somebody of the cast."""

    id: str
    name: str
    roles: frozenset[str] = frozenset()


class Line(_Part):
    """One thing said; `after_s` seconds after the line before."""

    after_s: Annotated[float, Field(ge=0, le=60)]
    who: str
    where: str
    says: str


class Scene(_Part):
    """A cast, its channels, and what is said."""

    channels: Annotated[tuple[Place, ...], Field(min_length=1)]
    members: Annotated[tuple[Person, ...], Field(min_length=1)]
    lines: tuple[Line, ...]

    @property
    def cast(self) -> tuple[Author, ...]:
        """The members as the core knows them."""
        return tuple(
            Author(id=MemberId(each.id), name=each.name, roles=frozenset(map(RoleId, each.roles)))
            for each in self.members
        )

    @property
    def places(self) -> tuple[Channel, ...]:
        """The channels as the core knows them."""
        return tuple(Channel(id=ChannelId(each.id), name=each.name) for each in self.channels)


def load_scene(path: Path = SCENE) -> Scene:
    """Read a scene; raises pydantic's `ValidationError` for a wrong field."""
    return Scene.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


async def say_line(line: Line, platform: LocalPlatform, clock: Clock) -> bool:
    """One line, as its speaker would say it; tries again while nothing can be taken in.

    Returns: False when the speaker can't speak there now, being timed out for instance.
    """
    while True:
        try:
            await platform.say(MemberId(line.who), ChannelId(line.where), line.says)
        except NotAllowed:
            return False
        except Unavailable:
            await clock.sleep(TRY_AGAIN_S)
        else:
            return True


async def play_scene(scene: Scene, platform: LocalPlatform, clock: Clock, *, speed: float = 1.0) -> int:
    """Play a scene to its end; returns how many lines were said. `speed` 2 plays it twice as fast."""
    said = 0
    for line in scene.lines:
        await clock.sleep(line.after_s / speed)
        said += await say_line(line, platform, clock)
    return said


class ScenePlayer:
    """Plays a scene whenever somebody asks for it; `run` has to be running."""

    name = "scene"
    label = "Play the scene"

    def __init__(self, scene: Scene, platform: LocalPlatform, clock: Clock, *, speed: float = 1.0) -> None:
        self._scene = scene
        self._platform = platform
        self._clock = clock
        self._speed = speed
        self._feed = Feed()
        self._started = 0
        self._wanted = asyncio.Event()
        self._is_running = False
        self._said = 0

    def progress(self) -> Progress:
        """How many lines were said."""
        total = len(self._scene.lines)
        if not self._is_running:
            return Progress(is_running=False)
        return Progress(is_running=True, share=self._said / max(total, 1), note=f"{self._said} of {total}")

    def start(self) -> None:
        """Play from the beginning, unless it is being played."""
        if not self._is_running:
            self._is_running, self._said = True, 0
            self._started += 1
            self._wanted.set()
            self._feed.tell("player")

    def stop(self) -> None:
        """Say nothing more."""
        self._is_running = False
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
            for line in self._scene.lines:
                await self._clock.sleep(line.after_s / self._speed)
                if not self._is_running or which != self._started:
                    return
                await say_line(line, self._platform, self._clock)
                self._said += 1
                self._feed.tell("player")
        finally:
            if which == self._started:
                self._is_running = False
                self._feed.tell("player")
