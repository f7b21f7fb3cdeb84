"""Doing what a step of the night says, as its person would: through the queue, the duty desk, appeals and reports.

Whoever acts has the roles that the community gives them, and sees no more than they may.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from adapters.console.asking import Appeals, Reports
from adapters.local.clock import MovableClock
from adapters.local.platform import LocalPlatform, Spoken
from adapters.local.staff import roles_held
from bots.demo.calls import Bells
from bots.demo.night import (
    Appeal,
    Choose,
    Crowd,
    HandOver,
    MoveClock,
    OnCase,
    OnDuty,
    Press,
    Report,
    Say,
    Show,
    Step,
    Until,
    next_time,
)
from bots.demo.opened import OpenedPages
from core.care.members import MemberDesk
from core.desk.clicks import Click, Verb
from core.desk.queue import CaseView, Queue
from core.errors import NotAllowed
from core.model.action import ActionKind
from core.model.case import OPEN_STATES, OUTCOMES, Case, CaseId, State
from core.model.case_event import Refused, Why
from core.model.message import Author, ChannelId, MemberId, Message
from core.model.page import Asker
from core.model.people import Actor, Role
from core.model.record import ActionState, Duty

MAX_TRIES = 5
CASES_SEEN = 200


class DutyDesk(Protocol):
    """Going on and off duty."""

    async def on(self, actor: Actor, hours: int = 8) -> Duty | Refused: ...
    async def off(self, actor: Actor) -> Duty | Refused: ...
    async def hand_over(self, actor: Actor, to: MemberId, note: str = "") -> Sequence[Case] | Refused: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Acting:
    """The house as the night's people use it."""

    queue: Queue
    duty: DutyDesk
    appeals: Appeals
    reports: Reports
    members: MemberDesk | None
    opened: OpenedPages
    platform: LocalPlatform
    bells: Bells
    clock: MovableClock
    zone: ZoneInfo

    async def do(self, step: Step) -> Why | None:
        """Do it; returns why it was refused, None when it was done. `Until` is asked with `holds`."""
        match step:
            case Say():
                return await self._say(step.who, step.where, step.says)
            case Crowd():
                for name in step.names:
                    await self._shout(name, step)
                return None
            case Show():
                found = await self._newest(self._actor(step.who), step.case)
                return _why(await self.queue.show(self._actor(step.who), found.id) if found else None)
            case Press():
                return await self._press(step)
            case OnDuty():
                actor = self._actor(step.who)
                return _why(await (self.duty.on(actor, step.hours) if step.is_on else self.duty.off(actor)))
            case HandOver():
                return _why(await self.duty.hand_over(self._actor(step.who), MemberId(step.to), step.note))
            case Appeal():
                return await self._appeal(step)
            case Report():
                message = self._newest_message(step.author, step.where)
                who = MemberId(step.who)
                return _why(await self.reports.report(who, message, step.about) if message else None)
            case Choose():
                return await self._choose(step)
            case MoveClock():
                now = self.clock.now()
                self.clock.move(next_time(now, step.to, self.zone) - now)
                return None
            case Until():
                raise TypeError("an Until is waited for")

    async def holds(self, step: Until, began_at: datetime) -> bool:
        """Whether the night may go on."""
        if step.digest and not any(each.at >= began_at for each in self.bells.digests):
            return False
        if step.silent and not self._is_silent(step.silent):
            return False
        if step.speaks and self._is_silent(step.speaks):
            return False
        return step.case is None or await self._stands(step, step.case, began_at)

    def time_of_day(self) -> str:
        """What time it is in the community, such as "21:05"."""
        return f"{self.clock.now().astimezone(self.zone):%H:%M}"

    async def clear(self, subjects: frozenset[str]) -> None:
        """Close what a night that was stopped left open about these members and the channels."""
        owner = self._owner()
        for case in await self.queue.cases(owner, OPEN_STATES, CASES_SEEN):
            if case.subject in subjects or case.subject in {each.id for each in self.platform.channels()}:
                by = self._actor(case.holder) if case.holder else owner
                outcome = OUTCOMES[case.concern][-1]
                await self._act(by, case, Verb.RESOLVE, {"outcome": outcome.value})

    async def _stands(self, step: Until, wanted: OnCase, began_at: datetime) -> bool:
        case = await self._newest(self._owner(), wanted)
        if case is None or case.opened_at < began_at:
            return False
        expected = {
            "state": step.state,
            "holder": step.holder,
            "second": step.second,
            "outcome": step.outcome,
            "follow_up": step.follow_up,
            "is_quiet": step.is_quiet,
        }
        if any(value is not None and getattr(case, name) != value for name, value in expected.items()):
            return False
        if (step.tier is not None and case.tier < step.tier) or case.messages < (step.messages or 0):
            return False
        if step.called and not self.bells.was_called(step.called, case.id):
            return False
        return step.done is None or await self._newest_action(self._owner(), case, step.done, done=True) != ""

    async def _say(self, who: str, where: str, says: str) -> Why | None:
        self.opened.close(MemberId(who))
        try:
            await self.platform.say(MemberId(who), ChannelId(where), says)
        except NotAllowed:
            return Why.NOT_ALLOWED
        return None

    async def _shout(self, name: str, step: Crowd) -> None:
        channel = next(each for each in self.platform.channels() if each.id == step.where)
        author = Author(id=MemberId(name.casefold().replace(" ", "-")), name=name)
        await self.platform.say_all([Spoken(author=author, channel=channel, text=step.says)])

    async def _press(self, step: Press) -> Why | None:
        actor = self._actor(step.who)
        for _ in range(MAX_TRIES):  # a card that is being edited under the finger is pressed again
            case = await self._newest(actor, step.case)
            if case is None:
                return Why.NOT_FOUND
            params = dict(step.params)
            if step.action is not None:
                params["action"] = await self._newest_action(actor, case, step.action)
            why = await self._act(actor, case, step.verb, params)
            if why is not Why.CHANGED:
                return why
        return Why.CHANGED

    async def _act(self, actor: Actor, case: Case, verb: Verb, params: dict[str, str]) -> Why | None:
        return _why(await self.queue.act(actor, Click(case_id=case.id, verb=verb, turn=case.turn, params=params)))

    async def _appeal(self, step: Appeal) -> Why | None:
        member = MemberId(step.who)
        letters = [each for each in self.platform.letters_for(member) if each.case_id]
        told = [each for each in letters if each.kind in {ActionKind.NOTICE, ActionKind.WARN}]
        if not told:
            return Why.NOT_FOUND
        case_id = CaseId(told[-1].case_id)
        return _why(await self.appeals.file(self.platform.community, member, case_id, step.says))

    async def _choose(self, step: Choose) -> Why | None:
        member = MemberId(step.who)
        letters = [each.page for each in self.platform.letters_for(member) if each.page is not None]
        page = self.opened.page_for(member) or (letters[-1] if letters else None)
        found = [each.to for each in page.choices if each.label.key == step.label and each.to] if page else []
        if not found or self.members is None:
            return Why.NOT_FOUND
        asker = Asker(community=self.platform.community, member=member)
        self.opened.open(member, await self.members.press(asker, found[0]))
        return None

    async def _newest(self, actor: Actor, wanted: OnCase) -> Case | None:
        seen = [
            *await self.queue.cases(actor, OPEN_STATES, CASES_SEEN),
            *await self.queue.cases(actor, frozenset({State.RESOLVED}), CASES_SEEN),
        ]
        alike = (each for each in seen if each.concern is wanted.concern and wanted.about in {"", each.subject})
        return max(alike, key=lambda case: case.opened_at, default=None)

    async def _newest_action(self, actor: Actor, case: Case, kind: ActionKind, *, done: bool = False) -> str:
        view = await self.queue.view(actor, case.id)
        records = view.actions if isinstance(view, CaseView) else ()
        fits = [r for r in records if r.action.kind is kind and (not done or r.state is ActionState.DONE)]
        return fits[-1].action.key if fits else ""

    def _newest_message(self, author: str, where: str) -> Message | None:
        said = self.platform.messages(ChannelId(where), CASES_SEEN)
        return next((each for each in reversed(said) if each.author.id == author), None)

    def _is_silent(self, member: str) -> bool:
        channels = self.platform.channels()
        return self.platform.why_silent(MemberId(member), channels[0].id) is not None

    def _actor(self, who: str) -> Actor:
        member = next((each for each in self.platform.members() if each.id == who), None)
        roles = roles_held(member) if member else frozenset()
        return Actor(community=self.platform.community, member=MemberId(who), roles=roles)

    def _owner(self) -> Actor:
        """The one who sees every case, for looking how far the night has come."""
        owners = (each.id for each in self.platform.members() if Role.OWNER in roles_held(each))
        return self._actor(next(owners))


def _why(answer: object) -> Why | None:
    if answer is None:
        return Why.NOT_FOUND
    return answer.why if isinstance(answer, Refused) else None
