"""Who wrote which messages lately: ids alone, in memory, for deleting somebody's last minutes in one step.

Bounded in number and in time, and lost on restart: the messages that a case holds are known besides. Fed by the engine
with every message, also those that concern nobody.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.model.message import ChannelId, CommunityId, MemberId, Message, MessageId

KEPT_FOR = timedelta(minutes=60)
KEPT = 20_000


@dataclass(frozen=True, slots=True)
class _Written:
    community: CommunityId
    channel: ChannelId
    author: MemberId
    at: datetime
    is_spared: bool = False


class Recents:
    """The newest messages of all communities by their authors."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._newest: datetime | None = None
        self._written: OrderedDict[tuple[CommunityId, MessageId], _Written] = OrderedDict()
        self._by_author: dict[tuple[CommunityId, MemberId], OrderedDict[MessageId, None]] = {}

    def __len__(self) -> int:
        """How many messages are known."""
        return len(self._written)

    def note(self, message: Message) -> None:
        """A message was written; another wording of one changes nothing."""
        place = (message.community, message.id)
        if place in self._written:
            return
        author = message.author.id
        self._written[place] = _Written(message.community, message.channel.id, author, message.sent_at)
        self._by_author.setdefault((message.community, author), OrderedDict())[message.id] = None
        self._newest = max(self._newest or message.sent_at, message.sent_at)
        while len(self._written) > self._kept or self._is_oldest_past():
            self.forget(*next(iter(self._written)))

    def spare(self, message: Message) -> None:
        """From now on only a person's purge takes this message, whatever becomes of its wording (promise 3)."""
        place = (message.community, message.id)
        if place in self._written:
            self._written[place] = replace(self._written[place], is_spared=True)

    def _is_oldest_past(self) -> bool:
        oldest = next(iter(self._written.values()), None)
        return oldest is not None and self._newest is not None and self._newest - oldest.at > KEPT_FOR

    def forget(self, community: CommunityId, message_id: MessageId) -> None:
        """A message is gone."""
        gone = self._written.pop((community, message_id), None)
        if gone is None:
            return
        theirs = self._by_author[community, gone.author]
        del theirs[message_id]
        if not theirs:
            del self._by_author[community, gone.author]

    def forget_all(self, community: CommunityId, member: MemberId | None) -> None:
        """Nothing is known any more of what this member wrote, or of the whole community where `member` is None."""
        for place in [
            place
            for place, each in self._written.items()
            if each.community == community and member in {None, each.author}
        ]:
            self.forget(*place)

    def has_heard(self, community: CommunityId, since: datetime) -> bool:
        """Whether anything that was written there after that moment is known."""
        return any(each.community == community and each.at > since for each in self._written.values())

    def of(
        self, community: CommunityId, author: MemberId, since: datetime, now: datetime, *, with_spared: bool = True
    ) -> Mapping[ChannelId, Sequence[MessageId]]:
        """What this member wrote since then, by channel, in the order in which it came in; an hour back at most.

        Without those that are spared, unless `with_spared`.
        """
        begins = max(since, now - KEPT_FOR)
        found: dict[ChannelId, list[MessageId]] = {}
        for message_id in self._by_author.get((community, author), ()):
            written = self._written[community, message_id]
            if written.at >= begins and (with_spared or not written.is_spared):
                found.setdefault(written.channel, []).append(message_id)
        return found
