"""Keeps the card with help and the notice standing in their channels, whatever is done to them.

It looks at what stands and mends what differs, again and again: nothing has to tell it that a post was unpinned,
deleted or edited, or that the bot was killed in between. What the platform made is written down after it was made; the
platform finds a post that nobody wrote down by its mark, so that there is never a second one.

Every post has an attempt of its own with a deadline of its own: a channel that is slow or refuses holds up no other.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import partial

from core.care.members import Languages
from core.care.post_book import PostBook
from core.care.post_pages import help_page, notice_page
from core.care.post_refusals import Refusals
from core.care.resources import Resources, read_on
from core.errors import GaveUp, NotAllowed, RetryLater, Unavailable
from core.flow.cancelling import is_asked_to_end
from core.flow.signal import Wake
from core.member_ports import Board, CareStore, Directory
from core.model.community import Community
from core.model.event import BotRemoved, BotReturned, Event, MessageDeleted
from core.model.message import ChannelId, CommunityId, MessageId
from core.model.page import Page
from core.model.policy import CommunityPolicy
from core.model.post import Found, Post
from core.model.resource import Service
from core.model.standing import Place, PostKind
from core.ports import Clock, Notices, Store

LOOKS_EVERY_S = 15.0
"""From the beginning of one look at a post to the next: with its deadline and a failure never a minute."""

DEADLINE_S = 10.0
AT_ONCE = 16
"""How many posts of one platform are looked at at the same time."""

AFTER_FAILURE_S = (2.0, 5.0, 10.0, 15.0)
AFTER_REFUSAL_S = 40.0
"""Platforms count refused requests against the bot: fewer of them, and still mended within a minute."""

SOONEST_S = 1.0
"""However often it is woken, one post is looked at no more often."""

SAID_AFTER_FAILURES = 8
"""So many failures in a row, about two minutes of them, are said on the console."""

NO_ANSWER = "the platform does not answer"


@dataclass(slots=True)
class _Watch:
    """When a post is looked at next; before `held_until_s` nothing wakes it."""

    due_s: float = 0.0
    held_until_s: float = 0.0
    failures: int = 0


class PostKeeper:
    """The loop that keeps posts standing, in all communities."""

    def __init__(
        self,
        *,
        boards: Mapping[str, Board],
        store: Store,
        care: CareStore,
        communities: Callable[[], Sequence[Community]],
        policy_of: Callable[[CommunityId], CommunityPolicy],
        resources: Resources,
        directory: Directory,
        languages: Languages,
        clock: Clock,
        notices: Notices,
        wake: Callable[[], None] = lambda: None,
        is_ephemeral: Callable[[CommunityId], bool] = lambda _: True,
        channel_name: Callable[[CommunityId, ChannelId], str] = lambda _, channel: channel,
    ) -> None:
        """`boards` by the name of their platform; a community of another one has no posts.

        `wake` is called after commits that gave delivery something to do; `is_ephemeral` says whether a community's
        platform can show something to one person inside a channel.
        """
        self._boards = boards
        self._communities = communities
        self._policy_of = policy_of
        self._resources = resources
        self._directory = directory
        self._languages = languages
        self._clock = clock
        self._is_ephemeral = is_ephemeral
        self._book = PostBook(store=store, care=care, clock=clock, channel_name=channel_name, wake=wake)
        self._refusals = Refusals(store=store, clock=clock, notices=notices, channel_name=channel_name, wake=wake)
        self._watches: dict[Place | CommunityId, _Watch] = {}
        self._under_way: dict[Place | CommunityId, asyncio.Task[None]] = {}
        self._rooms = {(name, failed): asyncio.Semaphore(AT_ONCE) for name in boards for failed in (False, True)}
        """What failed last time waits in a room of its own: however many are slow, they hold up no other."""
        self._gone: set[CommunityId] = set()
        self._woken = Wake()
        self.counts: Counter[Found] = Counter()
        """Looks by how the post was found."""

    def is_noticed(self, community: CommunityId) -> bool:
        """Whether the notice was posted there; also after somebody took it away, which its owners are told."""
        return self._book.is_noticed(community)

    def changed(self) -> None:
        """Look at every post now: what is wanted, or what it says, may have changed."""
        for watch in self._watches.values():
            watch.due_s = watch.held_until_s
        self._woken()

    def heard(self, event: Event) -> None:
        """Look now where this event says that there is reason to. Cheap: to be called for every one that comes in."""
        match event:
            case MessageDeleted():
                self.deleted(event.community, event.message_id)
            case BotRemoved():
                self._gone.add(event.community)
            case BotReturned():
                self._look_again(event.community)

    def deleted(self, community: CommunityId, message_id: MessageId) -> None:
        """Look now, if this was a post."""
        place = self._book.place_of(community, message_id)
        if place is not None and (watch := self._watches.get(place)) is not None:
            watch.due_s = watch.held_until_s
            self._woken()

    def forget(self, community: CommunityId) -> None:
        """Its data went with the bot: it counts as not noticed, and what stands there is read anew.

        Nothing is told about what can't be kept there, until something can: it would be data again.
        """
        self._book.forget(community)
        self._gone.add(community)

    def _look_again(self, community: CommunityId) -> None:
        for matter, watch in self._watches.items():
            if isinstance(matter, Place) and matter.community == community:
                watch.due_s = watch.held_until_s = self._clock.monotonic()
        self._woken()

    async def ready(self) -> None:
        """Return once it is known everywhere what stands: who was told what is screened can be asked from then on."""
        for community in [each for each in self._communities() if each.platform in self._boards]:
            while not self._book.has(community.id):
                try:
                    await self._book.load(community.id)
                except Unavailable:
                    await self._clock.sleep(AFTER_FAILURE_S[0])

    async def run(self) -> None:
        """Keep everything standing until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                await self._woken.wait(self._start_due(tasks))

    async def look(self) -> None:
        """Look once at every post that is not held back, to the end."""
        self.changed()
        for _ in range(2):  # what stands in a community is loaded first
            async with asyncio.TaskGroup() as tasks:
                self._start_due(tasks)

    def _start_due(self, tasks: asyncio.TaskGroup) -> float:
        """Begin every look that is due; returns the seconds until the next is."""
        wanted = self._wanted()
        for over in [each for each in self._watches if each not in wanted and each not in self._under_way]:
            del self._watches[over]
            if isinstance(over, Place):
                self._refusals.mended(over)
        now_s, next_s = self._clock.monotonic(), LOOKS_EVERY_S
        for matter, community in wanted.items():
            watch = self._watches.setdefault(matter, _Watch())
            if matter in self._under_way:
                continue
            if watch.due_s > now_s:
                next_s = min(next_s, watch.due_s - now_s)
                continue
            watch.due_s, watch.held_until_s = now_s + LOOKS_EVERY_S, now_s + SOONEST_S
            task = tasks.create_task(self._attend(matter, community, watch), name="keep a post")
            self._under_way[matter] = task
            task.add_done_callback(partial(self._finished, matter))
        return next_s

    def _finished(self, matter: Place | CommunityId, _: asyncio.Task[None]) -> None:
        del self._under_way[matter]
        self._woken()

    def _wanted(self) -> Mapping[Place | CommunityId, Community]:
        """What is to be seen to: a community that is not loaded yet, and the posts of every other."""
        wanted: dict[Place | CommunityId, Community] = {}
        for community in self._communities():
            if community.platform not in self._boards:
                continue
            if not self._book.has(community.id):
                wanted[community.id] = community
                continue
            wanted |= dict.fromkeys([*places_of(community), *self._book.places(community.id)], community)
        return wanted

    async def _attend(self, matter: Place | CommunityId, community: Community, watch: _Watch) -> None:
        """One look. Never raises: what comes of it says when the next one is."""
        try:
            if not isinstance(matter, Place):
                await self._book.load(matter)
            elif await self._has_been_kept(matter, community, watch):
                self._refusals.mended(matter)
            watch.failures = 0
        except (RetryLater, TimeoutError) as error:
            self._try_again(watch, error)
            is_slow = watch.failures >= SAID_AFTER_FAILURES and not isinstance(error, Unavailable)
            if is_slow and isinstance(matter, Place):
                reason = error.reason if isinstance(error, RetryLater) else NO_ANSWER
                self._refusals.say("notice.post_refused", matter, community, reason)
        except (Exception, asyncio.CancelledError) as error:  # a post's boundary: it is tried again, others are kept
            if isinstance(error, asyncio.CancelledError) and is_asked_to_end():
                raise
            self._try_again(watch, error)
            if isinstance(matter, Place):
                self._refusals.say("notice.post_failed", matter, community, type(error).__name__)

    def _try_again(self, watch: _Watch, error: BaseException) -> None:
        wait_s = AFTER_FAILURE_S[min(watch.failures, len(AFTER_FAILURE_S) - 1)]
        if isinstance(error, RetryLater) and error.after is not None:
            wait_s = max(wait_s, error.after.total_seconds())
        watch.failures += 1
        self._hold(watch, wait_s)

    def _hold(self, watch: _Watch, wait_s: float) -> None:
        watch.due_s = watch.held_until_s = self._clock.monotonic() + wait_s

    async def _has_been_kept(self, place: Place, community: Community, watch: _Watch) -> bool:
        """Whether it is as wanted now; a refusal is said. Raises: `RetryLater`, `TimeoutError`."""
        is_wanted = place in places_of(community)
        try:
            async with self._rooms[community.platform, watch.failures > 0]:
                await (self._keep(place, community) if is_wanted else self._drop(place, community))
        except (NotAllowed, GaveUp) as refusal:
            if isinstance(refusal, GaveUp) and refusal.unknown:
                raise RetryLater(reason=refusal.reason) from refusal
            self._hold(watch, AFTER_REFUSAL_S)
            if place.community in self._gone:
                return False
            if is_wanted:
                stood = self._book.has_stood(place)
                await self._refusals.refused(place, community, refusal, has_stood=stood)
            else:
                self._refusals.say("notice.post_stays", place, community, refusal.reason)
            return False
        return True

    async def _keep(self, place: Place, community: Community) -> None:
        page = self._page(place.kind, community)
        post = Post(community=place.community, channel=place.channel, kind=place.kind, page=page)
        async with asyncio.timeout(DEADLINE_S):
            kept = await self._boards[community.platform].keep(post, self._book.receipt_of(place))
        self.counts[kept.found] += 1
        self._gone.discard(place.community)
        await self._book.stands(place, community, kept.receipt)

    async def _drop(self, place: Place, community: Community) -> None:
        """An old notice stays until the new one stands: members can read it meanwhile."""
        anew = [each for each in places_of(community) if each.kind is PostKind.NOTICE]
        if place.kind is PostKind.NOTICE and not all(map(self._book.has_stood, anew)):
            return
        board, receipt = self._boards[community.platform], self._book.receipt_of(place)
        with suppress(GaveUp):  # the channel is gone, and the post with it
            async with asyncio.timeout(DEADLINE_S):
                await board.drop(place.community, place.channel, place.kind, receipt)
        await self._book.fell(place)

    def _page(self, kind: PostKind, community: Community) -> Page:
        if kind is PostKind.NOTICE:
            return notice_page(community, self._policy_of(community.id), self._languages)
        lines = {each: self._resources.emergency(community.id, each) for each in community.countries}
        return help_page(
            community,
            live=self._resources.live(community.id),
            emergency={country: line for country, line in lines.items() if line is not None},
            worldwide=self._resources.worldwide(),
            checked_on=self._checked_on,
            languages=self._languages,
            is_ephemeral=self._is_ephemeral(community.id),
        )

    def _checked_on(self, service: Service) -> date | None:
        return read_on(service, self._directory.state(), self._clock.now().date())


def places_of(community: Community) -> Sequence[Place]:
    """Where posts should stand there, the notice first."""
    notices = [Place(community.id, community.notice, PostKind.NOTICE)] if community.notice else []
    return [*notices, *(Place(community.id, each, PostKind.HELP) for each in community.help_channels)]
