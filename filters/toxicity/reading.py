"""What the model reads of a message: its folded readings, without links and mentions, place for place."""

import re

from filters.text.folding import Reading, readings

_NO_WORDS = re.compile(r"(?:https?://|www\.)\S+|(?<!\w)@\w+")


def without_links(folded: str) -> str:
    """`folded` with a blank for every character of a link or a mention: names and addresses say nothing."""
    if "@" in folded or "://" in folded or "www." in folded:
        return _NO_WORDS.sub(lambda match: " " * len(match.group()), folded)
    return folded


def read(text: str) -> tuple[Reading, ...]:
    """The readings of `text` that differ, the plain one first."""
    return tuple(each for each in readings(text) if each.name not in _LEFT_OUT)


_LEFT_OUT = frozenset({"masked"})
"""Its `*` stand for any letter, which only a list of words can make use of."""
