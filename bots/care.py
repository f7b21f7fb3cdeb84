"""The members' side put together: directory and posts, consent, the pages behind each letter, erasure and leaving."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass

from core.care.asking import Asking
from core.care.erasing import Erasures
from core.care.leaving import Leaving
from core.care.letters import Letters
from core.care.members import Languages, MemberDesk
from core.care.outlook import ResourceWatch
from core.care.posts import PostKeeper
from core.care.privacy import Privacy
from core.care.resources import Resources
from core.care.support import Support
from core.care.support_asking import AskingPages
from core.care.support_services import ServicesShown
from core.care.support_topics import ResourcePages
from core.flow.consent import Consent
from core.flow.going import Presence
from core.flow.recents import Recents
from core.flow.timers import Handler
from core.member_ports import Board, CareStore, Directory
from core.model.card import Text
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.policy import CommunityPolicy
from core.ports import Clock, Intake, Notices, Staff, Store, Taken


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """What the members' side needs of its surroundings.

    Attributes:
        store: The same database as the house's.
        communities: Those that are served.
        boards: By the name of their platform.
        languages: Those that there are for members.
        channel_name: What people call a channel.
        leaves: What is sent to another computer than the one that this runs on, one text each.
    """

    store: CareStore
    communities: Mapping[CommunityId, Community]
    directory: Directory
    boards: Mapping[str, Board]
    languages: Languages
    channel_name: Callable[[CommunityId, ChannelId], str] = lambda _, channel: channel
    leaves: Sequence[Text] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """What the members' side needs of the engine: a rest between two batches, and that it forgets."""

    paused: Callable[[], AbstractAsyncContextManager[None]]
    forget: Callable[[CommunityId, MemberId | None], None]
    recents: Recents
    presence: Presence


class Watching:
    """Directory and posts, and who consented: what there is before the engine."""

    def __init__(
        self,
        care: Care,
        *,
        store: Store,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        clock: Clock,
        notices: Notices,
        is_ephemeral: Callable[[CommunityId], bool],
        wake: Callable[[], None],
    ) -> None:
        """`is_ephemeral` says whether a community's platform can show something to one person inside a channel."""
        self.resources = Resources(directory=care.directory, clock=clock)
        self.keeper = PostKeeper(
            boards=care.boards,
            store=store,
            care=care.store,
            communities=lambda: tuple(care.communities.values()),
            policy_of=policy_of,
            resources=self.resources,
            directory=care.directory,
            languages=care.languages,
            clock=clock,
            notices=notices,
            wake=wake,
            is_ephemeral=is_ephemeral,
            channel_name=care.channel_name,
        )
        self.consent = Consent(is_noticed=self.keeper.is_noticed, care=care.store)
        self._directory = ResourceWatch(
            directory=care.directory,
            store=store,
            clock=clock,
            communities=care.communities,
            notices=notices,
            on_change=self.keeper.changed,
        )

    @property
    def loops(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to be kept running."""
        return {"posts": self.keeper.run, "resources": self._directory.run}

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return self._directory.handlers

    def overheard(self, intake: Intake) -> Intake:
        """The intake for the engine: a post that somebody deleted is heard of on the way."""
        return _Overheard(intake, self.keeper)


class Answering:
    """The pages, and what members have done with them: what there is behind the engine."""

    def __init__(
        self,
        care: Care,
        watching: Watching,
        engine: Engines,
        *,
        store: Store,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        staff: Staff,
        clock: Clock,
        wake: Callable[[], None],
    ) -> None:
        def forget(community: CommunityId) -> None:
            engine.forget(community, None)
            watching.keeper.forget(community)

        community_of = care.communities.__getitem__
        services = ServicesShown(resources=watching.resources)
        asking = Asking(
            store=store,
            clock=clock,
            community_of=community_of,
            policy_of=policy_of,
            staff=staff,
            preference_of=care.store.preference,
            wake=wake,
        )
        self._erasures = Erasures(
            store=store,
            care=care.store,
            clock=clock,
            policy_of=policy_of,
            paused=engine.paused,
            forget=engine.forget,
            wake=wake,
        )
        self._leaving = Leaving(
            store=store,
            clock=clock,
            presence=engine.presence,
            recents=engine.recents,
            paused=engine.paused,
            forget=forget,
        )
        self.letters = Letters(
            store=store,
            clock=clock,
            services=services,
            staff=staff,
            community_of=community_of,
            languages=care.languages,
            wake=wake,
        )
        self.members = MemberDesk(
            parts={
                "s": Support(
                    services=services,
                    asking=AskingPages(asking=asking, services=services),
                    community_of=community_of,
                ),
                "r": ResourcePages(services=services, community_of=community_of),
                "l": self.letters,
                "p": Privacy(
                    store=store,
                    care=care.store,
                    clock=clock,
                    staff=staff,
                    erasures=self._erasures,
                    policy_of=policy_of,
                    community_of=community_of,
                    is_noticed=watching.keeper.is_noticed,
                    leaves=care.leaves,
                ),
            },
            community_of=community_of,
            languages=care.languages,
        )

    @property
    def handlers(self) -> Mapping[str, Handler]:
        """By timer kind."""
        return {**self._erasures.handlers, **self._leaving.handlers}


class _Overheard:
    """Speaks `core.ports.Intake`."""

    def __init__(self, intake: Intake, keeper: PostKeeper) -> None:
        self._intake = intake
        self._keeper = keeper
        self.append, self.wait, self.ack = intake.append, intake.wait, intake.ack

    async def take(self, limit: int, after: int = 0) -> Sequence[Taken]:
        taken = await self._intake.take(limit, after)
        for each in taken:
            self._keeper.heard(each.event)
        return taken
