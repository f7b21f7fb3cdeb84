"""What is known of the posts that stand: read from the store once a community, written down when it changes.

The platform's newest word on a post counts also while the store can't write: it is written down later, once.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass

from core.flow.telling import owner_actions
from core.member_ports import CareStore
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.community import Community
from core.model.message import ChannelId, CommunityId
from core.model.record import Action, AuditDraft, Commit
from core.model.standing import Place, PostKind, Standing
from core.ports import Clock, Store

GONE_TOLD_AGAIN_S = 3600.0
"""Owners are told once an hour at most that their notice is taken away again and again."""


@dataclass(slots=True)
class _Known:
    """A post: as the store has it, None where it was never written down, and the platform's newest receipt of it."""

    standing: Standing | None = None
    receipt: str = ""


class PostBook:
    """The posts of all communities, as far as they are loaded."""

    def __init__(
        self,
        *,
        store: Store,
        care: CareStore,
        clock: Clock,
        channel_name: Callable[[CommunityId, ChannelId], str],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._care = care
        self._clock = clock
        self._channel_name = channel_name
        self._wake = wake
        self._loaded: dict[CommunityId, dict[Place, _Known]] = {}
        self._by_receipt: dict[tuple[CommunityId, str], Place] = {}
        self._gone_told_s: dict[Place, float] = {}

    def has(self, community: CommunityId) -> bool:
        """Whether it is known what stands there."""
        return community in self._loaded

    async def load(self, community: CommunityId) -> None:
        """Read what stands there. Raises: `Unavailable`."""
        rows = await self._care.standing(community)
        if community not in self._loaded:
            self._loaded[community] = {row.place: _Known(row, row.receipt) for row in rows}
            self._by_receipt.update({(community, row.receipt): row.place for row in rows})

    def forget(self, community: CommunityId) -> None:
        """Know nothing of it any more: its data went."""
        self._loaded.pop(community, None)
        self._by_receipt = {key: place for key, place in self._by_receipt.items() if key[0] != community}

    def places(self, community: CommunityId) -> Collection[Place]:
        """Where posts stand there, as far as is known."""
        return tuple(self._loaded.get(community, ()))

    def place_of(self, community: CommunityId, receipt: str) -> Place | None:
        """The post that the platform knows by this id."""
        return self._by_receipt.get((community, receipt))

    def receipt_of(self, place: Place) -> str:
        """The platform's id of a post, "" where none is known."""
        known = self._loaded.get(place.community, {}).get(place)
        return known.receipt if known else ""

    def has_stood(self, place: Place) -> bool:
        """Whether a post was written down as standing there."""
        known = self._loaded.get(place.community, {}).get(place)
        return known is not None and known.standing is not None

    def is_noticed(self, community: CommunityId) -> bool:
        """Whether a notice was posted in that community."""
        known = self._loaded.get(community, {})
        return any(each.kind is PostKind.NOTICE and self.has_stood(each) for each in known)

    async def stands(self, place: Place, community: Community, receipt: str) -> None:
        """A post stands there under this receipt; another one than before means that somebody took that one away.

        Raises: `Unavailable`; the receipt is remembered, and the next look writes it down.
        """
        loaded = self._loaded.get(place.community)
        if loaded is None:  # the community went meanwhile
            return
        known = loaded.setdefault(place, _Known())
        if known.receipt != receipt:
            self._by_receipt.pop((place.community, known.receipt), None)
            self._by_receipt[place.community, receipt] = place
            known.receipt = receipt
        before = known.standing
        if before is not None and before.receipt == receipt:
            return
        now = self._clock.now()
        standing = Standing(
            community=place.community,
            channel=place.channel,
            kind=place.kind,
            receipt=receipt,
            since=before.since if before else now,
        )
        gone = [self._entry(AuditVerb.POST_GONE, place, why="taken_away")] if before else []
        told = self._told_gone(place, community, before) if before else ()
        audit = (*gone, self._entry(AuditVerb.POSTED, place))
        await self._store.commit(Commit(standing=(standing,), audit=audit, actions=told))
        known.standing = standing
        if told:
            self._gone_told_s[place] = self._clock.monotonic()
            self._wake()

    async def fell(self, place: Place) -> None:
        """The post is wanted no more and was taken away. Raises: `Unavailable`."""
        loaded = self._loaded.get(place.community, {})
        known = loaded.get(place)
        if known is None:
            return
        if known.standing is not None:
            fallen = (place.community, place.channel, place.kind)
            entry = self._entry(AuditVerb.POST_GONE, place, why="unwanted")
            await self._store.commit(Commit(fallen=(fallen,), audit=(entry,)))
        loaded.pop(place, None)
        self._by_receipt.pop((place.community, known.receipt), None)

    def _told_gone(self, place: Place, community: Community, before: Standing) -> tuple[Action, ...]:
        last = self._gone_told_s.get(place)
        is_fresh = last is not None and self._clock.monotonic() - last < GONE_TOLD_AGAIN_S
        if place.kind is not PostKind.NOTICE or is_fresh:
            return ()
        return owner_actions(
            place.community,
            community.owners,
            "owner.notice_gone",
            {"community": community.name, "channel": self._channel_name(place.community, place.channel)},
            self._clock.now(),
            once=f"{place.channel} {before.receipt}",
        )

    def _entry(self, verb: AuditVerb, place: Place, **facts: str) -> AuditDraft:
        return AuditDraft(
            community=place.community,
            at=self._clock.now(),
            actor=LIGHTKEEPER,
            verb=verb,
            facts={"kind": place.kind.value, "channel": place.channel, **facts},
        )
