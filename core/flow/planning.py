"""From a decision to what is written: cases, evidence, sealed texts, outbox rows, timers and audit as one Commit.

Pure. Ids are derived, never drawn: deciding the same event again gives the same case id and the same action keys, so
a repeat after a crash can't make a twin.
"""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from datetime import datetime, time, timedelta

from core.flow.decision import Decision, Opening
from core.flow.filter import Seen
from core.flow.history import History
from core.flow.naming import action_key
from core.flow.noticing import with_notices
from core.flow.pacing import heard_at, paced, timer_changes
from core.flow.purging import SINCE, just, resolved
from core.flow.recents import Recents
from core.model.action import ABOUT_PLACES, FOREVER_S, LAWS, ActionKind, Effect, Lane
from core.model.advancing import advance
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.case import Case, CaseId, Concern, Enforcement, Evidence, State
from core.model.case_event import Joined, Noted, Refused
from core.model.finding import Finding
from core.model.message import CommunityId, MemberId, Message
from core.model.policy import CommunityPolicy
from core.model.record import Action, AuditDraft, CaseWrite, Commit, SealedMessage, Timer
from core.ports import Past, Taken

TEXT_TIMER = "text_expiry"
ENDING_TIMER = "action_ends"
DIGEST_TIMER = "digest"

UNDOES = "undoes"
"""The parameter in which an inverse names the key of the action that it undoes."""

TIER = "tier"
"""The parameter in which a card that calls people says how far its chain has gone."""

CALLS = "calls"
"""The parameter in which a page names the one person whom it calls, whatever the chain says."""

LOOK_IN = "look_in"
"""The parameter in which a page says for which look-in it calls; it is moot once somebody looked in."""

WAITS = "waits"
"""The parameter of a call for somebody to take a case: it is moot once somebody has."""

TEXT_LIVES = timedelta(days=7)
"""The longest that a case's text is kept (promise 6)."""

TEXT_LIVES_AFTER_CLOSE = timedelta(hours=24)


def case_id_for(event_key: str, concern: Concern) -> CaseId:
    """A short opaque id (13 characters of a-z2-7) that fits every platform's buttons."""
    name = f"{event_key}\x00{concern}".encode("utf-8", "surrogatepass")
    digest = hashlib.blake2b(name, digest_size=8).digest()
    return CaseId(base64.b32encode(digest).decode().rstrip("=").lower())


def card_action(case: Case, kind: ActionKind, calls: MemberId | None = None) -> Action:
    """The outbox row that posts, repeats or refreshes a case's card; never held back by shadow.

    Whom it calls is found out when it is delivered, from the tier that the case's chain has reached now; `calls` names
    one person instead.
    """
    is_refresh = kind is ActionKind.REFRESH_CARD
    called: dict[str, str] = {CALLS: calls} if calls else {}
    if kind in {ActionKind.PAGE, ActionKind.TELL} and case.state is State.WAITING:
        called[WAITS] = "yes"
    urgent = Lane.CRISIS if case.concern is Concern.CRISIS else Lane.ALERT
    return Action(
        key=action_key(case.id, case.version, kind, case.id),
        community=case.community,
        case_id=case.id,
        version=case.version,
        kind=kind,
        lane=Lane.HOUSEKEEPING if is_refresh else urgent,
        target=case.id,
        supersedes=is_refresh,
        params={} if is_refresh else {TIER: str(int(case.tier)), **called},
    )


def tell_action(case: Case, member: MemberId) -> Action:
    """The outbox row that sends a case's card to one person of the desk, once for each version of the case."""
    return replace(card_action(case, ActionKind.TELL), key=_key(case, ActionKind.TELL, member), target=member)


def _key(case: Case, kind: ActionKind, target: str) -> str:
    return action_key(case.id, case.version, kind, target)


