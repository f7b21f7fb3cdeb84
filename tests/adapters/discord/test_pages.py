"""Pages as Discord messages: numbers byte for byte, nothing of anybody's formats, and nothing is left out."""

import re
from dataclasses import replace
from datetime import date

import pytest

from adapters.discord.pages import CONTENT_UNITS, shown, written
from config.resources.files import Files
from config.texts.catalogue import Catalogue
from core.care.hidden import hidden
from core.care.members import Languages
from core.care.post_pages import help_page, notice_page
from core.care.unanswered import without_answers
from core.errors import GaveUp
from core.model.card import Text
from core.model.page import Choice, Page, Shown
from core.model.policy import CommunityPolicy
from core.model.resource import Confidence, Contact, Medium, Service, Topic
from tests.adapters.discord.house import HARBOUR

TEXTS = Catalogue(with_drafts=True)
SERVICES = Files().state().services


def a_service(name: str = "a service", *values: str) -> Service:
    return Service(
        id="synthetic",
        country="NL",
        name=name,
        topics=frozenset({Topic.CRISIS}),
        contacts=tuple(Contact(medium=Medium.CALL, value=each) for each in values or ("555-0100",)),
        source="nobody",
        as_of="2026-01-01",
        verified=date(2026, 1, 1),
        confidence=Confidence.OWN,
    )


def a_page(*body: Text | Shown, locale: str = "en", choices: tuple[Choice, ...] = ()) -> Page:
    return Page(name="synthetic", title=Text(key="post.help.title"), body=body, locale=locale, choices=choices)


def displayed(markdown: str) -> str:
    """What Discord shows of it, as far as that could harm a number: escapes, code, emphasis, spoilers."""
    parts = []
    for index, part in enumerate(re.split(r"(?<!\\)`", markdown)):
        if index % 2:
            parts.append(part)
            continue
        held = re.sub(r"\\([^0-9A-Za-z\s])", lambda found: chr(0xE000 + ord(found[1])), part)
        bare = re.sub(r"(\*\*|\*|__|~~|\|\|)(?=\S)(.+?)(?<=\S)\1", r"\2", held, flags=re.DOTALL)
        parts.append("".join(chr(ord(c) - 0xE000) if 0xE000 <= ord(c) < 0xE100 else c for c in bare))
    return "".join(parts)


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_number_and_address_of_the_directory_comes_out_byte_for_byte(locale: str) -> None:
    countries = {each.country for each in SERVICES}
    checked = 0
    for country in sorted(countries):
        for service in (each for each in SERVICES if each.country == country):
            content = written(a_page(Shown(service=service), locale=locale), TEXTS).content
            for contact in service.contacts:
                assert contact.value in content, service.id
                assert contact.value in displayed(content), service.id
                checked += 1
    assert checked > 150


def test_values_that_would_pair_up_as_markup_on_one_page_stay_as_they_are() -> None:
    starred = [each for each in SERVICES if any("*" in contact.value for contact in each.contacts)]
    assert starred
    values = [contact.value for each in starred for contact in each.contacts]
    content = written(a_page(*(Shown(service=each) for each in starred)), TEXTS).content
    assert all(value in content and value in displayed(content) for value in values)


@pytest.mark.parametrize(
    "value", ["*4141", "**1**", "_5_", "~5~", "a_b_c", "#31#555", "1800-555-0100", "+1 (555) 0100"]
)
def test_a_value_with_markup_in_it_stays_as_it_is(value: str) -> None:
    content = written(a_page(Shown(service=a_service("x", value, "*5")), Shown(service=a_service("y", value))), TEXTS)
    assert displayed(content.content).count(value) == 2


def test_an_address_is_never_escaped() -> None:
    address = "https://help.example/a_b*c_d~(x)?q=[1]"
    assert shown(f"Chat: {address}") == f"Chat: {address}"


@pytest.mark.parametrize(
    ("line", "safe"),
    [
        ("# a title", "\\# a title"),
        ("- a point", "\\- a point"),
        ("> words", "\\> words"),
        ("112. is a number", "112\\. is a number"),
        ("**bold** <@5> `x` ||y|| [a](b)", "\\*\\*bold\\*\\* \\<@5> \\`x\\` \\|\\|y\\|\\| \\[a\\](b)"),
        ("a-b + c # d", "a-b + c # d"),
    ],
)
def test_what_would_format_link_or_mention_is_escaped(line: str, safe: str) -> None:
    assert shown(line) == safe
    assert displayed(safe) == line


def test_a_page_has_its_title_its_paragraphs_and_its_links() -> None:
    body = (
        Text(key="post.help.elsewhere"),
        Shown(service=a_service()),
        Text(key="post.notice.crisis"),
        Text(key="post.notice.toxicity"),
        Text(key="post.help.danger"),
    )
    choices = (Choice(label=Text(key="post.help.open"), url="https://help.example"),)
    page = written(a_page(*body, choices=choices), TEXTS, above="above", below="below")
    above, title, service, listed, danger, below = page.content.split("\n\n")
    assert (above, below) == ("above", "below")
    assert title == "**If you need help, or just somebody to talk to**"
    assert service.split("\n")[1:] == ["a service", "Call: 555-0100"]
    assert [line[0] for line in listed.split("\n")] == ["•", "•"]
    assert danger.startswith("If somebody's life")
    assert page.links == (("More help, shown only to you", "https://help.example"),)
    assert (page.more, page.embed) == ("", None)


def test_a_draft_says_first_that_it_is_one() -> None:
    page = Page(
        name="x", title=Text(key="post.help.title"), body=(Text(key="post.help.danger"),), locale="de", is_draft=True
    )
    _, first, *_ = written(page, TEXTS).content.split("\n\n")
    assert first == TEXTS.render(Text(key="page.draft"), "de")


def test_what_does_not_fit_the_message_follows_whole_in_its_embed() -> None:
    services = [Shown(service=a_service(f"service {number} {'x' * 90}", f"555-01{number:02}")) for number in range(30)]
    page = written(a_page(*services), TEXTS)
    assert len(page.content) <= CONTENT_UNITS
    together = f"{page.content}\n{page.more}"
    assert [f"555-01{number:02}" in together for number in range(30)] == [True] * 30
    assert page.embed is not None


def test_a_page_that_is_longer_than_a_message_is_refused_whole() -> None:
    services = [Shown(service=a_service("x" * 300)) for _ in range(40)]
    with pytest.raises(GaveUp):
        written(a_page(*services), TEXTS)


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_post_of_every_country_fits_a_plain_message(locale: str) -> None:
    languages = Languages(reviewed=frozenset(TEXTS.locales))
    countries = sorted({each.country for each in SERVICES} - {"INT", "EU"})
    (worldwide, *_) = (each for each in SERVICES if each.country == "INT")
    for pair in zip(countries, countries[1:] + countries[:1], strict=True):
        community = replace(HARBOUR, countries=pair, locale=locale)
        emergency = {each.country: each for each in SERVICES if Topic.EMERGENCY in each.topics}
        card = help_page(
            community,
            live=SERVICES,
            emergency=emergency,
            worldwide=worldwide,
            checked_on=lambda _: date(2026, 1, 1),
            languages=languages,
        )
        for page in (card, notice_page(community, CommunityPolicy(), languages)):
            assert written(without_answers(page), TEXTS, mark=hidden("lightkeeper:notice")).more == ""
