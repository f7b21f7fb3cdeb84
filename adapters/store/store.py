"""The store as the core sees it: reads go to the readers, everything else through the one writer."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from adapters.store import audit as audits
from adapters.store import belongings as kept
from adapters.store import cases, choices, erasing, outbox, tables, texts, timers, worklists
from adapters.store import duties as on_duty
from adapters.store.audit import write_audit
from adapters.store.copying import clear_work
from adapters.store.digests import Digests
from adapters.store.dossiers import dossiers
from adapters.store.engine import named_failures
from adapters.store.erasures import told_of
from adapters.store.keys import KeyFile
from adapters.store.pasts import histories, reports_by
from adapters.store.resealing import Resealing, prepared
from adapters.store.tables import WHERE_OPEN, WHERE_PENDING
from adapters.store.transaction import Transaction
from adapters.store.units import dooms, marks_done_only, needs, write_unit
from adapters.store.writer import Job, Writer
from core.flow.history import History
from core.model.action import Lane
from core.model.belongings import Belongings
from core.model.case import EVERY_CONCERN, Case, CaseId, Concern, Evidence, State
from core.model.dossier import Dossier
from core.model.message import CommunityId, MemberId, MessageId
from core.model.preference import Preference
from core.model.record import (
    ActionRecord,
    ActionState,
    AuditDraft,
    AuditEntry,
    Commit,
    Committed,
    Duty,
    Note,
    SealedMessage,
    Timer,
)
from core.model.reporter import ReportCount
from core.model.standing import Standing
from core.ports import Clock, Past


class SqlStore:
    """Speaks `core.ports.Store` and `core.member_ports.CareStore`."""

    def __init__(self, reader: AsyncEngine, writer: Writer, keys: KeyFile, clock: Clock, digests: Digests) -> None:
        self._digests = digests
        self._reader = reader
        self._writer = writer
        self._keys = keys
        self._clock = clock

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        with named_failures():
            async with self._reader.connect() as connection:
                yield connection

    async def commit(self, unit: Commit) -> Committed:
        await self._keys.record_erasures(told_of(unit, self._digests, self._clock.now()))
        while True:
            answer = await self._committed(unit)
            if answer is not None:  # otherwise it reaches further than could be read before: once more
                return answer

    async def _committed(self, unit: Commit) -> Committed | None:
        scopes, resealing = frozenset[str](), Resealing()
        if unit.erased or unit.left:
            async with self._reading() as connection:
                scopes = await erasing.scopes_of(connection, unit)
                resealing = await prepared(self._keys, await erasing.shared_keys(connection, self._digests, unit))

        def write(transaction: Transaction) -> Committed:
            return write_unit(transaction, unit, resealing)

        job: Job[Committed | None] = Job(
            write=write,
            needs=needs(unit) | frozenset(resealing.anew.values()),
            dooms=dooms(unit) | scopes | resealing.scopes,
            done=unit.done if marks_done_only(unit) else (),
        )
        return await self._writer.submit(job)

    async def history(self, pasts: Sequence[Past]) -> Sequence[History]:
        async with self._reading() as connection:
            return await histories(connection, pasts, self._clock.now())

    async def case(self, community: CommunityId, case_id: CaseId) -> Case | None:
        async with self._reading() as connection:
            return await cases.one(connection, community, case_id)

    async def cases(
        self, community: CommunityId, states: frozenset[State], limit: int, before: datetime | None = None
    ) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.in_states(connection, community, states, limit, before)

    async def open_case(self, community: CommunityId, subject: str, concern: Concern) -> Case | None:
        async with self._reading() as connection:
            return await worklists.open_one(connection, community, subject, concern)

    async def quiet_cases(self, community: CommunityId) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.quiet(connection, community)

    async def held_by(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.held_by(connection, community, member)

    async def unanswered(
        self, community: CommunityId, concerns: frozenset[Concern] = EVERY_CONCERN, limit: int = 100
    ) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.unanswered(connection, community, concerns, limit)

    async def follow_ups(self, community: CommunityId, limit: int = 100) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.follow_ups(connection, community, limit)

    async def appeals(self, community: CommunityId, parent: CaseId) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.appeals(connection, community, parent)

    async def record(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        async with self._reading() as connection:
            return await worklists.record(connection, community, member, self._clock.now())

    async def evidence(self, community: CommunityId, case_id: CaseId) -> Sequence[Evidence]:
        async with self._reading() as connection:
            return await cases.evidence_of(connection, community, case_id)

    async def dossiers(self, community: CommunityId, case_ids: Sequence[CaseId]) -> Sequence[Dossier]:
        async with self._reading() as connection:
            return await dossiers(connection, community, case_ids, self._clock.now())

    async def cases_with(self, community: CommunityId, message_id: MessageId) -> Sequence[Case]:
        async with self._reading() as connection:
            return await cases.with_message(connection, community, message_id)

    async def texts(self, community: CommunityId, case_id: CaseId) -> Sequence[SealedMessage]:
        async with self._reading() as connection:
            return await texts.texts_of(connection, self._keys, community, case_id)

    async def actions(self, community: CommunityId, case_id: CaseId) -> Sequence[ActionRecord]:
        async with self._reading() as connection:
            return await outbox.actions_of(connection, community, case_id)

    async def action(self, community: CommunityId, key: str) -> ActionRecord | None:
        async with self._reading() as connection:
            return await outbox.action(connection, community, key)

    async def actions_on(self, community: CommunityId, target: str) -> Sequence[ActionRecord]:
        async with self._reading() as connection:
            return await outbox.actions_on(connection, community, target)

    async def notes(self, community: CommunityId, case_id: CaseId) -> Sequence[Note]:
        async with self._reading() as connection:
            return await texts.notes_of(connection, self._keys, community, case_id)

    async def duties(self, community: CommunityId, now: datetime) -> Sequence[Duty]:
        async with self._reading() as connection:
            return await on_duty.holding(connection, community, now)

    async def reports_by(self, community: CommunityId, reporter: MemberId, since: datetime) -> ReportCount:
        async with self._reading() as connection:
            return await reports_by(connection, community, reporter, since, self._clock.now())

    async def claim_actions(self, now: datetime, limit: int, least: Lane = Lane.HOUSEKEEPING) -> Sequence[ActionRecord]:
        async with self._reading() as connection:
            if not await outbox.has_due(connection, now, least):
                return []

        def write(transaction: Transaction) -> Sequence[ActionRecord]:
            return outbox.claim(transaction, now, limit, least)

        return await self._writer.submit(Job(write=write))

    async def unclaim_actions(self) -> Sequence[ActionRecord]:
        return await self._writer.submit(Job(write=outbox.unclaim))

    async def record_action(
        self,
        key: str,
        state: ActionState,
        at: datetime,
        *,
        receipt: str = "",
        note: str = "",
        due_at: datetime | None = None,
        audit: Sequence[AuditDraft] = (),
    ) -> None:
        def write(transaction: Transaction) -> None:
            if outbox.record(transaction, key, state, at, receipt, note, due_at) and audit:
                write_audit(transaction, audit)

        await self._writer.submit(Job(write=write, needs=needs(Commit(audit=tuple(audit)))))

    async def due_timers(self, now: datetime, limit: int) -> Sequence[Timer]:
        async with self._reading() as connection:
            return await timers.due(connection, now, limit)

    async def next_timer_at(self) -> datetime | None:
        async with self._reading() as connection:
            return await timers.next_at(connection)

    async def audit(self, community: CommunityId, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        async with self._reading() as connection:
            return await audits.entries(connection, community, limit, before)

    async def audit_after(self, community: CommunityId, number: int, limit: int) -> Sequence[AuditEntry]:
        async with self._reading() as connection:
            return await audits.entries_after(connection, community, number, limit)

    async def communities(self) -> Sequence[CommunityId]:
        async with self._reading() as connection:
            return await connection.run_sync(audits.communities)

    async def verify_audit(self, community: CommunityId) -> int | None:
        async with self._reading() as connection:
            return await connection.run_sync(audits.first_broken, community)

    async def preference(self, community: CommunityId, member: MemberId) -> Preference:
        async with self._reading() as connection:
            return await choices.preference(connection, self._digests, community, member)

    async def standing(self, community: CommunityId) -> Sequence[Standing]:
        async with self._reading() as connection:
            return await choices.standing_in(connection, community)

    async def belongings(self, community: CommunityId, member: MemberId) -> Belongings:
        async with self._reading() as connection:
            return await kept.belongings(connection, self._keys, self._digests, self._clock, community, member)

    async def cases_about(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        async with self._reading() as connection:
            return await kept.cases_about(connection, community, member)

    async def flush_erased(self) -> None:
        await self._writer.flush()
        if self._reader.dialect.name == "sqlite":
            await asyncio.to_thread(clear_work, Path(str(self._reader.url.database)).parent)

    async def counts(self) -> Mapping[str, int]:
        counted = {
            "cases": select(func.count()).select_from(tables.cases),
            "cases_open": select(func.count()).select_from(tables.cases).where(WHERE_OPEN),
            "evidence": select(func.count()).select_from(tables.evidence),
            "texts": select(func.count()).select_from(tables.texts),
            "notes": select(func.count()).select_from(tables.notes),
            "actions": select(func.count()).select_from(tables.actions),
            "actions_pending": select(func.count()).select_from(tables.actions).where(WHERE_PENDING),
            "timers": select(func.count()).select_from(tables.timers),
            "audit": select(func.count()).select_from(tables.audit),
            "done": select(func.count()).select_from(tables.done),
            "intake": select(func.count()).select_from(tables.intake),
        }
        named = [wanted.scalar_subquery().label(name) for name, wanted in counted.items()]
        async with self._reading() as connection:
            return dict((await connection.execute(select(*named))).one()._mapping)  # noqa: SLF001 - public, by its docs
