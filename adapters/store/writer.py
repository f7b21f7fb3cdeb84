"""Group commit: one task writes everything, and all that waits together shares one transaction and one disk flush.

Each job of a group has a savepoint of its own, so that one that is refused does not spoil the others; jobs that only
mark event keys as done are written together by one statement. Data keys are durable in the key file before the
transaction begins and destroyed after it is committed; a destruction that did not succeed is tried again before
anything else is written.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

import structlog
from sqlalchemy import Connection, bindparam, delete
from sqlalchemy.exc import DBAPIError

from adapters.store.digests import Digests
from adapters.store.engine import Writing, is_refused, named_failures
from adapters.store.keys import KeyFile
from adapters.store.tables import doomed_keys
from adapters.store.transaction import Rejected, Transaction
from adapters.store.units import write_done_keys
from core.errors import Unavailable
from core.ports import Clock

T = TypeVar("T")

GROUP = 256
"""The most jobs of one transaction."""

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Job(Generic[T]):
    """One thing to write, all or nothing.

    Attributes:
        write: Writes it; raises `Rejected` to take everything back and answer.
        needs: Scopes whose keys it seals with.
        dooms: Scopes whose keys it may destroy.
        done: Event keys, where marking them is all that `write` does.
    """

    write: Callable[[Transaction], T]
    needs: frozenset[str] = frozenset()
    dooms: frozenset[str] = frozenset()
    done: tuple[str, ...] = ()
    answer: asyncio.Future[T] = field(default_factory=lambda: asyncio.get_running_loop().create_future())


class Writer:
    """The one that writes; `start` it, `submit` jobs, `close` it."""

    def __init__(self, writing: Writing, keys: KeyFile, clock: Clock, digests: Digests, doomed: Sequence[str]) -> None:
        self._writing = writing
        self._digests = digests
        self._keys = keys
        self._clock = clock
        self._doomed: set[str] = set(doomed)
        self._destroyed: set[str] = set()
        self._waiting: deque[Job[Any]] = deque()
        self._wake = asyncio.Event()
        self._is_closing = False
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.create_task(self._run(), name="lightkeeper-store-writer")

    async def close(self) -> None:
        """Write what waits, then stop."""
        self._is_closing = True
        self._wake.set()
        if self._task is not None:
            await self._task

    async def submit(self, job: Job[T]) -> T:
        """Write `job` with whatever else waits. Raises: `Unavailable`, `GaveUp`; nothing is written then."""
        if self._is_closing or self._task is None:
            raise Unavailable(reason="the store is closed")
        self._waiting.append(job)
        self._wake.set()
        return await job.answer

    async def flush(self) -> None:
        """See that what was erased lingers nowhere. Raises: `Unavailable` while it does."""
        await self.submit(Job(write=lambda _: None))
        if self._doomed:
            raise Unavailable(reason="the key file can't be written: keys of what was erased are still there")
        with named_failures():
            await self._writing.flush()

    async def _run(self) -> None:
        while True:
            await self._wake.wait()
            group = self._group()
            if group:
                await self._write(group)
            elif self._is_closing:
                return
            else:
                self._wake.clear()

    def _group(self) -> list[Job[Any]]:
        group: list[Job[Any]] = []
        dooms: set[str] = set()
        # What is sealed after its scope's key was destroyed needs the next key, hence the next transaction.
        while self._waiting and len(group) < GROUP and not (self._waiting[0].needs & dooms):
            job = self._waiting.popleft()
            dooms |= job.dooms
            group.append(job)
        return group

    async def _write(self, group: Sequence[Job[Any]]) -> None:
        try:
            with named_failures():
                answers = await self._transact(group)
        except Exception as error:  # noqa: BLE001 - the boundary of the writer: every caller gets the error
            answers = [error] * len(group)
        try:
            await self._destroy_doomed()
        except Unavailable as error:
            _log.warning("store.keys_not_destroyed", keys=len(self._doomed), exc_info=error)
        for job, answer in zip(group, answers, strict=True):
            if job.answer.done():
                continue
            if isinstance(answer, Exception):
                job.answer.set_exception(answer)
            else:
                job.answer.set_result(answer)

    async def _transact(self, group: Sequence[Job[Any]]) -> list[object]:
        await self._destroy_doomed()
        keys = await self._keys.ensure(frozenset[str]().union(*(job.needs for job in group)))
        dooms = frozenset[str]().union(*(job.dooms for job in group))
        doomable = await self._keys.of_scopes(dooms)
        forgotten = [{"gone": key_id} for key_id in self._destroyed]

        def write(connection: Connection) -> tuple[list[object], list[str]]:
            transaction = Transaction(
                connection=connection,
                clock=self._clock,
                digests=self._digests,
                keys=keys,
                doomable=doomable,
                looked_up=dooms,
            )
            if forgotten:
                connection.execute(delete(doomed_keys).where(doomed_keys.c.key_id == bindparam("gone")), forgotten)
            # One job alone needs no savepoint: taking the whole transaction back is the same.
            answers = [group[0].write(transaction)] if len(group) == 1 else _answers(transaction, group)
            return answers, transaction.doomed

        try:
            answers, doomed = await self._writing.run(write)
        except Rejected as rejected:
            return [rejected.answer]
        self._destroyed.clear()
        self._doomed.update(doomed)
        return answers

    async def _destroy_doomed(self) -> None:
        if self._doomed:
            await self._keys.destroy(self._doomed)
            self._destroyed |= self._doomed
            self._doomed.clear()


def _answers(transaction: Transaction, group: Sequence[Job[Any]]) -> list[object]:
    answers: dict[Job[Any], object] = {}
    together: list[Job[Any]] = []
    seen: set[str] = set()
    for job in group:
        if job.done and seen.isdisjoint(job.done):
            seen.update(job.done)
            together.append(job)
    if together:
        answers.update(zip(together, write_done_keys(transaction, [job.done for job in together]), strict=True))
    for job in group:
        if job not in answers:
            answers[job] = _alone(transaction, job)
    return [answers[job] for job in group]


def _alone(transaction: Transaction, job: Job[Any]) -> object:
    doomed_before = len(transaction.doomed)
    try:
        with transaction.connection.begin_nested():
            return job.write(transaction)
    except Rejected as rejected:
        del transaction.doomed[doomed_before:]
        return rejected.answer
    except Exception as error:
        if isinstance(error, (DBAPIError, OSError)) and not is_refused(error):
            raise
        del transaction.doomed[doomed_before:]
        try:
            with named_failures():
                raise
        except Exception as named:  # noqa: BLE001 - one job's failure is its caller's alone
            return named
