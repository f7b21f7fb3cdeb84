"""The copy of a member's own data: one JSON file, for them alone.

It holds their choices, their own words as far as they are kept, decisions about their conduct, their appeals and what
holds them now. It never says what others wrote or did, that somebody reported them, or anything of a crisis case but
that one is open. What they wrote shortly before somebody else's message became a case is left out too: it would tell
them that it did.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime

from core.flow.noticing import reason_of
from core.model.belongings import Belongings
from core.model.case import COUNTS_FOR, Case, Concern, Outcome
from core.model.community import Community
from core.model.message import MemberId
from core.model.page import Document
from core.model.preference import Preference
from core.model.record import ActionRecord, Duty, SealedMessage

NAME = "my-data.json"


def exported(
    community: Community, member: MemberId, belongings: Belongings, chosen: Preference, now: datetime
) -> Document:
    """The file, in UTF-8."""
    content: Mapping[str, object] = {
        "made_at": now.isoformat(),
        "community": {"id": community.id, "name": community.name},
        "member": member,
        "choices": {
            "no_messages_unasked": chosen.no_contact,
            "no_crisis_screening": chosen.no_crisis_screening,
            "since": _when(chosen.since),
        },
        "conduct": [_decision(each) for each in belongings.cases if each.concern is Concern.CONDUCT],
        "appeals": [_appeal(each) for each in belongings.cases if each.concern is Concern.APPEAL],
        "in_force": [_sanction(each) for each in belongings.sanctions],
        "your_words": [_words(each) for each in _of(member, belongings.words)],
        "reports_you_made": belongings.reports,
        "on_duty": [_duty(each) for each in belongings.duties],
        "somebody_is_looking_after_you": belongings.is_in_care,
    }
    text = json.dumps(content, ensure_ascii=False, indent=2)
    # Half a surrogate pair, which some messages have, becomes the escape that JSON has for it.
    return Document(name=NAME, media_type="application/json", content=text.encode("utf-8", "backslashreplace"))


def _decision(case: Case) -> Mapping[str, object]:
    """Neither kind nor level: they would say that somebody reported it."""
    is_decided = case.outcome is not None and case.closed_at is not None
    counts = case.outcome is Outcome.UPHELD and case.closed_at is not None
    return {
        "case": case.id,
        "opened_at": _when(case.opened_at),
        "decided_at": _when(case.closed_at),
        "outcome": case.outcome,
        "about": reason_of(case) if is_decided else None,
        "counts_until": _when(case.closed_at + COUNTS_FOR) if counts and case.closed_at else None,
    }


def _appeal(case: Case) -> Mapping[str, object]:
    return {
        "case": case.id,
        "about_case": case.parent,
        "filed_at": _when(case.opened_at),
        "decided_at": _when(case.closed_at),
        "outcome": case.outcome,
    }


def _sanction(record: ActionRecord) -> Mapping[str, object]:
    action = record.action
    return {"what": action.kind, "case": action.case_id, "until": _when(action.until)}


def _of(member: MemberId, words: Sequence[SealedMessage]) -> Sequence[SealedMessage]:
    return [each for each in words if each.message.author.id == member and not each.is_context]


def _words(kept: SealedMessage) -> Mapping[str, object]:
    """Without what they quoted, which is somebody else's."""
    message = kept.message
    return {"sent_at": _when(message.sent_at), "channel": message.channel.id, "text": message.text}


def _duty(duty: Duty) -> Mapping[str, object]:
    return {"is_on": duty.is_on, "since": _when(duty.since), "until": _when(duty.until)}


def _when(at: datetime | None) -> str | None:
    return at.isoformat() if at is not None else None
