"""What the local platform put up: cards in the moderators' and the responders' place, and letters to single members."""

from collections import OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from core.model.action import ActionKind
from core.model.card import Card, Text
from core.model.case import Concern
from core.model.message import MemberId
from core.model.order import Order
from core.model.page import Page

CARDS_KEPT = 1_000
LETTERS_KEPT = 200

_POSTED = frozenset({ActionKind.ALERT, ActionKind.REFRESH_CARD, ActionKind.DIGEST})
LETTERS = frozenset({ActionKind.WARN, ActionKind.NOTICE, ActionKind.SUPPORT_MESSAGE, ActionKind.TELL_OWNER})
"""What one member alone is sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PostedCard:
    """A card in the moderators' place or, for crisis, in the responders'."""

    receipt: str
    case_id: str
    card: Card | None
    posted_at: datetime

    @property
    def place(self) -> str:
        """`responders` for a crisis card, else `moderators`."""
        return "responders" if self.card and self.card.concern is Concern.CRISIS else "moderators"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """Something only one member sees: a warning, why something is done, an offer of support, news for owners."""

    member: MemberId
    kind: ActionKind
    case_id: str
    at: datetime
    notice: Text | None = None
    """Its words."""
    page: Page | None = None
    """What stands there instead of them, where it can be answered with a button."""
    is_automatic: bool = False
    """Whether no person ordered it."""


class Posted:
    """Cards by their receipts, and the newest letters."""

    def __init__(self) -> None:
        self.cards: OrderedDict[str, PostedCard] = OrderedDict()
        self.letters: deque[Letter] = deque(maxlen=LETTERS_KEPT)

    def put(self, order: Order, receipt: str, at: datetime) -> None:
        """Post, edit or send what an order shows to somebody; other orders show nothing here."""
        action = order.action
        if action.kind in _POSTED:
            self._post(order, receipt, at)
        elif action.kind in LETTERS:
            letter = Letter(
                member=MemberId(action.target),
                kind=action.kind,
                case_id=action.case_id,
                at=at,
                notice=order.notice,
                page=order.page,
                is_automatic=not action.params.get("by"),
            )
            self.letters.append(letter)

    def letters_for(self, member: MemberId) -> Sequence[Letter]:
        """What only this member sees, oldest first."""
        return [letter for letter in self.letters if letter.member == member]

    def _post(self, order: Order, receipt: str, at: datetime) -> None:
        before = self.cards.get(receipt)
        self.cards[receipt] = PostedCard(
            receipt=receipt,
            case_id=order.action.case_id,
            card=order.card,
            posted_at=before.posted_at if before else at,
        )
        while len(self.cards) > CARDS_KEPT:
            self.cards.popitem(last=False)
