"""What a person orders from a case: what can be ordered, something new, or a proposal taken up.

What concerns a member goes out behind a notice that tells them (`core.flow.noticing`). What takes things back is in
`core.desk.undoing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import count

from core.flow.contact import has_asked, is_unwanted
from core.flow.naming import action_key
from core.flow.noticing import ASKED_AT, AT_REQUEST, REASON, authors_of, rounds_of, with_notices
from core.flow.planning import UNDOES, effect_action
from core.flow.purging import MESSAGES, SINCE, in_evidence, resolved
from core.flow.recents import Recents
from core.model.action import FOREVER_S, LAWS, ActionKind, Effect, inverse_of
from core.model.case import REASONS, Case, CaseId, Concern, Enforcement, Evidence, Outcome
from core.model.case_event import Refused, Why
from core.model.message import ChannelId, CommunityId, MessageId
from core.model.people import Actor, Role
from core.model.preference import Preference
from core.model.record import Action, ActionRecord, ActionState

NOT_YET = frozenset({ActionState.PENDING, ActionState.PROPOSED, ActionState.SHADOW})
CAME_TO_NOTHING = frozenset({ActionState.FAILED, ActionState.WITHDRAWN})

SUPPORT_AGAIN_AFTER = timedelta(hours=24)
"""How long after one support message a member gets no other."""

MOST_TALKS = 2
"""How many talks a case opens a day for who did not ask for one: the second for the one that was closed by a slip."""

MOST_TRIES = 12
"""How many support messages may come to nothing in three days: no sender hides the one that arrived behind them."""

PEOPLE = "people"
"""The parameter in which a private talk names who may join it besides the member, parted by commas."""

_ENDLESS = (FOREVER_S,)
_MINUTE, _HOUR, _DAY = 60, 3600, 86400

ORDERABLE: Mapping[Concern, Mapping[ActionKind, tuple[int, ...]]] = {
    Concern.CRISIS: {ActionKind.SUPPORT_MESSAGE: (), ActionKind.OPEN_TALK: ()},
    Concern.CONDUCT: {
        ActionKind.WARN: (),
        ActionKind.DELETE: (),
        ActionKind.PURGE: (5 * _MINUTE, 15 * _MINUTE, _HOUR),
        ActionKind.TIMEOUT: (10 * _MINUTE, _HOUR, _DAY, 7 * _DAY),
        ActionKind.KICK: (),
        ActionKind.BAN: (_DAY, 7 * _DAY, 30 * _DAY, *_ENDLESS),
        ActionKind.SLOW_MODE: (10 * _MINUTE, _HOUR),
        ActionKind.LOCK: (10 * _MINUTE, _HOUR, *_ENDLESS),
    },
    Concern.RAID: {
        ActionKind.DELETE: (),
        ActionKind.SLOW_MODE: (10 * _MINUTE, _HOUR),
        ActionKind.LOCK: (10 * _MINUTE, _HOUR, *_ENDLESS),
        ActionKind.PAUSE_JOINS: (30 * _MINUTE, 6 * _HOUR, _DAY),
    },
    Concern.APPEAL: {},
}
"""What people can order from a case, with the durations offered, in seconds. Crisis has nothing that punishes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """One thing that can be ordered.

    Attributes:
        durations_s: The choices, in seconds; empty for what takes none.
        has_inverse: Whether it can be undone; said before the click where it can't.
    """

    kind: ActionKind
    durations_s: tuple[int, ...] = ()
    has_inverse: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a click writes to the outbox: as in `Commit`.

    Attributes:
        kind: What was ordered or taken back, and `key` which, for the audit.
    """

    kind: ActionKind
    key: str
    actions: tuple[Action, ...] = ()
    withdrawn: tuple[str, ...] = ()
    untried: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What has to be known of a case before something is ordered from it.

    Attributes:
        records: The case's actions so far.
        support: The support messages to its member that were ordered lately (`support_key`).
        preference: What its member chose, where that counts.
        can: What the community's platform can do.
        recents: Who wrote what lately.
    """

    evidence: Sequence[Evidence] = ()
    records: Sequence[ActionRecord] = ()
    support: Sequence[ActionRecord] = ()
    preference: Preference | None = None
    can: frozenset[ActionKind] = frozenset(ActionKind)
    recents: Recents = field(default_factory=Recents)


def offers(
    case: Case, evidence: Sequence[Evidence], can: frozenset[ActionKind], actor: Actor | None = None
) -> tuple[Offer, ...]:
    """What can be ordered from a case on a platform that can do `can`, mildest first; by `actor`, where given."""
    if actor is not None and not _may_order(actor, case):
        return ()
    there = any(each.is_there for each in evidence)
    return tuple(
        Offer(kind=kind, durations_s=durations, has_inverse=inverse_of(kind) is not None)
        for kind, durations in ORDERABLE[case.concern].items()
        if kind in can and _fits(case, kind) and (there or kind is not ActionKind.DELETE)
    )


