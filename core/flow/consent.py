"""Consent to being looked at for signs of crisis: the community was told first, and the member did not say no.

Without it, what crisis screening found is thrown away before anything is decided: it opens nothing, joins nothing,
counts nowhere and is not screened again. It is asked for only where something was found, or where a crisis filter gave
no answer, so that ordinary messages cost nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.flow.decision import SPARED_IN_DISTRESS, speaks_of_own_distress
from core.member_ports import CareStore
from core.model.finding import Category, Check, CheckState, Verdict
from core.model.message import CommunityId, Message

NO_CONSENT = Check(
    filter="consent",
    state=CheckState.SKIPPED,
    why="The community has no notice of crisis screening, or its author does not want it.",
    category=Category.CRISIS,
    rule="no-consent",
)
"""What is left instead. It shields (promise 3), and says neither which of the two reasons it is nor what was found."""


def asks_for_consent(verdict: Verdict) -> bool:
    """Whether crisis screening found something, or gave no answer."""
    return any(each.category is Category.CRISIS for each in verdict.findings) or any(
        each.category is Category.CRISIS and each.state is not CheckState.CONSIDERED for each in verdict.checks
    )


def without_crisis(verdict: Verdict) -> Verdict:
    """The verdict as if crisis screening had been skipped; what else was found stands as it would have stood beside it.

    A model of toxicity takes words of distress for rude ones. Nobody's distress comes before moderators as misconduct
    because they wanted it seen by nobody.
    """
    spared = SPARED_IN_DISTRESS if speaks_of_own_distress(verdict) else frozenset()
    return replace(
        verdict,
        findings=tuple(each for each in verdict.findings if each.category not in {Category.CRISIS, *spared}),
        checks=(*(each for each in verdict.checks if each.category is not Category.CRISIS), NO_CONSENT),
        scores={name: score for name, score in verdict.scores.items() if name != Category.CRISIS},
    )


def is_refused(verdict: Verdict) -> bool:
    """Whether what crisis screening said was thrown away."""
    return NO_CONSENT in verdict.checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Asks the notice and the member's own choice.

    Attributes:
        is_noticed: Whether the notice stands in a community.
    """

    is_noticed: Callable[[CommunityId], bool]
    care: CareStore

    async def applied(self, verdict: Verdict, message: Message) -> Verdict:
        """The verdict, as far as there is consent to it. Raises: `Unavailable`."""
        if not asks_for_consent(verdict) or await self._is_given(message):
            return verdict
        return without_crisis(verdict)

    async def _is_given(self, message: Message) -> bool:
        if not self.is_noticed(message.community):
            return False
        chosen = await self.care.preference(message.community, message.author.id)
        return not chosen.no_crisis_screening
