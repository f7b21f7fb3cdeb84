"""A case's card as a Discord embed: pure.

Everything that isn't ours is escaped, so that no name and no sentence of a filter can format, link or mention. An
embed notifies nobody. The footer tells cards of one case apart, and is how one posted before is found again.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import discord

from adapters.discord.names import plain
from core.model.card import Card, Text
from core.model.case import Concern
from core.ports import Texts

TITLE_CHARS = 256
DESCRIPTION_CHARS = 4_096
VALUE_CHARS = 500

_PUNCTUATION = re.compile(r"([\\`*_~|>\[\]()#<:@&/+=^$-])")

_COLOURS: Mapping[Concern, tuple[int, ...]] = {
    Concern.CRISIS: (0x5C6B8A, 0x5C6B8A, 0x4A6FA5, 0x3E63B8, 0x3557D6),
    Concern.CONDUCT: (0x7A7A7A, 0x7A7A7A, 0xB8860B, 0xC65D07, 0xB3261E),
    Concern.RAID: (0x7A7A7A, 0x7A7A7A, 0xB8860B, 0xC65D07, 0xB3261E),
    Concern.APPEAL: (0x7A7A7A, 0x7A7A7A, 0xB8860B, 0xC65D07, 0xB3261E),
}


def escaped(text: str, at_most: int = VALUE_CHARS) -> str:
    """One line of text that Discord shows as it stands; longer text is cut before it is escaped."""
    line = plain(text)
    if len(line) > at_most:
        line = line[: at_most - 1] + "…"
    return _PUNCTUATION.sub(r"\\\1", line)


def embed_of(card: Card, reference: str, texts: Texts, locale: str) -> discord.Embed:
    """The card; `reference` (`reference_of`) stands in its footer."""
    lines = [texts.render(_shown(line), locale) for line in card.lines]
    lines.append(texts.render(Text(key="card.in_console"), locale))
    embed = discord.Embed(
        title=texts.render(card.title, locale)[:TITLE_CHARS],
        description="\n".join(lines)[:DESCRIPTION_CHARS],
        url=card.link,
        colour=_COLOURS[card.concern][max(0, min(card.level, 4))],
    )
    embed.set_footer(text=reference)
    return embed


def reference_of(case_id: str, version: int) -> str:
    """What a card is recognised by: the same in every language."""
    return f"{case_id} · {version}"


def _shown(line: Text) -> Text:
    return Text(key=line.key, params={name: _value(name, value) for name, value in line.params.items()})


def _value(name: str, value: str | int) -> str | int:
    """Ids and times in Discord's own notation, which every reader sees in their language and time zone.

    Words of closed vocabularies (`pile_on`) look up a text and stay as they are; everything else is escaped.
    """
    if isinstance(value, int):
        return value
    if name == "channel" and _is_id(value):
        return f"<#{value}>"
    if name in {"holder", "by"} and _is_id(value):
        return f"<@{value}>"
    if name in {"opened_at", "until"} and value:
        return f"<t:{int(datetime.fromisoformat(value).timestamp())}:R>"
    if name in {"kind", "outcome", "level", "reason"} and re.fullmatch(r"[a-z_]+", value):
        return value
    return escaped(value)


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit()
