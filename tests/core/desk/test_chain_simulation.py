"""No card is left behind: hundreds of them with outages, jumps of the clock and people who don't come.

Ten thousand at once: `python -m benchmarks.chain`.
"""

from datetime import timedelta

import pytest

from tests.core.desk.calling_out import called_out
from tests.virtual_time import run_in_virtual_time


@pytest.mark.parametrize("seed", range(3))
def test_every_card_is_acknowledged_or_called_out_to_the_end_and_every_call_is_on_time(seed: int) -> None:
    outcome = run_in_virtual_time(called_out(seed, 120, timedelta(hours=2), levels=(3, 4, 4)))
    assert outcome.acknowledged
    assert outcome.unanswered
    assert outcome.acknowledged + outcome.unanswered == outcome.cards
    assert outcome.adrift == 0
    assert outcome.early == 0
    assert outcome.farthest_s <= 1
    assert outcome.slowest_page_s <= 1
    assert outcome.calls > outcome.cards
    assert outcome.lapses
    assert outcome.jumps == 4
