"""The store as the core sees it: reads go to the readers, everything else through the one writer."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store import audit as audits
from adapters.store import cases, outbox, tables, texts, timers
from adapters.store.audit import write_audit
from adapters.store.engine import named_failures
from adapters.store.keys import KeyFile
from adapters.store.tables import WHERE_OPEN, WHERE_PENDING
from adapters.store.transaction import Transaction
from adapters.store.units import dooms, marks_done_only, needs, write_unit
from adapters.store.writer import Job, Writer
from core.flow.history import History
from core.model.action import Lane
from core.model.case import Case, CaseId, Evidence, State
from core.model.message import CommunityId, MessageId
from core.model.record import ActionRecord, ActionState, AuditDraft, AuditEntry, Commit, Committed, SealedMessage, Timer
from core.ports import Clock, Past


class SqlStore:
    """Speaks `core.ports.Store`."""

    def __init__(self, reader: AsyncEngine, writer: Writer, keys: KeyFile, clock: Clock) -> None:
        self._reader = reader
        self._writer = writer
        self._keys = keys
        self._clock = clock

    async def commit(self, unit: Commit) -> Committed:
        def write(transaction: Transaction) -> Committed:
            return write_unit(transaction, unit)

        done = unit.done if marks_done_only(unit) else ()
        return await self._writer.submit(Job(write=write, needs=needs(unit), dooms=dooms(unit), done=done))

    async def history(self, pasts: Sequence[Past]) -> Sequence[History]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await cases.histories(connection, pasts, self._clock.now())

    async def case(self, community: CommunityId, case_id: CaseId) -> Case | None:
        with named_failures():
            async with self._reader.connect() as connection:
                return await cases.one(connection, community, case_id)

    async def cases(
        self, community: CommunityId, states: frozenset[State], limit: int, before: datetime | None = None
    ) -> Sequence[Case]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await cases.in_states(connection, community, states, limit, before)

    async def evidence(self, community: CommunityId, case_id: CaseId) -> Sequence[Evidence]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await cases.evidence_of(connection, community, case_id)

    async def cases_with(self, community: CommunityId, message_id: MessageId) -> Sequence[Case]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await cases.with_message(connection, community, message_id)

    async def texts(self, community: CommunityId, case_id: CaseId) -> Sequence[SealedMessage]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await texts.texts_of(connection, self._keys, community, case_id)

    async def actions(self, community: CommunityId, case_id: CaseId) -> Sequence[ActionRecord]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await outbox.actions_of(connection, community, case_id)

    async def claim_actions(self, now: datetime, limit: int, least: Lane = Lane.HOUSEKEEPING) -> Sequence[ActionRecord]:
        with named_failures():
            async with self._reader.connect() as connection:
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
        with named_failures():
            async with self._reader.connect() as connection:
                return await timers.due(connection, now, limit)

    async def next_timer_at(self) -> datetime | None:
        with named_failures():
            async with self._reader.connect() as connection:
                return await timers.next_at(connection)

    async def audit(self, community: CommunityId, limit: int, before: int | None = None) -> Sequence[AuditEntry]:
        with named_failures():
            async with self._reader.connect() as connection:
                return await audits.entries(connection, community, limit, before)

    async def verify_audit(self, community: CommunityId) -> int | None:
        with named_failures():
            async with self._reader.connect() as connection:
                return await audits.first_broken(connection, community)

    async def counts(self) -> Mapping[str, int]:
        counted = {
            "cases": select(func.count()).select_from(tables.cases),
            "cases_open": select(func.count()).select_from(tables.cases).where(WHERE_OPEN),
            "evidence": select(func.count()).select_from(tables.evidence),
            "texts": select(func.count()).select_from(tables.texts),
            "actions": select(func.count()).select_from(tables.actions),
            "actions_pending": select(func.count()).select_from(tables.actions).where(WHERE_PENDING),
            "timers": select(func.count()).select_from(tables.timers),
            "audit": select(func.count()).select_from(tables.audit),
            "done": select(func.count()).select_from(tables.done),
            "intake": select(func.count()).select_from(tables.intake),
        }
        named = [wanted.scalar_subquery().label(name) for name, wanted in counted.items()]
        with named_failures():
            async with self._reader.connect() as connection:
                return dict((await connection.execute(select(*named))).one()._mapping)  # noqa: SLF001 - public, by its docs
