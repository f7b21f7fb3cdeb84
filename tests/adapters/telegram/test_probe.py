"""What set-up and the doctor are told: whose token, which groups, and what is missing in each."""

from typing import Any

import pytest

from adapters.telegram.probe import probe
from core.errors import ConfigurationRefused, RetryLater
from core.model.community import Community
from core.model.message import ChannelId, CommunityId
from core.model.problem import Problem
from tests.adapters.telegram.fake_telegram import (
    BOT,
    CRISIS,
    GROUP,
    STAFF,
    TOKEN,
    FakeTelegram,
    a_chat,
    a_member,
    a_message,
    a_user,
    an_administrator,
    full_chat,
    permissions,
)
from tests.adapters.telegram.house import a_community

NUMBER = int(str(BOT["id"]))


@pytest.fixture
def served(telegram: FakeTelegram) -> FakeTelegram:
    """A Telegram on which everything is as it should be."""
    telegram.members[CRISIS, 61] = a_member(a_user(61, "Rae"))
    return telegram


async def examined(telegram: FakeTelegram, community: Community | None = None) -> list[Problem]:
    return list(await probe(token=TOKEN, base_url=telegram.url).examine(community or a_community()))


async def test_a_token_says_which_bot_it_is_and_how_to_add_it(telegram: FakeTelegram) -> None:
    identity = await probe(token=TOKEN, base_url=telegram.url).identify()
    assert (identity.id, identity.name, identity.problems) == (str(NUMBER), "@keeper_bot", ())
    assert identity.invite == "https://t.me/keeper_bot?startgroup&admin=delete_messages+restrict_members+pin_messages"


async def test_privacy_mode_and_a_ban_on_groups_are_said(telegram: FakeTelegram) -> None:
    telegram.me |= {"can_read_all_group_messages": False, "can_join_groups": False}
    joining, privacy = (await probe(token=TOKEN, base_url=telegram.url).identify()).problems
    assert (joining.is_grave, privacy.is_grave) == (True, False)
    assert "/setjoingroups" in joining.hint
    assert "/setprivacy" in privacy.hint


@pytest.mark.parametrize("token", ["999:another-token-of-nobody_0000", "no token at all", ""])
async def test_a_wrong_token_names_the_setting(telegram: FakeTelegram, token: str) -> None:
    asked = probe(token=token, base_url=telegram.url)
    for call in (asked.identify(), asked.survey(), asked.examine(a_community())):
        with pytest.raises(ConfigurationRefused) as refused:
            await call
        assert refused.value.path == "LIGHTKEEPER_TELEGRAM_TOKEN"
        assert refused.value.hint
        assert not token or token not in str(refused.value)


async def test_who_does_not_answer_is_asked_again_later() -> None:
    async with FakeTelegram() as gone:
        pass
    with pytest.raises(RetryLater, match="can't be reached"):
        await probe(token=TOKEN, base_url=gone.url).identify()


async def test_another_server_that_is_no_telegram_is_said(telegram: FakeTelegram) -> None:
    telegram.trouble("getMe", status=200, body='{"hello": "world"}')
    with pytest.raises(RetryLater, match="does not answer as Telegram"):
        await probe(token=TOKEN, base_url=telegram.url).identify()


