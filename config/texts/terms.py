"""What texts for members may not say and have to say, as terms of each language, and finding those terms in a text.

`rules/<locale>.toml` has the terms, `rules/common.toml` what is the same in every language. A term is one word or
several in a row; `*` stands for the rest of a word (`blam*`) or, by itself, for any one word. Words are compared whole,
without regard to case, accents, the dots of a Turkish i, Arabic vowel signs and forms of alif, and invisible
characters.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from functools import lru_cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from config.toml_file import load_toml

RULES = Path(__file__).parent / "rules"

_STAR = "\ue000"
"""Stands for `*` while a term is normalised."""
_SAME = str.maketrans({"ı": "i", "ٱ": "ا", "ى": "ي", "ة": "ه"})
_MARKS = re.compile("[\u0300-\u036f\u0640\u064b-\u0655\u0670\u093c]")
"""Accents, Arabic vowel signs, hamzas and the lengthening stroke, and the Devanagari dot."""


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Allowed(_Table):
    """A text that may hold what a rule forbids, and why."""

    rule: str
    keys: tuple[str, ...]
    because: str = Field(min_length=10)

    def covers(self, rule: str, key: str) -> bool:
        """Whether it is about that rule and that text."""
        return rule == self.rule and named(key, self.keys)


class Terms(_Table):
    """The terms of one language.

    Attributes:
        never: What no text for members holds, by rule.
        say: By what each statement that some texts have to make is recognised.
        same: Texts that are the same as in English, by key.
        latin: Words in Latin letters that a language of another script may use.
        allowed: Exceptions.
    """

    never: dict[str, tuple[str, ...]]
    say: dict[str, tuple[str, ...]]
    same: tuple[str, ...] = ()
    latin: tuple[str, ...] = ()
    allowed: tuple[Allowed, ...] = ()


class Required(_Table):
    """Statements that texts which are read together make, in any of them."""

    texts: tuple[str, ...]
    say: tuple[str, ...]


class Common(_Table):
    """What holds in every language.

    Attributes:
        paragraph: How many characters a paragraph has at most in English.
        translated_paragraph: And in other languages, most of which need more.
        label: How many characters the words on a button have at most.
        labels: Which texts stand on buttons, by key.
        counted: Groups of digits that are no phone number.
        desk: The rules that hold for what the desk and owners read, too.
    """

    paragraph: int
    translated_paragraph: int
    label: int
    labels: tuple[str, ...]
    counted: tuple[str, ...]
    desk: tuple[str, ...]
    leftover: tuple[str, ...]
    required: tuple[Required, ...]


@lru_cache
def terms_of(locale: str) -> Terms:
    """The terms of a language. Raises: `ConfigurationRefused` where nobody wrote them down."""
    return load_toml(RULES / f"{locale}.toml", Terms)


@lru_cache
def common_rules() -> Common:
    """What holds in every language."""
    return load_toml(RULES / "common.toml", Common)


def named(key: str, patterns: Sequence[str]) -> bool:
    """Whether one of the patterns, such as `support.go.*`, is about that key."""
    return any(fnmatchcase(key, pattern) for pattern in patterns)


def found(terms: Sequence[str], text: str) -> Iterator[str]:
    """Each place where the text has one of the terms, in the form in which words are compared."""
    if terms:
        for match in _pattern(tuple(terms)).finditer(_words(text)):
            yield match[1]


@lru_cache(maxsize=512)
def _pattern(terms: tuple[str, ...]) -> re.Pattern[str]:
    each = (re.escape(_words(term).strip()).replace(_STAR, "[^ ]*").replace(r"\ ", " ") for term in terms)
    return re.compile(f"(?<= )({'|'.join(each)})(?= )")


def _words(text: str) -> str:
    """The words in the form in which they are compared, each between spaces."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("*", _STAR)).translate(_SAME)
    kept = "".join(char for char in _MARKS.sub("", plain) if unicodedata.category(char) != "Cf")
    words = "".join(char if char == _STAR or unicodedata.category(char)[0] in "LMN" else " " for char in kept)
    return f" {' '.join(words.split())} "
