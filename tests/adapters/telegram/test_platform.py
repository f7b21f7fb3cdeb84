"""Cards and actions on the wire, against a fake Telegram with the unmodified library."""

import asyncio
from datetime import timedelta

import pytest

from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import Concern
from core.model.message import ChannelId, CommunityId, MemberId
from tests.adapters.telegram.fake_telegram import CRISIS, GROUP, STAFF, FakeTelegram, a_member, a_user, permissions
from tests.adapters.telegram.house import House, a_card, a_community, an_order

K = ActionKind


async def test_an_alert_about_conduct_goes_to_the_moderators_place(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    (card,) = house.telegram.cards(STAFF)
    assert receipt.startswith(f"{STAFF}:")
    assert card.splitlines()[0] == "<b>High: Insult</b>"
    assert "case234abcdef" in card
    assert card.splitlines()[-1] == "Claim and decide it in the console."
    assert house.telegram.cards(CRISIS) == []


async def test_an_alert_about_crisis_goes_to_the_responders_place_alone(house: House) -> None:
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CRISIS)))
    assert len(house.telegram.cards(CRISIS)) == 1
    assert house.telegram.cards(STAFF) == []


async def test_cards_show_no_preview_of_a_link_and_mention_nobody(house: House) -> None:
    await house.perform(an_order(K.ALERT, card=a_card(link="https://t.me/c/1/2", mentions=(MemberId("51"),))))
    (sent,) = house.telegram.called("sendMessage")
    assert '"is_disabled": true' in sent.fields["link_preview_options"]
    assert '<a href="https://t.me/c/1/2">' in sent.text
    assert "tg://user" not in sent.text


async def test_a_page_about_conduct_calls_moderators(house: House) -> None:
    await house.perform(an_order(K.PAGE, card=a_card()))
    (card,) = house.telegram.cards(STAFF)
    assert [f"tg://user?id={each}" in card for each in (50, 51, 52, 61)] == [False, True, True, False]


async def test_a_page_about_crisis_calls_responders_alone(house: House) -> None:
    await house.perform(an_order(K.PAGE, card=a_card(Concern.CRISIS, mentions=(MemberId("51"),))))
    (card,) = house.telegram.cards(CRISIS)
    assert [f"tg://user?id={each}" in card for each in (50, 51, 52, 61)] == [False, False, False, True]


async def test_a_card_in_a_topic_is_posted_into_it(telegram: FakeTelegram) -> None:
    async with House(telegram, a_community(alerts=ChannelId(f"{STAFF}/44"))) as house:
        receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    assert receipt.startswith(f"{STAFF}/44:")
    assert telegram.called("sendMessage")[0].fields["message_thread_id"] == "44"


async def test_markup_in_a_card_does_nothing(house: House) -> None:
    hostile = '</b><a href="tg://user?id=1">x</a> & <script> \u202e\u0000 "quoted"\nnext line'
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CONDUCT, Text(key="card.why", params={"why": hostile}))))
    (card,) = house.telegram.cards(STAFF)
    assert "&lt;script&gt;" in card
    assert "tg://user?id=1&quot;" in card
    assert "\u202e" not in card
    assert "\x00" not in card


async def test_a_card_never_grows_past_what_telegram_takes(house: House) -> None:
    endless = [Text(key="card.why", params={"why": "🜁<&" * 3000}) for _ in range(8)]
    await house.perform(an_order(K.PAGE, card=a_card(Concern.CONDUCT, *endless)))
    assert len(house.telegram.cards(STAFF)) == 1


async def test_a_card_is_edited_in_place(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    claimed = a_card(Concern.CONDUCT, Text(key="card.claimed", params={"holder": "51"}), version=2)
    house.clock.advance(timedelta(seconds=2))
    assert await house.perform(an_order(K.REFRESH_CARD, card=claimed, receipt=receipt)) == receipt
    (card,) = house.telegram.cards(STAFF)
    assert "51 is on it." in card


async def test_a_card_that_says_the_same_is_not_edited(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    await house.perform(an_order(K.REFRESH_CARD, card=a_card(version=2), receipt=receipt))
    assert house.telegram.called("editMessageText") == []


async def test_an_edit_that_changes_nothing_is_a_success(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    await house.restart()
    house.clock.advance(timedelta(seconds=2))
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.REFRESH_CARD, card=a_card(), receipt=receipt))
    assert len(house.telegram.called("editMessageText")) == 1


async def test_a_card_that_somebody_deleted_stays_away(house: House) -> None:
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.REFRESH_CARD, card=a_card(), receipt=f"{STAFF}:77"))
    assert house.telegram.cards(STAFF) == []


