"""When nobody is on duty: the stretches ahead in which a role has nobody who would be called first. Pure."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from itertools import takewhile

from core.flow.calling import there_at
from core.model.message import MemberId
from core.model.record import Duty
from core.model.rota import Rota, Span

LOOK_AHEAD = timedelta(hours=24)
"""How long before it begins people are told that nobody will be on duty."""


def first_gap(
    rota: Rota,
    duties: Sequence[Duty],
    now: datetime,
    *,
    is_called: Callable[[MemberId], bool],
    in_watched_hours: bool,
) -> Span | None:
    """The first stretch of the next 24 hours in which nobody is on duty who `is_called`; None without one.

    With `in_watched_hours` only those count. A stretch that lasts longer ends where the look ahead does.
    """
    until = now + LOOK_AHEAD
    planned = rota.planned(now, until)
    watched = [(now, until)]
    if in_watched_hours:
        watched = [(begins, min(ends, until)) for begins, ends in takewhile(_before(until), rota.watched_spans(now))]
    marks = {now}
    marks.update(mark for shift in planned for mark in (shift.begins, shift.ends))
    marks.update(mark for duty in duties for mark in (duty.since, duty.until))
    marks.update(mark for span in watched for mark in span)
    begins: datetime | None = None
    for mark in sorted(each for each in marks if now <= each < until):
        is_open = any(first <= mark < last for first, last in watched)
        is_gap = is_open and not any(is_called(member) for member in there_at(planned, duties, mark))
        if is_gap and begins is None:
            begins = mark
        elif not is_gap and begins is not None:
            return begins, mark
    return None if begins is None else (begins, until)


def next_change(rota: Rota, duties: Iterable[Duty], now: datetime, within: timedelta) -> datetime:
    """When somebody next comes or goes by shift or by duty; the end of `within` where nobody does before."""
    until = now + within
    marks = [mark for shift in rota.planned(now, until) for mark in (shift.begins, shift.ends)]
    marks += [duty.until for duty in duties]
    return min((mark for mark in marks if now < mark < until), default=until)


def _before(until: datetime) -> Callable[[Span], bool]:
    return lambda span: span[0] < until
