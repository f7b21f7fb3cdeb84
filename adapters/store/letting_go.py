"""Taking members out of the outbox: what was done stays known, and not to whom.

The key of an action is made of its target, as is what names that key: they go with it.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, bindparam, delete, select, type_coerce, update

from adapters.store import tables
from adapters.store.outbox import UNSETTLED
from adapters.store.params import named, without
from adapters.store.tables import WHERE_NO_CARD
from core.flow.planning import UNDOES
from core.flow.purging import MESSAGES
from core.model.action import ABOUT_PLACES
from core.model.case import CaseId
from core.model.message import CommunityId, MemberId
from core.model.record import ActionState

_BEGINS = (ActionState.PENDING, ActionState.CLAIMED, ActionState.PROPOSED, ActionState.SHADOW)
_actions = tables.actions.c


def let_go(connection: Connection, case_ids: Collection[CaseId]) -> None:
    """Whom anything was done to in these cases is kept no longer; what went to the desk stays as it is."""
    settled = _actions.state.not_in(UNSETTLED), _actions.kind.not_in(ABOUT_PLACES)
    _empty(connection, WHERE_NO_CARD, _actions.case_id.in_(case_ids), *settled)


def erase_targets(
    connection: Connection,
    community: CommunityId,
    targets: Collection[str],
    *,
    spared: Collection[str],
    within: Collection[ColumnElement[bool]],
) -> None:
    """Nothing is done to these any more, and nobody can tell that anything was.

    Args:
        targets: Members and messages.
        spared: Keys of actions that stay.
        within: Which actions it is about.
    """
    for some in _chunks(targets):
        theirs = _actions.community == community, _actions.target.in_(some), _actions.key.not_in(spared)
        withdrawn = update(tables.actions).where(*theirs, *within, _actions.state.in_(_BEGINS))
        connection.execute(withdrawn.values(state=ActionState.WITHDRAWN))
        _empty(connection, *theirs, *within, _actions.kind.not_in(ABOUT_PLACES))


def erase_mentions(
    connection: Connection,
    community: CommunityId,
    member: MemberId,
    *,
    spared: Collection[str],
    within: Collection[ColumnElement[bool]],
) -> None:
    """No parameter of any other action names the member, and no timer is about them."""
    as_kept = type_coerce(_actions.params, Text).contains(json.dumps(member)[1:-1], autoescape=True)
    mentioning = select(_actions.seq, _actions.params).where(
        _actions.community == community, _actions.key.not_in(spared), as_kept, *within
    )
    rows = connection.execute(mentioning).all()
    renamed = [{"at": row.seq, "but": without(row.params, member)} for row in rows]
    if renamed:
        changing = update(tables.actions).where(_actions.seq == bindparam("at"))
        connection.execute(changing.values(params=bindparam("but", type_=_actions.params.type)), renamed)
    timers, names = tables.timers.c, named(member)
    there = connection.execute(select(timers.key).where(timers.community == community)).all()
    _drop_timers(connection, [row.key for row in there if names(row.key) and row.key not in spared])


def _empty(connection: Connection, *conditions: Any) -> None:
    found = select(_actions.seq, _actions.key, _actions.case_id, _actions.after, _actions.params).where(*conditions)
    rows = connection.execute(found).all()
    if not rows:
        return
    names = {row.key: f"forgotten:{row.seq}" for row in rows}
    emptied = [
        {"at": row.seq, "name": names[row.key], "behind": names.get(row.after, ""), "but": _renamed(row.params, names)}
        for row in rows
    ]
    changing = update(tables.actions).where(_actions.seq == bindparam("at"))
    values = {
        "key": bindparam("name"),
        "after": bindparam("behind"),
        "params": bindparam("but", type_=_actions.params.type),
        "target": "",
        "receipt": "",
    }
    connection.execute(changing.values(values), emptied)
    followed = update(tables.actions).where(_actions.case_id == bindparam("here"), _actions.after == bindparam("old"))
    behind = [{"here": row.case_id, "old": row.key, "name": names[row.key]} for row in rows]
    connection.execute(followed.values(after=bindparam("name")), behind)
    _drop_timers(connection, names)


def _renamed(params: Mapping[str, str], names: Mapping[str, str]) -> dict[str, str]:
    kept = {name: value for name, value in params.items() if name not in {MESSAGES, UNDOES}}
    return {**kept, UNDOES: names.get(params[UNDOES], "")} if UNDOES in params else kept


def _drop_timers(connection: Connection, keys: Collection[str]) -> None:
    for some in _chunks(keys):
        connection.execute(delete(tables.timers).where(tables.timers.c.key.in_(some)))


def _chunks(values: Collection[str], size: int = 500) -> list[tuple[str, ...]]:
    listed = tuple(values)
    return [listed[start : start + size] for start in range(0, len(listed), size)]
