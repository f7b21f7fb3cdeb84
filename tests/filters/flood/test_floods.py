"""Too much of one member, and like messages of several. Every text here is synthetic."""

import time
from dataclasses import replace
from datetime import timedelta

import pytest

from core.flow.conversation import Conversations
from core.model.finding import Category, Kind
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy, Flood, Raid
from filters.flood.filter import BY_TWO, FloodFilter
from tests.filters.flood.said import HARBOUR, last, mentioning, message, rules

SLOGAN = "this place belongs to the storm crew now and forever"


def test_many_messages_of_one_member_within_seconds_are_a_flood() -> None:
    said = [message(number, f"{number} is a number", at_s=number * 0.8) for number in range(12)]
    (finding,) = last(said)
    assert (finding.category, finding.kind, finding.level, finding.score) == (Category.RULES, Kind.FLOOD, 2, 1.0)
    assert rules([finding]) == ["flood.messages"]
    assert not last(said[:-1])


def test_as_many_messages_more_slowly_or_in_other_channels_or_by_others_are_none() -> None:
    slow = [message(number, f"{number} is a number", at_s=number) for number in range(12)]
    assert not last(slow)
    spread = [message(n, f"{n} is a number", channel=f"c{n % 2}") for n in range(12)]
    assert not last(spread)
    everybody = [message(n, f"{n} is a number", author=f"a{n % 2}") for n in range(20)]
    assert not last(everybody)


@pytest.mark.parametrize("text", ["buy my boat", "\N{PARTY POPPER}\N{PARTY POPPER}", SLOGAN])
def test_the_same_again_and_again_is_a_flood_however_short(text: str) -> None:
    said = [message(number, text, at_s=number * 15) for number in range(4)]
    assert rules(last(said)) == ["flood.repeats"]
    assert not last(said[1:])
    assert not last([replace(each, sent_at=each.sent_at + timedelta(seconds=30 * n)) for n, each in enumerate(said)])


def test_one_member_who_posts_the_same_in_every_channel_floods_the_community() -> None:
    said = [message(number, SLOGAN, at_s=number, channel=f"c{number}") for number in range(4)]
    assert rules(last(said)) == ["flood.repeats"]


def test_mentions_of_many_members_are_a_flood_and_neither_doubles_nor_an_answer_count() -> None:
    many = [f"member{number}" for number in range(8)]
    (finding,) = last([mentioning(message(1, "look"), *many)])
    assert rules([finding]) == ["flood.mentions"]
    assert not last([mentioning(message(1, "look"), *many[:7], *many[:7])])
    answer = replace(
        mentioning(message(1, "look"), *many), reply_to_author=mentioning(message(1, ""), *many).mentions[0]
    )
    assert not last([answer])


@pytest.mark.parametrize(
    "variant",
    [
        SLOGAN,
        SLOGAN.upper(),
        f"{SLOGAN} 48151623",
        SLOGAN.replace("storm", "st\u200borm").replace("a", "\u0430"),  # hidden, and Cyrillic
        SLOGAN.replace("crew", "creeeeew"),
        SLOGAN.replace("belongs", "bexongs").replace("forever", "forexer"),
        f"!!! {SLOGAN} !!!",
        f"**{SLOGAN}**",
    ],
)
def test_like_messages_of_several_members_are_a_raid_whatever_small_changes_they_make(variant: str) -> None:
    said = [
        message(1, SLOGAN, "ann"),
        message(2, variant, "bea", at_s=30),
        message(3, "good evening", "cay", at_s=40),
        message(4, variant, "dan", at_s=60),
    ]
    (finding,) = last(said)
    assert (finding.kind, finding.level, rules([finding])) == (Kind.RAID, 3, ["flood.alike"])


def test_a_raid_over_several_channels_is_seen_as_one() -> None:
    said = [message(n, SLOGAN, f"a{n}", at_s=n, channel=f"c{n}") for n in range(3)]
    assert rules(last(said)) == ["flood.alike"]


