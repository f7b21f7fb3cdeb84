"""A page as a Telegram message: pure.

Telegram's HTML is read once and shown as it then stands, so that numbers and addresses come out byte for byte.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message

from adapters.telegram.names import plain
from core.care.hidden import visible
from core.care.paragraphs import paragraphs_of
from core.errors import GaveUp
from core.model.page import Page
from core.ports import Texts

PAGE_UNITS = 4096
LABEL_CHARS = 64
LINKS = 5
_TAG = re.compile(r"</?[ab](?: [^<>]*)?>")


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message as it is sent.

    Attributes:
        markup: In Telegram's HTML; `text` is what remains of it.
        links: Label and address of each button.
    """

    markup: str
    text: str
    links: tuple[tuple[str, str], ...] = ()

    @property
    def keyboard(self) -> InlineKeyboardMarkup | None:
        """A button a row: labels are long, and phones narrow."""
        if not self.links:
            return None
        return InlineKeyboardMarkup([[InlineKeyboardButton(label, url=url)] for label, url in self.links])

    def is_shown_by(self, message: Message) -> bool:
        """Whether a message of ours says just that; what can't be seen is not compared."""
        return visible(message.text or "") == visible(self.text) and links_of(message) == self.links


def links_of(message: Message) -> tuple[tuple[str, str], ...]:
    """Label and address of each button below a message."""
    rows = message.reply_markup.inline_keyboard if message.reply_markup else ()
    return tuple((each.text, each.url or "") for row in rows for each in row)


def written(page: Page, texts: Texts, *, mark: str = "", above: str = "", below: str = "") -> Written:
    """The page; its choices must all be links.

    Args:
        mark: What can't be seen, to find the message again (`core.care.hidden`).
        above: A paragraph of Telegram's own markup before it, and `below` one behind it.

    Raises:
        GaveUp: it is longer than one message: nothing of it is left out.
    """
    title = f"<b>{escape(texts.render(page.title, page.locale))}</b>{mark}"
    parts: Sequence[str] = (above, title, *map(escape, paragraphs_of(page, texts)), below)
    markup = "\n\n".join(part for part in parts if part)
    text = unescape(_TAG.sub("", markup))
    if len(text.encode("utf-16-le", "replace")) // 2 > PAGE_UNITS:
        raise GaveUp(reason="the page is longer than one message of Telegram's")
    links = tuple(
        (plain(texts.render(each.label, page.locale), LABEL_CHARS), each.url) for each in page.choices[:LINKS]
    )
    return Written(markup=markup, text=text, links=links)
