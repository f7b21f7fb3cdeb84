"""The card: what moderators see of a case at a glance, as message keys and parameters, never finished prose.

Level word, kind, channel and age come first, then why, then how it stands and what is needed. A crisis card never holds
a word of the message, and no card holds a name: platforms render the desk's own people from their ids, and who reported
something is only counted.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.desk.clicks import Verb
from core.flow.contact import has_asked
from core.model.action import ActionKind
from core.model.card import Button, Card, Text
from core.model.case import OUTCOMES, Case, Concern, Evidence, Outcome, State, Tier
from core.model.finding import Kind
from core.model.people import VISIBLE_TO
from core.ports import Staff

MAX_REASONS = 3

SHOW = "show"
IDENTIFY = "identify"
PLAYBOOK = "playbook"
"""Verbs that only read: they go to the one who asks, and change nothing."""

_CALM = 1
"""The level of a look-in, however grave its case was."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Composer:
    """Composes the cards of a desk whose people are known."""

    staff: Staff

    def __call__(self, case: Case, evidence: Sequence[Evidence], action: ActionKind = ActionKind.ALERT) -> Card:
        """As `compose`."""
        known = {member for role in VISIBLE_TO[case.concern] for member in self.staff.members(case.community, role)}
        return compose(case, evidence, action, has_others=bool(known - {case.holder, case.subject}))


def compose(
    case: Case,
    evidence: Sequence[Evidence],
    action: ActionKind = ActionKind.ALERT,
    *,
    has_others: bool = True,
) -> Card:
    """The card of a case in its present state; `action` says whether it is posted, repeated or refreshed.

    `has_others` says whether anybody but its holder is known who could look along.
    """
    if case.follow_up is not None and action is not ActionKind.REFRESH_CARD:
        return _look_in(case)
    return Card(
        case_id=case.id,
        version=case.version,
        turn=case.turn,
        concern=case.concern,
        level=case.level,
        title=_title(case),
        lines=(
            _place(case),
            *_what(case),
            *_reasons(evidence),
            *_marks(case, evidence),
            *_standing(case),
            *_second(case, has_others=has_others),
        ),
        buttons=tuple(_buttons(case, has_others=has_others)),
        link=next((each.link for each in evidence if each.link and each.level == case.level), None),
    )


def reasons(evidence: Sequence[Evidence]) -> list[str]:
    """Why, gravest first, each once, at most `MAX_REASONS`."""
    ordered = sorted(_seen(evidence), key=lambda each: (-each.level, -each.score))
    return list(dict.fromkeys(each.why for each in ordered))[:MAX_REASONS]


def _seen(evidence: Sequence[Evidence]) -> Sequence[Evidence]:
    """All but a member's own request, which has a line of its own."""
    return [each for each in evidence if each.kind is not Kind.ASKED]


def _look_in(case: Case) -> Card:
    """A word to the responders that it is time to look in again: nothing of what was said, and no haste."""
    return Card(
        case_id=case.id,
        version=case.version,
        turn=case.turn,
        concern=case.concern,
        level=_CALM,
        title=Text(key="card.follow_up.title"),
        lines=(
            Text(
                key=f"card.follow_up.{case.follow_up}",
                params={"outcome": case.outcome or "", "by": case.closed_by or ""},
            ),
            Text(key="card.follow_up.how"),
        ),
        buttons=tuple(_look_in_buttons()),
    )


def _title(case: Case) -> Text:
    if case.kind is Kind.ASKED:
        return Text(key="card.crisis.asked", params={"level": case.level})
    return Text(key=f"card.{case.concern.value}.title", params={"level": case.level, "kind": case.kind.value})


def _place(case: Case) -> Text:
    if not case.messages:
        return Text(key="card.asked_place", params={"opened_at": case.opened_at.isoformat()})
    return Text(
        key="card.place",
        params={"channel": case.channel, "opened_at": case.opened_at.isoformat(), "messages": case.messages},
    )


