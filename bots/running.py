"""Keeping a house running: its filters in processes of their own, its loops supervised."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

from bots.app import House, RolesOf, wired
from bots.lanes import isolated_lanes
from bots.models import Models
from bots.supervisor import supervised
from core.desk.due import Sweep, housekeeping_timer
from core.errors import ConfigurationRefused
from core.flow.screening import Screening
from core.model.card import Text
from core.model.policy import CommunityPolicy
from core.model.record import Commit
from core.ports import Clock, Intake, Notices, Platform, Store


@asynccontextmanager
async def running(
    *,
    store: Store,
    intake: Intake,
    policy: CommunityPolicy,
    models: Models,
    platforms: Mapping[str, Platform],
    roles_of: RolesOf,
    clock: Clock,
    notices: Notices,
    sweep: Sweep,
) -> AsyncIterator[House]:
    """The house with its filters in processes of their own and its loops kept up, until the block ends.

    `sweep` is the store's housekeeping, done every hour. A model that can't be used is told as a notice.
    """

    def tell(refused: ConfigurationRefused) -> None:
        params = {"path": refused.path, "reason": refused.reason, "hint": refused.hint}
        notices.raise_notice(f"model.{refused.path}", Text(key="notice.model_refused", params=params))

    screening = Screening(await isolated_lanes(policy, models, tell), clock, notices)
    try:
        house = wired(
            store=store,
            intake=intake,
            screening=screening,
            policy=policy,
            platforms=platforms,
            roles_of=roles_of,
            clock=clock,
            notices=notices,
            sweep=sweep,
        )
        await store.commit(Commit(timers=(housekeeping_timer(clock.now()),)))
        async with supervised(house.loops, clock, notices):
            yield house
    finally:
        await screening.close()
