"""When a community's queue is watched, and who is on duty when; pure, and without a clock.

Times of day are those of the community's time zone. Hours that begin in the evening and end in the morning belong to
the day on which they begin. Where the local clock jumps, what is lost or doubled counts as the zone's data say: hours
that the clock leaps over altogether do not come on that day. All moments given out are UTC.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, field_validator

from core.model.message import MemberId

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
TimeOfDay = Annotated[
    str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", description='A time of day such as "18:30".')
]
LOOK_AHEAD_DAYS = 15
"""Every weekly pattern shows itself within this many days, also one of whose hours the clock leaps over."""

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
        """Its stretches that begin on these days, as moments in UTC; never an empty one."""
        begins, ends = time.fromisoformat(self.begins), time.fromisoformat(self.ends)
        for day in days:
            if DAYS[day.weekday()] not in self.days:
                continue
            last = day if ends > begins else day + timedelta(days=1)
            # Between moments of one zone Python counts wall clock time; only in UTC is an hour an hour.
            span = _moment(day, begins, zone), _moment(last, ends, zone)
            if span[0] < span[1]:
                yield span


class Shift(Hours):
    """Who is on duty in those hours."""

    members: Annotated[tuple[MemberId, ...], Field(min_length=1, max_length=50)] = Field(
        description="Member ids; the first is called first."
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A shift as it comes on one day."""

    begins: datetime
    ends: datetime
    members: tuple[MemberId, ...]


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

    def planned(self, since: datetime, until: datetime) -> tuple[Planned, ...]:
        """The shifts of which some part lies from `since` up to and with `until`, in the order of the file."""
        first, last = since.astimezone(self.zone).date(), until.astimezone(self.zone).date()
        days = [first + timedelta(days=n) for n in range(-1, (last - first).days + 1)]
        return tuple(
            Planned(begins=begins, ends=ends, members=shift.members)
            for shift in self.shifts
            for begins, ends in shift.spans(self.zone, days)
            if begins <= until and since < ends
        )

    def shift_ends(self, member: MemberId, at: datetime) -> datetime | None:
        """When the last of the shifts of that member ends that run at that moment; None when none does."""
        return max((shift.ends for shift in self.planned(at, at) if member in shift.members), default=None)

    def watched_spans(self, since: datetime) -> Iterator[Span]:
        """The watched stretches from `since` on, in order, none overlapping another; without an end, so take few."""
        if not self.watched:
            yield since, datetime.max.replace(tzinfo=UTC)
            return
        counted, day = since, since.astimezone(self.zone).date() - timedelta(days=1)
        while True:
            for begins, ends in sorted(span for hours in self.watched for span in hours.spans(self.zone, [day])):
                if ends > counted:
                    yield max(begins, counted), ends
                    counted = ends
            day += timedelta(days=1)

    def is_watched(self, at: datetime) -> bool:
        """Whether somebody should be looking at the queue at that moment."""
        return next(self.watched_spans(at))[0] <= at

    def next_beginning(self, after: datetime) -> datetime | None:
        """When the next shift, or the next watched hours where there are no shifts, begin; None without either."""
        hours: tuple[Hours, ...] = self.shifts or self.watched
        today = after.astimezone(self.zone).date()
        days = [today + timedelta(days=n) for n in range(-1, LOOK_AHEAD_DAYS)]
        return min(
            (begins for each in hours for begins, _ in each.spans(self.zone, days) if begins > after), default=None
        )


def _moment(day: date, at: time, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, at, zone).astimezone(UTC)
