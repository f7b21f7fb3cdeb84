"""Windows over conversations: what a filter may look back on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.conversation import WINDOW_AGE, WINDOW_MESSAGES, Conversations
from core.model.message import Channel, ChannelId, Message, MessageId
from tests.clock import START
from tests.core.examples import COMMUNITY, ELSEWHERE, PIER, a_message

DECK = Channel(id=ChannelId("deck"), name="deck")


def after(seconds: float, message_id: str, text: str = "synthetic words", channel: Channel = PIER) -> Message:
    return a_message(message_id, text, channel=channel, sent_at=START + timedelta(seconds=seconds))


def ids(messages: tuple[Message, ...]) -> list[str]:
    return [message.id for message in messages]


@given(st.lists(st.tuples(st.integers(0, 70), st.integers(-7200, 7200)), max_size=150))
def test_a_window_is_bounded_in_number_and_age_whatever_comes_in_whatever_order(
    said: list[tuple[int, int]],
) -> None:
    conversations = Conversations()
    for number, seconds in said:
        seen = conversations.see(after(seconds, f"m{number}"))
        assert len(seen.before) <= WINDOW_MESSAGES
        assert all(each.sent_at >= seen.message.sent_at - WINDOW_AGE for each in seen.before)
        assert seen.message.id not in ids(seen.before)
        assert len(set(ids(seen.before))) == len(seen.before)


def test_earlier_messages_come_oldest_first_and_only_the_newest_fifty() -> None:
    conversations = Conversations()
    for number in range(60):
        seen = conversations.see(after(number, f"m{number}"))
    assert ids(seen.before) == [f"m{number}" for number in range(9, 59)]


def test_a_message_is_not_in_its_own_past() -> None:
    conversations = Conversations()
    message = after(0, "m1")
    assert conversations.see(message).before == ()
    assert conversations.see(message).before == ()


def test_what_is_older_than_half_an_hour_of_message_time_is_out_of_sight() -> None:
    conversations = Conversations()
    conversations.see(after(0, "m0"))
    assert ids(conversations.see(after(1800, "m1")).before) == ["m0"]
    assert ids(conversations.see(after(1801, "m2")).before) == ["m1"]


def test_an_edit_takes_its_old_place() -> None:
    conversations = Conversations()
    for number in range(3):
        conversations.see(after(number, f"m{number}"))
    edited = conversations.see(after(1, "m1", "other words"))
    assert ids(edited.before) == ["m0"]
    later = conversations.see(after(3, "m3"))
    assert ids(later.before) == ["m0", "m1", "m2"]
    assert later.before[1].text == "other words"


def test_a_deleted_message_is_out_of_sight() -> None:
    conversations = Conversations()
    conversations.see(after(0, "m0"))
    conversations.see(after(1, "m1"))
    conversations.forget(COMMUNITY, PIER.id, MessageId("m0"))
    assert ids(conversations.see(after(2, "m2")).before) == ["m1"]


def test_forgetting_what_was_never_seen_does_nothing() -> None:
    conversations = Conversations()
    conversations.forget(COMMUNITY, PIER.id, MessageId("m0"))
    conversations.see(after(0, "m0"))
    conversations.forget(COMMUNITY, PIER.id, MessageId("m9"))
    assert ids(conversations.see(after(1, "m1")).before) == ["m0"]


def test_channels_and_communities_do_not_see_each_other() -> None:
    conversations = Conversations()
    conversations.see(after(0, "m0"))
    assert conversations.see(after(1, "m1", channel=DECK)).before == ()
    assert conversations.see(a_message("m2", community=ELSEWHERE, sent_at=START)).before == ()


def test_the_channel_silent_for_longest_is_forgotten_first() -> None:
    conversations = Conversations(max_channels=2)
    bar = Channel(id=ChannelId("bar"), name="bar")
    conversations.see(after(0, "p0"))
    conversations.see(after(1, "d0", channel=DECK))
    conversations.see(after(2, "p1"))
    conversations.see(after(3, "b0", channel=bar))
    assert ids(conversations.see(after(4, "p2")).before) == ["p0", "p1"]
    assert ids(conversations.see(after(5, "d1", channel=DECK)).before) == []


def test_a_second_run_over_the_same_messages_sees_the_same_windows() -> None:
    said = [after(number * 40, f"m{number % 45}") for number in range(90)]
    first, second = Conversations(), Conversations()
    assert [first.see(message) for message in said] == [second.see(message) for message in said]


@pytest.mark.parametrize("at", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_a_message_at_the_end_of_all_time_has_a_window_too(at: datetime) -> None:
    conversations = Conversations()
    first = conversations.see(replace(a_message("m1"), sent_at=at)).message
    assert conversations.see(replace(a_message("m2"), sent_at=at)).before == (first,)
