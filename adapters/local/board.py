"""The posts that the bot keeps standing on the local platform, and what people and bad days do to them.

A post is a message of the bot's in a channel, pinned or not, that everybody sees. Posting and pinning are two steps, as
on real platforms, and each is in the journal before the next is begun: what a kill cuts off between them is found again
by kind and channel. Pages are not in the journal; after a restart they come back with the first look.
"""

import asyncio
import hashlib
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import Any

from adapters.local.journal import Entry
from core.errors import GaveUp, NotAllowed, RetryLater
from core.model.message import ChannelId, CommunityId, MessageId
from core.model.page import Page, Shown
from core.model.post import Found, Kept, Post
from core.model.standing import PostKind

_GRAVITY = (Found.STANDING, Found.EDITED, Found.PINNED_AGAIN, Found.MADE)


class Trouble(StrEnum):
    """How a channel can fail."""

    FULL = "full"
    """No more can be pinned."""
    FORBIDDEN = "forbidden"
    GONE = "gone"
    BUSY = "busy"
    SILENT = "silent"
    """No answer ever comes, and nothing happens."""
    ANSWER_LOST = "answer_lost"
    """What was asked for happens, and the answer gets lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BoardPost:
    """A post as it is there.

    Attributes:
        words: A digest of its page.
        page: None after a restart, until it is kept again.
    """

    receipt: str
    channel: ChannelId
    kind: PostKind
    words: str
    page: Page | None
    is_pinned: bool = False


async def at_once() -> None:
    """No time at all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outside:
    """What a board needs of the platform around it.

    Attributes:
        deleted: Tells of a post that somebody took away, as of any message.
        pause: How long each request takes on its way, and each answer.
    """

    community: CommunityId
    has_channel: Callable[[ChannelId], bool]
    is_out: Callable[[], bool]
    new_id: Callable[[], str]
    note: Callable[[Entry], Awaitable[None]]
    deleted: Callable[[ChannelId, MessageId], Awaitable[None]]
    tell: Callable[[], None]
    pause: Callable[[], Awaitable[None]] = at_once


