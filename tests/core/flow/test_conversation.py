"""Windows over conversations: what a filter may look back on."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.conversation import (
    ELSEWHERE_AGE,
    ELSEWHERE_MESSAGES,
    WINDOW_AGE,
    WINDOW_MESSAGES,
    Conversations,
)
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


def test_what_was_said_elsewhere_in_the_community_is_seen_for_two_minutes() -> None:
    conversations = Conversations()
    conversations.see(after(0, "m0", channel=DECK))
    conversations.see(after(1, "m1"))
    conversations.see(a_message("m2", community=ELSEWHERE, channel=DECK, sent_at=START))
    assert ids(conversations.see(after(119, "m3")).elsewhere) == ["m0"]
    assert ids(conversations.see(after(121, "m4")).elsewhere) == []
    assert ids(conversations.see(after(122, "m5", channel=DECK)).elsewhere) == ["m3", "m4"]


def test_what_was_deleted_in_a_channel_is_still_seen_as_said_lately_and_in_no_conversation() -> None:
    conversations = Conversations()
    conversations.see(after(0, "m0"))
    conversations.forget(COMMUNITY, PIER.id, MessageId("m0"))
    found = conversations.see(after(1, "m1"))
    assert (ids(found.before), ids(found.elsewhere)) == ([], ["m0"])


def test_an_edit_is_seen_elsewhere_once_as_it_reads_now() -> None:
    conversations = Conversations()
    conversations.see(after(0, "m0", channel=DECK))
    conversations.see(replace(after(0, "m0", "other words", channel=DECK), edited_at=START))
    (found,) = conversations.see(after(1, "m1")).elsewhere
    assert found.text == "other words"


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-300, 300)), max_size=200))
def test_what_is_seen_elsewhere_is_bounded_in_number_and_age(said: list[tuple[int, int]]) -> None:
    conversations = Conversations()
    for number, (channel, seconds) in enumerate(said):
        place = Channel(id=ChannelId(f"c{channel}"), name="")
        seen = conversations.see(after(seconds, f"m{number}", channel=place))
        assert len(seen.elsewhere) <= ELSEWHERE_MESSAGES
        assert all(seen.message.sent_at - each.sent_at <= ELSEWHERE_AGE for each in seen.elsewhere)
        assert all(each.channel.id != place.id for each in seen.elsewhere)


def test_the_community_silent_for_longest_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.flow.conversation.MAX_COMMUNITIES", 1)
    conversations = Conversations()
    conversations.see(after(0, "m0", channel=DECK))
    conversations.see(a_message("m1", community=ELSEWHERE, sent_at=START))
    assert not conversations.see(after(1, "m2")).elsewhere