def test_copies_that_were_deleted_as_they_came_are_still_copies() -> None:
    conversations = Conversations()
    for number in range(2):
        said = message(number, SLOGAN, f"a{number}")
        conversations.see(said)
        conversations.forget(HARBOUR, said.channel.id, said.id)
    (verdict,) = FloodFilter({None: CommunityPolicy()}).screen([conversations.see(message(3, SLOGAN, "a3"))])
    assert rules(verdict.findings) == ["flood.alike"]


def test_like_messages_of_two_members_are_a_raid_from_five_on() -> None:
    said = [message(number, SLOGAN, f"a{number % 2}", at_s=number * 20) for number in range(BY_TWO)]
    assert rules(last(said)) == ["flood.alike"]
    assert not last(said[:-1])


@pytest.mark.parametrize(
    "texts",
    [
        ["happy birthday!"] * 8,
        ["good morning everyone"] * 8,
        ["i want to die"] * 8,
        ["gg"] * 8,
        ["\N{PARTY POPPER}" * 30] * 8,
        ["first one long sentence about boats", "second thing that I read about trains", "third: nobody has a car"],
        [SLOGAN, SLOGAN, f"did you all see that somebody wrote '{SLOGAN}' and what do we want to do about it now?"],
    ],
    ids=["birthday", "morning", "short and sad", "short", "emoji", "different", "telling of it"],
)
def test_short_like_messages_and_different_long_ones_are_no_raid(texts: list[str]) -> None:
    assert not last([message(number, text, f"a{number}", at_s=number) for number, text in enumerate(texts)])


def test_like_messages_with_minutes_between_them_are_no_raid() -> None:
    assert not last([message(number, SLOGAN, f"a{number}", at_s=number * 61) for number in range(3)])


def test_what_is_quoted_is_not_said() -> None:
    said = [replace(message(n, "look at this", f"a{n}"), quoted=SLOGAN) for n in range(5)]
    assert not last(said)


def test_an_edit_is_not_a_copy_of_itself() -> None:
    first = message(1, SLOGAN, "ann", channel="deck")
    edits = [replace(first, edited_at=first.sent_at + timedelta(seconds=n), text=f"{SLOGAN} {n}") for n in range(4)]
    assert not last([first, *edits])
    assert not last([first, *edits, message(2, SLOGAN, "bea")])


def test_the_numbers_are_the_community_s_own_and_nought_switches_a_rule_off() -> None:
    off = CommunityPolicy(flood=Flood(messages=0, repeats=0, mentions=0), raid=Raid(alike=50))
    said = [mentioning(message(n, SLOGAN, at_s=n / 10), *map(str, range(20))) for n in range(20)]
    assert not last(said, off)
    strict = CommunityPolicy(flood=Flood(messages=2, repeats=2, mentions=1, level=4))
    assert [(each.level, each.kind) for each in last(said, strict)] == [(4, Kind.FLOOD)] * 3
    several = FloodFilter({HARBOUR: off, None: strict})
    seen = [Conversations().see(mentioning(each, "x")) for each in said[:1]]
    assert not several.screen(seen)[0].findings
    elsewhere = replace(seen[0], message=replace(seen[0].message, community=CommunityId("local:else")))
    assert several.screen([elsewhere])[0].findings
    assert not FloodFilter({}).screen(seen)[0].findings


def test_a_changed_rule_is_another_version() -> None:
    versions = {FloodFilter({None: each}).version for each in (CommunityPolicy(), CommunityPolicy(raid=Raid(alike=4)))}
    assert len(versions) == 2
    words = CommunityPolicy.model_validate({"terms": [{"text": "boat"}]})
    assert FloodFilter({None: words}).version in versions


def test_the_work_for_one_message_is_bounded_however_long_all_of_them_are() -> None:
    conversations = Conversations()
    for number in range(80):
        seen = conversations.see(
            message(number, f"{number} words and {SLOGAN} " * 400, f"a{number}", channel=f"c{number % 2}")
        )
    flood = FloodFilter({None: CommunityPolicy()})
    flood.screen([seen])
    started = time.perf_counter()
    flood.screen([seen])
    assert time.perf_counter() - started < 0.1
