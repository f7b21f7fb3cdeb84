"""A community with a notice and cards with help, and the keeper that keeps them, around the local platform's board."""

from collections import deque
from collections.abc import Awaitable, Callable, Sequence

from adapters.local.board import BoardPost, LocalBoard, Outside, at_once, words_of
from adapters.local.journal import Entry
from adapters.local.memory import MemoryStore
from core.care.members import Languages
from core.care.post_pages import help_page, notice_page
from core.care.posts import PostKeeper
from core.care.resources import Resources, read_on
from core.errors import ConfigurationRefused, Unavailable
from core.flow.signal import Wake
from core.model.action import ActionKind
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId, MessageId
from core.model.page import Page
from core.model.policy import CommunityPolicy
from core.model.record import Action, Commit, Committed
from core.model.resource import Confirmation, DirectoryState, Service, Topic
from core.model.standing import Place, PostKind, Standing
from core.ports import Clock
from tests.core.noticeboard import Noticeboard
from tests.core.shelf import THE_WORLD, a_service

HARBOUR = CommunityId("local:harbour")
RULES, GENERAL, GAMES = ChannelId("rules"), ChannelId("general"), ChannelId("games")
NOTICE = Place(HARBOUR, RULES, PostKind.NOTICE)
CARD = Place(HARBOUR, GENERAL, PostKind.HELP)

COMMUNITY = Community(
    id=HARBOUR,
    name="The Harbour",
    alerts=ChannelId("alerts"),
    crisis_alerts=ChannelId("crisis"),
    owners=frozenset({MemberId("olga")}),
    notice=RULES,
    help_channels=(GENERAL,),
    countries=("DE",),
)

SERVICES = (
    a_service("emergency", Topic.EMERGENCY, call="555-0199"),
    a_service("listeners", call="555-0101", is_always_open=True),
    a_service("writers", call="", text="555-0102"),
    THE_WORLD,
)


class Shelf:
    """Speaks `core.member_ports.Directory`; a test puts services on it."""

    def __init__(self, services: Sequence[Service] = SERVICES) -> None:
        self.put(services)

    def put(self, services: Sequence[Service]) -> None:
        self._state = DirectoryState(services=tuple(services))

    def state(self) -> DirectoryState:
        return self._state

    def reload(self) -> bool:
        return False

    def refusals(self) -> Sequence[ConfigurationRefused]:
        return ()

    def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        raise AssertionError("nobody confirms anything here")


class PinStore(MemoryStore):
    """A store whose commits and reads can fail, or take their time."""

    def __init__(self, clock: Clock, pause: Callable[[], Awaitable[None]]) -> None:
        super().__init__(clock)
        self._pause = pause
        self.is_down = False
        self.units: list[Commit] = []
        self.killed_after_commit: deque[BaseException] = deque()

    async def commit(self, unit: Commit) -> Committed:
        await self._pause()
        self._refuse()
        written = await super().commit(unit)
        self.units.append(unit)
        await self._pause()
        if self.killed_after_commit:
            raise self.killed_after_commit.popleft()
        return written

    async def standing(self, community: CommunityId) -> Sequence[Standing]:
        await self._pause()
        self._refuse()
        return await super().standing(community)

    def _refuse(self) -> None:
        if self.is_down:
            raise Unavailable(reason="the disk is full")


class Seaside:
    """The world around the keeper: it goes on over restarts."""

    def __init__(
        self,
        clock: Clock,
        *communities: Community,
        pause: Callable[[], Awaitable[None]] = at_once,
    ) -> None:
        self.clock = clock
        self.communities = list(communities or (COMMUNITY,))
        self.policy = CommunityPolicy()
        self.languages = Languages()
        self.shelf = Shelf()
        self.store = PinStore(clock, pause)
        self.notices = Noticeboard()
        self.channels = {RULES, GENERAL, GAMES}
        self.woken = 0
        self.tells_of_deletions = True
        self.doubles: list[Place] = []
        self.shown = Wake()
        """Raised when members see something else than before."""
        self._ids = 0
        outside = Outside(
            community=HARBOUR,
            has_channel=self.channels.__contains__,
            is_out=lambda: False,
            new_id=self._new_id,
            note=self._note,
            deleted=self._deleted,
            tell=self._seen,
            pause=pause,
        )
        self.board = LocalBoard(outside)
        self.start()

    def start(self) -> None:
        """Start, or start again after a kill: what was in the keeper's memory is gone."""
        self.keeper = PostKeeper(
            boards={"local": self.board},
            store=self.store,
            care=self.store,
            communities=lambda: self.communities,
            policy_of=lambda _: self.policy,
            resources=Resources(directory=self.shelf, clock=self.clock),
            directory=self.shelf,
            languages=self.languages,
            clock=self.clock,
            notices=self.notices,
            wake=self._wake,
        )

    def posts(self, channel: ChannelId, kind: PostKind | None = None) -> Sequence[BoardPost]:
        """Every post that is there."""
        return [each for each in self.board.posts(channel) if kind in {None, each.kind}]

    def are_all_as_wanted(self) -> bool:
        """Whether every wanted post stands once, pinned, with the words of this moment, and nothing else stands."""
        wanted = {}
        for each in self.communities:
            if each.notice:
                wanted[each.notice, PostKind.NOTICE] = words_of(notice_page(each, self.policy, self.languages))
            for channel in each.help_channels:
                wanted[channel, PostKind.HELP] = words_of(self._card(each))
        found = [(post.channel, post.kind, post.words, post.is_pinned) for c in self.channels for post in self.posts(c)]
        return sorted(found) == sorted((*place, words, True) for place, words in wanted.items())

    def told(self) -> Sequence[Action]:
        """What owners were told, each once."""
        actions = {each.key: each for unit in self.store.units for each in unit.actions}
        return [each for each in actions.values() if each.kind is ActionKind.TELL_OWNER]

    async def audit(self) -> Sequence[tuple[str, str]]:
        """What the audit says of posts, oldest first."""
        entries = await self.store.audit_after(HARBOUR, 0, 1000)
        return [(each.verb, each.facts["kind"]) for each in entries]

    def want(self, community: Community) -> None:
        """The owner changes the community's settings."""
        self.communities = [community]

    def edit_directory(self, number: str) -> None:
        """The number of the emergency line changes."""
        services = [each for each in self.shelf.state().services if each.id != "emergency"]
        self.shelf.put([a_service("emergency", Topic.EMERGENCY, call=number), *services])

    def _card(self, community: Community) -> Page:
        resources, today = Resources(directory=self.shelf, clock=self.clock), self.clock.now().date()
        lines = {each: resources.emergency(community.id, each) for each in community.countries}
        return help_page(
            community,
            live=resources.live(community.id),
            emergency={country: line for country, line in lines.items() if line is not None},
            worldwide=resources.worldwide(),
            checked_on=lambda service: read_on(service, self.shelf.state(), today),
            languages=self.languages,
        )

    def _new_id(self) -> str:
        self._ids += 1
        return str(self._ids)

    async def _note(self, entry: Entry) -> None:
        """No journal: this board outlives the keeper by itself."""

    async def _deleted(self, channel: ChannelId, message_id: MessageId) -> None:
        if self.tells_of_deletions:
            self.keeper.deleted(HARBOUR, message_id)

    def _wake(self) -> None:
        self.woken += 1

    def _seen(self) -> None:
        self.shown()
        for channel in self.channels:
            for kind in PostKind:
                if len(self.posts(channel, kind)) > 1:
                    self.doubles.append(Place(HARBOUR, channel, kind))
