"""The names of actions: derived, never drawn, so that the same thing decided twice is one action."""

import hashlib
from collections.abc import Iterable
from dataclasses import replace

from core.model.action import ActionKind
from core.model.case import CaseId
from core.model.record import Action


def action_key(case_id: CaseId, version: int, kind: ActionKind, target: str) -> str:
    """The identity of an action: the same thing decided twice has the same key (32 hex digits)."""
    return hashlib.blake2b(
        "\x00".join((case_id, str(version), kind, target)).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()


def renamed(actions: Iterable[Action], key: str, other: str) -> tuple[Action, ...]:
    """The actions, the one of that key under another, and what comes after it still after it."""
    return tuple(
        replace(each, key=other if each.key == key else each.key, after=other if each.after == key else each.after)
        for each in actions
    )
