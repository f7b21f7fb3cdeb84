"""What the doctor found, for people and for programs."""

from collections.abc import Sequence
from typing import Any

from rich.console import Console
from rich.text import Text

from bots.doctor.section import Section
from core.model.problem import Problem


def tell(sections: Sequence[Section], terminal: Console) -> None:
    """One line an area, and below it what is wrong and what to do."""
    for section in sections:
        line = Text()
        mark, style = _mark(section)
        line.append(f"{mark:>4}  ", style=style)
        line.append(f"{section.name:<14}", style="bold")
        line.append(_plain(section.note))
        terminal.print(line)
        for problem in section.problems:
            words = Text("      ")
            words.append(_plain(problem.place), style="bold red" if problem.is_grave else "bold yellow")
            words.append(f": {_plain(problem.reason)}")
            terminal.print(words)
            if problem.hint:
                terminal.print(Text(f"        -> {_plain(problem.hint)}"))
    terminal.print()
    terminal.print(Text(verdict(sections), style="bold"))


def verdict(sections: Sequence[Section]) -> str:
    """The last line."""
    problems = [problem for section in sections for problem in section.problems]
    grave = sum(problem.is_grave for problem in problems)
    mild = len(problems) - grave
    if not problems:
        return "Nothing is wrong."
    parts = []
    if grave:
        parts.append(f"{grave} {'thing has' if grave == 1 else 'things have'} to be mended")
    if mild:
        parts.append(f"{mild} {'thing' if mild == 1 else 'things'} could be better")
    return ", and ".join(parts) + "."


def as_json(sections: Sequence[Section]) -> list[dict[str, Any]]:
    """One object an area."""
    return [
        {
            "area": section.name,
            "note": section.note,
            "is_skipped": section.is_skipped,
            "problems": [_problem(problem) for problem in section.problems],
        }
        for section in sections
    ]


def _problem(problem: Problem) -> dict[str, Any]:
    return {
        "place": problem.place,
        "reason": problem.reason,
        "hint": problem.hint,
        "severity": "grave" if problem.is_grave else "mild",
    }


def _plain(text: str) -> str:
    """Names and addresses come from outside, and what can't be seen in them could steer a terminal."""
    return "".join(each if each.isprintable() else "?" for each in text)


def _mark(section: Section) -> tuple[str, str]:
    if section.is_skipped:
        return "-", "dim"
    if not section.problems:
        return "ok", "green"
    return ("!!", "red") if any(problem.is_grave for problem in section.problems) else ("!", "yellow")
