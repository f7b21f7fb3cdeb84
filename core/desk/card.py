"""The card: what moderators see of a case at a glance, as message keys and parameters, never finished prose.

Level word, kind, channel and age come first, then why. A crisis card never holds a word of the message, and no card
holds a name: platforms render members from their ids.
"""

from collections.abc import Sequence

from core.desk.clicks import Verb
from core.model.action import ActionKind
from core.model.card import Button, Card, Text
from core.model.case import Case, Evidence, Outcome, State

MAX_REASONS = 3


def compose(case: Case, evidence: Sequence[Evidence], action: ActionKind = ActionKind.ALERT) -> Card:
    """The card of a case in its present state; `action` says whether it is posted, repeated or refreshed."""
    return Card(
        case_id=case.id,
        version=case.version,
        turn=case.turn,
        concern=case.concern,
        level=case.level,
        title=Text(key=f"card.{case.concern.value}.title", params={"level": case.level, "kind": case.kind.value}),
        lines=(_place(case), *_reasons(evidence), *_marks(evidence), _standing(case)),
        buttons=_buttons(case),
        link=next((each.link for each in evidence if each.link and each.level == case.level), None),
    )


def reasons(evidence: Sequence[Evidence]) -> list[str]:
    """Why, gravest first, each once, at most `MAX_REASONS`."""
    ordered = sorted(evidence, key=lambda each: (-each.level, -each.score))
    return list(dict.fromkeys(each.why for each in ordered))[:MAX_REASONS]


def _place(case: Case) -> Text:
    return Text(
        key="card.place",
        params={"channel": case.channel, "opened_at": case.opened_at.isoformat(), "messages": case.messages},
    )


def _reasons(evidence: Sequence[Evidence]) -> list[Text]:
    return [Text(key="card.why", params={"why": why}) for why in reasons(evidence)]


def _marks(evidence: Sequence[Evidence]) -> list[Text]:
    marks = []
    if any(each.deleted_at for each in evidence):
        marks.append(Text(key="card.deleted"))
    if any(each.is_late for each in evidence):
        marks.append(Text(key="card.late"))
    return marks


def _standing(case: Case) -> Text:
    match case.state:
        case State.CLAIMED:
            return Text(key="card.claimed", params={"holder": case.holder or ""})
        case State.SNOOZED:
            until = case.snoozed_until.isoformat() if case.snoozed_until else ""
            return Text(key="card.snoozed", params={"until": until})
        case State.RESOLVED:
            outcome = case.outcome.value if case.outcome else ""
            return Text(key="card.resolved", params={"outcome": outcome, "by": case.closed_by or ""})
        case State.WAITING:
            return Text(key="card.waiting")


def _buttons(case: Case) -> tuple[Button, ...]:
    if not case.is_open:
        return (Button(verb=Verb.UNDO, label=Text(key="verb.undo")),)
    show = Button(verb="show", label=Text(key="verb.show"))
    dismiss = Button(verb=f"{Verb.RESOLVE}:{Outcome.NOT_A_PROBLEM}", label=Text(key="verb.not_a_problem"))
    if case.state is State.CLAIMED:
        return (show, Button(verb=Verb.RELEASE, label=Text(key="verb.release")))
    return (Button(verb=Verb.CLAIM, label=Text(key="verb.claim"), is_primary=True), show, dismiss)
