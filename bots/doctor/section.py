"""What the doctor says of one area."""

from collections.abc import Iterable
from dataclasses import dataclass

from config.refusal import SeveralRefused
from core.errors import ConfigurationRefused
from core.model.problem import Problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One area.

    Attributes:
        name: What was looked at.
        problems: What is wrong there; empty where all is well.
        note: What was seen, one clause, or why the area was not looked at.
        is_skipped: Whether it could not be looked at because something before it is wrong, or nobody asked for it.
    """

    name: str
    problems: tuple[Problem, ...] = ()
    note: str = ""
    is_skipped: bool = False


def problems_of(refused: ConfigurationRefused) -> tuple[Problem, ...]:
    """A refusal, or each of several, as a problem."""
    each: Iterable[ConfigurationRefused] = refused.refusals if isinstance(refused, SeveralRefused) else (refused,)
    return tuple(Problem(place=one.path, reason=one.reason, hint=one.hint) for one in each)


def mild(problem: Problem) -> Problem:
    """The same, as something that the bot works without."""
    return Problem(place=problem.place, reason=problem.reason, hint=problem.hint, is_grave=False)