def _what(case: Case) -> Iterable[Text]:
    """What kind of thing it is, where the title doesn't say it."""
    if case.concern is not Concern.CONDUCT and case.kind is not Kind.ASKED:
        yield Text(key="card.kind", params={"kind": case.kind.value})
    if case.parent is not None:
        yield Text(key="card.appeal.about", params={"case": case.parent})


def _reasons(evidence: Sequence[Evidence]) -> list[Text]:
    return [Text(key="card.why", params={"why": why}) for why in reasons(evidence)]


def _marks(case: Case, evidence: Sequence[Evidence]) -> Iterable[Text]:
    """What else to know before looking at the words."""
    if has_asked(evidence):
        yield Text(key="card.asked")
    authors = {each.author for each in evidence}
    if not case.is_about_member and len(authors) > 1:
        yield Text(key="card.many", params={"messages": case.messages, "members": len(authors)})
    if reporters := {each.reporter for each in evidence if each.reporter}:
        yield Text(key="card.reported", params={"n": len(reporters)})
    if files := sum({each.message_id: each.attachments for each in evidence}.values()):
        yield Text(key="card.attachments", params={"n": files})
    if any(each.deleted_at for each in evidence):
        yield Text(key="card.deleted")
    if any(each.is_late for each in evidence):
        yield Text(key="card.late")


def _standing(case: Case) -> Iterable[Text]:
    match case.state:
        case State.WAITING:
            yield Text(key="card.waiting")
            if case.target_at is not None:
                yield Text(key="card.needed_by", params={"until": case.target_at.isoformat()})
            if case.tier > Tier.FIRST:
                yield Text(key=f"card.called.{Tier(case.tier).name.lower()}")
        case State.CLAIMED:
            yield Text(key="card.claimed", params={"holder": case.holder or ""})
        case State.SNOOZED:
            until = case.snoozed_until.isoformat() if case.snoozed_until else ""
            yield Text(key="card.snoozed", params={"until": until})
        case State.RESOLVED if case.outcome is Outcome.ERASED:
            yield Text(key="card.erased")
        case State.RESOLVED:
            outcome = case.outcome.value if case.outcome else ""
            yield Text(key="card.resolved", params={"outcome": outcome, "by": case.closed_by or ""})
            if case.reason is not None:
                yield Text(key="card.reason", params={"reason": case.reason.value})
            if case.follow_up is not None:
                yield Text(key="card.follow_up.due")


def _second(case: Case, *, has_others: bool) -> Iterable[Text]:
    """Nobody is to act alone on what is severe; where nobody else is there, nobody is held up either."""
    if case.state is not State.CLAIMED:
        return
    if case.second is not None:
        yield Text(key="card.second", params={"by": case.second})
    elif not case.is_severe:
        return
    elif not has_others:
        yield Text(key="card.alone")
    else:
        yield Text(key="card.second_asked" if case.second_asked_at else "card.not_alone")


def _buttons(case: Case, *, has_others: bool) -> Iterable[Button]:
    if case.follow_up is not None:
        yield from _look_in_buttons()
    if not case.is_open:
        if not case.is_final:
            yield _button(Verb.UNDO)
        return
    if case.state is not State.CLAIMED:
        yield _button(Verb.CLAIM, is_primary=True)
    yield _button(SHOW if case.messages else IDENTIFY)
    if case.concern is Concern.CRISIS and case.is_severe:
        yield _button(PLAYBOOK)
    if case.state is not State.CLAIMED:
        if Outcome.NOT_A_PROBLEM in OUTCOMES[case.concern]:
            yield Button(verb=f"{Verb.RESOLVE}:{Outcome.NOT_A_PROBLEM}", label=Text(key="verb.not_a_problem"))
        return
    if case.is_severe and case.second is None and has_others:
        yield _button(Verb.SECOND if case.second_asked_at else Verb.ASK_SECOND)
    yield _button(Verb.RELEASE)


def _look_in_buttons() -> Iterable[Button]:
    yield _button(Verb.LOOKED_IN, is_primary=True)
    yield _button(IDENTIFY)


def _button(verb: str, *, is_primary: bool = False) -> Button:
    return Button(verb=verb, label=Text(key=f"verb.{verb}"), is_primary=is_primary)
