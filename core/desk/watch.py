"""The watch over duty: says loudly when nobody is or will be on duty, and reminds who goes of what they still hold.

It looks whenever somebody comes or goes, by shift or by a click, and at least once an hour.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.flow.calling import on_duty
from core.flow.coverage import first_gap, next_change
from core.flow.naming import action_key
from core.flow.on_call import OnCall
from core.flow.planning import card_action
from core.flow.timers import Handler
from core.model.action import ActionKind
from core.model.audit import CLOCK, AuditVerb
from core.model.card import Text
from core.model.case import Concern
from core.model.message import CommunityId, MemberId
from core.model.people import FIRST_CALLED, Role
from core.model.policy import CommunityPolicy
from core.model.record import Action, AuditDraft, Commit, Timer
from core.model.rota import Span
from core.ports import Clock, Notices, Staff, Store

ROTA_TIMER = "rota_watch"
DUTY_TIMER = "duty_ends"
LOOKS_EVERY = timedelta(hours=1)
LOOKS_BACK = timedelta(hours=12)
"""How long after a shift its people are still reminded, where the bot slept through its end."""

CALLED_ROLES: tuple[Role, ...] = (Role.RESPONDER, Role.MODERATOR)
"""Whom a rota is for, in the order shown."""


def watch_timer(community: CommunityId, at: datetime) -> Timer:
    """A community's next look at its rota; set at every start, it sets itself from then on."""
    return Timer(kind=ROTA_TIMER, key=community, due_at=at, community=community)


def duty_key(community: CommunityId, member: MemberId) -> str:
    """The key of the timer at which somebody's duty ends."""
    return f"{community} {member}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gaps:
    """Finds when nobody is on duty."""

    store: Store
    clock: Clock
    policy_of: Callable[[CommunityId], CommunityPolicy]
    staff: Staff

    async def of(self, community: CommunityId) -> Mapping[Role, Span]:
        """For each role the first gap of the next 24 hours; nothing where no rota is in use.

        Crisis is called at any hour; for everything else only watched hours count.
        """
        on_call = OnCall(store=self.store, clock=self.clock, policy_of=self.policy_of, staff=self.staff)
        if not await on_call.is_rota_in_use(community):
            return {}
        now, rota = self.clock.now(), self.policy_of(community).rota
        duties = await self.store.duties(community, now)
        found = {
            role: first_gap(
                rota,
                duties,
                now,
                is_called=lambda member, role=role: role in self.staff.roles_of(community, member),  # type: ignore[misc]
                in_watched_hours=role is not FIRST_CALLED[Concern.CRISIS],
            )
            for role in CALLED_ROLES
        }
        return {role: gap for role, gap in found.items() if gap is not None}


class RotaWatch:
    """The handlers of the timers of duty."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        staff: Staff,
        notices: Notices,
        name_of: Callable[[CommunityId], str] = str,
    ) -> None:
        """`name_of` says what a community is called."""
        self._store = store
        self._clock = clock
        self._policy_of = policy_of
        self._notices = notices
        self._name_of = name_of
        self._gaps = Gaps(store=store, clock=clock, policy_of=policy_of, staff=staff)

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {ROTA_TIMER: self._look, DUTY_TIMER: self._duty_ends}

    async def _look(self, timer: Timer) -> Commit:
        if timer.community is None:
            return Commit()
        community, now = timer.community, self._clock.now()
        await self._tell(community, now)
        rota = self._policy_of(community).rota
        duties = await self._store.duties(community, now)
        there = set(on_duty(rota, duties, now))
        gone = [(m, shift.ends) for shift in rota.planned(now - LOOKS_BACK, now) for m in shift.members]
        reminders = [
            reminder
            for member, ended in gone
            if ended <= now and member not in there
            for reminder in await self._reminders(community, member, ended)
        ]
        following = next_change(rota, duties, now, LOOKS_EVERY)
        return Commit(actions=tuple(reminders), timers=(watch_timer(community, following),))

    async def _duty_ends(self, timer: Timer) -> Commit:
        """Whose own duty ends while a shift of theirs goes on has not gone."""
        if timer.community is None:
            return Commit()
        community, now = timer.community, self._clock.now()
        member = MemberId(timer.key.removeprefix(duty_key(community, MemberId(""))))
        duties = await self._store.duties(community, now)
        running = next((each for each in duties if each.member == member and each.is_on), None)
        if running is not None:  # it was made longer, or the clock went back
            return Commit(timers=(replace(timer, due_at=running.until),))
        if member in on_duty(self._policy_of(community).rota, duties, now):
            return Commit(timers=(watch_timer(community, now),))
        told = AuditDraft(
            community=community, at=now, actor=CLOCK, verb=AuditVerb.DUTY_OFF, member=member, facts={"why": "ended"}
        )
        reminders = await self._reminders(community, member, timer.due_at)
        return Commit(actions=tuple(reminders), timers=(watch_timer(community, now),), audit=(told,))

    async def _reminders(self, community: CommunityId, member: MemberId, ended: datetime) -> Sequence[Action]:
        """A page for each case that somebody still holds who has gone, once for each time that they went."""
        return [
            replace(
                card_action(case, ActionKind.PAGE, calls=member),
                key=action_key(case.id, 0, ActionKind.PAGE, f"duty of {member} ended {ended.isoformat()}"),
            )
            for case in await self._store.held_by(community, member)
            if case.held_since is not None and case.held_since < ended  # what they took later they took off duty
        ]

    async def _tell(self, community: CommunityId, now: datetime) -> None:
        gaps = await self._gaps.of(community)
        zone = self._policy_of(community).rota.zone
        for role in CALLED_ROLES:
            key = f"duty.{community}.{role.value}"
            if role not in gaps:
                self._notices.clear_notice(key)
                continue
            since, until = (f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" for moment in gaps[role])
            is_now = gaps[role][0] <= now
            said = {"community": self._name_of(community), "role": role.value, "until": until, "zone": zone.key}
            said |= {} if is_now else {"since": since}
            text_key = "notice.nobody_on_duty_now" if is_now else "notice.nobody_on_duty"
            self._notices.raise_notice(key, Text(key=text_key, params=said))
