"""What updates say to the core: whose words, whose quotations, where, and what is none of ours."""

from datetime import timedelta
from typing import Any

import pytest
from telegram import Update

from adapters.telegram.groups import Groups
from adapters.telegram.incoming import Incoming
from adapters.telegram.names import Names
from core.model.event import Event, MemberJoined, MessageWritten
from core.model.message import ChannelId, CommunityId, Message
from tests.adapters.telegram.fake_telegram import BOT, GROUP, STAFF, a_chat, a_member, a_message, a_user
from tests.adapters.telegram.house import HARBOUR, a_community
from tests.adapters.telegram.specification import specification
from tests.clock import START, FakeClock
from tests.core.noticeboard import Noticeboard

BASIC_GROUP = -4242


class Desk:
    """Reads updates as the connection does."""

    def __init__(self, **more: Any) -> None:
        self.board = Noticeboard()
        self.names = Names()
        self.clock = FakeClock()
        community = a_community(**more)
        self.groups = Groups({community.id: community}, self.board)
        self._incoming = Incoming(self.groups, self.names, self.clock)

    def event(self, **content: Any) -> Event | None:
        told = {"update_id": 1, **content}
        if (known := specification()) is not None:
            assert known.of_type("Update", told) == []
        return self._incoming.event(Update.de_json(told, None))

    def message(self, **more: Any) -> Message:
        event = self.event(message=a_message(**more))
        assert isinstance(event, MessageWritten)
        return event.message

    def ignores(self, **more: Any) -> bool:
        return self.event(message=a_message(**more)) is None


def test_a_message_says_who_wrote_what_where_and_when() -> None:
    desk = Desk()
    message = desk.message(number=12, text="synthetic words", sender=a_user(7, "Ann"))
    assert message.community == HARBOUR
    assert (message.channel.id, message.channel.name, message.channel.parent) == (str(GROUP), "Harbour", None)
    assert (message.id, message.text, message.quoted) == ("12", "synthetic words", "")
    assert (message.author.id, message.author.name, message.author.roles) == ("7", "Ann", frozenset())
    assert message.sent_at == START
    assert message.link == "https://t.me/c/1111111111/12"
    assert not message.is_late
    assert desk.names.of_member("7") == "Ann"


def test_a_message_of_a_topic_belongs_to_the_topic() -> None:
    opening = a_message(44, None, forum_topic_created={"name": "Boats", "icon_color": 1})
    message = Desk().message(number=50, message_thread_id=44, is_topic_message=True, reply_to_message=opening)
    assert message.channel.id == f"{GROUP}/44"
    assert (message.channel.name, message.channel.parent) == ("Boats", str(GROUP))
    assert message.reply_to is None
    assert message.link == "https://t.me/c/1111111111/44/50"


def test_a_reply_names_what_and_whom_it_answers() -> None:
    answered = a_message(3, "earlier words", sender=a_user(8, "Bob"))
    message = Desk().message(number=4, reply_to_message=answered, message_thread_id=3)
    assert (message.reply_to, message.reply_to_author) == ("3", "8")
    assert message.channel.id == str(GROUP)
    assert message.quoted == ""


def test_what_is_forwarded_is_not_the_authors() -> None:
    origin = {"type": "hidden_user", "date": int(START.timestamp()), "sender_user_name": "Somebody"}
    message = Desk().message(text="somebody's words", forward_origin=origin)
    assert (message.text, message.quoted) == ("", "somebody's words")


def test_forwarding_ones_own_words_says_them_again() -> None:
    origin = {"type": "user", "date": int(START.timestamp()), "sender_user": a_user(7)}
    message = Desk().message(text="own words", forward_origin=origin)
    assert (message.text, message.quoted) == ("own words", "")


def test_quotations_are_kept_apart_also_behind_characters_of_two_units() -> None:
    text = "🜁 said\nyou are rude\nand I disagree"
    quotation = {"type": "blockquote", "offset": 8, "length": 12}
    quote = {"text": "something else", "position": 0}
    message = Desk().message(text=text, entities=[quotation], quote=quote)
    assert message.text == "🜁 said\n\nand I disagree"
    assert message.quoted == "you are rude\nsomething else"


def test_the_address_behind_a_link_is_part_of_what_was_written() -> None:
    link = {"type": "text_link", "offset": 0, "length": 5, "url": "https://example.invalid/x"}
    assert Desk().message(text="click here", entities=[link]).text == "click here\nhttps://example.invalid/x"


def test_the_words_of_a_poll_are_its_authors() -> None:
    options = [{"text": text, "voter_count": 0, "persistent_id": text} for text in ("yes", "no")]
    poll = {
        "id": "1",
        "question": "Is Bob rude?",
        "options": options,
        "total_voter_count": 0,
        "is_closed": False,
        "is_anonymous": True,
        "type": "regular",
        "allows_multiple_answers": False,
        "allows_revoting": False,
        "members_only": False,
    }
    assert Desk().message(text=None, poll=poll).text == "Is Bob rude?\nyes\nno"


def test_a_caption_is_text_and_files_are_named() -> None:
    file = {"file_id": "f", "file_unique_id": "u", "file_name": "notes.txt"}
    message = Desk().message(text=None, caption="look", document=file)
    assert (message.text, message.attachments) == ("look", ("notes.txt",))
    photo = {"file_id": "f", "file_unique_id": "u", "width": 1, "height": 1}
    assert Desk().message(text=None, photo=[photo]).attachments == ("photo",)


