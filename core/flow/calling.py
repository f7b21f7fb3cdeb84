"""Who is on duty, and whom a case calls at each tier of its chain. Pure.

Only people who hold the role are ever called. Who puts themselves on or off duty overrides the shifts until that ends.
A community without shifts in which nobody went on duty calls everybody of the role.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from core.flow.planning import CALLS, LOOK_IN, WAITS
from core.model.card import Audience
from core.model.case import Case, State, Tier
from core.model.message import MemberId
from core.model.people import FIRST_CALLED, Role
from core.model.record import Action, Duty
from core.model.rota import Planned, Rota

BUT = "but"
"""The parameter of a page that names who is not called: the one who has just let the case go."""

ASKED = "asked"
"""The parameter of a call that a person asked for: it is made at any hour."""


def on_duty(rota: Rota, duties: Iterable[Duty], now: datetime) -> list[MemberId]:
    """Who is on duty, in the order in which they are called: the shifts', then those who put themselves on duty."""
    return there_at(rota.planned(now, now), duties, now)


def there_at(planned: Iterable[Planned], duties: Iterable[Duty], at: datetime) -> list[MemberId]:
    """The same for shifts that were looked up before, among them all that run at that moment."""
    running = {each.member: each for each in duties if each.since <= at < each.until}
    members = [member for shift in planned if shift.begins <= at < shift.ends for member in shift.members]
    off = {member for member, duty in running.items() if not duty.is_on}
    volunteers = sorted((duty for duty in running.values() if duty.is_on), key=lambda duty: (duty.since, duty.member))
    return [m for m in dict.fromkeys([*members, *(duty.member for duty in volunteers)]) if m not in off]


def audience(
    case: Case,
    tier: Tier,
    *,
    duty: Sequence[MemberId],
    known: Sequence[MemberId],
    owners: Sequence[MemberId],
    but: Collection[MemberId] = (),
) -> Audience:
    """Whom a card of `case` calls at `tier`: never its subject, and not the one who holds it already.

    Args:
        duty: Who is on duty and holds the role that is called first, in order.
        known: All who are known to hold it.
        owners: The owners.
        but: Who is passed over where there is somebody else on duty.
    """
    role = FIRST_CALLED[case.concern]
    not_called = {case.subject, case.holder}
    others = tuple(m for m in owners if m not in not_called)
    members = tuple(m for m in known if m not in not_called)
    everybody = Audience(
        role=role,
        members=members,
        behind=() if members else others,
        is_everybody=case.subject not in known,  # a call to the whole role would reach them too
        is_unstaffed=not duty,
    )
    if tier >= Tier.OWNERS and others:
        return Audience(role=Role.OWNER, members=others)
    there = [member for member in duty if member not in not_called and member not in but]
    place = 1 if tier is Tier.NEXT else 0
    if tier >= Tier.ALL or len(there) <= place:
        return everybody
    return Audience(role=role, members=(there[place],))


def why_moot(case: Case, call: Action) -> str:
    """Why a page or a private message about a case need not go out any more; empty while it has to."""
    if not case.is_open:
        is_wanted = case.follow_up is not None and call.params.get(LOOK_IN) == case.follow_up
        return "" if is_wanted else "its case is closed"
    if call.params.get(WAITS) and case.state is not State.WAITING:
        return "somebody has its case"
    named = call.params.get(CALLS)
    return "its case has changed hands" if named and case.holder != named else ""
