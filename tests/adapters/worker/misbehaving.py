"""Filters that a worker process is given in tests; what one does with a message is written in the message."""

import os
import re
import sys
import time
from collections.abc import Sequence

from core.flow.filter import Filter, Seen
from core.model.finding import NOTHING, Category, Finding, Kind, Verdict

CRISIS = Finding(
    filter="obedient",
    category=Category.CRISIS,
    kind=Kind.DISCLOSURE,
    level=2,
    score=0.9,
    why="a synthetic reason",
    rule="obedient:1",
)


class Obedient:
    """Does what the text says, and finds something in every other message."""

    name = "obedient"
    version = "1"
    categories = frozenset({Category.CRISIS})

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        return [self._judge(each.message.text) for each in batch]

    def _judge(self, text: str) -> Verdict:
        match text:
            case "raise":
                raise ValueError("words that must not get out")
            case "sleep":
                time.sleep(3600)
            case "hold the lock":
                return Verdict(scores={"crisis": float(sum(range(10**15)))})
            case "backtrack":
                re.match(r"(a+)+$", "a" * 60 + "b")
            case "print":
                print("words on standard output")  # noqa: T201 - that is what this one does
                sys.stdout.flush()
                os.write(1, b"bytes on standard output")
            case "read":
                return Verdict(scores={"crisis": float(len(sys.stdin.read()))})
            case "exit":
                sys.exit(3)
            case "die":
                os._exit(3)
            case "nan":
                return Verdict(scores={"crisis": float("nan")})
            case "unpicklable":
                return Verdict(scores={"crisis": Unpicklable(0.5)})
            case "say your number":
                return Verdict(scores={"crisis": os.getpid() / 10**9})
            case "nothing":
                return NOTHING
        return Verdict(findings=(CRISIS,))


class Unpicklable(float):
    """A number that refuses to travel."""

    def __reduce__(self) -> str:
        raise TypeError


def obedient() -> Sequence[Filter]:
    return [Obedient()]


def refusing(reason: str) -> Sequence[Filter]:
    raise FileNotFoundError(reason)


def dying() -> Sequence[Filter]:
    os._exit(3)
