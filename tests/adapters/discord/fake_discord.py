"""A small Discord on loopback: the REST calls and the gateway that the adapter uses, with failures on demand.

It speaks real HTTP and real websockets, so that the unmodified discord.py runs on top. Every request is kept, to be
held against Discord's published specification. All people and words here are made up.
"""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import discord
import pytest
from aiohttp import web

from tests.adapters.discord.fake_gateway import FakeGateway
from tests.adapters.discord.fake_pins import FakePins
from tests.adapters.discord.made_up import (
    ALERTS,
    ANN,
    APPLICATION_ID,
    BEN,
    BOT_ID,
    BOT_ROLE,
    CONTENT_INTENT,
    CRISIS,
    GENERAL,
    GUILD_ID,
    MODERATOR_ROLE,
    THREAD,
    TOKEN,
    Json,
    a_channel,
    a_role,
    a_server,
    a_thread,
    a_user,
    private_overwrites,
    snowflake,
)
from tests.clock import START


@dataclass
class Asked:
    """One request as it came in."""

    method: str
    path: str
    query: dict[str, str]
    body: Any
    reason: str


@dataclass
class Failure:
    """How the next calls of a kind are answered; `after_effect` does what was asked and then fails."""

    status: int = 0
    body: Json = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    times: int = 1
    after_effect: bool = False
    hangs: bool = False
    waits_for: asyncio.Event | None = None