def ordered(case: Case, params: Mapping[str, str], known: Known, actor: Actor, now: datetime) -> Wanted | Refused:
    """What a person orders from a case: `kind`, `duration_s` where there is a choice, and where wanted `reason`.

    Refused as `NOT_ALLOWED` for what does not fit the concern or the person, as `NOT_HERE` for what the platform can't
    do, as `OPTED_OUT` for a member who asked to be left alone, as `TOO_MANY` for a second support message within a day
    and for a third talk that nobody asked for.
    """
    kind_name, duration = params.get("kind", ""), params.get("duration_s", "")
    if kind_name not in set(ActionKind):
        return Refused(why=Why.BAD_VALUE, field="kind")
    kind = ActionKind(kind_name)
    choices = ORDERABLE[case.concern].get(kind)
    if choices is None or not _fits(case, kind) or not _may_order(actor, case):
        return Refused(why=Why.NOT_ALLOWED)
    if kind not in known.can:
        return Refused(why=Why.NOT_HERE)
    if choices and duration not in {str(each) for each in choices}:
        return Refused(why=Why.BAD_VALUE, field="duration_s")
    reason = params.get("reason", "")
    if reason and not _is_reason(case, reason):
        return Refused(why=Why.BAD_VALUE, field="reason")
    if known.preference is not None and is_unwanted(kind, known.preference, known.evidence):
        return Refused(why=Why.OPTED_OUT)
    if refused := _not_again(case, kind, known, now):
        return refused
    duration_s = int(duration) if choices else 0
    wanted = (Effect(kind=kind, target=each, duration_s=duration_s) for each in _targets(case, kind, known.evidence))
    where = {each.message_id: each.channel for each in known.evidence}
    actions = [
        effect_action(
            replace(case, channel=where.get(MessageId(each.target), case.channel)),
            each,
            now,
            Enforcement.LIVE,
            by=actor.member,
        )
        for each in wanted
    ]
    written = _written(case, actions, known, reason, now)
    if not written:
        return Refused(why=Why.CHANGED)
    key = next(each.key for each in written if each.kind is kind)
    return Wanted(kind=kind, key=key, actions=written)


def _written(case: Case, actions: Iterable[Action], known: Known, reason: str, now: datetime) -> tuple[Action, ...]:
    """What goes into the outbox: purges with their messages, talks with their people, sanctions behind notices."""
    ready = [
        replace(
            each,
            key=_key(case, each, known, now),
            params={**each.params, **_more_params(case, each, known, reason, now)},
        )
        for action in actions
        for each in resolved(action, now, known.recents, _known_messages(action, known))
    ]
    if not ready:
        return ()
    authors = authors_of(known.evidence)
    told = authors.get(ready[0].target, ready[0].target)
    return with_notices(case, ready, authors, now, rounds=rounds_of(known.records, ready[0].kind, told))


def support_key(community: CommunityId, member: str, day: date, number: int) -> str:
    """The key of a support message to a member: the only way to find those of a day, in whatever case.

    Nothing lists what somebody was offered in a crisis; that one was sent is known to whoever wants to send another.
    The key goes when the case forgets its member: who knows their id could find it by trying.
    """
    return action_key(CaseId(""), number, ActionKind.SUPPORT_MESSAGE, f"{community} {member} {day}")


def _key(case: Case, action: Action, known: Known, now: datetime) -> str:
    if action.kind is ActionKind.OPEN_TALK:  # not made of its member: it stays when they are forgotten
        return action_key(case.id, case.version, action.kind, "")
    if action.kind is not ActionKind.SUPPORT_MESSAGE:
        return action.key
    used = {each.action.key for each in known.support}
    keys = (support_key(case.community, case.subject, now.date(), number) for number in count())
    return next(key for key in keys if key not in used)


def _more_params(case: Case, action: Action, known: Known, reason: str, now: datetime) -> dict[str, str]:
    if action.kind is ActionKind.SUPPORT_MESSAGE:
        return {ASKED_AT: now.isoformat()}
    if action.kind is ActionKind.OPEN_TALK:
        people = {PEOPLE: ",".join(each for each in (case.holder, case.second) if each)}
        return people | ({AT_REQUEST: "yes"} if has_asked(known.evidence) else {})
    return {REASON: reason} if reason else {}


