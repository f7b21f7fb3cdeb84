"""A community's own terms and patterns. Every text here is synthetic."""

import time
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.model.finding import Kind, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy, Pattern, Term
from filters.rules.filter import MAX_FINDINGS, RulesFilter
from filters.rules.patterns import check_patterns

HARBOUR = CommunityId("local:harbour")


def seen(text: str, community: CommunityId = HARBOUR, quoted: str = "") -> Seen:
    message = Message(
        platform=PlatformName("local"),
        community=community,
        channel=Channel(id=ChannelId("pier"), name="pier"),
        id=MessageId("1"),
        author=Author(id=MemberId("bea"), name="bea"),
        text=text,
        sent_at=datetime(2026, 3, 1, tzinfo=UTC),
        quoted=quoted,
    )
    return Seen(message=message)


def rules(*, terms: tuple[str, ...] = (), patterns: tuple[str, ...] = ()) -> RulesFilter:
    return RulesFilter({None: policy(terms=terms, patterns=patterns)})


def policy(*, terms: tuple[str, ...] = (), patterns: tuple[str, ...] = ()) -> CommunityPolicy:
    return CommunityPolicy(
        terms=tuple(Term(text=term, level=2) for term in terms),
        patterns=tuple(Pattern(name=f"p{i}", pattern=pattern, level=3) for i, pattern in enumerate(patterns)),
    )


def found(verdict: Verdict, text: str) -> list[str]:
    return [text[start:end] for finding in verdict.findings for start, end in finding.spans]


@pytest.mark.parametrize(
    ("term", "text", "words"),
    [
        ("free nitro", "get FREE   nitro now", ["FREE   nitro"]),
        ("free nitro", "get free-nitro", ["free-nitro"]),
        ("free nitro", "get fr\u200bee nitro", ["fr\u200bee nitro"]),
        ("free nitro", "get frее nitro", ["frее nitro"]),  # Cyrillic letters
        ("nitro", "n1tr0 and n i t r o", ["n1tr0", "n i t r o"]),
        ("balloon", "ballooooon", ["ballooooon"]),
        ("don't", "dont do it", ["dont"]),
        ("Ärger", "kein ÄRGER bitte", ["ÄRGER"]),
        ("балкон", "мой балкон", ["балкон"]),
        ("c++", "i like c++ most", ["c++"]),
        ("🍆🍆", "look 🍆🍆!", ["🍆🍆"]),
        ("赌博", "我喜欢赌博网站", ["赌博"]),
    ],
)
def test_a_term_is_found_in_every_reading_and_points_at_the_original(term: str, text: str, words: list[str]) -> None:
    verdict = rules(terms=(term,)).screen([seen(text)])[0]
    assert found(verdict, text) == words
    assert verdict.findings[0].kind is Kind.TERM
    assert verdict.findings[0].level == 2


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("nitro", "nitrogen is a gas"),
        ("ass", "assistant"),
        ("c++", "abc++"),
        ("free nitro", "nitro free"),
        ("c++", "c"),
    ],
)
def test_a_term_is_never_found_inside_a_word(term: str, text: str) -> None:
    assert rules(terms=(term,)).screen([seen(text)])[0].findings == ()


@pytest.mark.parametrize(
    ("pattern", "text", "words"),
    [
        (r"discord\.gg/\w+", "join discord.gg/abc now", ["discord.gg/abc"]),
        (r"é+", "aéé 😂 é", ["éé", "é"]),
        (r"(?i)BUY", "ünï 😂 buy", ["buy"]),
        (r"x.y", "ab x\ud800y", ["x\ud800y"]),
        (r"b", "\ud83d\ud83db", ["b"]),
    ],
)
def test_a_pattern_points_at_code_points_of_the_original(pattern: str, text: str, words: list[str]) -> None:
    verdict = rules(patterns=(pattern,)).screen([seen(text)])[0]
    assert found(verdict, text) == words
    assert verdict.findings[0].kind is Kind.PATTERN
    assert verdict.findings[0].level == 3


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("(unclosed", "is not a pattern"),
        (r"(?<=a)b", "is not a pattern"),
        (r"(a)\1", "is not a pattern"),
        ("(a{1000}){1000}", "is not a pattern"),
        ("a" * 513, "longer than 512"),
        ("a*", "empty message"),
        ("^", "empty message"),
    ],
)
def test_a_pattern_that_cant_be_run_is_refused_with_its_place_and_a_hint(pattern: str, reason: str) -> None:
    made = tuple(Pattern.model_construct(name="p", pattern=each, level=1, why="") for each in ("ok", "fine", pattern))
    bad = CommunityPolicy.model_construct(patterns=made, terms=())
    with pytest.raises(ConfigurationRefused) as refused:
        check_patterns(bad)
    assert refused.value.path == "patterns[2].pattern"
    assert reason in refused.value.reason
    assert refused.value.hint
    with pytest.raises(ConfigurationRefused, match="local:harbour"):
        RulesFilter({HARBOUR: bad})


