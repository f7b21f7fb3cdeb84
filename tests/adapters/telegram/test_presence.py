"""Whether the bot is in a group: told when it changes and at every start; a group that moved says nothing."""

from dataclasses import replace
from typing import Any

import pytest

from core.errors import ConfigurationRefused
from core.model.event import BotRemoved, BotReturned
from core.model.message import ChannelId, CommunityId
from tests.adapters.telegram.fake_telegram import (
    BOT,
    GROUP,
    JSON,
    FakeTelegram,
    a_chat,
    a_member,
    a_message,
    a_user,
    an_administrator,
)
from tests.adapters.telegram.house import HARBOUR, House, a_community
from tests.clock import START

ME = int(str(BOT["id"]))
BASIC = -500


def changed(old: str, new: str, **chat: Any) -> JSON:
    """The bot's own standing in a chat changed."""

    def member(status: str) -> JSON:
        return an_administrator(BOT) if status == "administrator" else a_member(BOT, status)

    return {
        "my_chat_member": {
            "chat": a_chat(**chat),
            "from": a_user(),
            "date": int(START.timestamp()),
            "old_chat_member": member(old),
            "new_chat_member": member(new),
        }
    }


async def until_told(house: House, count: int) -> list[str]:
    """What was told, in order, the start's own word among it."""
    await house.telegram.until(lambda: len(house.intake.presence) >= count)
    assert {each.community for each in house.intake.presence} <= {house.community.id}
    return [type(each).__name__ for each in house.intake.presence]


async def test_at_the_start_it_is_told_that_the_bot_is_there(house: House) -> None:
    house.open()
    await until_told(house, 1)
    assert house.intake.presence == [BotReturned(platform=house.community.platform, community=HARBOUR, at=START)]


@pytest.mark.parametrize("status", ["left", "kicked"])
async def test_at_the_start_it_is_told_that_the_bot_was_taken_out_meanwhile(house: House, status: str) -> None:
    house.telegram.members[GROUP, ME] = a_member(BOT, status)
    house.open()
    await until_told(house, 1)
    assert house.intake.presence == [BotRemoved(platform=house.community.platform, community=HARBOUR, at=START)]


async def test_a_group_that_keeps_the_bot_out_took_it_out(house: House) -> None:
    house.telegram.trouble("getChatMember", status=403, description="Forbidden: bot was kicked from the group chat")
    house.open()
    assert await until_told(house, 1) == ["BotRemoved"]
    assert f"telegram.absent.{HARBOUR}" in house.board.standing


async def test_an_id_that_telegram_does_not_know_is_no_removal(house: House) -> None:
    house.telegram.trouble("getChatMember", description="Bad Request: chat not found")
    house.open()
    await house.telegram.until(lambda: f"telegram.absent.{HARBOUR}" in house.board.standing)
    assert house.intake.presence == []


async def test_a_telegram_that_cant_be_asked_is_no_removal(house: House) -> None:
    house.telegram.trouble("getChatMember", cuts=True, times=1)
    house.open()
    await house.telegram.until(lambda: house.clock.sleepers)
    assert house.intake.presence == []


@pytest.mark.parametrize("gone", ["left", "kicked"])
async def test_a_removal_and_a_return_are_told_in_their_order(house: House, gone: str) -> None:
    house.open()
    await until_told(house, 1)
    await house.telegram.bring(
        changed("administrator", gone), changed(gone, "member"), changed("member", "administrator")
    )
    assert await until_told(house, 4) == ["BotReturned", "BotRemoved", "BotReturned", "BotReturned"]


async def test_a_group_that_is_not_served_says_nothing(house: House) -> None:
    house.open()
    await until_told(house, 1)
    await house.telegram.bring(changed("member", "kicked", number=-100777), {"message": a_message(1)})
    await house.telegram.until(lambda: house.intake.kept)
    assert await until_told(house, 1) == ["BotReturned"]


def a_basic_group(telegram: FakeTelegram) -> House:
    telegram.chats[BASIC] = {**telegram.chats[GROUP], "id": BASIC, "type": "group"}
    telegram.members[BASIC, ME] = an_administrator(BOT)
    return House(telegram, replace(a_community(), id=CommunityId(f"telegram:{BASIC}")))


async def test_a_group_that_became_a_supergroup_took_nobody_out(telegram: FakeTelegram) -> None:
    """Telegram may say first that the bot left the old group, and what became of it only then."""
    async with a_basic_group(telegram) as house:
        house.open()
        await until_told(house, 1)
        basic = a_chat(BASIC, kind="group")
        await telegram.bring(
            changed("administrator", "left", number=BASIC, kind="group"),
            {"message": a_message(1, None, chat=basic, migrate_to_chat_id=GROUP)},
            changed("left", "administrator", number=GROUP),
        )
        assert await until_told(house, 2) == ["BotReturned", "BotReturned"]
        await telegram.bring(changed("administrator", "kicked", number=GROUP))
        assert await until_told(house, 3) == ["BotReturned", "BotReturned", "BotRemoved"]


async def test_a_move_that_is_not_told_yet_is_asked_about(telegram: FakeTelegram) -> None:
    async with a_basic_group(telegram) as house:
        house.open()
        await until_told(house, 1)
        await telegram.until(lambda: any(call.chat == BASIC for call in telegram.called("getChat")))
        telegram.trouble(
            "getChat",
            chat=BASIC,
            description="Bad Request: group chat was upgraded to a supergroup chat",
            parameters={"migrate_to_chat_id": GROUP},
        )
        await telegram.bring(changed("administrator", "left", number=BASIC, kind="group"), {"message": a_message(1)})
        await telegram.until(lambda: house.intake.kept)
        assert await until_told(house, 1) == ["BotReturned"]


async def test_a_basic_group_that_took_the_bot_out_is_believed(telegram: FakeTelegram) -> None:
    async with a_basic_group(telegram) as house:
        house.open()
        await until_told(house, 1)
        await telegram.until(lambda: any(call.chat == BASIC for call in telegram.called("getChat")))
        telegram.trouble("getChat", chat=BASIC, status=403, description="Forbidden: bot was kicked from the group chat")
        await telegram.bring(changed("member", "kicked", number=BASIC, kind="group"))
        assert await until_told(house, 2) == ["BotReturned", "BotRemoved"]


@pytest.mark.parametrize("field", ["notice", "help_channels"])
async def test_a_channel_of_a_post_that_is_no_place_is_refused(telegram: FakeTelegram, field: str) -> None:
    value: Any = ChannelId("general") if field == "notice" else (ChannelId("general"),)
    with pytest.raises(ConfigurationRefused, match=field):
        House(telegram, a_community(**{field: value}))
