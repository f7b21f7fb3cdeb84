"""A page in words: plain lines in the order in which they are read, for every platform alike.

What a service prints as its number, its address or its hours goes in byte for byte. Names of members in a text are
their ids: a platform hands in texts that know what people are called.
"""

from collections.abc import Iterable, Sequence

from core.model.card import Text
from core.model.page import Page, Shown
from core.model.resource import Contact
from core.ports import Texts


def lines_of(page: Page, texts: Texts) -> Sequence[str]:
    """The body of a page, a line each; a draft says first that it is one. Title, choices and blank are not in it."""
    parts: list[Text | Shown] = [Text(key="page.draft"), *page.body] if page.is_draft else list(page.body)
    lines: list[str] = []
    for part in parts:
        lines += (
            service_lines(part, texts, page.locale) if isinstance(part, Shown) else [texts.render(part, page.locale)]
        )
    return lines


def service_lines(shown: Shown, texts: Texts, locale: str) -> Sequence[str]:
    """A service: its name, for whom it is where that is not everybody, how it is reached, when, in which languages."""
    service = shown.service
    said: list[Text] = [Text(key="wording.name", params={"name": service.name})]
    if service.audience:
        said.append(Text(key="wording.audience", params={"audience": service.audience}))
    said += [contact_text(each) for each in service.contacts]
    said += hours_texts(shown)
    lines = [texts.render(each, locale) for each in said]
    if service.languages:
        names = (Text(key="wording.language", params={"language": each}) for each in service.languages)
        spoken = ", ".join(texts.render(each, locale) for each in names)
        lines.append(texts.render(Text(key="wording.languages", params={"languages": spoken}), locale))
    return lines


def contact_text(contact: Contact) -> Text:
    """One way to reach a service."""
    return Text(key=f"wording.{contact.medium.value}", params={"value": contact.value})


def hours_texts(shown: Shown) -> Iterable[Text]:
    """When it answers and whether it does now, as far as either is known."""
    hours = shown.service.hours
    state = {True: "open", False: "closed", None: ""}[shown.is_open]
    if hours:
        yield Text(key=f"wording.hours.{state}" if state else "wording.hours", params={"hours": hours})
    elif state:
        yield Text(key=f"wording.{state}")
