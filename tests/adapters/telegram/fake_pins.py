"""Pins of the fake Telegram: whoever asks is shown the newest pinned message alone, by when it was sent."""

import html
import json
import re
from typing import Any

from tests.clock import START

JSON = dict[str, Any]
_TAG = re.compile(r"</?[ab](?: [^<>]*)?>")


class FakePins:
    """What stands in the chats, and what of it is pinned."""

    def __init__(self, bot: JSON) -> None:
        self.posted: dict[tuple[int, int], str] = {}
        """The markup of every message of the bot's, by chat and number."""
        self.keyboards: dict[tuple[int, int], JSON] = {}
        self.pinned: set[tuple[int, int]] = set()
        """By chat and number; somebody else's messages are pinned without being in `posted`."""
        self.pins_shown = True
        self._bot = bot

    def buttons(self, chat: int, number: int) -> list[tuple[str, str]]:
        """Label and address of each button below a message."""
        rows = self.keyboards.get((chat, number), {}).get("inline_keyboard", [])
        return [(each["text"], each.get("url", "")) for row in rows for each in row]

    def newest_pin(self, chat: int) -> JSON:
        """What `getChat` adds to a chat."""
        numbers = [number for where, number in self.pinned if where == chat]
        if not numbers or not self.pins_shown:
            return {}
        number = max(numbers)
        told: JSON = {
            "message_id": number,
            "date": int(START.timestamp()),
            "chat": {"id": chat, "type": "supergroup", "title": "somewhere"},
        }
        if (chat, number) not in self.posted:
            somebody = {"id": 7, "is_bot": False, "first_name": "Ann"}
            return {"pinned_message": {**told, "from": somebody, "text": "words of a member"}}
        told |= {"from": self._bot, "text": html.unescape(_TAG.sub("", self.posted[chat, number])).strip()}
        if (chat, number) in self.keyboards:
            told["reply_markup"] = self.keyboards[chat, number]
        return {"pinned_message": told}

    def put_up(self, chat: int, number: int, markup: str, keyboard: str) -> None:
        """A message of the bot's says that now."""
        self.posted[chat, number] = markup
        self.keyboards.pop((chat, number), None)
        if keyboard:
            self.keyboards[chat, number] = json.loads(keyboard)

    def says_already(self, chat: int, number: int, markup: str, keyboard: str) -> bool:
        """Whether an edit would change nothing."""
        wanted = json.loads(keyboard) if keyboard else None
        return self.posted[chat, number] == markup and self.keyboards.get((chat, number)) == wanted

    def take_away(self, chat: int, number: int) -> None:
        """Somebody deletes a message."""
        self.posted.pop((chat, number), None)
        self.keyboards.pop((chat, number), None)
        self.pinned.discard((chat, number))
