"""When a community's queue is watched, and who is on duty when; pure, and without a clock.

Times of day are those of the community's time zone. Hours that begin in the evening and end in the morning belong to
the day on which they begin. Where the local clock jumps, what is lost or doubled counts as the zone's data say.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.model.message import MemberId

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TimeOfDay = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='A time of day such as "18:30".')
]
LOOK_AHEAD_DAYS = 8
"""Every weekly pattern shows itself within this many days."""

Span = tuple[datetime, datetime]


class Hours(BaseModel):
    """A stretch of some days of the week."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    days: Annotated[tuple[Day, ...], Field(min_length=1, max_length=7)] = Field(
        DAYS, description="The days on which it begins."
    )
    begins: TimeOfDay = Field(description='When it begins, such as "18:00".')
    ends: TimeOfDay = Field(description='When it ends; not later than it begins means the next day, "00:00" midnight.')

    def spans(self, zone: ZoneInfo, days: Iterable[date]) -> Iterator[Span]:
        """Its stretches that begin on these days, as moments."""
        begins, ends = time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        for day in days:
            if DAYS[day.weekday()] in self.days:
                last = day if ends > begins else day + timedelta(days=1)
                yield datetime.combine(day, begins, zone), datetime.combine(last, ends, zone)


class Shift(Hours):
    """Who is on duty in those hours."""

    members: Annotated[tuple[MemberId, ...], Field(min_length=1, max_length=50)] = Field(
        description="Member ids; the first is called first."
    )


class Rota(BaseModel):
    """When people look at the queue, and who."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    time_zone: str = Field("UTC", description='The zone of all times of day here, such as "Europe/Berlin".')
    watched: Annotated[tuple[Hours, ...], Field(max_length=50)] = Field(
        (),
        description="When the queue is watched; none means always. Outside these hours nobody is called, except for "
        "crisis.",
    )
    shifts: Annotated[tuple[Shift, ...], Field(max_length=200)] = Field(
        (), description="Who is on duty when. Without any, everybody is, until somebody goes on duty."
    )

    @field_validator("time_zone")
    @classmethod
    def _exists(cls, given: str) -> str:
        try:
            ZoneInfo(given)
        except (KeyError, ValueError, OSError):
            raise ValueError('is no time zone; write it as "Europe/Berlin" or "UTC"') from None
        return given

    @property
    def zone(self) -> ZoneInfo:
        """The zone of all times of day here."""
        return ZoneInfo(self.time_zone)

    def shifts_at(self, at: datetime) -> tuple[Shift, ...]:
        """The shifts that run at that moment, in the order of the file."""
        days = _days_around(at.astimezone(self.zone).date(), before=1, after=0)
        return tuple(s for s in self.shifts if any(begins <= at < ends for begins, ends in s.spans(self.zone, days)))

    def shift_ends(self, member: MemberId, at: datetime) -> datetime | None:
        """When the shift of that member ends that runs at that moment; None when none does."""
        days = _days_around(at.astimezone(self.zone).date(), before=1, after=0)
        ends = (
            end
            for shift in self.shifts
            if member in shift.members
            for begin, end in shift.spans(self.zone, days)
            if begin <= at < end
        )
        return max(ends, default=None)

    def watched_spans(self, since: datetime) -> Iterator[Span]:
        """The watched stretches from `since` on, in order and joined, for the next days; never empty.

        The last ends where the look ahead ends.
        """
        if not self.watched:
            yield since, datetime.max.replace(tzinfo=since.tzinfo)
            return
        days = _days_around(since.astimezone(self.zone).date(), before=1, after=LOOK_AHEAD_DAYS)
        spans = sorted(span for hours in self.watched for span in hours.spans(self.zone, days))
        joined: list[Span] = []
        for begins, ends in spans:
            if ends <= since:
                continue
            begins = max(begins, since)
            if joined and begins <= joined[-1][1]:
                joined[-1] = joined[-1][0], max(ends, joined[-1][1])
            else:
                joined.append((begins, ends))
        yield from joined

    def next_beginning(self, after: datetime) -> datetime | None:
        """When the next shift, or the next watched hours where there are no shifts, begin; None without either."""
        hours: tuple[Hours, ...] = self.shifts or self.watched
        days = _days_around(after.astimezone(self.zone).date(), before=1, after=LOOK_AHEAD_DAYS)
        return min(
            (begins for each in hours for begins, _ in each.spans(self.zone, days) if begins > after), default=None
        )


ALWAYS = Rota()
"""Watched at all times, without shifts."""


def _days_around(day: date, *, before: int, after: int) -> list[date]:
    return [day + timedelta(days=n) for n in range(-before, after + 1)]
