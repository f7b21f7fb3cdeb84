"""Lanes: what happens around a worker that raises, hangs, dies or lies."""

import asyncio
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.flow.decision import is_shielded
from core.flow.filter import Seen
from core.flow.history import NO_HISTORY
from core.flow.screening import FilterInfo, InlineWorker, Lane, Screening
from core.model.finding import Category, CheckState, Verdict
from core.ports import Worker
from tests.clock import FakeClock
from tests.core.examples import a_check, a_crisis, a_finding, a_message, saying, seen
from tests.core.flow.test_judging import FilterOf, healthy
from tests.core.house import WordFilter
from tests.core.noticeboard import Noticeboard

CRISIS = FilterInfo(name="lexicon", categories=frozenset({Category.CRISIS}))
TOXICITY = FilterInfo(name="model", categories=frozenset({Category.TOXICITY}))


class OddWorker:
    """Speaks `core.ports.Worker`; what it does with a message is written in the message."""

    def __init__(self, *, can_be_replaced: bool = True) -> None:
        self.batches: list[list[str]] = []
        self.asked = asyncio.Event()
        self.replaced = 0
        self.is_closed = False
        self.is_dead = False
        self._can_be_replaced = can_be_replaced

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        texts = [each.message.text for each in batch]
        self.batches.append(texts)
        self.asked.set()
        if self.is_dead or "die" in texts:
            self.is_dead = True
            raise ConnectionError
        if "hang" in texts:
            self.is_dead = True
            await asyncio.Event().wait()
        if "cancel" in texts:
            self.is_dead = True
            raise asyncio.CancelledError
        if "few" in texts:
            return []
        return [saying(checks=[a_check()]) if text == "raise" else saying(a_crisis()) for text in texts]

    async def replace(self) -> None:
        self.replaced += 1
        if not self._can_be_replaced:
            raise OSError("no process to be had")
        self.is_dead = False

    async def close(self) -> None:
        self.is_closed = True


def some(*texts: str) -> list[Seen]:
    return [seen(a_message(f"m{place}", text)) for place, text in enumerate(texts)]


def a_lane(worker: Worker, *filters: FilterInfo, name: str = "lexicons") -> Lane:
    return Lane(name=name, worker=worker, filters=filters or (CRISIS,), deadline_s=0.02, trips_after=3, rest_s=30.0)


def states(verdicts: Sequence[Verdict]) -> list[CheckState | None]:
    return [verdict.checks[0].state if verdict.checks else None for verdict in verdicts]


FAILED, SKIPPED, FINE = CheckState.FAILED, CheckState.SKIPPED, None


@pytest.mark.parametrize("trouble", ["die", "hang", "few", "cancel"])
async def test_one_message_that_breaks_the_worker_costs_only_its_own_verdict(trouble: str) -> None:
    worker = OddWorker()
    screening = Screening([a_lane(worker)], FakeClock(), Noticeboard())
    verdicts = await screening.screen(some("a", trouble, "b"))
    assert states(verdicts) == [FINE, FAILED, FINE]
    assert worker.batches == [["a", trouble, "b"], ["a"], [trouble], ["b"]]
    assert worker.replaced == 2


async def test_a_message_alone_is_not_tried_twice() -> None:
    worker = OddWorker()
    verdicts = await Screening([a_lane(worker)], FakeClock(), Noticeboard()).screen(some("hang"))
    assert states(verdicts) == [FAILED]
    assert len(worker.batches) == 1


async def test_a_message_without_its_crisis_check_is_shielded() -> None:
    screening = Screening([a_lane(OddWorker())], FakeClock(), Noticeboard())
    (verdict,) = await screening.screen(some("die"))
    assert is_shielded(verdict, NO_HISTORY)
    for _ in range(3):
        (verdict,) = await screening.screen(some("die"))
    assert states([verdict]) == [SKIPPED]
    assert is_shielded(verdict, NO_HISTORY)


async def test_a_lane_that_keeps_breaking_rests_and_then_is_tried_again() -> None:
    worker, clock, board = OddWorker(), FakeClock(), Noticeboard()
    screening = Screening([a_lane(worker)], clock, board)
    assert states(await screening.screen(some("die", "die", "die", "a"))) == [FAILED, FAILED, FAILED, SKIPPED]
    asked = len(worker.batches)
    assert states(await screening.screen(some("a", "b"))) == [SKIPPED, SKIPPED]
    assert len(worker.batches) == asked
    clock.advance(timedelta(seconds=30))
    assert states(await screening.screen(some("a", "b"))) == [FINE, FINE]


async def test_a_lane_that_breaks_again_after_its_rest_rests_at_once() -> None:
    worker, clock = OddWorker(), FakeClock()
    screening = Screening([a_lane(worker)], clock, Noticeboard())
    await screening.screen(some("die", "die", "die"))
    clock.advance(timedelta(seconds=30))
    assert states(await screening.screen(some("die", "a"))) == [FAILED, SKIPPED]


