"""Carrying orders out on the local platform, each once: a repeated key changes nothing and gives the first receipt."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime

from adapters.local.doors import Doors
from adapters.local.failures import Failures, after_effect, before_effect
from adapters.local.journal import Entry, performed
from adapters.local.posted import LETTERS, Posted
from adapters.local.restrictions import Restrictions
from adapters.local.talks import Talks
from core.desk.orders import PEOPLE
from core.flow.planning import UNDOES
from core.flow.purging import MESSAGES
from core.model.action import ActionKind
from core.model.message import MemberId, MessageId
from core.model.order import Order
from core.ports import Clock


class Orders:
    """What was ordered so far, and what orders change: what is posted, who is restricted, which talks are open."""

    def __init__(
        self,
        *,
        clock: Clock,
        new_id: Callable[[], str],
        note: Callable[[Entry], Awaitable[None]],
        remove: Callable[[Sequence[MessageId]], Awaitable[None]],
        tell: Callable[[ActionKind], None],
    ) -> None:
        """`note` writes into the journal, `remove` takes messages away, `tell` says what kind was carried out."""
        self.posted = Posted()
        self.restrictions = Restrictions()
        self.talks = Talks()
        self.doors = Doors()
        self.failures = Failures()
        self._clock = clock
        self._new_id = new_id
        self._note = note
        self._remove = remove
        self._tell = tell
        self._performed: dict[str, str] = {}
        self._performing = asyncio.Lock()

    async def perform(self, order: Order) -> str:
        """Carry an order out. Raises: as `core.ports.Platform.perform`."""
        failure = self.failures.next(order.action.kind)
        before_effect(failure, order.action.kind)
        async with self._performing:
            receipt = await self._carry_out(order)
        after_effect(failure)
        return receipt

    async def _carry_out(self, order: Order) -> str:
        action = order.action
        first = self._performed.get(action.key)
        if first is not None:
            await self._note({"what": "double", "key": action.key, "kind": action.kind.value})
            return first
        if action.kind in LETTERS:
            self.doors.pass_through(MemberId(action.target))
        match action.kind:
            case ActionKind.DELETE:
                await self._remove([MessageId(action.target)])
            case ActionKind.PURGE:
                await self._remove([MessageId(each) for each in action.params.get(MESSAGES, "").split(",")])
        # The answer to what is undone may have got lost: its key tells which it was.
        undone = self._performed.get(action.params.get(UNDOES, ""), "")
        receipt = order.receipt or undone or self._new_id()
        await self._note(performed(action, receipt))
        self._performed[action.key] = receipt
        self.restrictions.apply(action.kind, action.target, action.until)
        self.posted.put(order, receipt, self._clock.now())
        match action.kind:
            case ActionKind.OPEN_TALK:
                people = action.params.get(PEOPLE, "").split(",")
                self.talks.open(receipt, action.target, people, order.notice)
            case ActionKind.CLOSE_TALK:
                self.talks.close(receipt)
        self._tell(action.kind)
        return receipt

    def remember(self, entry: Entry) -> None:
        """What the journal tells of an order that was carried out."""
        self._performed[entry["key"]] = entry["receipt"]
        until = datetime.fromisoformat(entry["until"]) if entry["until"] else None
        kind = ActionKind(entry["kind"])
        self.restrictions.apply(kind, entry["target"], until)
        match kind:
            case ActionKind.OPEN_TALK:
                self.talks.open(entry["receipt"], entry["target"], entry.get("people", "").split(","))
            case ActionKind.CLOSE_TALK:
                self.talks.close(entry["receipt"])
