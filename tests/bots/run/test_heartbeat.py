"""The sign of life: only while all is well, with nothing in it, and a failure is only told."""

import asyncio
from datetime import timedelta

import httpx
import pytest

from bots.run.heartbeat import EVERY_S, NOTICE, Heartbeat
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard

URL = "https://heart.example/ping/synthetic-secret?x=1"


class Service:
    """Answers with a status, and keeps what it was asked."""

    def __init__(self, status: int = 200) -> None:
        self.status = status
        self.error: Exception | None = None
        self.asked: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if self.error is not None:
            raise self.error
        return httpx.Response(self.status, headers={"location": "https://elsewhere.example/"})


def heartbeat(service: Service, board: Noticeboard, clock: FakeClock, *, is_ready: bool = True) -> Heartbeat:
    async def ready() -> bool:
        return is_ready

    return Heartbeat(URL, is_ready=ready, clock=clock, notices=board, transport=httpx.MockTransport(service))


async def test_it_asks_for_the_address_as_it_stands_and_says_nothing_else() -> None:
    service, board = Service(), Noticeboard()
    await heartbeat(service, board, FakeClock()).beat()
    (request,) = service.asked
    assert (request.method, str(request.url), request.content) == ("GET", URL, b"")
    assert {name.lower() for name in request.headers} == {"host"}
    assert not board.standing


@pytest.mark.parametrize("status", [301, 302, 404, 500])
async def test_an_answer_that_is_no_success_is_told_and_no_redirect_is_followed(status: int) -> None:
    service, board = Service(status), Noticeboard()
    await heartbeat(service, board, FakeClock()).beat()
    assert len(service.asked) == 1
    assert board.standing[NOTICE].params == {"reason": f"HTTP {status}"}


@pytest.mark.parametrize(
    "error", [httpx.ConnectError("synthetic"), httpx.ReadTimeout("synthetic"), OSError("synthetic")]
)
async def test_a_service_that_is_away_is_told_without_its_address_until_it_hears_again(error: Exception) -> None:
    service, board = Service(), Noticeboard()
    beating = heartbeat(service, board, FakeClock())
    service.error = error
    await beating.beat()
    assert "heart.example" not in str(board.standing[NOTICE].params)
    service.error = None
    await beating.beat()
    assert not board.standing


async def asleep(clock: FakeClock) -> None:
    """Until the heart rests between two beats."""
    for _ in range(1000):
        await asyncio.sleep(0)
        if clock.sleepers:
            return
    pytest.fail("it never rests")


async def test_it_beats_every_minute_while_ready() -> None:
    service, clock = Service(), FakeClock()
    running = asyncio.create_task(heartbeat(service, Noticeboard(), clock).run())
    for count in range(1, 4):
        await asleep(clock)
        assert len(service.asked) == count
        clock.advance(timedelta(seconds=EVERY_S))
    running.cancel()
    await asyncio.wait({running})


async def test_it_is_silent_while_not_ready() -> None:
    service, clock = Service(), FakeClock()
    running = asyncio.create_task(heartbeat(service, Noticeboard(), clock, is_ready=False).run())
    await asleep(clock)
    running.cancel()
    await asyncio.wait({running})
    assert service.asked == []
