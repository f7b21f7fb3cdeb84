"""Names as people chose them, made fit for one line: Discord lets them hold marks that turn or hide text."""

import re

_UNSEEN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2028\u2029\u2066-\u2069]+")


def plain(text: str) -> str:
    """One line without anything that can't be seen."""
    return _UNSEEN.sub(" ", text).strip()
