"""A card as Discord shows it: everything that isn't ours escaped, nothing of a person in a crisis card."""

import discord
import pytest

from adapters.discord.cards import DESCRIPTION_CHARS, TITLE_CHARS, embed_of, escaped, reference_of
from adapters.discord.posting import called
from core.desk.card import compose
from core.model.advancing import Claimed, Refused, advance
from core.model.card import Card
from core.model.case import Case, Concern
from core.model.message import MemberId
from tests.adapters.discord.house import HARBOUR, TEXTS, a_case, an_evidence
from tests.adapters.discord.made_up import ANN, BEN, GENERAL, MODERATOR_ROLE
from tests.clock import START


def _embed(case: Case, why: str = "A synthetic reason.") -> discord.Embed:
    return embed_of(compose(case, [an_evidence(case, why)]), reference_of(case.id, case.version), TEXTS, "en")


def _card(concern: Concern) -> Card:
    return compose(a_case(concern), [])


def test_a_card_says_level_kind_place_reason_and_where_to_decide() -> None:
    embed = _embed(a_case())
    assert embed.title == "High: Several against one"
    assert embed.description is not None
    place, why, standing, where = embed.description.split("\n")
    assert place == f"Channel <#{GENERAL}>, since <t:{int(START.timestamp())}:R>. Messages: 1."
    assert why == "A synthetic reason."
    assert standing == "Waiting for someone to claim it."
    assert where == "Claim and decide it in the console."
    assert embed.url is not None
    assert embed.url.endswith(f"/{GENERAL}/1")


def test_a_claimed_card_names_its_holder_without_calling_them() -> None:
    claimed = advance(a_case(), Claimed(by=MemberId(str(BEN)), lease_until=START), START)
    assert not isinstance(claimed, Refused)
    assert f"<@{BEN}> is on it." in (_embed(claimed).description or "")


def test_a_crisis_card_names_nobody() -> None:
    embed = _embed(a_case(Concern.CRISIS), why="Says how they feel.")
    assert embed.title == "Serious: someone may need help"
    assert str(ANN) not in str(embed.to_dict())


@pytest.mark.parametrize(
    "hostile",
    [
        "@everyone **bold** __x__ ~~y~~ ||z||",
        "<@1> <@&2> <#3> <t:4:R> </help:5>",
        "[free](https://a.invalid) https://b.invalid",
        "```code``` `x` > quote\n# heading\n- item\n-# small",
        "\\*escaped\\* \u202eright to left\u202c \u200b\x00",
    ],
)
def test_nothing_in_a_reason_can_format_link_or_mention(hostile: str) -> None:
    shown = escaped(hostile)
    assert "\n" not in shown
    assert not {"\u202e", "\u200b", "\x00"} & set(shown)
    stripped = shown
    for mark in "\\`*_~|>[]()#<:@&/+=^$-":
        stripped = stripped.replace(f"\\{mark}", "")
    assert not set("\\`*_~|>[]()#<@-") & set(stripped)
    assert shown in (_embed(a_case(), why=hostile).description or "")


def test_the_longest_reasons_fit_into_a_card() -> None:
    embed = _embed(a_case(), why="*" * 100_000)
    assert embed.description is not None
    assert len(embed.description) <= DESCRIPTION_CHARS
    assert len(embed.title or "") <= TITLE_CHARS
    assert "…" in embed.description


def test_cards_of_one_case_differ_in_their_reference() -> None:
    assert reference_of("k7q2mabcdefgh", 1) != reference_of("k7q2mabcdefgh", 2)


def test_a_page_calls_responders_alone_for_crisis_and_moderators_for_conduct() -> None:
    assert called(_card(Concern.CRISIS), HARBOUR) == ((str(ANN),), ())
    assert called(_card(Concern.CONDUCT), HARBOUR) == ((str(BEN),), (str(MODERATOR_ROLE),))
