"""A card as Discord shows it: everything that isn't ours escaped, nothing of a person in a crisis card."""

from dataclasses import replace
from datetime import timedelta

import discord
import pytest

from adapters.discord.cards import DESCRIPTION_CHARS, TITLE_CHARS, embed_of, escaped, reference_of
from adapters.discord.posting import called
from core.desk.card import compose
from core.flow.naming import action_key
from core.flow.planning import card_action, tell_action
from core.model.action import ActionKind
from core.model.advancing import advance
from core.model.card import Audience, Card, Text
from core.model.case import Case, Concern
from core.model.case_event import Claimed, Refused
from core.model.message import MemberId
from core.model.people import Role
from tests.adapters.discord.house import HARBOUR, TEXTS, a_call, a_case, a_digest, an_evidence
from tests.adapters.discord.made_up import ANN, BEN, GENERAL, MODERATOR_ROLE
from tests.adapters.lines import ENGLISH, a_line
from tests.clock import START


def _embed(case: Case, why: str = "A synthetic reason.") -> discord.Embed:
    return embed_of(compose(case, [an_evidence(case, why)]), "a reference", TEXTS, "en")


def _card(*lines: Text, audience: Audience | None = None) -> Card:
    return replace(compose(a_case(), []), lines=lines, audience=audience)


def _said(*lines: Text) -> list[str]:
    description = embed_of(_card(*lines), "a reference", TEXTS, "en").description
    assert description is not None
    return description.split("\n")[:-1]


def test_a_card_says_level_kind_place_reason_and_where_to_decide() -> None:
    embed = _embed(a_case())
    assert embed.title == "High: Several against one"
    assert embed.description is not None
    place, why, standing, *_, where = embed.description.split("\n")
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


def test_every_posted_card_has_a_reference_of_its_own() -> None:
    case = a_case()
    raised = replace(case, version=2)
    actions = [
        *(card_action(each, kind) for each in (case, raised) for kind in (ActionKind.ALERT, ActionKind.PAGE)),
        replace(card_action(case, ActionKind.PAGE), key=action_key(case.id, 1, ActionKind.PAGE, "the next person")),
        tell_action(case, MemberId(str(BEN))),
        a_digest(case).action,
        a_digest(case, at=START + timedelta(days=1)).action,
    ]
    assert len({reference_of(each) for each in actions}) == len(actions)


def test_a_card_mentions_its_audience_and_nobody_else() -> None:
    one = a_call(BEN)
    assert called(_card(audience=one), HARBOUR) == ((str(BEN),), ())
    assert called(_card(audience=replace(one, is_everybody=True)), HARBOUR) == ((str(BEN),), (str(MODERATOR_ROLE),))
    assert called(_card(), HARBOUR) == ((), ())


def test_a_call_for_a_role_that_nobody_holds_reaches_those_behind_it() -> None:
    owners = (MemberId("33"),)
    responders = a_call(role=Role.RESPONDER, is_everybody=True, behind=owners)
    assert called(_card(audience=responders), HARBOUR) == (("33",), ())
    moderators = a_call(is_everybody=True, behind=owners)
    assert called(_card(audience=moderators), HARBOUR) == ((), (str(MODERATOR_ROLE),))
    assert called(_card(audience=a_call()), HARBOUR) == ((), ())


@pytest.mark.parametrize("key", sorted(each for each in ENGLISH if each.startswith("card.")))
def test_every_text_of_a_card_is_shown_with_what_it_needs(key: str) -> None:
    (line,) = _said(a_line(key))
    assert key not in line
    assert "{" not in line


def test_people_places_and_times_are_shown_in_discords_own_way() -> None:
    by = Text(key="card.second", params={"by": str(BEN)})
    until = Text(key="card.needed_by", params={"until": START.isoformat()})
    assert _said(by, until) == [
        f"<@{BEN}> looks along.",
        f"Somebody should have it: <t:{int(START.timestamp())}:R>.",
    ]


@pytest.mark.parametrize(
    "line",
    [
        Text(key="card.of_a_plugin", params={"name": "*x*"}),
        Text(key="card.kind", params={"kind": "unheard_of"}),
        Text(key="card.kind"),
        Text(key="card.needed_by", params={"until": "soon"}),
        Text(key="card.claimed", params={"holder": "@everyone", "more": "x"}),
    ],
    ids=str,
)
def test_what_has_no_words_here_never_holds_a_card_back(line: Text) -> None:
    (shown,) = _said(line)
    assert shown
    assert "@everyone" not in shown.replace("\\@", "")
