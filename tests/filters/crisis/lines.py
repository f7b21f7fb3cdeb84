"""Messages for the crisis filter; every line in these tests is synthetic."""

from datetime import UTC, datetime
from functools import lru_cache

from core.flow.filter import Seen
from core.model.finding import Kind, Verdict
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from filters.crisis.lexicon_filter import CrisisLexiconFilter, shipped


@lru_cache(maxsize=1)
def crisis() -> CrisisLexiconFilter:
    return shipped()


def seen(text: str, quoted: str = "") -> Seen:
    message = Message(
        platform=PlatformName("local"),
        community=CommunityId("local:harbour"),
        channel=Channel(id=ChannelId("1"), name="general"),
        id=MessageId("1"),
        author=Author(id=MemberId("7"), name="robin"),
        text=text,
        quoted=quoted,
        sent_at=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )
    return Seen(message=message)


def verdict(text: str, quoted: str = "") -> Verdict:
    return crisis().screen([seen(text, quoted)])[0]


def levels(text: str, quoted: str = "") -> dict[Kind, int]:
    return {finding.kind: finding.level for finding in verdict(text, quoted).findings}
