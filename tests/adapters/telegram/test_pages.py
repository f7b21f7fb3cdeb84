"""Pages as Telegram messages: numbers byte for byte, nothing of anybody's formats, and nothing is left out."""

import re
from html import unescape

import pytest

from adapters.telegram.pages import written
from config.resources.files import Files
from config.texts.catalogue import Catalogue
from core.errors import GaveUp
from core.model.card import Text
from core.model.page import Choice, Page, Shown

TEXTS = Catalogue(with_drafts=True)
SERVICES = Files().state().services


def a_page(*body: Text | Shown, locale: str = "en", choices: tuple[Choice, ...] = ()) -> Page:
    return Page(name="synthetic", title=Text(key="post.help.title"), body=body, locale=locale, choices=choices)


@pytest.mark.parametrize("locale", TEXTS.locales)
def test_every_number_and_address_of_the_directory_comes_out_byte_for_byte(locale: str) -> None:
    checked = 0
    for service in SERVICES:
        page = written(a_page(Shown(service=service), locale=locale), TEXTS)
        assert unescape(re.sub(r"</?b>", "", page.markup)) == page.text
        for contact in service.contacts:
            assert contact.value in page.text, service.id
            checked += 1
    assert checked > 150


def test_markup_in_a_text_is_shown_and_never_read() -> None:
    page = written(a_page(Text(key="card.case", params={"case": "<b>&</b>"})), TEXTS)
    assert "&lt;b&gt;&amp;&lt;/b&gt;" in page.markup
    assert "<b>&</b>" in page.text


def test_a_page_has_its_title_its_paragraphs_and_its_links() -> None:
    choices = (Choice(label=Text(key="post.help.open"), url="https://help.example"),)
    page = written(a_page(Text(key="post.help.danger"), choices=choices), TEXTS, mark="\u2063", below="below")
    title, danger, below = page.markup.split("\n\n")
    assert title == "<b>If you need help, or just somebody to talk to</b>\u2063"
    assert unescape(danger).startswith("If somebody's life")
    assert below == "below"
    assert page.keyboard is not None
    ((button,),) = page.keyboard.inline_keyboard
    assert (button.text, button.url) == ("More help, shown only to you", "https://help.example")


def test_a_page_that_is_longer_than_a_message_is_refused_whole() -> None:
    with pytest.raises(GaveUp):
        written(a_page(*(Shown(service=each) for each in SERVICES)), TEXTS)
