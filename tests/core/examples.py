"""Synthetic messages, findings and cases for the tests of the core; nothing here was said by anybody."""

from collections.abc import Sequence
from datetime import datetime

from core.flow.filter import Seen
from core.model.case import Case, CaseId, Concern
from core.model.finding import Category, Check, CheckState, Finding, Kind, Verdict
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
from tests.clock import START

COMMUNITY = CommunityId("local:harbour")
ELSEWHERE = CommunityId("local:elsewhere")
PIER = Channel(id=ChannelId("pier"), name="pier")

KIND_OF = {
    Category.CRISIS: Kind.DISCLOSURE,
    Category.HARASSMENT: Kind.INSULT,
    Category.TOXICITY: Kind.TOXIC,
    Category.RULES: Kind.TERM,
}


def a_message(
    message_id: str = "m1",
    text: str = "synthetic words",
    *,
    author: str = "ann",
    roles: Sequence[str] = (),
    channel: Channel = PIER,
    community: CommunityId = COMMUNITY,
    sent_at: datetime = START,
    edited_at: datetime | None = None,
    is_late: bool = False,
    quoted: str = "",
) -> Message:
    return Message(
        platform=PlatformName("local"),
        community=community,
        channel=channel,
        id=MessageId(message_id),
        author=Author(id=MemberId(author), name=f"Name of {author}", roles=frozenset(map(RoleId, roles))),
        text=text,
        quoted=quoted,
        sent_at=sent_at,
        edited_at=edited_at,
        link=f"https://chat.invalid/{message_id}",
        is_late=is_late,
    )


def seen(message: Message | None = None, before: Sequence[Message] = ()) -> Seen:
    return Seen(message=message or a_message(), before=tuple(before))


def a_finding(
    category: Category = Category.HARASSMENT,
    level: int = 3,
    *,
    kind: Kind | None = None,
    score: float | None = None,
    why: str = "a synthetic reason",
    spans: tuple[tuple[int, int], ...] = (),
) -> Finding:
    if score is None:
        score = 0.9 if category is not Category.CRISIS or level >= 2 else 0.4
    return Finding(
        filter="synthetic",
        category=category,
        kind=kind or KIND_OF[category],
        level=level,
        score=score,
        why=why,
        rule="synthetic:1",
        spans=spans,
    )


def a_crisis(level: int = 2, kind: Kind = Kind.DISCLOSURE) -> Finding:
    return a_finding(Category.CRISIS, level, kind=kind)


def a_check(category: Category | None = Category.CRISIS, state: CheckState = CheckState.FAILED) -> Check:
    return Check(filter="synthetic", state=state, why="a synthetic reason", category=category)


def saying(*findings: Finding, checks: Sequence[Check] = ()) -> Verdict:
    return Verdict(findings=findings, checks=tuple(checks))


def a_case(
    concern: Concern = Concern.CONDUCT,
    level: int = 2,
    *,
    case_id: str = "case1",
    subject: str = "ann",
    community: CommunityId = COMMUNITY,
    version: int = 1,
    turn: int = 1,
) -> Case:
    category = Category.CRISIS if concern is Concern.CRISIS else Category.HARASSMENT
    kind = {Concern.CRISIS: Kind.DISCLOSURE, Concern.RAID: Kind.PILE_ON}.get(concern, Kind.INSULT)
    return Case(
        id=CaseId(case_id),
        community=community,
        concern=concern,
        subject=subject,
        channel=PIER.id,
        category=category,
        kind=kind,
        level=level,
        opened_at=START,
        updated_at=START,
        messages=1,
        version=version,
        turn=turn,
    )
