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

ASKED = "asked"
ASKED_ANYWAY = "asked:anyway"
"""The rules of a request to talk: the second of somebody who otherwise wants to be left alone."""

PreferenceOf = Callable[[CommunityId, MemberId], Awaitable[Preference]]
"""What a member chose (`core.member_ports.CareStore.preference`)."""


async def no_preferences(community: CommunityId, member: MemberId) -> Preference:
    """Stands where nobody can ask: nothing goes out to a member then."""
    raise LookupError("nobody knows here what members chose")


def is_unwanted(kind: ActionKind, preference: Preference, evidence: Iterable[Evidence]) -> bool:
    """Whether the member has asked not to be written to, and not asked for just this since then."""
    if kind not in CONTACTS or not preference.no_contact:
        return False
    return kind is not ActionKind.OPEN_TALK or not has_asked(evidence, preference)


def has_asked(evidence: Iterable[Evidence], preference: Preference | None = None) -> bool:
    """Whether the member asked to talk, and still means it: not before they chose to be left alone.

    The clock alone doesn't tell what came first, since it may have been set back: a request says in its rule whether
    it was made by somebody who had chosen that already.
    """
    requests = [each for each in evidence if each.kind is Kind.ASKED]
    if preference is None or not preference.no_contact:
        return bool(requests)
    since = preference.since
    return any(each.rule == ASKED_ANYWAY and (since is None or each.sent_at > since) for each in requests)
