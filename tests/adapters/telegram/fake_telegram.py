"""A Bot API on loopback: long polling that forgets only what was confirmed, messages, members, and bad days on order.

Everything said in both directions is checked against the published specification where that is there.
"""

import asyncio
import html
import itertools
import json
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from tests.adapters.telegram.fake_pins import FakePins
from tests.adapters.telegram.specification import specification
from tests.clock import START

TOKEN = "123456:synthetic-token-of-nobody_000000000"
BOT = {"id": 123456, "is_bot": True, "first_name": "Keeper", "username": "keeper_bot"}
GROUP, STAFF, CRISIS = -1001111111111, -1002222222222, -1003333333333
JSON = dict[str, Any]

_TAG = re.compile(r"<(/?)(\w+)(?: href=\"[^\"<>]*\")?>")
_RIGHTS = (
    "can_be_edited",
    "is_anonymous",
    "can_manage_chat",
    "can_delete_messages",
    "can_manage_video_chats",
    "can_restrict_members",
    "can_promote_members",
    "can_change_info",
    "can_invite_users",
    "can_post_stories",
    "can_edit_stories",
    "can_delete_stories",
    "can_pin_messages",
)


@dataclass(kw_only=True)
class Call:
    """A request as it came in; a form has text in all its fields."""

    method: str
    fields: dict[str, str]

    @property
    def chat(self) -> int:
        return int(self.fields.get("chat_id", "0"))

    @property
    def text(self) -> str:
        return self.fields.get("text", "")


@dataclass(kw_only=True)
class Trouble:
    """How some calls go wrong: an error, a wait for a gate, or a connection cut before or after the effect."""

    method: str
    chat: int | None = None
    status: int = 400
    description: str = ""
    parameters: JSON = field(default_factory=dict)
    body: str | None = None
    cuts: bool = False
    happens: bool = False
    gate: asyncio.Event | None = None
    times: int = 1


def a_user(number: int = 7, name: str = "Ann", *, is_bot: bool = False, username: str | None = None) -> JSON:
    return {"id": number, "is_bot": is_bot, "first_name": name, **({"username": username} if username else {})}


def a_chat(number: int = GROUP, title: str = "Harbour", kind: str = "supergroup", **more: Any) -> JSON:
    return {"id": number, "type": kind, "title": title, **more}


def a_message(number: int = 1, text: str | None = "synthetic words", **more: Any) -> JSON:
    """A message of the watched group; `at` is when it was sent, `sender` the user, None for none."""
    at: datetime = more.pop("at", START)
    sender = more.pop("sender", a_user())
    told = {"message_id": number, "date": int(at.timestamp()), "chat": more.pop("chat", a_chat()), **more}
    if sender is not None:
        told["from"] = sender
    if text is not None:
        told["text"] = text
    return told


def an_administrator(user: JSON, **rights: bool) -> JSON:
    return {"status": "administrator", "user": user, **dict.fromkeys(_RIGHTS, True), **rights}


def a_member(user: JSON, status: str = "member") -> JSON:
    told = {"status": status, "user": user}
    return {**told, "until_date": 0} if status == "kicked" else told


def full_chat(number: int, title: str, kind: str = "supergroup", **more: Any) -> JSON:
    gifts = ("unlimited_gifts", "limited_gifts", "unique_gifts", "premium_subscription", "gifts_from_channels")
    return {
        "id": number,
        "type": kind,
        "title": title,
        "accent_color_id": 1,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(gifts, False),
        "permissions": permissions(True),
        **more,
    }


def permissions(value: bool, **others: bool) -> JSON:
    names = ("messages", "audios", "documents", "photos", "videos", "video_notes", "voice_notes", "polls")
    sending = dict.fromkeys((f"can_send_{name}" for name in (*names, "other_messages")), value)
    rest = dict.fromkeys(
        ("can_add_web_page_previews", "can_change_info", "can_invite_users", "can_pin_messages"), value
    )
    return {**sending, **rest, **others}


