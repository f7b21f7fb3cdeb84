"""`lightkeeper run` as a real process against Telegram on loopback: told to end, killed and started again, it loses
nothing. Telegram can't tell doubles, so after a kill a card may come twice; it then names the same case.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from tests.adapters.telegram.fake_telegram import CRISIS, GROUP, STAFF, TOKEN, FakeTelegram, a_message, a_user
from tests.bots.run.process import environment

pytestmark = pytest.mark.timeout(180)

THREAT = "I know where you live and I will find you and hurt you"
DISTRESS = "I don't want to be alive any more"
COMMUNITIES = f"""
[[community]]
platform = "telegram"
id = "{GROUP}"
name = "Harbour"
alerts = "{STAFF}"
crisis_alerts = "{CRISIS}"
notice = "{GROUP}"
owners = ["7"]
"""


@asynccontextmanager
async def bot(folder: Path, telegram: FakeTelegram) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    settings = {"LIGHTKEEPER_TELEGRAM_TOKEN": TOKEN, "LIGHTKEEPER_TELEGRAM_API_URL": telegram.url}
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bots.cli",
        "run",
        cwd=folder,
        env=environment(folder, **settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        assert process.stdout is not None
        line = (await process.stdout.readline()).decode()
        assert line.startswith("The console is at "), (line, await process.communicate())
        yield process, line.split()[4].rstrip(";")
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


def written(number: int, text: str, sender: int) -> dict[str, object]:
    """Each by another member: what one member does again goes into their open case."""
    return {"message": a_message(number, text, at=datetime.now(UTC), sender=a_user(sender, f"Member {sender}"))}


def cases(telegram: FakeTelegram, chat: int) -> set[str]:
    """The line of each card there that names its case."""
    return {card.splitlines()[-2] for card in telegram.cards(chat)}


async def test_over_an_end_and_a_kill_every_message_that_matters_gets_the_card_of_one_case(tmp_path: Path) -> None:
    (tmp_path / "communities.toml").write_text(COMMUNITIES)
    async with FakeTelegram() as telegram:
        async with bot(tmp_path, telegram) as (process, address):
            await telegram.bring(written(1, THREAT, 21), written(2, "a quiet evening", 22), written(3, DISTRESS, 23))
            await telegram.until(lambda: telegram.cards(STAFF) and telegram.cards(CRISIS))
            async with httpx.AsyncClient(base_url=address) as client:
                assert (await client.get("readyz")).json()["parts"]["platform.telegram"]["ok"]
            process.send_signal(signal.SIGTERM)
            _, complaints = await asyncio.wait_for(process.communicate(), 30)
            assert process.returncode == 0, complaints
            for secret in (TOKEN, THREAT, DISTRESS):
                assert secret.encode() not in complaints
        await telegram.bring(written(4, THREAT, 24))
        async with bot(tmp_path, telegram) as (process, _):
            await telegram.until(lambda: len(cases(telegram, STAFF)) == 2)
            await telegram.bring(written(5, THREAT, 25), written(6, DISTRESS, 26))
            process.kill()
            await process.wait()
        async with bot(tmp_path, telegram) as (process, _):
            await telegram.until(lambda: len(cases(telegram, STAFF)) == 3 and len(cases(telegram, CRISIS)) == 2)
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
        assert (len(cases(telegram, STAFF)), len(cases(telegram, CRISIS))) == (3, 2)
        for chat in (STAFF, CRISIS):
            assert len(telegram.cards(chat)) <= len(cases(telegram, chat)) + 1, "a double that no kill explains"
        assert telegram.faults == []


async def test_a_revoked_token_is_said_at_once_with_the_setting(tmp_path: Path) -> None:
    (tmp_path / "communities.toml").write_text(COMMUNITIES)
    async with FakeTelegram() as telegram:
        telegram.trouble("getMe", status=401, description="Unauthorized", times=20)
        telegram.trouble("getUpdates", status=401, description="Unauthorized", times=20)
        async with bot(tmp_path, telegram) as (process, _):
            assert process.stdout is not None
            line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode()
            assert line.startswith("telegram is not served: ")
            assert "LIGHTKEEPER_TELEGRAM_TOKEN" in line
            assert TOKEN not in line
