"""DiscordChatExporter's files: every shape that its versions write, and what is left out of them."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.exports.entry import AGAIN, BOT, SERVICE, Timing
from core.model.message import RoleId
from tests.adapters.exports.reading import numbers, read, texts, written

ANA = {"id": "11", "name": "ana", "discriminator": "0000", "nickname": "Ana B.", "isBot": False}


def a_message(number: int = 1, text: str | None = "synthetic words", **more: Any) -> dict[str, Any]:
    return {
        "id": str(1000 + number),
        "type": "Default",
        "timestamp": "2024-02-03T04:05:06.789+00:00",
        "timestampEdited": None,
        "callEndedTimestamp": None,
        "isPinned": False,
        "content": text,
        "author": ANA,
        "attachments": [],
        "embeds": [],
        "reactions": [],
        "mentions": [],
        **more,
    }


def an_export(*messages: Any, **channel: Any) -> dict[str, Any]:
    return {
        "guild": {"id": "1", "name": "harbour", "iconUrl": "about:blank"},
        "channel": {"id": "2", "type": "GuildTextChat", "categoryId": "3", "name": "pier", "topic": None, **channel},
        "dateRange": {"after": None, "before": None},
        "exportedAt": "2024-03-01T00:00:00+00:00",
        "messages": list(messages),
        "messageCount": len(messages),
    }


def test_a_message_brings_everything_that_filters_and_policies_ask_for(tmp_path: Path) -> None:
    earlier = a_message(1, author={**ANA, "id": "12", "nickname": "Ben"})
    message = a_message(
        2,
        "hello there",
        type="Reply",
        timestampEdited="2024-02-03T06:05:06+02:00",
        author={**ANA, "roles": [{"id": "77", "name": "mods", "color": None, "position": 1}], "color": None},
        attachments=[{"id": "5", "url": "about:blank", "fileName": "boat.png", "fileSizeBytes": 9}],
        reference={"type": "Default", "messageId": "1001", "channelId": "2", "guildId": "1"},
        mentions=[{**ANA, "id": "12"}],
        embeds=[{"title": "not the author's words", "fields": [{"name": "a", "value": "b"}]}],
    )
    (_, entry), left = read(written(tmp_path / "pier.json", an_export(earlier, message)))
    said = entry.message
    assert (left.problems, left.skipped, left.notes) == ([], {}, {})
    assert (said.community, said.channel.id, said.channel.name, said.channel.parent) == ("discord:1", "2", "pier", None)
    assert (said.author.id, said.author.name, said.author.roles) == ("11", "Ana B.", frozenset({RoleId("77")}))
    assert (said.id, said.text, said.quoted) == ("1002", "hello there", "")
    assert said.sent_at == datetime(2024, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)
    assert said.edited_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert (said.reply_to, said.reply_to_author, said.mentions) == ("1001", "12", ("12",))
    assert (said.attachments, said.link) == (("boat.png",), "https://discord.com/channels/1/2/1002")
    assert (entry.place, entry.timing) == ("pier.json: message 2", Timing.DATED)


def test_the_first_versions_know_neither_roles_nor_replies_nor_mentions(tmp_path: Path) -> None:
    old = {key: value for key, value in a_message().items() if key in {"id", "timestamp", "content", "author"}}
    newer = a_message(2, type="19", reference={"messageId": "1001"})
    export = an_export(old, newer)
    del export["dateRange"], export["exportedAt"], export["channel"]["categoryId"]
    (first, second), left = read(written(tmp_path / "pier.json", export))
    assert (first.message.author.roles, first.message.mentions, left.problems) == (frozenset(), (), [])
    assert second.message.reply_to_author == "11"


def test_bots_notices_and_what_was_exported_twice_are_counted_and_left_out(tmp_path: Path) -> None:
    export = an_export(
        a_message(1, author={**ANA, "isBot": True}),
        a_message(2, "Joined the server.", type="GuildMemberJoin"),
        a_message(3, "Pinned a message.", type="ChannelPinnedMessage"),
        a_message(4, "", type="20"),
        a_message(5),
        a_message(5),
    )
    entries, left = read(written(tmp_path / "pier.json", export))
    assert len(entries) == 1
    assert left.skipped == {BOT: 1, SERVICE: 3, AGAIN: 1}
    assert left.problems == []


def test_a_reply_to_what_is_left_out_still_says_to_whom(tmp_path: Path) -> None:
    bot = a_message(1, author={**ANA, "id": "99", "isBot": True})
    (entry,), _ = read(
        written(tmp_path / "pier.json", an_export(bot, a_message(2, type="Reply", reference={"messageId": "1001"})))
    )
    assert entry.message.reply_to_author == "99"


def test_forwarded_words_are_quoted_and_no_reply(tmp_path: Path) -> None:
    forward = a_message(
        1,
        "",
        reference={"type": "Forward", "messageId": "7", "channelId": "8"},
        forwardedMessage={"timestamp": "2024-02-03T04:05:06+00:00", "content": "somebody else's words"},
    )
    (entry,), _ = read(written(tmp_path / "pier.json", an_export(forward)))
    assert (entry.message.text, entry.message.quoted) == ("", "somebody else's words")
    assert (entry.message.reply_to, entry.message.reply_to_author) == (None, None)


def test_a_thread_belongs_to_its_channel(tmp_path: Path) -> None:
    export = an_export(a_message(), type="GuildPublicThread", id="20", name="boats")
    (entry,), _ = read(written(tmp_path / "boats.json", export))
    assert (entry.message.channel.id, entry.message.channel.parent) == ("20", "3")


@pytest.mark.parametrize(
    "broken",
    [
        "no object",
        [1, [2]],
        a_message(author=None),
        a_message(author={"name": "nobody"}),
        a_message(id=None),
        a_message(id="\x00"),
        a_message(2, None),
        a_message(2, "x" * 250_001),
        a_message(2, timestamp="yesterday"),
        a_message(2, timestamp=None),
        a_message(2, timestamp="9999-12-31T23:59:59-10:00"),
        a_message(2, timestampEdited="never"),
    ],
)
def test_a_broken_message_is_named_and_the_rest_goes_on(tmp_path: Path, broken: Any) -> None:
    entries, left = read(written(tmp_path / "pier.json", an_export(a_message(1), broken, a_message(3, "also good"))))
    assert texts(entries) == ["synthetic words", "also good"]
    assert numbers(left) == [2]
    assert "yesterday" not in left.problems[0].reason


def test_ids_are_kept_without_what_no_database_keeps(tmp_path: Path) -> None:
    message = a_message(mentions=[{"id": "1\x002"}, {"id": ""}, 7, None], reference={"messageId": "4\x002"})
    (entry,), _ = read(written(tmp_path / "pier.json", an_export(message)))
    assert (entry.message.mentions, entry.message.reply_to) == (("12",), "42")


def test_a_time_without_a_zone_is_taken_as_utc_and_said_to_be(tmp_path: Path) -> None:
    (entry,), left = read(written(tmp_path / "pier.json", an_export(a_message(timestamp="2024-02-03T04:05:06"))))
    assert entry.message.sent_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert len(left.notes) == 1


def test_a_file_cut_in_half_gives_every_message_before_the_cut_and_names_the_place(tmp_path: Path) -> None:
    path = written(tmp_path / "pier.json", an_export(*(a_message(n) for n in range(1, 1001))))
    content = path.read_bytes()
    half = content[: len(content) // 2]
    path.write_bytes(half)
    entries, left = read(path)
    assert len(entries) in {half.count(b'"mentions"'), half.count(b'"mentions"') - 1}
    assert (left.cuts, numbers(left)) == (1, [len(entries)])


def test_bytes_that_are_no_text_cost_a_character_and_not_the_rest(tmp_path: Path) -> None:
    path = written(tmp_path / "pier.json", an_export(a_message(1, "marked"), a_message(2)))
    path.write_bytes(path.read_bytes().replace(b"marked", b"mar\xff\xfeked"))
    entries, left = read(path)
    assert texts(entries) == ["mar\ufffd\ufffdked", "synthetic words"]
    assert left.problems == []


def test_what_follows_the_end_is_named_and_is_no_cut(tmp_path: Path) -> None:
    path = written(tmp_path / "pier.json", an_export(a_message()))
    path.write_bytes(path.read_bytes() + b"\n{}")
    entries, left = read(path)
    assert (len(entries), left.cuts, left.problem_count) == (1, 0, 1)