class FakeDiscord(FakeGateway, FakePins):
    """The state of one made-up server, and what was asked of it."""

    def __init__(self) -> None:
        FakeGateway.__init__(self)
        FakePins.__init__(self)
        self.now = START
        self.is_token_good = True
        self.logins_left = 999
        self.has_content_intent = True
        self.asked: list[Asked] = []
        self.nonces: dict[str, Json] = {}
        self.bans: dict[int, str] = {}
        self.incidents: Json = {"invites_disabled_until": None, "dms_disabled_until": None}
        wanted = discord.Permissions(view_channel=True, send_messages=True)
        self.roles = [
            a_role(GUILD_ID, "@everyone", wanted.value, 0),
            a_role(MODERATOR_ROLE, "Moderators", 0),
            a_role(BOT_ROLE, "Lightkeeper", discord.Permissions.all().value & ~(1 << 3), 5),
        ]
        self.channels = {
            GENERAL: a_channel(GENERAL, "general"),
            ALERTS: a_channel(ALERTS, "alerts", permission_overwrites=private_overwrites()),
            CRISIS: a_channel(CRISIS, "crisis", permission_overwrites=private_overwrites()),
        }
        self.threads = {THREAD: a_thread(THREAD, "a thread", GENERAL)}
        self.members = {
            BOT_ID: self._member(a_user(BOT_ID, "lightkeeper", bot=True), [BOT_ROLE]),
            ANN: self._member(a_user(ANN, "ann"), []),
            BEN: self._member(a_user(BEN, "ben"), [MODERATOR_ROLE]),
        }
        self._failures: list[tuple[str, re.Pattern[str], Failure]] = []
        self._ids = 0
        self._changed = asyncio.Condition()

    @staticmethod
    def _member(user: Json, roles: list[int]) -> Json:
        return {
            "user": user,
            "roles": [str(role) for role in roles],
            "joined_at": START.isoformat(),
            "deaf": False,
            "mute": False,
            "nick": None,
            "flags": 0,
        }

    # What a test does.

    def fail(self, method: str, path: str, failure: Failure) -> None:
        """Let the next calls whose path matches fail; `Failure(0)` cuts the connection instead of answering."""
        self._failures.append((method, re.compile(path), failure))

    def mend(self) -> None:
        """Nothing fails any more."""
        self._failures.clear()

    def requests(self, method: str, path: str) -> list[Asked]:
        return [each for each in self.asked if each.method == method and re.fullmatch(path, each.path)]

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something holds; looked at after every request and frame, and while others run."""
        async with asyncio.timeout(20):
            while not is_so():
                async with self._changed:
                    try:
                        await asyncio.wait_for(self._changed.wait(), 0.01)
                    except TimeoutError:
                        continue

    def next_id(self) -> int:
        self._ids += 1
        return self._ids

    def posted(self, channel: int) -> list[Json]:
        return list(self.messages.get(channel, {}).values())

    def a_message(self, text: str, *, at: datetime = START, nth: int = 0, author: int = ANN, **more: Any) -> Json:
        member = {key: value for key, value in self.members[author].items() if key != "user"}
        return {
            "id": str(snowflake(at, nth)),
            "channel_id": str(GENERAL),
            "guild_id": str(GUILD_ID),
            "author": self.members[author]["user"],
            "member": member,
            "content": text,
            "timestamp": at.isoformat(),
            "edited_timestamp": None,
            "tts": False,
            "mention_everyone": False,
            "mentions": [],
            "mention_roles": [],
            "attachments": [],
            "embeds": [],
            "pinned": False,
            "type": 0,
            "flags": 0,
            "components": [],
            **more,
        }

    def guild(self) -> Json:
        return a_server(
            roles=self.roles,
            channels=list(self.channels.values()),
            threads=list(self.threads.values()),
            members=[self.members[BOT_ID]],
            incidents_data=self.incidents,
        )

    # What Discord does.

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/gateway":
            return await self.connected(request)
        body = await request.json() if request.can_read_body else None
        path = request.path.removeprefix("/api")
        reason = unquote(request.headers.get("X-Audit-Log-Reason", ""))
        asked = Asked(request.method, path, dict(request.query), body, reason)
        self.asked.append(asked)
        await self._tell()
        failure = self._planned(asked)
        try:
            if failure is not None and failure.hangs:
                await asyncio.Event().wait()
            if failure is not None and failure.waits_for is not None:
                await failure.waits_for.wait()
                failure = None
            if failure is not None and not failure.after_effect:
                return self._failed(request, failure)
            if not self.is_token_good or request.headers.get("Authorization") != f"Bot {TOKEN}":
                return _reply({"message": "401: Unauthorized", "code": 0}, 401)
            status, answer = self._effect(asked)
            if failure is not None:
                return self._failed(request, failure)
            return _reply(answer, status)
        finally:
            await self._tell()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    def _planned(self, asked: Asked) -> Failure | None:
        for method, path, failure in self._failures:
            if method == asked.method and path.fullmatch(asked.path) and failure.times:
                failure.times -= 1
                return failure
        return None

    @staticmethod
    def _failed(request: web.Request, failure: Failure) -> web.Response:
        if failure.status == 0:
            assert request.transport is not None
            request.transport.close()
        return _reply(failure.body or {"message": "synthetic", "code": 0}, failure.status or 500, failure.headers)

    def _effect(self, asked: Asked) -> tuple[int, Any]:
        for method, path, effect in self._routes():
            found = re.fullmatch(path, asked.path) if method == asked.method else None
            if found:
                return effect(asked, *(int(each) for each in found.groups()))
        raise AssertionError(f"the fake has no {asked.method} {asked.path}")

    def _routes(self) -> list[tuple[str, str, Callable[..., tuple[int, Any]]]]:
        return [
            ("GET", r"/users/@me", lambda _: (200, self.members[BOT_ID]["user"])),
            ("GET", r"/oauth2/applications/@me", lambda _: (200, self._application())),
            ("GET", r"/gateway/bot", lambda _: (200, self._gateway_bot())),
            ("POST", r"/users/@me/channels", self._open_letter),
            ("GET", r"/users/@me/guilds", lambda _: (200, [self.guild()] if self.has_guild else [])),
            *self.pin_routes(),
            ("GET", r"/channels/(\d+)/messages", self._history),
            ("POST", r"/channels/(\d+)/messages", self._post),
            ("PATCH", r"/channels/(\d+)/messages/(\d+)", self._edit),
            ("DELETE", r"/channels/(\d+)/messages/(\d+)", self._delete),
            ("POST", r"/channels/(\d+)/messages/bulk-delete", self._delete_together),
            ("GET", r"/channels/(\d+)", self._channel),
            ("PATCH", r"/channels/(\d+)", self._change_channel),
            ("PUT", r"/channels/(\d+)/permissions/(\d+)", self._overwrite),
            ("DELETE", r"/channels/(\d+)/permissions/(\d+)", self._take_overwrite_away),
            ("PUT", r"/guilds/(\d+)/incident-actions", self._change_incidents),
            ("GET", r"/guilds/(\d+)/bans/(\d+)", self._get_ban),
            ("GET", r"/guilds/(\d+)", lambda _, guild: self._here(self.guild())),
            ("GET", r"/guilds/(\d+)/channels", lambda _, guild: self._here(list(self.channels.values()))),
            ("GET", r"/guilds/(\d+)/members/(\d+)", self._get_member),
            ("PATCH", r"/guilds/(\d+)/members/(\d+)", self._edit_member),
            ("DELETE", r"/guilds/(\d+)/members/(\d+)", self._kick),
            ("PUT", r"/guilds/(\d+)/bans/(\d+)", self._ban),
            ("DELETE", r"/guilds/(\d+)/bans/(\d+)", self._unban),
        ]

    def _here(self, answer: Any) -> tuple[int, Any]:
        return (200, answer) if self.has_guild else _not_found(10004)

    def _application(self) -> Json:
        return {
            "id": str(APPLICATION_ID),
            "name": "lightkeeper",
            "icon": None,
            "description": "",
            "bot_public": False,
            "bot_require_code_grant": False,
            "verify_key": "00",
            "flags": CONTENT_INTENT | (1 << 19) if self.has_content_intent else 0,
            "owner": a_user(BEN, "ben"),
        }

    def _gateway_bot(self) -> Json:
        limit = {"total": 1000, "remaining": self.logins_left, "reset_after": 0, "max_concurrency": 1}
        return {"url": f"{self.url.replace('http', 'ws')}/gateway", "shards": 1, "session_start_limit": limit}

    def _open_letter(self, asked: Asked) -> tuple[int, Any]:
        recipient = int(asked.body["recipient_id"])
        user = self.members[recipient]["user"]
        return 200, {"id": str(recipient + 1), "type": 1, "recipients": [user], "last_message_id": None}

    def _history(self, asked: Asked, channel: int) -> tuple[int, Any]:
        newest = sorted(self.messages.get(channel, {}).values(), key=lambda each: -int(each["id"]))
        return 200, newest[: int(asked.query.get("limit", 50))]

    def _post(self, asked: Asked, channel: int) -> tuple[int, Any]:
        nonce = asked.body.get("nonce")
        if nonce in self.nonces and asked.body.get("enforce_nonce"):
            return 200, self.nonces[nonce]
        message = self.a_message((asked.body.get("content") or "").strip(), nth=self.next_id(), author=BOT_ID)
        message.update(channel_id=str(channel), **_shown(asked.body))
        self.messages.setdefault(channel, {})[int(message["id"])] = message
        self.nonces[nonce] = message
        return 200, message

    def _edit(self, asked: Asked, channel: int, message_id: int) -> tuple[int, Any]:
        message = self.messages.get(channel, {}).get(message_id)
        if message is None:
            return _not_found(10008)
        message.update(_shown(asked.body))
        return 200, message

    def _delete(self, asked: Asked, channel: int, message_id: int) -> tuple[int, Any]:
        gone = self.messages.get(channel, {}).pop(message_id, None)
        return (204, None) if gone else _not_found(10008)

    def _delete_together(self, asked: Asked, channel: int) -> tuple[int, Any]:
        """All or none: what is older than two weeks is refused; what is gone counts for nothing."""
        oldest = min(discord.utils.snowflake_time(int(each)) for each in asked.body["messages"])
        if oldest < self.now - timedelta(days=14):
            return 400, {"message": "synthetic", "code": 50034}
        for each in asked.body["messages"]:
            self.messages.get(channel, {}).pop(int(each), None)
        return 204, None

    def _channel(self, asked: Asked, channel: int) -> tuple[int, Any]:
        found = self.channels.get(channel) or self.threads.get(channel)
        return (200, found) if found else _not_found(10003)

    def _change_channel(self, asked: Asked, channel: int) -> tuple[int, Any]:
        found = self.channels.get(channel) or self.threads[channel]
        changes = dict(asked.body)
        if "locked" in changes:
            found["thread_metadata"]["locked"] = changes.pop("locked")
        found.update(changes)
        return 200, found

    def _overwrite(self, asked: Asked, channel: int, target: int) -> tuple[int, Any]:
        others = [each for each in self.channels[channel]["permission_overwrites"] if each["id"] != str(target)]
        self.channels[channel]["permission_overwrites"] = [*others, {**asked.body, "id": str(target)}]
        return 204, None

    def _take_overwrite_away(self, asked: Asked, channel: int, target: int) -> tuple[int, Any]:
        overwrites = self.channels[channel]["permission_overwrites"]
        kept = [each for each in overwrites if each["id"] != str(target)]
        self.channels[channel]["permission_overwrites"] = kept
        return (204, None) if len(kept) < len(overwrites) else _not_found(10009)

    def _change_incidents(self, asked: Asked, guild: int) -> tuple[int, Any]:
        self.incidents.update(asked.body)
        return 200, self.incidents

    def _get_ban(self, asked: Asked, guild: int, member: int) -> tuple[int, Any]:
        if member not in self.bans:
            return _not_found(10026)
        return 200, {"user": self.members[member]["user"], "reason": self.bans[member]}

    def _get_member(self, asked: Asked, guild: int, member: int) -> tuple[int, Any]:
        found = self.members.get(member)
        return (200, found) if found and self.has_guild else _not_found(10007)

    def _edit_member(self, asked: Asked, guild: int, member: int) -> tuple[int, Any]:
        if member not in self.members:
            return _not_found(10007)
        self.members[member].update(asked.body)
        return 200, self.members[member]

    def _kick(self, asked: Asked, guild: int, member: int) -> tuple[int, Any]:
        return (204, None) if self.members.pop(member, None) else _not_found(10007)

    def _ban(self, asked: Asked, guild: int, member: int) -> tuple[int, Any]:
        self.bans.setdefault(member, asked.reason)
        return 204, None

    def _unban(self, asked: Asked, guild: int, member: int) -> tuple[int, Any]:
        if member not in self.bans:
            return _not_found(10026)
        del self.bans[member]
        return 204, None


def _shown(body: Json) -> Json:
    """What a message shows of what was sent for it, as Discord tells it; what wasn't sent stays as it is."""
    told: Json = {name: body[name] for name in ("components", "flags") if name in body}
    if "embeds" in body or body.get("embed"):
        told["embeds"] = [{**each, "type": "rich"} for each in body.get("embeds") or []]
    if body.get("content") is not None:
        told["content"] = body["content"].strip()
    return told


def _not_found(code: int) -> tuple[int, Json]:
    return 404, {"message": "synthetic", "code": code}


def _reply(answer: Any, status: int = 200, headers: dict[str, str] | None = None) -> web.Response:
    """Exactly `application/json`: discord.py takes a character set in it for another type."""
    if status == 204:
        return web.Response(status=204)
    return web.Response(
        body=json.dumps(answer).encode(), status=status, headers={"Content-Type": "application/json", **(headers or {})}
    )


@asynccontextmanager
async def serving(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[FakeDiscord]:
    """The fake on a free port of loopback, with discord.py pointed at it."""
    fake = FakeDiscord()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", fake.answer)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    fake.url = f"http://127.0.0.1:{port}"
    monkeypatch.setattr(discord.http.Route, "BASE", f"{fake.url}/api")
    try:
        yield fake
    finally:
        await fake.cut(1001)
        await runner.cleanup()
