"""Synthetic messages in their windows."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.flow.conversation import Conversations
from core.flow.filter import Seen
from core.model.finding import Finding
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.policy import CommunityPolicy
from filters.flood.filter import FloodFilter

HARBOUR = CommunityId("local:harbour")
START = datetime(2026, 3, 1, tzinfo=UTC)


def message(number: int, text: str, author: str = "bea", *, at_s: float = 0, channel: str = "pier") -> Message:
    return Message(
        platform=PlatformName("local"),
        community=HARBOUR,
        channel=Channel(id=ChannelId(channel), name=channel),
        id=MessageId(f"m{number}"),
        author=Author(id=MemberId(author), name=author),
        text=text,
        sent_at=START + timedelta(seconds=at_s),
    )


def mentioning(said: Message, *members: str) -> Message:
    return replace(said, mentions=tuple(map(MemberId, members)))


def last(said: Sequence[Message], policy: CommunityPolicy | None = None) -> list[Finding]:
    """What is found in the last of these messages, which come in one after the other."""
    conversations = Conversations()
    seen: Seen | None = None
    for each in said:
        seen = conversations.see(each)
    assert seen is not None
    (verdict,) = FloodFilter({None: policy or CommunityPolicy()}).screen([seen])
    return list(verdict.findings)


def rules(findings: Sequence[Finding]) -> list[str]:
    return [finding.rule.partition("@")[0] for finding in findings]