def test_more_than_two_hundred_patterns_are_refused() -> None:
    made = tuple(Pattern(name="p", pattern=f"a{i}") for i in range(201))
    with pytest.raises(ConfigurationRefused) as refused:
        check_patterns(CommunityPolicy.model_construct(patterns=made))
    assert refused.value.path == "patterns[200].pattern"


def test_a_term_with_nothing_in_it_is_refused() -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        rules(terms=("fine", "\u200b\u200b"))
    assert refused.value.path == "terms[1].text"


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|a)*b", "(.*)*x", "(a?){50}a{50}"])
def test_a_catastrophic_pattern_takes_linear_time(pattern: str) -> None:
    text = "a" * 100_000
    compiled = RulesFilter({None: CommunityPolicy(patterns=(Pattern(name="p", pattern=f"!{pattern}|b{pattern}"),))})
    started = time.process_time()
    compiled.screen([seen(text)])
    assert time.process_time() - started < 10.0


def test_each_community_has_its_own_rules_and_the_others_the_default() -> None:
    both = RulesFilter({HARBOUR: policy(terms=("herring",)), None: policy(terms=("nitro",))})
    elsewhere = CommunityId("local:lake")
    batch = [seen(text, where) for where in (HARBOUR, elsewhere) for text in ("herring", "nitro")]
    assert [len(verdict.findings) for verdict in both.screen(batch)] == [1, 0, 0, 1]
    assert RulesFilter({HARBOUR: policy(terms=("herring",))}).screen([seen("herring", elsewhere)])[0].findings == ()


def test_why_and_rule_name_what_matched_without_the_words_of_the_message() -> None:
    own = CommunityPolicy(
        terms=(Term(text="nitro", why="No advertising here."),), patterns=(Pattern(name="ads", pattern="buy"),)
    )
    term, pattern = RulesFilter({None: own}).screen([seen("buy nitro")])[0].findings
    assert term.why == "No advertising here."
    assert term.rule.startswith("terms[0]@")
    assert pattern.rule.startswith("patterns[0]:ads@")
    assert "buy" not in pattern.why


def test_quoted_text_breaks_no_rule() -> None:
    assert rules(terms=("nitro",), patterns=("nitro",)).screen([seen("hm", quoted="nitro")])[0].findings == ()


def test_findings_for_one_message_are_bounded_and_the_gravest_stay() -> None:
    many = CommunityPolicy(
        terms=tuple(Term(text=f"word{i}", level=1) for i in range(50)),
        patterns=(Pattern(name="grave", pattern="zz", level=4),),
    )
    findings = RulesFilter({None: many}).screen([seen(" ".join(f"word{i}" for i in range(50)) + " zz")])[0].findings
    assert len(findings) == MAX_FINDINGS
    assert findings[0].level == 4


def test_the_version_changes_with_the_rules_and_only_with_them() -> None:
    assert rules(terms=("nitro",)).version == rules(terms=("nitro",)).version
    assert rules(terms=("nitro",)).version != rules(terms=("herring",)).version


@given(st.text(max_size=200))
def test_spans_lie_within_the_text_and_verdicts_repeat(text: str) -> None:
    both = rules(terms=("ab", "a b", "é!", "漢字"), patterns=(r"\pL+", r"\S\S"))
    verdict = both.screen([seen(text)])[0]
    for finding in verdict.findings:
        assert all(0 <= start < end <= len(text) for start, end in finding.spans)
    assert both.screen([seen("other"), seen(text)])[1] == verdict


def test_two_hundred_kilobytes_take_no_more_than_moments() -> None:
    started = time.process_time()
    rules(terms=("ab",), patterns=("(a+)+c",)).screen([seen("ab " * 70_000)])
    assert time.process_time() - started < 5.0