def _known_messages(action: Action, known: Known) -> Mapping[ChannelId, Sequence[MessageId]]:
    """What the case holds of a purge's messages, and what one that was left to people had found already."""
    if SINCE not in action.params:
        return {}
    found = in_evidence(known.evidence, action.target, datetime.fromisoformat(action.params[SINCE]))
    for each in known.records:
        left, channel = each.action, each.action.channel
        is_left = each.state is ActionState.PROPOSED and (left.kind, left.target) == (action.kind, action.target)
        if is_left and channel is not None and MESSAGES in left.params:
            ids = [MessageId(message) for message in left.params[MESSAGES].split(",")]
            found = {**found, channel: [*found.get(channel, ()), *ids]}
    return found


def _may_order(actor: Actor, case: Case) -> bool:
    """Who reaches out to somebody in a crisis is a responder, not an owner who looks after the case meanwhile."""
    return case.concern is not Concern.CRISIS or Role.RESPONDER in actor.roles


def _fits(case: Case, kind: ActionKind) -> bool:
    """What is done to a member needs a case about one: copies of one message in a channel are about nobody alone."""
    if LAWS[kind].family == "channel":
        return str(case.channel) != case.community
    return case.is_about_member or LAWS[kind].family in {"message", "community"}


def _is_reason(case: Case, reason: str) -> bool:
    return reason in set(REASONS.get((case.concern, Outcome.UPHELD), ()))


def _not_again(case: Case, kind: ActionKind, known: Known, now: datetime) -> Refused | None:
    if kind is ActionKind.SUPPORT_MESSAGE:
        since = now - SUPPORT_AGAIN_AFTER
        sent = (each for each in known.support if each.state not in CAME_TO_NOTHING)
        if len(known.support) >= MOST_TRIES or any(each.updated_at is None or each.updated_at > since for each in sent):
            return Refused(why=Why.TOO_MANY)
    if kind is ActionKind.OPEN_TALK:
        live = [each for each in known.records if each.state not in CAME_TO_NOTHING]
        closed = {each.action.params.get(UNDOES) for each in live}
        talks = [each for each in live if each.action.kind is kind]
        if any(each.action.key not in closed for each in talks):
            return Refused(why=Why.CHANGED)
        lately = [each for each in talks if each.updated_at is None or each.updated_at > now - SUPPORT_AGAIN_AFTER]
        if len(lately) >= MOST_TALKS and not has_asked(known.evidence, known.preference):
            return Refused(why=Why.TOO_MANY)
    return None


def _targets(case: Case, kind: ActionKind, evidence: Sequence[Evidence]) -> list[str]:
    match LAWS[kind].family:
        case "message":
            return list(dict.fromkeys(each.message_id for each in evidence if each.is_there))
        case "channel":
            return [case.channel]
        case "community":
            return [case.community]
        case _:
            return [case.subject]


def accepted(
    case: Case, record: ActionRecord, known: Known, actor: Actor, now: datetime, reason: str = ""
) -> Wanted | Refused:
    """The action that a proposal, or a shadow action, becomes when a person wants it.

    A purge reaches back as far as it did when it was proposed.
    """
    proposal = record.action
    if record.state not in {ActionState.PROPOSED, ActionState.SHADOW}:
        return Refused(why=Why.CHANGED)
    if reason and not _is_reason(case, reason):
        return Refused(why=Why.BAD_VALUE, field="reason")
    duration_s = int(proposal.params.get("duration_s", "0"))
    effect = Effect(kind=proposal.kind, target=proposal.target, duration_s=duration_s)
    there = replace(case, channel=proposal.channel or case.channel)
    action = effect_action(there, effect, now, Enforcement.LIVE, by=actor.member)
    if SINCE in proposal.params:
        action = replace(action, params={**action.params, SINCE: proposal.params[SINCE]})
    written = _written(case, (action,), known, reason, now)
    if not written:
        return Refused(why=Why.CHANGED)
    stopped = keys_of(alike(record, known.records))
    return Wanted(kind=proposal.kind, key=proposal.key, actions=written, withdrawn=stopped)


def without_repeats(records: Sequence[ActionRecord]) -> list[ActionRecord]:
    """Each thing that waits for people once, as last proposed; everything that happened or will."""
    last = {(each.action.kind, each.action.target, each.state): each for each in records}
    return [
        each
        for each in records
        if each.state not in {ActionState.PROPOSED, ActionState.SHADOW}
        or last[each.action.kind, each.action.target, each.state] is each
    ]


def alike(record: ActionRecord, records: Iterable[ActionRecord]) -> list[ActionRecord]:
    """What waits and is the same thing as `record`, itself among them: several messages may propose it."""
    if record.state not in NOT_YET:
        return []
    same = (record.action.kind, record.action.target, record.state)
    return [each for each in records if (each.action.kind, each.action.target, each.state) == same]


def keys_of(records: Iterable[ActionRecord]) -> tuple[str, ...]:
    """Their actions' keys."""
    return tuple(each.action.key for each in records)
