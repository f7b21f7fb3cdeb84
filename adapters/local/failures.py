"""Bad days on order: how the local platform lets Delivery fail, for tests."""

from collections import deque
from datetime import timedelta
from enum import StrEnum

from core.errors import GaveUp, NotAllowed, RetryLater
from core.model.action import ActionKind


class Failure(StrEnum):
    """How a failure looks to Delivery."""

    RETRY_LATER = "retry_later"
    NOT_ALLOWED = "not_allowed"
    GAVE_UP = "gave_up"
    DONE_THEN_TIMEOUT = "done_then_timeout"
    """The effect happened, and the answer got lost."""


class Failures:
    """Failures waiting for the calls that they are meant for."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[Failure, ActionKind | None]] = deque()

    def plan(self, failure: Failure, times: int, kind: ActionKind | None) -> None:
        """Let the next `times` calls (of `kind`, where given) fail."""
        self._waiting.extend([(failure, kind)] * times)

    def next(self, kind: ActionKind) -> Failure | None:
        """The failure meant for this call, taken from the list."""
        for index, (failure, only) in enumerate(self._waiting):
            if only is None or only is kind:
                del self._waiting[index]
                return failure
        return None


def before_effect(failure: Failure | None, kind: ActionKind) -> None:
    """Raise what keeps the effect from happening, if that is the failure."""
    match failure:
        case Failure.RETRY_LATER:
            raise RetryLater(reason="the local platform was told to refuse", after=timedelta(seconds=1))
        case Failure.NOT_ALLOWED:
            raise NotAllowed(reason="the local platform was told to forbid", permission=kind.value)
        case Failure.GAVE_UP:
            raise GaveUp(reason="the local platform was told to give up")


def after_effect(failure: Failure | None) -> None:
    """Lose the answer, if that is the failure."""
    if failure is Failure.DONE_THEN_TIMEOUT:
        raise TimeoutError("the local platform was told to lose its answer")
