"""What comes in from Discord: new words, other words, gone words, in order and apart from what was quoted."""

from datetime import timedelta

from core.errors import Unavailable
from core.model.message import ChannelId
from tests.adapters.discord.fake_discord import FakeDiscord
from tests.adapters.discord.house import HARBOUR, a_stage
from tests.adapters.discord.made_up import (
    ALERTS,
    ANN,
    BEN,
    BOT_ID,
    GENERAL,
    GUILD_ID,
    MODERATOR_ROLE,
    THREAD,
    a_user,
    snowflake,
)
from tests.clock import START


async def test_a_new_message_reaches_the_intake_with_all_that_filters_need(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        first = fake.a_message("synthetic words", author=BEN)
        reply = fake.a_message(
            f"an answer for <@{BEN}>",
            nth=1,
            type=19,
            message_reference={"type": 0, "message_id": first["id"], "channel_id": str(GENERAL)},
            referenced_message=first,
            attachments=[
                {"id": "1", "filename": "a.png", "size": 1, "url": "https://cdn.invalid/a", "proxy_url": "x:y"}
            ],
        )
        await fake.emit("MESSAGE_CREATE", first)
        await fake.emit("MESSAGE_CREATE", reply)
        await stage.received(2)

    said, answered = stage.intake.messages
    assert (said.text, said.author.id, said.author.name) == ("synthetic words", str(BEN), "ben")
    assert said.author.roles == {str(MODERATOR_ROLE)}
    assert (said.community, said.channel.id, said.channel.name) == (HARBOUR.id, str(GENERAL), "general")
    assert said.sent_at == START
    assert said.link == f"https://discord.com/channels/{GUILD_ID}/{GENERAL}/{first['id']}"
    assert not said.is_late
    assert (answered.reply_to, answered.reply_to_author) == (first["id"], str(BEN))
    assert answered.mentions == (str(BEN),)
    assert answered.attachments == ("a.png",)
    assert stage.connection.name_of(str(BEN)) == "ben"
    assert stage.connection.channel_name(str(GENERAL)) == "general"
    assert stage.connection.roles_of(HARBOUR.id, said.author.id) == {str(MODERATOR_ROLE)}
    assert stage.connection.link.last_event_at == START


async def test_forwarded_words_are_not_the_authors(fake: FakeDiscord) -> None:
    snapshot = {"content": "somebody else's words", "embeds": [], "attachments": [], "timestamp": START.isoformat()}
    forwarded = fake.a_message(
        "",
        message_reference={"type": 1, "message_id": "5", "channel_id": "6"},
        message_snapshots=[
            {"message": {**snapshot, "edited_timestamp": None, "flags": 0, "mentions": [], "type": 0}},
        ],
    )
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", forwarded)
        await stage.received(1)
    (message,) = stage.intake.messages
    assert (message.text, message.quoted) == ("", "somebody else's words")
    assert message.reply_to is None


async def test_a_polls_question_and_answers_are_its_authors_words(fake: FakeDiscord) -> None:
    poll = {
        "question": {"text": "which one"},
        "answers": [{"answer_id": 1, "poll_media": {"text": "this"}}, {"answer_id": 2, "poll_media": {"text": "that"}}],
        "expiry": START.isoformat(),
        "allow_multiselect": False,
        "layout_type": 1,
    }
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("", poll=poll))
        await stage.received(1)
    assert stage.intake.messages[0].text == "which one\nthis\nthat"


async def test_a_thread_names_its_channel(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("in a thread", channel_id=str(THREAD)))
        await stage.received(1)
    (message,) = stage.intake.messages
    assert (message.channel.id, message.channel.name, message.channel.parent) == (str(THREAD), "a thread", str(GENERAL))


async def test_a_message_of_the_greatest_length_arrives_whole(fake: FakeDiscord) -> None:
    words = "\U0001f30a" * 4_000
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message(words))
        await stage.received(1)
    assert stage.intake.messages[0].text == words


