"""Which sanctions hold a member now: why a case that should have forgotten them doesn't yet. Pure."""

from collections.abc import Iterable
from datetime import datetime

from core.desk.undoing import may_hold
from core.flow.planning import UNDOES
from core.model.action import LAWS
from core.model.case import Enforcement
from core.model.record import ActionRecord, ActionState

_HOLDS = frozenset(kind for kind, law in LAWS.items() if law.enforces and law.inverse and law.family == "member")
_UNDER_WAY = frozenset({ActionState.PENDING, ActionState.CLAIMED})
_DONE = frozenset({ActionState.DONE, ActionState.UNKNOWN})


def in_force(records: Iterable[ActionRecord], now: datetime) -> list[ActionRecord]:
    """The bans and timeouts among `records` that are or may be in force, or are about to be.

    `records` are all of a case, or all that were ordered for a member: what was taken back is told by what undid it.
    """
    known = list(records)
    undone = {each.action.params.get(UNDOES) for each in known if each.state in _DONE}
    return [
        each
        for each in known
        if each.action.kind in _HOLDS
        and each.action.enforcement is Enforcement.LIVE
        and each.action.key not in undone
        and (each.action.until is None or each.action.until > now)
        and (may_hold(each, known) or each.state in _UNDER_WAY)
    ]
