"""The duty bar: who is on duty, oneself among them, who carries how much, and handing everything over."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
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
    @property
    def claims(self) -> int: ...
    @property
    def looks(self) -> int: ...


class Roster(Protocol):
    @property
    def on_duty(self) -> Mapping[Role, Sequence[MemberId]]: ...
    @property
    def gap(self) -> datetime | None: ...
    @property
    def load(self) -> Mapping[MemberId, Load]: ...


class DutyDesk(Protocol):
    async def on(self, actor: Actor, hours: int = 8) -> Duty | Refused: ...
    async def off(self, actor: Actor) -> Duty | Refused: ...
    async def hand_over(self, actor: Actor, to: MemberId, note: str = "") -> Sequence[Case] | Refused: ...
    async def roster(self, actor: Actor) -> Roster: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class RosterView:
    """The roster as the page shows it.

    Attributes:
        now: Who is on duty, a line for each role.
        gap: That nobody is on duty, or from when on; empty while somebody is.
        load: Name, open claims and looks of each.
    """

    is_on: bool
    now: tuple[str, ...]
    gap: str
    load: tuple[tuple[str, str, str], ...]
    hours: tuple[tuple[int, str], ...]
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
        return Refused(why=Why.UNKNOWN_VERB)

    def _view(self, roster: Roster, seat: Seat) -> RosterView:
        raise NotImplementedError
