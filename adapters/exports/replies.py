"""Who wrote what, for resolving replies: a bounded memory of message ids."""

from collections import OrderedDict

from core.model.message import ChannelId, MemberId, MessageId

KEPT = 50_000


class Replies:
    """Authors of the last messages; those longest ago are forgotten first."""

    def __init__(self, kept: int = KEPT) -> None:
        self._kept = kept
        self._authors: OrderedDict[tuple[str, str], MemberId] = OrderedDict()

    def keep(self, channel: ChannelId, message: MessageId, author: MemberId) -> None:
        """Remember who wrote this."""
        self._authors[channel, message] = author
        if len(self._authors) > self._kept:
            self._authors.popitem(last=False)

    def author(self, channel: str, message: str) -> MemberId | None:
        """Who wrote it; None when that is not known any more."""
        return self._authors.get((channel, message))
