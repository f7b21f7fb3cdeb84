"""A wake-up is cheap, counted once and never lost."""

import asyncio

from core.flow.signal import Wake


async def test_a_raise_before_the_wait_is_not_lost_and_counts_once() -> None:
    wake = Wake()
    wake()
    wake()
    async with asyncio.timeout(5):
        await wake.wait(3600)
    waiting = asyncio.create_task(wake.wait(3600))
    for _ in range(10):
        await asyncio.sleep(0)
    assert not waiting.done()
    wake()
    async with asyncio.timeout(5):
        await waiting


async def test_a_wait_ends_by_itself() -> None:
    await Wake().wait(0.0)
