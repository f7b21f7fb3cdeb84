"""What counts about somebody who reports messages: how much lately, and what people thought of it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportCount:
    """What a member has reported: messages since a time, and how many reports people found right or abusive.

    Attributes:
        lately: Messages reported since the time asked for.
        upheld: Reported messages within retention whose case was upheld.
        abusive: Those whose case was closed as an abusive report.
    """

    lately: int = 0
    upheld: int = 0
    abusive: int = 0
