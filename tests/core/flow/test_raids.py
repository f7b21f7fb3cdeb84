"""Raids of 500 messages through the real engine and the real filters (promise 13).

`LIGHTKEEPER_RAIDS=200` plays two hundred of them; `python -m benchmarks.raids` tells more.
"""

import os

import pytest

from core.model.case import Concern
from tests.core.flow.raiding import MESSAGES, MOST_CARDS, SHAPES, a_raid, raided

SEEDS = int(os.environ.get("LIGHTKEEPER_RAIDS", len(SHAPES)))


@pytest.mark.parametrize("seed", range(SEEDS))
async def test_a_raid_makes_a_handful_of_cards_loses_no_message_and_hides_no_crisis(seed: int) -> None:
    raid = a_raid(seed)
    outcome = await raided(raid, seed)
    assert outcome.messages >= MESSAGES
    own = [case for case in outcome.alerts if case.subject.startswith("hurt")]
    assert len(own) == len(raid.hidden)
    assert not outcome.unseen, "somebody who needs help has no case of their own"
    assert len(outcome.alerts) - max(len(own) - 1, 0) <= MOST_CARDS
    assert Concern.RAID in {case.concern for case in outcome.alerts}, raid.shape
    assert not outcome.lost, "a message that somebody should see is in no case"
    assert not outcome.punished, "somebody who may need help was punished automatically"


def test_the_raids_are_of_every_kind() -> None:
    raids = [a_raid(seed) for seed in range(40)]
    assert {raid.shape for raid in raids} == set(SHAPES)
    assert {len(raid.hidden) for raid in raids} == {0, 1, 2}
    assert len({raid.policy.model_dump_json() for raid in raids}) > 10
    assert a_raid(7).said == a_raid(7).said
