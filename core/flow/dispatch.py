"""What a platform is handed: an action with its card, its words, or the receipt of what it undoes or edits."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from core.flow.noticing import words
from core.flow.on_call import OnCall
from core.flow.planning import UNDOES
from core.model.action import CARD_KINDS, ActionKind
from core.model.card import Audience, Card, Text
from core.model.case import Case, CaseId, Evidence
from core.model.message import CommunityId, MemberId
from core.model.order import Order
from core.model.page import Page
from core.model.people import FIRST_CALLED
from core.model.record import Action, ActionState
from core.ports import Clock, Store

Compose = Callable[[Case, Sequence[Evidence], ActionKind], Card]
"""Makes a case's card from its newest state (`core.desk.card`)."""

ComposeDigest = Callable[[CommunityId, Sequence[Case], datetime], Card]
"""Makes the card of a digest (`core.desk.digest`)."""

ComposeLetter = Callable[[Action, Case], Page | None]
"""Makes the page of what a member can answer with a button (`core.care.letters`); None for every other action."""

CASES = "cases"
"""The parameter in which a digest names the cases that it tells of, parted by commas; without it those that wait."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dispatch:
    """Makes orders of actions."""

    store: Store
    clock: Clock
    on_call: OnCall
    compose: Compose
    compose_digest: ComposeDigest
    compose_letter: ComposeLetter

    async def order(self, action: Action, case: Case, evidence: Sequence[Evidence]) -> Order | None:
        """What the platform is handed; None for the refresh of a card that is not posted yet."""
        if action.kind not in CARD_KINDS:
            receipt = await self._receipt_of(action.community, action.params.get(UNDOES, ""))
            page = self.compose_letter(action, case) if action.kind is ActionKind.SUPPORT_MESSAGE else None
            return Order(action=action, receipt=receipt, notice=words(action, case), page=page)
        card = self.compose(case, evidence, action.kind)
        match action.kind:
            case ActionKind.REFRESH_CARD:
                records = await self.store.actions(action.community, action.case_id)
                posted = [r for r in records if r.action.kind is ActionKind.ALERT and r.state is ActionState.DONE]
                return Order(action=action, card=card, receipt=posted[-1].receipt) if posted else None
            case ActionKind.TELL:
                theirs = Audience(role=FIRST_CALLED[case.concern], members=(MemberId(action.target),))
                return Order(action=action, card=replace(card, audience=theirs))
            case _:
                return Order(action=action, card=await self._called(action, case, card))

    async def has_card(self, case: Case) -> bool:
        """Whether the case's card is posted or will be; one that a digest told of has none until it calls people."""
        records = await self.store.actions(case.community, case.id)
        return any(each.action.kind is ActionKind.ALERT for each in records)

    async def digest(self, action: Action) -> Order | None:
        """The digest of a community; None where nothing is left to tell."""
        named = [each for each in action.params.get(CASES, "").split(",") if each]
        if named:
            found = [await self.store.case(action.community, CaseId(each)) for each in named]
            cases: Sequence[Case] = [each for each in found if each is not None and each.is_open]
        else:
            cases = await self.store.quiet_cases(action.community)
        if not cases:
            return None
        return Order(action=action, card=self.compose_digest(action.community, cases, self.clock.now()))

    async def _called(self, action: Action, case: Case, card: Card) -> Card:
        """The card with whom it calls, as the rota stands now, and with a word where nobody is on duty."""
        called = await self.on_call.audience(action, case)
        if called and called.is_unstaffed and await self.on_call.is_rota_in_use(action.community):
            card = replace(card, lines=(*card.lines, Text(key="card.nobody_on_duty")))
        return replace(card, audience=called)

    async def _receipt_of(self, community: CommunityId, undone: str) -> str:
        record = await self.store.action(community, undone) if undone else None
        return record.receipt if record else ""
