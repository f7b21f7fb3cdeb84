"""The duty bar: who is on duty, oneself among them, who carries how much, and handing everything over."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from adapters.console.presenting import Presenter
from adapters.console.visit import Seat
from core.desk.duty import USUAL_HOURS, DutyDesk, Roster
from core.model.case_event import Refused, Why
from core.model.message import CommunityId, MemberId
from core.model.people import Role
from core.model.record import Duty
from core.model.rota import Span
from core.ports import Clock

HOURS = (2, 4, 8, 12)


def told_by_duty_bar(community: CommunityId) -> str:
    """How the keys of the notices begin that say what a community's duty bar says."""
    return f"duty.{community}."


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterView:
    """The roster as the page shows it.

    Attributes:
        me: Whether oneself is on duty, and until when where that was said by a click.
        now: Who is on duty, role by role: the role, and names or whom it calls instead.
        gaps: When nobody is on duty within a day: a sentence for each such stretch, and whether it is now.
        load: The name, open claims and looks of each who carries something.
        hours: For how long one can go on duty; `usual` is chosen at first.
    """

    is_on: bool
    me: str
    now: tuple[tuple[str, str], ...]
    gaps: tuple[tuple[str, bool], ...]
    load: tuple[tuple[str, int, int], ...]
    hours: tuple[tuple[int, str], ...]
    usual: int
    colleagues: tuple[tuple[str, str], ...]


class DutyBar:
    """Shows the roster and carries out its clicks."""

    def __init__(self, *, duty: DutyDesk | None, presenter: Presenter, clock: Clock) -> None:
        """Without a `duty` there is no bar."""
        self._duty = duty
        self._presenter = presenter
        self._clock = clock

    async def values(self, seat: Seat) -> dict[str, Any]:
        """What the bar shows to this person now."""
        if self._duty is None:
            return {"roster": None}
        return {"roster": self._view(await self._duty.roster(seat.actor), seat)}

    async def act(self, seat: Seat, verb: str, given: Mapping[str, str]) -> str | Refused:
        """One click on the bar: what it did, in words, or why not."""
        if self._duty is None:
            return Refused(why=Why.UNKNOWN_VERB)
        match verb:
            case "on":
                hours = given.get("hours", "")
                if hours not in {str(each) for each in HOURS}:
                    return Refused(why=Why.BAD_VALUE, field="hours")
                return self._told(await self._duty.on(seat.actor, int(hours)))
            case "off":
                return self._told(await self._duty.off(seat.actor))
            case "hand_over":
                to = MemberId(given.get("to", ""))
                handed = await self._duty.hand_over(seat.actor, to, given.get("note", "").replace("\r\n", "\n"))
                if isinstance(handed, Refused):
                    return handed
                return self._presenter.say("console.duty.handed_over", n=len(handed), name=self._presenter.name(to))
            case _:
                return Refused(why=Why.UNKNOWN_VERB)

    def _told(self, duty: Duty | Refused) -> str | Refused:
        if isinstance(duty, Refused):
            return duty
        return self._until(duty) if duty.is_on else self._presenter.say("console.duty.is_off")

    def _until(self, duty: Duty) -> str:
        return self._presenter.say("console.duty.is_on", time=self._presenter.when(duty.until, self._clock.now()))

    def _view(self, roster: Roster, seat: Seat) -> RosterView:
        now, say = self._clock.now(), self._presenter.say
        is_planned = any(seat.me.id in members for members in roster.on_duty.values())
        is_on = roster.mine.is_on if roster.mine else is_planned
        by_click = roster.mine if is_on else None
        return RosterView(
            is_on=is_on,
            me=self._until(by_click) if by_click else say(f"console.duty.you_are_{'on' if is_on else 'off'}"),
            now=tuple(
                (say(f"console.role.{role.value}"), self._presenter.names(members) or self._instead(roster, role, now))
                for role, members in roster.on_duty.items()
            ),
            gaps=tuple((self._gap(roster, gap, now), gap[0] <= now) for gap in sorted(set(roster.gaps.values()))),
            load=tuple((self._presenter.name(who), load.claims, load.looks) for who, load in roster.load.items()),
            hours=tuple((each, self._presenter.span(timedelta(hours=each))) for each in HOURS),
            usual=USUAL_HOURS,
            colleagues=tuple((each.id, self._presenter.name(each.id)) for each in seat.desk if each.id != seat.me.id),
        )

    def _instead(self, roster: Roster, role: Role, now: datetime) -> str:
        """Whom a case calls while nobody is on duty: everybody, which is no gap where no rota is in use."""
        is_gap = role in roster.gaps and roster.gaps[role][0] <= now
        return self._presenter.say("console.duty.none" if is_gap else "console.duty.everybody")

    def _gap(self, roster: Roster, gap: Span, now: datetime) -> str:
        roles = [self._presenter.say(f"console.role.{role.value}") for role in roster.gaps if roster.gaps[role] == gap]
        both = {"one": ", ".join(roles[:-1]), "other": roles[-1]}
        whom = self._presenter.say("console.duty.two_roles", **both) if len(roles) > 1 else roles[0]
        said = {"roles": whom, "until": self._presenter.when(gap[1], now)}
        if gap[0] <= now:
            return self._presenter.say("console.duty.gap_now", **said)
        return self._presenter.say("console.duty.gap", since=self._presenter.when(gap[0], now), **said)