class LocalBoard:
    """Speaks `core.member_ports.Board`; members take down what they like."""

    def __init__(self, outside: Outside) -> None:
        self._outside = outside
        self._posts: dict[str, BoardPost] = {}
        self._changing = asyncio.Lock()
        self._troubles: dict[ChannelId, Trouble] = {}
        self._next: deque[Trouble] = deque()
        self.made = 0
        """How many posts were made in this run."""

    def posts(self, channel: ChannelId) -> Sequence[BoardPost]:
        """Every post of the bot's that is there, pinned or not, oldest first."""
        return [each for each in self._posts.values() if each.channel == channel]

    def pinned(self, channel: ChannelId) -> Sequence[BoardPost]:
        """Those that stand at the top of the channel, as far as their pages are known."""
        return [each for each in self.posts(channel) if each.is_pinned and each.page is not None]

    async def unpin(self, channel: ChannelId, kind: PostKind) -> None:
        """Somebody unpins it; nothing happens where none is pinned."""
        for each in self._own(channel, kind):
            if each.is_pinned:
                await self._change("post_unpinned", each.receipt, is_pinned=False)

    async def delete_post(self, channel: ChannelId, kind: PostKind) -> None:
        """Somebody takes it away; nothing happens where none stands."""
        for each in self._own(channel, kind):
            await self._remove(each.receipt)
            await self._outside.deleted(channel, MessageId(each.receipt))

    def beset(self, channel: ChannelId, trouble: Trouble | None) -> None:
        """Let every look at this channel meet that trouble, until None lifts it."""
        if trouble is None:
            self._troubles.pop(channel, None)
        else:
            self._troubles[channel] = trouble

    def fail_next(self, trouble: Trouble, times: int = 1) -> None:
        """Let the next `times` looks, wherever, meet that trouble."""
        self._next.extend([trouble] * times)

    async def keep(self, post: Post, receipt: str) -> Kept:
        trouble = await self._reached(post.community, post.channel)
        own = {each.receipt: each for each in self._own(post.channel, post.kind)}
        standing = own.pop(receipt, None) or (own.pop(max(own, key=int)) if own else None)
        for twin in own:
            await self._remove(twin)
        found = [Found.STANDING]
        words = words_of(post.page)
        if standing is None:
            standing = await self._make(post, words)
            found.append(Found.MADE)
        elif standing.words != words:
            await self._change("post_edited", standing.receipt, words=words, page=post.page)
            found.append(Found.EDITED)
        elif standing.page is None:
            self._posts[standing.receipt] = replace(standing, page=post.page)
            self._outside.tell()
        if not standing.is_pinned:
            if trouble is Trouble.FULL:
                raise NotAllowed(reason="no more messages can be pinned there")
            await self._change("post_pinned", standing.receipt, is_pinned=True)
            found.append(Found.PINNED_AGAIN)
        await self._answer(trouble)
        return Kept(receipt=standing.receipt, found=max(found, key=_GRAVITY.index))

    async def drop(self, community: CommunityId, channel: ChannelId, kind: PostKind, receipt: str) -> None:
        trouble = await self._reached(community, channel)
        for each in self._own(channel, kind):
            await self._remove(each.receipt)
        await self._answer(trouble)

    def remember(self, entry: Entry) -> None:
        """What the journal tells of a post; of anything else it tells nothing here."""
        if entry["what"] == "post_gone":
            self._posts.pop(entry["id"], None)
        elif entry["what"] in _IN_JOURNAL:
            self._posts[entry["id"]] = BoardPost(
                receipt=entry["id"],
                channel=ChannelId(entry["channel"]),
                kind=PostKind(entry["kind"]),
                words=entry["words"],
                page=None,
                is_pinned=entry["pinned"] == "yes",
            )

    def _own(self, channel: ChannelId, kind: PostKind) -> Sequence[BoardPost]:
        return [each for each in self.posts(channel) if each.kind is kind]

    async def _make(self, post: Post, words: str) -> BoardPost:
        await self._outside.pause()
        async with self._changing:
            made = BoardPost(
                receipt=self._outside.new_id(), channel=post.channel, kind=post.kind, words=words, page=post.page
            )
            await self._put("posted", made)
        self.made += 1
        return made

    async def _change(self, what: str, receipt: str, **changes: Any) -> None:
        await self._outside.pause()
        async with self._changing:
            post = self._posts.get(receipt)
            if post is None:
                raise RetryLater(reason="it was taken away meanwhile")
            await self._put(what, replace(post, **changes))

    async def _put(self, what: str, post: BoardPost) -> None:
        entry = {
            "what": what,
            "id": post.receipt,
            "channel": post.channel,
            "kind": post.kind.value,
            "words": post.words,
            "pinned": "yes" if post.is_pinned else "no",
        }
        await self._outside.note(entry)
        self._posts[post.receipt] = post
        self._outside.tell()

    async def _remove(self, receipt: str) -> None:
        await self._outside.pause()
        async with self._changing:
            if receipt in self._posts:
                await self._outside.note({"what": "post_gone", "id": receipt})
                del self._posts[receipt]
                self._outside.tell()

    async def _reached(self, community: CommunityId, channel: ChannelId) -> Trouble | None:
        """The trouble that comes after the channel was reached."""
        if community != self._outside.community or self._outside.is_out():
            raise NotAllowed(reason="the bot is not in this community")
        await self._outside.pause()
        trouble = self._next.popleft() if self._next else self._troubles.get(channel)
        match trouble:
            case Trouble.FORBIDDEN:
                raise NotAllowed(reason="the bot may not write and pin there", permission="pin_messages")
            case Trouble.BUSY:
                raise RetryLater(reason="the local platform was told to be busy", after=timedelta(seconds=1))
            case Trouble.SILENT:
                await asyncio.Event().wait()
        if trouble is Trouble.GONE or not self._outside.has_channel(channel):
            raise GaveUp(reason="the channel is not there any more")
        return trouble

    async def _answer(self, trouble: Trouble | None) -> None:
        await self._outside.pause()
        if trouble is Trouble.ANSWER_LOST:
            raise TimeoutError("the local platform was told to lose its answer")


_IN_JOURNAL = frozenset({"posted", "post_edited", "post_pinned", "post_unpinned"})


def words_of(page: Page) -> str:
    """A digest of everything that a reader of the page sees; the same in every process."""
    body = [
        each.service.fingerprint if isinstance(each, Shown) else (each.key, sorted(each.params.items()))
        for each in page.body
    ]
    choices = [(each.label.key, sorted(each.label.params.items()), each.to, each.url) for each in page.choices]
    seen = (page.title.key, body, choices, page.locale, page.is_draft)
    return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]
