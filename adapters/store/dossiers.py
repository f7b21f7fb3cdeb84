"""Many cases with all that belongs to them, in four questions to the database however many they are."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncConnection

from adapters.store.cases import case_of, cases_of, evidence_in
from adapters.store.outbox import actions_in
from adapters.store.tables import cases
from adapters.store.worklists import records_of
from core.model.case import Case, CaseId, Evidence
from core.model.dossier import WITH_RECORD, Dossier
from core.model.message import CommunityId
from core.model.record import ActionRecord


async def dossiers(
    connection: AsyncConnection, community: CommunityId, case_ids: Sequence[CaseId], now: datetime
) -> list[Dossier]:
    """Those of them that are this community's, in the order asked for."""
    wanted = cases_of(community).where(cases.c.id.in_(case_ids))
    found = {case.id: case for case in map(case_of, await connection.execute(wanted))}
    evidence: dict[CaseId, list[Evidence]] = defaultdict(list)
    for each in await evidence_in(connection, community, found):
        evidence[each.case_id].append(each)
    actions: dict[CaseId, list[ActionRecord]] = defaultdict(list)
    for record in await actions_in(connection, community, found):
        actions[record.action.case_id].append(record)
    members = {case.subject for case in found.values() if case.concern in WITH_RECORD}
    records: dict[str, list[Case]] = defaultdict(list)
    for upheld in await records_of(connection, community, members, now):
        records[upheld.subject].append(upheld)
    return [
        Dossier(
            case=case,
            evidence=evidence[case.id],
            actions=actions[case.id],
            record=records[case.subject] if case.concern in WITH_RECORD else (),
        )
        for case_id in case_ids
        if (case := found.get(case_id))
    ]
