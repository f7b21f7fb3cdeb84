"""What people are shown, free of any platform and any language: message keys, parameters, buttons, a card."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.model.case import CaseId, Concern
from core.model.message import MemberId
from core.model.record import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """A text to be rendered in somebody's language: a message key and its parameters, never finished prose."""

    key: str
    params: Mapping[str, str | int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    """One verb that a card offers; it carries case id, verb and turn, nothing more."""

    verb: str
    label: Text
    is_primary: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What moderators see of a case, platform-free. A crisis card holds no text of the message."""

    case_id: CaseId
    version: int
    turn: int
    concern: Concern
    level: int
    title: Text
    lines: tuple[Text, ...]
    buttons: tuple[Button, ...] = ()
    mentions: tuple[MemberId, ...] = ()
    link: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An action with what the platform needs to carry it out."""

    action: Action
    card: Card | None = None
    receipt: str = ""
    """For a card that was posted before: the platform's id of it."""
