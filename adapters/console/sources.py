"""What the console asks of its surroundings, declared by the one who needs it; `bots` hands the real things in."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from core.care.members import Command
from core.model.action import ActionKind
from core.model.card import Card, Text
from core.model.case import Enforcement
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId
from core.model.page import Asker, Page
from core.model.standing import PostKind

Stop = Callable[[], None]
Tell = Callable[[str], None]


class Hands(Protocol):
    """A clock that can be moved on."""

    def now(self) -> datetime: ...
    def move(self, by: timedelta) -> None: ...


class Letter(Protocol):
    """Something that only one member sees: `notice` are its words where the core wrote them, or `page` stands there."""

    @property
    def kind(self) -> ActionKind: ...
    @property
    def case_id(self) -> str: ...
    @property
    def notice(self) -> Text | None: ...
    @property
    def page(self) -> Page | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def is_automatic(self) -> bool: ...


class Posted(Protocol):
    """A card, and when it called somebody or was posted."""

    @property
    def card(self) -> Card: ...
    @property
    def at(self) -> datetime: ...


class Calls(Protocol):
    """To what people of the desk were called, and the digests, oldest first."""

    @property
    def digests(self) -> Sequence[Posted]: ...

    def calls_for(self, member: MemberId) -> Sequence[Posted]: ...


class MemberDesk(Protocol):
    """Answers members, in private."""

    async def command(self, asker: Asker, command: Command) -> Page: ...
    async def press(self, asker: Asker, to: str) -> Page: ...


class Opened(Protocol):
    """The private pages that members who are played have open."""

    def page_for(self, member: MemberId) -> Page | None: ...


class PinnedPost(Protocol):
    """A post that stands at the top of a channel; after a restart its page is not known at once."""

    @property
    def kind(self) -> PostKind: ...
    @property
    def page(self) -> Page | None: ...


class Pins(Protocol):
    """The posts at the top of channels, and what moderators can do to them as on any platform."""

    def pinned(self, channel: ChannelId) -> Sequence[PinnedPost]: ...

    async def unpin(self, channel: ChannelId, kind: PostKind) -> None:
        """Unpin it; nothing happens where none is pinned. Raises: `RetryLater`, `Unavailable`."""
        ...

    async def delete_post(self, channel: ChannelId, kind: PostKind) -> None:
        """Take it away; nothing happens where none stands. Raises: as `unpin`."""
        ...


class ChatRoom(Protocol):
    """The community beside the queue: who is there, what was said, and saying something.

    `say`, `edit` and `delete` raise `NotAllowed` with a sentence for the member, and `Unavailable`.
    """

    community: CommunityId

    def members(self) -> Sequence[Author]:
        """Those whom a visitor can be; their roles are read anew at every click."""
        ...

    def channels(self) -> Sequence[Channel]: ...
    def messages(self, channel: ChannelId, limit: int) -> Sequence[Message]: ...
    def message(self, message_id: MessageId) -> Message | None: ...
    def count(self, channel: ChannelId) -> int: ...
    def name_of(self, member: str) -> str: ...
    def why_silent(self, member: MemberId, channel: ChannelId) -> str | None: ...
    def letters_for(self, member: MemberId) -> Sequence[Letter]: ...

    def listen(self, listener: Tell) -> Stop:
        """Tell `listener` the topic (`chat`, `cards`) of every change until the returned function is called."""
        ...

    async def say(self, member: MemberId, channel: ChannelId, text: str) -> Message: ...
    async def edit(self, member: MemberId, message_id: MessageId, text: str) -> Message: ...
    async def delete(self, member: MemberId, message_id: MessageId) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far a player has come.

    Attributes:
        share: 0 to 1, None while nothing runs.
        note: A short remark for people, such as "12 of 34" or "3 lines skipped".
        caption: What is happening, as a sentence for whoever watches.
    """

    is_running: bool
    share: float | None = None
    note: str = ""
    caption: str = ""


class Player(Protocol):
    """Something that can be played into the chat: the scripted scene, or a log.

    Attributes:
        name: Stands in its address: lower case letters.
        label: What the button says.
    """

    name: str
    label: str

    def progress(self) -> Progress: ...
    def start(self) -> None: ...
    def stop(self) -> None: ...
    def listen(self, listener: Tell) -> Stop: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """The numbers of the status line."""

    screened: int
    enforcement: Enforcement
    policy: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Readiness:
    """How the bot does.

    Attributes:
        is_degraded: It works, with something missing.
        parts: What each part says of itself; holds no id of anybody.
    """

    is_ready: bool
    is_degraded: bool
    parts: Mapping[str, Mapping[str, str | int | float | bool | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A community that can be looked after at the desk."""

    id: CommunityId
    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """How a platform is connected, in words: its name, and what is wrong unless it is up."""

    platform: str
    is_up: bool
    problem: Text | None = None


class Offices(Protocol):
    """The communities that are served: who decides there, and what people and channels are called."""

    def places(self) -> Sequence[Place]: ...

    def people(self, community: CommunityId) -> Sequence[Author]:
        """Whom a visitor can act as there, at least one; their roles are those of the desk."""
        ...

    def name_of(self, member: str) -> str: ...
    def channel_name(self, channel: str) -> str: ...
    def status(self, community: CommunityId) -> Status: ...
    def lines(self) -> Sequence[Line]: ...
