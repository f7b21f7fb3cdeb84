"""What is done to messages, members and groups on the wire, and what each refusal means."""

from datetime import timedelta

import pytest

from core.errors import AlreadyDone, GaveUp, NotAllowed
from core.model.action import ActionKind
from tests.adapters.telegram.fake_telegram import GROUP, a_member, a_user, permissions
from tests.adapters.telegram.house import House, an_order

K = ActionKind


async def test_a_message_is_deleted(house: House) -> None:
    assert await house.perform(an_order(K.DELETE, "31")) == ""
    (call,) = house.telegram.called("deleteMessage")
    assert call.fields == {"chat_id": str(GROUP), "message_id": "31"}


async def test_a_purge_deletes_its_messages_in_one_call(house: House) -> None:
    assert await house.perform(an_order(K.PURGE, params={"messages": "31,32,31,33"})) == ""
    (call,) = house.telegram.called("deleteMessages")
    assert call.chat == GROUP
    assert call.fields["message_ids"] == "[31, 32, 33]"
    with pytest.raises(GaveUp):
        await house.perform(an_order(K.PURGE, params={"messages": "31,../x"}))


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


@pytest.mark.parametrize("restarts", [False, True])
async def test_a_group_is_locked_and_unlocked_as_it_was(house: House, restarts: bool) -> None:
    before = permissions(True, can_send_photos=False, can_change_info=False)
    house.telegram.chats[GROUP]["permissions"] = before
    receipt = await house.perform(an_order(K.LOCK, str(GROUP)))
    locked = house.telegram.chats[GROUP]["permissions"]
    assert not any(value for name, value in locked.items() if name.startswith("can_send_"))
    assert locked["can_invite_users"]
    assert await house.perform(an_order(K.LOCK, str(GROUP))) == receipt
    if restarts:
        await house.restart()
        with pytest.raises(AlreadyDone):
            await house.perform(an_order(K.LOCK, str(GROUP)))
    await house.perform(an_order(K.UNLOCK, str(GROUP), receipt=receipt))
    after = house.telegram.chats[GROUP]["permissions"]
    assert {name: after[name] for name in before} == before
    assert house.board.standing == {}


async def test_what_was_changed_during_a_lock_stays(house: House) -> None:
    receipt = await house.perform(an_order(K.LOCK, str(GROUP)))
    locked = house.telegram.chats[GROUP]["permissions"]
    house.telegram.chats[GROUP]["permissions"] = {**locked, "can_invite_users": False}
    await house.perform(an_order(K.UNLOCK, str(GROUP), receipt=receipt))
    after = house.telegram.chats[GROUP]["permissions"]
    assert after["can_send_photos"]
    assert not after["can_invite_users"]


async def test_a_group_whose_lock_left_no_receipt_is_unlocked_for_text_and_that_is_said(house: House) -> None:
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
