"""Whom a message speaks to: replies, mentions, and names the way people on IRC write them ("ann: …").

Names are those of the people in the window; a member whom nobody saw can't be recognised by name.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from core.model.message import MemberId, Message
from filters.harassment.words import word_set

_MARKUP = re.compile(r"<@!?([\w:.-]+)>")
_VOCATIVE = re.compile(r"\s*(?:<@!?([\w:.-]+)>|@?([^:,\n]{1,40}?))\s?[:,](?=\s|$)")
_NICK_SIGNS = re.compile(r"[_\d|\[\]^`]")
_MIN_NAME = 3
_MOST_NAMED = 20
"""How often one name, and how many mentions, are looked at in one message."""
_ORDINARY = word_set(
    "the and you for are not but all any can had her was one our out day get has him his how man new now old see "
    "two way who boy did its let put say she too use will hope mark may june april rose grace joy faith honey "
    "angel guest user admin root bot anyone someone everyone nobody everybody somebody help hello thanks test "
    "null none ubuntu linux windows idiot stupid moron loser bitch king queen lord god ghost wolf dragon ninja "
    "cat dog fish bear this that what when where yes yeah well sorry please never maybe just like love hate kill "
    "die dead death self me it he they them i a"
)
"""Names that are words too: they count only as an address at the start, with a colon or comma, or after an @."""


@dataclass(frozen=True, slots=True)
class Address:
    """Whom a message speaks to, as far as it says so itself.

    Attributes:
        target: The member, None when nobody known is addressed.
        is_explicit: Whether somebody is addressed, known or not.
        start: Where the message's own words begin, after the name.
    """

    target: MemberId | None
    is_explicit: bool
    start: int = 0


MemberOf = Callable[[str], MemberId | None]
"""Finds the member who bears a folded name."""


def bearer_in(messages: Sequence[Message]) -> MemberOf:
    """A look-up that costs nothing until it is asked."""

    def member_of(name: str) -> MemberId | None:
        return next((past.author.id for past in reversed(messages) if past.author.name.casefold() == name), None)

    return member_of


def names_of(messages: Iterable[Message]) -> dict[str, MemberId]:
    """The folded names of everybody who wrote, the latest bearer of a name winning."""
    return {message.author.name.casefold(): message.author.id for message in messages}


def address_of(message: Message, member_of: MemberOf) -> Address:
    """Whom the message speaks to: a name at its start, then the member replied to, then the first one mentioned."""
    match = _VOCATIVE.match(message.text)
    start = 0
    if match is not None:
        who = MemberId(match.group(1)) if match.group(1) else member_of(match.group(2).casefold().lstrip("@"))
        if who is not None and who != message.author.id:
            return Address(who, True, match.end())
        word = match.group(2)
        is_name = ":" in match.group() or (word and _NICK_SIGNS.search(word))
        if word and " " not in word and is_name and match.end() < len(message.text):
            start = match.end()
            if message.reply_to_author is None and not message.mentions:
                return Address(None, True, start)
    if message.reply_to_author is not None and message.reply_to_author != message.author.id:
        return Address(message.reply_to_author, True, start)
    others = [member for member in message.mentions if member != message.author.id]
    if others:
        return Address(others[0], True, start)
    return Address(None, message.reply_to is not None, start)


def named_in(message: Message, names: Mapping[str, MemberId], start: int) -> dict[tuple[int, int], MemberId]:
    """The original spans, from `start` on, that name a member but the author: mentions and names of the window."""
    found: dict[tuple[int, int], MemberId] = {
        match.span(): MemberId(match.group(1))
        for match in islice(_MARKUP.finditer(message.text, start), _MOST_NAMED)
        if match.group(1) != message.author.id
    }
    lowered = message.text.lower()
    if len(lowered) != len(message.text):
        return found
    for name, member in names.items():
        at = lowered.find(name, start) if len(name) >= _MIN_NAME and member != message.author.id else -1
        for _ in range(_MOST_NAMED):
            if at < 0:
                break
            end = at + len(name)
            has_at = at > 0 and lowered[at - 1] == "@"
            if _is_whole(lowered, at, end) and (has_at or name not in _ORDINARY):
                found[(at, end)] = member
            at = lowered.find(name, end)
    return found


def _is_whole(text: str, start: int, end: int) -> bool:
    return not (start > 0 and _is_letter(text[start - 1])) and not (end < len(text) and _is_letter(text[end]))


def _is_letter(letter: str) -> bool:
    return letter.isalnum() or letter == "_"
