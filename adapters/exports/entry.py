"""One entry of an export, as every reader gives it, and what reading met besides."""

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from adapters.exports.fields import has_offset, utc_time
from core.model.message import Message

PROBLEMS_NAMED = 50
"""Further ones are only counted."""

MAX_MESSAGE_CHARS = 250_000

BOT = "written by a bot"
SERVICE = "a notice of the platform"
PRIVATE = "in a private chat"
BROADCAST = "in a broadcast channel"
LINKED = "posted by a linked channel"
UNSUPPORTED = "not supported by the program that exported it"
AGAIN = "there a second time"
IGNORED_FILE = "files of other kinds"

LOCAL_TIMES = "Times without a time zone were taken as UTC."
NO_DATES = "Times of day without a date were put on days one after another, beginning with a made-up one."
NO_TIMES = "Messages without a time were taken to follow each other every 30 seconds."
ONE_CHANNEL = "Lines that name no channel were read as one conversation."
NOBODY = "Lines that name no author were each taken to be somebody else's."
UNKNOWN_BOTS = "This export doesn't say who is a bot: what bots wrote was counted as members' messages."


class Timing(StrEnum):
    """What an entry says of when it was sent."""

    DATED = "dated"
    TIME_OF_DAY = "time_of_day"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Entry:
    """A message with its place in a file.

    Attributes:
        unit: What `number` counts: "line" or "message".
        timing: `message.sent_at` is made up in part or in whole unless this is DATED.
    """

    file: str
    unit: str
    number: int
    message: Message
    timing: Timing = Timing.DATED

    @property
    def place(self) -> str:
        """Where it stands, for people: "general.json: message 1204"."""
        return f"{self.file}: {self.unit} {self.number}"


@dataclass(frozen=True, slots=True)
class Problem:
    """Something in an export that could not be read; `reason` holds none of its text."""

    place: str
    reason: str


class BadEntry(ValueError):
    """An entry that can't be used; its text completes "line 12 ..." and holds none of the entry's."""


@dataclass(slots=True)
class Leftovers:
    """What reading met besides usable messages.

    Attributes:
        on_problem: Told of each problem as it is met.
        skipped: Entries left out on purpose, by reason.
        problems: The first of what could not be read; `problem_count` is all of it.
        cuts: How many files broke off.
        notes: Sentences on what was assumed, each once.
    """

    on_problem: Callable[[Problem], None] = lambda problem: None
    skipped: Counter[str] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)
    problem_count: int = 0
    cuts: int = 0
    notes: dict[str, None] = field(default_factory=dict)

    def problem(self, place: str, reason: str) -> None:
        """Something could not be read."""
        met = Problem(place, reason)
        self.problem_count += 1
        if len(self.problems) < PROBLEMS_NAMED:
            self.problems.append(met)
        self.on_problem(met)

    def cut(self, place: str, reason: str) -> None:
        """A file breaks off: what stands before was used."""
        self.cuts += 1
        self.problem(place, reason)

    def note(self, sentence: str) -> None:
        """Something had to be assumed."""
        self.notes[sentence] = None


def time_of(given: Mapping[str, Any], field: str, leftovers: Leftovers) -> datetime:
    """The ISO 8601 time in a JSON field; one without a zone is taken as UTC, and noted. Raises: `BadEntry`."""
    value = given.get(field)
    if not isinstance(value, str):
        raise BadEntry(f"has no `{field}`")
    try:
        at = utc_time(value)
    except ValueError as error:
        raise BadEntry(f"has a `{field}` that {error}") from None
    if not has_offset(value):
        leftovers.note(LOCAL_TIMES)
    return at
