"""What people are shown, free of any platform and any language: message keys, parameters, buttons, a card."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from core.model.case import CaseId, Concern
from core.model.message import MemberId
from core.model.people import Role


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
class Audience:
    """Whom a card calls.

    Attributes:
        role: Whose matter it is: never anybody who may not see the case.
        members: The people to mention, in this order.
        is_everybody: The whole role is called, also those whom only the platform knows to hold it.
        is_unstaffed: Nobody is on duty, which is why: to be said where a rota is in use.
        behind: The owners, whom it calls instead where it turns out that nobody holds the role.
    """

    role: Role
    members: tuple[MemberId, ...] = ()
    behind: tuple[MemberId, ...] = ()
    is_everybody: bool = False
    is_unstaffed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """What moderators see of a case, platform-free. A crisis card holds no text of the message.

    Attributes:
        case_id: Empty for a digest.
        audience: Whom it mentions when it is posted; None calls nobody.
    """

    case_id: CaseId
    version: int
    turn: int
    concern: Concern
    level: int
    title: Text
    lines: tuple[Text, ...]
    buttons: tuple[Button, ...] = ()
    audience: Audience | None = None
    link: str | None = None