async def test_an_alert_repeated_after_a_kill_carries_the_same_case_id(house: House) -> None:
    order = an_order(K.ALERT, card=a_card())
    await house.perform(order)
    await house.restart()
    await house.perform(order)
    first, second = house.telegram.cards(STAFF)
    assert "case234abcdef" in first
    assert first == second


async def test_of_an_alert_that_was_cut_off_nobody_knows(house: House) -> None:
    house.telegram.trouble("sendMessage", cuts=True, happens=True)
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.ALERT, card=a_card()))
    assert gave_up.value.unknown
    assert len(house.telegram.cards(STAFF)) == 1


async def test_nothing_is_unknown_where_nothing_could_be_sent() -> None:
    async with FakeTelegram() as gone:
        pass
    async with House(gone) as house:
        for kind in (K.ALERT, K.WARN, K.DELETE):
            with pytest.raises(RetryLater):
                await house.perform(an_order(kind, card=a_card()))


async def test_a_pause_that_telegram_asks_for_in_one_chat_holds_no_other(house: House) -> None:
    house.telegram.limit("sendMessage", 600, chat=STAFF)
    with pytest.raises(RetryLater) as later:
        await house.perform(an_order(K.ALERT, card=a_card()))
    assert later.value.after == timedelta(seconds=600)
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CRISIS)))
    house.clock.advance(timedelta(seconds=590))
    with pytest.raises(RetryLater) as later:
        await house.perform(an_order(K.ALERT, card=a_card()))
    assert later.value.after == timedelta(seconds=10)
    assert len(house.telegram.called("sendMessage")) == 2
    house.clock.advance(timedelta(seconds=11))
    await house.perform(an_order(K.ALERT, card=a_card()))
    assert len(house.telegram.cards(STAFF)) == 1


async def test_trouble_on_telegrams_side_is_tried_again_but_a_warning_is_not(house: House) -> None:
    house.telegram.trouble("sendMessage", status=502, body="<html>Bad Gateway</html>", times=2)
    with pytest.raises(RetryLater):
        await house.perform(an_order(K.ALERT, card=a_card()))
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.WARN))
    assert gave_up.value.unknown


async def test_a_chat_that_the_bot_was_removed_from_is_said(house: House) -> None:
    house.telegram.trouble("sendMessage", status=403, description="Forbidden: bot was kicked from the supergroup chat")
    with pytest.raises(NotAllowed, match="removed from the chat"):
        await house.perform(an_order(K.ALERT, card=a_card()))


async def test_a_refused_token_is_tried_again_later(telegram: FakeTelegram) -> None:
    async with House(telegram, token="999:another-token-of-nobody_0000") as house:
        with pytest.raises(RetryLater, match="token"):
            await house.perform(an_order(K.WARN))


async def test_alerts_follow_a_place_that_became_a_supergroup(house: House) -> None:
    moved = -1009999999999
    house.telegram.trouble(
        "sendMessage",
        chat=STAFF,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        parameters={"migrate_to_chat_id": moved},
    )
    with pytest.raises(RetryLater):
        await house.perform(an_order(K.ALERT, card=a_card()))
    await house.perform(an_order(K.ALERT, card=a_card()))
    assert len(house.telegram.cards(moved)) == 1
    assert house.board.standing[f"telegram.moved.{STAFF}"].params == {"old": str(STAFF), "new": str(moved)}


async def test_a_community_that_is_not_served_gets_nothing(house: House) -> None:
    with pytest.raises(NotAllowed):
        await house.perform(an_order(K.DELETE, "1", community=CommunityId("telegram:-100777")))
    assert house.telegram.calls == []


