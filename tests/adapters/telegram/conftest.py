"""A fake Telegram, and a connection to it with the unmodified library."""

from collections.abc import AsyncIterator

import pytest

from adapters.telegram.connection import TelegramConnection
from tests.adapters.telegram.fake_telegram import FakeTelegram
from tests.adapters.telegram.house import House


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """At the end nothing was said that the published specification doesn't know."""
    async with FakeTelegram() as fake:
        yield fake
    assert fake.faults == []


@pytest.fixture
async def house(telegram: FakeTelegram) -> AsyncIterator[House]:
    """A community on that Telegram, on a clock that the test moves."""
    async with House(telegram) as house:
        yield house


@pytest.fixture
def connection(house: House) -> TelegramConnection:
    return house.connection