class FakeTelegram(FakePins):
    """One bot's Telegram; `async with` serves it."""

    def __init__(self) -> None:
        super().__init__(BOT)
        self.me: JSON = {**BOT, "can_join_groups": True, "can_read_all_group_messages": True}
        self.webhook = ""
        self.calls: list[Call] = []
        self.chats = {
            GROUP: full_chat(GROUP, "Harbour"),
            STAFF: full_chat(STAFF, "Staff"),
            CRISIS: full_chat(CRISIS, "Care"),
        }
        self.members: dict[tuple[int, int], JSON] = {
            (GROUP, BOT["id"]): an_administrator(BOT),  # type: ignore[dict-item]
            (STAFF, BOT["id"]): a_member(BOT),  # type: ignore[dict-item]
            (CRISIS, BOT["id"]): a_member(BOT),  # type: ignore[dict-item]
            (GROUP, 7): a_member(a_user(7)),
        }
        self.faults: list[str] = []
        self.checked = 0
        self.pending: list[JSON] = []
        self._numbers = itertools.count(900_001)
        self._message_ids = itertools.count(5_001)
        self._troubles: list[Trouble] = []
        self._changed = asyncio.Condition()
        self._rounds = 0
        self.url = ""

    async def __aenter__(self) -> "FakeTelegram":
        app = web.Application()
        app.router.add_post("/bot{token}/{method}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=1.0, access_log=None)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.end_round()
        await self._runner.cleanup()

    async def bring(self, *updates: JSON, is_valid: bool = True) -> list[int]:
        """Something happens; each update is given its number."""
        numbers = []
        for update in updates:
            told = {"update_id": next(self._numbers), **update}
            if is_valid:
                self._check("Update", told)
            self.pending.append(told)
            numbers.append(told["update_id"])
        await self._tell()
        return numbers

    async def end_round(self) -> None:
        """Answer a request that is held open, as Telegram does when nothing happened for long."""
        self._rounds += 1
        await self._tell()

    def trouble(self, method: str, **how: Any) -> None:
        """Let calls of that method (about `chat`) go wrong, once or `times`."""
        self._troubles.append(Trouble(method=method, **how))

    def mend(self) -> None:
        """Nothing goes wrong any more."""
        self._troubles.clear()

    def limit(self, method: str, seconds: int, **how: Any) -> None:
        """Ask to wait."""
        how |= {"status": 429, "description": f"Too Many Requests: retry after {seconds}"}
        self.trouble(method, parameters={"retry_after": seconds}, **how)

    def called(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    @property
    def offsets(self) -> list[str]:
        """What each request for updates confirmed up to, "" for nothing."""
        return [call.fields.get("offset", "") for call in self.called("getUpdates")] or [""]

    def cards(self, chat: int) -> list[str]:
        """What stands in that chat now, oldest first."""
        return [text for (where, _), text in sorted(self.posted.items()) if where == chat]

    async def until(self, is_so: Callable[[], object]) -> None:
        """Wait until something that follows from a request is so; looked at again while answers are digested."""
        async with asyncio.timeout(20):
            while not is_so():
                with suppress(TimeoutError):
                    async with asyncio.timeout(0.02), self._changed:
                        await self._changed.wait()

    async def _tell(self) -> None:
        async with self._changed:
            self._changed.notify_all()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        method = request.match_info["method"]
        fields = {name: str(value) for name, value in (await request.post()).items()}
        self.calls.append(Call(method=method, fields=fields))
        await self._tell()
        if (known := specification()) is not None:
            self.checked += 1
            self.faults += known.of_request(method, fields)
        try:
            return await self._carried_out(request, method, fields)
        finally:
            await self._tell()

    async def _carried_out(self, request: web.Request, method: str, fields: dict[str, str]) -> web.StreamResponse:
        if request.match_info["token"] != TOKEN:
            return _refused(401, "Unauthorized")
        trouble = self._next_trouble(method, int(fields.get("chat_id", "0")))
        if trouble is not None and trouble.gate is not None:
            await trouble.gate.wait()
            trouble = None
        if trouble is not None and not trouble.happens:
            return self._went_wrong(request, trouble)
        try:
            result = await self._result(method, fields)
        except _Refusal as refusal:
            return _refused(refusal.status, refusal.description)
        if trouble is not None:
            return self._went_wrong(request, trouble)
        if (known := specification()) is not None and method != "getUpdates":
            self.faults += known.of_result(method, result)
        return web.json_response({"ok": True, "result": result})

    def _next_trouble(self, method: str, chat: int) -> Trouble | None:
        for trouble in self._troubles:
            if trouble.method == method and trouble.chat in {None, chat}:
                trouble.times -= 1
                if not trouble.times:
                    self._troubles.remove(trouble)
                return trouble
        return None

    def _went_wrong(self, request: web.Request, trouble: Trouble) -> web.StreamResponse:
        if trouble.cuts:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        if trouble.body is not None:
            return web.Response(status=trouble.status, text=trouble.body)
        return _refused(trouble.status, trouble.description, trouble.parameters)

    async def _result(self, method: str, fields: dict[str, str]) -> Any:
        chat = int(fields.get("chat_id", "0"))
        match method:
            case "getMe":
                return self.me
            case "getUpdates":
                return await self._updates(fields)
            case "sendMessage":
                number = next(self._message_ids)
                self.put_up(chat, number, _readable(fields["text"]), fields.get("reply_markup", ""))
                return self._sent(chat, number)
            case "editMessageText":
                return self._edited(chat, int(fields["message_id"]), _readable(fields["text"]), fields)
            case "pinChatMessage":
                if (chat, int(fields["message_id"])) not in self.posted:
                    raise _Refusal(400, "Bad Request: message to pin not found")
                self.pinned.add((chat, int(fields["message_id"])))
                return True
            case "unpinChatMessage":
                self.pinned.discard((chat, int(fields["message_id"])))
                return True
            case "deleteMessage":
                self.take_away(chat, int(fields["message_id"]))
                return True
            case "getChat":
                if chat not in self.chats:
                    raise _Refusal(400, "Bad Request: chat not found")
                return {**self.chats[chat], **self.newest_pin(chat)}
            case "getChatMember":
                found = self.members.get((chat, int(fields["user_id"])))
                if found is None:
                    raise _Refusal(400, "Bad Request: member not found")
                return found
            case "getChatAdministrators":
                found_all = [member for (where, _), member in self.members.items() if where == chat]
                return [member for member in found_all if member["status"] in {"creator", "administrator"}]
            case "setChatPermissions":
                self.chats[chat] = {**self.chats[chat], "permissions": json.loads(fields["permissions"])}
                return True
            case _:
                return True

    async def _updates(self, fields: dict[str, str]) -> list[JSON]:
        offset = int(fields.get("offset", "0"))
        self.pending = [each for each in self.pending if each["update_id"] >= offset]
        if not self.pending and int(fields.get("timeout", "0")):
            before = self._rounds
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self.pending) or self._rounds != before)
        return self.pending[: int(fields.get("limit", "100"))]

    def _sent(self, chat: int, number: int) -> JSON:
        where = a_chat(chat, "somewhere") if chat < 0 else {"id": chat, "type": "private", "first_name": "Somebody"}
        return {**a_message(number, "…", chat=where, sender=BOT), "date": int(datetime.now(UTC).timestamp())}

    def _edited(self, chat: int, number: int, text: str, fields: dict[str, str]) -> JSON:
        if (chat, number) not in self.posted:
            raise _Refusal(400, "Bad Request: message to edit not found")
        if self.says_already(chat, number, text, fields.get("reply_markup", "")):
            raise _Refusal(400, "Bad Request: message is not modified")
        self.put_up(chat, number, text, fields.get("reply_markup", ""))
        return self._sent(chat, number)

    def _check(self, kind: str, value: Any) -> None:
        if (known := specification()) is not None:
            self.faults += known.of_type(kind, value)


