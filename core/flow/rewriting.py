"""A case's next state as it is written: with the difference that it makes to what waits. Pure."""

from core.flow.pacing import timer_changes
from core.model.case import Case
from core.model.record import CaseWrite, Commit


def rewritten(before: Case, after: Case) -> Commit:
    """The case as it goes on, and its timers; nobody writes the one without the other."""
    timers, cancelled = timer_changes(before, after)
    write = CaseWrite(case=after, expected_version=before.version)
    return Commit(cases=(write,), timers=timers, cancelled_timers=cancelled)
