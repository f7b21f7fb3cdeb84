"""A member's page as it is shown in a browser: words in its language, services with links, choices, what to copy.

What a service prints as its number stands there byte for byte; a link is only put around it.
"""

import base64
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from babel import Locale, UnknownLocaleError

from adapters.console.linking import link_of, web_address
from core.model.card import Text
from core.model.page import Choice, Document, Page, Shown
from core.model.resource import Contact
from core.ports import Texts

_PEOPLE = frozenset({"by"})
"""The parameters of a page's texts that are members."""

_PLACE = "\x00"
"""Stands for a contact's value while the words around it are found: the value itself goes through nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContactLine:
    """One way to reach a service: its own value with the words around it, and what a press on it does."""

    before: str
    value: str
    after: str
    href: str
    is_elsewhere: bool
    """Whether it opens another site."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceShown:
    """A service, in the order in which it is read; `openness` says whether it answers now, where that is known."""

    name: str
    audience: str
    languages: str
    contacts: tuple[ContactLine, ...]
    hours: str
    openness: str
    is_open: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """A choice: `to` leads on within, `url` elsewhere."""

    label: str
    to: str
    url: str
    is_primary: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Download:
    """A file for the member alone, within the page itself: nothing of it is kept here."""

    label: str
    name: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PageShown:
    """A page; `body` holds paragraphs and services."""

    name: str
    title: str
    body: tuple[str | ServiceShown, ...]
    buttons: tuple[Button, ...]
    blank: str
    download: Download | None
    language: str
    direction: str
    draft: str


class MemberPages:
    """Pages in words."""

    def __init__(self, texts: Texts, name_of: Callable[[str], str]) -> None:
        """`name_of` says what a member is called, safe inside a sentence: pages have their ids."""
        self._texts = texts
        self._name_of = name_of

    def shown(self, page: Page) -> PageShown:
        """The page in its own language."""
        locale = page.locale
        return PageShown(
            name=page.name,
            title=self._say(page.title, locale),
            body=tuple(
                self._service(each, locale) if isinstance(each, Shown) else self._say(each, locale)
                for each in page.body
            ),
            buttons=tuple(self._buttons(page.choices, locale)),
            blank=self._say(page.blank, locale) if page.blank else "",
            download=self._download(page.document, locale) if page.document else None,
            language=locale.replace("_", "-"),
            direction=direction_of(locale),
            draft=self._say(Text(key="page.draft"), locale) if page.is_draft else "",
        )

    def _say(self, text: Text, locale: str) -> str:
        named = {name: self._name_of(str(text.params[name])) for name in _PEOPLE & text.params.keys()}
        return self._texts.render(Text(key=text.key, params={**text.params, **named}), locale)

    def _service(self, shown: Shown, locale: str) -> ServiceShown:
        service = shown.service

        def say(key: str, **params: str) -> str:
            return self._say(Text(key=key, params=params), locale)

        spoken = ", ".join(say("wording.language", language=each) for each in service.languages)
        openness = {True: "wording.open", False: "wording.closed", None: ""}[shown.is_open]
        return ServiceShown(
            name=service.name,
            audience=say("wording.audience", audience=service.audience) if service.audience else "",
            languages=say("wording.languages", languages=spoken) if spoken else "",
            contacts=tuple(self._contact(each, locale) for each in service.contacts),
            hours=say("wording.hours", hours=service.hours) if service.hours else "",
            openness=say(openness) if openness else "",
            is_open=shown.is_open is True,
        )

    def _contact(self, contact: Contact, locale: str) -> ContactLine:
        line = self._say(Text(key=f"wording.{contact.medium.value}", params={"value": _PLACE}), locale)
        before, _, after = line.partition(_PLACE)
        href = link_of(contact)
        return ContactLine(
            before=before, value=contact.value, after=after, href=href, is_elsewhere=href.startswith("http")
        )

    def _buttons(self, choices: Iterable[Choice], locale: str) -> Iterable[Button]:
        for choice in choices:
            url = web_address(choice.url)
            if choice.to or url:
                label = self._say(choice.label, locale)
                yield Button(label=label, to=choice.to, url=url, is_primary=choice.is_primary)

    def _download(self, document: Document, locale: str) -> Download:
        content = base64.b64encode(document.content).decode("ascii")
        return Download(
            label=self._say(Text(key="console.private.download", params={"name": document.name}), locale),
            name=document.name,
            href=f"data:{document.media_type};base64,{content}",
        )


def direction_of(locale: str) -> str:
    """`rtl` or `ltr`; `auto` for a language that nobody knows."""
    try:
        return Locale.parse(locale.replace("-", "_")).text_direction
    except (UnknownLocaleError, ValueError):
        return "auto"
