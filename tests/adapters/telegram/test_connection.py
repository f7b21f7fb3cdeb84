"""Receiving: what Telegram may forget is in the intake, whatever happens in between."""

from datetime import timedelta

import pytest

from adapters.telegram.connection import connect
from core.errors import ConfigurationRefused
from core.model.event import MessageWritten
from core.model.message import ChannelId, CommunityId
from tests.adapters.telegram.fake_telegram import (
    BOT,
    GROUP,
    STAFF,
    TOKEN,
    FakeTelegram,
    a_chat,
    a_member,
    a_message,
    a_user,
    an_administrator,
)
from tests.adapters.telegram.house import TEXTS, FullIntake, House, a_community
from tests.clock import START, FakeClock
from tests.core.noticeboard import Noticeboard

JUNK = {"message": {"message_id": "seven", "chat": 3, "text": "unreadable words"}}


def said(number: int, text: str = "synthetic words") -> dict[str, object]:
    return {"message": a_message(number, text)}


async def test_what_is_said_comes_into_the_intake_in_order(house: House) -> None:
    await house.telegram.bring(*(said(number, f"words {number}") for number in range(1, 251)))
    house.open()
    await house.telegram.until(lambda: len(house.intake.kept) == 250)
    assert house.intake.texts == [f"words {number}" for number in range(1, 251)]
    assert house.connection.link.is_up
    assert house.connection.link.last_event_at == START
    assert house.connection.channel_name(str(GROUP)) == "Harbour"
    assert house.connection.name_of("7") == "Ann"


async def test_nothing_is_confirmed_before_the_intake_has_it(house: House) -> None:
    house.intake.refusals = 2
    await house.telegram.bring(said(1))
    house.open()
    for _ in range(2):
        await house.telegram.until(lambda: house.clock.sleepers)
        assert len(house.telegram.pending) == 1
        problem = house.connection.link.problem
        assert problem is not None
        assert problem.key == "link.telegram_store"
        house.clock.advance(timedelta(seconds=1))
    await house.telegram.until(lambda: not house.telegram.pending)
    assert len(house.intake.kept) == 1
    assert house.connection.link.problem is None


async def test_what_was_not_confirmed_comes_again_after_a_kill_and_is_dropped_as_a_double(house: House) -> None:
    house.telegram.trouble("getUpdates", happens=True, cuts=True)
    await house.telegram.bring(said(1), said(2))
    house.open()
    await house.telegram.until(lambda: house.clock.sleepers)
    await house.restart()
    await house.telegram.until(lambda: len(house.intake.kept) == 2)
    await house.kill()
    house.telegram.trouble("getUpdates", status=500, times=1)
    await house.restart()
    await house.telegram.bring(said(3))
    await house.telegram.until(lambda: house.clock.sleepers)
    house.clock.advance(timedelta(seconds=5))
    await house.telegram.until(lambda: not house.telegram.pending)
    assert len([each for each in await house.intake.take(100) if isinstance(each.event, MessageWritten)]) == 3


async def test_the_offset_goes_once_it_did_its_work(house: House) -> None:
    house.open()
    (number,) = await house.telegram.bring(said(1))
    await house.telegram.until(lambda: house.telegram.offsets[-1] == str(number + 1))
    assert set(house.telegram.offsets[:-1]) == {""}
    confirmed = len(house.telegram.offsets)
    await house.telegram.end_round()
    await house.telegram.until(lambda: len(house.telegram.offsets) > confirmed)
    assert house.telegram.offsets[-1] == ""
    assert '"chat_member"' in house.telegram.called("getUpdates")[0].fields["allowed_updates"]


async def test_an_update_that_cannot_be_read_is_left_out_and_the_rest_goes_on(house: House) -> None:
    await house.telegram.bring(said(1))
    await house.telegram.bring(JUNK, is_valid=False)
    await house.telegram.bring(said(2))
    house.open()
    await house.telegram.until(lambda: not house.telegram.pending)
    assert [message.id for message in house.intake.messages] == ["1", "2"]
    assert house.connection.dropped == 1
    assert house.board.standing["telegram.dropped"].params == {"count": 1}


