"""Which columns of a file hold the text and the labels, and what a label's value means."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any

from bots.screen import BadLine
from core.model.finding import SCORE_NAMES

TEXT_COLUMNS = ("text", "comment_text", "message", "content")
"""Names under which the text is found without being named, in this order."""

SCORE_OF = {name: name for name in SCORE_NAMES} | {
    "toxic": "toxicity",
    "severe_toxic": "severe_toxicity",
    "identity_hate": "identity_attack",
}
"""Columns that are labels without being named: the scores' own names, and those of the Jigsaw comment data."""

_TRUE = frozenset({"1", "true", "yes", "t", "y"})
_FALSE = frozenset({"0", "false", "no", "f", "n"})
_UNLABELLED = frozenset({"", "nan", "na", "n/a", "none", "null", "-1", "-1.0"})


class NotAsAsked(ValueError):
    """What was asked for can't be done, or not with this file; says what can."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A column that says of each line whether it should have a high score."""

    column: str
    score: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What is read of each row.

    Attributes:
        text: The column of the text.
        labels: At least one, each of another score.
        positive: Values that count as carrying the label, in lower case; empty takes 1 and 0, true and false, yes and
            no, and numbers between 0 and 1, which carry it from 0.5 on.
    """

    text: str
    labels: tuple[Label, ...]
    positive: frozenset[str] = field(default=frozenset())

    def label_of(self, label: Label, value: Any) -> bool | None:
        """What a label's value says; None when the row isn't labelled (empty, null, or -1).

        Raises:
            BadLine: the value says neither.
        """
        word = "" if value is None else str(value).strip().lower()
        if word in _UNLABELLED and word not in self.positive:
            return None
        if self.positive:
            return word in self.positive
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        try:
            number = float(word)
        except ValueError:
            number = -1.0
        if 0.0 <= number <= 1.0:
            return number >= 0.5
        raise BadLine(
            f"{label.column}: is neither 0 or 1 nor true or false; name the values that count with --positive"
        )


def asked_label(argument: str) -> Label:
    """`COLUMN=SCORE` as a label. Raises: `NotAsAsked`."""
    column, equals, score = argument.rpartition("=")
    if not equals or not column:
        raise NotAsAsked(f"--label {argument}: write COLUMN=SCORE, such as is_toxic=toxicity")
    if score not in SCORE_NAMES:
        near = get_close_matches(score, SCORE_NAMES, n=1)
        hint = f"did you mean {near[0]}?" if near else f"scores: {', '.join(SCORE_NAMES)}"
        raise NotAsAsked(f"--label {argument}: there is no such score ({hint})")
    return Label(column=column, score=score)


def choose_columns(
    names: Sequence[str], *, text: str | None, labels: Sequence[Label], positive: Sequence[str]
) -> Columns:
    """The columns to read of a file that has `names`.

    Args:
        names: Of the header, or of the first object.
        text: The text's column, where it was named.
        labels: Those that were named; the known ones among `names` otherwise.
        positive: Values that count as carrying a label.

    Raises:
        NotAsAsked: A named column is missing, none fits, or two would be one score.
    """
    by_name = {name.strip().lower(): name for name in names}
    listed = f"the file has: {_listed(names)}"
    if text is not None:
        text_column = _named(by_name, text, listed)
    else:
        known = [by_name[name] for name in TEXT_COLUMNS if name in by_name]
        if not known:
            raise NotAsAsked(f"no column is known to hold the text; name it with --text ({listed})")
        text_column = known[0]
    found = (
        [Label(column=_named(by_name, each.column, listed), score=each.score) for each in labels]
        if labels
        else [Label(column=name, score=SCORE_OF[key]) for key, name in by_name.items() if key in SCORE_OF]
    )
    if not found:
        raise NotAsAsked(f"no column is known to be a label; name it with --label COLUMN=SCORE ({listed})")
    scores = [each.score for each in found]
    if twice := next((score for score in scores if scores.count(score) > 1), None):
        columns = [each.column for each in found if each.score == twice]
        raise NotAsAsked(f"{_listed(columns)} are all for {twice}; choose one with --label COLUMN={twice}")
    if wrong := next((each.column for each in found if each.column == text_column), None):
        raise NotAsAsked(f"the column {wrong} can't be text and label")
    return Columns(
        text=text_column,
        labels=tuple(sorted(found, key=lambda each: SCORE_NAMES.index(each.score))),
        positive=frozenset(value.strip().lower() for value in positive),
    )


def _named(by_name: dict[str, str], name: str, listed: str) -> str:
    key = name.strip().lower()
    if key in by_name:
        return by_name[key]
    near = get_close_matches(key, list(by_name), n=1)
    raise NotAsAsked(f"there is no column {name} ({f'did you mean {by_name[near[0]]}?' if near else listed})")


MAX_LISTED = 20
_LIKE_A_NAME = re.compile(r"[^\W\d][\w.\-]{0,39}")


def _listed(names: Sequence[str]) -> str:
    """Names as far as they look like names: where a header is missing, its place is taken by somebody's words."""
    shown = [
        name if _LIKE_A_NAME.fullmatch(name) else f"(column {place})"
        for place, name in enumerate((name.strip() for name in names[:MAX_LISTED]), start=1)
    ]
    return ", ".join(shown) + (f" and {len(names) - MAX_LISTED} more" if len(names) > MAX_LISTED else "")
