"""What each single character folds to: tables that are filled as characters turn up.

`PLAIN` undoes case, width and style and drops marks and invisible characters; `LATIN` also reads look-alikes of other
scripts as the Latin letter they pass for. Both are bounded by the number of code points and hold nothing of a message
but its alphabet.
"""

import unicodedata
from collections.abc import Mapping
from importlib import resources

LetterTable = dict[int, str]
"""Code point -> what it folds to: usually one character, none when dropped, several for a ligature."""

_BLANKS = frozenset("\t\n\v\f\r\x1c\x1d\x1e\x1f\x85\u115f\u1160\u2800\u3164\uffa0")
"""White space that Unicode files under controls, and fillers that show as a gap."""

_DASHES = frozenset("‐‑‒–—―−﹘﹣－⁃")
_QUOTES = frozenset("“”„‟«»″‹›「」『』＂〝〞")
_IGNORED_MARKS = frozenset("\u034f\u180b\u180c\u180d") | {
    chr(code) for code in (*range(0xFE00, 0xFE10), *range(0xE0100, 0xE01F0))
}
"""Marks of combining class 0 that change nothing to see: joiner and variation selectors."""

_STYLED_RANGES = ((0x1F130, 26), (0x1F150, 26), (0x1F170, 26), (0x1F1E6, 26))
"""First code point and length of letter rows that normalisation leaves alone (squared, negative, regional)."""


def is_accent(letter: str) -> bool:
    """Whether a combining mark is decoration: vowel signs of scripts that write vowels as marks are not."""
    kind = unicodedata.category(letter)
    if kind == "Me" or letter in _IGNORED_MARKS:
        return True
    if kind != "Mn":
        return False
    order = unicodedata.combining(letter)
    return order >= 200 or order == 1 or 10 <= order <= 36  # Latin-like accents, overlays, Hebrew and Arabic points


def fold_letter(letter: str) -> str:
    """What one character reads as, look-alikes of other scripts left alone."""
    kind = unicodedata.category(letter)
    if letter in _BLANKS or kind in {"Zs", "Zl", "Zp"}:
        return " "
    if kind in {"Cf", "Cc"} or is_accent(letter):
        return ""
    if kind == "Cs":
        return "\ufffd"
    if letter in _DASHES:
        return "-"
    if letter in _QUOTES:
        return '"'
    for first, count in _STYLED_RANGES:
        if first <= ord(letter) < first + count:
            return chr(ord("a") + ord(letter) - first)
    if letter in _LOOKALIKES and _LOOKALIKES[letter] == "'" and letter != "`":
        return "'"
    wide = unicodedata.normalize("NFKC", letter).casefold()
    bare = "".join(part for part in unicodedata.normalize("NFD", wide) if not is_accent(part))
    return "".join(" " if part.isspace() else part for part in unicodedata.normalize("NFC", bare))


def read_confusables(data: bytes) -> Mapping[str, str]:
    """The look-alikes in a `confusables.txt`: each line a letter, a blank and what passes for it."""
    found: dict[str, str] = {}
    for line in data.decode().splitlines():
        if line and not line.startswith("#"):
            letter, lookalikes = line.split(" ")
            found.update(dict.fromkeys(lookalikes, letter))
    return found


class _Plain(LetterTable):
    def __missing__(self, code: int) -> str:
        folded = self[code] = fold_letter(chr(code))
        return folded


class _Latin(LetterTable):
    def __missing__(self, code: int) -> str:
        letter = chr(code)
        folded = PLAIN[code]
        if not letter.isascii():
            folded = _LOOKALIKES.get(letter) or "".join(_LOOKALIKES.get(part, part) for part in folded)
        self[code] = folded
        return folded


_LOOKALIKES = read_confusables(resources.files(__package__).joinpath("confusables.txt").read_bytes())
PLAIN = _Plain()
LATIN = _Latin()
