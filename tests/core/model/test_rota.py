"""The rota: watched hours and shifts over midnight, over jumps of the clock, and overlapping."""

from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from core.model.message import MemberId
from core.model.rota import DAYS, Rota, Span

BERLIN = ZoneInfo("Europe/Berlin")
LEAP = "2026-03-29"
"""In Berlin 02:00 to 03:00 does not exist on this day."""

FALL = "2026-10-25"
"""In Berlin 02:00 to 03:00 comes twice on this day."""

times = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from((0, 15, 30, 59)))
hours = st.fixed_dictionaries(
    {"begins": times, "ends": times, "days": st.lists(st.sampled_from(DAYS), min_size=1, max_size=7, unique=True)}
)
zones = st.sampled_from(("UTC", "Europe/Berlin", "America/St_Johns", "Pacific/Kiritimati", "Australia/Lord_Howe"))
moments = st.integers(0, 2 * 365 * 1440).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n))


def berlin(day: str, at: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(f"{day}T{at}").replace(tzinfo=BERLIN, fold=fold)


def watching(*spans: tuple[str, str], days: tuple[str, ...] = DAYS, zone: str = "Europe/Berlin") -> Rota:
    watched = [{"begins": begins, "ends": ends, "days": days} for begins, ends in spans]
    return Rota.model_validate({"time_zone": zone, "watched": watched})


def shifts(*planned: tuple[str, str, str], days: tuple[str, ...] = DAYS, zone: str = "Europe/Berlin") -> Rota:
    each = [{"begins": b, "ends": e, "days": days, "members": names.split()} for b, e, names in planned]
    return Rota.model_validate({"time_zone": zone, "shifts": each})


def there(rota: Rota, at: datetime) -> list[MemberId]:
    return [member for shift in rota.planned(at, at) for member in shift.members if shift.begins <= at < shift.ends]


def local(span: Span) -> tuple[str, str]:
    begins, ends = (f"{moment.astimezone(BERLIN):%a %H:%M}" for moment in span)
    return begins, ends


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    rota = shifts(("22:00", "06:00", "rae"), days=("fri",))
    friday, saturday, thursday = "2026-03-06", "2026-03-07", "2026-03-05"
    assert there(rota, berlin(friday, "22:00")) == ["rae"]
    assert there(rota, berlin(saturday, "05:59")) == ["rae"]
    assert there(rota, berlin(saturday, "06:00")) == []
    assert there(rota, berlin(saturday, "22:00")) == []
    assert there(rota, berlin(friday, "05:00")) == []
    assert there(rota, berlin(thursday, "23:00")) == []


def test_hours_that_end_when_they_begin_last_a_day() -> None:
    rota = shifts(("09:00", "09:00", "rae"), days=("mon",))
    assert there(rota, berlin("2026-03-02", "09:00")) == ["rae"]
    assert there(rota, berlin("2026-03-03", "08:59")) == ["rae"]
    assert there(rota, berlin("2026-03-03", "09:00")) == []


def test_a_shift_ends_with_the_last_of_those_that_overlap() -> None:
    rota = shifts(("12:00", "18:00", "rae sam"), ("16:00", "22:00", "rae"), ("18:00", "23:00", "sam"))
    at = berlin("2026-03-02", "17:00")
    assert rota.shift_ends(MemberId("rae"), at) == berlin("2026-03-02", "22:00")
    assert rota.shift_ends(MemberId("sam"), at) == berlin("2026-03-02", "18:00")
    assert rota.shift_ends(MemberId("tom"), at) is None


@pytest.mark.parametrize(
    ("day", "begins", "ends", "lasts"),
    [
        (LEAP, "00:00", "06:00", timedelta(hours=5)),
        (FALL, "00:00", "06:00", timedelta(hours=7)),
        (LEAP, "02:15", "04:00", timedelta(minutes=45)),
        (FALL, "02:15", "02:45", timedelta(minutes=30)),
    ],
)
def test_a_shift_over_a_jump_of_the_clock_is_as_long_as_it_really_is(
    day: str, begins: str, ends: str, lasts: timedelta
) -> None:
    (shift,) = shifts((begins, ends, "rae")).planned(berlin(day, "04:00") - timedelta(hours=3), berlin(day, "03:30"))
    assert shift.ends - shift.begins == lasts
    assert shift.begins.tzinfo is UTC


def test_a_shift_that_the_clock_leaps_over_does_not_come_that_day_and_leaves_no_hole() -> None:
    rota = shifts(("01:00", "02:30", "rae"), ("02:30", "03:00", "sam"), ("03:00", "05:00", "tom"))
    at = berlin(LEAP, "00:30").astimezone(UTC)
    seen = []
    while at < berlin(LEAP, "05:00"):
        seen.append(there(rota, at))
        at += timedelta(minutes=5)
    assert all(seen[6:])
    assert ["sam"] not in seen


def test_watched_stretches_come_in_order_and_none_overlaps_another() -> None:
    rota = watching(("09:00", "12:00"), ("11:00", "13:00"), ("22:00", "02:00"), ("10:00", "10:30"))
    spans = list(islice(rota.watched_spans(berlin("2026-03-02", "11:30")), 4))
    assert [local(span) for span in spans] == [
        ("Mon 11:30", "Mon 12:00"),
        ("Mon 12:00", "Mon 13:00"),
        ("Mon 22:00", "Tue 02:00"),
        ("Tue 09:00", "Tue 12:00"),
    ]


@pytest.mark.parametrize(
    ("at", "is_watched"),
    [("08:59", False), ("09:00", True), ("16:59", True), ("17:00", False), ("23:30", True), ("00:30", True)],
)
def test_hours_are_watched_from_their_beginning_and_up_to_their_end(at: str, is_watched: bool) -> None:
    assert watching(("09:00", "17:00"), ("23:00", "01:00")).is_watched(berlin("2026-03-02", at)) is is_watched


@given(st.lists(hours, max_size=4), zones, moments)
def test_watched_stretches_are_ordered_disjoint_and_say_what_is_watched(
    watched: list[dict[str, object]], zone: str, since: datetime
) -> None:
    rota = Rota.model_validate({"time_zone": zone, "watched": watched})
    spans = list(islice(rota.watched_spans(since), 6))
    assert spans[0][0] >= since
    for (begins, ends), following in zip(spans, [*spans[1:], None], strict=True):
        assert begins < ends
        assert rota.is_watched(begins)
        assert rota.is_watched(ends - timedelta(seconds=1))
        if following is not None:
            assert ends <= following[0]
            assert rota.is_watched(ends) is (ends == following[0])


@given(st.lists(hours, min_size=1, max_size=4), zones, moments)
def test_a_shift_runs_exactly_between_the_times_of_day_of_its_days(
    planned: list[dict[str, object]], zone: str, at: datetime
) -> None:
    """Away from the jumps of the clock, the wall clock alone says who is there."""
    rota = Rota.model_validate({"time_zone": zone, "shifts": [{**each, "members": ["rae"]} for each in planned]})
    wall = at.astimezone(ZoneInfo(zone))
    around = {(wall + timedelta(days=n)).utcoffset() for n in range(-2, 3)}
    if len(around) > 1:
        return
    now = f"{wall:%H:%M}"
    today, yesterday = DAYS[wall.weekday()], DAYS[wall.weekday() - 1]
    is_there = any(
        (each["begins"] < each["ends"] and today in each["days"] and each["begins"] <= now < each["ends"])  # type: ignore[operator]
        or (each["begins"] >= each["ends"] and today in each["days"] and now >= each["begins"])  # type: ignore[operator]
        or (each["begins"] >= each["ends"] and yesterday in each["days"] and now < each["ends"])  # type: ignore[operator]
        for each in planned
    )
    assert bool(there(rota, at)) is is_there


def test_the_next_shift_begins_within_a_week_and_without_shifts_the_next_watched_hours() -> None:
    monday = berlin("2026-03-02", "10:00")
    assert shifts(("09:00", "17:00", "rae"), days=("mon",)).next_beginning(monday) == berlin("2026-03-09", "09:00")
    assert watching(("09:00", "17:00")).next_beginning(monday) == berlin("2026-03-03", "09:00")
    assert Rota().next_beginning(monday) is None


def test_hours_of_one_day_a_week_that_the_clock_leaps_over_come_the_week_after() -> None:
    sundays = shifts(("02:00", "03:00", "rae"), days=("sun",))
    assert sundays.next_beginning(berlin("2026-03-23", "12:00")) == berlin("2026-04-05", "02:00")


def test_a_zone_that_does_not_exist_is_refused() -> None:
    for zone in ("Mars/Base", "", "../../etc/passwd", "/etc"):
        with pytest.raises(ValidationError, match="is no time zone"):
            Rota(time_zone=zone)
