"""Members' words made safe to show: escaped, with everything that could reorder, hide or pile up made visible.

A moderator has to see that a message holds a right-to-left override or 10,000 marks on a letter, without the page
being bent by it. Joiners that scripts and emoji need stay as they are.
"""

import re
from collections.abc import Iterable, Sequence

from markupsafe import Markup, escape

CONTROLS = {
    "\u200b": "zero-width space",
    "\u200e": "left-to-right mark",
    "\u200f": "right-to-left mark",
    "\u202a": "left-to-right embedding",
    "\u202b": "right-to-left embedding",
    "\u202c": "end of embedding",
    "\u202d": "left-to-right override",
    "\u202e": "right-to-left override",
    "\u2060": "word joiner",
    "\u2066": "left-to-right isolate",
    "\u2067": "right-to-left isolate",
    "\u2068": "first-strong isolate",
    "\u2069": "end of isolate",
    "\ufeff": "zero-width no-break space",
}
MARKS_SHOWN = 6
_MARKS = "\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f"
_UNUSUAL = re.compile(
    rf"(?P<control>[{''.join(CONTROLS)}])"
    rf"|(?P<kept>[{_MARKS}]{{{MARKS_SHOWN}}})(?P<marks>[{_MARKS}]+)"
    "|(?P<binary>[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff])"
)


def shown(text: str) -> Markup:
    """`text` as HTML that shows exactly what was written and can do nothing else."""
    parts: list[Markup | str] = []
    at = 0
    for unusual in _UNUSUAL.finditer(text):
        parts.append(escape(text[at : unusual.start()]))
        parts.append(_visible(unusual))
        at = unusual.end()
    parts.append(escape(text[at:]))
    return Markup("").join(parts)


def plain(text: str) -> str:
    """`text` without anything unusual, for names inside attributes and sentences."""
    return _UNUSUAL.sub(lambda unusual: unusual["kept"] or "", text)


def shortened(text: str, limit: int) -> tuple[str, int]:
    """The first `limit` characters, and how many were left out."""
    return text[:limit], max(0, len(text) - limit)


def marked(text: str, spans: Iterable[tuple[int, int]]) -> Markup:
    """`text` with the words that a finding saw in `<mark>`; `spans` are half-open offsets into it."""
    parts: list[Markup] = []
    at = 0
    for start, end in _merged(spans, len(text)):
        parts.append(shown(text[at:start]))
        parts.append(Markup("<mark>{}</mark>").format(shown(text[start:end])))
        at = end
    parts.append(shown(text[at:]))
    return Markup("").join(parts)


def _merged(spans: Iterable[tuple[int, int]], length: int) -> Sequence[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted((max(0, a), min(b, length)) for a, b in spans):
        if start >= end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return merged


def _visible(unusual: re.Match[str]) -> Markup:
    if control := unusual["control"]:
        return Markup('<span class="unseen">{}</span>').format(CONTROLS[control])
    if marks := unusual["marks"]:
        return Markup('{}<span class="unseen">{} more marks</span>').format(unusual["kept"], len(marks))
    return Markup("\ufffd")
