"""Cases as the pages show them: plain values, words from the catalogue, ages instead of dates."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.console.wording import plain
from core.desk.clicks import Verb
from core.desk.orders import may_undo
from core.desk.queue import CaseView
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import Case, Concern, Evidence, Outcome, Refused, State, Why
from core.model.message import Author, MessageId
from core.model.record import ActionRecord, ActionState
from core.ports import Texts

WHYS_SHOWN = 2
PLAYBOOK_FROM_LEVEL = 3
PLAYBOOK_STEPS = 9
JUST_NOW = timedelta(seconds=5)
SNOOZE_MINUTES = (15, 60, 480)


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionLine:
    """An action of a case: proposed, under way, done or failed.

    Attributes:
        verb: `carry_out` or `undo_action` where a click can follow, else empty.
        is_final: Whether carrying it out can't be undone, which is said before the click.
    """

    key: str
    words: str
    state: str
    verb: str = ""
    is_final: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCard:
    """A case without a word of its messages; `subject` is empty for crisis."""

    id: str
    turn: int
    tier: int
    level: int
    level_word: str
    is_crisis: bool
    kind: str
    channel: str
    age: str
    opened_at: datetime
    subject: str
    whys: tuple[str, ...]
    more: str
    is_deleted: bool
    state: str
    is_mine: bool
    standing: str
    verbs: frozenset[str]
    outcomes: tuple[tuple[str, str], ...]
    colleagues: tuple[tuple[str, str], ...]
    snoozes: tuple[tuple[int, str], ...]
    actions: tuple[ActionLine, ...]
    playbook: tuple[str, ...]


class Presenter:
    """Turns what the desk says into what people read."""

    def __init__(self, *, texts: Texts, name_of: Callable[[str], str], channel_name: Callable[[str], str]) -> None:
        self._texts = texts
        self._name_of = name_of
        self._channel_name = channel_name

    def say(self, key: str, **params: str | int) -> str:
        """One text of the catalogue."""
        return self._texts.render(Text(key=key, params=params))

    def say_text(self, text: Text) -> str:
        """A text that somebody else keyed."""
        return self._texts.render(text)

    def name(self, member: str | None) -> str:
        """A member's name, safe inside a sentence."""
        return plain(self._name_of(member)) if member else ""

    def span(self, delta: timedelta) -> str:
        """A stretch of time in one unit: "12 seconds", "5 minutes", "3 hours", "2 days"."""
        seconds = max(0, int(delta.total_seconds()))
        for key, unit_s in (("days", 86400), ("hours", 3600), ("minutes", 60)):
            if seconds >= unit_s * (2 if key != "minutes" else 1):
                return self.say(f"console.span.{key}", n=seconds // unit_s)
        return self.say("console.span.seconds", n=seconds)

    def _ago(self, delta: timedelta) -> str:
        return self.say("console.just_now") if delta < JUST_NOW else self.say("console.ago", span=self.span(delta))

    def _left(self, delta: timedelta) -> str:
        """A stretch to come, rounded up, so that 15 minutes don't read as 14 at once."""
        return self.span(delta + timedelta(seconds=59) if delta >= timedelta(minutes=1) else delta)

    def card(self, view: CaseView, me: Author, desk: Sequence[Author], now: datetime) -> CaseCard:
        """One case for the person `me`; `desk` are the people who may have it."""
        case = view.case
        is_crisis = case.concern is Concern.CRISIS
        whys = _whys(view.evidence)
        rest = case.messages - 1
        return CaseCard(
            id=case.id,
            turn=case.turn,
            tier=case.tier,
            level=case.level,
            level_word=self.say(f"level.{case.concern.value}.{case.level}"),
            is_crisis=is_crisis,
            kind=self.say(f"kind.{case.kind.value}"),
            channel=plain(self._channel_name(case.channel)),
            age=self._ago(now - case.opened_at),
            opened_at=case.opened_at,
            subject="" if is_crisis or case.concern is Concern.RAID else self.name(case.subject),
            whys=whys[:WHYS_SHOWN],
            more=self.say("console.more_messages", n=rest) if rest > 0 else "",
            is_deleted=bool(view.evidence) and all(each.deleted_at for each in view.evidence),
            state=case.state.value,
            is_mine=case.holder == me.id,
            standing=self._standing(case, me, now),
            verbs=frozenset(verb.value for verb in view.verbs),
            outcomes=tuple((outcome.value, self.say(f"outcome.{outcome.value}")) for outcome in view.outcomes),
            colleagues=tuple((each.id, plain(each.name)) for each in desk if each.id != me.id),
            snoozes=tuple((minutes, self.span(timedelta(minutes=minutes))) for minutes in SNOOZE_MINUTES),
            actions=tuple(line for record in view.actions if (line := self._action(record))),
            playbook=self._playbook() if is_crisis and case.level >= PLAYBOOK_FROM_LEVEL else (),
        )

    def refusal(self, refused: Refused, me: Author) -> str:
        """Why a click changed nothing, with who was first and since when."""
        holder, since = self.name(refused.holder), clock_time(refused.since) if refused.since else ""
        by_me = refused.holder == me.id and refused.why in {Why.ALREADY_CLAIMED, Why.CLOSED}
        key = f"console.{refused.why.value}_by_you" if by_me else f"refused.{refused.why.value}"
        return self.say(key, holder=holder, since=since, field=refused.field)

    def done(self, verb: str, case: Case) -> str:
        """What a click has done, in a few words."""
        if verb == Verb.RESOLVE and case.outcome:
            return self.say("console.done.resolve", outcome=self.say(f"outcome.{case.outcome.value}"))
        return self.say(f"console.done.{verb}")

    def _standing(self, case: Case, me: Author, now: datetime) -> str:
        match case.state:
            case State.CLAIMED if case.holder == me.id and case.lease_until:
                return self.say("console.mine", left=self._left(case.lease_until - now))
            case State.CLAIMED if case.held_since:
                return self.say("console.held", name=self.name(case.holder), since=self._ago(now - case.held_since))
            case State.SNOOZED if case.snoozed_until:
                return self.say("console.snoozed", left=self._left(case.snoozed_until - now))
            case State.RESOLVED if case.closed_at:
                by = self.say("console.you") if case.closed_by == me.id else self.name(case.closed_by)
                outcome = self.say(f"outcome.{(case.outcome or Outcome.NOT_A_PROBLEM).value}")
                return self.say("console.resolved", outcome=outcome, name=by, since=self._ago(now - case.closed_at))
        return self.say("console.escalated", n=case.tier) if case.tier else ""

    def _action(self, record: ActionRecord) -> ActionLine | None:
        action = record.action
        if action.kind in {ActionKind.ALERT, ActionKind.REFRESH_CARD, ActionKind.PAGE}:
            return None
        lawful = LAWS[action.kind]
        if record.state in {ActionState.PROPOSED, ActionState.SHADOW}:
            verb = Verb.CARRY_OUT.value
        elif may_undo(record):
            verb = Verb.UNDO_ACTION.value
        else:
            verb = ""
        return ActionLine(
            key=action.key,
            words=self._words(record),
            state=self.say(f"action_state.{record.state.value}"),
            verb=verb,
            is_final=lawful.enforces and lawful.inverse is None,
        )

    def _words(self, record: ActionRecord) -> str:
        """ "Time out the member · Robin · for 10 minutes"."""
        action = record.action
        what, whom = self.say(f"action.{action.kind.value}"), self._target(action.kind, action.target)
        return " · ".join(part for part in (what, whom, self._lasting(record)) if part)

    def _target(self, kind: ActionKind, target: str) -> str:
        if kind is ActionKind.DELETE:
            return ""
        if LAWS[kind].family == "channel" or kind in {ActionKind.UNLOCK, ActionKind.LIFT_SLOW_MODE}:
            return f"#{plain(self._channel_name(target))}"
        return self.name(target)

    def _lasting(self, record: ActionRecord) -> str:
        duration_s = record.action.params.get("duration_s", "")
        if duration_s.isdigit():
            return self.say("console.for_span", span=self.span(timedelta(seconds=int(duration_s))))
        if record.action.until:
            return self.say("console.until", time=clock_time(record.action.until))
        return ""

    def _playbook(self) -> tuple[str, ...]:
        return tuple(self.say(f"console.playbook.{step}") for step in range(1, PLAYBOOK_STEPS + 1))


Wording = tuple[MessageId, datetime | None]
"""A message and when it was last edited."""


def clock_time(at: datetime) -> str:
    """A time of day where the console runs."""
    return f"{at.astimezone():%H:%M}"


def _whys(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Why, gravest first, each sentence once."""
    gravest = sorted(evidence, key=lambda each: -each.level)
    return tuple(dict.fromkeys(each.why for each in gravest))


def spans_by_wording(evidence: Sequence[Evidence]) -> Mapping[Wording, Sequence[tuple[int, int]]]:
    """The spans to mark in each wording of each message."""
    spans: dict[Wording, list[tuple[int, int]]] = {}
    for each in evidence:
        spans.setdefault((each.message_id, each.edited_at), []).extend(each.spans)
    return spans
