"""A message that crisis screening gave no answer for is screened again, and never just let go."""

from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.flow.filter import Seen
from core.flow.postponed import KEPT_FOR
from core.flow.screening import Screening
from core.model.case import Concern
from core.model.finding import Kind, Verdict
from tests.core.house import House, WordFilter


class Failing(WordFilter):
    """Raises for texts that hold one of `poisons`, or for every text while it `is_down`."""

    def __init__(self) -> None:
        super().__init__()
        self.poisons: tuple[str, ...] = ()
        self.is_down = False

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        if self.is_down or any(poison in seen.message.text for seen in batch for poison in self.poisons):
            raise ValueError("synthetic")
        return super().screen(batch)


def a_house() -> tuple[House, Failing]:
    house = House()
    house.filter = Failing()
    house.start()
    return house, house.filter


async def later(house: House, by: timedelta = timedelta(minutes=3)) -> None:
    house.clock.advance(by)
    await house.decide()


async def test_a_cry_for_help_while_the_filter_is_down_is_found_once_it_answers_again() -> None:
    house, filter_ = a_house()
    filter_.is_down = True
    await house.say("disclosure:3")
    await house.decide()
    assert not await house.cases()
    assert await house.undecided() == 1
    filter_.is_down = False
    await later(house)
    assert (await house.the_case(Concern.CRISIS)).level == 3
    assert await house.undecided() == 0


async def test_a_restart_finds_what_was_not_screened() -> None:
    house, filter_ = a_house()
    filter_.is_down = True
    await house.say("disclosure:3")
    await house.decide()
    filter_.is_down = False
    house.start()
    await house.decide()
    assert (await house.the_case(Concern.CRISIS)).level == 3


async def test_a_message_that_breaks_the_filter_every_time_is_put_before_a_person() -> None:
    house, filter_ = a_house()
    filter_.poisons = ("poison",)
    await house.say("poison", "m1")
    await house.decide()
    for number in range(2, 6):
        await house.say("harmless", f"m{number}", author="ben")
        await later(house)
    case = await house.the_case(Concern.CRISIS)
    assert (case.kind, case.level, case.subject) == (Kind.INFO, 2, "ann")
    assert await house.undecided() == 0


async def test_an_outage_is_no_flood_of_cases_and_ends_after_a_day() -> None:
    house, filter_ = a_house()
    filter_.is_down = True
    for number in range(5):
        await house.say("harmless", f"m{number}", author=f"author{number}")
    await house.decide()
    for _ in range(10):
        await later(house)
    assert not await house.cases()
    assert await house.undecided() == 5
    await later(house, KEPT_FOR + timedelta(minutes=5))
    assert not await house.cases()
    assert await house.undecided() == 0


async def test_an_event_that_cannot_be_decided_is_tried_again_without_a_restart() -> None:
    house = House()
    broken = ValueError("synthetic")
    message = await house.say("disclosure:4")
    house.broken_policies[message.community] = broken
    await house.decide()
    assert not await house.cases()
    house.broken_policies.clear()
    await later(house)
    assert (await house.the_case(Concern.CRISIS)).level == 4
    assert await house.undecided() == 0


async def test_what_waits_for_another_try_is_not_forgotten_when_the_engine_itself_fails(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    house, filter_ = a_house()
    filter_.is_down = True
    await house.say("disclosure:4")
    await house.decide()
    filter_.is_down = False
    house.clock.advance(timedelta(minutes=3))

    async def failing(*_: object) -> list[Verdict]:
        raise RuntimeError("synthetic")

    with monkeypatch.context() as patched:
        patched.setattr(Screening, "screen", failing)
        with pytest.raises(RuntimeError):
            await house.engine.step()
    await house.decide()
    assert (await house.the_case(Concern.CRISIS)).level == 4
