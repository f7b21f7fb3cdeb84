"""A scripted night: who says, clicks and asks what, when the clock moves on, and what has to have happened before.

It is input only: what becomes of a step, the house decides. The cast and the channels are the scene's.
"""

import tomllib
from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field

from core.care.reports import ReportAbout
from core.desk.clicks import Verb
from core.model.action import ActionKind
from core.model.case import Concern, FollowUp, Outcome, State
from core.model.rota import TimeOfDay

NIGHT = Path(__file__).with_name("night.toml")


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Step(_Part):
    after_s: Annotated[float, Field(ge=0, le=60)] = 1.2
    """Seconds since the step before; of a night at its own speed."""
    caption: str = ""
    """What is happening, for whoever watches; empty leaves the one before."""


class Say(_Step):
    """Somebody of the cast writes."""

    do: Literal["say"]
    who: str
    where: str
    says: str


class Crowd(_Step):
    """Strangers write the same thing, one after another."""

    do: Literal["crowd"]
    names: Annotated[tuple[str, ...], Field(min_length=1)]
    where: str
    says: str


class OnCase(_Part):
    """Which case: the newest of a concern, about a member or, without one, about anybody."""

    concern: Concern
    about: str = ""


class Show(_Step):
    """Somebody looks at the words of a case."""

    do: Literal["show"]
    who: str
    case: OnCase


class Press(_Step):
    """Somebody presses a button of a case.

    `action` stands for the newest action of that kind in the case, where the verb asks for one.
    """

    do: Literal["press"]
    who: str
    case: OnCase
    verb: Verb
    params: Mapping[str, str] = {}
    action: ActionKind | None = None


class OnDuty(_Step):
    """Somebody puts themselves on or off duty."""

    do: Literal["duty"]
    who: str
    is_on: bool = True
    hours: int = 8


class HandOver(_Step):
    """Somebody ends their shift and hands all that they hold to a colleague."""

    do: Literal["hand_over"]
    who: str
    to: str
    note: str = ""


class Appeal(_Step):
    """A member asks for a second look at their newest sanction."""

    do: Literal["appeal"]
    who: str
    says: str


class Report(_Step):
    """A member reports the newest message of another one in a channel."""

    do: Literal["report"]
    who: str
    author: str
    where: str
    about: ReportAbout


class Choose(_Step):
    """A member presses a choice of the page that they have open, or else of the newest letter to them.

    `label` is the key of its words.
    """

    do: Literal["choose"]
    who: str
    label: str


class MoveClock(_Step):
    """The clock moves on to the next time of day of the community's."""

    do: Literal["clock"]
    to: TimeOfDay


class Until(_Step):
    """The night goes on only when a case stands like this, and what else is named has happened."""

    do: Literal["until"]
    after_s: Annotated[float, Field(ge=0, le=60)] = 0.0
    case: OnCase | None = None
    state: State | None = None
    tier: int | None = None
    holder: str | None = None
    second: str | None = None
    outcome: Outcome | None = None
    follow_up: FollowUp | None = None
    is_quiet: bool | None = None
    messages: int | None = None
    """At least so many messages are in it."""
    done: ActionKind | None = None
    """An action of this kind was carried out for the case."""
    called: str | None = None
    """This person was called to the case."""
    silent: str | None = None
    """This member can't write."""
    speaks: str | None = None
    """This member can write."""
    digest: bool = False
    """A digest was posted since the night began."""


Step = Say | Crowd | Show | Press | OnDuty | HandOver | Appeal | Report | Choose | MoveClock | Until


class Night(_Part):
    """What happens, in order."""

    steps: Annotated[tuple[Annotated[Step, Field(discriminator="do")], ...], Field(min_length=1)]

    @property
    def subjects(self) -> frozenset[str]:
        """The members whom its cases are about."""
        cases = (step.case for step in self.steps if isinstance(step, Show | Press | Until) and step.case)
        return frozenset(case.about for case in cases if case.about)

    @property
    def lasts_s(self) -> float:
        """How long it takes at its own speed, besides what the house needs."""
        return sum(step.after_s for step in self.steps)


def load_night(path: Path = NIGHT) -> Night:
    """Read a night; raises pydantic's `ValidationError` for a wrong field."""
    return Night.model_validate(tomllib.loads(path.read_text(encoding="utf-8")))


def next_time(now: datetime, of_day: TimeOfDay, zone: ZoneInfo) -> datetime:
    """When it is that time of day there next; now, where it is just that."""
    local = now.astimezone(zone)
    hour, minute = map(int, of_day.split(":"))
    at = local.replace(hour=hour, minute=minute, second=0, microsecond=0)
    if (local.hour, local.minute) == (hour, minute):
        return now
    return (at if at > local else at + timedelta(days=1)).astimezone(now.tzinfo)
