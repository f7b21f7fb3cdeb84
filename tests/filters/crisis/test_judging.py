"""Who speaks, of whom, in earnest or not, then or now: the rules of the crisis filter. All lines are synthetic."""

import re
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.model.finding import CheckState, Kind
from filters.crisis import speaker
from tests.filters.crisis.lines import crisis, levels, seen, verdict


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("i hate myself so much", 1),
        ("theres no point anymore", 1),
        ("dont wanna be here anymore", 2),
        ("i dont want to be alive", 2),
        ("cant do this anymore im sorry", 2),
        ("everyone would be better off without me", 2),
        ("doesn't matter, i won't be here next week anyway", 2),
        ("thanks for everything you guys were good to me", 2),
        ("not gonna lie i want to die", 2),
        ("i wish i could just go to sleep and not wake up lol", 2),
        ("im gonna kill myself", 3),
        ("if you leave i'll kill myself", 3),
        ("i cut again last night", 3),
        ("what is the least painful way to die", 3),
        ("im gonna kill myself tonight", 4),
        ("i took all my pills lol", 4),
        ("wrote the suicide note, gave away my switch", 4),
        ("the pills are right in front of me", 4),
    ],
)
def test_the_author_speaks_of_themselves(line: str, level: int) -> None:
    assert levels(line)[Kind.DISCLOSURE] == level


@pytest.mark.parametrize(
    "line",
    [
        "kill me now lol", "dying of laughter", "I'd rather die than do homework", "this exam will be the death of me",
        "kms this homework 💀", "dead 💀", "that joke killed me", "omg i want to die that was so embarrassing 😂",
        "killed myself with my own grenade", "suicide squad was fun", "this boss makes me want to kill myself",
        "kill -9 and then the process died", "i keep dying to the same boss", "i need to hang myself up a coat",
        "i would never kill myself", "im not suicidal", "i don't want to die", "not gonna kill myself dont worry",
        "what does kms mean", "how do you say \"i want to die\" in french", "the lyrics go \"i don't wanna be here\"",
        "suicide prevention week starts monday", "if you're suicidal please call a hotline",
        "writing my thesis about suicide rates", "my character wants to die in the last chapter",
        "kys", "go kill yourself", "do you want to die?", "people who want to die need help",
        "i cut myself shaving", "i burned myself on the stove again", "my dad beat me at chess",
        "he hit me up last night",
        "i won't be here next week, family trip", "my nose won't stop bleeding", "gonna end it with my boyfriend",
        "> i want to die",
    ],
)  # fmt: skip
def test_what_only_sounds_like_it_pings_nobody(line: str) -> None:
    assert max(levels(line).values(), default=0) < 2


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("my friend wants to die", 2),
        ("my brother keeps saying 'i want to die'", 2),
        ("my best friend tried to kill herself", 3),
        ("she says shes gonna kill herself tonight", 4),
        ("im worried about my brother", 1),
    ],
)
def test_worry_for_somebody_else_is_third_person_at_the_level_described(line: str, level: int) -> None:
    assert levels(line) == {Kind.THIRD_PERSON: level}


@pytest.mark.parametrize(
    "line",
    [
        "i tried to kill myself in 2019 and im glad im here", "two years clean from self harm", "i used to want to die",
        "my sister died by suicide", "we lost him to suicide in spring",
    ],
)  # fmt: skip
def test_recovery_the_past_and_bereavement_are_level_one(line: str) -> None:
    assert levels(line) == {Kind.RECOVERY_PAST: 1}


def test_what_comes_back_is_not_past() -> None:
    assert levels("i used to want to die and now i want to die again")[Kind.DISCLOSURE] >= 2


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("they told me to kill myself", 2),
        ("my dad hits me when hes drunk", 3),
        ("someone is blackmailing me with my photos", 3),
        ("hes 34 and im only 13", 3),
        ("hiding in the bathroom, my stepdad is drunk and screaming", 4),
    ],
)
def test_harm_by_others_is_its_own_kind(line: str, level: int) -> None:
    assert levels(line) == {Kind.HARM_BY_OTHERS: level}


def test_pain_near_by_keeps_a_phrase_that_looks_like_a_joke() -> None:
    assert levels("i failed all my exams lol i want to die, so alone")[Kind.DISCLOSURE] >= 2


def test_light_signs_together_are_one_level_graver() -> None:
    assert levels("goodbye everyone. im sorry") == {Kind.DISCLOSURE: 2}
    assert max(levels("im sorry").values(), default=0) == 0


def test_the_same_words_are_one_sign_only() -> None:
    assert max(levels("im sorry guys, wrong channel").values(), default=0) < 2


