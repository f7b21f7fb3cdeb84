"""Who is looking: the person at the desk, the member who speaks, and the channel that is open.

In the demo a visitor chooses both from the cast, and cookies remember the choice, so that two browsers can be two
people. Roles never come from the browser: they are read from the community at every request.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from starlette.requests import Request

from adapters.console.sources import ChatRoom
from core.desk.people import Actor, Role
from core.model.message import Author, Channel, ChannelId, RoleId

DESK_COOKIE = "lightkeeper_desk"
VOICE_COOKIE = "lightkeeper_voice"
_ROLES = frozenset(Role)


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request's people and place."""

    actor: Actor
    me: Author
    voice: Author
    channel: Channel
    desk: Sequence[Author]


def roles_of(member: Author) -> frozenset[Role]:
    """What a member is to the desk."""
    return frozenset(role for role in _ROLES if RoleId(role) in member.roles)


def visit_of(request: Request, chat: ChatRoom, channel: str | None = None) -> Visit:
    """The people and place of a request; what is unknown falls back to the first of its kind."""
    members = chat.members()
    desk = [member for member in members if roles_of(member)]
    me = _chosen(desk, request.cookies.get(DESK_COOKIE))
    voice = _chosen([m for m in members if not roles_of(m)] or members, None)
    voice = next((m for m in members if m.id == request.cookies.get(VOICE_COOKIE)), voice)
    channels = chat.channels()
    wanted = ChannelId(channel if channel is not None else request.query_params.get("channel", ""))
    return Visit(
        actor=Actor(community=chat.community, member=me.id, roles=roles_of(me)),
        me=me,
        voice=voice,
        channel=next((each for each in channels if each.id == wanted), channels[0]),
        desk=desk,
    )


def _chosen(people: Sequence[Author], member_id: str | None) -> Author:
    return next((each for each in people if each.id == member_id), people[0])
