"""Keeping a house running: its filters in processes of their own, its loops supervised."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager

from bots.app import House, wired
from bots.care import Care
from bots.lanes import isolated_lanes
from bots.models import Models
from bots.patience import Patience
from bots.supervisor import supervised
from core.care.outlook import resource_timer
from core.desk.due import Sweep, housekeeping_timer
from core.desk.watch import watch_timer
from core.errors import ConfigurationRefused
from core.flow.screening import Screening
from core.model.card import Text
from core.model.message import CommunityId
from core.model.policy import CommunityPolicy
from core.model.record import Commit
from core.ports import Clock, Intake, Notices, Platform, Staff, Store

REST_S = 4.0
"""How long what is being decided and delivered may take to its end; cut off, the next start takes it up again."""

WORKERS_END_S = 2.0

MODEL_NOTICE = "model."
"""How the keys of notices begin that tell of a model which is not used."""


@asynccontextmanager
async def running(
    *,
    store: Store,
    intake: Intake,
    policies: Mapping[CommunityId | None, CommunityPolicy],
    models: Models,
    platforms: Mapping[str, Platform],
    staff: Staff,
    clock: Clock,
    notices: Notices,
    sweep: Sweep,
    care: Care | None,
    communities: Mapping[CommunityId, str] | None = None,
    patience: Patience | None = None,
    on_change: Callable[[], None] = lambda: None,
) -> AsyncIterator[House]:
    """The house with its filters in processes of their own and its loops kept up, until the block ends.

    What is being decided or delivered then is brought to its end, as far as `patience` goes.

    Args:
        store: Holds cases and outbox.
        intake: What the platforms bring.
        policies: Of each community; None stands for all others.
        models: A model that can't be used is told as a notice.
        platforms: By name.
        staff: Who decides.
        clock: The time.
        notices: Where people are told what is wrong with the bot itself.
        sweep: The store's housekeeping, done every hour.
        care: The members' side; None where there are no members to answer, as for tests of the rest.
        communities: Those whose rota is watched, besides those that `policies` names, and what they are called.
        patience: How long the end may take.
        on_change: Called when cases or actions may have changed.
    """
    patience, names = patience or Patience(), communities or {}

    def policy_of(community: CommunityId) -> CommunityPolicy:
        return policies[community] if community in policies else policies[None]

    def tell(refused: ConfigurationRefused) -> None:
        params = {"path": refused.path, "reason": refused.reason, "hint": refused.hint}
        notices.raise_notice(f"{MODEL_NOTICE}{refused.path}", Text(key="notice.model_refused", params=params))

    screening = Screening(await isolated_lanes(policies, models, tell), clock, notices)
    try:
        house = wired(
            store=store,
            intake=intake,
            screening=screening,
            policy_of=policy_of,
            platforms=platforms,
            staff=staff,
            clock=clock,
            notices=notices,
            sweep=sweep,
            name_of=lambda community: names.get(community, community),
            on_change=on_change,
            care=care,
        )
        watched = sorted({*names, *(each for each in policies if each is not None)})
        watches = (watch_timer(community, clock.now()) for community in watched)
        looks = (resource_timer(community, clock.now()) for community in (care.communities if care else ()))
        await store.commit(Commit(timers=(housekeeping_timer(clock.now()), *watches, *looks)))
        async with supervised(house.loops, clock, notices):
            try:
                yield house
            finally:
                await patience.give("work", REST_S, house.rest())
    finally:
        await patience.give("workers", WORKERS_END_S, screening.close())
