"""Names as people chose them, made fit for one line: Discord lets them hold marks that turn or hide text."""

import re
import unicodedata

_SPACES = re.compile(r"\s+")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})


def plain(text: str) -> str:
    """One line without anything that can't be seen."""
    seen = "".join(" " if unicodedata.category(each) in _UNSEEN else each for each in text)
    return _SPACES.sub(" ", seen).strip()
