"""The crisis filter that needs no model: phrases of a lexicon in every reading of a message, judged by light rules."""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from importlib import resources
from operator import itemgetter

from core.flow.filter import Seen
from core.model.finding import KINDS, Category, Check, CheckState, Finding, Kind, Verdict
from filters.crisis.judging import RULES, Judged, judge
from filters.lexicon.lexicon import Lexicon
from filters.text.excerpt import not_read, screened
from filters.text.folding import readings

NAME = "crisis-lexicon"

_RULES_VERSION = "2"
_SCORES = (0.1, 0.3, 0.6, 0.8, 0.95)
"""By level; 0 is for what was considered and dismissed."""

_QUIET = Verdict(scores={"crisis": 0.0})
_CUT = Verdict(checks=(not_read(NAME, Category.CRISIS),), scores={"crisis": 0.0})


class CrisisLexiconFilter:
    """Finds disclosures, worry for others, recovery and harm by others in English chat.

    Never a statement about a person: levels are levels of text evidence. Of each kind there is one finding, the
    gravest, with the spans of all. What was found and dismissed is told as a check with its reason.

    Of a message of more than 20,000 code points the first 16,000 and the last 4,000 are read, and a skipped check
    says so, which shields it.
    """

    def __init__(self, lexicon: bytes, path: str = "lexicon") -> None:
        """Compile the bytes of a lexicon file; `path` only names it in errors.

        Raises: `ConfigurationRefused` with file and line.
        """
        self._lexicon = Lexicon(lexicon, path, kinds=KINDS[Category.CRISIS], rules=RULES)

    @property
    def name(self) -> str:
        return NAME

    @property
    def version(self) -> str:
        return f"{_RULES_VERSION}.{self._lexicon.version}"

    @property
    def categories(self) -> frozenset[Category]:
        return frozenset({Category.CRISIS})

    @property
    def lexicon(self) -> Lexicon:
        """The entries, for reviews and tests."""
        return self._lexicon

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [screened(seen, self._screen_one, NAME, Category.CRISIS) for seen in batch]

    def _screen_one(self, seen: Seen) -> Verdict:
        text = seen.message.text
        judged: list[Judged] = []
        is_cut = False
        for reading in readings(text):
            is_cut = is_cut or reading.is_cut
            matches = self._lexicon.find(reading)
            if matches:
                judged.extend(judge(matches))
        if not judged:
            return _CUT if is_cut else _QUIET
        cited = _cited_lines(text)
        found: dict[Kind, list[Judged]] = {}
        dismissed: dict[str, Judged] = {}
        for each in judged:
            start = each.match.span[0]
            line = bisect_right(cited, start, key=itemgetter(0)) - 1
            if line >= 0 and start < cited[line][1]:
                each = Judged(
                    match=each.match, kind=each.kind, level=0, why=each.why, dismissed="Stands in a quoted line."
                )
            if each.level:
                found.setdefault(each.kind, []).append(each)
            elif each.dismissed:
                dismissed.setdefault(each.match.entry.id, each)
        findings = tuple(self._finding(kind, group) for kind, group in found.items())
        found_ids = {each.match.entry.id for group in found.values() for each in group}
        checks = tuple(self._check(each) for entry_id, each in dismissed.items() if entry_id not in found_ids)
        if is_cut:
            checks += _CUT.checks
        score = max((finding.score for finding in findings), default=_SCORES[0])
        return Verdict(findings=findings, checks=checks, scores={"crisis": score})

    def _finding(self, kind: Kind, group: Sequence[Judged]) -> Finding:
        gravest = max(group, key=lambda each: each.level)
        return Finding(
            filter=NAME,
            category=Category.CRISIS,
            kind=kind,
            level=gravest.level,
            score=_SCORES[gravest.level],
            spans=_merged(each.match.span for each in group),
            why=gravest.why,
            rule=self._rule(gravest),
        )

    def _check(self, each: Judged) -> Check:
        return Check(
            filter=NAME,
            state=CheckState.CONSIDERED,
            why=each.dismissed,
            category=Category.CRISIS,
            kind=each.kind,
            rule=self._rule(each),
        )

    def _rule(self, each: Judged) -> str:
        return f"{each.match.entry.id}@{self._lexicon.name}-{self._lexicon.version}"


def shipped() -> CrisisLexiconFilter:
    """The filter with the English lexicon that is part of this package."""
    data = resources.files(__package__).joinpath("en.lexicon.txt").read_bytes()
    return CrisisLexiconFilter(data, "filters/crisis/en.lexicon.txt")


def _merged(spans: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((start, end))
    return tuple(merged)


def _cited_lines(text: str) -> list[tuple[int, int]]:
    """Where lines stand that begin with ">", as chat quotes somebody."""
    if ">" not in text:
        return []
    cited = []
    at = 0
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith(">"):
            cited.append((at, at + len(line)))
        at += len(line)
    return cited