async def test_no_words_of_an_unreadable_update_are_logged(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    house.telegram.trouble("getUpdates", status=200, body="these words are not JSON")
    await house.telegram.bring(JUNK, is_valid=False)
    house.open()
    await house.telegram.until(lambda: house.clock.sleepers)
    house.clock.advance(timedelta(seconds=1))
    await house.telegram.until(lambda: not house.telegram.pending)
    assert "words" not in caplog.text
    assert TOKEN not in caplog.text


async def test_a_sort_of_update_that_nobody_asked_for_is_no_fault(house: House) -> None:
    await house.telegram.bring({"channel_post": a_message(1, chat=a_chat(-1007, "News", "channel"), sender=None)})
    house.open()
    await house.telegram.until(lambda: not house.telegram.pending)
    assert house.connection.dropped == 0


async def test_a_token_that_was_revoked_asks_for_the_owner(telegram: FakeTelegram) -> None:
    token = "999:another-token-of-nobody_0000"
    async with House(telegram, token=token) as house:
        with pytest.raises(ConfigurationRefused) as refused:
            await house.open()
    assert refused.value.path == "LIGHTKEEPER_TELEGRAM_TOKEN"
    assert "@BotFather" in refused.value.hint
    assert token not in f"{refused.value!r} {refused.value.__cause__}"
    assert refused.value.__suppress_context__
    assert not house.connection.link.is_up


async def test_another_poller_stops_this_one_and_is_told(house: House) -> None:
    house.telegram.trouble("getUpdates", status=409, description="Conflict: terminated by other getUpdates", times=4)
    running = house.open()
    for _ in range(3):
        await house.telegram.until(lambda: house.clock.sleepers)
        assert "telegram.two_pollers" in house.board.standing
        house.clock.advance(timedelta(seconds=15))
    with pytest.raises(ConfigurationRefused, match="another program"):
        await running
    assert len(house.telegram.called("getUpdates")) == 4


async def test_the_lingering_request_of_a_killed_process_is_waited_out(house: House) -> None:
    house.telegram.trouble("getUpdates", status=409, description="Conflict: terminated by other getUpdates", times=2)
    house.open()
    for _ in range(2):
        await house.telegram.until(lambda: house.clock.sleepers)
        house.clock.advance(timedelta(seconds=15))
    await house.telegram.bring(said(1))
    await house.telegram.until(lambda: not house.telegram.pending)
    assert house.board.standing == {}


async def test_telegram_out_of_reach_is_waited_for_and_told(house: House) -> None:
    house.telegram.trouble("getUpdates", status=502, times=3)
    house.open()
    for pause in (1, 2, 5):
        await house.telegram.until(lambda: house.clock.sleepers)
        assert not house.connection.link.is_up
        last = set(house.board.standing)
        house.clock.advance(timedelta(seconds=pause))
    assert "telegram.unreachable" in last
    await house.telegram.bring(said(1))
    await house.telegram.until(lambda: not house.telegram.pending)
    assert house.board.standing == {}
    assert house.connection.link.is_up


async def test_a_pause_that_telegram_asks_for_is_kept(house: House) -> None:
    house.telegram.limit("getUpdates", 7)
    await house.telegram.bring(said(1))
    house.open()
    await house.telegram.until(lambda: house.clock.sleepers)
    house.clock.advance(timedelta(seconds=6))
    assert house.clock.sleepers == 1
    house.clock.advance(timedelta(seconds=1))
    await house.telegram.until(lambda: not house.telegram.pending)


async def test_a_gap_longer_than_telegram_keeps_messages_is_told(house: House) -> None:
    house.open()
    await house.telegram.until(lambda: house.connection.link.is_up)
    house.telegram.trouble("getUpdates", status=502)
    await house.telegram.end_round()
    await house.telegram.until(lambda: house.clock.sleepers)
    house.clock.advance(timedelta(hours=30))
    await house.telegram.bring({"message": a_message(1, at=house.clock.now())})
    await house.telegram.until(lambda: house.intake.kept)
    assert house.board.standing["telegram.missed"].params == {
        "since": "2026-03-01 12:00 UTC",
        "until": "2026-03-02 18:00 UTC",
    }


async def test_names_of_the_group_and_its_staff_are_known_without_anybody_writing(house: House) -> None:
    for number, name in ((50, "Olga"), (51, "Mo"), (61, "Rae")):
        house.telegram.members[GROUP, number] = a_member(a_user(number, name))
    house.open()
    await house.telegram.until(
        lambda: house.connection.name_of("61") == "Rae" and house.connection.name_of("50") == "Olga"
    )
    assert house.connection.name_of("52") == "52"
    assert house.connection.channel_name(str(GROUP)) == "Harbour"
    assert house.connection.roles_of(house.community.id, next(iter(house.community.owners))) == frozenset()


async def test_a_group_that_the_bot_is_not_in_is_told(house: House) -> None:
    del house.telegram.chats[GROUP]
    house.open()
    await house.telegram.until(lambda: f"telegram.absent.telegram:{GROUP}" in house.board.standing)


async def test_being_removed_demoted_and_restored_is_told(house: House) -> None:
    house.open()
    demoted, absent = (f"telegram.{what}.telegram:{GROUP}" for what in ("demoted", "absent"))
    for standing, notices in (
        (a_member(BOT), {demoted}),
        (an_administrator(BOT), set()),
        (a_member(BOT, "left"), {absent}),
        (an_administrator(BOT), set()),
    ):
        change = {
            "chat": a_chat(),
            "from": a_user(50),
            "date": int(START.timestamp()),
            "old_chat_member": an_administrator(BOT),
            "new_chat_member": standing,
        }
        await house.telegram.bring({"my_chat_member": change})
        await house.telegram.until(lambda: not house.telegram.pending)
        assert set(house.board.standing) == notices


async def test_a_group_that_somebody_adds_the_bot_to_is_named_until_it_leaves(house: House) -> None:
    house.open()
    for old, new, count in (("left", "member", 1), ("member", "left", 0)):
        change = {
            "chat": a_chat(-100555, "Elsewhere"),
            "from": a_user(9),
            "date": int(START.timestamp()),
            "old_chat_member": a_member(BOT, old),
            "new_chat_member": a_member(BOT, new),
        }
        await house.telegram.bring({"my_chat_member": change})
        await house.telegram.until(lambda: not house.telegram.pending)
        assert len(house.board.standing) == count
    await house.telegram.bring({"message": a_message(1, chat=a_chat(STAFF, "Staff"))})
    await house.telegram.until(lambda: not house.telegram.pending)
    assert house.board.standing == {}


def _connect(token: str = TOKEN, **more: object) -> object:
    community = a_community(**more)
    return connect(
        token=token,
        communities={community.id: community},
        intake=FullIntake(),
        clock=FakeClock(),
        notices=Noticeboard(),
        texts=TEXTS,
    )


@pytest.mark.parametrize(
    ("more", "place"),
    [
        ({"token": "not a token"}, "LIGHTKEEPER_TELEGRAM_TOKEN"),
        ({"token": f"{TOKEN}/../getMe"}, "LIGHTKEEPER_TELEGRAM_TOKEN"),
        ({"id": CommunityId("telegram:harbour")}, "telegram:harbour: id"),
        ({"id": CommunityId("telegram:1234")}, "telegram:1234: id"),
        ({"alerts": ChannelId("@staff")}, f"telegram:{GROUP}: alerts"),
        ({"crisis_alerts": ChannelId("-1001/x")}, f"telegram:{GROUP}: crisis_alerts"),
    ],
)
def test_what_can_be_no_token_or_id_is_refused_before_anything_is_asked(more: dict[str, object], place: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        _connect(**more)  # type: ignore[arg-type]
    assert refused.value.path == place
    assert refused.value.hint
