"""A case's card, or a warning, as a message in Telegram's HTML: pure.

Everything that isn't ours is escaped, hidden characters are dropped, and every line is cut, so that no name and no
sentence of a filter can format, link, mention or grow the card past what Telegram takes.
"""

from collections.abc import Sequence
from datetime import datetime
from html import escape

from adapters.telegram.names import Names, plain
from core.model.card import Card, Text
from core.model.community import Community
from core.model.message import MemberId
from core.model.people import Role
from core.ports import Texts

MESSAGE_UNITS = 4096
"""The longest message, in UTF-16 units after its markup was read."""

LINE_UNITS = 280
NAME_UNITS = 40
PAGED = 20
"""The most people that one page calls."""

_MARK = "\ufffc"
_MEMBERS = frozenset({"holder", "by"})
_TIMES = frozenset({"opened_at", "until"})


class CardWriter:
    """Writes cards in one language."""

    def __init__(self, *, texts: Texts, locale: str, names: Names) -> None:
        self._texts = texts
        self._locale = locale
        self._names = names

    def card(self, card: Card, called: Sequence[MemberId] = ()) -> str:
        """The card; `called` are mentioned, so that Telegram notifies them."""
        lines = [f"<b>{self._line(card.title)}</b>", *map(self._line, card.lines)]
        if card.link and card.link.startswith("https://"):
            words = self._line(Text(key="card.open_message"))
            lines.append(f'<a href="{escape(card.link)}">{words}</a>')
        if people := " ".join(self._mention(each) for each in called if each.isdecimal()):
            lines.append(self._line(Text(key="card.page", params={"people": _MARK})).replace(_MARK, people))
        lines.append(self._line(Text(key="card.case", params={"case": card.case_id})))
        lines.append(self._line(Text(key="card.in_console")))
        return "\n".join(lines)

    def warning(self, community: Community, *, is_automatic: bool) -> str:
        """What a warned member reads."""
        key = "letter.automatic_warn" if is_automatic else "letter.warn"
        return escape(self._texts.render(Text(key=key, params={"community": plain(community.name)}), self._locale))

    def _line(self, text: Text) -> str:
        shown = {name: self._value(name, value) for name, value in text.params.items()}
        words = self._texts.render(Text(key=text.key, params=shown), self._locale)
        return escape(cut(plain(words, at_most=LINE_UNITS), LINE_UNITS))

    def _value(self, name: str, value: str | int) -> str | int:
        if isinstance(value, int) or not value:
            return value
        if name == "channel":
            return self._names.of_channel(value)
        if name in _MEMBERS:
            return self._names.of_member(value)
        return _moment(value) if name in _TIMES else value

    def _mention(self, member: MemberId) -> str:
        name = escape(cut(self._names.of_member(member), NAME_UNITS))
        return f'<a href="tg://user?id={member}">{name}</a>'


def called_by_page(card: Card, community: Community) -> tuple[MemberId, ...]:
    """Whom a card calls: those of its audience whom the owner named for its role; where nobody is named, owners."""
    if card.audience is None:
        return ()
    named = {
        Role.RESPONDER: community.responders,
        Role.MODERATOR: community.moderators,
        Role.OWNER: community.owners,
    }[card.audience.role]
    wanted = [each for each in card.audience.members if each in named]
    return tuple((wanted or sorted(named) or sorted(community.owners))[:PAGED])


def cut(text: str, units: int) -> str:
    """At most so many UTF-16 units of it, never half a character."""
    encoded = text.encode("utf-16-le", "replace")
    return text if len(encoded) <= 2 * units else encoded[: 2 * (units - 1)].decode("utf-16-le", "ignore") + "…"


def _moment(written: str) -> str:
    try:
        return datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return written
