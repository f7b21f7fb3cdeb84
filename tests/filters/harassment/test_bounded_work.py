"""However much hostility is written, the work for one message is bounded. All lines are synthetic."""

from collections.abc import Callable
from typing import Any

import pytest

from core.flow.filter import Seen
from core.model.finding import CheckState, Verdict
from filters.harassment import conversation, utterance
from filters.harassment import filter as harassment_filter
from filters.harassment.conversation import PAST_HEAD_CHARS, PAST_TAIL_CHARS, WINDOW_CHARS, remembered
from filters.harassment.filter import HarassmentFilter, shipped
from filters.harassment.utterance import MOST_CLAIMS, MOST_JUDGED
from filters.text.excerpt import SEAM
from tests.filters.harassment.talk import message

MOST_READ = PAST_HEAD_CHARS + PAST_TAIL_CHARS + len(SEAM)
WINDOW = tuple(message(f"{n} " + "kys " * 1_024, f"member{n % 7}", n) for n in range(50))


@pytest.fixture
def fresh() -> HarassmentFilter:
    """A filter that remembers nothing yet."""
    return shipped()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any, str], list[Any]]:
    """Begins to note the arguments of each call of a function of a module."""

    def begin(module: Any, name: str) -> list[Any]:
        noted: list[Any] = []
        called = getattr(module, name)

        def noting(*arguments: Any) -> Any:
            noted.append(arguments)
            return called(*arguments)

        monkeypatch.setattr(module, name, noting)
        return noted

    return begin


def screen(fresh: HarassmentFilter, text: str, number: int = 60) -> Verdict:
    return fresh.screen([Seen(message=message(text, "bea", number), before=WINDOW)])[0]


def test_of_a_window_full_of_hostility_only_excerpts_are_read_and_the_sum_is_bounded(
    fresh: HarassmentFilter, counted: Callable[[Any, str], list[Any]]
) -> None:
    lines = counted(utterance, "line_of")
    found = screen(fresh, "you idiot")
    assert found.findings
    read = [original for _, original, *_ in lines]
    assert max(map(len, read)) <= MOST_READ
    assert sum(map(len, read)) <= WINDOW_CHARS + MOST_READ
    assert len(remembered(WINDOW)) == len(WINDOW)


def test_what_stands_in_the_window_is_read_once_and_not_again_for_each_later_message(
    fresh: HarassmentFilter, counted: Callable[[Any, str], list[Any]]
) -> None:
    screen(fresh, "you idiot")
    lines = counted(utterance, "line_of")
    screen(fresh, "you moron", 61)
    assert [original for _, original, *_ in lines] == ["you moron"]


def test_of_a_message_of_nothing_but_hostile_phrases_few_are_judged_and_it_says_so(
    fresh: HarassmentFilter, counted: Callable[[Any, str], list[Any]]
) -> None:
    frames = counted(utterance, "judge_frame")
    names = counted(utterance, "judge_name")
    weighed = counted(harassment_filter, "weigh")
    found = screen(fresh, "kys you idiot, " * 1_400)
    assert found.findings
    assert 0 < len(frames) + len(names) <= MOST_JUDGED * 52
    assert 0 < len(weighed) <= MOST_CLAIMS
    assert any(check.state is CheckState.SKIPPED for check in found.checks)


def test_a_grave_threat_is_judged_however_many_light_insults_stand_before_it(fresh: HarassmentFilter) -> None:
    flood = "this 'idiot' " * (MOST_JUDGED * 2)
    assert max(finding.level for finding in screen(fresh, f"{flood}. i will kill you").findings) >= 3


def test_short_messages_before_are_kept_as_they_are() -> None:
    before = tuple(message("you idiot " * 40, "ann", number) for number in range(10))
    assert conversation.remembered(before) == before
