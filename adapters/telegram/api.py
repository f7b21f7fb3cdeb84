"""The way to the Bot API, with deadlines on every call, and updates that can't be read sifted out.

The token is part of every address that is asked, so nothing here may show one: the bot is never printed, and the
library's and httpx's own log lines below a warning are switched off.
"""

import json
import logging
import os
import re
import ssl
from functools import cache
from typing import Any

import httpx
from telegram import Bot, Update
from telegram.error import TelegramError
from telegram.request import HTTPXRequest

from core.errors import ConfigurationRefused

SETTING = "LIGHTKEEPER_TELEGRAM_TOKEN"
API_URL = "https://api.telegram.org"
POLL_S = 25
"""How long Telegram may hold a request for updates open while there are none."""

CONNECTIONS = 32
_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{10,100}")


def check_shape(token: str) -> None:
    """Raises: `ConfigurationRefused` for what can't be a token, before it is sent anywhere."""
    if not _TOKEN.fullmatch(token):
        raise ConfigurationRefused(
            SETTING, "is not the token of a Telegram bot", "copy it whole from @BotFather: digits, a colon, letters"
        )


class PollingRequest(HTTPXRequest):
    """Asks for updates; one that the library can't read becomes an update without content, which keeps its number.

    Otherwise a single such update would spoil every answer that it is part of, for a whole day.
    """

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(payload.decode("utf-8", "replace"))
        except ValueError:
            raise TelegramError("the answer is not JSON") from None
        if not isinstance(answer, dict):
            raise TelegramError("the answer is not an object")
        if isinstance(answer.get("result"), list):
            answer["result"] = [_readable(update) for update in answer["result"] if _has_number(update)]
        return answer


class Api:
    """One bot's connections to Telegram; nothing is asked before somebody asks."""

    def __init__(self, token: str, api_url: str = API_URL) -> None:
        """Raises: `ConfigurationRefused` for what can't be a token."""
        check_shape(token)
        for name in ("httpx", "httpcore", "telegram"):
            logging.getLogger(name).setLevel(logging.WARNING)
        # the library gives spans of time as they will always be from its next major version on
        os.environ.setdefault("PTB_TIMEDELTA", "true")
        self._calls = HTTPXRequest(
            connection_pool_size=CONNECTIONS,
            connect_timeout=5,
            read_timeout=12,
            write_timeout=5,
            pool_timeout=3,
            httpx_kwargs={"verify": _trust()},
        )
        self._polls = PollingRequest(
            connection_pool_size=1,
            connect_timeout=10,
            read_timeout=10,
            write_timeout=5,
            httpx_kwargs={"verify": _trust()},
        )
        self.bot = Bot(
            token,
            base_url=lambda secret: f"{api_url}/bot{secret}",
            base_file_url=lambda secret: f"{api_url}/file/bot{secret}",
            request=self._calls,
            get_updates_request=self._polls,
        )

    @property
    def me(self) -> int:
        """The bot's own id, with which its token begins."""
        return int(self.bot.token.partition(":")[0])

    async def close(self) -> None:
        """Close the connections; may repeat."""
        await self._polls.shutdown()
        await self._calls.shutdown()


@cache
def _trust() -> ssl.SSLContext:
    """Whom to believe to be Telegram; reading it takes longer than anything else here, so it is done once."""
    return httpx.create_ssl_context()


def _has_number(update: object) -> bool:
    return isinstance(update, dict) and type(update.get("update_id")) is int


def _readable(update: dict[str, Any]) -> dict[str, Any]:
    try:
        Update.de_json(update, None)
    except Exception:  # noqa: BLE001 - one update's boundary: whatever is wrong with it, the others go on
        return {"update_id": update["update_id"]}
    return update
