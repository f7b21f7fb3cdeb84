"""The engine on later wordings of a message, and on its end."""

from datetime import timedelta

import pytest

from core.errors import Unavailable
from core.model.action import ActionKind
from core.model.audit import AuditVerb
from core.model.case import Concern, State
from tests.clock import START
from tests.core.examples import COMMUNITY
from tests.core.house import House


async def test_an_edit_that_is_no_worse_alerts_nobody_anew_also_after_its_case_is_closed() -> None:
    house = House()
    await house.say("insult:3")
    await house.settle()
    await house.clicked("bob", await house.the_case(), "resolve", outcome="talked")
    await house.say("insult:3 again", edited_at=START + timedelta(seconds=9))
    await house.settle()
    assert house.stage.called(ActionKind.ALERT) == 1
    assert not await house.cases(states=frozenset({State.WAITING, State.CLAIMED}))
    await house.say("insult:4", edited_at=START + timedelta(seconds=19))
    await house.settle()
    assert house.stage.called(ActionKind.ALERT) == 2


async def test_an_edit_to_something_harmless_lowers_nothing() -> None:
    house = House()
    await house.say("insult:3")
    await house.settle()
    await house.say("good morning", edited_at=START + timedelta(seconds=9))
    await house.say("insult:1", edited_at=START + timedelta(seconds=19))
    await house.settle()
    case = await house.the_case()
    assert (case.level, case.messages) == (3, 1)


async def test_an_edit_that_gets_worse_raises_its_open_case_and_pages() -> None:
    house = House()
    await house.say("disclosure:2")
    await house.settle()
    await house.say("disclosure:4", edited_at=START + timedelta(seconds=9))
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    assert (case.level, case.messages) == (4, 1)
    assert (house.stage.called(ActionKind.ALERT), house.stage.called(ActionKind.PAGE)) == (1, 1)


async def test_a_message_and_its_graver_edit_in_one_batch_are_one_message_of_one_case() -> None:
    house = House()
    await house.say("disclosure:2")
    await house.say("disclosure:4", edited_at=START + timedelta(seconds=9))
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    assert (case.level, case.messages) == (4, 1)
    assert (house.stage.called(ActionKind.ALERT), house.stage.called(ActionKind.PAGE)) == (1, 0)


async def test_a_deleted_message_is_marked_on_every_case_that_holds_it() -> None:
    house = House()
    await house.say("disclosure:2 insult:3")
    await house.settle()
    await house.delete()
    await house.settle()
    for case in await house.cases():
        (evidence,) = await house.store.evidence(COMMUNITY, case.id)
        assert evidence.deleted_at == START
    assert len(house.stage.orders(ActionKind.REFRESH_CARD)) == 2
    verbs = [entry.verb for entry in await house.store.audit(COMMUNITY, 100)]
    assert verbs.count(AuditVerb.MESSAGE_DELETED) == 2


async def test_deleting_what_no_case_holds_is_acknowledged() -> None:
    house = House()
    await house.delete()
    await house.decide()
    assert not await house.undecided()
    assert not await house.store.audit(COMMUNITY, 100)


async def test_a_message_written_and_deleted_in_one_batch_still_alerts() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.delete()
    await house.settle()
    assert house.stage.called(ActionKind.ALERT) == 1
    case = await house.the_case(Concern.CRISIS)
    assert [each.deleted_at for each in await house.store.evidence(COMMUNITY, case.id)] == [START]


async def test_a_deletion_waits_while_the_store_can_not_write() -> None:
    house = House()
    await house.say("insult:3")
    await house.settle()
    await house.delete()
    house.store.refusals.append(Unavailable(reason="the disk is full"))
    with pytest.raises(Unavailable):
        await house.engine.step()
    house.store.stale = 3
    await house.settle()
    assert not await house.undecided()
    case = await house.the_case()
    assert [each.deleted_at for each in await house.store.evidence(COMMUNITY, case.id)] == [START]


async def test_a_deletion_whose_case_never_stops_changing_is_tried_later() -> None:
    house = House()
    await house.say("insult:3")
    await house.settle()
    await house.delete()
    house.store.stale = 50
    await house.engine.step()
    assert await house.undecided() == 1
    house.clock.advance(timedelta(seconds=5))
    await house.settle()
    assert await house.undecided() == 0


async def test_a_deleted_message_is_no_context_any_more() -> None:
    house = House()
    await house.say("words to forget", "m1")
    await house.decide()
    await house.delete("m1")
    await house.decide()
    await house.say("insult:3", "m2")
    await house.decide()
    case = await house.the_case()
    assert [kept.message.id for kept in await house.store.texts(COMMUNITY, case.id)] == ["m2"]
