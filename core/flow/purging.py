"""Which messages a purge deletes: found when it is ordered, written down as ids, at most a hundred an action. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from core.flow.naming import action_key
from core.flow.noticing import BY
from core.flow.recents import Recents
from core.model.action import ActionKind
from core.model.case import Enforcement, Evidence
from core.model.message import ChannelId, MemberId, Message, MessageId
from core.model.record import Action

SINCE = "since"
"""The parameter in which a purge says how far back it reaches, in ISO 8601."""

MESSAGES = "messages"
"""The parameter in which a purge names its messages, parted by commas."""

MOST = 100
"""How many messages one purge deletes, as much as platforms take in one call."""

Found = Mapping[ChannelId, Sequence[MessageId]]


def resolved(action: Action, now: datetime, recents: Recents, known: Found) -> tuple[Action, ...]:
    """The purges that delete what is there: one for each channel and hundred; others as they are.

    A purge that is only proposed or written down stays as it is: its messages are found when a person wants it. None
    at all when there is nothing to delete. One that nobody ordered leaves out what sounds like a crisis.

    Args:
        known: The member's messages that are known besides, those of the case.
    """
    if action.kind is not ActionKind.PURGE or action.enforcement is not Enforcement.LIVE:
        return (action,)
    since = datetime.fromisoformat(action.params[SINCE])
    found: dict[ChannelId, dict[MessageId, None]] = {}
    is_ordered = bool(action.params.get(BY))
    lately = recents.of(action.community, MemberId(action.target), since, now, with_spared=is_ordered)
    for messages in (lately, known):
        for channel, ids in messages.items():
            found.setdefault(channel, {}).update(dict.fromkeys(ids))
    return tuple(
        _purge(action, channel, ids[first : first + MOST], first)
        for channel, ids in ((channel, list(each)) for channel, each in found.items())
        for first in range(0, len(ids), MOST)
    )


def in_evidence(evidence: Iterable[Evidence], member: str, since: datetime) -> Found:
    """The messages of a case that are still there and were written by that member since then."""
    found: dict[ChannelId, list[MessageId]] = {}
    for each in evidence:
        if each.author == member and each.sent_at >= since and each.is_there:
            found.setdefault(each.channel, []).append(each.message_id)
    return found


def just(message: Message) -> Found:
    """One message."""
    return {message.channel.id: [message.id]}


def _purge(action: Action, channel: ChannelId, ids: Sequence[MessageId], first: int) -> Action:
    target = "\x00".join((action.target, channel, str(first)))
    return replace(
        action,
        key=action_key(action.case_id, action.version, action.kind, target),
        channel=channel,
        params={**action.params, MESSAGES: ",".join(ids)},
    )