def test_quoted_text_is_never_held_against_the_author() -> None:
    assert not verdict("hang in there", quoted="i want to kill myself tonight").findings


def test_somebody_elses_words_in_quotation_marks_are_third_person() -> None:
    assert levels('my sister said "i want to die"') == {Kind.THIRD_PERSON: 2}


def test_an_idiom_is_told_as_considered_with_its_reason() -> None:
    checks = verdict("kill me now lol").checks
    assert checks
    assert {check.state for check in checks} == {CheckState.CONSIDERED}
    assert all(check.why and check.rule for check in checks)


def test_there_is_one_finding_a_kind_with_every_span() -> None:
    text = "i want to die. everyone would be better off without me. my dad hits me"
    result = verdict(text)
    assert {finding.kind for finding in result.findings} == {Kind.DISCLOSURE, Kind.HARM_BY_OTHERS}
    disclosure = next(finding for finding in result.findings if finding.kind is Kind.DISCLOSURE)
    assert [text[start:end] for start, end in disclosure.spans] == ["i want to die", "better off without me"] or [
        text[start:end] for start, end in disclosure.spans
    ] == ["i want to die", "everyone would be better off without me"]


def test_why_and_rule_hold_no_words_of_the_message() -> None:
    finding = verdict("zebra i want to kill myself zebra").findings[0]
    assert "zebra" not in finding.why
    assert "myself" not in finding.why
    assert finding.rule.count("@") == 1


WORDS = 'i want to die kill myself lol not my dad hits me 💀 " . ? he said tonight'


@given(st.text(max_size=120) | st.lists(st.sampled_from(sorted(set(WORDS.split(" ")))), max_size=14).map(" ".join))
def test_any_text_gives_sound_verdicts(text: str) -> None:
    result = crisis().screen([seen(text)])[0]
    score = result.scores["crisis"]
    assert (score >= 0.5) == any(finding.level >= 2 for finding in result.findings)
    assert len({finding.kind for finding in result.findings}) == len(result.findings)
    for finding in result.findings:
        assert 1 <= finding.level <= 4
        assert finding.spans == tuple(sorted(finding.spans))
        assert all(0 <= start < end <= len(text) for start, end in finding.spans)


@pytest.mark.parametrize("text", ["", "\ud800", "💀" * 500, "want to die " * 3000, "i " * 20000, "\u202e" * 9000])
def test_odd_and_huge_texts_pass(text: str) -> None:
    assert len(crisis().screen([seen(text)])) == 1


@pytest.mark.parametrize(
    "line",
    [
        "this channel is so useless", "the average installer has no hope in hell", "then boot in recovery mode",
        "and no one cares how big the disk is", "robin: before giving up, you should try the older kernel",
        "why is sound so broken",
        "can i set a password in recovery mode?", "two drives, so nothing conflicts", "mount the recovery partition",
        "it fell out of the tree because no one really maintains it, no one cares",
    ],
)  # fmt: skip
def test_talk_of_machines_and_channels_is_no_light_sign(line: str) -> None:
    assert levels(line) == {}


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("i feel so useless", Kind.DISCLOSURE), ("so useless. i hate it", Kind.DISCLOSURE),
        ("honestly there is no hope left", Kind.DISCLOSURE), ("yeah no one cares anymore", Kind.DISCLOSURE),
        ("idk giving up", Kind.DISCLOSURE), ("im in recovery", Kind.RECOVERY_PAST),
        ("three years in recovery and counting", Kind.RECOVERY_PAST),
    ],
)  # fmt: skip
def test_a_light_sign_of_the_author_or_of_nobody_named_still_counts(line: str, kind: Kind) -> None:
    assert levels(line) == {kind: 1}


class CountedPattern:
    """A pattern that counts the texts it is looked for in."""

    def __init__(self, pattern: "re.Pattern[str]") -> None:
        self.pattern = pattern
        self.texts: list[str] = []

    def finditer(self, text: str) -> "Iterator[re.Match[str]]":
        self.texts.append(text)
        return self.pattern.finditer(text)


def test_however_many_phrases_are_quoted_the_quotations_of_a_text_are_looked_for_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counted = CountedPattern(speaker._QUOTED)
    monkeypatch.setattr(speaker, "_QUOTED", counted)
    assert verdict('counted: "i want to die" ' * 300).findings == ()
    assert 0 < len(counted.texts) == len(set(counted.texts))


def test_in_a_message_of_many_quoted_lines_only_the_authors_own_line_counts() -> None:
    cited = "> i want to die\n" * 200
    assert levels(cited) == {}
    text = f"{cited}i want to die\n{cited}"
    assert verdict(text).findings[0].spans == ((len(cited), len(cited) + len("i want to die")),)
