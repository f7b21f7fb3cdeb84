"""Asking a person in a terminal: one question at a time, each with what may be answered."""

import re
import signal
import threading
from collections.abc import Awaitable, Sequence
from typing import Protocol, TypeVar

import typer

from core.model.survey import Named

Answer = TypeVar("Answer")

_ID = re.compile(r"-?[0-9]{3,20}(/[0-9]{1,19})?", re.ASCII)


class Asker(Protocol):
    """Asks and tells; the terminal, or a test."""

    def tell(self, sentence: str = "") -> None:
        """A line of text."""
        ...

    def ask(self, question: str, default: str = "", *, is_secret: bool = False) -> str:
        """A free answer, without white space around it; the default for an empty one."""
        ...

    def confirm(self, question: str, default: bool) -> bool:
        """Yes or no."""
        ...


class Terminal:
    """The terminal; an end of input or Ctrl+C raises `typer.Abort`."""

    def tell(self, sentence: str = "") -> None:
        typer.echo(sentence)

    def ask(self, question: str, default: str = "", *, is_secret: bool = False) -> str:
        answer: str = typer.prompt(question, default=default, show_default=bool(default), hide_input=is_secret)
        return answer.strip()

    def confirm(self, question: str, default: bool) -> bool:
        return typer.confirm(question, default=default)


def choose(asker: Asker, question: str, options: Sequence[Named], default: str = "") -> str:
    """One of `options`, by its number, or an id that was typed."""
    while True:
        hint = "number, or an id" if options else "an id: there is nothing to choose from"
        (chosen, *others) = choose_several(asker, question, options, default, hint=hint) or ("",)
        if chosen and not others:
            return chosen
        asker.tell("  One of them, please.")


def choose_several(
    asker: Asker,
    question: str,
    options: Sequence[Named],
    default: str = "",
    *,
    hint: str = "numbers or ids with commas between, or nothing",
) -> tuple[str, ...]:
    """Any of `options`, by their numbers, or ids that were typed; in the order of the answer, each once."""
    asker.tell()
    asker.tell(question)
    for number, option in enumerate(options, start=1):
        asker.tell(f"  {number}) {plain(option.name)}  [{option.id}]")
    while True:
        answer = asker.ask(f"  ({hint})", default)
        parts = [part.strip() for part in answer.replace(" ", ",").split(",") if part.strip()]
        wrong = [part for part in parts if _chosen(part, options) is None]
        if not wrong:
            return tuple(dict.fromkeys(filter(None, (_chosen(part, options) for part in parts))))
        asker.tell(f"  {wrong[0]} is neither a number of this list nor an id.")


def _chosen(part: str, options: Sequence[Named]) -> str | None:
    number = numbered(part, len(options))
    if number:
        return options[number - 1].id
    is_id = _ID.fullmatch(part) and len(part) > len(str(len(options))) + 2
    return part if is_id else None


def numbered(answer: str, count: int) -> int:
    """The number that was typed where it is one of 1 to `count`, else 0."""
    return int(answer) if re.fullmatch(r"[0-9]{1,6}", answer) and int(answer) <= count else 0


def plain(name: str, at_most: int = 80) -> str:
    """A name from outside without control characters, which could steer a terminal."""
    return "".join(character if character.isprintable() else "?" for character in name)[:at_most]


async def interruptible(talk: Awaitable[Answer]) -> Answer:
    """Wait for a conversation; Ctrl+C ends it at the question, with the terminal as it was before.

    Else it would leave a terminal that shows nothing of what is typed, in the middle of a hidden answer.
    """
    if threading.current_thread() is threading.main_thread() and signal.getsignal(signal.SIGINT) is not signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    return await talk
