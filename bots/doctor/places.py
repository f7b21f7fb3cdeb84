"""Ids in the communities file: whether they can be ids, and whether alerts would be read by whom they are about."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from core.model.community import Community
from core.model.problem import Problem


@dataclass(frozen=True, slots=True)
class _Shape:
    """What an id looks like, and what to do about another one."""

    pattern: re.Pattern[str]
    hint: str


_SNOWFLAKE = _Shape(
    re.compile(r"[1-9][0-9]{14,19}"), "a Discord id is 17 to 20 digits: switch on developer mode, then Copy ID"
)
_SHAPES: Mapping[str, Mapping[str, _Shape]] = {
    "discord": {"community": _SNOWFLAKE, "place": _SNOWFLAKE, "member": _SNOWFLAKE, "role": _SNOWFLAKE},
    "telegram": {
        "community": _Shape(
            re.compile(r"-[1-9][0-9]{4,18}"),
            "a Telegram group's id is a number that begins with -",
        ),
        "place": _Shape(
            re.compile(r"-?[1-9][0-9]{4,18}(/[1-9][0-9]{0,18})?"),
            "a Telegram id is a number; a supergroup's begins with -100",
        ),
        "member": _Shape(re.compile(r"[1-9][0-9]{4,18}"), "a Telegram member's id is a number of 5 digits or more"),
    },
}
"""For each platform what its ids look like."""

WITHOUT_ROLES = frozenset({"telegram"})
"""Platforms on which nobody holds a role."""


def problems_of_ids(community: Community, file: str) -> Iterator[Problem]:
    """Ids that can be none of the community's platform."""
    shapes = _SHAPES.get(community.platform)
    if shapes is None:
        return
    place = f"{file}: {community.name}"
    for field, kind, value in (
        ("id", "community", community.native_id),
        ("alerts", "place", community.alerts),
        ("crisis_alerts", "place", community.crisis_alerts),
        *([("notice", "place", community.notice)] if community.notice is not None else []),
        *(("help_channels", "place", each) for each in community.help_channels),
    ):
        if not shapes[kind].pattern.fullmatch(value):
            yield Problem(place=f"{place}: {field}", reason="is no id of this platform", hint=shapes[kind].hint)
    members = shapes["member"]
    for field, people in (
        ("owners", community.owners),
        ("moderators", community.moderators),
        ("responders", community.responders),
    ):
        if any(not members.pattern.fullmatch(each) for each in people):
            yield Problem(place=f"{place}: {field}", reason="holds something that is no member's id", hint=members.hint)
    for field, roles in (
        ("moderator_roles", community.moderator_roles),
        ("responder_roles", community.responder_roles),
    ):
        yield from _of_roles(f"{place}: {field}", roles, shapes.get("role"), community.native_id)


def _of_roles(place: str, roles: frozenset[str], shape: _Shape | None, everybody: str) -> Iterator[Problem]:
    if roles and shape is None:
        yield Problem(
            place=place, reason="means nothing: this platform has no roles", hint="name the people by their ids instead"
        )
    elif shape and any(not shape.pattern.fullmatch(each) for each in roles):
        yield Problem(place=place, reason="holds something that is no role's id", hint=shape.hint)
    elif everybody in roles:
        yield Problem(
            place=place,
            reason="holds everybody's role, which makes nobody one",
            hint="name a role that only those hold who agreed",
        )


def problems_of_places(communities: Sequence[Community], file: str) -> Iterator[Problem]:
    """Places of alerts that more people can read than should."""
    watched = {(each.platform, each.native_id): each for each in communities}
    places: dict[tuple[str, str], Community] = {}
    for community in communities:
        for field, value in (("alerts", community.alerts), ("crisis_alerts", community.crisis_alerts)):
            place = f"{file}: {community.name}: {field}"
            read_by = watched.get((community.platform, value.partition("/")[0]))
            if read_by is not None:
                what = "the community itself" if read_by is community else f"the community {read_by.name}"
                yield Problem(
                    place=place,
                    reason=f"is {what}, or a topic of it: its members would read the alerts",
                    hint=f"make a place that only {'moderators' if field == 'alerts' else 'responders'} can read",
                )
            other = places.setdefault((community.platform, value), community)
            if other is not community:
                yield Problem(
                    place=place,
                    reason=f"is where alerts of {other.name} go too: each would read of the other's members",
                    hint="give each community places of its own, unless the same people look after both",
                    is_grave=False,
                )
        yield from _hidden(community, file)
        if community.crisis_alerts == community.alerts:
            yield Problem(
                place=f"{file}: {community.name}: crisis_alerts",
                reason="is the same place as alerts: everybody who sees alerts sees who may be in crisis",
                hint="make a place that only responders can read",
                is_grave=False,
            )


def _hidden(community: Community, file: str) -> Iterator[Problem]:
    """What everybody should read, in a place that only moderators or responders do."""
    read_by_all = [("notice", community.notice), *(("help_channels", each) for each in community.help_channels)]
    for field, place in read_by_all:
        if place in {community.alerts, community.crisis_alerts}:
            yield Problem(
                place=f"{file}: {community.name}: {field}",
                reason="is where alerts go: members can't read what is said to them there",
                hint="name a channel that everybody reads",
            )
