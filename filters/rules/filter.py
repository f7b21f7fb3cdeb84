"""The rules filter: what a community's own policy names, and nothing else."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.model.finding import NOTHING, Category, Finding, Kind, Verdict
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from filters.rules.patterns import Patterns
from filters.rules.terms import Terms
from filters.text.excerpt import screened

NAME = "rules"
LOGIC_VERSION = "2"
MAX_FINDINGS = 20
"""Findings for one message: a message that breaks more rules than this says nothing new."""

MAX_SPANS = 20
"""Spans of one finding."""


@dataclass(frozen=True, slots=True)
class _Rules:
    policy: CommunityPolicy
    terms: Terms
    patterns: Patterns
    digest: str


class RulesFilter:
    """Finds the terms and patterns of each community's policy.

    Of a message of more than 20,000 code points the first 16,000 and the last 4,000 are read, and a skipped check says
    so.

    Args:
        policies: A policy for each community; the one under None is every other community's.

    Raises:
        ConfigurationRefused: A term or a pattern can't be used; names its place in the policy.
    """

    name = NAME
    categories = frozenset({Category.RULES})

    def __init__(self, policies: Mapping[CommunityId | None, CommunityPolicy]) -> None:
        self._rules = {community: _read(community, policy) for community, policy in policies.items()}
        digests = sorted((community or "", rules.digest) for community, rules in self._rules.items())
        self.version = f"{LOGIC_VERSION}.{_digest(repr(digests))}"

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._verdict(seen) for seen in batch]

    def _verdict(self, seen: Seen) -> Verdict:
        message = seen.message
        rules = self._rules.get(message.community) or self._rules.get(None)
        if rules is None or not (message.text and (rules.policy.terms or rules.policy.patterns)):
            return NOTHING
        return screened(seen, lambda read: self._found(rules, read.message.text), NAME, Category.RULES)

    def _found(self, rules: _Rules, text: str) -> Verdict:
        terms = rules.terms.find(text)
        patterns = rules.patterns.find(text)
        if not terms and not patterns:
            return NOTHING
        findings = [
            self._finding(
                Kind.TERM,
                rules.policy.terms[index].level,
                spans,
                rules.policy.terms[index].why or "Holds a term of this community's own list.",
                f"terms[{index}]@{rules.digest}",
            )
            for index, spans in terms.items()
        ]
        findings.extend(
            self._finding(
                Kind.PATTERN,
                rules.policy.patterns[index].level,
                spans,
                rules.policy.patterns[index].why or "Matches a pattern of this community's own.",
                f"patterns[{index}]:{rules.policy.patterns[index].name}@{rules.digest}",
            )
            for index, spans in patterns
        )
        findings.sort(key=lambda finding: -finding.level)
        return Verdict(findings=tuple(findings[:MAX_FINDINGS]))

    @staticmethod
    def _finding(kind: Kind, level: int, spans: Sequence[tuple[int, int]], why: str, rule: str) -> Finding:
        return Finding(
            filter=NAME,
            category=Category.RULES,
            kind=kind,
            level=level,
            score=1.0,
            spans=tuple(spans[:MAX_SPANS]),
            why=why,
            rule=rule,
        )


def _read(community: CommunityId | None, policy: CommunityPolicy) -> _Rules:
    try:
        terms, patterns = Terms(policy.terms), Patterns(policy.patterns)
    except ConfigurationRefused as refused:
        if community is not None:
            refused.path = f"{community}: {refused.path}"
        raise
    digest = _digest(repr((policy.terms, policy.patterns)))
    return _Rules(policy, terms, patterns, digest)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:8]