async def test_what_telegram_does_not_offer_is_given_up(house: House) -> None:
    for kind in (K.SLOW_MODE, K.SUPPORT_MESSAGE):
        assert kind not in house.connection.platform.capabilities.actions
        with pytest.raises(GaveUp):
            await house.perform(an_order(kind))


async def test_a_message_is_deleted(house: House) -> None:
    assert await house.perform(an_order(K.DELETE, "31")) == ""
    (call,) = house.telegram.called("deleteMessage")
    assert call.fields == {"chat_id": str(GROUP), "message_id": "31"}


async def test_deleting_what_is_gone_is_a_success(house: House) -> None:
    house.telegram.trouble("deleteMessage", description="Bad Request: message to delete not found")
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.DELETE, "31"))


async def test_a_missing_right_is_named(house: House) -> None:
    house.telegram.trouble("deleteMessage", description="Bad Request: message can't be deleted")
    with pytest.raises(NotAllowed) as refused:
        await house.perform(an_order(K.DELETE, "31"))
    assert refused.value.permission == "can_delete_messages"


async def test_a_time_out_has_an_absolute_end(house: House) -> None:
    until = house.clock.now() + timedelta(hours=1)
    await house.perform(an_order(K.TIMEOUT, until=until))
    (call,) = house.telegram.called("restrictChatMember")
    assert call.fields["until_date"] == str(int(until.timestamp()))
    assert "true" not in call.fields["permissions"]


async def test_a_time_out_that_is_nearly_over_never_becomes_one_for_ever(house: House) -> None:
    await house.perform(an_order(K.TIMEOUT, until=house.clock.now() + timedelta(seconds=5)))
    (call,) = house.telegram.called("restrictChatMember")
    assert int(call.fields["until_date"]) == int(house.clock.now().timestamp()) + 60


async def test_an_end_that_telegram_would_take_for_none_is_given_up(house: House) -> None:
    with pytest.raises(GaveUp):
        await house.perform(an_order(K.BAN, until=house.clock.now() + timedelta(days=400)))
    assert house.telegram.calls == []


@pytest.mark.parametrize(
    ("kind", "method", "fields"),
    [
        (K.LIFT_TIMEOUT, "restrictChatMember", {"user_id": "7"}),
        (K.BAN, "banChatMember", {"user_id": "7"}),
        (K.UNBAN, "unbanChatMember", {"user_id": "7", "only_if_banned": "true"}),
        (K.KICK, "unbanChatMember", {"user_id": "7", "only_if_banned": "false"}),
    ],
)
async def test_members_are_acted_on(house: House, kind: ActionKind, method: str, fields: dict[str, str]) -> None:
    await house.perform(an_order(kind))
    (call,) = house.telegram.called(method)
    assert fields.items() <= call.fields.items()
    assert "until_date" not in call.fields


@pytest.mark.parametrize(("kind", "error"), [(K.UNBAN, AlreadyDone), (K.KICK, AlreadyDone), (K.TIMEOUT, GaveUp)])
async def test_a_member_who_is_not_there(house: House, kind: ActionKind, error: type[Exception]) -> None:
    for method in ("unbanChatMember", "restrictChatMember"):
        house.telegram.trouble(method, description="Bad Request: PARTICIPANT_ID_INVALID")
    with pytest.raises(error):
        await house.perform(an_order(kind))


@pytest.mark.parametrize("kind", [K.TIMEOUT, K.LIFT_TIMEOUT, K.KICK])
async def test_what_is_weaker_than_a_ban_never_lifts_one(house: House, kind: ActionKind) -> None:
    house.telegram.members[GROUP, 7] = a_member(a_user(7), "kicked")
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(kind))
    assert {call.method for call in house.telegram.calls} == {"getChatMember"}


async def test_who_left_is_not_removed_again(house: House) -> None:
    house.telegram.members[GROUP, 7] = a_member(a_user(7), "left")
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.KICK))


async def test_administrators_are_out_of_reach(house: House) -> None:
    house.telegram.trouble("banChatMember", description="Bad Request: user is an administrator of the chat")
    with pytest.raises(NotAllowed, match="administrators"):
        await house.perform(an_order(K.BAN))
    with pytest.raises(NotAllowed, match="anonymous"):
        await house.perform(an_order(K.BAN, str(GROUP)))


