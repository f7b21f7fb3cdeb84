"""The checker itself: a request that Discord would not understand is noticed, at any depth."""

from typing import Any

import pytest

from tests.adapters.discord.fake_discord import Asked
from tests.adapters.discord.specification import Specification

POST = "/channels/5/messages"


def _asked(body: Any, method: str = "POST", path: str = POST, query: dict[str, str] | None = None) -> Asked:
    return Asked(method, path, query or {}, body, "")


def test_what_the_adapter_sends_is_understood(specification: Specification) -> None:
    body = {
        "embeds": [{"title": "x", "color": 5}],
        "nonce": "a" * 25,
        "allowed_mentions": {"parse": [], "users": ["5"]},
    }
    assert specification.violations(_asked(body)) == []


@pytest.mark.parametrize(
    "asked",
    [
        _asked({"embedz": []}),
        _asked({"embeds": [{"colour": 5}]}),
        _asked({"embeds": [{"title": "x" * 257}]}),
        _asked({"content": 5}),
        _asked({"nonce": "a" * 26}),
        _asked({"allowed_mentions": {"parse": ["everybody"]}}),
        _asked({}, path="/channels/5/letters"),
        _asked({}, method="PUT"),
        _asked(None, method="GET", query={"limmit": "5"}),
        _asked({"communication_disabled_til": None}, method="PATCH", path="/guilds/5/members/6"),
    ],
)
def test_what_discord_would_not_understand_is_noticed(specification: Specification, asked: Asked) -> None:
    assert specification.violations(asked)
