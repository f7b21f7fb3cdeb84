"""The names of actions: derived, never drawn, so that the same thing decided twice is one action."""

import hashlib

from core.model.action import ActionKind
from core.model.case import CaseId


def action_key(case_id: CaseId, version: int, kind: ActionKind, target: str) -> str:
    """The identity of an action: the same thing decided twice has the same key (32 hex digits)."""
    return hashlib.blake2b(
        "\x00".join((case_id, str(version), kind, target)).encode("utf-8", "surrogatepass"), digest_size=16
    ).hexdigest()