def effect_action(case: Case, effect: Effect, now: datetime, enforcement: Enforcement, by: str = "") -> Action:
    """The outbox row of an effect; its end is absolute, and a proposal's is set at the click.

    The duration travels along, for the person who takes a proposal, or what shadow or delivery left undone, up
    later. `by` is the person who asked for it, empty for an automatic one.
    """
    is_bounded = bool(effect.duration_s) and effect.duration_s < FOREVER_S
    looks_back = LAWS[effect.kind].looks_back
    waits = enforcement is Enforcement.PROPOSED
    params = {"by": by} if by else {}
    if is_bounded:
        params["duration_s"] = str(effect.duration_s)
    if looks_back:
        params[SINCE] = (now - timedelta(seconds=effect.duration_s)).isoformat()
    return Action(
        key=action_key(case.id, case.version, effect.kind, effect.target),
        community=case.community,
        case_id=case.id,
        version=case.version,
        kind=effect.kind,
        lane=LAWS[effect.kind].lane,
        target=effect.target,
        channel=case.channel,
        until=now + timedelta(seconds=effect.duration_s) if is_bounded and not looks_back and not waits else None,
        enforcement=enforcement,
        params=params,
    )


def text_timer(case: Case, now: datetime) -> Timer:
    """When a case's text goes: 24 h after it closes, and every 7 days after it opened at the latest; later when held.

    The marks stand still: messages that keep joining an open case can't hold back the text that is there already.
    """
    marks_passed = max((now - case.opened_at) // TEXT_LIVES, 0)
    latest = case.opened_at + (marks_passed + 1) * TEXT_LIVES
    due = min(latest, case.closed_at + TEXT_LIVES_AFTER_CLOSE) if case.closed_at else latest
    if case.held_until is not None:
        due = max(due, case.held_until)
    return Timer(kind=TEXT_TIMER, key=case.id, due_at=due, community=case.community)


def ending_timers(actions: Iterable[Action]) -> Iterable[Timer]:
    """When what was ordered with an end is over: one timer for each action that is carried out and has an inverse."""
    for action in actions:
        is_lasting = action.until is not None and LAWS[action.kind].inverse is not None
        if action.until is not None and is_lasting and action.enforcement is Enforcement.LIVE:
            yield Timer(kind=ENDING_TIMER, key=action.key, due_at=action.until, community=action.community)


def digest_timer(community: CommunityId, policy: CommunityPolicy, now: datetime) -> Timer:
    """When the next digest of a community is posted; one for each day, so that none is moved away before it fires."""
    zone = policy.rota.zone
    local = now.astimezone(zone)
    at = datetime.combine(local.date(), time.fromisoformat(policy.digest_at), zone)
    if at <= now:
        at = datetime.combine(local.date() + timedelta(days=1), time.fromisoformat(policy.digest_at), zone)
    key = f"{community}:{at.date().isoformat()}"
    return Timer(kind=DIGEST_TIMER, key=key, due_at=at.astimezone(now.tzinfo), community=community)


def day_began(policy: CommunityPolicy, now: datetime) -> datetime:
    """When the day began whose crisis alerts count for the budget."""
    local = now.astimezone(policy.rota.zone)
    return datetime.combine(local.date(), time.min, policy.rota.zone).astimezone(now.tzinfo)


def entry(case: Case, verb: AuditVerb, at: datetime, actor: str, facts: Mapping[str, str] | None = None) -> AuditDraft:
    """An audit entry about a case; its subject is kept as a per-case reference."""
    about_member = MemberId(case.subject) if case.is_about_member else None
    return AuditDraft(
        community=case.community,
        at=at,
        actor=actor,
        verb=verb,
        case_id=case.id,
        member=about_member,
        facts=facts or {},
    )


def facts_of(kind: ActionKind, key: str) -> Mapping[str, str]:
    """What the audit says of an action.

    It keeps no key of what is done to a member or to a message: that is made of their ids, and whoever tries those of
    all members would find out of whom an entry speaks that was to speak of nobody (promise 8).
    """
    return {"action": kind.value} | ({"key": key} if kind in ABOUT_PLACES else {})


def past_of(message: Message, policy: CommunityPolicy, now: datetime) -> Past:
    """What decide() may know of the past of a message."""
    return Past(
        community=message.community,
        author=message.author.id,
        channel=message.channel.id,
        message_id=message.id,
        lately=now - timedelta(minutes=policy.raid.minutes),
        today=day_began(policy, now),
    )


def joined(*units: Commit) -> Commit:
    """One unit that writes what all of them write."""
    return Commit(**{f.name: tuple(each for unit in units for each in getattr(unit, f.name)) for f in fields(Commit)})


def plan(
    taken: Taken,
    seen: Seen,
    decision: Decision,
    history: History,
    policy: CommunityPolicy,
    now: datetime,
    recents: Recents | None = None,
) -> Commit:
    """What to write for one decided message; always marks the event as done.

    `recents` says what its author wrote lately, for a purge; without it one deletes this message alone.
    """
    if not decision.openings:
        return Commit(done=(taken.key,))
    known = Recents() if recents is None else recents
    parts = [_opened(taken, seen, opening, history, decision, policy, now, known) for opening in decision.openings]
    return joined(Commit(done=(taken.key,)), *parts)


def _open_case(opening: Opening, author: MemberId, history: History) -> Case | None:
    if opening.concern is Concern.RAID:
        return history.raid
    return history.open_cases.get(opening.concern) if opening.subject == author else history.copies


def _opened(
    taken: Taken,
    seen: Seen,
    opening: Opening,
    history: History,
    decision: Decision,
    policy: CommunityPolicy,
    now: datetime,
    recents: Recents,
) -> Commit:
    before = _open_case(opening, seen.message.author.id, history)
    if before is None:
        case = _new_case(taken, seen.message, opening, now)
        is_over_budget = history.low_crisis_alerts >= policy.crisis_alerts_per_day
        case = replace(case, is_quiet=case.concern is Concern.CRISIS and not case.is_severe and is_over_budget)
        verb = AuditVerb.CASE_OPENED
    else:
        case = _joined(before, seen.message, opening, history, now)
        verb = AuditVerb.CASE_RAISED if case.level > before.level else AuditVerb.MESSAGE_JOINED
    case = paced(before, case, policy, now)
    carries_effects = opening.concern is _effects_concern(decision)
    facts = {"level": str(case.level), "kind": case.kind.value, "concern": case.concern.value}
    context = seen.before[-policy.context_messages :] if policy.context_messages and before is None else ()
    effects = tuple(_effects(case, decision, policy, seen.message, recents, now)) if carries_effects else ()
    timers, cancelled = timer_changes(before, case)
    return Commit(
        cases=(CaseWrite(case=case, expected_version=before.version if before else 0),),
        evidence=tuple(evidence_of(case, seen.message, opening.findings, now)),
        texts=(
            *((case.id, SealedMessage(message=each, is_context=True)) for each in context),
            (case.id, SealedMessage(message=seen.message)),
        ),
        actions=(*_cards(before, case, policy, now), *effects),
        timers=(
            *((text_timer(case, now),) if before is None else ()),
            *((digest_timer(case.community, policy, now),) if before is None and case.is_quiet else ()),
            *timers,
            *ending_timers(effects),
        ),
        cancelled_timers=cancelled,
        audit=(entry(case, verb, now, LIGHTKEEPER, facts),),
    )


def _cards(before: Case | None, after: Case, policy: CommunityPolicy, now: datetime) -> Iterable[Action]:
    """What the desk is shown: nothing of a case that waits for the digest; a page where a shown one grew graver.

    What grew graver in somebody's hands is theirs to know first. Where nobody may be called yet, the page waits.
    """
    if after.is_quiet:
        return
    heard = heard_at(policy, after.concern, now)
    if before is None or before.is_quiet:
        yield card_action(after, ActionKind.ALERT)
        is_paged = after.is_severe and heard > now
    else:
        yield card_action(after, ActionKind.REFRESH_CARD)
        is_paged = after.level > before.level
    if is_paged:
        page = card_action(after, ActionKind.PAGE, calls=after.holder)
        yield page if after.holder or heard <= now else replace(page, due_at=heard)


def _effects_concern(decision: Decision) -> Concern | None:
    concerns = [opening.concern for opening in decision.openings if opening.concern is not Concern.CRISIS]
    return concerns[0] if concerns else None


def _effects(
    case: Case, decision: Decision, policy: CommunityPolicy, message: Message, recents: Recents, now: datetime
) -> Iterable[Action]:
    """What is done, each behind its notice, and what is proposed."""
    wanted = decision.effects
    here = replace(case, channel=message.channel.id)  # where it is done, also for a case of several channels
    automatic = (effect_action(here, each, now, Enforcement(policy.enforcement)) for each in sorted(wanted.automatic))
    done = (each for action in automatic for each in resolved(action, now, recents, just(message)))
    yield from with_notices(case, done, {message.id: message.author.id}, now)
    for effect in sorted(wanted.proposed):
        yield effect_action(here, effect, now, Enforcement.PROPOSED)


def _new_case(taken: Taken, message: Message, opening: Opening, now: datetime) -> Case:
    gravest = opening.gravest
    return Case(
        id=case_id_for(taken.key, opening.concern),
        community=message.community,
        concern=opening.concern,
        subject=opening.subject,
        channel=message.channel.id,
        category=gravest.category,
        kind=gravest.kind,
        level=gravest.level,
        opened_at=now,
        updated_at=now,
        messages=1,
        version=1,
        turn=1,
    )


def _joined(before: Case, message: Message, opening: Opening, history: History, now: datetime) -> Case:
    gravest = opening.gravest
    is_there = opening.concern in history.alerted  # by another wording of it, which may have been decided first
    event = Joined(category=gravest.category, kind=gravest.kind, level=gravest.level, messages=0 if is_there else 1)
    after = advance(before, event, now)
    if isinstance(after, Refused):  # history holds open cases only
        raise ValueError(f"case {before.id} can't be joined: {after.why}")
    # One that began with a request to talk has no place yet: its first message gives it one.
    return after if before.messages else replace(after, channel=message.channel.id)


def evidence_of(case: Case, message: Message, findings: Iterable[Finding], now: datetime) -> Iterable[Evidence]:
    """The findings in a message as a case keeps them."""
    for finding in findings:
        yield Evidence(
            case_id=case.id,
            message_id=message.id,
            channel=message.channel.id,
            author=message.author.id,
            sent_at=message.sent_at,
            category=finding.category,
            kind=finding.kind,
            level=finding.level,
            score=finding.score,
            filter=finding.filter,
            rule=finding.rule,
            why=finding.why,
            spans=finding.spans,
            target=finding.target,
            link=message.link,
            edited_at=message.edited_at,
            is_late=message.is_late,
            attachments=len(message.attachments),
            reporter=finding.reporter,
            reported_at=now if finding.reporter else None,
        )


def marked_deleted(case: Case, evidence: Iterable[Evidence], at: datetime) -> Commit:
    """The author took a message away: the case says so, keeps its level, and its card is refreshed."""
    after = advance(case, Noted(), at) if case.is_open else case
    if isinstance(after, Refused):
        raise ValueError(f"case {case.id}: {after.why}")
    return Commit(
        cases=(CaseWrite(case=after, expected_version=case.version),) if case.is_open else (),
        evidence=tuple(replace(each, deleted_at=at) for each in evidence),
        actions=(card_action(after, ActionKind.REFRESH_CARD),) if case.is_open and not case.is_quiet else (),
        audit=(entry(after, AuditVerb.MESSAGE_DELETED, at, LIGHTKEEPER),),
    )
