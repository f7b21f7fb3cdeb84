"""A case's card, or what a member is told, as a message in Telegram's HTML: pure.

Everything that isn't ours is escaped, hidden characters are dropped, and every line is cut, so that no name and no
sentence of a filter can format, link, mention or grow the card past what Telegram takes.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from html import escape

from adapters.telegram.names import Names, plain
from adapters.telegram.pages import Written, written
from core.care.unanswered import askable, below_letter, without_answers
from core.errors import GaveUp
from core.flow.noticing import BY, can_be_appealed
from core.model.action import ActionKind
from core.model.card import Card, Text
from core.model.community import Community
from core.model.message import MemberId
from core.model.order import Order
from core.ports import Texts

MESSAGE_UNITS = 4096
"""The longest message, in UTF-16 units after its markup was read."""

LINE_UNITS = 280
BODY_UNITS = 2800
"""The longest that a card's own lines get together: below them stand the link, up to `CALLED` people and the case."""

NAME_UNITS = 40
CALLED = 20
"""The most people that one card calls."""

_MARK = "\ufffc"
_MEMBERS = frozenset({"holder", "by", "member"})
_TIMES = frozenset({"opened_at", "until"})


class CardWriter:
    """Writes cards in one language."""

    def __init__(self, *, texts: Texts, locale: str, names: Names) -> None:
        self._texts = texts
        self._locale = locale
        self._names = names

    def card(self, card: Card, called: Sequence[MemberId] = ()) -> str:
        """The card; `called` are mentioned, so that Telegram notifies them."""
        lines = [f"<b>{escape(self._line(card.title))}</b>", *map(escape, self._body(card.lines))]
        if card.link and card.link.startswith("https://"):
            words = escape(self._line(Text(key="card.open_message")))
            lines.append(f'<a href="{escape(card.link)}">{words}</a>')
        if people := " ".join(self._mention(each) for each in called if each.isdecimal()):
            lines.append(escape(self._line(Text(key="card.page", params={"people": _MARK}))).replace(_MARK, people))
        if card.case_id:
            lines.append(escape(self._line(Text(key="card.case", params={"case": card.case_id}))))
        where = Text(key="card.in_console" if card.case_id else "card.digest.in_console")
        lines.append(escape(self._line(where)))
        return "\n".join(lines)

    def told(self, card: Card, community: Community) -> str:
        """The card for one person in private, where nothing says what community it is about."""
        whose = Text(key="card.told", params={"community": plain(community.name)})
        return f"{escape(self._line(whose))}\n{self.card(card)}"

    def for_owner(self, order: Order, community: Community) -> str:
        """What an owner is told about the community. Raises: `GaveUp`."""
        if order.notice is None:
            raise GaveUp(reason="there are no words to send")
        whose = Text(key="letter.from", params={"community": plain(community.name)})
        shown = {name: self._named(name, value) for name, value in order.notice.params.items()}
        words = escape(self._texts.render(Text(key=order.notice.key, params=shown), self._locale))
        for name, value in order.notice.params.items():
            words = words.replace(f"{_MARK}{name}{_MARK}", self._mention(MemberId(str(value))))
        return f"{escape(self._line(whose))}\n\n{words}"

    def _named(self, name: str, value: str | int) -> str | int:
        if name in _MEMBERS and str(value).isdecimal():
            return f"{_MARK}{name}{_MARK}"
        return self._names.of_channel(value) if name == "channel" and isinstance(value, str) else value

    def page(self, order: Order, community: Community) -> Written | None:
        """A page that a member is sent in private, and whom to write to about it; None where it is none."""
        if order.page is None:
            return None
        people = [f"{_MARK}{each}{_MARK}" for each in askable(community, order.action.params.get(BY, ""))]
        below = escape(self._texts.render(below_letter(community, people), order.page.locale))
        for each in askable(community, order.action.params.get(BY, "")):
            below = below.replace(f"{_MARK}{each}{_MARK}", self._mention(each))
        return written(without_answers(order.page), self._texts, below=below)

    def letter(self, order: Order, community: Community) -> str:
        """What a member reads: which community it is about, what happened, how to appeal. Raises: `GaveUp`."""
        action, name = order.action, plain(community.name)
        if order.notice is not None and action.kind is not ActionKind.SUPPORT_MESSAGE:
            parts = [Text(key="letter.from", params={"community": name}), order.notice]
            if can_be_appealed(action):
                params = {"community": name, "case": action.case_id}
                parts.append(Text(key="letter.appeal_to_moderator", params=params))
            return escape("\n\n".join(self._texts.render(part, self._locale) for part in parts))
        if action.kind is not ActionKind.WARN:
            raise GaveUp(reason="there are no words to send")
        key = "letter.warn" if action.params.get(BY) else "letter.automatic_warn"
        return escape(self._texts.render(Text(key=key, params={"community": name}), self._locale))

    def _body(self, texts: Sequence[Text]) -> Iterator[str]:
        """The lines, as many as fit."""
        left = BODY_UNITS
        for text in texts:
            line = self._line(text)
            left -= _units(line) + 1
            if left < 0:
                yield "…"
                return
            yield line

    def _line(self, text: Text) -> str:
        """A line; one that has no words here shows its key instead: what has to reach people is not held up by it."""
        shown = {name: self._value(name, value) for name, value in text.params.items()}
        try:
            words = self._texts.render(Text(key=text.key, params=shown), self._locale)
        except (KeyError, TypeError):
            words = text.key
        return cut(plain(words, at_most=LINE_UNITS), LINE_UNITS)

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


def called(card: Card) -> tuple[MemberId, ...]:
    """Whom a card calls: its audience alone, and those behind it where nobody is in it; Telegram has no roles."""
    if card.audience is None:
        return ()
    return (card.audience.members or card.audience.behind)[:CALLED]


def cut(text: str, units: int) -> str:
    """At most so many UTF-16 units of it, never half a character."""
    encoded = text.encode("utf-16-le", "replace")
    return text if len(encoded) <= 2 * units else encoded[: 2 * (units - 1)].decode("utf-16-le", "ignore") + "…"


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "replace")) // 2


def _moment(written: str) -> str:
    try:
        return datetime.fromisoformat(written).strftime("%Y-%m-%d %H:%M UTC")
    except ValueError:
        return written
