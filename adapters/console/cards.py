"""A case as the pages show it, without a word of its messages: plain values, catalogue words, ages instead of dates."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from adapters.console.deeds import LETTERS, ActionLine, Deeds, OfferLine
from adapters.console.presenting import Presenter
from adapters.console.standing import Standing
from core.desk.queue import CaseView
from core.model.case import REASONS, Concern, Evidence, State
from core.model.finding import Kind
from core.model.message import Author

WHYS_SHOWN = 2
REPORTERS_NAMED = 5
PLAYBOOK_FROM_LEVEL = 3
PLAYBOOK_STEPS = 9
SNOOZE_MINUTES = (15, 60, 480)
HOLD_HOURS = (24, 72, 168)

Choices = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """A way to end a case, and the reasons that can be given with it."""

    outcome: str
    words: str
    reasons: Choices


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseCard:
    """A case without a word of its messages; `subject` is empty for crisis.

    Attributes:
        due: By when somebody is needed, or since when somebody has been; `is_overdue` for the latter.
        called: Whom the chain has called for it.
        channel: Empty where a member asked to talk and nothing was written.
        second: How the second pair of eyes stands, or that one is wanted.
        may_undo: Whether this person can take back what was ordered.
    """

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
    facts: tuple[str, ...]
    record: tuple[str, ...]
    more: str
    is_deleted: bool
    state: str
    is_mine: bool
    due: str
    is_overdue: bool
    called: str
    standing: str
    second: str
    is_alone: bool
    is_second_asked: bool
    verbs: frozenset[str]
    endings: tuple[Ending, ...]
    colleagues: Choices
    snoozes: tuple[tuple[int, str], ...]
    holds: tuple[tuple[int, str], ...]
    offers: tuple[OfferLine, ...]
    actions: tuple[ActionLine, ...]
    may_undo: bool
    playbook: tuple[str, ...]


class Cards:
    """Makes cards for whoever looks."""

    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter
        self._deeds = Deeds(presenter)
        self._standing = Standing(presenter)

    def card(
        self,
        view: CaseView,
        me: Author,
        desk: Sequence[Author],
        now: datetime,
        parent: CaseView | None = None,
        *,
        is_overturned: bool = False,
    ) -> CaseCard:
        """One case for the person `me`.

        `desk` are the people who may have it; `parent` is what an appeal is about, where this person may see it;
        `is_overturned` says that an appeal against it was granted.
        """
        case, say, standing = view.case, self._presenter.say, self._standing
        is_crisis = case.concern is Concern.CRISIS
        whys = _whys(view.evidence)
        due, is_overdue = standing.due(case, now)
        return CaseCard(
            id=case.id,
            turn=case.turn,
            tier=case.tier,
            level=case.level,
            level_word=say(f"level.{'asked' if case.kind is Kind.ASKED else case.concern.value}.{case.level}"),
            is_crisis=is_crisis,
            kind=say("concern.appeal") if case.concern is Concern.APPEAL else say(f"kind.{case.kind.value}"),
            channel=self._presenter.channel(case.channel) if case.messages else "",
            age=self._presenter.ago(now - case.opened_at),
            opened_at=case.opened_at,
            subject="" if is_crisis or case.concern is Concern.RAID else self._presenter.name(case.subject),
            whys=whys[:WHYS_SHOWN],
            facts=(*self._about_appeal(view, parent, me, now), *self._facts(view, now)),
            record=self._record(view, now),
            more=say("console.more_messages", n=case.messages - 1) if case.messages > 1 else "",
            is_deleted=bool(view.evidence) and all(each.deleted_at for each in view.evidence),
            state=case.state.value,
            is_mine=case.holder == me.id,
            due=due,
            is_overdue=is_overdue,
            called=standing.called(case, now),
            standing=standing.words(case, me, now, is_overturned=is_overturned),
            second=standing.second(view, me, now),
            is_alone=view.is_alone,
            is_second_asked=case.second_asked_at is not None,
            verbs=frozenset(verb.value for verb in view.verbs),
            endings=self._endings(view),
            colleagues=tuple(
                (each.id, self._presenter.name(each.id)) for each in desk if each.id not in {me.id, *view.barred}
            ),
            snoozes=tuple((each, self._presenter.span(timedelta(minutes=each))) for each in SNOOZE_MINUTES),
            holds=tuple((each, self._presenter.span(timedelta(hours=each))) for each in HOLD_HOURS),
            offers=self._deeds.offered(view.offers),
            actions=self._deeds.done(view.actions, now),
            may_undo=case.holder in {None, me.id},
            playbook=self._playbook() if is_crisis and case.level >= PLAYBOOK_FROM_LEVEL else (),
        )

    def _endings(self, view: CaseView) -> tuple[Ending, ...]:
        return tuple(
            Ending(
                outcome=outcome.value,
                words=self._presenter.say(f"outcome.{outcome.value}"),
                reasons=tuple(
                    (reason.value, self._presenter.say(f"reason.{reason.value}"))
                    for reason in REASONS.get((view.case.concern, outcome), ())
                ),
            )
            for outcome in view.outcomes
        )

    def _facts(self, view: CaseView, now: datetime) -> list[str]:
        """What else to know before looking at the words; who reported stays behind that look for crisis."""
        say, case = self._presenter.say, view.case
        facts = []
        reporters = list(dict.fromkeys(each.reporter for each in view.evidence if each.reporter))
        if reporters and case.concern is Concern.CRISIS:
            facts.append(say("console.reported", n=len(reporters)))
        elif reporters:
            names = self._presenter.names(reporters[:REPORTERS_NAMED])
            further = len(reporters) - REPORTERS_NAMED
            facts.append(
                say("console.reported_by_more", names=names, n=further)
                if further > 0
                else say("console.reported_by", names=names)
            )
        files = {each.message_id: each.attachments for each in view.evidence}
        if count := sum(files.values()):
            facts.append(say("console.attachments", n=count))
        if case.is_quiet:
            facts.append(say("console.quiet"))
        if case.held_until is not None and case.held_until > now:
            facts.append(say("console.held_until", time=self._presenter.when(case.held_until, now)))
        return facts

    def _record(self, view: CaseView, now: datetime) -> tuple[str, ...]:
        """The upheld cases of the member, newest first."""
        newest = sorted(view.record, key=lambda each: each.closed_at or each.opened_at, reverse=True)
        return tuple(
            self._presenter.say(
                "console.record_entry",
                kind=self._presenter.say(f"reason.{each.reason.value}" if each.reason else f"kind.{each.kind.value}"),
                since=self._presenter.ago(now - (each.closed_at or each.opened_at)),
            )
            for each in newest
        )

    def _about_appeal(self, view: CaseView, parent: CaseView | None, me: Author, now: datetime) -> list[str]:
        """Which decision an appeal is about, what was done, and whether it was this person's own."""
        if view.case.concern is not Concern.APPEAL or parent is None:
            return []
        say, decided = self._presenter.say, parent.case
        facts = []
        if decided.state is State.RESOLVED:
            facts.append(say("console.appealed", decision=self._standing.words(decided, me, now)))
        ordered = (each for each in parent.actions if each.action.params.get("by"))
        done = [self._deeds.words(each, now) for each in ordered if each.action.kind not in LETTERS]
        if done:
            facts.append(say("console.appealed_actions", actions="; ".join(done)))
        if view.is_own:
            facts.append(say("console.own_decision" if me.id in view.barred else "console.own_decision_alone"))
        return facts

    def _playbook(self) -> tuple[str, ...]:
        return tuple(self._presenter.say(f"console.playbook.{step}") for step in range(1, PLAYBOOK_STEPS + 1))


def _whys(evidence: Sequence[Evidence]) -> tuple[str, ...]:
    """Why, gravest first, each sentence once."""
    gravest = sorted(evidence, key=lambda each: -each.level)
    return tuple(dict.fromkeys(each.why for each in gravest))