async def test_other_words_come_as_a_revision_and_an_unfurled_link_does_not(fake: FakeDiscord) -> None:
    said = fake.a_message("synthetic words")
    later = START + timedelta(seconds=30)
    edited = {**said, "content": "other words", "edited_timestamp": later.isoformat()}
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_UPDATE", {**said, "embeds": [{"type": "link", "url": "https://example.invalid"}]})
        await fake.emit("MESSAGE_UPDATE", edited)
        await stage.received(1)
    assert [(each.text, each.edited_at) for each in stage.intake.messages] == [("other words", later)]


async def test_deleted_messages_come_one_by_one_also_when_many_go_at_once(fake: FakeDiscord) -> None:
    place = {"channel_id": str(GENERAL), "guild_id": str(GUILD_ID)}
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_DELETE", {"id": "5", **place})
        await fake.emit("MESSAGE_DELETE_BULK", {"ids": ["8", "7"], **place})
        await stage.received(3)
    assert [each.message_id for each in stage.intake.deletions] == ["5", "7", "8"]
    assert {each.channel.name for each in stage.intake.deletions} == {"general"}


async def test_bots_webhooks_announcements_and_the_alerts_channel_are_left_alone(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("own", author=BOT_ID))
        await fake.emit("MESSAGE_CREATE", fake.a_message("hook", nth=1, webhook_id="5"))
        await fake.emit("MESSAGE_CREATE", fake.a_message("", nth=2, type=7))
        await fake.emit("MESSAGE_CREATE", fake.a_message("about a case", nth=3, channel_id=str(ALERTS)))
        await fake.emit("MESSAGE_CREATE", fake.a_message("the last", nth=4))
        await stage.received(1)
    assert [each.text for each in stage.intake.messages] == ["the last"]


async def test_what_arrives_long_after_it_was_written_is_marked_late(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        stage.clock.advance(timedelta(minutes=10))
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("old", at=START))
        await fake.emit("MESSAGE_CREATE", fake.a_message("new", at=stage.clock.now()))
        await stage.received(2)
    assert [(each.text, each.is_late) for each in stage.intake.messages] == [("old", True), ("new", False)]


async def test_order_holds_in_a_channel_while_the_intake_refuses(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        stage.intake.failures = [Unavailable(reason="full"), Unavailable(reason="full")]
        for nth in range(50):
            await fake.emit("MESSAGE_CREATE", fake.a_message(f"number {nth}", nth=nth))
        await fake.until(lambda: stage.notices.standing.get("store") is not None)
        for _ in range(2):
            await fake.until(lambda: stage.clock.sleepers > 1)
            stage.clock.advance(timedelta(seconds=5))
        await stage.received(50)
    assert [each.text for each in stage.intake.messages] == [f"number {nth}" for nth in range(50)]
    assert "store" not in stage.notices.standing


async def test_an_event_that_cant_be_read_is_counted_and_the_rest_goes_on(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", {"id": "5", "guild_id": str(GUILD_ID), "content": "half a message"})
        await fake.emit("SOMETHING_NEW", {"id": 1})
        await fake.emit("GUILD_ROLE_UPDATE", {"guild_id": str(GUILD_ID), "role": None})
        await fake.emit("MESSAGE_CREATE", fake.a_message("whole"))
        await stage.received(1)
        assert stage.connection.dropped == {"message_create": 1, "guild_role_update": 1}
        assert stage.notices.standing["discord.dropped"].params == {"count": 1}
        assert stage.connection.link.is_up
    assert [each.text for each in stage.intake.messages] == ["whole"]


async def test_hostile_names_and_words_arrive_as_they_are(fake: FakeDiscord) -> None:
    name, words = "@everyone \u202e[x](https://a.invalid)", "||<@1>|| \x00 \ud83d\u200b"
    said = fake.a_message(words, author=ANN)
    said["author"] = {**a_user(ANN, "ann"), "global_name": name}
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", said)
        await stage.received(1)
    (message,) = stage.intake.messages
    assert (message.author.name, message.text) == (name, words)


async def test_a_message_of_an_unknown_channel_is_called_by_its_id(fake: FakeDiscord) -> None:
    unknown = ChannelId(str(snowflake(START)))
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("somewhere", channel_id=unknown))
        await stage.received(1)
    assert stage.intake.messages[0].channel.name == unknown
