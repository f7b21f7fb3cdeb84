"""The names that a plug-in's author may import; everything else may change without notice.

A filter plug-in is an object that speaks `Filter`, offered under the entry-point group `lightkeeper.filters`.
"""

from core.flow.filter import Filter, Seen
from core.model.finding import (
    KINDS,
    NOTHING,
    SCORE_NAMES,
    Category,
    Check,
    CheckState,
    Finding,
    Kind,
    Verdict,
    join,
)
from core.model.message import (
    Author,
    Channel,
    ChannelId,
    CommunityId,
    MemberId,
    Message,
    MessageId,
    PlatformName,
    RoleId,
)

__all__ = [
    "KINDS",
    "NOTHING",
    "SCORE_NAMES",
    "Author",
    "Category",
    "Channel",
    "ChannelId",
    "Check",
    "CheckState",
    "CommunityId",
    "Filter",
    "Finding",
    "Kind",
    "MemberId",
    "Message",
    "MessageId",
    "PlatformName",
    "RoleId",
    "Seen",
    "Verdict",
    "join",
]
