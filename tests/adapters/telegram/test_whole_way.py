"""From a message on the fake wire to a card on the fake wire, through the real engine and Delivery."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from datetime import timedelta
from typing import Any

from adapters.local.memory import MemoryStore
from core.desk.card import compose
from core.flow.delivery import Delivery
from core.flow.engine import Engine
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.action import ActionKind
from core.model.case import State
from core.model.policy import CommunityPolicy
from core.model.record import ActionState
from tests.adapters.telegram.fake_telegram import CRISIS, STAFF, a_message
from tests.adapters.telegram.house import HARBOUR, House
from tests.clock import FakeClock
from tests.core.house import WordFilter
from tests.everybody import Everybody


class Core:
    """Engine and Delivery of a house; a new one is what a new process would be."""

    def __init__(self, house: House, store: MemoryStore) -> None:
        words = WordFilter()
        lane = Lane(
            name="words", worker=InlineWorker([words]), filters=(FilterInfo(name="words", categories=words.categories),)
        )
        self.engine = Engine(
            intake=house.intake,
            store=store,
            screening=Screening([lane], house.clock, house.board),
            policy_of=lambda _: CommunityPolicy(),
            clock=house.clock,
            notices=house.board,
        )
        self.delivery = Delivery(
            store=store,
            platforms={"telegram": house.connection.platform},
            compose=compose,
            clock=house.clock,
            notices=house.board,
            staff=Everybody(),
            policy_of=lambda _: CommunityPolicy(),
        )

    async def settle(self) -> None:
        while await self.engine.step():
            pass
        await self.delivery.deliver_due()


class StallingStore(MemoryStore):
    """Hangs where it should record what came of an action, until somebody kills the process."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.stalls = True
        self.reached = asyncio.Event()

    async def record_action(self, *args: Any, **named: Any) -> None:
        if self.stalls:
            self.reached.set()
            await asyncio.Event().wait()
        await super().record_action(*args, **named)


async def hear(house: House, texts: Sequence[str]) -> None:
    house.open()
    await house.telegram.bring(*({"message": a_message(number, text)} for number, text in enumerate(texts, start=1)))
    await house.telegram.until(lambda: len(house.intake.kept) >= len(texts))


async def test_a_message_becomes_a_card_without_its_words(house: House) -> None:
    await hear(house, ["fine words", "insult:3 of synthetic words", "disclosure:4 in synthetic words"])
    await Core(house, MemoryStore(house.clock)).settle()
    (conduct,) = house.telegram.cards(STAFF)
    (crisis,) = house.telegram.cards(CRISIS)
    for card in (conduct, crisis):
        assert "Harbour" in card
        assert "2026-03-01 12:00 UTC" in card
        assert "https://t.me/c/1111111111/" in card
        assert "synthetic words" not in card
    assert "Ann" not in crisis


async def test_a_kill_between_telegrams_answer_and_its_record_repeats_the_card_with_the_same_case(house: House) -> None:
    store = StallingStore(house.clock)
    await hear(house, ["insult:3"])
    dying = asyncio.create_task(Core(house, store).settle())
    await store.reached.wait()
    dying.cancel()
    with suppress(asyncio.CancelledError):
        await dying
    await house.restart()
    store.stalls = False
    await store.unclaim_actions()
    await Core(house, store).settle()
    one, other = house.telegram.cards(STAFF)
    (case,) = await store.cases(HARBOUR, frozenset(State), 10)
    assert case.id in one
    assert case.id in other
    (alert,) = [each for each in await store.actions(HARBOUR, case.id) if each.action.kind is ActionKind.ALERT]
    assert alert.state is ActionState.DONE


async def test_an_alert_arrives_once_telegram_is_there_again(house: House) -> None:
    store = MemoryStore(house.clock)
    await hear(house, ["disclosure:4"])
    house.telegram.limit("sendMessage", 600)
    core = Core(house, store)
    await core.settle()
    assert house.telegram.cards(CRISIS) == []
    house.clock.advance(timedelta(seconds=601))
    await core.settle()
    assert len(house.telegram.cards(CRISIS)) == 1
