"""The rota as it is written: whether those whom its shifts name can be called, and whether anybody is on duty soon.

Who put themselves on or off duty is not asked: that is known to the bot, which tells of gaps itself.
"""

from collections.abc import Iterator
from datetime import datetime

from bots.doctor.places import WITHOUT_ROLES
from core.flow.coverage import LOOK_AHEAD, first_gap
from core.model.community import Community
from core.model.problem import Problem
from core.model.rota import Rota

NAMED = 5


def problems_of_rota(community: Community, rota: Rota, file: str, now: datetime) -> Iterator[Problem]:
    """Nothing where there are no shifts: then everybody is called."""
    if not rota.shifts:
        return
    place = f"{file}: {community.name}: rota"
    has_roles = community.platform not in WITHOUT_ROLES and bool(community.moderator_roles | community.responder_roles)
    yield from _strangers(community, rota, place, has_roles=has_roles)
    on_shifts = {member for shift in rota.shifts for member in shift.members}
    for role, members, roles in (
        ("responder", community.responders, community.responder_roles),
        ("moderator", community.moderators, community.moderator_roles),
    ):
        called = members | on_shifts if has_roles and roles else members  # anybody on the rota may hold the role
        if not called:
            continue  # told of the people
        # Crisis is never quiet, whatever the watched hours.
        gap = first_gap(rota, (), now, is_called=called.__contains__, in_watched_hours=role == "moderator")
        if gap is not None:
            yield _gap(gap, now, place, role, rota)


def _strangers(community: Community, rota: Rota, place: str, *, has_roles: bool) -> Iterator[Problem]:
    known = community.owners | community.moderators | community.responders
    strangers = sorted({member for shift in rota.shifts for member in shift.members} - known)
    if not strangers:
        return
    who = ", ".join(strangers[:NAMED]) + (f" and {len(strangers) - NAMED} more" if len(strangers) > NAMED else "")
    if has_roles:
        reason = f"{who}: on duty by the rota, and not named in the file, so only known by a role once they write"
    else:
        reason = f"{who}: on duty by the rota, and neither moderator nor responder, so never called"
    hint = "name them under moderators or responders, or take them out of the shifts"
    yield Problem(place=place, reason=reason, hint=hint, is_grave=False)


def _gap(gap: tuple[datetime, datetime], now: datetime, place: str, role: str, rota: Rota) -> Problem:
    begins, ends = (each.astimezone(rota.zone) for each in gap)
    if gap == (now, now + LOOK_AHEAD):
        reason = f"no {role} is on duty within the next 24 hours"
    else:
        reason = f"no {role} is on duty from {begins:%a %H:%M} to {ends:%a %H:%M} ({rota.time_zone})"
    hint = "fill the shifts; until then every one of them is called at once"
    return Problem(place=place, reason=reason, hint=hint, is_grave=False)
