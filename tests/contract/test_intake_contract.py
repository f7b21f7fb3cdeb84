"""What every Intake does."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import GaveUp
from core.model.event import Event, MemberJoined, MessageDeleted, MessageWritten, ReactionAdded
from core.model.message import ChannelId, CommunityId, MemberId, MessageId, PlatformName
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, PIER, a_message, written

LOCAL = PlatformName("local")


async def test_events_come_out_in_the_order_they_went_in(house: House) -> None:
    await house.intake.append([written(n) for n in (3, 1, 2)])
    await house.intake.append([written(4)])
    taken = await house.intake.take(10)
    assert [each.event for each in taken] == [written(n) for n in (3, 1, 2, 4)]
    assert [each.seq for each in taken] == sorted({each.seq for each in taken})


async def test_every_kind_of_event_comes_back_as_it_was(house: House) -> None:
    message_id = MessageId("m1")
    events: list[Event] = [
        MessageWritten(message=a_message(quoted="quoted", attachments=("a.png", "b.txt"), is_late=True)),
        MessageDeleted(platform=LOCAL, community=HARBOUR, channel=PIER, message_id=message_id, at=START),
        MemberJoined(platform=LOCAL, community=HARBOUR, member=ANN, name="Ann \ud83d", at=START),
        ReactionAdded(
            platform=LOCAL, community=HARBOUR, channel=PIER, message_id=message_id, member=BEN, emoji="⛵", at=START
        ),
    ]
    assert await house.intake.append(events) == 4
    assert [each.event for each in await house.intake.take(10)] == events


async def test_text_with_unpaired_surrogates_and_text_of_200_kb_come_back_code_point_by_code_point(
    house: House,
) -> None:
    texts = ["\ud83d\ude00 \udc00 \ud800", "х" * 100_000, "\x00 and a null"]
    await house.intake.append([written(n, text) for n, text in enumerate(texts)])
    got = [each.event for each in await house.intake.take(10)]
    assert [each.message.text for each in got if isinstance(each, MessageWritten)] == texts


def with_id(field: str, value: str) -> Event:
    message, member = a_message(), MemberId(value)
    channel = replace(PIER, id=ChannelId(value))
    deleted = MessageDeleted(platform=LOCAL, community=HARBOUR, channel=PIER, message_id=message.id, at=START)
    changed: dict[str, Event] = {
        "message id": MessageWritten(message=replace(message, id=MessageId(value))),
        "channel id": MessageWritten(message=replace(message, channel=channel)),
        "author id": MessageWritten(message=replace(message, author=replace(message.author, id=member))),
        "mention": MessageWritten(message=replace(message, mentions=(BEN, member))),
        "link": MessageWritten(message=replace(message, link=value)),
        "channel id of a deletion": replace(deleted, channel=channel),
        "member id": MemberJoined(platform=LOCAL, community=HARBOUR, member=member, name="Ann", at=START),
        "community": MemberJoined(platform=LOCAL, community=CommunityId(value), member=ANN, name="Ann", at=START),
    }
    return changed[field]


@pytest.mark.parametrize("value", ["a\x00b", "a\ud800b"], ids=["null", "surrogate"])
@pytest.mark.parametrize(
    "field",
    ["message id", "channel id", "author id", "mention", "link", "channel id of a deletion", "member id", "community"],
)
async def test_an_id_that_not_every_database_keeps_is_refused_by_its_name(house: House, field: str, value: str) -> None:
    with pytest.raises(GaveUp, match=field.removesuffix(" of a deletion")) as error:
        await house.intake.append([written(2), with_id(field, value)])
    assert value not in str(error.value)
    assert list(await house.intake.take(10)) == []


async def test_the_same_event_twice_is_kept_once(house: House) -> None:
    assert await house.intake.append([written(1), written(1), written(2)]) == 2
    assert await house.intake.append([written(2), written(3)]) == 1
    assert len(await house.intake.take(10)) == 3


async def test_a_message_caught_up_late_is_the_same_message(house: House) -> None:
    await house.intake.append([written(1)])
    assert await house.intake.append([MessageWritten(message=a_message(1, is_late=True))]) == 0


async def test_an_edit_is_another_event_also_within_the_same_second(house: House) -> None:
    edited_at = START + timedelta(minutes=1)
    events = [written(1), written(1, "first edit", edited_at=edited_at), written(1, "second", edited_at=edited_at)]
    assert await house.intake.append(events) == 3
    keys = [each.key for each in await house.intake.take(10)]
    assert len(set(keys)) == 3
    assert all(key.startswith("local:pier:m1:") for key in keys)


async def test_an_event_has_the_same_key_after_a_restart(house: House) -> None:
    await house.intake.append([written(1)])
    (before,) = await house.intake.take(10)
    await house.restart()
    assert await house.intake.append([written(1)]) == 0
    (after,) = await house.intake.take(10)
    assert after == before


async def test_no_key_tells_the_text(house: House) -> None:
    await house.intake.append([written(1, "canary")])
    (taken,) = await house.intake.take(10)
    assert "canary" not in taken.key


async def test_take_stops_at_the_limit_and_goes_on_after_a_place(house: House) -> None:
    await house.intake.append([written(n) for n in range(5)])
    first = await house.intake.take(2)
    rest = await house.intake.take(10, after=first[-1].seq)
    assert [each.event for each in [*first, *rest]] == [written(n) for n in range(5)]


async def test_what_was_not_acknowledged_is_handed_out_again(house: House) -> None:
    await house.intake.append([written(1), written(2)])
    first, second = await house.intake.take(10)
    await house.intake.ack([first.seq])
    await house.intake.ack([first.seq])
    await house.restart()
    assert list(await house.intake.take(10)) == [second]


async def test_places_are_never_given_out_twice(house: House) -> None:
    await house.intake.append([written(1)])
    (first,) = await house.intake.take(10)
    await house.intake.ack([first.seq])
    await house.restart()
    await house.intake.append([written(2)])
    (second,) = await house.intake.take(10, after=first.seq)
    assert second.seq > first.seq


async def test_nothing_in_gives_nothing_out(house: House) -> None:
    assert await house.intake.append([]) == 0
    await house.intake.ack([])
    assert list(await house.intake.take(10)) == []


async def test_waiting_ends_when_something_is_appended(house: House) -> None:
    await house.intake.take(10)
    async with asyncio.timeout(5), asyncio.TaskGroup() as tasks:
        waiting = tasks.create_task(house.intake.wait())
        await asyncio.sleep(0)
        assert not waiting.done()
        await house.intake.append([written(1)])
    assert len(await house.intake.take(10)) == 1


async def test_appends_at_the_same_time_keep_the_order_within_each(house: House) -> None:
    async with asyncio.TaskGroup() as tasks:
        for start in range(0, 100, 10):
            tasks.create_task(house.intake.append([written(n) for n in range(start, start + 10)]))
    got = [
        int(each.event.message.id[1:])
        for each in await house.intake.take(200)
        if isinstance(each.event, MessageWritten)
    ]
    assert sorted(got) == list(range(100))
    for start in range(0, 100, 10):
        assert [n for n in got if start <= n < start + 10] == list(range(start, start + 10))
