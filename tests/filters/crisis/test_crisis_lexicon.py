"""The shipped lexicon keeps what its own file promises, and disguises don't help. All lines are synthetic."""

import pytest

from core.model.finding import Category, Kind
from filters.lexicon.source import Entry
from tests.filters.crisis.lines import crisis, levels, verdict

ENTRIES = {entry.id: entry for entry in crisis().lexicon.entries}


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_every_entry_finds_its_examples_and_spares_its_traps(entry: Entry) -> None:
    section = entry.section
    for line in entry.examples:
        if section.kind is Kind.INFO or not section.level:
            assert max(levels(line).values(), default=0) < 2, line
        else:
            assert levels(line).get(section.kind, 0) >= section.level, line
    for line in entry.traps:
        assert max(levels(line).values(), default=0) < 2, line


def test_the_lexicon_is_as_wide_as_it_says() -> None:
    phrases = sum(len(entry.phrases) for entry in ENTRIES.values())
    assert phrases >= 250
    assert {entry.section.kind for entry in ENTRIES.values()} == {
        Kind.DISCLOSURE, Kind.THIRD_PERSON, Kind.RECOVERY_PAST, Kind.INFO, Kind.HARM_BY_OTHERS
    }  # fmt: skip


@pytest.mark.parametrize("entry", ENTRIES.values(), ids=ENTRIES.keys())
def test_each_example_reaches_its_entry(entry: Entry) -> None:
    verdicts = [verdict(line) for line in entry.examples]
    named = {finding.rule.split("@")[0] for each in verdicts for finding in each.findings}
    named |= {check.rule.split("@")[0] for each in verdicts for check in each.checks}
    # A graver entry of the same kind may speak for several; level 0 speaks only beside something else.
    if entry.section.kind is Kind.INFO:
        assert entry.id in named
    elif entry.section.level:
        assert any(ENTRIES[rule].section.kind is entry.section.kind for rule in named)


@pytest.mark.parametrize(
    "line",
    [
        "k1ll mys3lf", "K I L L  M Y S E L F", "k.i.l.l m.y.s.e.l.f", "kiiill myself", "kill\nmyself", "k*ll myself",
        "kіll mуѕеlf", "𝓴𝓲𝓵𝓵 𝓶𝔂𝓼𝓮𝓵𝓯", "ｋｉｌｌ ｍｙｓｅｌｆ", "ki\u200bll my\u00adself", "k̷i̷l̷l̷ myself",
        "**ki**ll ||my||self",
        "kill%20myself", "kll myself", "kil mysef", "killmyself", "#killmyself", "kill_myself",
        "su1c1de", "s u i c i d e", "s*icide", "suicde", "suıcıde", "ѕuісіdе", "suiiiicide", "s\u202euicide",
        "w4nt to d!e", "want t\u2060o die", "want to diiieee", "w a n t   t o   d i e", "wanttodie", "want to d*e",
        "end%20my%20life", "3nd my l1f3", "e.n.d m.y l.i.f.e", "end my lfe", "ᴇɴᴅ ᴍʏ ʟɪꜰᴇ",
    ],
)  # fmt: skip
def test_a_disguise_does_not_hide_a_phrase(line: str) -> None:
    assert levels(line).get(Kind.DISCLOSURE, 0) >= 2


@pytest.mark.parametrize(
    "line",
    [
        "skilled players only", "thin spot in the ice", "sí, claro", "pro analyst wanted", "shh, shell script",
        "the beans are good", "my friends cat deb and annie", "pasta tonight",
    ],
)  # fmt: skip
def test_parts_of_words_and_plain_names_raise_nothing(line: str) -> None:
    assert not verdict(line).findings


def test_the_filter_says_who_it_is() -> None:
    assert crisis().name == "crisis-lexicon"
    assert crisis().categories == {Category.CRISIS}
    assert crisis().version.endswith(crisis().lexicon.version)
