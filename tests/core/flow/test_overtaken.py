"""What was put off and then overtaken: it lands on nothing newer, and nothing that was said or shown stays wrong."""

import asyncio
import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from config.texts.catalogue import Catalogue
from core.errors import NotAllowed, RetryLater, Unavailable
from core.model.action import FOREVER_S, ActionKind
from core.model.case import Case
from core.model.message import MemberId
from core.model.order import Order
from core.model.record import ActionState
from tests.core.flow.delivering import BAN, DELETE, NOTICE, REFRESH, TIMEOUT, a_house_with, the_record
from tests.core.house import House, Stage, driven

UNBAN = ActionKind.UNBAN
DAY_S, WEEK_S = "86400", str(7 * 86400)


async def a_claimed_case(text: str = "insult:2") -> tuple[House, Case]:
    house, case = await a_house_with(text)
    await house.deliver()
    return house, await house.clicked("bob", await house.case(case.id), "claim")


async def until(has_come: Callable[[], bool]) -> None:
    """Let others work until then."""
    async with asyncio.timeout(5):
        for _ in itertools.takewhile(lambda _: not has_come(), itertools.count()):
            await asyncio.sleep(0)


async def a_lifting_that_is_put_off(house: House, case: Case) -> None:
    """A ban was carried out and is taken back, but the platform asks to wait with that."""
    await house.clicked("bob", case, "order", kind="ban", duration_s=str(FOREVER_S))
    await house.deliver()
    house.stage.refuse(RetryLater(reason="slow down", after=timedelta(minutes=5)), kind=UNBAN)
    await house.clicked("bob", case, "undo_action", action=(await the_record(house, case, BAN)).action.key)
    await house.delivery.deliver_due()
    assert house.stage.called(UNBAN) == 1


def said(house: House) -> list[bool]:
    """Of each thing that the member was told, whether it takes something back."""
    told = (Catalogue().render(order.notice) for order in house.stage.orders(NOTICE) if order.notice)
    return ["taken back" in each for each in told]


async def test_a_lifting_that_was_put_off_lifts_no_newer_ban() -> None:
    house, case = await a_claimed_case()
    await a_lifting_that_is_put_off(house, case)
    await house.clicked("bob", case, "order", kind="ban", duration_s=WEEK_S)
    await house.deliver()
    assert len(house.stage.orders(BAN)) == 2
    assert not house.stage.orders(UNBAN)
    assert (await the_record(house, case, UNBAN)).state is ActionState.WITHDRAWN
    assert said(house) == [False, False], "nobody is told of a lifting that did not happen"


async def test_a_lifting_that_was_put_off_is_needed_where_the_newer_ban_comes_to_nothing() -> None:
    house, case = await a_claimed_case()
    await a_lifting_that_is_put_off(house, case)
    house.clock.advance(timedelta(minutes=4, seconds=30))
    house.stage.refuse(RetryLater(reason="slow down", after=timedelta(minutes=1)), kind=BAN)
    house.stage.refuse(NotAllowed(reason="no permission"), kind=BAN)
    await house.clicked("bob", case, "order", kind="ban", duration_s=WEEK_S)
    await house.deliver()
    assert (await the_record(house, case, UNBAN)).state is ActionState.DONE
    assert [order.action.kind for order in house.stage.calls if order.action.kind in {BAN, UNBAN}][-1] is UNBAN


async def test_a_lifting_goes_on_where_the_newer_ban_was_taken_back_too() -> None:
    house, case = await a_claimed_case()
    await a_lifting_that_is_put_off(house, case)
    await house.clicked("bob", case, "order", kind="ban", duration_s=WEEK_S)
    bans = await house.records(case, BAN)
    await house.clicked("bob", case, "undo_action", action=bans[-1].action.key)
    await house.deliver()
    assert len(house.stage.orders(UNBAN)) == 1
    assert len(house.stage.orders(BAN)) == 1


async def test_an_older_ban_that_was_put_off_does_not_take_the_place_of_a_newer_one() -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(RetryLater(reason="slow down", after=timedelta(minutes=5)), kind=BAN)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    await house.delivery.deliver_due()
    await house.delivery.deliver_due()
    assert house.stage.called(BAN) == 1
    await house.clicked("bob", case, "order", kind="ban", duration_s=WEEK_S)
    await house.deliver()
    (ban,) = house.stage.orders(BAN)
    assert ban.action.params["duration_s"] == WEEK_S


