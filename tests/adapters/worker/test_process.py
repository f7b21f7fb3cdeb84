"""The real worker process under filters that raise, sleep, burn, print, exit and lie (promise 2)."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import pytest

from adapters.local.clock import SystemClock
from adapters.worker import process as process_module
from adapters.worker.frames import Recipe
from adapters.worker.process import ProcessWorker
from core.errors import ConfigurationRefused
from core.flow.filter import Seen
from core.flow.screening import FilterInfo, Lane, Screening
from core.model.finding import Category, CheckState, Verdict
from tests.adapters.worker.misbehaving import CRISIS
from tests.core.examples import a_message, saying, seen
from tests.core.noticeboard import Noticeboard

ROOT = Path(__file__).parents[3]
HERE = "tests.adapters.worker.misbehaving"


@pytest.fixture(autouse=True)
def _importable_in_the_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))


@pytest.fixture
async def worker() -> AsyncIterator[ProcessWorker]:
    worker = ProcessWorker(Recipe(factory=f"{HERE}:obedient"))
    await worker.start()
    yield worker
    await worker.close()


def some(*texts: str) -> list[Seen]:
    return [seen(a_message(f"m{place}", text)) for place, text in enumerate(texts)]


def a_screening(*workers: ProcessWorker, deadline_s: float = 1.0) -> Screening:
    lanes = [
        Lane(name=f"lane{place}", worker=worker, filters=worker.filters, deadline_s=deadline_s)
        for place, worker in enumerate(workers)
    ]
    return Screening(lanes, SystemClock(), Noticeboard())


def states(verdicts: Sequence[Verdict]) -> list[CheckState | None]:
    return [verdict.checks[0].state if verdict.checks else None for verdict in verdicts]


async def number_of(worker: ProcessWorker) -> int:
    (verdict,) = await worker.screen(some("say your number"))
    return round(verdict.scores["crisis"] * 10**9)


async def test_a_worker_says_what_it_runs_and_finds_in_another_process(worker: ProcessWorker) -> None:
    assert worker.filters == (FilterInfo(name="obedient", categories=frozenset({Category.CRISIS})),)
    assert await worker.screen(some("a", "nothing")) == [saying(CRISIS), saying()]
    assert await number_of(worker) != os.getpid()


@pytest.mark.parametrize("trouble", ["raise", "nan"])
async def test_what_a_filter_does_wrong_with_one_message_costs_that_message_only(
    worker: ProcessWorker, trouble: str
) -> None:
    number = await number_of(worker)
    verdicts = await worker.screen(some("a", trouble, "b"))
    assert states(verdicts) == [None, CheckState.FAILED, None]
    assert "words" not in repr(verdicts)
    assert await number_of(worker) == number, "the process lives on"


@pytest.mark.parametrize("trouble", ["sleep", "hold the lock", "backtrack", "exit", "die", "unpicklable"])
async def test_a_message_that_takes_the_process_down_costs_only_its_own_verdict(
    worker: ProcessWorker, trouble: str
) -> None:
    number = await number_of(worker)
    verdicts = await a_screening(worker).screen(some("a", trouble, "b"))
    assert states(verdicts) == [None, CheckState.FAILED, None]
    assert verdicts[0].findings == verdicts[2].findings == (CRISIS,)
    assert await number_of(worker) != number, "the process was replaced"
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)


async def test_a_filter_that_prints_or_reads_does_not_reach_the_pipes(worker: ProcessWorker) -> None:
    verdicts = await worker.screen(some("print", "read", "a"))
    assert [verdict.findings for verdict in verdicts] == [(CRISIS,), (), (CRISIS,)]
    assert verdicts[1].scores == {"crisis": 0.0}
    assert await worker.screen(some("a")) == [saying(CRISIS)]


@pytest.mark.parametrize("text", ["", "\ud800", "\x00", "‮\u0301" * 1000, "x" * 200_000])
async def test_odd_text_travels_unharmed(worker: ProcessWorker, text: str) -> None:
    assert await worker.screen(some(text)) == [saying(CRISIS)]


async def test_the_crisis_lane_goes_on_while_another_lane_is_dead(worker: ProcessWorker) -> None:
    model = ProcessWorker(Recipe(factory=f"{HERE}:obedient"))
    await model.start()
    lanes = [
        Lane(name="lexicons", worker=worker, filters=worker.filters, deadline_s=5.0),
        Lane(
            name="models",
            worker=model,
            filters=(FilterInfo(name="model", categories=frozenset({Category.TOXICITY})),),
            deadline_s=0.0,
        ),
    ]
    for _ in range(3):
        (verdict,) = await Screening(lanes, SystemClock(), Noticeboard()).screen(some("a"))
        assert verdict.findings == (CRISIS,)
        assert [(check.filter, check.category) for check in verdict.checks] == [("model", Category.TOXICITY)]
    await model.close()


async def test_a_process_killed_from_outside_is_replaced(worker: ProcessWorker) -> None:
    os.kill(await number_of(worker), signal.SIGKILL)
    assert states(await a_screening(worker, deadline_s=5.0).screen(some("a", "b"))) == [None, None]


async def test_a_cancelled_call_leaves_no_answer_for_the_next_one(worker: ProcessWorker) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await worker.screen(some("sleep"))
    await worker.replace()
    assert await worker.screen(some("nothing")) == [saying()]


async def test_a_closed_worker_has_no_process_and_gets_none(worker: ProcessWorker) -> None:
    number = await number_of(worker)
    await worker.close()
    with pytest.raises(ProcessLookupError):
        os.kill(number, 0)
    await worker.replace()
    await worker.close()


async def test_a_worker_that_was_never_started_can_be_closed() -> None:
    await ProcessWorker(Recipe(factory=f"{HERE}:obedient")).close()


@pytest.mark.parametrize(
    ("recipe", "reason"),
    [
        (Recipe(factory=f"{HERE}:refusing", arguments=("no model here",)), "FileNotFoundError: no model here"),
        (Recipe(factory=f"{HERE}:missing"), "AttributeError"),
        (Recipe(factory="no.such.module:filters"), "ModuleNotFoundError"),
        (Recipe(factory=f"{HERE}:dying"), "ended"),
    ],
)
async def test_filters_that_can_not_be_made_are_told_to_the_owner(recipe: Recipe, reason: str) -> None:
    with pytest.raises(ConfigurationRefused, match=reason):
        await ProcessWorker(recipe).start()


async def test_filters_that_are_never_ready_are_told_to_the_owner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_module, "START_DEADLINE_S", 0.0)
    with pytest.raises(ConfigurationRefused, match="not ready"):
        await ProcessWorker(Recipe(factory=f"{HERE}:obedient")).start()


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a child with its parent")
@pytest.mark.parametrize("endless", ["sleep", "hold the lock"])
async def test_a_worker_dies_with_its_parent_even_while_it_burns(endless: str) -> None:
    parent = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.adapters.worker.parent", endless, cwd=ROOT, stdout=asyncio.subprocess.PIPE
    )
    assert parent.stdout is not None
    child = int(await parent.stdout.readline())
    watched = os.pidfd_open(child)
    gone = asyncio.Event()
    asyncio.get_running_loop().add_reader(watched, gone.set)
    try:
        assert not gone.is_set()
        parent.kill()
        await parent.wait()
        async with asyncio.timeout(10):
            await gone.wait()
    finally:
        asyncio.get_running_loop().remove_reader(watched)
        os.close(watched)


async def test_an_answer_that_nobody_waited_for_is_never_the_next_messages(worker: ProcessWorker) -> None:
    asking = asyncio.create_task(worker.screen(some("a")))
    await asyncio.sleep(0)
    asking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asking
    assert await worker.screen(some("nothing")) == [saying()]
    assert await worker.screen(some("a")) == [saying(CRISIS)]
