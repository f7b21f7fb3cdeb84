"""The bounded queues between Discord's events and the intake."""

import asyncio
from datetime import timedelta

import pytest

from adapters.discord import inflow
from adapters.discord.inflow import GAP, Inflow
from core.errors import GaveUp, Unavailable
from core.model.event import MessageWritten
from core.model.message import Channel, ChannelId
from tests.adapters.discord.house import Held
from tests.clock import FakeClock
from tests.core.examples import a_message
from tests.core.noticeboard import Noticeboard

QUAY = Channel(id=ChannelId("2"), name="quay")
PIER = Channel(id=ChannelId("1"), name="pier")


def _said(nth: int, channel: Channel = PIER) -> MessageWritten:
    return MessageWritten(message=a_message(f"m{nth}", text=f"number {nth}", channel=channel))


def _inflow(intake: Held) -> tuple[Inflow, FakeClock, Noticeboard]:
    clock, notices = FakeClock(), Noticeboard()
    return Inflow(intake=intake, clock=clock, notices=notices), clock, notices


async def _settled() -> None:
    """Let every task run until it waits for something."""
    for _ in range(50):
        await asyncio.sleep(0)


async def test_a_full_queue_is_remembered_and_told_and_other_channels_go_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflow, "IN_A_CHANNEL", 3)
    intake = Held()
    intake.failures = [Unavailable(reason="full")]
    stream, clock, notices = _inflow(intake)
    for nth in range(5):
        stream.offer(_said(nth))
    await _settled()
    stream.offer(_said(9, QUAY))
    clock.advance(timedelta(seconds=1))
    await stream.drain(5)
    assert sorted(each.text for each in intake.messages) == ["number 0", "number 1", "number 2", "number 9"]
    assert stream.missed == {PIER.id: 2}
    assert notices.standing[GAP].params == {"count": 2, "channels": 1}
    assert stream.waiting == 0


async def test_the_whole_is_bounded_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inflow, "IN_ALL", 2)
    intake = Held()
    stream, _, _ = _inflow(intake)
    for nth in range(4):
        stream.offer(_said(nth, Channel(id=ChannelId(str(nth)), name="x")))
    await stream.drain(5)
    assert len(intake.messages) == 2
    assert stream.missed.total() == 2


async def test_an_event_that_can_never_be_stored_takes_no_other_with_it() -> None:
    intake = Held()
    intake.failures = [GaveUp(reason="synthetic"), GaveUp(reason="synthetic")]
    stream, _, _ = _inflow(intake)
    for nth in range(3):
        stream.offer(_said(nth))
    await stream.drain(5)
    assert [each.text for each in intake.messages] == ["number 1", "number 2"]


async def test_an_intake_with_a_fault_is_asked_again() -> None:
    intake = Held()
    intake.failures = [KeyError("synthetic")]
    stream, clock, notices = _inflow(intake)
    stream.offer(_said(1))
    await _settled()
    assert "store" in notices.standing
    clock.advance(timedelta(seconds=1))
    await stream.drain(5)
    assert len(intake.messages) == 1
    assert "store" not in notices.standing


async def test_draining_gives_up_after_its_time() -> None:
    intake = Held()
    intake.failures = [Unavailable(reason="full")] * 9
    stream, _, _ = _inflow(intake)
    stream.offer(_said(1))
    await _settled()
    await stream.drain(0.01)
    await _settled()
    assert stream.waiting == 0
    assert intake.messages == []
