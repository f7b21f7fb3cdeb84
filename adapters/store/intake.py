"""The intake: events as they came in, sealed under the key of their hour, until they are decided."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import structlog
from sqlalchemy import Connection, Row, bindparam, delete, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from adapters.store import tables
from adapters.store.codec import event_bytes, event_of
from adapters.store.digests import Digests
from adapters.store.engine import adding, named_failures
from adapters.store.event_key import event_key
from adapters.store.keys import Key, KeyFile
from adapters.store.sealing import NotOpened, derived, seal, unseal
from adapters.store.transaction import Transaction
from adapters.store.writer import Job, Writer
from core.desk.restored import late
from core.flow.planning import TEXT_LIVES
from core.model.event import Event, MemberJoined, MessageWritten, ReactionAdded, community_of
from core.model.record import DONE_KEPT_FOR
from core.ports import Clock, Taken

_SWEEP_EVERY = timedelta(minutes=1)
_GRACE = timedelta(minutes=1)
"""How long after its hour a key is spared, since another process may still be writing with it."""

_POLL_S = 1.0
"""How long a process waits at most for what another one appended to the same database."""

_APPENDS = 0x4C4B494E
"""Names PostgreSQL's advisory lock under which places are given out, so that none becomes visible after a later one."""

_log = structlog.get_logger(__name__)


