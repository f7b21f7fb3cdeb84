"""Who wrote what lately, and what a purge makes of it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.flow.planning import effect_action
from core.flow.purging import MESSAGES, MOST, resolved
from core.flow.recents import KEPT_FOR, Recents
from core.model.action import ActionKind, Effect
from core.model.case import Enforcement
from core.model.message import Channel, ChannelId, MemberId, MessageId
from core.model.policy import CommunityPolicy
from core.model.record import Action
from tests.clock import START
from tests.core.examples import COMMUNITY, ELSEWHERE, PIER, a_case, a_message
from tests.core.house import House

ANN = MemberId("ann")
QUAY = Channel(id=ChannelId("quay"), name="quay")
PURGE = ActionKind.PURGE


def a_purge(enforcement: Enforcement = Enforcement.LIVE, duration_s: int = 600) -> Action:
    return effect_action(a_case(), Effect(kind=PURGE, target=ANN, duration_s=duration_s), START, enforcement)


def messages_of(actions: tuple[Action, ...]) -> list[list[str]]:
    return [each.params[MESSAGES].split(",") for each in actions]


def test_what_somebody_wrote_lately_is_known_by_channel_and_of_them_alone() -> None:
    recents = Recents()
    for number, (author, channel) in enumerate([("ann", PIER), ("ben", PIER), ("ann", QUAY), ("ann", PIER)]):
        recents.note(a_message(f"m{number}", author=author, channel=channel))
    recents.note(a_message("m9", community=ELSEWHERE))
    found = recents.of(COMMUNITY, ANN, START, START)
    assert found == {PIER.id: ["m0", "m3"], QUAY.id: ["m2"]}


def test_what_is_older_than_asked_or_gone_is_left_out() -> None:
    recents = Recents()
    recents.note(a_message("m1", sent_at=START - timedelta(minutes=11)))
    recents.note(a_message("m2", sent_at=START - timedelta(minutes=9)))
    recents.note(a_message("m3"))
    recents.forget(COMMUNITY, MessageId("m3"))
    recents.forget(COMMUNITY, MessageId("unknown"))
    assert recents.of(COMMUNITY, ANN, START - timedelta(minutes=10), START) == {PIER.id: ["m2"]}


def test_another_wording_is_the_same_message() -> None:
    recents = Recents()
    recents.note(a_message("m1"))
    recents.note(a_message("m1", edited_at=START + timedelta(seconds=5)))
    assert len(recents) == 1


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 200)), max_size=60))
def test_it_stays_bounded_in_number_and_in_time(written: list[tuple[str, int]]) -> None:
    recents = Recents(kept=10)
    for number, (author, minutes) in enumerate(written):
        recents.note(a_message(f"m{number}", author=author, sent_at=START + timedelta(minutes=minutes)))
        assert len(recents) <= 10
    now = START + timedelta(minutes=200)
    begins = now - KEPT_FOR
    for author in "ab":
        found = recents.of(COMMUNITY, MemberId(author), START, now)
        ids = [each for ids in found.values() for each in ids]
        assert all(START + timedelta(minutes=written[int(each[1:])][1]) >= begins for each in ids)
    newest = max((minutes for _, minutes in written), default=0)
    first = next(iter(written), None)
    if first is not None and newest - first[1] > 60:
        assert len(recents) < len(written)


def test_a_purge_names_its_messages_a_hundred_an_action_and_a_channel() -> None:
    recents = Recents()
    for number in range(MOST + 20):
        recents.note(a_message(f"m{number}"))
    recents.note(a_message("q1", channel=QUAY))
    actions = resolved(a_purge(), START, recents, {PIER.id: [MessageId("m5"), MessageId("old")]})
    assert [(each.channel, len(ids)) for each, ids in zip(actions, messages_of(actions), strict=True)] == [
        ("pier", MOST),
        ("pier", 21),
        ("quay", 1),
    ]
    assert len({each.key for each in actions}) == 3
    assert {each.target for each in actions} == {"ann"}


def test_a_purge_without_anything_to_delete_is_none() -> None:
    assert resolved(a_purge(), START, Recents(), {}) == ()


def test_a_purge_that_nobody_carries_out_yet_names_nothing() -> None:
    recents = Recents()
    recents.note(a_message("m1"))
    for enforcement in (Enforcement.PROPOSED, Enforcement.SHADOW):
        purge = a_purge(enforcement)
        assert resolved(purge, START, recents, {}) == (purge,)


def test_other_actions_are_left_alone() -> None:
    other = replace(a_purge(), kind=ActionKind.KICK)
    assert resolved(other, START, Recents(), {}) == (other,)


def a_policy(mode: str) -> CommunityPolicy:
    step = {"category": "harassment", "min_level": 3, "action": "purge", "duration_s": 600, "mode": mode}
    return CommunityPolicy.model_validate({"enforcement": "live", "ladder": [step]})


async def chat(house: House) -> None:
    """Ann writes two harmless messages and one that breaks the rules, ben one between them."""
    await house.say("hello", "m1")
    await house.say("hello", "m2", author="ben")
    await house.say("hello", "m3", channel=QUAY)
    await house.say("insult:3", "m4")


async def test_an_automatic_purge_takes_the_member_s_last_minutes_also_elsewhere() -> None:
    house = House(a_policy("automatic"))
    await house.say("long ago", "m0")
    await house.decide()
    house.clock.advance(timedelta(minutes=20))
    await chat(house)
    await house.settle()
    purged = {order.action.channel: order.action.params[MESSAGES] for order in house.stage.orders(PURGE)}
    assert purged == {"pier": "m1,m4", "quay": "m3"}
    assert house.stage.called(ActionKind.NOTICE) == 1


async def test_a_proposed_purge_reaches_back_from_its_proposal_whenever_it_is_taken_up() -> None:
    house = House(a_policy("propose"))
    await chat(house)
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "claim")
    (proposed,) = await house.records(case, PURGE)
    house.clock.advance(timedelta(minutes=12))
    await house.delete("m1")
    await house.decide()
    case = await house.case(case.id)
    await house.clicked("bob", case, "carry_out", action=proposed.action.key)
    await house.deliver()
    purged = {order.action.channel: order.action.params[MESSAGES] for order in house.stage.orders(PURGE)}
    assert purged == {"pier": "m4", "quay": "m3"}


async def test_after_a_restart_a_purge_still_takes_what_the_case_holds() -> None:
    house = House(a_policy("propose"))
    await chat(house)
    await house.settle()
    house.start()
    case = await house.clicked("bob", await house.the_case(), "claim")
    await house.clicked("bob", case, "order", kind="purge", duration_s="300")
    await house.deliver()
    assert [order.action.params[MESSAGES] for order in house.stage.orders(PURGE)] == ["m4"]


async def test_a_purge_that_delivery_left_to_people_still_knows_its_messages_after_a_restart() -> None:
    house = House(a_policy("automatic"))
    await chat(house)
    await house.decide()
    await house.say("disclosure:2", "m9")
    await house.settle()
    assert not house.stage.called(PURGE)
    house.start()
    case = await house.clicked("bob", await house.the_case(), "claim")
    left = await house.records(case, PURGE)
    await house.clicked("bob", case, "carry_out", action=left[0].action.key)
    await house.deliver()
    purged = {order.action.channel: order.action.params[MESSAGES] for order in house.stage.orders(PURGE)}
    assert {channel: sorted(ids.split(",")) for channel, ids in purged.items()} == {
        "pier": ["m1", "m4"],
        "quay": ["m3"],
    }


async def test_a_purge_that_finds_nothing_is_refused() -> None:
    house = House(a_policy("propose"))
    await chat(house)
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "claim")
    house.clock.advance(timedelta(minutes=10))
    answer = await house.click("bob", case, "order", kind="purge", duration_s="300")
    assert getattr(answer, "why", None) == "changed"
    assert not house.stage.called(PURGE)


@pytest.mark.parametrize("text", ["disclosure:1", "unchecked"])
@pytest.mark.parametrize("is_one_batch", [True, False])
async def test_an_automatic_purge_leaves_what_sounds_like_a_crisis_and_a_persons_does_not(
    text: str, is_one_batch: bool
) -> None:
    house = House(a_policy("automatic"))
    for message_id, said in (("m1", "hello"), ("m2", text), ("m3", "insult:3")):
        await house.say(said, message_id)
        if not is_one_batch:
            await house.decide()
    await house.settle()
    assert [order.action.params[MESSAGES] for order in house.stage.orders(PURGE)] == ["m1,m3"]
    case = await house.clicked("bob", await house.the_case(), "claim")
    house.clock.advance(timedelta(minutes=2))
    await house.clicked("bob", case, "order", kind="purge", duration_s="900")
    await house.deliver()
    assert [order.action.params[MESSAGES] for order in house.stage.orders(PURGE)][1:] == ["m1,m2,m3"]
