"""What people, chats and topics are called, as far as Telegram has told since the start; the oldest are forgotten."""

import re
import unicodedata
from collections import OrderedDict

from telegram import Chat, User

from adapters.telegram.places import Place
from core.model.message import ChannelId, MemberId

MEMBERS_KEPT = 20_000
CHANNELS_KEPT = 5_000
NAME_CHARS = 100

_SPACES = re.compile(r"\s+")
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn"})


class Names:
    """Names by id, and ids by user name."""

    def __init__(self) -> None:
        self._members: OrderedDict[str, str] = OrderedDict()
        self._channels: OrderedDict[str, str] = OrderedDict()
        self._usernames: OrderedDict[str, str] = OrderedDict()

    def of_member(self, member: str) -> str:
        """The id where nobody has told."""
        return self._members.get(member, member)

    def of_channel(self, channel: str) -> str:
        """The id where nobody has told."""
        return self._channels.get(channel, channel)

    def member_called(self, username: str) -> MemberId | None:
        """Who has that user name (`@` or not), where they were seen."""
        known = self._usernames.get(username.lstrip("@").lower())
        return MemberId(known) if known else None

    def learn_user(self, user: User) -> str:
        """Their name, kept."""
        return self._learn_member(str(user.id), user.full_name, user.username)

    def learn_sender(self, chat: Chat) -> str:
        """The name of a channel or group that writes as itself, kept."""
        return self._learn_member(str(chat.id), chat.title or "", chat.username)

    def learn_place(self, place: Place, name: str) -> None:
        """What a chat or a topic is called."""
        _keep(self._channels, place.channel, plain(name) or place.channel, CHANNELS_KEPT)

    def of_place(self, place: Place) -> str:
        """The topic's name, or the chat's; the id where nobody has told."""
        return self.of_channel(place.channel)

    def _learn_member(self, member: str, name: str, username: str | None) -> str:
        shown = plain(name) or member
        _keep(self._members, member, shown, MEMBERS_KEPT)
        if username:
            _keep(self._usernames, username.lower(), member, MEMBERS_KEPT)
        return shown


def plain(text: str, at_most: int = NAME_CHARS) -> str:
    """One line without anything that hides or reorders what stands beside it, at most so many characters."""
    seen = "".join(" " if c.isspace() else c for c in text if c.isspace() or unicodedata.category(c) not in _HIDDEN)
    return _SPACES.sub(" ", seen).strip()[:at_most]


def _keep(kept: OrderedDict[str, str], key: str | ChannelId, value: str, limit: int) -> None:
    kept[key] = value
    kept.move_to_end(key)
    while len(kept) > limit:
        kept.popitem(last=False)
