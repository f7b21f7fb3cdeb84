"""Coming to rest: what is under way is finished, nothing more is begun, and what waits stays where it is."""

import asyncio

from core.desk.card import compose
from core.flow.delivery import Delivery
from core.model.action import ActionKind
from core.model.capabilities import Capabilities
from core.model.message import PlatformName
from core.model.order import Order
from core.model.record import ActionState
from tests.core.flow.delivering import ALERT, REFRESH, a_house_with, the_record
from tests.core.house import House


class Slow:
    """A platform whose calls take until they are let go."""

    name = PlatformName("local")

    def __init__(self, capabilities: Capabilities) -> None:
        self.capabilities = capabilities
        self.begun = asyncio.Event()
        self.may_end = asyncio.Event()
        self.kinds: list[ActionKind] = []

    async def perform(self, order: Order) -> str:
        self.kinds.append(order.action.kind)
        self.begun.set()
        await self.may_end.wait()
        return "receipt"


async def test_delivery_finishes_the_call_under_way_and_leaves_the_rest_in_the_outbox() -> None:
    house, case = await a_house_with("insult:2")
    slow = Slow(house.stage.capabilities)
    delivery = Delivery(
        store=house.store,
        platforms={"local": slow},
        compose=compose,
        clock=house.clock,
        notices=house.board,
        staff=house.crew,
        policy_of=lambda _: house.policy,
    )
    running = asyncio.create_task(delivery.run())
    await slow.begun.wait()
    resting = asyncio.create_task(delivery.rest())
    await house.clicked("bob", case, "claim")
    delivery.changed()
    for _ in range(50):
        await asyncio.sleep(0)
    assert not resting.done()
    slow.may_end.set()
    await resting
    await running
    assert (await the_record(house, case, ALERT)).state is ActionState.DONE
    assert [each.state for each in await house.records(case, REFRESH)] == [ActionState.PENDING]
    assert delivery.counts == {(ALERT, ActionState.DONE): 1}
    assert slow.kinds == [ALERT]


async def test_the_engine_finishes_its_batch_and_begins_no_other() -> None:
    house = House()
    await house.say("insult:2", "m1")
    running = asyncio.create_task(house.engine.run())
    while not house.engine.counts.messages:  # noqa: ASYNC110 - the engine raises no event for it
        await asyncio.sleep(0)
    await house.engine.rest()
    await house.say("insult:2", "m2", author="ben")
    for _ in range(50):
        await asyncio.sleep(0)
    await running
    assert house.engine.counts.messages == 1
    assert len(await house.cases()) == 1