async def test_a_survey_names_groups_places_and_people_and_confirms_nothing(telegram: FakeTelegram) -> None:
    telegram.members[GROUP, 50] = {"status": "creator", "user": a_user(50, "Olga"), "is_anonymous": False}
    telegram.members[GROUP, 51] = an_administrator(a_user(51, "Mo"))
    opening = a_message(44, None, forum_topic_created={"name": "Alerts", "icon_color": 1}, chat=a_chat(STAFF, "Staff"))
    topic: dict[str, Any] = {"message_thread_id": 44, "is_topic_message": True, "reply_to_message": opening}
    await telegram.bring(
        {"message": a_message(1)},
        {"message": a_message(2, chat=a_chat(STAFF, "Staff"), **topic)},
        {"message": a_message(3, chat={"id": 7, "type": "private", "first_name": "Ann"})},
        {"message": a_message(4, None, chat=a_chat(-44, kind="group"), migrate_to_chat_id=-10044)},
    )
    group, staff = await probe(token=TOKEN, base_url=telegram.url).survey()
    assert (group.id, group.name, staff.id) == (str(GROUP), "Harbour", str(STAFF))
    assert [(place.id, place.name) for place in group.places] == [
        (str(GROUP), "Harbour"),
        (str(STAFF), "Staff"),
        (f"{STAFF}/44", "Staff / Alerts"),
    ]
    assert [each.name for each in group.owners] == ["Olga"]
    assert [each.name for each in group.staff] == ["Olga", "Mo"]
    assert len(telegram.pending) == 4


async def test_a_survey_while_another_program_polls_says_so(telegram: FakeTelegram) -> None:
    telegram.trouble("getUpdates", status=409, description="Conflict: terminated by other getUpdates request")
    with pytest.raises(RetryLater, match="another program"):
        await probe(token=TOKEN, base_url=telegram.url).survey()


async def test_where_all_is_well_there_is_no_problem(served: FakeTelegram) -> None:
    assert await examined(served) == []
    assert {call.method for call in served.calls} == {"getMe", "getChat", "getChatMember", "sendChatAction"}


def _nowhere(telegram: FakeTelegram) -> None:
    del telegram.chats[GROUP]


def _left(telegram: FakeTelegram) -> None:
    telegram.members[GROUP, NUMBER] = a_member(BOT, "left")


def _moved(telegram: FakeTelegram) -> None:
    telegram.trouble("getChat", chat=GROUP, parameters={"migrate_to_chat_id": -10077})


def _blind(telegram: FakeTelegram) -> None:
    telegram.me["can_read_all_group_messages"] = False
    telegram.members[GROUP, NUMBER] = a_member(BOT)


def _plain_member(telegram: FakeTelegram) -> None:
    telegram.members[GROUP, NUMBER] = a_member(BOT)


def _no_deleting(telegram: FakeTelegram) -> None:
    telegram.members[GROUP, NUMBER] = an_administrator(BOT, can_delete_messages=False)


def _no_banning(telegram: FakeTelegram) -> None:
    telegram.members[GROUP, NUMBER] = an_administrator(BOT, can_restrict_members=False)


def _plain_group(telegram: FakeTelegram) -> None:
    telegram.chats[GROUP] = full_chat(GROUP, "Harbour", "group")


def _channel(telegram: FakeTelegram) -> None:
    telegram.chats[GROUP] = full_chat(GROUP, "Harbour", "channel")


def _no_alerts(telegram: FakeTelegram) -> None:
    del telegram.chats[STAFF]


def _no_crisis_alerts(telegram: FakeTelegram) -> None:
    telegram.members[CRISIS, NUMBER] = a_member(BOT, "kicked")


def _silenced(telegram: FakeTelegram) -> None:
    telegram.chats[STAFF]["permissions"] = permissions(False)


def _no_topic(telegram: FakeTelegram) -> None:
    telegram.trouble("sendChatAction", chat=STAFF, description="Bad Request: message thread not found")


def _public(telegram: FakeTelegram) -> None:
    telegram.chats[CRISIS]["username"] = "care"


def _responder_elsewhere(telegram: FakeTelegram) -> None:
    telegram.members[CRISIS, 61] = a_member(a_user(61, "Rae"), "left")


def _strange_to_the_bot(telegram: FakeTelegram) -> None:
    telegram.trouble("sendChatAction", chat=61, description="Bad Request: chat not found")


