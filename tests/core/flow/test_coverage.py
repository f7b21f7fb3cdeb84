"""When nobody is on duty, told before it begins."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.calling import on_duty
from core.flow.coverage import LOOK_AHEAD, first_gap, next_change
from core.model.message import MemberId
from core.model.record import Duty
from core.model.rota import Rota, Span
from tests.clock import START
from tests.core.flow.test_calling import duty
from tests.core.model.test_rota import hours, moments, zones

HOUR = timedelta(hours=1)
RAE, SAM = MemberId("rae"), MemberId("sam")


def rota(*shifts: tuple[str, str, str], watched: tuple[tuple[str, str], ...] = ()) -> Rota:
    return Rota.model_validate(
        {
            "shifts": [{"begins": b, "ends": e, "members": names.split()} for b, e, names in shifts],
            "watched": [{"begins": begins, "ends": ends} for begins, ends in watched],
        }
    )


def gap(
    of: Rota, *duties: Duty, now: datetime = START, watched: bool = False, called: Sequence[MemberId] = (RAE, SAM)
) -> Span | None:
    return first_gap(of, duties, now, is_called=lambda member: member in called, in_watched_hours=watched)


def test_a_rota_without_a_hole_has_no_gap() -> None:
    assert gap(rota(("06:00", "18:00", "rae"), ("18:00", "06:00", "sam"))) is None


def test_the_first_hole_ahead_is_found_with_its_end() -> None:
    assert gap(rota(("06:00", "18:00", "rae"), ("20:00", "06:00", "sam"))) == (START + 6 * HOUR, START + 8 * HOUR)


def test_a_hole_that_is_open_now_begins_now() -> None:
    assert gap(rota(("18:00", "06:00", "rae"))) == (START, START + 6 * HOUR)


def test_without_anybody_the_gap_is_as_long_as_the_look_ahead() -> None:
    assert gap(Rota(), duty(RAE, is_on=False)) == (START, START + LOOK_AHEAD)


def test_a_shift_of_people_who_lost_the_role_is_a_hole() -> None:
    planned = rota(("06:00", "18:00", "rae"), ("18:00", "06:00", "sam"))
    assert gap(planned, called=[RAE]) == (START + 6 * HOUR, START + 18 * HOUR)


def test_who_goes_off_duty_opens_a_hole_and_who_goes_on_closes_it() -> None:
    planned = rota(("06:00", "18:00", "rae"), ("18:00", "06:00", "sam"))
    off = duty(RAE, is_on=False, hours=6)
    assert gap(planned, off) == (START, START + 6 * HOUR)
    assert gap(planned, off, duty(SAM, hours=2)) == (START + 2 * HOUR, START + 6 * HOUR)
    assert gap(planned, off, duty(SAM, hours=7)) is None


def test_for_conduct_only_watched_hours_count() -> None:
    planned = rota(("12:00", "18:00", "rae"), watched=(("10:00", "20:00"),))
    assert gap(planned, watched=True) == (START + 6 * HOUR, START + 8 * HOUR)
    assert gap(planned) == (START + 6 * HOUR, START + 24 * HOUR)


shifts = st.lists(st.tuples(hours, st.sampled_from(("rae", "sam", "tom"))), max_size=4)
duties = st.lists(
    st.builds(
        lambda member, is_on, began, lasts: (member, is_on, began, lasts),
        st.sampled_from((RAE, SAM)),
        st.booleans(),
        st.integers(0, 600),
        st.integers(1, 1500),
    ),
    max_size=2,
    unique_by=lambda each: each[0],
)


@given(shifts, duties, zones, moments)
def test_the_gap_is_what_asking_at_every_moment_finds(
    planned: list[tuple[dict[str, object], str]],
    gone: list[tuple[MemberId, bool, int, int]],
    zone: str,
    now: datetime,
) -> None:
    of = Rota.model_validate({"time_zone": zone, "shifts": [{**each, "members": [name]} for each, name in planned]})
    told = [
        duty(member, is_on=is_on, since=now - timedelta(minutes=began), hours=(began + lasts) / 60)
        for member, is_on, began, lasts in gone
    ]
    found = gap(of, *told, now=now)
    empty = [
        at
        for at in (now + timedelta(minutes=n) for n in range(0, 24 * 60, 7))
        if not {RAE, SAM} & set(on_duty(of, told, at))
    ]
    if found is None:
        assert not empty
    else:
        assert now <= found[0] < found[1] <= now + LOOK_AHEAD
        assert all(at >= found[0] for at in empty)
        assert all(not {RAE, SAM} & set(on_duty(of, told, at)) for at in (found[0], found[1] - timedelta(seconds=1)))


@pytest.mark.parametrize(
    ("now", "expected"),
    [(START, START + HOUR), (START + 5.5 * HOUR, START + 6 * HOUR), (START + 6 * HOUR, START + 7 * HOUR)],
)
def test_the_next_change_is_looked_at_when_it_comes_and_within_an_hour(now: datetime, expected: datetime) -> None:
    assert next_change(rota(("12:00", "18:00", "rae")), [], now, HOUR) == expected


def test_the_end_of_a_duty_is_a_change() -> None:
    assert next_change(Rota(), [duty(RAE, hours=0.25)], START, HOUR) == START + HOUR / 4
