"""What a member has asked of the bot: to be left alone, and not to be screened for signs of crisis."""

from dataclasses import dataclass
from datetime import datetime

from core.model.message import CommunityId, MemberId


@dataclass(frozen=True, slots=True, kw_only=True)
class Preference:
    """A member's choice in one community. The store keeps it under a keyed digest: it outlives the erasure of its
    member without naming them.

    Attributes:
        no_contact: No message that they did not ask for: no support message, no invitation to talk.
        no_crisis_screening: What is found about a crisis in their own messages is thrown away at once.
    """

    community: CommunityId
    member: MemberId
    no_contact: bool = False
    no_crisis_screening: bool = False
    since: datetime | None = None
