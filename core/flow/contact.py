"""Who may be written to: what goes to somebody in a crisis by a person's choice, unless they asked to be left alone.

Their own click comes first: who asks for a talk after that is answered with one.
"""

from collections.abc import Awaitable, Callable, Iterable

from core.model.action import ActionKind
from core.model.case import Evidence
from core.model.finding import Kind
from core.model.message import CommunityId, MemberId
from core.model.preference import Preference

CONTACTS = frozenset({ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK})
"""What a member did not ask for, unless they did."""

PreferenceOf = Callable[[CommunityId, MemberId], Awaitable[Preference]]
"""What a member chose (`core.ports.CareStore.preference`)."""


async def no_preferences(community: CommunityId, member: MemberId) -> Preference:
    """Stands where nobody can ask: nothing goes out to a member then."""
    raise LookupError("nobody knows here what members chose")


def is_unwanted(kind: ActionKind, preference: Preference, evidence: Iterable[Evidence]) -> bool:
    """Whether the member has asked not to be written to, and not asked for just this since then."""
    if kind not in CONTACTS or not preference.no_contact:
        return False
    return kind is not ActionKind.OPEN_TALK or not has_asked(evidence, preference)


def has_asked(evidence: Iterable[Evidence], preference: Preference | None = None) -> bool:
    """Whether the member asked to talk; given a preference, after they had chosen that."""
    since = preference.since if preference is not None else None
    return any(each.kind is Kind.ASKED and (since is None or each.sent_at > since) for each in evidence)
