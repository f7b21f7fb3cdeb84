"""The engine: what is acknowledged was decided, whatever the store, a filter or our own code does."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta
from typing import NoReturn

import pytest

from core.errors import Unavailable
from core.flow.engine import BATCH
from core.flow.filter import Seen
from core.model.action import ActionKind
from core.model.case import Concern
from core.model.event import MemberJoined, MessageWritten, ReactionAdded
from core.model.finding import Category, Verdict
from core.model.message import Channel, ChannelId, CommunityId, MemberId, MessageId, PlatformName
from core.model.record import ActionState
from tests.clock import START
from tests.core.examples import COMMUNITY, ELSEWHERE, PIER, a_message
from tests.core.house import LIVE_LADDER, House, WordFilter, driven

DECK = Channel(id=ChannelId("deck"), name="deck")


async def test_a_message_becomes_a_case_and_its_alert_arrives() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    (order,) = house.stage.calls
    assert order.card is not None
    assert (order.action.kind, order.card.case_id, order.card.level) == (ActionKind.ALERT, case.id, 3)
    assert not await house.undecided()
    assert house.engine.counts.cases_touched == 1


async def test_a_harmless_message_leaves_nothing_but_its_mark() -> None:
    house = House()
    await house.say("good morning")
    await house.decide()
    counts = dict(await house.store.counts())
    assert counts.pop("done") == 1
    assert not any(counts.values())
    assert not await house.undecided()


async def test_an_empty_intake_is_no_work() -> None:
    assert await House().engine.step() == 0


async def test_other_events_are_marked_and_acknowledged() -> None:
    house = House()
    local, ann = PlatformName("local"), MemberId("ann")
    await house.intake.append(
        [
            MemberJoined(platform=local, community=COMMUNITY, member=ann, name="Ann", at=START),
            ReactionAdded(
                platform=local,
                community=COMMUNITY,
                channel=PIER,
                message_id=MessageId("m1"),
                member=ann,
                emoji="x",
                at=START,
            ),
        ]
    )
    await house.decide()
    assert not await house.undecided()
    assert (await house.store.counts())["done"] == 2


@pytest.mark.parametrize("text", ["good morning", "insult:3", "disclosure:3 insult:3"])
async def test_while_the_store_can_not_write_nothing_is_acknowledged_and_later_everything_is_decided_once(
    text: str,
) -> None:
    house = House()
    for number in range(3):
        await house.say(text, f"m{number}", author=f"author{number}")
    expected = 3 * (text.count(":"))
    for refused in range(4):
        house.store.refusals.extend([Unavailable(reason="the disk is full")])
        with pytest.raises(Unavailable):
            await house.engine.step()
        assert await house.undecided() == 3, refused
    await house.settle()
    assert not await house.undecided()
    assert len(await house.cases()) == expected
    assert len(house.stage.orders(ActionKind.ALERT)) == house.stage.called(ActionKind.ALERT) == expected


async def test_what_was_committed_before_the_disk_filled_up_is_not_decided_again() -> None:
    house = House()
    await house.say("insult:3", "m1", author="ann")
    await house.say("insult:3", "m2", author="ben")
    house.store.before_commit.append(house.say("good morning", "m3"))
    first_commit = house.store.commit

    async def fails_second_time(unit: object) -> object:
        house.store.commit = second  # type: ignore[method-assign,assignment]
        return await first_commit(unit)  # type: ignore[arg-type]

    async def second(unit: object) -> object:
        house.store.commit = first_commit  # type: ignore[method-assign]
        raise Unavailable(reason="the disk is full")

    house.store.commit = fails_second_time  # type: ignore[method-assign,assignment]
    with pytest.raises(Unavailable):
        await house.engine.step()
    assert len(await house.cases()) == 1
    await house.settle()
    assert len(await house.cases()) == 2
    assert house.engine.counts.repeats == 1
    assert house.stage.called(ActionKind.ALERT) == 2


async def test_a_batch_of_harmless_messages_half_of_which_were_done_is_finished() -> None:
    house = House()
    await house.say("good morning", "m1")
    await house.decide()
    message = a_message("m1", "good morning", sent_at=house.clock.now())
    await house.intake.append([MessageWritten(message=message)])
    await house.say("good evening", "m2")
    await house.decide()
    assert not await house.undecided()
    assert house.engine.counts.repeats == 1
    assert (await house.store.counts())["done"] == 2


async def test_the_same_message_delivered_twice_makes_one_case() -> None:
    house = House()
    message = await house.say("insult:3")
    await house.settle()
    await house.intake.append([MessageWritten(message=message)])
    await house.settle()
    assert (await house.the_case()).messages == 1
    assert house.stage.called(ActionKind.ALERT) == 1
    assert house.engine.counts.repeats == 1


async def test_a_stale_case_is_read_and_decided_again() -> None:
    house = House()
    await house.say("insult:3")
    house.store.stale = 5
    await house.settle()
    assert house.stage.called(ActionKind.ALERT) == 1


async def test_a_case_that_never_stops_changing_is_tried_later_and_holds_back_no_other_event() -> None:
    house = House()
    await house.say("insult:3")
    house.store.stale = 50
    await house.engine.step()
    assert await house.undecided() == 1
    assert house.board.standing["engine"].key == "notice.set_aside"
    await house.say("insult:3", "m2", author="ben")
    await house.settle()
    assert len(await house.cases()) == 1
    house.clock.advance(timedelta(seconds=5))
    await house.settle()
    assert len(await house.cases()) == 2
    assert await house.undecided() == 0


async def test_a_case_that_closes_while_a_message_is_decided_makes_room_for_a_new_one() -> None:
    house = House()
    await house.say("insult:3", "m1")
    await house.settle()
    first = await house.the_case()
    await house.say("insult:3", "m2")
    house.store.before_commit.append(house.clicked("bob", first, "resolve", outcome="talked"))
    await house.settle()
    second = await house.the_case()
    assert second.id != first.id
    assert second.messages == 1
    assert house.stage.called(ActionKind.ALERT) == 2


async def test_a_fault_of_ours_sets_one_message_aside_and_the_others_go_on() -> None:
    house = House()
    house.broken_policies[CommunityId("local:broken")] = KeyError("a fault of ours")
    await house.say("insult:3", "m1", community=CommunityId("local:broken"))
    await house.say("insult:3", "m2")
    await house.settle()
    assert house.stage.called(ActionKind.ALERT) == 1
    assert await house.undecided() == 1
    assert house.engine.counts.set_aside == 1
    notice = house.board.standing["engine"]
    assert notice.params == {"count": 1, "error": "KeyError"}
    await house.settle()
    assert house.engine.counts.set_aside == 1, "it waits for a restart"
    house.broken_policies.clear()
    house.start()
    await house.settle()
    assert not await house.undecided()


async def test_crisis_is_decided_first_in_a_batch_gravest_first() -> None:
    house = House()
    for number, text in enumerate(["insult:3", "disclosure:2", "disclosure:4", "insult:4"]):
        await house.say(text, f"m{number}", author=f"author{number}")
    await house.decide()
    opened = [case.case.level for unit in house.store.commits for case in unit.cases]
    assert opened == [4, 2, 3, 4]


async def test_a_crisis_message_shields_its_author_s_insult_in_the_same_batch() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3", "m1")
    await house.say("disclosure:2", "m2")
    await house.settle()
    assert not house.stage.orders(ActionKind.TIMEOUT)
    assert not house.stage.orders(ActionKind.DELETE)
    states = {r.state for r in await house.records(await house.the_case(), ActionKind.TIMEOUT, ActionKind.DELETE)}
    assert states == {ActionState.PROPOSED}


async def test_a_message_whose_crisis_check_failed_is_not_punished() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3 unchecked")
    await house.settle()
    assert [order.action.kind for order in house.stage.calls] == [ActionKind.ALERT]


async def test_a_message_caught_up_late_alerts_and_is_left_to_people() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:4", is_late=True)
    await house.settle()
    assert [order.action.kind for order in house.stage.calls] == [ActionKind.ALERT]
    states = {record.state for record in await house.records(await house.the_case()) if record.action.channel}
    assert states == {ActionState.PROPOSED}


async def test_a_raid_is_one_case_with_one_alert_and_a_crisis_hidden_in_it_has_its_own() -> None:
    house = House()
    for number in range(500):
        text = "disclosure:3 pile_on:3" if number == 321 else "pile_on:3"
        await house.say(text, f"m{number}", author=f"author{number}")
        if number % 100 == 99:
            await house.settle()
    raid, crisis = await house.the_case(Concern.RAID), await house.the_case(Concern.CRISIS)
    assert (raid.messages, raid.subject, crisis.subject) == (500, PIER.id, "author321")
    assert [order.action.case_id for order in house.stage.orders(ActionKind.ALERT)] == [raid.id, crisis.id]
    assert house.stage.called(ActionKind.REFRESH_CARD) <= 5


async def test_from_a_raid_over_two_channels_each_message_is_deleted_where_it_stands() -> None:
    house = House()
    for number, channel in enumerate((PIER, DECK, DECK)):
        await house.say("pile_on:3", f"m{number}", author=f"author{number}", channel=channel)
    await house.settle()
    case = await house.clicked("bob", await house.the_case(Concern.RAID), "claim")
    await house.clicked("bob", case, "order", kind="delete")
    await house.settle()
    found = {order.action.target: order.action.channel for order in house.stage.orders(ActionKind.DELETE)}
    assert found == {"m0": "pier", "m1": "deck", "m2": "deck"}


async def test_what_a_rung_does_in_another_channel_than_the_case_s_is_done_there() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3", "m1")
    await house.say("insult:3", "m2", channel=DECK)
    await house.settle()
    found = {order.action.target: order.action.channel for order in house.stage.orders(ActionKind.DELETE)}
    assert found == {"m1": "pier", "m2": "deck"}


async def test_communities_share_neither_cases_nor_care_nor_conduct() -> None:
    house = House(LIVE_LADDER)
    await house.say("disclosure:3", "m1")
    await house.say("insult:3", "m2", community=ELSEWHERE)
    await house.settle()
    assert [order.action.community for order in house.stage.orders(ActionKind.TIMEOUT)] == [ELSEWHERE]
    (here,) = await house.cases()
    assert await house.store.case(ELSEWHERE, here.id) is None
    await house.delete("m1", community=ELSEWHERE)
    await house.settle()
    assert [each.deleted_at for each in await house.store.evidence(COMMUNITY, here.id)] == [None]


class Looking(WordFilter):
    """Writes down what it could see around each message."""

    def __init__(self) -> None:
        self.saw: list[tuple[str, list[str]]] = []

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        self.saw += [(each.message.id, [earlier.id for earlier in each.before]) for each in batch]
        return super().screen(batch)


async def test_a_batch_that_is_tried_again_sees_the_same_conversation() -> None:
    house = House()
    house.filter = looking = Looking()
    house.start()
    for number in range(BATCH):
        await house.say("insult:3" if number == 0 else "good morning", f"m{number}")
    house.store.refusals.append(Unavailable(reason="the disk is full"))
    with pytest.raises(Unavailable):
        await house.engine.step()
    first, looking.saw = looking.saw, []
    await house.decide()
    assert looking.saw in ([], first)
    case = await house.the_case()
    assert [kept.message.id for kept in await house.store.texts(COMMUNITY, case.id)] == ["m0"]
    await house.say("insult:3", "next")
    await house.decide()
    assert looking.saw[-1] == ("next", [f"m{number}" for number in range(BATCH - 50, BATCH)])


async def test_the_loop_waits_out_a_full_disk_tells_people_and_goes_on() -> None:
    house = House()
    await house.say("insult:3")
    house.store.refusals.extend([Unavailable(reason="the disk is full")] * 7)
    running = asyncio.create_task(house.engine.run())
    for _ in range(7):
        await until(lambda: house.clock.sleepers == 1)
        assert house.board.standing["store"].params == {"reason": "the disk is full"}
        house.clock.advance(timedelta(seconds=5))
    await until(lambda: not house.board.standing)
    assert len(await house.cases()) == 1
    await house.say("insult:3", "m2", author="ben")
    await until(lambda: house.engine.counts.with_findings >= 9)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert not await house.undecided()


async def test_what_is_found_is_counted_once_however_often_its_commit_is_tried() -> None:
    house = House()
    await house.say("insult:3")
    house.store.refusals.extend([Unavailable(reason="synthetic")] * 2)
    for _ in range(2):
        with pytest.raises(Unavailable):
            await house.engine.step()
    await house.decide()
    assert house.engine.counts.findings == {(Category.HARASSMENT, 3): 1}


async def test_a_loop_that_fails_after_the_store_did_takes_its_notice_back_once_it_runs_again() -> None:
    house = House()
    await house.say("harmless")
    house.store.refusals.append(Unavailable(reason="synthetic"))
    running = asyncio.create_task(house.engine.run())
    await until(lambda: house.clock.sleepers == 1)
    take = house.intake.take
    house.intake.take = failing  # type: ignore[method-assign]
    house.clock.advance(timedelta(seconds=5))
    with pytest.raises(RuntimeError):
        await running
    house.intake.take = take  # type: ignore[method-assign]
    running = asyncio.create_task(house.engine.run())
    await until(lambda: not house.board.standing)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


async def failing(*_: object, **__: object) -> NoReturn:
    raise RuntimeError("synthetic")


async def until(is_so: object) -> None:
    """Let everybody run until something holds."""
    assert callable(is_so)
    async with asyncio.timeout(5):
        while True:
            if is_so():
                return
            await asyncio.sleep(0)


async def test_an_acknowledgement_that_fails_is_repeated_and_nothing_is_decided_twice() -> None:
    house = House()
    await house.say("insult:3")
    acknowledge = house.intake.ack

    async def fails(seqs: Sequence[int]) -> None:
        house.intake.ack = acknowledge  # type: ignore[method-assign]
        raise Unavailable(reason="the disk is full")

    house.intake.ack = fails  # type: ignore[method-assign]
    with pytest.raises(Unavailable):
        await house.engine.step()
    await driven(house.clock, house.settle())
    assert not await house.undecided()
    assert (await house.the_case()).messages == 1
    assert house.stage.called(ActionKind.ALERT) == 1
