"""The audit's hash chain: each entry's hash covers all of it and the hash before.

The hash is SHA-256 over canonical JSON (sorted keys, no spaces, ASCII), so that anybody can check a chain.
"""

import hashlib
import json
from dataclasses import replace
from datetime import UTC

from core.model.record import AuditDraft, AuditEntry

START = "0" * 64
"""What stands before a chain's first entry."""


def chained(draft: AuditDraft, number: int, member_ref: str, previous: str) -> AuditEntry:
    """The entry that `draft` becomes at place `number` (from 1), after the entry with hash `previous`."""
    entry = AuditEntry(
        community=draft.community,
        number=number,
        at=draft.at.astimezone(UTC),
        actor=draft.actor,
        verb=draft.verb,
        case_id=draft.case_id,
        member_ref=member_ref,
        facts=dict(draft.facts),
        previous=previous,
        hash="",
    )
    return replace(entry, hash=entry_hash(entry))


def entry_hash(entry: AuditEntry) -> str:
    """The hash that `entry` must carry."""
    covered = {
        "community": entry.community,
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "verb": entry.verb,
        "case_id": entry.case_id,
        "member_ref": entry.member_ref,
        "facts": dict(entry.facts),
        "previous": entry.previous,
    }
    canonical = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def is_next(entry: AuditEntry, number: int, previous: str) -> bool:
    """Whether `entry` is whole and stands at place `number` after the entry with hash `previous`."""
    try:
        return entry.number == number and entry.previous == previous and entry.hash == entry_hash(entry)
    except (AttributeError, TypeError, ValueError):  # facts or a time of a shape that nobody here writes
        return False
