"""The little that decisions may know of the past: of an author, a channel, a message, a community and a reporter.

Nothing here finds a closed crisis case by person (promise 7): by person only open cases and upheld conduct are read,
and how many crisis cases a day brought is a number about nobody in particular.
"""

from collections import defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import case, distinct, func, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store import tables
from adapters.store.cases import case_of, cases_of
from adapters.store.tables import OPEN_IN_CHANNEL, UPHELD_CONDUCT, WHERE_OPEN
from core.flow.history import History
from core.model.case import COUNTS_FOR, SEVERE, Case, CaseId, Concern, Outcome, Reason
from core.model.finding import Kind
from core.model.message import CommunityId, MemberId
from core.model.reporter import ReportCount
from core.ports import Past

_NEVER = datetime.max.replace(tzinfo=UTC)
_ABOUT_A_MEMBER = frozenset({Concern.CRISIS, Concern.CONDUCT})


async def histories(connection: AsyncConnection, pasts: Sequence[Past], now: datetime) -> list[History]:
    """What decide() may know of each past, in order."""
    by_community: dict[CommunityId, list[Past]] = defaultdict(list)
    for past in pasts:
        by_community[past.community].append(past)
    found: dict[Past, History] = {}
    for community, theirs in by_community.items():
        found |= await _histories(connection, community, theirs, now)
    return [found[past] for past in pasts]


async def reports_by(
    connection: AsyncConnection, community: CommunityId, reporter: MemberId, since: datetime, now: datetime
) -> ReportCount:
    """How many messages a member has reported, and what came of it."""
    evidence, cases = tables.evidence.c, tables.cases.c
    is_remembered = cases.closed_at > now - COUNTS_FOR
    counted = (
        evidence.reported_at >= since,
        (cases.outcome == Outcome.UPHELD) & is_remembered,
        (cases.reason == Reason.ABUSIVE_REPORT) & is_remembered,
    )
    wanted = (
        select(*(func.count(distinct(case((each, evidence.message_id)))) for each in counted))
        .join_from(tables.evidence, tables.cases, cases.id == evidence.case_id)
        .where(evidence.community == community, evidence.reporter == reporter)
    )
    counts = (await connection.execute(wanted)).one()
    return ReportCount(lately=counts[0], upheld=counts[1], abusive=counts[2])


async def _histories(
    connection: AsyncConnection, community: CommunityId, pasts: Sequence[Past], now: datetime
) -> dict[Past, History]:
    authors = {past.author for past in pasts}
    about, in_channels = await _open_cases(connection, community, authors)
    upheld = await _upheld(connection, community, authors, now)
    alerted = await _alerted(connection, community, pasts)
    raids = [case for case in in_channels if case.concern is Concern.RAID]
    copies = [case for case in in_channels if case.concern is Concern.CRISIS]
    among_copies = await _authors_in(connection, community, copies, authors)
    tallies = {
        times: await _opened_since(connection, community, *times)
        for times in {(past.lately, past.today) for past in pasts}
    }
    return {
        past: History(
            open_cases={concern: case for concern, case in about[past.author].items() if concern in _ABOUT_A_MEMBER},
            raid=_here_or_going_on(raids, past),
            copies=_here_or_going_on(copies, past),
            is_among_copies=past.author in among_copies,
            alerted=alerted[past.message_id],
            upheld=upheld.get(past.author, 0),
            opened_lately=tallies[past.lately, past.today][0],
            low_crisis_alerts=tallies[past.lately, past.today][1],
        )
        for past in pasts
    }


async def _open_cases(
    connection: AsyncConnection, community: CommunityId, authors: set[MemberId]
) -> tuple[dict[str, dict[Concern, Case]], Sequence[Case]]:
    """The open cases about each author, and those about channels, newest first; each half by an index of its own."""
    theirs = cases_of(community).where(WHERE_OPEN, tables.cases.c.subject.in_(authors))
    about: dict[str, dict[Concern, Case]] = defaultdict(dict)
    in_channels: dict[CaseId, Case] = {}
    for row in await connection.execute(union_all(theirs, cases_of(community).where(OPEN_IN_CHANNEL))):
        found = case_of(row)
        if found.subject in authors:  # a group that writes as itself has the id of its channel
            about[found.subject][found.concern] = found
        if not found.is_about_member:
            in_channels[found.id] = found
    return about, sorted(in_channels.values(), key=lambda case: (case.opened_at, case.id), reverse=True)


async def _upheld(
    connection: AsyncConnection, community: CommunityId, authors: set[MemberId], now: datetime
) -> dict[str, int]:
    cases = tables.cases.c
    wanted = (
        select(cases.subject, func.count().label("times"))
        .where(cases.community == community, UPHELD_CONDUCT, cases.subject.in_(authors))
        .where(cases.closed_at > now - COUNTS_FOR)
        .group_by(cases.subject)
    )
    return {row.subject: row.times for row in await connection.execute(wanted)}


async def _alerted(
    connection: AsyncConnection, community: CommunityId, pasts: Sequence[Past]
) -> dict[str, dict[Concern, int]]:
    evidence, cases = tables.evidence.c, tables.cases.c
    wanted = (
        select(evidence.message_id, cases.concern, func.max(evidence.level))
        .join_from(tables.evidence, tables.cases, cases.id == evidence.case_id)
        .where(evidence.community == community, evidence.message_id.in_({past.message_id for past in pasts}))
        .group_by(evidence.message_id, cases.concern)
    )
    alerted: dict[str, dict[Concern, int]] = defaultdict(dict)
    for message_id, concern, level in await connection.execute(wanted):
        alerted[message_id][concern] = level
    return alerted


async def _authors_in(
    connection: AsyncConnection, community: CommunityId, cases: Sequence[Case], authors: set[MemberId]
) -> set[str]:
    """Those of the authors who wrote something that one of these cases holds."""
    if not cases:
        return set()
    evidence = tables.evidence.c
    theirs = evidence.community == community, evidence.case_id.in_([case.id for case in cases])
    wanted = select(evidence.author).where(*theirs, evidence.author.in_(authors)).distinct()
    return set((await connection.execute(wanted)).scalars())


def _here_or_going_on(newest_first: Sequence[Case], past: Past) -> Case | None:
    """The channel's own, or the newest elsewhere in which something happened lately."""
    here = next((case for case in newest_first if case.subject == past.channel), None)
    if here is not None or past.lately is None:
        return here
    return next((case for case in newest_first if case.updated_at >= past.lately), None)


async def _opened_since(
    connection: AsyncConnection, community: CommunityId, lately: datetime | None, today: datetime | None
) -> tuple[int, int]:
    """Conduct cases opened since `lately`; mild crisis cases that screening alerted, opened since `today`."""
    if lately is None and today is None:
        return 0, 0
    cases = tables.cases.c
    here = select(func.count()).select_from(tables.cases).where(cases.community == community)
    opened = here.where(cases.concern == Concern.CONDUCT, cases.opened_at >= (lately or _NEVER))
    alerted = here.where(cases.concern == Concern.CRISIS, cases.opened_at >= (today or _NEVER))
    mild = alerted.where(cases.level < SEVERE, ~cases.is_quiet, cases.kind != Kind.ASKED)
    counts = (await connection.execute(select(opened.scalar_subquery(), mild.scalar_subquery()))).one()
    return counts[0], counts[1]
