"""Whom the demo's cards called, and the digests: what people would see ring on a real platform."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from core.model.action import ActionKind
from core.model.capabilities import Capabilities
from core.model.card import Card
from core.model.message import MemberId, PlatformName
from core.model.order import Order
from core.ports import Clock, Platform

KEPT = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """Somebody was called to a case."""

    member: MemberId
    case_id: str
    card: Card
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """A digest that was posted."""

    card: Card
    at: datetime


class Bells:
    """Speaks `core.ports.Platform` around another one, and remembers what its cards called people to."""

    def __init__(self, platform: Platform, clock: Clock, tell: Callable[[], None] = lambda: None) -> None:
        """`tell` is called after every call and digest."""
        self.digests: deque[Digest] = deque(maxlen=KEPT)
        self._calls: deque[Call] = deque(maxlen=KEPT)
        self._platform = platform
        self._clock = clock
        self._tell = tell

    @property
    def name(self) -> PlatformName:
        return self._platform.name

    @property
    def capabilities(self) -> Capabilities:
        return self._platform.capabilities

    async def perform(self, order: Order) -> str:
        receipt = await self._platform.perform(order)
        self._hear(order)
        return receipt

    def calls_for(self, member: MemberId) -> Sequence[Call]:
        """To what this person was called, oldest first."""
        return [call for call in self._calls if call.member == member]

    def was_called(self, member: str, case_id: str) -> bool:
        """Whether this person was called to that case."""
        return any(call.case_id == case_id for call in self.calls_for(MemberId(member)))

    def _hear(self, order: Order) -> None:
        if order.card is None:
            return
        now = self._clock.now()
        match order.action.kind:
            case ActionKind.DIGEST:
                self.digests.append(Digest(card=order.card, at=now))
            case ActionKind.TELL:
                self._call(MemberId(order.action.target), order, order.card, now)
            case ActionKind.ALERT | ActionKind.PAGE if order.card.audience:
                for member in order.card.audience.members:
                    self._call(member, order, order.card, now)
            case _:
                return
        self._tell()

    def _call(self, member: MemberId, order: Order, card: Card, now: datetime) -> None:
        self._calls.append(Call(member=member, case_id=order.action.case_id, card=card, at=now))
