"""Links in a message, also those that are written so that no platform makes a link of them.

An invitation leads to another community; any other link is just that. Links to messages of the platform itself are
neither. A host passes only as it was written: one with look-alike letters never passes for one that is allowed.
"""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from itertools import islice

from filters.text.folding import Reading, readings

MAX_LINKS = 50
"""Links of one message that are told; further ones say nothing new."""


@dataclass(frozen=True, slots=True)
class Link:
    """One link, at its place in the original text."""

    span: tuple[int, int]
    is_invite: bool


_DOT = r"(?:\.|[\[({<]\s?(?:\.|dot)\s?[\])}>]|\s(?:\.|dot)\s|\s\.|\.\s)"
"""A dot, in all the ways in which it is hidden."""

_SLASH = r"\s?(?:/|\\|[\[({]/[\])}]|\sslash\s)\s?"

_INVITING = re.compile(
    r"(?<![\w.@-])(?:h(?:tt|xx)ps?\s?:\s?[\\/]{2}\s?)?(?:[\w.-]+(?::[^\s/@]*)?@)?(?P<host>(?:www"
    + _DOT
    + r"|ptb"
    + _DOT
    + r"|canary"
    + _DOT
    + r")?(?:"
    + r"|".join(
        (
            rf"discord{_DOT}(?:gg|me|io|li)(?={_SLASH}\w)",
            rf"discord(?:app)?{_DOT}com(?={_SLASH}(?:invite|servers){_SLASH}\w)",
            rf"(?:dsc|invite|rvlt|guilded){_DOT}gg(?={_SLASH}\w)",
            rf"disboard{_DOT}org(?={_SLASH})",
            rf"(?:t|telegram){_DOT}(?:me|dog)(?={_SLASH}(?!(?:c|iv|s|share|addstickers|addemoji|proxy|socks|setlanguage)\b)[\w+])",
            rf"chat{_DOT}whatsapp{_DOT}com(?={_SLASH}\w)",
            rf"signal{_DOT}group(?={_SLASH})",
            rf"join{_DOT}skype{_DOT}com(?={_SLASH}\w)",
            rf"matrix{_DOT}to(?={_SLASH}#)",
            rf"facebook{_DOT}com(?={_SLASH}groups{_SLASH}\w)",
        )
    )
    + r"))[^\s<>\"')\]|]*|(?<!\w)tg:[\\/]{2}(?:join|resolve)\?[^\s<>\"')\]|]+"
)

_OTHER = re.compile(
    r"(?:h(?:tt|xx)ps?:[\\/]{2}(?P<host>[^\s/\\?#<>\"'()\[\]|]+)"
    r"|(?<![\w.@-])(?P<bare>(?:[\w-]{1,63}\.){1,6}(?:com|net|org|info|biz|xyz|shop|site|online|club|link|live|store|"
    r"ru|gg|io|ly|me|co|app|top|icu|vip|pro)(?![\w-])(?!\.\w)))[^\s<>\"')\]|]*"
)

_OWN = re.compile(r"(?:\w+\.)?discord(?:app)?\.com[\\/]channels[\\/]|t\.me[\\/]c[\\/]")
"""Links to messages of the platform itself."""

_MAY_LINK = re.compile(r"[./\\]|\bdot\b|[\[({]\s?dot")


def links(text: str, allowed: Collection[str] = ()) -> list[Link]:
    """The links of `text` whose hosts are not among `allowed`, nor below one of them; in order."""
    if not _MAY_LINK.search(text.lower()):
        return []
    found = {
        link
        for reading in readings(text)
        if reading.name in {"plain", "latin"}
        for link in _in_reading(reading, text, allowed)
    }
    invites = [each for each in found if each.is_invite]
    others = [each for each in found if not each.is_invite and not any(_overlap(each, one) for one in invites)]
    return sorted((*invites, *others), key=lambda link: link.span)[:MAX_LINKS]


def _overlap(one: Link, other: Link) -> bool:
    return one.span[0] < other.span[1] and other.span[0] < one.span[1]


def _in_reading(reading: Reading, text: str, allowed: Collection[str]) -> Iterator[Link]:
    inviting = list(_INVITING.finditer(reading.text))
    counted = (each for each in inviting if not _passes(_host(each, reading, text), allowed))
    for match in islice(counted, MAX_LINKS):
        yield Link(_span(match, reading), is_invite=True)
    starts = {match.start() for match in inviting}
    others = (each for each in _OTHER.finditer(reading.text) if each.start() not in starts)
    counted = (
        each for each in others if not _OWN.search(each.group()) and not _passes(_host(each, reading, text), allowed)
    )
    for match in islice(counted, MAX_LINKS):
        yield Link(_span(match, reading), is_invite=False)


def _span(match: "re.Match[str]", reading: Reading) -> tuple[int, int]:
    """Where it stands, without what ends the sentence."""
    return reading.span(match.start(), match.start() + len(match.group().rstrip(".,:;!?")))


def _host(match: "re.Match[str]", reading: Reading, text: str) -> str:
    """The host as its author wrote it; what stands before an @ is a name that only looks like one."""
    group = next((name for name, value in match.groupdict().items() if value), None)
    if group is None:
        return ""
    start, end = reading.span(*match.span(group))
    written = text[start:end].lower().rpartition("@")[2]
    return written.partition(":")[0].rstrip(".")


def _passes(host: str, allowed: Collection[str]) -> bool:
    parts = host.split(".")
    return bool(allowed) and any(".".join(parts[at:]) in allowed for at in range(len(parts)))
