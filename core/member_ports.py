"""The seams of the members' side: what the core asks of the outside there, as `core.ports` does for everything else."""

from collections.abc import Sequence
from typing import Protocol

from core.errors import ConfigurationRefused
from core.model.belongings import Belongings
from core.model.case import Case
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.post import Kept, Post
from core.model.preference import Preference
from core.model.resource import Confirmation, DirectoryState
from core.model.standing import PostKind, Standing


class CareStore(Protocol):
    """The members' side of the store, in the same database and the same commits as `Store`."""

    async def preference(self, community: CommunityId, member: MemberId) -> Preference:
        """What the member chose; the defaults where they chose nothing."""
        ...

    async def standing(self, community: CommunityId) -> Sequence[Standing]:
        """The posts that stand in that community as far as is known."""
        ...

    async def belongings(self, community: CommunityId, member: MemberId) -> Belongings:
        """What is kept of a member, for themselves alone. Raises: `Unavailable`."""
        ...

    async def cases_about(self, community: CommunityId, member: MemberId) -> Sequence[Case]:
        """Every case that still names the member as its subject, of any concern, open or closed: for erasure alone."""
        ...

    async def flush_erased(self) -> None:
        """Let nothing that was erased linger in the database's own files (its log, its free pages). May repeat."""
        ...


class Directory(Protocol):
    """The directory of services: what ships and what owners wrote down, in memory."""

    def state(self) -> DirectoryState:
        """As it was last read; at once, without I/O."""
        ...

    def reload(self) -> bool:
        """Read it again if its files changed; whether anything did. Blocks; files that are wrong leave it as it was."""
        ...

    def refusals(self) -> Sequence[ConfigurationRefused]:
        """What is wrong with its files since they were last read; empty where nothing is."""
        ...

    def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        """Write down durably what an owner has re-read. Blocks. Raises: `ConfigurationRefused`."""
        ...


class Board(Protocol):
    """A platform's way to keep a post standing in a channel."""

    async def keep(self, post: Post, receipt: str) -> Kept:
        """Let this post stand there once, pinned, with these words: look first, then write only what differs.

        `receipt` is the platform's id of it as last known, "" where none is. A twin of it that an interrupted attempt
        left is found again by its mark, or taken away. Raises: `NotAllowed` (a missing permission or a full board,
        saying which), `RetryLater`, `GaveUp` (the channel is gone).
        """
        ...

    async def drop(self, community: CommunityId, channel: ChannelId, kind: PostKind, receipt: str) -> None:
        """Take it away; one that is gone is a success. Raises: as `keep`."""
        ...
