"""What is read of a very long message, and that nothing is left out in silence. All lines are synthetic."""

from dataclasses import replace

import pytest

from core.flow.filter import Seen
from core.model.finding import Category, CheckState, Kind, Verdict
from core.model.policy import CommunityPolicy, Pattern, Term
from filters.rules.filter import RulesFilter
from filters.text.excerpt import HEAD_CHARS, NOT_READ, SEAM, TAIL_CHARS, excerpt
from tests.filters.crisis.lines import crisis
from tests.filters.harassment.talk import harassment, message

LENGTH = 200_000
CRY = "i want to kill myself"
INSULT = "you idiot"
RULES = RulesFilter(
    {None: CommunityPolicy(terms=(Term(text="barnacle"),), patterns=(Pattern(name="t", pattern="tar+"),))}
)


def seen(text: str) -> Seen:
    return Seen(message=replace(message(""), text=text))


def padded(words: str, at: int) -> str:
    text = "the boat is blue. " * (LENGTH // 18)
    return f"{text[:at]}. {words}. {text[at:]}"


def skipped(verdict: Verdict) -> set[Category | None]:
    return {check.category for check in verdict.checks if check.state is CheckState.SKIPPED and check.why == NOT_READ}


@pytest.mark.parametrize("at", [0, 15_000, LENGTH - 2_000, LENGTH - 20])
def test_a_cry_at_either_end_of_a_very_long_message_is_found_where_it_stands(at: int) -> None:
    text = padded(CRY, at)
    found = crisis().screen([seen(text)])[0]
    assert [finding.level for finding in found.findings] == [2]
    assert [text[start:end] for start, end in found.findings[0].spans] == [CRY]
    assert skipped(found) == {Category.CRISIS}


def test_a_cry_at_the_very_end_after_letters_of_several_code_points_is_found_where_it_stands() -> None:
    text = "e\u0301\u200b😂 " * 50_000 + CRY
    start, end = crisis().screen([seen(text)])[0].findings[0].spans[0]
    assert end == len(text)
    assert text[start:end] in CRY


@pytest.mark.parametrize("words", [CRY, "nothing at all"])
def test_whatever_stands_in_the_middle_gives_the_skipped_check_that_shields(words: str) -> None:
    found = crisis().screen([seen(padded(words, LENGTH // 2))])[0]
    assert found.findings == ()
    assert skipped(found) == {Category.CRISIS}


def test_letters_that_fold_to_many_leave_nothing_out_in_silence() -> None:
    found = crisis().screen([seen("ﷺ" * 3_000 + f" {CRY}")])[0]
    assert found.findings or skipped(found) == {Category.CRISIS}


def test_abuse_at_the_end_is_found_where_it_stands_and_the_middle_is_told() -> None:
    text = padded(INSULT, LENGTH - 20)
    found = harassment().screen([seen(text)])[0]
    assert [text[start:end] for start, end in found.findings[0].spans] == ["idiot"]
    assert skipped(found) == {Category.HARASSMENT}
    assert skipped(harassment().screen([seen(padded(INSULT, LENGTH // 2))])[0]) == {Category.HARASSMENT}


def test_a_communitys_own_rules_are_looked_for_at_the_end_and_the_middle_is_told() -> None:
    text = padded("barnacle tarrr", LENGTH - 20)
    found = RULES.screen([seen(text)])[0]
    assert {finding.kind: text[slice(*finding.spans[0])] for finding in found.findings} == {
        Kind.TERM: "barnacle",
        Kind.PATTERN: "tarrr",
    }
    assert skipped(found) == {Category.RULES}
    assert skipped(RULES.screen([seen(padded("barnacle", LENGTH // 2))])[0]) == {Category.RULES}


def test_what_would_match_only_where_the_ends_meet_is_no_finding() -> None:
    rules = RulesFilter({None: CommunityPolicy(patterns=(Pattern(name="q", pattern="q"),))})
    assert rules.screen([seen("b" * 30_000)])[0].findings == ()
    begins, ends = "i took all".rjust(HEAD_CHARS), "my pills".ljust(TAIL_CHARS)
    assert crisis().screen([seen(f"{begins.strip()} {ends.strip()}")])[0].findings
    assert crisis().screen([seen(f"{begins}{'-' * 10_000}{ends}")])[0].findings == ()


def test_a_message_of_the_most_that_is_read_is_read_whole() -> None:
    text = "a" * (HEAD_CHARS + TAIL_CHARS)
    assert excerpt(text, HEAD_CHARS, TAIL_CHARS) == text
    assert skipped(crisis().screen([seen(text)])[0]) == set()
    assert excerpt(text + "b", HEAD_CHARS, TAIL_CHARS) == text[:HEAD_CHARS] + SEAM + text[-TAIL_CHARS + 1 :] + "b"
    assert skipped(crisis().screen([seen(text + "b")])[0]) == {Category.CRISIS}
