"""The harassment lexicon's file: what is understood and what is refused, with file and line."""

import pytest

from core.errors import ConfigurationRefused
from filters.harassment.lexicon import read_lexicon

CONTEXTS = (
    "[context distress]\nsad\n[context boundary]\nstop it\n[context pester]\nanswer me\n"
    "[context laugh]\nlol\n[context affection]\nhug\n"
)
GOOD = "version = 1\n<you> = you | §\n[insult noun 2 playful]\nidiot\n[threat directed 3]\ni (will|shall) hurt <you>\n"


def read(text: str) -> str:
    return read_lexicon((text + CONTEXTS).encode(), "words.txt").version


def test_a_good_lexicon_is_read_and_versioned_by_its_bytes() -> None:
    assert read(GOOD).startswith("1+")
    assert read(GOOD) != read(GOOD + "# a remark\n")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("[insult noun]", "is not a section"),
        ("[insult noun 9]", "is not a section"),
        ("[crisis noun 2]", "is not a section"),
        ("[insult verb 2]", "is not a section"),
        ("[context weather]", "is not a section"),
        ("[insult noun 2 funny]", "no flag 'funny'"),
        ("say (this|that", "bracket"),
        ("say this) now", "bracket"),
        ("say <them> now", "<them>"),
        ("you really fool", "'really'"),
        ("!!!", "no word"),
        ("idiot", "repeats"),
    ],
)
def test_a_bad_line_is_refused_with_file_and_line(line: str, reason: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        read("version = 1\n[insult noun 2]\nidiot\n" + line + "\n")
    assert refused.value.path == "words.txt:4"
    assert reason in refused.value.reason


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "no version"),
        (b"version = 1\n", "no hostile entry"),
        (b"version = 1\nidiot\n", "before the first section"),
        (b"version = 1\n[insult noun 2]\nidi\xffot\n", "UTF-8"),
        (b"version = 1\n[insult noun 2]\nidiot\n", "no entry in [context"),
        (b"version = 1\n[profanity mild]\ntwo words\n", "one word"),
        (b"# " + b"x" * 1_000_001, "larger"),
        (b"version = 1\n[insult noun 2]\n" + b"(a|b|c|d|e|f|g|h|i|j)" * 6 + b"\n", "phrases, more than"),
    ],
)
def test_a_file_that_is_no_lexicon_is_refused(data: bytes, reason: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        read_lexicon(data, "words.txt")
    assert refused.value.path.startswith("words.txt")
    assert reason in refused.value.reason
