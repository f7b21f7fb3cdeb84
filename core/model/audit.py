"""The closed list of what the audit can say; entries hold ids and facts of closed vocabularies, never what was said."""

from enum import StrEnum

LIGHTKEEPER = "lightkeeper"
"""The actor of what a decision or delivery did."""

CLOCK = "clock"
"""The actor of what a timer did."""


class AuditVerb(StrEnum):
    """What was done."""

    CASE_OPENED = "case_opened"
    CASE_RAISED = "case_raised"
    MESSAGE_JOINED = "message_joined"
    MESSAGE_DELETED = "message_deleted"
    CLAIMED = "claimed"
    EXTENDED = "extended"
    RELEASED = "released"
    HANDED_OVER = "handed_over"
    LEASE_LAPSED = "lease_lapsed"
    SNOOZED = "snoozed"
    WOKE = "woke"
    ESCALATED = "escalated"
    RESOLVED = "resolved"
    UNDONE = "undone"
    SHOWN = "shown"
    TEXT_DESTROYED = "text_destroyed"
    ACTION_ORDERED = "action_ordered"
    ACTION_UNDONE = "action_undone"
    ACTION_DONE = "action_done"
    ACTION_FAILED = "action_failed"
    RESTORED = "restored"
    """The database was put back as a backup had it; what was written since is not in this chain."""
