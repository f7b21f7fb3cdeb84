"""What members are told of what is done to them: which actions carry a notice, and its words. Pure.

A notice goes out before the sanction, which waits for it: a ban takes the way to reach somebody. It may fail, and the
sanction then follows all the same. What is automatic is told once a case, kind and member, however many messages it
hits; what a person orders is told anew when it has another end.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.flow.naming import action_key
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import Case, Concern, Enforcement, Evidence, Reason
from core.model.finding import Kind
from core.model.message import MemberId
from core.model.record import Action, ActionRecord, ActionState

OF = "of"
"""The parameter in which a notice says which kind of sanction it announces; `LIFTED` for the end of one."""

WHAT = "what"
"""The parameter in which a notice of an end says which kind of sanction has ended."""

LIFTED = "lift"

AT_REQUEST = "at_request"
"""The parameter of a private talk that its member had asked for."""

REASON = "reason"
BY = "by"
"""The parameter that names the person who ordered an action; an automatic one has none."""

ASKED_AT = "at"
"""The parameter in which a notice or a support message says when it was ordered, in ISO 8601."""

GIVEN_UP_AFTER = timedelta(seconds=60)
"""How long a sanction waits for a notice that the platform does not take."""

COULD_NOT_BE_TOLD = "could not be told"

_REASONS: Mapping[Kind, Reason] = {
    Kind.INSULT: Reason.HARASSMENT,
    Kind.THREAT: Reason.THREATS,
    Kind.IDENTITY_ATTACK: Reason.HATE,
    Kind.SEXUAL: Reason.SEXUAL,
    Kind.PILE_ON: Reason.HARASSMENT,
    Kind.DOXXING: Reason.PRIVATE_DETAILS,
    Kind.STALKING: Reason.HARASSMENT,
    Kind.ENCOURAGEMENT: Reason.HARASSMENT,
    Kind.FLOOD: Reason.SPAM,
    Kind.RAID: Reason.RAID,
}


def authors_of(evidence: Iterable[Evidence]) -> dict[str, MemberId]:
    """Who wrote each message of a case."""
    return {each.message_id: each.author for each in evidence}


def with_notices(
    case: Case, actions: Iterable[Action], authors: Mapping[str, MemberId], now: datetime, *, rounds: int = 0
) -> tuple[Action, ...]:
    """The actions, each that its member is told of behind its notice.

    Args:
        authors: Who wrote the messages that are deleted.
        rounds: How often such a notice came to nothing or was taken back in this case (`rounds_of`).
    """
    written: dict[str, Action] = {}
    for action in actions:
        member = _told_of(case, action, authors)
        if member is None:
            written[action.key] = action
            continue
        notice = _notice(case, action, member, now, rounds)
        written.setdefault(notice.key, notice)
        written[action.key] = replace(action, after=notice.key)
    return tuple(written.values())


def rounds_of(records: Iterable[ActionRecord], kind: ActionKind, member: str) -> int:
    """How many notices of that kind to that member were withdrawn, or followed by one of its end."""
    return sum(
        each.action.kind is ActionKind.NOTICE
        and each.action.target == member
        and (
            each.action.params.get(WHAT) == kind
            or (each.action.params.get(OF) == kind and each.state is ActionState.WITHDRAWN)
        )
        for each in records
    )


def lifted_notice(case: Case, sanction: Action, key: str, after: str, by: str, now: datetime) -> Action:
    """The notice that a sanction was taken back, behind the action `after` that does so."""
    params = {OF: LIFTED, WHAT: sanction.kind.value, ASKED_AT: now.isoformat(), **({BY: by} if by else {})}
    return Action(
        key=key,
        community=case.community,
        case_id=case.id,
        version=case.version,
        kind=ActionKind.NOTICE,
        lane=LAWS[ActionKind.NOTICE].lane,
        target=sanction.target,
        channel=case.channel,
        after=after,
        params=params,
    )


def words(action: Action, case: Case) -> Text | None:
    """What the member reads; None for an action that says nothing to its target, or as a page of its own.

    Its times are in UTC, since nobody knows where its reader is; platforms that show local times have `action.until`.
    """
    by = "person" if action.params.get(BY) else "rules"
    reason = action.params.get(REASON) or reason_of(case).value
    match action.kind:
        case ActionKind.OPEN_TALK:
            return Text(key="letter.talk_asked" if action.params.get(AT_REQUEST) else "letter.talk")
        case ActionKind.WARN:
            return Text(key="letter.notice.warn", params={"by": by, "reason": reason, "case": case.id})
        case ActionKind.NOTICE if action.params.get(OF) == LIFTED:
            return Text(key="letter.notice.lift", params={"what": action.params.get(WHAT, "")})
        case ActionKind.NOTICE:
            params: dict[str, str | int] = {"by": by, "reason": reason, "case": case.id}
            key = f"letter.notice.{action.params.get(OF, '')}"
            if action.until is None:
                return Text(key=key, params=params)
            return Text(key=f"{key}_until", params={**params, "until": f"{action.until:%Y-%m-%d %H:%M} UTC"})
        case _:
            return None


def can_be_appealed(letter: Action) -> bool:
    """Whether what a member is told is a sanction, which they can appeal; not the end of one, or of an appeal."""
    told = {kind for kind, law in LAWS.items() if law.is_told}
    return letter.kind is ActionKind.WARN or letter.params.get(OF) in told


def reason_of(case: Case) -> Reason:
    """The rule that a case is about, for whom nobody has said it: the one that people gave, else by its kind."""
    return case.reason or _REASONS.get(case.kind, Reason.HOUSE_RULES)


def _told_of(case: Case, action: Action, authors: Mapping[str, MemberId]) -> MemberId | None:
    """Who is told before this is done; None for what is not done yet or concerns nobody in particular."""
    if not LAWS[action.kind].is_told or action.enforcement is not Enforcement.LIVE:
        return None
    if LAWS[action.kind].family != "message":
        return MemberId(action.target)
    # Hundreds of throwaway accounts each get no letter about a deleted message: the platform would stop the bot first.
    return None if case.concern is Concern.RAID else authors.get(action.target)


def _notice(case: Case, sanction: Action, member: MemberId, now: datetime, rounds: int) -> Action:
    by, law = sanction.params.get(BY, ""), LAWS[sanction.kind]
    has_end = bool(by) and law.takes_duration and not law.looks_back
    end = (sanction.until.isoformat() if sanction.until else "endless") if has_end else ""
    params = {OF: sanction.kind.value, ASKED_AT: now.isoformat(), **({BY: by} if by else {})}
    params[REASON] = sanction.params.get(REASON) or reason_of(case).value
    return Action(
        key=action_key(case.id, 0, ActionKind.NOTICE, "\x00".join((sanction.kind, member, end, str(rounds)))),
        community=case.community,
        case_id=case.id,
        version=case.version,
        kind=ActionKind.NOTICE,
        lane=sanction.lane,
        target=member,
        channel=case.channel,
        until=sanction.until,
        params=params,
    )
