"""Telegram Desktop's `result.json`: one chat or a whole account, every shape of a text, and topics."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from adapters.exports.entry import AGAIN, BROADCAST, LINKED, LOCAL_TIMES, PRIVATE, SERVICE, UNSUPPORTED
from tests.adapters.exports.reading import numbers, read, texts, written


def a_message(number: int = 1, text: Any = "synthetic words", **more: Any) -> dict[str, Any]:
    return {
        "id": number,
        "type": "message",
        "date": "2024-02-03T05:05:06",
        "date_unixtime": "1706933106",
        "from": "Ana",
        "from_id": "user11",
        "text": text,
        "text_entities": [],
        **more,
    }


def a_chat(*messages: Any, **head: Any) -> dict[str, Any]:
    return {"name": "Harbour", "type": "private_supergroup", "id": 42, **head, "messages": list(messages)}


def an_account(*chats: dict[str, Any], left: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "about": "synthetic",
        "personal_information": {"user_id": 1, "first_name": "Olga", "name": "nobody's chat"},
        "contacts": {"about": "synthetic", "list": [{"user_id": 5, "name": "x", "id": 7}]},
        "chats": {"about": "synthetic", "list": list(chats)},
        "left_chats": {"about": "synthetic", "list": list(left)},
    }


def test_a_message_brings_author_exact_time_reply_and_a_link(tmp_path: Path) -> None:
    reply = a_message(
        2,
        "hello",
        from_id="user12",
        edited="2024-02-03T05:06:06",
        edited_unixtime="1706933166",
        reply_to_message_id=1,
        photo="photos/boat.jpg",
    )
    (_, entry), left = read(written(tmp_path / "result.json", a_chat(a_message(), reply)))
    said = entry.message
    assert (left.problems, left.skipped) == ([], {})
    assert (said.community, said.channel.id, said.channel.name) == ("telegram:-10042", "-10042", "Harbour")
    assert (said.author.id, said.author.name, said.text) == ("12", "Ana", "hello")
    assert said.sent_at == datetime(2024, 2, 3, 4, 5, 6, tzinfo=UTC)
    assert said.edited_at == datetime(2024, 2, 3, 4, 6, 6, tzinfo=UTC)
    assert (said.reply_to, said.reply_to_author) == ("1", "11")
    assert (said.attachments, said.link) == (("photos/boat.jpg",), "https://t.me/c/42/2")
    assert entry.place == "result.json: message 2"


def test_a_text_of_parts_is_put_together_and_block_quotes_are_nobodys_own_words(tmp_path: Path) -> None:
    text = [
        {"type": "blockquote", "text": "said before"},
        "hello ",
        {"type": "mention_name", "text": "Ben", "user_id": 12},
        {"type": "bold", "text": "!"},
    ]
    (entry,), _ = read(written(tmp_path / "result.json", a_chat(a_message(1, text))))
    assert (entry.message.text, entry.message.quoted, entry.message.mentions) == ("hello Ben!", "said before", ("12",))


@pytest.mark.parametrize(
    "forward",
    [
        {"forwarded_from": "Somebody"},
        {"forwarded_from": None},
        {"forwarded_from": "Ana", "forwarded_from_id": "user99"},
    ],
)
def test_forwarded_words_are_not_their_forwarders(tmp_path: Path, forward: dict[str, Any]) -> None:
    (entry,), _ = read(written(tmp_path / "result.json", a_chat(a_message(1, "their words", **forward))))
    assert (entry.message.text, entry.message.quoted) == ("", "their words")


@pytest.mark.parametrize(
    "forward", [{"forwarded_from": "Ana"}, {"forwarded_from": "Ana B.", "forwarded_from_id": "user11"}]
)
def test_forwarding_ones_own_words_says_them_again(tmp_path: Path, forward: dict[str, Any]) -> None:
    (entry,), _ = read(written(tmp_path / "result.json", a_chat(a_message(1, "my words", **forward))))
    assert (entry.message.text, entry.message.quoted) == ("my words", "")


def test_addresses_behind_links_and_the_words_of_a_poll_are_written_by_their_author(tmp_path: Path) -> None:
    link = a_message(1, ["see ", {"type": "text_link", "text": "this", "href": "https://boats.invalid/"}])
    poll = a_message(2, "", poll={"question": "Sail today?", "answers": [{"text": "yes", "voters": 2}, {"text": "no"}]})
    entries, _ = read(written(tmp_path / "result.json", a_chat(link, poll)))
    assert texts(entries) == ["see this\nhttps://boats.invalid/", "Sail today?\nyes\nno"]


def test_who_writes_as_a_channel_is_that_channel_and_its_own_posts_are_left_out(tmp_path: Path) -> None:
    chat = a_chat(a_message(1, from_id="channel77"), a_message(2, from_id="channel77", saved_from="News"))
    (entry,), left = read(written(tmp_path / "result.json", chat))
    assert entry.message.author.id == "-10077"
    assert left.skipped == {LINKED: 1}


def test_older_exports_have_numbers_as_ids_and_only_the_time_on_the_clock(tmp_path: Path) -> None:
    old = a_message(from_id=4311)
    del old["date_unixtime"], old["text_entities"]
    (entry,), left = read(written(tmp_path / "result.json", a_chat(old, type="private_group")))
    assert (entry.message.author.id, entry.message.channel.id, entry.message.link) == ("4311", "-42", None)
    assert entry.message.sent_at == datetime(2024, 2, 3, 5, 5, 6, tzinfo=UTC)
    assert LOCAL_TIMES in left.notes


def test_who_left_telegram_has_an_id_and_no_name(tmp_path: Path) -> None:
    (entry,), _ = read(written(tmp_path / "result.json", a_chat({**a_message(), "from": None})))
    assert (entry.message.author.id, entry.message.author.name) == ("11", "")


def test_notices_and_what_is_not_supported_are_counted(tmp_path: Path) -> None:
    chat = a_chat(
        {
            "id": 1,
            "type": "service",
            "date": "2024-02-03T05:05:06",
            "actor": "Ana",
            "action": "pin_message",
            "text": "",
        },
        {"id": 2, "type": "unsupported"},
        a_message(3),
        a_message(3),
    )
    entries, left = read(written(tmp_path / "result.json", chat))
    assert (len(entries), left.problems) == (1, [])
    assert left.skipped == {SERVICE: 1, UNSUPPORTED: 1, AGAIN: 1}


def test_a_topic_is_a_channel_of_its_own_through_chains_of_replies(tmp_path: Path) -> None:
    chat = a_chat(
        {"id": 5, "type": "service", "action": "topic_created", "title": "Boats", "date": "2024-02-03T05:05:06"},
        a_message(6, reply_to_message_id=5),
        a_message(7, reply_to_message_id=6),
        a_message(8),
        a_message(9, reply_to_message_id=8),
    )
    entries, _ = read(written(tmp_path / "result.json", chat))
    assert [entry.message.channel.id for entry in entries] == ["-10042/5", "-10042/5", "-10042", "-10042"]
    assert [entry.message.channel.parent for entry in entries[:3]] == ["-10042", "-10042", None]
    assert entries[0].message.channel.name == "Harbour / Boats"
    assert [entry.message.reply_to for entry in entries] == [None, "6", None, "8"]


def test_of_an_account_only_groups_are_read_and_each_is_a_community(tmp_path: Path) -> None:
    account = an_account(
        a_chat(a_message(1, "private"), type="personal_chat", id=7),
        {"type": "saved_messages", "id": 1, "messages": [a_message(1, "private")]},
        a_chat(a_message(1, "one"), a_message(2, "two")),
        a_chat(a_message(1, "announced"), type="public_channel", id=8),
        a_chat(a_message(1, "three"), type="private_group", id=9, name=None),
        left=(a_chat(a_message(1, "four"), id=10, name="Old harbour"),),
    )
    entries, left = read(written(tmp_path / "result.json", account))
    assert texts(entries) == ["one", "two", "three", "four"]
    assert [entry.message.community for entry in entries] == [
        "telegram:-10042",
        "telegram:-10042",
        "telegram:-9",
        "telegram:-10010",
    ]
    assert [entry.message.channel.name for entry in entries] == ["Harbour", "Harbour", "-9", "Old harbour"]
    assert left.skipped == {PRIVATE: 2, BROADCAST: 1}


def test_a_private_chat_that_was_exported_by_itself_is_read(tmp_path: Path) -> None:
    entries, _ = read(written(tmp_path / "result.json", a_chat(a_message(), type="personal_chat")))
    assert len(entries) == 1


@pytest.mark.parametrize(
    "broken",
    [
        "no object",
        {"type": "message"},
        a_message(2, None),
        a_message(2, [None]),
        a_message(2, [{"type": "bold"}]),
        a_message(2, "x" * 250_001),
        a_message(2, type="something new"),
        a_message(2, date_unixtime="99999999999999"),
        a_message(2, date_unixtime="", date="yesterday"),
        a_message(2, date_unixtime="", date=None),
        {**a_message(2), "from_id": None, "from": None},
    ],
)
def test_a_broken_message_is_named_and_the_rest_goes_on(tmp_path: Path, broken: Any) -> None:
    entries, left = read(written(tmp_path / "result.json", a_chat(a_message(1), broken, a_message(3, "also good"))))
    assert texts(entries) == ["synthetic words", "also good"]
    assert numbers(left) == [2]


def test_control_characters_that_telegram_writes_as_no_json_does_are_read(tmp_path: Path) -> None:
    path = written(tmp_path / "result.json", a_chat(a_message(1, "ringMARK backslash \\x41"), a_message(2)))
    path.write_bytes(path.read_bytes().replace(b"MARK", b"\\x07\\x1B"))
    entries, left = read(path)
    assert texts(entries) == ["ring\x07\x1b backslash \\x41", "synthetic words"]
    assert left.problems == []


@pytest.mark.parametrize("is_account", [False, True])
def test_a_file_cut_in_half_gives_every_message_before_the_cut(tmp_path: Path, is_account: bool) -> None:
    chat = a_chat(*(a_message(n) for n in range(1, 1001)))
    path = written(tmp_path / "result.json", an_account(chat) if is_account else chat)
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    entries, left = read(path)
    assert 400 < len(entries) < 600
    assert (left.cuts, numbers(left)) == (1, [len(entries)])


@pytest.mark.parametrize("never", ["1970-01-01T01:00:00", "1969-12-31T16:00:00"])
def test_an_edit_in_1970_as_old_exports_have_it_is_none(tmp_path: Path, never: str) -> None:
    (entry,), left = read(written(tmp_path / "result.json", a_chat(a_message(edited=never))))
    assert entry.message.edited_at is None
    assert left.problems == []
