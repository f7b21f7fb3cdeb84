"""The duty bar: who is on duty, oneself among them, who carries how much, and handing everything over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol

from adapters.console.presenting import Presenter
from adapters.console.visit import Seat
from core.model.advancing import Refused, Why
from core.model.case import Case
from core.model.message import MemberId
from core.model.people import Actor, Role
from core.model.record import Duty
from core.ports import Clock

HOURS = (2, 4, 8, 12)
USUAL_HOURS = 8


class Load(Protocol):
    """What somebody carries."""

    @property
    def claims(self) -> int: ...
    @property
    def looks(self) -> int: ...


class Roster(Protocol):
    """Who is on duty."""

    @property
    def on_duty(self) -> Mapping[Role, Sequence[MemberId]]: ...
    @property
    def gap(self) -> datetime | None: ...
    @property
    def load(self) -> Mapping[MemberId, Load]: ...


class DutyDesk(Protocol):
    """Who is on duty, and changing it."""

    async def on(self, actor: Actor, hours: int = 8) -> Duty | Refused: ...
    async def off(self, actor: Actor) -> Duty | Refused: ...
    async def hand_over(self, actor: Actor, to: MemberId, note: str = "") -> Sequence[Case] | Refused: ...
    async def roster(self, actor: Actor) -> Roster: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterView:
    """The roster as the page shows it.

    Attributes:
        now: Who is on duty, role by role: the role, and names or that it is nobody.
        gap: That nobody is on duty, or from when on; empty while somebody is.
        load: The name, open claims and looks of each who carries something.
        hours: For how long one can go on duty; `usual` is chosen at first.
    """

    is_on: bool
    now: tuple[tuple[str, str], ...]
    gap: str
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
        if not duty.is_on:
            return self._presenter.say("console.duty.is_off")
        return self._presenter.say("console.duty.is_on", time=self._presenter.when(duty.until, self._clock.now()))

    def _view(self, roster: Roster, seat: Seat) -> RosterView:
        now, say = self._clock.now(), self._presenter.say
        return RosterView(
            is_on=any(seat.me.id in members for members in roster.on_duty.values()),
            now=tuple(
                (say(f"console.role.{role.value}"), self._presenter.names(members) or say("console.duty.none"))
                for role, members in roster.on_duty.items()
            ),
            gap=self._gap(roster.gap, now),
            load=tuple((self._presenter.name(who), load.claims, load.looks) for who, load in roster.load.items()),
            hours=tuple((each, self._presenter.span(timedelta(hours=each))) for each in HOURS),
            usual=USUAL_HOURS,
            colleagues=tuple((each.id, self._presenter.name(each.id)) for each in seat.desk if each.id != seat.me.id),
        )

    def _gap(self, gap: datetime | None, now: datetime) -> str:
        if gap is None:
            return ""
        if gap <= now:
            return self._presenter.say("console.duty.gap_now")
        return self._presenter.say("console.duty.gap", time=self._presenter.when(gap, now))
