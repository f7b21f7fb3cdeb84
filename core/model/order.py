"""An action as a platform is handed it."""

from dataclasses import dataclass

from core.model.card import Card, Text
from core.model.page import Page
from core.model.record import Action


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An action with what the platform needs to carry it out."""

    action: Action
    card: Card | None = None
    receipt: str = ""
    """For a card that was posted before, and for what undoes something: the platform's id of that."""
    notice: Text | None = None
    """For what is said to a member: the words."""
    page: Page | None = None
    """For what a member can answer with a button: the page instead of `notice`."""