def test_mentions_are_members_where_they_are_known() -> None:
    desk = Desk()
    desk.message(number=1, sender=a_user(8, "Bob", username="Bobby"))
    text = "@bobby @nobody and Cy"
    entities = [
        {"type": "mention", "offset": 0, "length": 6},
        {"type": "mention", "offset": 7, "length": 7},
        {"type": "text_mention", "offset": 19, "length": 2, "user": a_user(9, "Cy")},
    ]
    assert desk.message(number=2, text=text, entities=entities).mentions == ("8", "9")


def test_an_edit_is_a_new_revision() -> None:
    edited = a_message(5, "other words", edit_date=int(START.timestamp()))
    event = Desk().event(edited_message=edited)
    assert isinstance(event, MessageWritten)
    assert event.message.edited_at == START


def test_what_arrives_long_after_it_was_written_is_late() -> None:
    desk = Desk()
    desk.clock.advance(timedelta(minutes=3))
    assert desk.message(number=1).is_late
    assert not desk.message(number=2, at=START + timedelta(minutes=2)).is_late


def test_an_edit_just_made_of_an_old_message_is_not_late() -> None:
    desk = Desk()
    desk.clock.advance(timedelta(days=1))
    event = desk.event(edited_message=a_message(5, edit_date=int(desk.clock.now().timestamp())))
    assert isinstance(event, MessageWritten)
    assert not event.message.is_late


def test_bots_are_ignored_and_channels_and_anonymous_administrators_are_not() -> None:
    desk = Desk()
    assert desk.ignores(sender=BOT)
    as_channel = {"sender_chat": a_chat(-1007, "A channel", "channel"), "sender": a_user(136817688, is_bot=True)}
    assert desk.message(number=2, **as_channel).author.id == "-1007"
    as_group = {"sender_chat": a_chat(), "sender": a_user(1087968824, is_bot=True)}
    assert desk.message(number=3, **as_group).author.name == "Harbour"


def test_what_the_linked_channel_posts_by_itself_is_ignored() -> None:
    channel = a_chat(-1007, "A channel", "channel")
    assert Desk().ignores(sender_chat=channel, sender=a_user(777000), is_automatic_forward=True)


def test_the_moderators_places_are_not_screened() -> None:
    assert Desk().ignores(chat=a_chat(STAFF, "Staff"))
    desk = Desk(alerts=ChannelId(f"{GROUP}/44"))
    assert desk.ignores(message_thread_id=44, is_topic_message=True)
    assert desk.message(number=2, message_thread_id=45, is_topic_message=True).text
    assert desk.message(number=3).text
    assert desk.board.standing == {}


def test_a_watched_group_is_screened_even_where_its_alerts_go_into_it() -> None:
    assert Desk(alerts=ChannelId(str(GROUP))).message(number=1).text


def test_a_group_that_is_not_served_is_named_once_and_private_chats_never() -> None:
    desk = Desk()
    stranger = a_chat(-100555, "Else\u202ewhere")
    assert desk.ignores(chat=stranger)
    assert desk.ignores(chat=stranger)
    assert desk.board.raised == ["telegram.stranger.-100555"]
    assert desk.board.standing["telegram.stranger.-100555"].params == {"id": "-100555", "name": "Elsewhere"}
    assert desk.ignores(chat={"id": 7, "type": "private", "first_name": "Ann"})
    assert len(desk.board.raised) == 1


def test_strangers_never_fill_the_board() -> None:
    desk = Desk()
    for number in range(100):
        desk.ignores(chat=a_chat(-100_600 - number, "Elsewhere"))
    assert len(desk.board.standing) == 20


def test_what_telegram_writes_itself_is_no_message() -> None:
    desk = Desk()
    assert desk.ignores(text=None, new_chat_title="Haven")
    assert desk.ignores(text=None, forum_topic_closed={})


def test_a_group_that_became_a_supergroup_stays_the_same_community() -> None:
    desk = Desk(id=CommunityId(f"telegram:{BASIC_GROUP}"))
    desk.ignores(chat=a_chat(BASIC_GROUP, kind="group"), text=None, migrate_to_chat_id=GROUP)
    assert desk.message(number=1).community == f"telegram:{BASIC_GROUP}"
    assert desk.board.standing[f"telegram.moved.{BASIC_GROUP}"].params["new"] == str(GROUP)


def test_a_plain_group_has_no_links_to_messages() -> None:
    desk = Desk(id=CommunityId(f"telegram:{BASIC_GROUP}"))
    assert desk.message(number=1, chat=a_chat(BASIC_GROUP, kind="group")).link is None


def test_a_public_groups_links_carry_its_name() -> None:
    assert Desk().message(number=9, chat=a_chat(username="harbour")).link == "https://t.me/harbour/9"


@pytest.mark.parametrize(("before", "after", "joins"), [("left", "member", True), ("member", "administrator", False)])
def test_who_joins_is_told(before: str, after: str, joins: bool) -> None:
    change = {
        "chat": a_chat(),
        "from": a_user(7),
        "date": int(START.timestamp()),
        "old_chat_member": a_member(a_user(7), before),
        "new_chat_member": a_member(a_user(7))
        if after == "member"
        else {"status": "creator", "user": a_user(7)} | {"is_anonymous": False},
    }
    event = Desk().event(chat_member=change)
    assert isinstance(event, MemberJoined) is joins


def test_a_name_is_one_plain_line() -> None:
    hostile = "An\u202e\u200bn\nB\x00ob " + "x" * 200
    message = Desk().message(sender=a_user(7, hostile))
    assert message.author.name.startswith("Ann Bob xxx")
    assert len(message.author.name) == 100
