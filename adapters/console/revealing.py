"""The words of a case for the one who asked: marked where a finding saw them, with who is who, reporters and notes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup

from adapters.console.presenting import Presenter
from adapters.console.wording import marked, plain, shortened, shown
from core.desk.queue import Revealed
from core.model.case import Evidence
from core.model.message import Author, MessageId
from core.model.record import Note, SealedMessage

CONTEXT_CHARS_SHOWN = 600

Wording = tuple[MessageId, datetime | None]
"""A message and when it was last edited."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Word:
    """A message of a case, opened.

    Attributes:
        left_out: How much was cut: context is cut short, evidence never.
        is_targets: Whether the one at whom the evidence was aimed wrote it.
        by: Who wrote it, by name.
        reporters: Who reported it, by name.
    """

    sealed: SealedMessage
    text: Markup
    left_out: int
    is_deleted: bool
    is_targets: bool
    by: str
    reporters: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NoteLine:
    """A note, and by whom and for whom it was written."""

    by: str
    text: Markup
    at: datetime


def words_of(revealed: Revealed, presenter: Presenter) -> list[Word]:
    """Every message that the case keeps, in the order sent."""
    spans = spans_by_wording(revealed.evidence)
    deleted = {each.message_id for each in revealed.evidence if each.deleted_at}
    targets = {each.target for each in revealed.evidence if each.target}
    words = []
    for sealed in revealed.messages:
        message = sealed.message
        if sealed.is_context:
            cut, left_out = shortened(message.text, CONTEXT_CHARS_SHOWN)
            text = shown(cut)
        else:
            text, left_out = marked(message.text, spans.get((message.id, message.edited_at), ())), 0
        reporters = (each.reporter for each in revealed.evidence if each.message_id == message.id and each.reporter)
        words.append(
            Word(
                sealed=sealed,
                text=text,
                left_out=left_out,
                is_deleted=message.id in deleted,
                is_targets=message.author.id in targets,
                by=_named(message.author, presenter),
                reporters=presenter.names(reporters),
            )
        )
    return words


def notes_of(notes: Sequence[Note], presenter: Presenter) -> list[NoteLine]:
    """What the case's people wrote for one another, oldest first."""
    return [
        NoteLine(
            by=presenter.say("console.note_for", name=presenter.name(each.by), to=presenter.name(each.to))
            if each.to
            else presenter.name(each.by),
            text=shown(each.text),
            at=each.at,
        )
        for each in notes
    ]


def _named(author: Author, presenter: Presenter) -> str:
    """The name they wrote under; an appeal comes with the id alone."""
    return plain(author.name) if author.name != author.id else presenter.name(author.id)


def spans_by_wording(evidence: Sequence[Evidence]) -> Mapping[Wording, Sequence[tuple[int, int]]]:
    """The spans to mark in each wording of each message."""
    spans: dict[Wording, list[tuple[int, int]]] = {}
    for each in evidence:
        spans.setdefault((each.message_id, each.edited_at), []).extend(each.spans)
    return spans
