"""A page as a Discord message: pure.

Its words are plain content and no embed: they are read with embeds switched off too, and copied as they are. What does
not fit there, which is little and last, follows in one. Numbers and addresses come out byte for byte: one that holds a
character of Discord's markup stands as code, and everything else that would format, link or mention is escaped.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import discord

from adapters.discord.names import plain
from core.care.paragraphs import paragraphs_of
from core.errors import GaveUp
from core.model.page import Page, Shown
from core.ports import Texts

CONTENT_UNITS = 2_000
EMBED_UNITS = 4_096
LABEL_CHARS = 80
LINKS = 5

_MARKUP = re.compile(r"([\\`*_~|\[\]<])")
_LINE_BEGINS = re.compile(r"^(\s*)([#>+-]|\d+(?=\.))", flags=re.ASCII)
_ADDRESS = r"https?://[^\s<>]+"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """A message as it is sent, and as it is read back.

    Attributes:
        more: What stands in its embed.
        links: Label and address of each button.
    """

    content: str
    more: str = ""
    links: tuple[tuple[str, str], ...] = ()

    @property
    def embed(self) -> discord.Embed | None:
        return discord.Embed(description=self.more) if self.more else None

    @property
    def view(self) -> discord.ui.View | None:
        """Needs a running loop."""
        if not self.links:
            return None
        view = discord.ui.View(timeout=None)
        for label, url in self.links:
            view.add_item(discord.ui.Button(label=label, url=url))
        return view


def written(page: Page, texts: Texts, *, mark: str = "", above: str = "", below: str = "") -> Written:
    """The page; its choices must all be links.

    Args:
        mark: What can't be seen, to find the message again (`core.care.hidden`).
        above: A paragraph of Discord's own markup before it, and `below` one behind it.

    Raises:
        GaveUp: it is longer than one message: nothing of it is left out.
    """
    values = [each.value for part in page.body if isinstance(part, Shown) for each in part.service.contacts]
    title = f"**{shown(texts.render(page.title, page.locale))}**{mark}"
    body = (
        "\n".join(shown(line, values) for line in paragraph.split("\n")) for paragraph in paragraphs_of(page, texts)
    )
    content, more = _parted("\n\n".join(part for part in (above, title, *body, below) if part))
    links = tuple(
        (plain(texts.render(each.label, page.locale))[:LABEL_CHARS], each.url) for each in page.choices[:LINKS]
    )
    return Written(content=content, more=more, links=links)


def read_back(message: discord.Message) -> Written:
    """What a message of ours says now."""
    rows = [row for row in message.components if isinstance(row, discord.ActionRow)]
    buttons = [each for row in rows for each in row.children if isinstance(each, discord.Button)]
    more = next((each.description for each in message.embeds if each.type == "rich" and each.description), "")
    links = tuple((each.label or "", each.url or "") for each in buttons)
    return Written(content=message.content, more=more, links=links)


def shown(line: str, values: Sequence[str] = ()) -> str:
    """A line that Discord shows as it stands; `values` and web addresses are byte for byte in what is sent, too."""
    kept = sorted((each for each in set(values) if each), key=len, reverse=True)
    pattern = re.compile("|".join([_ADDRESS, *(f"(?<!\\w){re.escape(each)}(?!\\w)" for each in kept)]))
    parts, at = [], 0
    for found in pattern.finditer(line):
        parts += [_escaped(line[at : found.start()], is_start=at == 0), _exact(found[0])]
        at = found.end()
    return "".join([*parts, _escaped(line[at:], is_start=at == 0)])


def _escaped(text: str, *, is_start: bool) -> str:
    safe = _MARKUP.sub(r"\\\1", text)
    if not is_start:
        return safe
    begins = _LINE_BEGINS.match(safe)
    if begins is None:
        return safe
    mark = begins[2]
    return f"{begins[1]}{mark}\\{safe[begins.end() :]}" if mark.isdigit() else f"{begins[1]}\\{safe[begins.start(2) :]}"


def _exact(value: str) -> str:
    """A number or an address; Discord formats nothing within an address."""
    if value.startswith(("https://", "http://")) or not _MARKUP.search(value):
        return value
    return _escaped(value, is_start=False) if "`" in value else f"`{value}`"


def _parted(text: str) -> tuple[str, str]:
    """What the message's content takes, whole lines, and the rest."""
    lines = text.strip().split("\n")
    fitting = len(lines)
    while _units("\n".join(lines[:fitting])) > CONTENT_UNITS:
        fitting -= 1
    content, more = "\n".join(lines[:fitting]).strip(), "\n".join(lines[fitting:]).strip()
    if not content or _units(more) > EMBED_UNITS:
        raise GaveUp(reason="the page is longer than one message of Discord's")
    return content, more


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2
