"""The names that a plug-in's author may import; everything else may change without notice.

A filter plug-in is an object that speaks `Filter`, offered under the entry-point group `lightkeeper.filters`.
An adapter plug-in is a callable that gives a `Connection`, offered under `lightkeeper.adapters` by its platform's name.
"""

from core.errors import AlreadyDone, ConfigurationRefused, GaveUp, NotAllowed, RetryLater, Unavailable
from core.flow.filter import Filter, Seen
from core.model.action import ActionKind
from core.model.capabilities import Capabilities
from core.model.card import Card, Text
from core.model.community import Community
from core.model.event import Event, MemberJoined, MessageDeleted, MessageWritten, ReactionAdded
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
from core.model.order import Order
from core.model.record import Action
from core.ports import Clock, Connection, Intake, Link, Notices, Platform, Texts

__all__ = [
    "KINDS",
    "NOTHING",
    "SCORE_NAMES",
    "Action",
    "ActionKind",
    "AlreadyDone",
    "Author",
    "Capabilities",
    "Card",
    "Category",
    "Channel",
    "ChannelId",
    "Check",
    "CheckState",
    "Clock",
    "Community",
    "CommunityId",
    "ConfigurationRefused",
    "Connection",
    "Event",
    "Filter",
    "Finding",
    "GaveUp",
    "Intake",
    "Kind",
    "Link",
    "MemberId",
    "MemberJoined",
    "Message",
    "MessageDeleted",
    "MessageId",
    "MessageWritten",
    "NotAllowed",
    "Notices",
    "Order",
    "Platform",
    "PlatformName",
    "ReactionAdded",
    "RetryLater",
    "RoleId",
    "Seen",
    "Text",
    "Texts",
    "Unavailable",
    "Verdict",
    "join",
]
