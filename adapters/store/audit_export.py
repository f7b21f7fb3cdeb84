"""Reading whole audits, page by page, beside a running bot: changes nothing, and follows every chain on the way."""

from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from sqlalchemy import Connection, NullPool, select
from sqlalchemy.ext.asyncio import create_async_engine

from adapters.store import tables
from adapters.store.audit import communities, page_after
from adapters.store.chain import START, is_next
from adapters.store.engine import file_of, named_failures, parsed_url
from adapters.store.opening import found_in
from adapters.store.reading import reading
from core.errors import ConfigurationRefused
from core.model.message import CommunityId
from core.model.record import AuditEntry

_PAGE = 1000

T = TypeVar("T")


class AuditExport:
    """The audits of one database."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._broken: dict[CommunityId, int] = {}

    @property
    def communities(self) -> list[CommunityId]:
        """Those that have an audit."""
        return communities(self._connection)

    @property
    def broken(self) -> Mapping[CommunityId, int]:
        """The first entry that doesn't hold, of each audit that was read and is broken."""
        return self._broken

    def entries(self, community: CommunityId) -> Iterator[AuditEntry]:
        """All of them, oldest first, also behind a break; one that can't be read ends them."""
        heads = tables.audit_heads
        # The end is read first: entries that are added meanwhile lie behind it.
        head = self._connection.execute(select(heads).where(heads.c.community == community)).first()
        number, previous, limit = 0, START, _PAGE
        while True:
            try:
                page = page_after(self._connection, community, number, limit)
            except (ValueError, TypeError, OverflowError):  # a value that nobody here writes: which entry holds it?
                if limit == 1:
                    self._broken.setdefault(community, number + 1)
                    return
                limit = 1
                continue
            if not page:
                break
            for entry in page:
                if not is_next(entry, number + 1, previous):
                    self._broken.setdefault(community, number + 1)
                number, previous = entry.number, entry.hash
                if head is not None and number == head.number and previous != head.hash:
                    self._broken.setdefault(community, number)
                yield entry
        if head is not None and number < head.number:
            self._broken.setdefault(community, number + 1)


async def read_audits(url: str, work: Callable[[AuditExport], T]) -> T:
    """What `work` makes of the audits of that database.

    Raises: `ConfigurationRefused` where there is none of this version's revision, `Unavailable`.
    """
    parsed, file = parsed_url(url), file_of(url)
    if file is not None:
        if not file.exists():
            raise _none_yet(str(file))
        with reading(file, is_live=True) as connection:
            return _worked(connection, str(file), work)
    place = f"{parsed.host}:{parsed.port or 5432}/{parsed.database}"
    engine = create_async_engine(
        parsed,
        poolclass=NullPool,
        hide_parameters=True,
        connect_args={"server_settings": {"application_name": "lightkeeper", "default_transaction_read_only": "on"}},
    )
    try:
        with named_failures():
            async with engine.connect() as connecting:
                return await connecting.run_sync(_worked, place, work)
    finally:
        await engine.dispose()


def _worked(connection: Connection, place: str, work: Callable[[AuditExport], T]) -> T:
    found = found_in(connection, place)
    if found.revision is None:
        raise _none_yet(place)
    if found.is_older:
        raise ConfigurationRefused(place, "it is of an older version", "start the bot once: it upgrades it")
    return work(AuditExport(connection))


def _none_yet(place: str) -> ConfigurationRefused:
    return ConfigurationRefused(
        place, "there is no database yet", "the first start makes it; begin in the bot's folder"
    )
