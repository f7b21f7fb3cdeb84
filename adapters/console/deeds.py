"""What was ordered from a case and how far it came, and what can be ordered, with what can't be undone said before."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.console.presenting import Presenter
from core.desk.clicks import Verb
from core.desk.orders import Offer
from core.desk.undoing import may_undo
from core.model.action import CARD_KINDS, FOREVER_S, LAWS, ActionKind
from core.model.record import ActionRecord, ActionState

LETTERS = frozenset({ActionKind.NOTICE, ActionKind.WARN, ActionKind.SUPPORT_MESSAGE})
"""What is said to a member: it is told or it is not."""

_OF_CHANNELS = frozenset({ActionKind.UNLOCK, ActionKind.LIFT_SLOW_MODE})
_OF_NOBODY = frozenset({"message", "community"})


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLine:
    """An action of a case: proposed, under way, done or failed.

    Attributes:
        verb: `carry_out` or `undo_action` where a click can follow, else empty.
        is_final: Whether carrying it out can't be undone, which is said before the click.
        is_settled: Whether nothing more happens by itself.
    """

    key: str
    words: str
    state: str
    verb: str = ""
    is_final: bool = False
    is_settled: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class OfferLine:
    """Something that can be ordered.

    Attributes:
        choices: Seconds and words, where there is a choice.
        is_told: Whether the member is told why first.
    """

    kind: str
    words: str
    choices: tuple[tuple[int, str], ...]
    is_final: bool
    is_told: bool


class Deeds:
    """Actions and offers as lines of text."""

    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter

    def offered(self, offers: Sequence[Offer]) -> tuple[OfferLine, ...]:
        """What can be ordered."""
        return tuple(
            OfferLine(
                kind=offer.kind.value,
                words=self._presenter.say(f"action.{offer.kind.value}"),
                choices=tuple((each, self._duration(offer.kind, each)) for each in offer.durations_s),
                is_final=not offer.has_inverse,
                is_told=LAWS[offer.kind].is_told,
            )
            for offer in offers
        )

    def done(self, records: Sequence[ActionRecord], now: datetime) -> tuple[ActionLine, ...]:
        """What was ordered, without what only tells the desk something."""
        return tuple(self._line(each, records, now) for each in records if each.action.kind not in CARD_KINDS)

    def words(self, record: ActionRecord, now: datetime) -> str:
        """ "Time out the member · Robin · for 10 minutes"."""
        action = record.action
        what = self._presenter.say(f"action.{action.kind.value}")
        parts = (what, self._target(action.kind, action.target), self._lasting(record, now))
        return " · ".join(part for part in parts if part)

    def _line(self, record: ActionRecord, records: Sequence[ActionRecord], now: datetime) -> ActionLine:
        law = LAWS[record.action.kind]
        if record.state in {ActionState.PROPOSED, ActionState.SHADOW}:
            verb = Verb.CARRY_OUT.value
        elif may_undo(record, records) and record.action.kind is not ActionKind.NOTICE:  # it goes with what it tells of
            verb = Verb.UNDO_ACTION.value
        else:
            verb = ""
        return ActionLine(
            key=record.action.key,
            words=self.words(record, now),
            state=self._state(record),
            verb=verb,
            is_final=law.enforces and law.inverse is None,
            is_settled=record.state not in {ActionState.PENDING, ActionState.CLAIMED},
        )

    def _state(self, record: ActionRecord) -> str:
        is_letter = record.action.kind in LETTERS
        if is_letter and record.state in {ActionState.DONE, ActionState.FAILED, ActionState.UNKNOWN}:
            return self._presenter.say(f"console.letter_state.{record.state.value}")
        return self._presenter.say(f"action_state.{record.state.value}")

    def _target(self, kind: ActionKind, target: str) -> str:
        family = LAWS[kind].family
        if family in _OF_NOBODY or kind is ActionKind.RESUME_JOINS:
            return ""
        if family == "channel" or kind in _OF_CHANNELS:
            return f"#{self._presenter.channel(target)}"
        return self._presenter.name(target)

    def _lasting(self, record: ActionRecord, now: datetime) -> str:
        action = record.action
        if action.kind in LETTERS:
            return ""
        duration_s = action.params.get("duration_s", "")
        if duration_s.isascii() and duration_s.isdecimal():
            return self._duration(action.kind, int(duration_s))
        if action.until is None:
            return ""
        return self._presenter.say("console.until", time=self._presenter.when(action.until, now))

    def _duration(self, kind: ActionKind, seconds: int) -> str:
        if seconds >= FOREVER_S:
            return self._presenter.say("console.without_end")
        span = self._presenter.span(timedelta(seconds=seconds))
        return self._presenter.say("console.back_span" if LAWS[kind].looks_back else "console.for_span", span=span)
