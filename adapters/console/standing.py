"""Where a case stands, in sentences: by when somebody is needed, who was called, who is on it, and who looks along."""

from datetime import datetime

from adapters.console.presenting import Presenter
from core.desk.clicks import Verb
from core.desk.queue import CaseView
from core.model.case import Case, Concern, Outcome, State, Tier
from core.model.message import Author


class Standing:
    """Says how a case stands, to whoever looks."""

    def __init__(self, presenter: Presenter) -> None:
        self._presenter = presenter

    def due(self, case: Case, now: datetime) -> tuple[str, bool]:
        """By when somebody should have claimed a waiting case, and whether that time has passed."""
        if case.state is not State.WAITING or case.is_quiet or case.target_at is None:
            return "", False
        time = self._presenter.when(case.target_at, now)
        if now <= case.target_at:
            return self._presenter.say("console.needed_by", time=time), False
        span = self._presenter.span(now - case.target_at)
        return self._presenter.say("console.overdue", time=time, span=span), True

    def called(self, case: Case, now: datetime) -> str:
        """Whom the chain has called, and when it goes on; empty while only the first call went out."""
        if case.state is not State.WAITING or case.is_quiet or case.tier <= Tier.FIRST:
            return ""
        said = self._presenter.say(f"console.tier.{min(case.tier, Tier.BANNER)}")
        if case.chain_at is None or case.chain_at <= now:
            return said
        return f"{said} {self._presenter.say('console.next_call', time=self._presenter.when(case.chain_at, now))}"

    def words(self, case: Case, me: Author, now: datetime, *, is_overturned: bool = False) -> str:
        """Who is on it, until when it sleeps, or how it ended; what an appeal has overturned was decided otherwise."""
        say = self._presenter.say
        match case.state:
            case State.CLAIMED if case.holder == me.id and case.lease_until:
                return say("console.mine", left=self._presenter.left(case.lease_until - now))
            case State.CLAIMED if case.held_since:
                since = self._presenter.ago(now - case.held_since)
                return say("console.held", name=self._presenter.name(case.holder), since=since)
            case State.SNOOZED if case.snoozed_until:
                return say("console.snoozed", left=self._presenter.left(case.snoozed_until - now))
            case State.RESOLVED if case.closed_at:
                return self._ended(case, me, now, case.closed_at, is_overturned)
        return ""

    def second(self, view: CaseView, me: Author, now: datetime) -> str:
        """The second pair of eyes on a grave case: who it is, that one was asked for, or that one is wanted."""
        case, say = view.case, self._presenter.say
        if case.state is not State.CLAIMED:
            return ""
        if case.second is not None:
            if case.second == me.id:
                return say("console.second_is_you")
            return say("console.second", name=self._presenter.name(case.second))
        asked = self._presenter.ago(now - case.second_asked_at) if case.second_asked_at is not None else ""
        if case.holder == me.id and Verb.ASK_SECOND in view.verbs:
            if view.is_alone:
                return say("console.second_alone")
            if asked:
                return say("console.second_asked", since=asked)
            return say("console.second_wanted" if case.concern is Concern.CRISIS else "console.second_helps")
        return say("console.second_asked_of_you", since=asked) if asked and Verb.SECOND in view.verbs else ""

    def _ended(self, case: Case, me: Author, now: datetime, closed_at: datetime, is_overturned: bool) -> str:
        say = self._presenter.say
        by = say("console.you") if case.closed_by == me.id else self._presenter.name(case.closed_by)
        since = self._presenter.ago(now - closed_at)
        if is_overturned and case.outcome is Outcome.NOT_A_PROBLEM:
            return say("console.overturned", name=by, since=since)
        outcome = say(f"outcome.{(case.outcome or Outcome.NOT_A_PROBLEM).value}")
        if case.reason is not None:
            outcome = say("console.because", outcome=outcome, reason=say(f"reason.{case.reason.value}"))
        return say("console.resolved", outcome=outcome, name=by, since=since)