async def test_an_automatic_sanction_is_told_of_though_the_notice_of_an_earlier_one_was_withdrawn() -> None:
    house, case = await a_house_with("insult:3")
    house.clock.advance(timedelta(minutes=11))
    await house.deliver()
    assert (await the_record(house, case, TIMEOUT)).state is ActionState.WITHDRAWN, "its end had passed"
    for number in (2, 3):
        await house.say("insult:3", f"m{number}")
        await house.settle()
    timeouts = [order for order in house.stage.calls if order.action.kind is TIMEOUT]
    notices = [order for order in house.stage.calls if order.action.params.get("of") == "timeout"]
    assert len(timeouts) == 2
    assert len(notices) == 1, "told once, before the first that happened"
    assert house.stage.calls.index(notices[0]) < house.stage.calls.index(timeouts[0])


@pytest.mark.parametrize("is_mended", [False, True])
async def test_a_word_about_a_refused_ban_is_taken_back_also_over_a_kill_and_only_if_the_ban_stays_refused(
    is_mended: bool,
) -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(NotAllowed(reason="no permission"), times=1 if is_mended else 2, kind=BAN)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    ban = (await the_record(house, case, BAN)).action.key
    record = house.store.record_action

    async def refusing(key: str, *args: Any, **named: Any) -> None:
        if key == ban:
            raise Unavailable(reason="synthetic")
        await record(key, *args, **named)

    house.store.record_action = refusing  # type: ignore[method-assign]
    killed = asyncio.create_task(house.delivery.deliver_due())
    await until(lambda: house.clock.sleepers > 0)
    killed.cancel()
    with pytest.raises(asyncio.CancelledError):
        await killed
    house.store.record_action = record  # type: ignore[method-assign]
    house.start()
    await house.store.unclaim_actions()
    await house.deliver()
    assert (await the_record(house, case, BAN)).state is (ActionState.DONE if is_mended else ActionState.FAILED)
    assert said(house) == ([False] if is_mended else [False, True])


async def test_the_author_of_a_message_that_is_not_deleted_after_all_is_the_one_who_is_told() -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="delete")
    claimed = await house.store.claim_actions(house.clock.now(), 10)
    (notice,) = [each for each in claimed if each.action.kind is NOTICE]
    await house.store.record_action(notice.action.key, ActionState.DONE, house.clock.now())
    delete = await the_record(house, case, DELETE)
    await house.clicked("bob", case, "undo_action", action=delete.action.key)
    told = [each.action.target for each in await house.records(case, NOTICE)]
    assert told == [MemberId(case.subject)] * 2


async def test_a_deletion_that_is_ordered_again_after_it_was_taken_back_is_told() -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="delete")
    await house.clicked("bob", case, "undo_action", action=(await the_record(house, case, DELETE)).action.key)
    await house.clicked("bob", case, "order", kind="delete")
    await house.deliver()
    assert len(house.stage.orders(DELETE)) == 1
    assert said(house) == [False]


class SlowStage(Stage):
    """Takes as long as a test wants over the first edit of a card; what it shows in the end is what came last."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = asyncio.Event()
        self.is_first = True
        self.shown: list[int] = []

    async def perform(self, order: Order) -> str:
        if order.action.kind is REFRESH and order.card is not None:
            if self.is_first:
                self.is_first = False
                await self.gate.wait()
            self.shown.append(order.card.version)
        return await super().perform(order)


async def test_a_slow_edit_of_a_card_does_not_arrive_after_a_newer_one() -> None:
    house, case = await a_house_with("insult:2")
    await house.deliver()
    house.stage = stage = SlowStage()
    house.start()
    claimed = await house.clicked("bob", case, "claim")
    slow = asyncio.create_task(house.delivery.deliver_due())
    await until(lambda: not stage.is_first)
    await house.clicked("bob", claimed, "release")
    newer = asyncio.create_task(house.delivery.deliver_due())
    for _ in range(50):
        await asyncio.sleep(0)
    stage.gate.set()
    await asyncio.gather(slow, newer)
    await driven(house.clock, house.deliver())
    assert stage.shown == [2, 3]
