"""Synthetic cases, messages and actions for the contract suites; nobody wrote any of this."""

from dataclasses import replace
from datetime import datetime, timedelta

from core.model.action import ActionKind, Lane
from core.model.case import Case, CaseId, Concern, Evidence, State
from core.model.event import MessageWritten
from core.model.finding import Category, Kind
from core.model.message import Author, Channel, ChannelId, CommunityId, MemberId, Message, MessageId, PlatformName
from core.model.record import Action, AuditDraft, CaseWrite, Commit, SealedMessage, Timer
from core.ports import Past
from tests.clock import START

HARBOUR = CommunityId("local:harbour")
ISLAND = CommunityId("local:island")
PIER = Channel(id=ChannelId("pier"), name="pier")
ANN = MemberId("ann")
BEN = MemberId("ben")


def a_message(
    number: int = 1,
    text: str = "synthetic words",
    *,
    community: CommunityId = HARBOUR,
    edited_at: datetime | None = None,
    name: str = "Ann",
    quoted: str = "",
    attachments: tuple[str, ...] = (),
    is_late: bool = False,
) -> Message:
    return Message(
        platform=PlatformName("local"),
        community=community,
        channel=PIER,
        id=MessageId(f"m{number}"),
        author=Author(id=ANN, name=name),
        text=text,
        quoted=quoted,
        attachments=attachments,
        sent_at=START + timedelta(seconds=number),
        edited_at=edited_at,
        is_late=is_late,
    )


def written(number: int = 1, text: str = "synthetic words", *, edited_at: datetime | None = None) -> MessageWritten:
    return MessageWritten(message=a_message(number, text, edited_at=edited_at))


def a_case(
    name: str = "case-1",
    *,
    community: CommunityId = HARBOUR,
    concern: Concern = Concern.CONDUCT,
    subject: str = ANN,
    level: int = 2,
    version: int = 1,
    opened_at: datetime = START,
) -> Case:
    return Case(
        id=CaseId(name),
        community=community,
        concern=concern,
        subject=subject,
        channel=PIER.id,
        category=Category.CRISIS if concern is Concern.CRISIS else Category.HARASSMENT,
        kind=Kind.DISCLOSURE if concern is Concern.CRISIS else Kind.INSULT,
        level=level,
        opened_at=opened_at,
        updated_at=opened_at,
        messages=1,
        version=version,
        turn=1,
    )


def new(case: Case) -> CaseWrite:
    return CaseWrite(case=case, expected_version=0)


def opening(case: Case) -> Commit:
    return Commit(cases=(new(case),))


def forgetting(case: Case) -> Commit:
    """What is written when a case of version 1 is closed and lets go of its member."""
    gone = replace(case, version=2, state=State.RESOLVED, closed_at=START, subject="")
    return Commit(cases=(CaseWrite(case=gone, expected_version=1),), forgotten=(case.id,))


def an_evidence(case: Case, number: int = 1, *, level: int = 2, rule: str = "rule-1") -> Evidence:
    return Evidence(
        case_id=case.id,
        message_id=MessageId(f"m{number}"),
        channel=PIER.id,
        author=ANN,
        sent_at=START + timedelta(seconds=number),
        category=case.category,
        kind=case.kind,
        level=level,
        score=0.75,
        filter="harassment",
        rule=rule,
        why="a synthetic reason",
        spans=((0, 3), (5, 9)),
        target=BEN,
        link="https://chat.example/m1",
    )


def an_action(
    key: str,
    *,
    case: Case | None = None,
    kind: ActionKind = ActionKind.ALERT,
    lane: Lane = Lane.ALERT,
    version: int = 1,
    supersedes: bool = False,
    due_at: datetime | None = None,
) -> Action:
    about = case or a_case()
    return Action(
        key=key,
        community=about.community,
        case_id=about.id,
        version=version,
        kind=kind,
        lane=lane,
        target=about.id,
        channel=PIER.id,
        until=START + timedelta(hours=1),
        supersedes=supersedes,
        due_at=due_at,
        params={"reason": "rule-1"},
    )


def a_timer(key: str = "case-1", *, minutes: int = 5, kind: str = "lease") -> Timer:
    return Timer(kind=kind, key=key, due_at=START + timedelta(minutes=minutes), community=HARBOUR)


def a_draft(case: Case, verb: str = "claimed", *, member: MemberId | None = ANN, actor: str = BEN) -> AuditDraft:
    return AuditDraft(
        community=case.community,
        at=START,
        actor=actor,
        verb=verb,
        case_id=case.id,
        member=member,
        facts={"level": "2", "outcome": "upheld"},
    )


def sealed(number: int = 1, text: str = "synthetic words", *, is_context: bool = False) -> SealedMessage:
    return SealedMessage(message=a_message(number, text), is_context=is_context)


def the_past(number: int = 1, *, author: MemberId = ANN, community: CommunityId = HARBOUR) -> Past:
    return Past(community=community, author=author, channel=PIER.id, message_id=MessageId(f"m{number}"))
