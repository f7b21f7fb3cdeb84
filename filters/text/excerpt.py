"""What is read of a message that is too long to be read whole: its beginning and its end, at their original places.

What was left out is never silent: the verdict says so in a check, which for crisis shields the message.
"""

from collections.abc import Callable
from dataclasses import replace

from core.flow.filter import Seen
from core.model.finding import Category, Check, CheckState, Finding, Verdict

HEAD_CHARS = 16_000
TAIL_CHARS = 4_000
"""Code points read of the beginning and of the end of a longer message; no large platform lets a member write more."""

SEAM = "\n;q;\n"
"""Stands for what was left out: no phrase reaches over two ends of sentences and a word that no phrase has."""

NOT_READ = "the middle of a very long message was not read"


def screened(
    seen: Seen,
    screen: Callable[[Seen], Verdict],
    name: str,
    category: Category,
    head: int = HEAD_CHARS,
    tail: int = TAIL_CHARS,
) -> Verdict:
    """The verdict of `screen`, given at most `head` and `tail` code points of the message.

    Spans are those of the original; a finding of a longer message that lies at the seam alone is none.
    """
    text = seen.message.text
    if len(text) <= head + tail:
        return screen(seen)
    verdict = screen(replace(seen, message=replace(seen.message, text=excerpt(text, head, tail))))
    findings = []
    for finding in verdict.findings:
        spans = _original(finding.spans, head, len(text) - tail)
        if spans or not finding.spans:
            findings.append(_at(finding, spans))
    return replace(verdict, findings=tuple(findings), checks=(*verdict.checks, not_read(name, category)))


def excerpt(text: str, head: int, tail: int) -> str:
    """The first `head` and the last `tail` code points with `SEAM` between, or all where it is no longer than both."""
    return text if len(text) <= head + tail else f"{text[:head]}{SEAM}{text[-tail:]}"


def not_read(name: str, category: Category, why: str = NOT_READ) -> Check:
    """The check of the filter `name` that says that part of a message was not read."""
    return Check(filter=name, state=CheckState.SKIPPED, why=why, category=category)


def _original(spans: tuple[tuple[int, int], ...], head: int, tail_at: int) -> tuple[tuple[int, int], ...]:
    resumes = head + len(SEAM)
    shift = tail_at - resumes
    return tuple(
        (start, end) if end <= head else (start + shift, end + shift)
        for start, end in spans
        if end <= head or start >= resumes
    )


def _at(finding: Finding, spans: tuple[tuple[int, int], ...]) -> Finding:
    return finding if spans == finding.spans else replace(finding, spans=spans)
