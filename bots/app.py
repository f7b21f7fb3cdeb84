"""The composition root: ports and policies in, a wired house out."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from core.care.appeals import Appeals
from core.care.reports import Reports
from core.desk.card import Composer
from core.desk.digest import compose_digest
from core.desk.due import HOUSEKEEPING_TIMER, CaseTimers, Sweep, housekeeping
from core.desk.duty import DutyDesk
from core.desk.queue import Queue
from core.desk.watch import RotaWatch
from core.flow.delivery import Delivery
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
    """Everything that runs between an intake and its platforms."""

    engine: Engine
    delivery: Delivery
    timers: Timers
    queue: Queue
    duty: DutyDesk
    screening: Screening
    appeals: Appeals
    reports: Reports

    @property
    def loops(self) -> Mapping[str, Callable[[], Awaitable[None]]]:
        """What has to be kept running."""
        return {"engine": self.engine.run, "delivery": self.delivery.run, "timers": self.timers.run}

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
) -> House:
    """The house around a store; nothing runs yet.

    `sweep` is the store's housekeeping, where it has any; `name_of` says what a community is called; `on_change` is
    called when cases or actions may have changed.
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
    )
    case_timers = CaseTimers(store=store, clock=clock, policy_of=policy_of, staff=staff, ends_by_itself=ends_by_itself)
    watch = RotaWatch(store=store, clock=clock, policy_of=policy_of, staff=staff, notices=notices, name_of=name_of)
    due = {**case_timers.handlers, **watch.handlers}
    if sweep is not None:
        due[HOUSEKEEPING_TIMER] = housekeeping(sweep, clock)
    timers = Timers(store=store, clock=clock, handlers=due, notices=notices, wake=wake)
    recents = Recents()
    engine = Engine(
        intake=intake,
        store=store,
        screening=screening,
        policy_of=policy_of,
        clock=clock,
        notices=notices,
        wake=wake,
        recents=recents,
    )
    queue = Queue(
        store=store,
        clock=clock,
        policy_of=policy_of,
        staff=staff,
        kinds_of=kinds_of,
        wake=wake,
        recents=recents,
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
    )