async def test_a_rare_poison_never_puts_a_lane_to_rest() -> None:
    worker = OddWorker()
    screening = Screening([a_lane(worker)], FakeClock(), Noticeboard())
    for _ in range(5):
        assert states(await screening.screen(some("die", "a"))) == [FAILED, FINE]


async def test_a_worker_that_can_not_be_replaced_rests_after_one_message() -> None:
    worker = OddWorker(can_be_replaced=False)
    screening = Screening([a_lane(worker)], FakeClock(), Noticeboard())
    assert states(await screening.screen(some("a", "die", "b"))) == [FAILED, SKIPPED, SKIPPED]


@pytest.mark.parametrize("trouble", ["die", "raise"])
async def test_people_are_told_of_a_broken_filter_and_that_it_works_again(trouble: str) -> None:
    clock, board = FakeClock(), Noticeboard()
    screening = Screening([a_lane(OddWorker())], clock, board)
    await screening.screen(some("a"))
    assert not board.raised
    await screening.screen(some(trouble))
    assert board.standing["lane.lexicons"].params == {"lane": "lexicons"}
    clock.advance(timedelta(seconds=29))
    await screening.screen(some("a"))
    assert board.standing, "a notice that is gone at once tells nobody"
    clock.advance(timedelta(seconds=1))
    await screening.screen(some("a"))
    assert not board.standing


async def test_the_crisis_lane_goes_on_while_another_lane_is_dead() -> None:
    crisis, model = OddWorker(), OddWorker(can_be_replaced=False)
    model.is_dead = True
    screening = Screening(
        [a_lane(crisis), a_lane(model, TOXICITY, name="models")],
        FakeClock(),
        Noticeboard(),
    )
    for _ in range(4):
        verdicts = await screening.screen(some("a", "b"))
        assert all(verdict.findings == (a_crisis(),) for verdict in verdicts)
        assert all(check.category is Category.TOXICITY for verdict in verdicts for check in verdict.checks)
        assert all(verdict.checks for verdict in verdicts)


async def test_several_filters_of_a_lane_each_say_that_they_failed() -> None:
    screening = Screening([a_lane(OddWorker(), CRISIS, TOXICITY)], FakeClock(), Noticeboard())
    (verdict,) = await screening.screen(some("die"))
    assert {(check.filter, check.category) for check in verdict.checks} == {
        ("lexicon", Category.CRISIS),
        ("model", Category.TOXICITY),
    }


async def test_a_cancelled_screening_is_cancelled_and_not_taken_for_a_slow_filter() -> None:
    worker = OddWorker()
    lane = Lane(name="slow", worker=worker, filters=(CRISIS,), deadline_s=60.0)
    task = asyncio.create_task(Screening([lane], FakeClock(), Noticeboard()).screen(some("hang")))
    await worker.asked.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not worker.replaced


class Poisoned(WordFilter):
    """Raises for texts that say `poison`."""

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        if any("poison" in each.message.text for each in batch):
            raise ValueError("synthetic")
        return super().screen(batch)


async def test_a_lane_that_broke_is_out_until_it_answers_again_also_while_its_rest_is_over() -> None:
    clock = FakeClock()
    screening = Screening([a_lane(OddWorker())], clock, Noticeboard())
    for _ in range(3):
        await screening.screen(some("die"))
    clock.advance(timedelta(seconds=120))
    assert [each.is_out for each in screening.lanes()] == [True]
    await screening.screen(some("a"))
    assert [each.is_out for each in screening.lanes()] == [False]


async def test_a_lane_whose_worker_lives_but_whose_filter_fails_every_time_is_out() -> None:
    lane = Lane(name="words", worker=InlineWorker([Poisoned()]), filters=(CRISIS,))
    screening = Screening([lane], FakeClock(), Noticeboard())
    await screening.screen(some("poison", "poison", "fine"))
    assert [each.is_out for each in screening.lanes()] == [False]
    await screening.screen(some("poison", "poison", "poison"))
    assert [each.is_out for each in screening.lanes()] == [True]
    await screening.screen(some("fine"))
    assert [each.is_out for each in screening.lanes()] == [False]


async def test_closing_ends_every_worker() -> None:
    workers = [OddWorker(), OddWorker()]
    await Screening([a_lane(worker) for worker in workers], FakeClock(), Noticeboard()).close()
    assert all(worker.is_closed for worker in workers)


async def test_filters_in_this_process_judge_like_those_in_their_own() -> None:
    worker = InlineWorker([FilterOf(healthy)])
    await worker.replace()
    assert await worker.screen(some("a", "b")) == [saying(a_finding()), saying(a_finding())]
    await worker.close()