class SqlIntake:
    """Speaks `core.ports.Intake`."""

    def __init__(
        self, reader: AsyncEngine, writer: Writer, keys: KeyFile, clock: Clock, master: bytes, *, is_shared: bool
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._keys = keys
        self._clock = clock
        self._digest_key = derived(master, "event digest")
        self._is_shared = is_shared
        self._may_have_more = asyncio.Event()
        self._may_have_more.set()
        self._sweep_at: datetime | None = None

    async def append(self, events: Sequence[Event]) -> int:
        in_order: dict[str, Event] = {}
        for event in events:
            in_order.setdefault(event_key(event, self._digest_key), event)
        if not in_order:
            return 0
        scope = _hour_scope(self._clock.now())

        def write(transaction: Transaction) -> int:
            key = transaction.keys[scope]
            rows = [
                {
                    "key": name,
                    "community": community_of(event),
                    "author": author_digest(transaction.digests, event),
                    "key_id": key.id,
                    "sealed": seal(key.secret, event_bytes(event), "intake", community_of(event), name),
                }
                for name, event in in_order.items()
            ]
            connection = transaction.connection
            if self._is_shared:
                connection.execute(text("SELECT pg_advisory_xact_lock(:name)"), {"name": _APPENDS})
            new = adding(connection, tables.intake, at=("key",)).returning(tables.intake.c.seq)
            return len(connection.execute(new, rows).all())

        new = await self._writer.submit(Job(write=write, needs=frozenset({scope})))
        self._may_have_more.set()
        return new

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        self._may_have_more.clear()
        while True:
            with named_failures():
                table = tables.intake
                wanted = select(table).where(table.c.seq > after).order_by(table.c.seq).limit(limit)
                async with self._reader.connect() as connection:
                    rows = (await connection.execute(wanted)).all()
            taken, lost = await self._opened(rows)
            if lost:
                # In a restored backup, or after `TEXT_LIVES`, keys are gone; nobody can decide these any more.
                _log.warning("intake_unreadable", count=len(lost))
                await self.ack(lost)
            if taken or not rows:
                return taken
            after = rows[-1].seq

    async def wait(self) -> None:
        if not self._is_shared:
            await self._may_have_more.wait()
            return
        try:
            async with asyncio.timeout(_POLL_S):
                await self._may_have_more.wait()
        except TimeoutError:
            return

    async def ack(self, seqs: Sequence[int]) -> None:
        if not seqs:
            return
        gone = [{"gone": seq} for seq in seqs]

        def write(transaction: Transaction) -> None:
            table = tables.intake
            transaction.connection.execute(delete(table).where(table.c.seq == bindparam("gone")), gone)

        await self._writer.submit(Job(write=write))
        now = self._clock.now()
        if self._sweep_at is None or now >= self._sweep_at:
            self._sweep_at = now + _SWEEP_EVERY
            await self.destroy_spent_keys(now)
            await self.forget_done(now - DONE_KEPT_FOR)

    async def forget_done(self, before: datetime) -> int:
        """Forget event keys decided before `before`, which must be longer ago than any platform repeats events."""

        def write(transaction: Transaction) -> int:
            table = tables.done
            return transaction.connection.execute(delete(table).where(table.c.at < before)).rowcount

        return await self._writer.submit(Job(write=write))

    async def destroy_spent_keys(self, now: datetime) -> int:
        """Destroy the keys of past hours of which nothing waits any more, and of all after `TEXT_LIVES`.

        Returns: how many.
        """
        hours = await self._keys.with_prefix(HOUR_SCOPE)
        current, oldest = _hour_scope(now - _GRACE), _hour_scope(now - TEXT_LIVES)
        past = {key_id for scope, key_id in hours.items() if scope < current}
        expired = {key_id for scope, key_id in hours.items() if scope < oldest}
        if not past:
            return 0

        def write(transaction: Transaction) -> int:
            table = tables.intake
            used = set(transaction.connection.execute(select(table.c.key_id).distinct()).scalars())
            # Another job of this very transaction may seal with a key that no row uses yet.
            used |= {key.id for key in transaction.keys.values()}
            spent = (past - used) | expired
            transaction.doom(spent)
            return len(spent)

        return await self._writer.submit(Job(write=write))

    async def _opened(self, rows: Sequence[Row[tuple[object, ...]]]) -> tuple[list[Taken], list[int]]:
        keys = await self._keys.find({row.key_id for row in rows})
        taken: list[Taken] = []
        lost: list[int] = []
        for row in rows:
            key = keys.get(row.key_id)
            try:
                plain = unseal(key.secret, row.sealed, "intake", row.community, row.key) if key else None
            except NotOpened:
                plain = None
            if plain is None:
                lost.append(row.seq)
            else:
                taken.append(Taken(seq=row.seq, key=row.key, event=event_of(plain)))
        return taken, lost


def author_digest(digests: Digests, event: Event) -> str:
    """Who wrote, reacted or joined; "" where the event is nobody's in particular."""
    match event:
        case MessageWritten(message=message):
            return digests.member(message.community, message.author.id)
        case ReactionAdded() | MemberJoined():
            return digests.member(event.community, event.member)
        case _:
            return ""


def hour_of(scope: str) -> datetime | None:
    """The hour of intake whose key a scope names; None for another scope."""
    try:
        return datetime.strptime(scope, HOUR_SCOPE + _HOUR).replace(tzinfo=UTC)
    except ValueError:
        return None


def make_late(connection: Connection, keys: Mapping[str, Key]) -> tuple[int, int]:
    """Mark every waiting event as caught up, which asks for people and never for enforcement.

    Args:
        connection: In the transaction that does it.
        keys: Of the hours that still have one.

    Returns: how many events, and how many more can't be opened any more.
    """
    table = tables.intake
    rows = connection.execute(select(table)).all()
    changed = []
    for row in rows:
        key = keys.get(row.key_id)
        identity = ("intake", row.community, row.key)
        try:
            event = event_of(unseal(key.secret, row.sealed, *identity)) if key else None
        except NotOpened:
            event = None
        if key and event:
            changed.append({"at": row.seq, "anew": seal(key.secret, event_bytes(late(event)), *identity)})
    if changed:
        renewed = update(table).where(table.c.seq == bindparam("at")).values(sealed=bindparam("anew"))
        connection.execute(renewed, changed)
    return len(changed), len(rows) - len(changed)


HOUR_SCOPE = "hour:"
_HOUR = "%Y-%m-%dT%H"


def _hour_scope(at: datetime) -> str:
    return HOUR_SCOPE + at.astimezone(UTC).strftime(_HOUR)
