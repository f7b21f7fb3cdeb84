"""A community's regular expressions, run by google-re2: time is linear in the text, whatever the owner wrote.

Patterns see the original text, so an owner can match what folding takes away. They are case-sensitive unless they say
`(?i)`; look-around and back-references don't exist.
"""

from collections.abc import Sequence
from itertools import islice

import re2

from core.errors import ConfigurationRefused
from core.model.policy import MAX_PATTERN_CHARS, MAX_PATTERNS, CommunityPolicy, Pattern

MAX_SPANS = 5
"""Matches of one pattern that are reported for one message."""

_HINT = "see the syntax of RE2: no look-around, no back-references"


def check_patterns(policy: CommunityPolicy) -> None:
    """Refuses a policy whose patterns can't be run; for use when a configuration is read or saved.

    Raises:
        ConfigurationRefused: Names the place as `patterns[3].pattern`, the reason and a hint.
    """
    Patterns(policy.patterns)


class Patterns:
    """Compiled patterns of one policy.

    Raises:
        ConfigurationRefused: As `check_patterns`.
    """

    def __init__(self, patterns: Sequence[Pattern]) -> None:
        if len(patterns) > MAX_PATTERNS:
            raise ConfigurationRefused(
                f"patterns[{MAX_PATTERNS}].pattern",
                f"a community has at most {MAX_PATTERNS} patterns",
                "join some of them with |",
            )
        self._compiled = [_compile(pattern.pattern, f"patterns[{i}].pattern") for i, pattern in enumerate(patterns)]

    def find(self, text: str) -> list[tuple[int, tuple[tuple[int, int], ...]]]:
        """For each pattern that matches its index and the half-open code-point spans of its first matches."""
        if not self._compiled:
            return []
        try:
            text.encode()
        except UnicodeEncodeError:  # unpaired surrogates: each becomes one other code point, so offsets stay
            text = "".join("\ufffd" if "\ud800" <= letter <= "\udfff" else letter for letter in text)
        found = []
        for index, compiled in enumerate(self._compiled):
            matches = islice(compiled.finditer(text), MAX_SPANS)
            spans = tuple(match.span() for match in matches if match.start() < match.end())
            if spans:
                found.append((index, spans))
        return found


def _compile(pattern: str, path: str) -> "re2._Regexp":
    if len(pattern) > MAX_PATTERN_CHARS:
        raise ConfigurationRefused(path, f"is longer than {MAX_PATTERN_CHARS} characters", "split it in two")
    options = re2.Options()
    options.log_errors = False
    try:
        compiled = re2.compile(pattern, options)
    except re2.error as error:
        reason = error.args[0] if error.args else "unknown error"
        reason = reason.decode("utf-8", "replace") if isinstance(reason, bytes) else str(reason)
        raise ConfigurationRefused(path, f"is not a pattern: {reason}", _HINT) from None
    except UnicodeEncodeError:
        raise ConfigurationRefused(path, "holds an unpaired surrogate", "write the character itself") from None
    if compiled.search("") is not None:
        raise ConfigurationRefused(path, "matches even an empty message", "ask for at least one character")
    return compiled
