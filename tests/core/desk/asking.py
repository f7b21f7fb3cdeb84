"""What the tests of the desk ask again and again."""

from datetime import timedelta

from core.model.case import Case
from core.model.case_event import Refused, Why
from tests.clock import START
from tests.core.examples import COMMUNITY
from tests.core.house import LIVE_LADDER, House

LEASE = timedelta(minutes=15)


async def a_house_with(text: str, author: str = "ann") -> tuple[House, Case]:
    house = House(LIVE_LADDER)
    await house.say(text, author=author)
    await house.settle()
    return house, (await house.cases())[0]


def why(answer: object) -> Why:
    assert isinstance(answer, Refused), answer
    return answer.why


async def verbs(house: House) -> list[str]:
    """What the audit says, oldest first."""
    return [entry.verb for entry in reversed(await house.store.audit(COMMUNITY, 100))]


async def timers(house: House) -> dict[str, timedelta]:
    """What is set, as time from the start."""
    due = await house.store.due_timers(START + timedelta(days=365), 100)
    return {timer.kind: timer.due_at - START for timer in due}
