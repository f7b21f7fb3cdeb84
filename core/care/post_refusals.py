"""Saying loudly that a post can't be kept: to everybody who reads notices, and to the community's owners in private.

Owners are told once a cause and again every day while it lasts. What is told is written down with a key of its cause
and its day, so that a bot that keeps being restarted tells it no more often.
"""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from core.errors import GaveUp, NotAllowed
from core.flow.telling import owner_actions
from core.model.card import Text
from core.model.community import Community
from core.model.message import ChannelId, CommunityId
from core.model.record import Commit
from core.model.standing import Place, PostKind
from core.ports import Clock, Notices, Store

TOLD_AGAIN_AFTER = timedelta(days=1)


class Refusals:
    """What can't be kept, and who was told of it when."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        notices: Notices,
        channel_name: Callable[[CommunityId, ChannelId], str],
        wake: Callable[[], None],
    ) -> None:
        self._store = store
        self._clock = clock
        self._notices = notices
        self._channel_name = channel_name
        self._wake = wake
        self._told: dict[tuple[Place, str], float] = {}
        self._tellings: Counter[tuple[Place, str]] = Counter()

    async def refused(
        self, place: Place, community: Community, refusal: NotAllowed | GaveUp, *, has_stood: bool
    ) -> None:
        """The platform won't: it is said. Raises: `Unavailable`; the owners are not told yet then.

        `has_stood` is whether the post was ever there: without a notice nothing is screened for signs of crisis.
        """
        channel = self._channel_name(place.community, place.channel)
        self.say("notice.post_refused", place, community, refusal.reason)
        cause = (refusal.permission if isinstance(refusal, NotAllowed) else "") or refusal.reason
        matter, now_s = (place, cause), self._clock.monotonic()
        last = self._told.get(matter)
        if last is not None and now_s - last < TOLD_AGAIN_AFTER.total_seconds():
            return
        now, is_first = self._clock.now(), place.kind is PostKind.NOTICE and not has_stood
        told = owner_actions(
            place.community,
            community.owners,
            "owner.notice_never_posted" if is_first else "owner.post_refused",
            {"kind": place.kind.value, "community": community.name, "channel": channel, "reason": refusal.reason},
            now,
            once=f"{place.channel} {place.kind} {cause} {now.date()} {self._tellings[matter]}",
        )
        await self._store.commit(Commit(actions=told))
        self._told[matter] = now_s
        self._tellings[matter] += 1
        self._wake()

    def say(self, key: str, place: Place, community: Community, reason: str) -> None:
        """Show on the console that a post is not as it should be."""
        params: dict[str, str | int] = {
            "kind": place.kind.value,
            "community": community.name,
            "channel": self._channel_name(place.community, place.channel),
            "reason": reason,
        }
        self._notices.raise_notice(_notice_key(place), Text(key=key, params=params))

    def mended(self, place: Place) -> None:
        """It stands, or is wanted no more: should it be refused again, that is told anew."""
        self._notices.clear_notice(_notice_key(place))
        for matter in [each for each in self._told if each[0] == place]:
            del self._told[matter]


def _notice_key(place: Place) -> str:
    return f"post.{place.community}.{place.channel}.{place.kind}"