async def test_who_writes_as_a_channel_can_be_banned_and_nothing_else(house: House) -> None:
    await house.perform(an_order(K.BAN, "-1008"))
    await house.perform(an_order(K.UNBAN, "-1008"))
    assert [call.method for call in house.telegram.calls] == ["banChatSenderChat", "unbanChatSenderChat"]
    until = house.clock.now() + timedelta(hours=1)
    for kind in (K.TIMEOUT, K.BAN, K.KICK):
        with pytest.raises(GaveUp):
            await house.perform(an_order(kind, "-1008", until=until))


async def test_a_warning_goes_to_the_member_alone_and_says_who_sends_it(house: House) -> None:
    assert (await house.perform(an_order(K.WARN, params={"by": "51"}))).startswith("7:")
    house.clock.advance(timedelta(seconds=2))
    await house.perform(an_order(K.WARN))
    by_person, automatic = house.telegram.cards(7)
    assert by_person.startswith("A moderator of Harbour")
    assert automatic.startswith("This is an automated message")


async def test_a_member_who_never_wrote_to_the_bot_cannot_be_warned(house: House) -> None:
    house.telegram.trouble(
        "sendMessage", status=403, description="Forbidden: bot can't initiate conversation with a user"
    )
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.WARN))
    assert not gave_up.value.unknown


async def test_a_group_is_locked_and_unlocked_as_it_was(house: House) -> None:
    before = permissions(True, can_send_photos=False, can_change_info=False)
    house.telegram.chats[GROUP]["permissions"] = before
    await house.perform(an_order(K.LOCK, str(GROUP)))
    locked = house.telegram.chats[GROUP]["permissions"]
    assert not any(value for name, value in locked.items() if name.startswith("can_send_"))
    assert locked["can_invite_users"]
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.LOCK, str(GROUP)))
    await house.perform(an_order(K.UNLOCK, str(GROUP)))
    after = house.telegram.chats[GROUP]["permissions"]
    assert {name: after[name] for name in before} == before
    assert house.board.standing == {}


async def test_a_group_locked_before_a_restart_is_unlocked_for_text_and_that_is_said(house: House) -> None:
    await house.perform(an_order(K.LOCK, str(GROUP)))
    await house.restart()
    await house.perform(an_order(K.UNLOCK, str(GROUP)))
    after = house.telegram.chats[GROUP]["permissions"]
    assert after["can_send_messages"]
    assert not after["can_send_photos"]
    assert f"telegram.text_only.{GROUP}" in house.board.standing


async def test_a_topic_is_locked_and_unlocked(house: House) -> None:
    await house.perform(an_order(K.LOCK, f"{GROUP}/12"))
    await house.perform(an_order(K.UNLOCK, f"{GROUP}/12"))
    assert [call.method for call in house.telegram.calls] == ["closeForumTopic", "reopenForumTopic"]


async def test_another_communitys_channel_is_never_locked(house: House) -> None:
    with pytest.raises(NotAllowed):
        await house.perform(an_order(K.LOCK, "-100777"))
    assert house.telegram.calls == []


async def test_closing_waits_for_what_is_under_way(house: House) -> None:
    gate = asyncio.Event()
    house.telegram.trouble("sendMessage", gate=gate)
    posting = asyncio.create_task(house.perform(an_order(K.ALERT, card=a_card())))
    await house.telegram.until(lambda: house.telegram.called("sendMessage"))
    closing = asyncio.create_task(house.connection.close())
    gate.set()
    assert (await posting).startswith(f"{STAFF}:")
    await closing


async def test_nothing_shows_the_token(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = house._token
    for trouble in ({"cuts": True}, {"status": 401, "description": "Unauthorized"}, {"status": 500}):
        house.telegram.trouble("deleteMessage", **trouble)
        with pytest.raises((RetryLater, GaveUp)) as raised:
            await house.perform(an_order(K.DELETE, "31"))
        assert token not in f"{raised.value!r} {raised.value} {raised.value.__cause__}"
        assert raised.value.__suppress_context__
    assert token not in caplog.text
    assert token not in repr(house.connection) + repr(house.connection.platform)