@pytest.mark.parametrize(
    ("spoil", "place", "reason", "is_grave"),
    [
        (_nowhere, "", "the bot is not in the chat", True),
        (_left, "", "the bot is not in the chat", True),
        (_moved, "", "-10077", True),
        (_blind, "", "read no ordinary message", True),
        (_plain_member, "", "no administrator", False),
        (_no_deleting, "", "may not delete messages", True),
        (_no_banning, "", "may not time out", True),
        (_plain_group, "", "plain group", False),
        (_channel, "", "no group", True),
        (_no_alerts, ": alerts", "not in the chat", True),
        (_no_crisis_alerts, ": crisis_alerts", "not in the chat", True),
        (_silenced, ": alerts", "may not write", True),
        (_no_topic, ": alerts", "may not write", True),
        (_public, ": crisis_alerts", "public", True),
        (_responder_elsewhere, ": responders", "61", False),
        (_strange_to_the_bot, ": private messages", "can't write to 61", False),
    ],
)
async def test_each_mistake_is_found_and_says_what_to_do(
    served: FakeTelegram, spoil: Any, place: str, reason: str, is_grave: bool
) -> None:
    spoil(served)
    (problem,) = await examined(served)
    assert problem.place == f"telegram:{GROUP}{place}"
    assert reason in problem.reason
    assert problem.hint
    assert problem.is_grave is is_grave


@pytest.mark.parametrize("place", [str(GROUP), f"{GROUP}/7"])
async def test_alerts_in_the_watched_group_or_a_topic_of_it_are_grave(served: FakeTelegram, place: str) -> None:
    (problem,) = await examined(served, a_community(alerts=ChannelId(place)))
    assert "for everybody to read" in problem.reason


async def test_crisis_alerts_among_all_moderators_are_said(served: FakeTelegram) -> None:
    served.members[STAFF, 61] = a_member(a_user(61))
    (problem,) = await examined(served, a_community(crisis_alerts=ChannelId(str(STAFF))))
    assert problem.place.endswith("crisis_alerts")
    assert not problem.is_grave


async def test_an_id_that_telegram_does_not_have_is_a_problem(served: FakeTelegram) -> None:
    for wrong in ({"id": CommunityId("telegram:harbour")}, {"alerts": ChannelId("#staff")}):
        (problem,) = await examined(served, a_community(**wrong))
        assert problem.is_grave
        assert "-100" in problem.hint
    assert served.calls == []


def _with_posts(**more: Any) -> Community:
    return a_community(**{"notice": ChannelId(str(GROUP)), "help_channels": (ChannelId(f"{GROUP}/7"),)} | more)


async def test_where_posts_can_stand_there_is_no_problem(served: FakeTelegram) -> None:
    assert await examined(served, _with_posts()) == []


async def test_where_the_bot_may_not_pin_each_post_is_named(served: FakeTelegram) -> None:
    served.members[GROUP, NUMBER] = an_administrator(BOT, can_pin_messages=False)
    told = await examined(served, _with_posts())
    assert [(each.place, each.reason, each.is_grave) for each in told] == [
        (f"telegram:{GROUP}: notice", "the bot may not pin messages there", True),
        (f"telegram:{GROUP}: help_channels", "the bot may not pin messages there", True),
    ]
    assert all("administrator who may pin messages" in each.hint for each in told)


@pytest.mark.parametrize(
    ("more", "reason"),
    [
        ({"notice": ChannelId(str(STAFF))}, "alerts are posted there"),
        ({"notice": ChannelId("-100999")}, "the bot is not in the chat -100999"),
        ({"help_channels": (ChannelId("harbour"),)}, "harbour is not the id of a Telegram chat"),
    ],
)
async def test_a_place_where_no_post_belongs_is_said(served: FakeTelegram, more: dict[str, Any], reason: str) -> None:
    served.members[STAFF, NUMBER] = an_administrator(BOT)
    (problem,) = await examined(served, _with_posts(**more))
    assert problem.reason.startswith(reason)
    assert problem.hint


async def test_a_place_where_the_bot_may_not_write_is_said(served: FakeTelegram) -> None:
    served.trouble("sendChatAction", chat=GROUP, description="Bad Request: message thread not found", times=1)
    (problem,) = await examined(served, _with_posts())
    assert problem.reason == "the bot may not write there"
