"""Links and invitations, written plainly and hidden. Every address here is made up."""

import time

import pytest

from core.model.finding import Kind
from core.model.policy import CommunityPolicy
from filters.flood.links import links
from tests.filters.flood.said import last, message, rules

STRICT = CommunityPolicy.model_validate({"links": {"invites": 3, "other": 1, "allowed": ["example.org"]}})


@pytest.mark.parametrize(
    "text",
    [
        "come to discord.gg/abcdef",
        "https://discord.gg/abcdef",
        "https://discord.com/invite/abcdef",
        "discordapp.com/invite/abcdef",
        "DISCORD.GG/ABC",
        "discord . gg/abcdef",
        "discord .gg / abcdef",
        "discord[.]gg/abcdef",
        "discord(dot)gg/abcdef",
        "discord dot gg slash abcdef",
        "hxxps://discord.gg/abcdef",
        "dis\u200bcord.gg/abcdef",
        "d\u0456scord.gg/abcdef",
        "\uff44\uff49\uff53\uff43\uff4f\uff52\uff44.gg/abcdef",
        "[all is well](https://discord.gg/abcdef)",
        "<https://discord.gg/abcdef>",
        "https://example.org@discord.gg/abcdef",
        "t.me/+abcdefgh",
        "https://t.me/joinchat/abcdef",
        "telegram.me/some_group",
        "tg://join?invite=abcdef",
        "https://chat.whatsapp.com/AbCdEf",
        "dsc.gg/harbour",
        "https://matrix.to/#/#harbour:example.net",
    ],
)
def test_an_invitation_is_seen_however_it_is_written(text: str) -> None:
    (finding,) = last([message(1, text)], STRICT)
    assert (finding.kind, finding.level, rules([finding])) == (Kind.LINK, 3, ["flood.invite"])
    ((start, end),) = finding.spans
    assert 0 <= start < end <= len(text)


@pytest.mark.parametrize(
    ("text", "is_found"),
    [
        ("https://evil.example/x", True),
        ("http://192.0.2.7/login", True),
        ("www.shop-of-nothing.com", True),
        ("see shop-of-nothing.com/free", True),
        ("shop-of-nothing.com", True),
        ("[your bank](https://evil.example)", True),
        ("https://example.org.evil.example/", True),
        ("https://example.org@evil.example/", True),
        ("https://notexample.org/", True),
        ("https://ex\u0430mple.org/", True),  # a Cyrillic letter
        ("https://example.org/page", False),
        ("https://docs.EXAMPLE.org:8443/page", False),
        ("example.org", False),
        ("https://discord.com/channels/1/2/3", False),
        ("https://t.me/c/123/456", False),
        ("node.js and e.g. readme.md, version 1.2.3", False),
        ("mail me at ann@shop.com", False),
        ("and/or either... dot dot dot", False),
        ("is that discord? gg everybody", False),
        ("the ship is at 10.30 / pier 4", False),
    ],
)
def test_other_links_count_unless_their_host_is_allowed_as_it_is_written(text: str, is_found: bool) -> None:
    assert rules(last([message(1, text)], STRICT)) == (["flood.link"] if is_found else [])


def test_an_invitation_and_another_link_are_two_findings_and_each_tells_all_its_places() -> None:
    text = "discord.gg/abc, https://evil.example/1! t.me/+abcdef"
    invite, other = last([message(1, text)], STRICT)
    assert [text[start:end] for start, end in invite.spans] == ["discord.gg/abc", "t.me/+abcdef"]
    assert [text[start:end] for start, end in other.spans] == ["https://evil.example/1"]


def test_links_pass_unless_the_community_says_otherwise() -> None:
    assert not last([message(1, "discord.gg/abcdef https://evil.example")])


def test_an_allowed_host_may_also_be_an_invitation_s() -> None:
    assert not links("discord.gg/abcdef", {"discord.gg"})


@pytest.mark.parametrize("part", ["discord", "a.", "https://", "h ttp:/ /", "[.]", "t.me/", "x@", "-.", "a-", "dot "])
def test_no_text_takes_long(part: str) -> None:
    started = time.perf_counter()
    links(part * (20_000 // len(part)))
    assert time.perf_counter() - started < 1.0


@pytest.mark.parametrize(
    "allowed", ["example.org", "Example.ORG", "https://example.org/", "*.example.org", "example.org."]
)
def test_an_owner_may_write_an_allowed_host_in_many_ways(allowed: str) -> None:
    policy = CommunityPolicy.model_validate({"links": {"other": 2, "allowed": [allowed]}})
    assert not last([message(1, "see https://www.example.org/page")], policy)
    assert last([message(1, "see https://www.example.net/page")], policy)
