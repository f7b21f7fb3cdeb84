"""Who is on duty, and whom a case calls at each tier of its chain. Pure.

Only people who hold the role are ever called. Who puts themselves on or off duty overrides the shifts until that ends.
A community without shifts in which nobody went on duty calls everybody of the role.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime

from core.model.card import Audience
from core.model.case import Case, Tier
from core.model.message import MemberId
from core.model.people import FIRST_CALLED, Role
from core.model.record import Duty
from core.model.rota import Rota


def on_duty(rota: Rota, duties: Iterable[Duty], now: datetime) -> list[MemberId]:
    """Who is on duty, in the order in which they are called: the shifts', then those who put themselves on duty."""
    running = {each.member: each for each in duties if each.since <= now < each.until}
    planned = [member for shift in rota.shifts_at(now) for member in shift.members]
    off = {member for member, duty in running.items() if not duty.is_on}
    volunteers = sorted((duty for duty in running.values() if duty.is_on), key=lambda duty: (duty.since, duty.member))
    return [m for m in dict.fromkeys([*planned, *(duty.member for duty in volunteers)]) if m not in off]


def audience(
    case: Case, tier: Tier, *, duty: Sequence[MemberId], known: Sequence[MemberId], owners: Sequence[MemberId]
) -> Audience:
    """Whom a card of `case` calls at `tier`.

    Args:
        duty: Who is on duty and holds the role that is called first, in order.
        known: All who are known to hold it.
        owners: The owners.
    """
    role = FIRST_CALLED[case.concern]
    everybody = Audience(role=role, members=tuple(m for m in known if m != case.subject), is_everybody=True)
    if tier >= Tier.OWNERS:
        return Audience(role=Role.OWNER, members=tuple(owners))
    there = [member for member in duty if member != case.subject]
    place = 1 if tier is Tier.NEXT else 0
    if tier >= Tier.ALL or len(there) <= place:
        return everybody
    return Audience(role=role, members=(there[place],))
