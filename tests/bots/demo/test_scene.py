"""The scene is input only, and is played as its speakers would say it."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta

import pytest
from pydantic import ValidationError

from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LocalPlatform
from bots.demo.scene import Line, Scene, ScenePlayer, load_scene, play_scene
from core.errors import Unavailable
from core.model.action import LAWS, ActionKind
from core.model.case import CaseId
from core.model.event import Event
from core.model.message import ChannelId
from core.model.order import Order
from core.model.record import Action
from tests.bots.demo.broken import BrokenIntake
from tests.clock import FakeClock


def _stage(scene: Scene, intake: MemoryIntake | None = None) -> tuple[LocalPlatform, FakeClock]:
    clock = FakeClock()
    return LocalPlatform(intake=intake or MemoryIntake(), clock=clock, members=scene.cast, channels=scene.places), clock


def _said(platform: LocalPlatform) -> int:
    return sum(platform.count(channel.id) for channel in platform.channels())


async def _to_the_end(task: asyncio.Future[int], clock: FakeClock) -> int:
    while not task.done():
        clock.advance(timedelta(seconds=1))
        await asyncio.sleep(0)
    return await task


def test_the_scene_holds_input_only() -> None:
    assert set(Line.model_fields) == {"after_s", "who", "where", "says"}
    with pytest.raises(ValidationError):
        Line.model_validate({"after_s": 1, "who": "a", "where": "b", "says": "c", "expect": "case"})


def test_everybody_who_speaks_is_of_the_cast_and_speaks_in_a_channel_that_is_there() -> None:
    scene = load_scene()
    assert {line.who for line in scene.lines} <= {member.id for member in scene.members}
    assert {line.where for line in scene.lines} <= {channel.id for channel in scene.channels}
    assert {role for member in scene.members for role in member.roles} == {"owner", "moderator", "responder"}


async def test_the_scene_is_played_to_its_end_in_its_own_time() -> None:
    scene = load_scene()
    platform, clock = _stage(scene)
    said = await _to_the_end(asyncio.ensure_future(play_scene(scene, platform, clock, speed=2)), clock)
    assert said == len(scene.lines) == _said(platform)


async def test_a_speaker_who_was_timed_out_is_silent_and_the_others_go_on() -> None:
    scene = load_scene()
    platform, clock = _stage(scene)
    action = Action(
        key="k1",
        community=HARBOUR,
        case_id=CaseId("c1"),
        version=1,
        kind=ActionKind.TIMEOUT,
        lane=LAWS[ActionKind.TIMEOUT].lane,
        target="tomas",
    )
    await platform.perform(Order(action=action))
    said = await _to_the_end(asyncio.ensure_future(play_scene(scene, platform, clock)), clock)
    assert said == sum(line.who != "tomas" for line in scene.lines)


class FullIntake(MemoryIntake):
    """Refuses the first appends."""

    def __init__(self, times: int) -> None:
        super().__init__()
        self._left = times

    async def append(self, events: Sequence[Event]) -> int:
        if self._left:
            self._left -= 1
            raise Unavailable(reason="the disk is full")
        return await super().append(events)


async def test_while_nothing_can_be_taken_in_a_line_is_tried_again() -> None:
    scene = load_scene()
    platform, clock = _stage(scene, FullIntake(3))
    await _to_the_end(asyncio.ensure_future(play_scene(scene, platform, clock)), clock)
    assert _said(platform) == len(scene.lines)


async def test_a_player_starts_stops_and_starts_from_the_beginning() -> None:
    scene = load_scene()
    platform, clock = _stage(scene)
    player = ScenePlayer(scene, platform, clock)
    heard: list[str] = []
    player.listen(heard.append)
    running = asyncio.ensure_future(player.run())
    assert not player.progress().is_running
    player.start()
    while _said(platform) < 3:
        clock.advance(timedelta(seconds=1))
        await asyncio.sleep(0)
    assert player.progress().note == f"3 of {len(scene.lines)}"
    player.stop()
    assert not player.progress().is_running
    player.start()
    while player.progress().is_running:
        clock.advance(timedelta(seconds=1))
        await asyncio.sleep(0)
    assert _said(platform) == 3 + len(scene.lines)
    assert platform.messages(ChannelId("general"), 99)[0].text == scene.lines[0].says
    assert len(heard) > len(scene.lines)
    running.cancel()
    with suppress(asyncio.CancelledError):
        await running


async def test_a_scene_that_failed_is_no_longer_running_and_can_be_played_again() -> None:
    scene = load_scene()
    platform, clock = _stage(scene, BrokenIntake())
    player = ScenePlayer(scene, platform, clock)
    for _ in range(2):
        player.start()
        running = asyncio.ensure_future(player.run())
        while player.progress().is_running:
            clock.advance(timedelta(seconds=1))
            await asyncio.sleep(0)
        running.cancel()
        with suppress(asyncio.CancelledError, ValueError):
            await running
    assert _said(platform) == len(scene.lines)
