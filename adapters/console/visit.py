"""Who is looking: the person at the desk and, in the demo, the member who speaks and the channel that is open.

A visitor chooses among the people there, and cookies remember the choice, so that two browsers can be two people.
Roles never come from the browser: they are read from the community at every request.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from starlette.requests import Request

from adapters.console.sources import ChatRoom
from core.model.message import Author, Channel, ChannelId, CommunityId, RoleId
from core.model.people import Actor, Role

DESK_COOKIE = "lightkeeper_desk"
VOICE_COOKIE = "lightkeeper_voice"
_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Seat:
    """The person at the desk of one community, and all who could sit there."""

    community: CommunityId
    me: Author
    desk: Sequence[Author]

    @property
    def actor(self) -> Actor:
        """Who acts, for the queue."""
        return Actor(community=self.community, member=self.me.id, roles=roles_of(self.me))


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """A choice that a cookie remembers."""

    cookie: str
    value: str


class Seating(Protocol):
    """Says who sits at the desk."""

    def seat(self, request: Request) -> Seat:
        """The seat of whoever asks. Raises: `HTTPException` when nobody has been chosen."""
        ...

    def chosen(self, request: Request, member: str) -> Choice | None:
        """What to remember when somebody wants to be that member; None for nobody who could sit there."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Who speaks in the demo's chat, and where."""

    voice: Author
    channel: Channel


class ChatSeating:
    """The demo's desk: those of the cast who have a role there; at first the first of them."""

    def __init__(self, chat: ChatRoom) -> None:
        self._chat = chat

    def seat(self, request: Request) -> Seat:
        desk = self._desk()
        me = next((each for each in desk if each.id == request.cookies.get(DESK_COOKIE)), desk[0])
        return Seat(community=self._chat.community, me=me, desk=desk)

    def chosen(self, request: Request, member: str) -> Choice | None:
        is_there = any(each.id == member for each in self._desk())
        return Choice(cookie=DESK_COOKIE, value=member) if is_there else None

    def _desk(self) -> Sequence[Author]:
        return [member for member in self._chat.members() if roles_of(member)]


def roles_of(member: Author) -> frozenset[Role]:
    """What a member is to the desk."""
    return frozenset(role for role in _ROLES if RoleId(role) in member.roles)


def visit_of(request: Request, chat: ChatRoom, channel: str | None = None) -> Visit:
    """Who speaks where; what is unknown falls back to the first of its kind."""
    members = chat.members()
    others = [member for member in members if not roles_of(member)] or members
    voice = next((each for each in members if each.id == request.cookies.get(VOICE_COOKIE)), others[0])
    channels = chat.channels()
    wanted = ChannelId(channel if channel is not None else request.query_params.get("channel", ""))
    return Visit(voice=voice, channel=next((each for each in channels if each.id == wanted), channels[0]))
