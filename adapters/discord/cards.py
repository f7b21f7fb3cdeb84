"""A case's card as a Discord embed: pure.

Everything that isn't ours is escaped, so that no name and no sentence of a filter can format, link or mention. An
embed notifies nobody. The footer tells every posted card from every other, and is how one posted before is found again.
"""

import re
from collections.abc import Mapping
from datetime import datetime

import discord

from adapters.discord.names import plain
from core.model.card import Card, Text
from core.model.case import Concern
from core.model.record import Action
from core.ports import Texts

TITLE_CHARS = 256
DESCRIPTION_CHARS = 4_096
VALUE_CHARS = 300
REFERENCE_CHARS = 6
"""So much of an action's key tells the cards of one case apart."""

_PUNCTUATION = re.compile(r"([\\`*_~|>\[\]()#<:@&/+=^$-])")
_WORD = re.compile(r"[a-z_]+")
_WORDS = frozenset({"kind", "outcome", "level", "reason"})
_MEMBERS = frozenset({"holder", "by", "member"})
_TIMES = frozenset({"opened_at", "until"})

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
    where = Text(key="card.in_console" if card.case_id else "card.digest.in_console")
    embed = discord.Embed(
        title=_rendered(card.title, texts, locale)[:TITLE_CHARS],
        description="\n".join(_rendered(line, texts, locale) for line in (*card.lines, where))[:DESCRIPTION_CHARS],
        url=card.link,
        colour=_COLOURS[card.concern][max(0, min(card.level, 4))],
    )
    embed.set_footer(text=reference)
    return embed


def embed_of_words(words: Text, reference: str, texts: Texts, locale: str) -> discord.Embed:
    """Words for one person of the desk, recognised like a card."""
    return discord.Embed(description=_rendered(words, texts, locale)[:DESCRIPTION_CHARS]).set_footer(text=reference)


def reference_of(action: Action) -> str:
    """What a posted card is recognised by, the same in every language: two calls about one case are two cards."""
    return " · ".join(each for each in (action.case_id, action.key[:REFERENCE_CHARS]) if each)


def _rendered(text: Text, texts: Texts, locale: str) -> str:
    """A line; one that has no words here shows its key instead: what has to reach people is not held up by it."""
    shown = Text(key=text.key, params={name: _value(name, value) for name, value in text.params.items()})
    try:
        return texts.render(shown, locale)
    except (KeyError, TypeError):
        return escaped(text.key)


def _value(name: str, value: str | int) -> str | int:
    """Ids and times in Discord's own notation, which every reader sees in their language and time zone.

    Words of closed vocabularies (`pile_on`) look up a text and stay as they are; everything else is escaped.
    """
    if isinstance(value, int):
        return value
    if name == "channel" and _is_id(value):
        return f"<#{value}>"
    if name in _MEMBERS and _is_id(value):
        return f"<@{value}>"
    if name in _TIMES and (moment := _moment(value)) is not None:
        return discord.utils.format_dt(moment, "R")
    if name in _WORDS and _WORD.fullmatch(value):
        return value
    return escaped(value)


def _moment(value: str) -> datetime | None:
    try:
        return datetime.fromisoformat(value)
    except ValueError:
        return None


def _is_id(value: str) -> bool:
    return value.isascii() and value.isdigit()
