"""Synthetic conversations, written as (author, text) or (author, text, replied-to author)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

from core.flow.filter import Seen
from core.model.finding import Finding, Kind, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from filters.harassment.filter import HarassmentFilter, shipped

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
Line = tuple[str, str] | tuple[str, str, str]


@lru_cache(maxsize=1)
def harassment() -> HarassmentFilter:
    return shipped()


def message(
    text: str, author: str = "bea", number: int = 0, reply_to: str | None = None, mentions: Sequence[str] = ()
) -> Message:
    return Message(
        platform=PlatformName("local"),
        community=CommunityId("local:harbour"),
        channel=Channel(id=ChannelId("pier"), name="pier"),
        id=MessageId(str(number)),
        author=Author(id=MemberId(f"id-{author}"), name=author),
        text=text,
        sent_at=START + timedelta(seconds=number),
        reply_to_author=MemberId(f"id-{reply_to}") if reply_to else None,
        mentions=tuple(MemberId(f"id-{name}") for name in mentions),
    )


def talk(*lines: Line) -> list[Seen]:
    """Every line with the lines before it."""
    messages = [
        message(line[1], line[0], number, line[2] if len(line) == 3 else None) for number, line in enumerate(lines)
    ]
    return [Seen(message=one, before=tuple(messages[:number])) for number, one in enumerate(messages)]


def said(text: str, *, reply_to: str | None = None, mentions: Sequence[str] = ()) -> Verdict:
    """The verdict on one line by Bea, without anything before it."""
    return harassment().screen([Seen(message=message(text, reply_to=reply_to, mentions=mentions))])[0]


def last(*lines: Line) -> Verdict:
    """The verdict on the last line of a conversation."""
    return harassment().screen([talk(*lines)[-1]])[0]


def level(verdict: Verdict, kind: Kind | None = None) -> int:
    return max((f.level for f in verdict.findings if kind is None or f.kind is kind), default=0)


def only(verdict: Verdict, kind: Kind) -> Finding:
    return next(finding for finding in verdict.findings if finding.kind is kind)