class _Refusal(Exception):
    def __init__(self, status: int, description: str) -> None:
        super().__init__(description)
        self.status = status
        self.description = description


def _refused(status: int, description: str, parameters: JSON | None = None) -> web.Response:
    told: JSON = {"ok": False, "error_code": status, "description": description}
    if parameters:
        told["parameters"] = parameters
    return web.json_response(told, status=status)


def _readable(markup: str) -> str:
    """The markup, if Telegram would take it: balanced known tags, nothing raw, not too long."""
    _check_tags(_TAG.finditer(markup))
    bare = _TAG.sub("", markup)
    if "<" in bare or ">" in bare:
        raise _Refusal(400, "Bad Request: can't parse entities: unsupported start tag")
    if len(html.unescape(bare).encode("utf-16-le")) > 2 * 4096:
        raise _Refusal(400, "Bad Request: message is too long")
    return markup


def _check_tags(tags: Iterable[re.Match[str]]) -> None:
    open_tags: list[str] = []
    for tag in tags:
        closes, name = tag.groups()
        if name not in {"a", "b"} or (closes and (not open_tags or open_tags.pop() != name)):
            raise _Refusal(400, "Bad Request: can't parse entities: unexpected tag")
        if not closes:
            open_tags.append(name)
    if open_tags:
        raise _Refusal(400, "Bad Request: can't parse entities: can't find end tag")
