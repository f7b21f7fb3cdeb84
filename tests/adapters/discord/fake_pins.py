"""Pins of the small Discord on loopback: pages of fifty, a limit, and what Discord says when something is pinned."""

from collections.abc import Callable
from typing import Any, Protocol

from tests.adapters.discord.made_up import BOT_ID, GUILD_ID, Json
from tests.clock import START

PAGE = 50
PINNED = 6
"""The type of message by which Discord tells a channel that something was pinned."""

Effect = Callable[..., tuple[int, Any]]


class Query(Protocol):
    """What of a request matters here."""

    query: dict[str, str]


class FakePins:
    """One channel's pins are flags of its messages; the newest pin is listed first."""

    def __init__(self) -> None:
        self.messages: dict[int, dict[int, Json]] = {}
        self.pins_at_most = 250
        self.announces_pins = True
        self._pinned_nth = 0

    def a_message(self, text: str, **more: Any) -> Json:
        """A message as Discord tells it."""
        raise NotImplementedError

    def next_id(self) -> int:
        """A number that no message has yet, rising."""
        raise NotImplementedError

    def pinned(self, channel: int) -> list[Json]:
        """What is pinned there, the newest pin first."""
        found = [each for each in self.messages.get(channel, {}).values() if each["pinned"]]
        return sorted(found, key=lambda each: -int(each["_pinned_nth"]))

    def pin(self, channel: int, message_id: int) -> tuple[int, Any]:
        """Somebody pins a message."""
        message = self.messages.get(channel, {}).get(message_id)
        if message is None:
            return 404, {"message": "synthetic", "code": 10008}
        if not message["pinned"] and len(self.pinned(channel)) >= self.pins_at_most:
            return 400, {"message": "synthetic", "code": 30003}
        self._pinned_nth += 1
        message.update(pinned=True, _pinned_nth=self._pinned_nth)
        if self.announces_pins:
            reference = {
                "type": 0,
                "message_id": str(message_id),
                "channel_id": str(channel),
                "guild_id": str(GUILD_ID),
            }
            told = self.a_message(
                "", nth=self.next_id(), author=BOT_ID, channel_id=str(channel), type=PINNED, message_reference=reference
            )
            self.messages[channel][int(told["id"])] = told
        return 204, None

    def unpin(self, channel: int, message_id: int) -> tuple[int, Any]:
        """Somebody unpins a message."""
        self.messages[channel][message_id]["pinned"] = False
        return 204, None

    def pin_routes(self) -> list[tuple[str, str, Effect]]:
        """The calls about pins, and the one that reads a message."""
        return [
            ("GET", r"/channels/(\d+)/messages/pins", self._list),
            ("PUT", r"/channels/(\d+)/messages/pins/(\d+)", lambda _, channel, message: self.pin(channel, message)),
            ("DELETE", r"/channels/(\d+)/messages/pins/(\d+)", lambda _, channel, each: self.unpin(channel, each)),
            ("GET", r"/channels/(\d+)/messages/(\d+)", self._read),
        ]

    def _list(self, asked: Query, channel: int) -> tuple[int, Any]:
        before = asked.query.get("before", "~")
        items = [{"pinned_at": _moment(each), "message": _told(each)} for each in self.pinned(channel)]
        rest = [each for each in items if str(each["pinned_at"]) < before]
        page = rest[: int(asked.query.get("limit", PAGE))]
        return 200, {"items": page, "has_more": len(rest) > len(page)}

    def _read(self, asked: Query, channel: int, message_id: int) -> tuple[int, Any]:
        message = self.messages.get(channel, {}).get(message_id)
        return (200, _told(message)) if message else (404, {"message": "synthetic", "code": 10008})


def _moment(message: Json) -> str:
    at = START.replace(microsecond=int(message["_pinned_nth"]))
    return at.isoformat(timespec="microseconds")


def _told(message: Json) -> Json:
    return {name: value for name, value in message.items() if not name.startswith("_")}
