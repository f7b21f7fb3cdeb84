"""The audit of the store in memory: a chain of entries for each community."""

from collections import defaultdict
from collections.abc import Iterable, Sequence

from adapters.store.chain import START, chained, is_next
from adapters.store.sealing import new_key, reference
from core.model.message import CommunityId
from core.model.record import AuditDraft, AuditEntry


class MemoryAudit:
    """What `core.ports.Store` says of the audit."""

    def __init__(self) -> None:
        self._chains: dict[CommunityId, list[AuditEntry]] = defaultdict(list)
        self._reference_keys: dict[str, bytes] = defaultdict(new_key)

    def __len__(self) -> int:
        return sum(len(chain) for chain in self._chains.values())

    def write(self, drafts: Iterable[AuditDraft]) -> None:
        """Chain them, in order."""
        for draft in drafts:
            chain = self._chains[draft.community]
            member_ref = ""
            if draft.member is not None:
                scope = draft.case_id or f"of:{draft.community}"
                member_ref = reference(self._reference_keys[scope], draft.community, draft.member)
            chain.append(chained(draft, len(chain) + 1, member_ref, chain[-1].hash if chain else START))

    def forget(self, scope: str) -> None:
        """What was said of a case's member can be linked to nobody from now on."""
        self._reference_keys.pop(scope, None)

    def leave(self, community: CommunityId) -> None:
        """Lose a community's chain."""
        self._chains.pop(community, None)

    def newest(self, community: CommunityId, limit: int, before: int | None) -> Sequence[AuditEntry]:
        """As `Store.audit`."""
        chain = self._chains.get(community, [])
        last = len(chain) if before is None else max(0, min(before - 1, len(chain)))
        return chain[max(0, last - limit) : last][::-1]

    def after(self, community: CommunityId, number: int, limit: int) -> Sequence[AuditEntry]:
        """As `Store.audit_after`."""
        return self._chains.get(community, [])[number : number + limit]

    def communities(self) -> Sequence[CommunityId]:
        """As `Store.communities`."""
        return sorted(community for community, chain in self._chains.items() if chain)

    def broken_at(self, community: CommunityId) -> int | None:
        """As `Store.verify_audit`."""
        previous = START
        for number, entry in enumerate(self._chains.get(community, []), start=1):
            if not is_next(entry, number, previous):
                return number
            previous = entry.hash
        return None
