"""The pages that stand pinned in channels: what members read on them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from core.care.members import Languages
from core.care.post_pages import chosen_services, help_page, notice_page
from core.care.ways import read_way
from core.model.community import Community
from core.model.page import Page, Shown
from core.model.policy import CommunityPolicy
from core.model.resource import Service, Topic
from tests.core.care.helping import TEXTS, leads, names_on, said
from tests.core.shelf import HARBOUR, READ_LATELY, THE_WORLD, a_service

LISTENERS = a_service("listeners", call="555-0101", hours="24/7", is_always_open=True)
WRITERS = a_service("writers", call="", text="555-0102")
EMERGENCY = a_service("emergency", Topic.EMERGENCY, call="555-0199")
TWO_COUNTRIES = replace(HARBOUR, countries=("DE", "AT"))
AUSTRIANS = (
    a_service("alps", country="AT", call="555-0120"),
    a_service("alps-2", country="AT", call="555-0121"),
)


def _card(
    *live: Service,
    community: Community = HARBOUR,
    emergency: Sequence[Service] = (EMERGENCY,),
    languages: Languages | None = None,
    is_ephemeral: bool = True,
) -> Page:
    return help_page(
        community,
        live=live,
        emergency={each.country: each for each in emergency},
        worldwide=THE_WORLD,
        checked_on=lambda service: service.verified,
        languages=languages or Languages(),
        is_ephemeral=is_ephemeral,
    )


def test_the_card_carries_the_emergency_line_and_two_services_as_plain_text() -> None:
    card = _card(LISTENERS, WRITERS)
    text = said(card)
    assert names_on(card) == ["emergency", "listeners", "writers", THE_WORLD.id]
    for number in ("555-0199", "555-0101", "555-0102"):
        assert number in text
    assert "In Germany, that is:" in text
    assert "automated message" in text
    assert "not an emergency service" in text
    assert "don't have to be suicidal" in text


def test_the_card_says_how_fresh_its_numbers_are_by_the_oldest_of_them() -> None:
    older = replace(WRITERS, verified=date(2026, 1, 2))
    assert "2026-01-02" in said(_card(LISTENERS, older))
    assert READ_LATELY.isoformat() in said(_card(LISTENERS, WRITERS))


def test_with_nothing_live_the_card_leads_to_the_list_of_the_world_and_the_local_emergency_number() -> None:
    card = _card(emergency=())
    assert names_on(card) == [THE_WORLD.id]
    assert "nobody has checked one lately" in said(card)
    assert "call your local emergency number" in said(card)
    assert "checked each of these" not in said(card)


def test_a_community_without_a_country_is_shown_the_services_of_none() -> None:
    card = _card(LISTENERS, community=replace(HARBOUR, countries=()))
    assert names_on(card) == [THE_WORLD.id]


def test_two_countries_have_an_emergency_line_and_a_service_each_under_their_names() -> None:
    lines = [EMERGENCY, replace(EMERGENCY, id="emergency-at", country="AT")]
    card = _card(LISTENERS, WRITERS, *AUSTRIANS, community=TWO_COUNTRIES, emergency=lines)
    assert names_on(card) == ["emergency", "emergency-at", "listeners", "alps", THE_WORLD.id]
    for heading in ("In Germany, that is:", "In Austria, that is:", "In Germany:", "In Austria:"):
        assert heading in said(card)


def test_more_countries_than_fit_leave_the_card_short() -> None:
    many = replace(HARBOUR, countries=("DE", "AT", "CH", "FR"))
    swiss = a_service("swiss", country="CH", call="555-0130")
    assert names_on(_card(LISTENERS, *AUSTRIANS, swiss, community=many, emergency=())) == [
        "listeners",
        "alps",
        THE_WORLD.id,
    ]


@pytest.mark.parametrize(
    ("live", "chosen"),
    [
        ([a_service("a"), a_service("b"), a_service("c", text="555-0140")], ["a", "c"]),
        ([a_service("a", text="555-0140"), a_service("b"), a_service("c")], ["a", "b"]),
        ([a_service("a", audience="under 19"), a_service("b")], ["b", "a"]),
        ([a_service("a", Topic.MENTAL_HEALTH), a_service("b")], ["b", "a"]),
        ([a_service("b"), a_service("a", is_always_open=True)], ["a", "b"]),
        ([a_service("a", Topic.GRIEF), a_service("b", Topic.EMERGENCY)], []),
        ([a_service("a")], ["a"]),
        ([], []),
    ],
)
def test_for_everybody_first_and_one_of_two_can_be_written_to(live: Sequence[Service], chosen: Sequence[str]) -> None:
    assert [each.id for each in chosen_services(live, ["DE"])] == chosen
    assert [each.id for each in chosen_services(list(reversed(live)), ["DE"])] == chosen


def test_the_card_is_the_same_at_any_hour() -> None:
    card = _card(LISTENERS, WRITERS)
    assert {part.is_open for part in card.body if isinstance(part, Shown)} == {None}


def test_the_button_leads_to_the_first_page_of_support() -> None:
    assert leads(_card(LISTENERS)) == {"post.help.open": "s.start"}


def test_where_only_a_private_chat_is_private_the_card_says_so() -> None:
    assert "opens a private chat with this bot" in said(_card(is_ephemeral=False))
    assert "opens for you alone" in said(_card())


def test_the_notice_says_what_is_screened_who_sees_it_and_how_to_say_no() -> None:
    text = said(notice_page(HARBOUR, CommunityPolicy(), Languages()))
    for said_so in ("responders", "owners", "moderators", "/optout", "/privacy", "/support", "automated"):
        assert said_so in text
    assert "never deletes a message, mutes or bans anybody by itself" in text
    assert "never a reason for the bot to delete, mute or ban" in text


def test_the_notice_leaves_out_what_the_policy_does_not_look_for() -> None:
    lax = {"thresholds": {"harassment": {"alert_level": 5}, "toxicity": {"alert_level": 5}}}
    text = said(notice_page(HARBOUR, CommunityPolicy.model_validate(lax), Languages()))
    assert "Insults" not in text
    assert "Hateful" not in text
    assert "a crisis" in text


AUTOMATIC = {"category": "harassment", "min_level": 3, "action": "delete", "mode": "automatic"}
LAX = {"thresholds": {"harassment": {"alert_level": 5}}}
IN_ONE_CHANNEL = {"channels": ["pier"], "thresholds": {"harassment": {"alert_level": 3}}}


@pytest.mark.parametrize("more", [{"overrides": [IN_ONE_CHANNEL]}, {"ladder": [{**AUTOMATIC, "mode": "propose"}]}])
def test_the_notice_names_what_is_looked_for_in_one_channel_or_acted_on_alone(more: dict[str, object]) -> None:
    assert "Insults" not in said(notice_page(HARBOUR, CommunityPolicy.model_validate(LAX), Languages()))
    assert "Insults" in said(notice_page(HARBOUR, CommunityPolicy.model_validate({**LAX, **more}), Languages()))


@pytest.mark.parametrize(
    ("policy", "acts"),
    [
        ({"enforcement": "live", "ladder": [AUTOMATIC]}, True),
        ({"enforcement": "shadow", "ladder": [AUTOMATIC]}, False),
        ({"enforcement": "live", "ladder": [{**AUTOMATIC, "mode": "propose"}]}, False),
    ],
)
def test_the_notice_says_whether_the_bot_does_anything_by_itself(policy: dict[str, object], acts: bool) -> None:
    text = said(notice_page(HARBOUR, CommunityPolicy.model_validate(policy), Languages()))
    assert ("may the bot act at once" in text) is acts
    assert ("bans anybody by itself" in text) is not acts


def test_the_buttons_of_the_notice_lead_to_privacy_opting_out_and_support() -> None:
    assert list(leads(notice_page(HARBOUR, CommunityPolicy(), Languages())).values()) == [
        "p.start",
        "p.optout",
        "s.start",
    ]


GERMAN = replace(HARBOUR, locale="de-AT", drafts=frozenset({"de"}))


def test_an_accepted_draft_is_shown_in_english_with_an_offer() -> None:
    languages = Languages(drafts=frozenset({"de"}))
    for page in (_card(LISTENERS, community=GERMAN, languages=languages), notice_page(GERMAN, POLICY, languages)):
        assert page.locale == "en"
        way = read_way(leads(page)["page.in_language"])
        assert way is not None
        assert way.locale == "de"


def test_a_draft_that_nobody_accepted_is_not_offered() -> None:
    page = notice_page(replace(GERMAN, drafts=frozenset()), POLICY, Languages(drafts=frozenset({"de"})))
    assert page.locale == "en"
    assert "page.in_language" not in leads(page)


def test_a_reviewed_language_stands_in_the_channel_with_english_offered() -> None:
    page = notice_page(GERMAN, POLICY, Languages(reviewed=frozenset({"en", "de"})))
    assert page.locale == "de"
    assert leads(page)["post.notice.open_privacy"] == "p.start|de"
    assert leads(page)["page.in_language"] == "p.start"


def test_no_text_of_a_post_is_missing_in_english() -> None:
    for page in (_card(LISTENERS, WRITERS), notice_page(HARBOUR, POLICY, Languages())):
        assert all(line.strip() for line in said(page).splitlines())
        assert all(TEXTS.render(each.label) for each in page.choices)


POLICY = CommunityPolicy()
