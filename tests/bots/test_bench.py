"""`lightkeeper bench`: what is counted and said; how fast this machine is, no test asks."""

import json
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

import pytest

from bots.bench import command
from bots.bench.lines import synthetic_lines
from bots.bench.pipeline import ALONE, NothingToMeasure, measure
from bots.models import Models
from config.policies.loader import load_policy
from core.errors import ConfigurationRefused
from core.flow.filter import Filter, Seen
from core.flow.screening import FilterInfo, InlineWorker, Lane
from core.model.finding import Category, Verdict
from tests.core.examples import a_finding, saying

KEYS = {"messages_per_s", "p50_ms", "p99_ms", "peak_rss_mb", "stages", "messages", "cores", "version", "python"}


class Counting:
    """Finds something in every message and remembers the sizes of its batches."""

    version = "1"
    categories = frozenset({Category.HARASSMENT})

    def __init__(self, name: str) -> None:
        self.name = name
        self.sizes: list[int] = []

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        self.sizes.append(len(batch))
        return [saying(a_finding())] * len(batch)


class Elsewhere:
    """A worker in a process of its own."""

    async def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        raise AssertionError("is not measured")

    async def replace(self) -> None: ...

    async def close(self) -> None: ...


def a_lane(name: str, *filters: Filter) -> Lane:
    infos = tuple(FilterInfo(name=each.name, categories=each.categories) for each in filters)
    return Lane(name=name, worker=InlineWorker(filters) if filters else Elsewhere(), filters=infos)


def test_synthetic_chat_is_the_same_for_the_same_seed_and_varied() -> None:
    lines = list(synthetic_lines(500))
    assert lines == list(synthetic_lines(500))
    assert lines != list(synthetic_lines(500, seed=1))
    assert all(earlier.sent_at < later.sent_at for earlier, later in pairwise(lines))
    assert len({line.text for line in lines}) > 400
    assert len({line.channel.id for line in lines}) > 3
    assert len({line.author.id for line in lines}) > 50


async def test_messages_go_through_alone_and_then_in_batches_and_every_stage_has_its_share() -> None:
    first, second, third = Counting("first"), Counting("second"), Counting("third")
    told: list[int] = []
    lanes = [a_lane("lexicons", first, second), a_lane("model", third), a_lane("plugins")]
    measured = await measure(synthetic_lines(ALONE + 100), lanes, load_policy("general"), told.append)
    assert first.sizes == second.sizes == third.sizes == [1] * ALONE + [64, 36]
    assert (measured.messages, len(measured.alone_ms), measured.opening) == (100, ALONE, 100)
    assert list(measured.shares) == ["windows", "first", "second", "third", "decide", "other"]
    assert sum(measured.shares.values()) == pytest.approx(1.0)
    assert all(share >= 0.0 for share in measured.shares.values())
    assert measured.left_out == ["plugins"]
    assert told == [ALONE, ALONE + 64, ALONE + 100]


async def test_few_messages_go_through_twice() -> None:
    counting = Counting("counting")
    measured = await measure(synthetic_lines(3), [a_lane("lane", counting)], load_policy("general"))
    assert counting.sizes == [1, 1, 1, 3]
    assert (measured.messages, len(measured.alone_ms)) == (3, 3)


async def test_the_time_of_one_message_is_told_by_rank() -> None:
    measured = await measure(synthetic_lines(200), [a_lane("lane", Counting("counting"))], load_policy("general"))
    assert list(measured.alone_ms) == sorted(measured.alone_ms)
    assert measured.alone(0.0) == measured.alone_ms[0]
    assert measured.alone(0.5) == measured.alone_ms[100]
    assert measured.alone(0.99) == measured.alone_ms[198]
    assert measured.alone(1.0) == measured.alone_ms[-1]


async def test_without_messages_there_is_nothing_to_measure() -> None:
    with pytest.raises(NothingToMeasure):
        await measure([], [a_lane("lane", Counting("counting"))], load_policy("general"))


def bench(*arguments: str) -> subprocess.CompletedProcess[str]:
    command_line = [sys.executable, "-m", "bots.cli", "bench", *arguments]
    return subprocess.run(command_line, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2])


def test_the_command_prints_one_json_object_and_nothing_else() -> None:
    ran = bench("--messages", "300", "--policy", "gaming")
    assert (ran.returncode, ran.stderr) == (0, "")
    (line,) = ran.stdout.splitlines()
    said = json.loads(line)
    assert said.keys() >= KEYS
    assert sum(said["stages"].values()) == pytest.approx(1.0, abs=0.001)
    assert said["stages"].keys() >= {"windows", "crisis-lexicon", "harassment", "rules", "decide", "other"}
    assert (said["source"], said["policy"], said["cores"]) == ("synthetic", "gaming", 1)
    assert said["messages_per_s"] > 0
    assert 0 < said["p50_ms"] <= said["p99_ms"]
    assert said["peak_rss_mb"] > 10


def test_a_log_is_measured_up_to_the_number_of_messages(tmp_path: Path) -> None:
    log = tmp_path / "log.csv"
    log.write_text("text,nick\n" + "".join(f"line {number} of a log,ann\n" for number in range(50)))
    said = json.loads(bench(str(log), "--messages", "20").stdout)
    assert (said["source"], said["messages"]) == ("log.csv", 20)


@pytest.mark.parametrize(
    ("content", "code", "reason"),
    [(None, 2, "No such file"), ("text,nick\n", 2, "no message"), ("PK\x03\x04", 78, "ZIP"), ("{", 78, "expected")],
)
def test_a_file_without_messages_is_refused(tmp_path: Path, content: str | None, code: int, reason: str) -> None:
    log = tmp_path / "log"
    if content is not None:
        log.write_text(content)
    ran = bench(str(log))
    assert (ran.returncode, ran.stdout) == (code, "")
    assert reason in ran.stderr
    assert str(log) in ran.stderr


def test_a_refused_model_is_told_and_the_rest_is_measured(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    refused = ConfigurationRefused("filters/model", "is another file", "reinstall Lightkeeper")
    monkeypatch.setattr(command, "load_models", lambda: Models(toxicity=refused))
    assert command.run(None, 10, load_policy("general")) == 1
    said = capsys.readouterr()
    assert "filters/model: is another file (reinstall Lightkeeper)" in said.err
    assert json.loads(said.out)["messages"] == 10
