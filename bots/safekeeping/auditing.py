"""The audit as lines of JSON, for an owner to keep elsewhere, to hand on, or to check without Lightkeeper."""

import json
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from adapters.store.audit_export import AuditExport, read_audits
from config.settings import Settings
from core.errors import ConfigurationRefused
from core.model.message import CommunityId
from core.model.record import AuditEntry


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """What was written.

    Attributes:
        broken: Of each audit that doesn't hold, the number of the first entry that was changed or taken away.
    """

    entries: int
    communities: int
    broken: Mapping[CommunityId, int]


async def export(settings: Settings, community: str | None, write: Callable[[str], object]) -> Exported:
    """Write every entry, oldest first, one community after the other, and follow each chain meanwhile.

    Raises: `ConfigurationRefused`, also for a community without an audit; `Unavailable`.
    """

    def work(audits: AuditExport) -> Exported:
        known = audits.communities
        if community is not None and community not in known:
            hint = f"there is one of: {', '.join(known)}" if known else "no community has one yet"
            raise ConfigurationRefused(f"--community {community}", "has no audit here", hint)
        wanted = [each for each in known if community in {None, each}]
        entries = 0
        for each in wanted:
            for entry in audits.entries(each):
                write(line_of(entry) + "\n")
                entries += 1
        return Exported(entries=entries, communities=len(wanted), broken=dict(audits.broken))

    return await read_audits(settings.database, work)


def line_of(entry: AuditEntry) -> str:
    """An entry in canonical JSON: without `hash`, the same characters are what its SHA-256 is of."""
    told = {**asdict(entry), "at": entry.at.isoformat(), "facts": entry.facts}
    return json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=True)


@contextmanager
def new_file(path: Path) -> Iterator[Callable[[str], object]]:
    """What writes to a new file for its owner's eyes only, which is taken away again where something is raised.

    Raises: `ConfigurationRefused` when it is there already or can't be made.
    """
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigurationRefused(str(path), "it is there already", "name a new file") from None
    except OSError as error:
        raise ConfigurationRefused(str(path), f"can't be made: {error.strerror}", "name another file") from None
    try:
        with os.fdopen(handle, "w", encoding="ascii") as file:
            yield file.write
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def told(done: Exported) -> Iterator[str]:
    """The lines about an export."""
    audits = "1 audit" if done.communities == 1 else f"{done.communities} audits"
    yield f"{done.entries} {'entry' if done.entries == 1 else 'entries'} of {audits}."
    for community, number in done.broken.items():
        yield (
            f"{community}: BROKEN at entry {number}: it, or one before it, was changed, moved or taken away, and from"
            " there on nothing is proven. Compare with a backup or an earlier export."
        )
    if not done.broken:
        yield "Every chain holds."
