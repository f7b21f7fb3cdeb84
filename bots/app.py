"""The composition root: ports and policies in, a wired house out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from bots.care import Answering, Care, Engines, Watching
from core.care.appeals import Appeals
from core.care.members import MemberDesk
from core.care.posts import PostKeeper
from core.care.reports import Reports
from core.desk.card import Composer
from core.desk.digest import compose_digest
from core.desk.due import HOUSEKEEPING_TIMER, CaseTimers, Sweep, housekeeping
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.desk.watch import RotaWatch
from core.flow.contact import no_preferences
from core.flow.delivery import Delivery, no_letter
from core.flow.engine import Engine
from core.flow.recents import Recents
from core.flow.screening import Screening
from core.flow.timers import Timers
from core.model.action import ActionKind
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from core.ports import Clock, Intake, Notices, Platform, Staff, Store

PolicyOf = Callable[[CommunityId], CommunityPolicy]


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that runs between an intake and its platforms.

    Attributes:
        members: Answers members' commands and buttons; None where there is no members' side.
        keeper: Keeps the posts standing; None as well.
        care_loops: What the members' side has to have kept running.
    """

    engine: Engine
    delivery: Delivery
    timers: Timers
    queue: Queue
    duty: DutyDesk
    screening: Screening
    appeals: Appeals
    reports: Reports
    members: MemberDesk | None = None
    keeper: PostKeeper | None = None
    care_loops: Mapping[str, Callable[[], Awaitable[None]]] = field(default_factory=dict)

    @property
    def loops(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to be kept running."""
        ours = {"engine": self._decide, "delivery": self.delivery.run, "timers": self.timers.run}
        return {**ours, **self.care_loops}

    async def _decide(self) -> None:
        """Nothing is decided before it is known whether the notice stands: what waited would count as unconsented."""
        if self.keeper is not None:
            await self.keeper.ready()
        await self.engine.run()

    async def rest(self) -> None:
        """Decide and deliver what is under way and begin nothing more: intake and outbox keep the rest."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.engine.rest(), name="engine rests")
            tasks.create_task(self.delivery.rest(), name="delivery rests")


def wired(
    *,
    store: Store,
    intake: Intake,
    screening: Screening,
    policy_of: PolicyOf,
    platforms: Mapping[str, Platform],
    staff: Staff,
    clock: Clock,
    notices: Notices,
    sweep: Sweep | None = None,
    name_of: Callable[[CommunityId], str] = str,
    on_change: Callable[[], None] = lambda: None,
    care: Care | None = None,
) -> House:
    """The house around a store; nothing runs yet.

    `sweep` is the store's housekeeping, where it has any; `name_of` says what a community is called; `on_change` is
    called when cases or actions may have changed. Without `care`, as in a backtest, there is no members' side and
    nobody is asked for consent: whatever serves members has it.
    """

    def wake() -> None:
        delivery.changed()
        timers.changed()
        on_change()

    def kinds_of(community: CommunityId) -> frozenset[ActionKind]:
        platform = platforms.get(community.partition(":")[0])
        return platform.capabilities.actions if platform else frozenset()

    def ends_by_itself(community: CommunityId) -> frozenset[ActionKind]:
        platform = platforms.get(community.partition(":")[0])
        return platform.capabilities.ends_by_itself if platform else frozenset()

    def is_ephemeral(community: CommunityId) -> bool:
        platform = platforms.get(community.partition(":")[0])
        return platform is None or platform.capabilities.ephemeral

    recents = Recents()
    watching = (
        Watching(
            care,
            store=store,
            policy_of=policy_of,
            clock=clock,
            notices=notices,
            is_ephemeral=is_ephemeral,
            wake=wake,
        )
        if care
        else None
    )
    engine = Engine(
        intake=watching.overheard(intake) if watching else intake,
        store=store,
        screening=screening,
        policy_of=policy_of,
        clock=clock,
        notices=notices,
        wake=wake,
        recents=recents,
        consent=watching.consent if watching else None,
    )
    answering = (
        Answering(
            care,
            watching,
            Engines(paused=engine.paused, forget=engine.forget, recents=recents, presence=engine.presence),
            store=store,
            policy_of=policy_of,
            staff=staff,
            clock=clock,
            wake=wake,
        )
        if care and watching
        else None
    )
    delivery = Delivery(
        store=store,
        platforms=platforms,
        compose=Composer(staff=staff),
        compose_digest=compose_digest,
        clock=clock,
        notices=notices,
        staff=staff,
        policy_of=policy_of,
        tell=on_change,
        compose_letter=answering.letters.compose if answering else no_letter,
        preference_of=care.store.preference if care else no_preferences,
    )
    case_timers = CaseTimers(store=store, clock=clock, policy_of=policy_of, staff=staff, ends_by_itself=ends_by_itself)
    watch = RotaWatch(store=store, clock=clock, policy_of=policy_of, staff=staff, notices=notices, name_of=name_of)
    due = {**case_timers.handlers, **watch.handlers}
    if sweep is not None:
        due[HOUSEKEEPING_TIMER] = housekeeping(sweep, clock)
    for part in (watching, answering):
        due.update(part.handlers if part else {})
    timers = Timers(store=store, clock=clock, handlers=due, notices=notices, wake=wake)
    queue = Queue(
        store=store,
        clock=clock,
        policy_of=policy_of,
        staff=staff,
        kinds_of=kinds_of,
        wake=wake,
        recents=recents,
        preference_of=care.store.preference if care else no_preferences,
    )
    return House(
        engine=engine,
        delivery=delivery,
        timers=timers,
        queue=queue,
        duty=DutyDesk(store=store, clock=clock, policy_of=policy_of, staff=staff, wake=wake),
        screening=screening,
        appeals=Appeals(store=store, intake=intake, clock=clock, policy_of=policy_of, wake=wake),
        reports=Reports(store=store, clock=clock, policy_of=policy_of, wake=wake),
        members=answering.members if answering else None,
        keeper=watching.keeper if watching else None,
        care_loops=watching.loops if watching else {},
    )
