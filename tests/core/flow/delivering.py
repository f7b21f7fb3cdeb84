"""What the tests of delivery set up again and again."""

from core.flow.planning import effect_action
from core.model.action import LAWS, ActionKind, Effect
from core.model.case import Case, Enforcement
from core.model.record import ActionRecord, Commit
from tests.core.house import LIVE_LADDER, House

ALERT, REFRESH = ActionKind.ALERT, ActionKind.REFRESH_CARD
TIMEOUT, DELETE, WARN, BAN = ActionKind.TIMEOUT, ActionKind.DELETE, ActionKind.WARN, ActionKind.BAN
NOTICE, TELL = ActionKind.NOTICE, ActionKind.TELL


async def a_house_with(text: str, deadline_s: float = 30.0) -> tuple[House, Case]:
    """A decided case whose actions wait for delivery."""
    house = House(LIVE_LADDER, deadline_s)
    await house.say(text)
    await house.decide()
    return house, (await house.cases())[0]


async def the_record(house: House, case: Case, kind: ActionKind) -> ActionRecord:
    (record,) = await house.records(case, kind)
    return record


async def order(house: House, case: Case, kind: ActionKind, target: str, by: str = "") -> None:
    """Write an action of any kind for the case."""
    effect = Effect(kind=kind, target=target, duration_s=600 if LAWS[kind].takes_duration else 0)
    action = effect_action(case, effect, house.clock.now(), Enforcement.LIVE, by=by)
    await house.store.commit(Commit(actions=(action,)))
