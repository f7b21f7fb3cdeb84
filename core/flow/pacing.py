"""When somebody should have a case, when who is called, and the timers that follow from how a case stands. Pure.

A case that waits is called out along a chain: the first person on duty at once, again after half of the target time,
the next person at the target, everybody of the role at one and a half, the owners at twice and the console's banner at
two and a half times. For everything but crisis only watched hours count. A claim ends the chain, and a case that waits
again begins it anew. One whose level rises keeps how far its chain has come, and goes on at the new level's pace; one
that becomes severe in somebody's hands leaves them no longer than its new target to show that they are there.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from core.model.case import CARED_FOR, COUNTS_FOR, Case, Concern, FollowUp, State, Tier
from core.model.policy import CommunityPolicy
from core.model.record import Timer
from core.model.rota import Rota

LEASE_TIMER = "lease_lapse"
SNOOZE_TIMER = "snooze_wake"
CHAIN_TIMER = "chain"
FOLLOW_UP_TIMER = "follow_up"
FORGET_TIMER = "forget"

SHARES: Mapping[Tier, float] = {Tier.AGAIN: 0.5, Tier.NEXT: 1.0, Tier.ALL: 1.5, Tier.OWNERS: 2.0, Tier.BANNER: 2.5}
"""After how many target times each tier of the chain is called."""

NO_SHIFT_WITHIN = timedelta(hours=24)
"""When a case of level 1 should have been seen where no shift begins earlier."""

LONGEST_WAIT = timedelta(days=60)
"""Past this, the next watched hours are late enough, however few hours a week are watched."""

FORGOTTEN_AFTER = timedelta(days=14)
"""When a closed crisis case forgets whom it was about."""

LOOK_IN_AFTER: Mapping[FollowUp, timedelta] = {FollowUp.DAY: timedelta(hours=24), FollowUp.WEEK: timedelta(days=7)}


def later(rota: Rota, since: datetime, by: timedelta) -> datetime:
    """`since` and `by` more, counting watched hours only: always a moment that is watched."""
    left = by
    spans = rota.watched_spans(since)
    begins, ends = next(spans)
    while left >= ends - begins and begins - since < LONGEST_WAIT:
        left -= ends - begins
        begins, ends = next(spans)
    return begins + left if begins - since < LONGEST_WAIT else begins


def heard_at(policy: CommunityPolicy, concern: Concern, now: datetime) -> datetime:
    """From when on the clock may call people about a case: now for crisis, in watched hours for all others."""
    return _after(policy, concern, now, timedelta())


def target_at(policy: CommunityPolicy, concern: Concern, level: int, since: datetime) -> datetime:
    """When somebody should have claimed a case of that level that waits since then."""
    minutes = policy.targets.minutes(level)
    if minutes is None:
        within = since + NO_SHIFT_WITHIN
        by_then = min(policy.rota.next_beginning(since) or within, within)
        return _after(policy, concern, by_then, timedelta())
    return _after(policy, concern, since, timedelta(minutes=minutes))


def call_at(policy: CommunityPolicy, concern: Concern, level: int, since: datetime, tier: Tier) -> datetime:
    """When that tier of the chain is called for a case that waits since then.

    A case of level 1 is called from its target on, at the pace of level 2.
    """
    minutes = policy.targets.minutes(level)
    if minutes is not None:
        return _after(policy, concern, since, SHARES[tier] * timedelta(minutes=minutes))
    pace = timedelta(minutes=policy.targets.level_2_minutes)
    first = target_at(policy, concern, level, since)
    return _after(policy, concern, first, (SHARES[tier] - SHARES[Tier.AGAIN]) * pace)


def tier_due(policy: CommunityPolicy, case: Case, now: datetime) -> Tier:
    """How far the chain should have gone by now: what was slept through is not called one by one."""
    if case.waiting_since is None:
        return Tier(case.tier)
    due = [each for each in SHARES if call_at(policy, case.concern, case.level, case.waiting_since, each) <= now]
    return Tier(max([*due, Tier(case.tier)]))


def paced(before: Case | None, after: Case, policy: CommunityPolicy, now: datetime) -> Case:
    """`after` with its target and the next call of its chain; `before` is None for a new case."""
    is_new_wait = after.state is State.WAITING and (before is None or before.state is not State.WAITING)
    is_raised = before is not None and after.level > before.level
    if is_new_wait or is_raised:
        after = replace(after, target_at=target_at(policy, after.concern, after.level, now))
    if is_raised and after.is_severe and after.lease_until is not None and after.target_at is not None:
        after = replace(after, lease_until=min(after.lease_until, after.target_at))
    if after.state is not State.WAITING or after.is_quiet:
        return replace(after, waiting_since=None, chain_at=None)
    since = after.waiting_since
    if since is None or is_new_wait or is_raised:
        since = now
        was_asked_for = before is not None and after.tier > before.tier
        goes_on = before is not None and before.waiting_since is not None
        after = replace(after, tier=after.tier if was_asked_for or goes_on else Tier.FIRST)
    if after.tier >= Tier.BANNER:
        return replace(after, waiting_since=since, chain_at=None)
    following = Tier(after.tier + 1)
    chain_at = call_at(policy, after.concern, after.level, since, following)
    return replace(after, waiting_since=since, chain_at=chain_at)


def timer_changes(before: Case | None, after: Case) -> tuple[tuple[Timer, ...], tuple[tuple[str, str], ...]]:
    """The timers to set and those to cancel, (kind, key), when a case goes from `before` to `after`."""
    had, has = (_timers(before) if before else {}), _timers(after)
    changed = (
        Timer(kind=kind, key=key, due_at=due_at, community=after.community)
        for (kind, key), due_at in has.items()
        if had.get((kind, key)) != due_at
    )
    return tuple(changed), tuple(name for name in had if name not in has)


def kept_for(case: Case) -> timedelta:
    """How long after it was closed a case knows whom it was about, where nothing from it is still in force."""
    if case.forgets_early:
        return timedelta()
    return FORGOTTEN_AFTER if case.concern is Concern.CRISIS else COUNTS_FOR


def follow_up_key(case: Case, which: FollowUp) -> str:
    """The key of a look-in's timer."""
    return f"{case.id}:{which}"


def _timers(case: Case) -> dict[tuple[str, str], datetime]:
    due: dict[tuple[str, str], datetime | None] = {
        (LEASE_TIMER, case.id): case.lease_until,
        (SNOOZE_TIMER, case.id): case.snoozed_until,
        (CHAIN_TIMER, case.id): case.chain_at,
    }
    is_cared_for = case.concern is Concern.CRISIS and case.outcome in CARED_FOR and case.is_about_member
    if is_cared_for and case.closed_at is not None:
        for which, after in LOOK_IN_AFTER.items():
            due[FOLLOW_UP_TIMER, follow_up_key(case, which)] = case.closed_at + after
    if case.subject and case.closed_at is not None:
        due[FORGET_TIMER, case.id] = case.closed_at + kept_for(case)
    return {name: at for name, at in due.items() if at is not None}


def _after(policy: CommunityPolicy, concern: Concern, since: datetime, by: timedelta) -> datetime:
    return since + by if concern is Concern.CRISIS else later(policy.rota, since, by)
