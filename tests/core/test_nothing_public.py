"""Whatever is said about a crisis, the bot says nothing where everybody reads it, and writes to nobody (M2, M3)."""

from core.model.action import CARD_KINDS
from tests.core.house import LIVE_LADDER, House


async def test_a_hundred_crisis_messages_make_nothing_but_cards_for_the_desk() -> None:
    house = House(LIVE_LADDER)
    for number in range(100):
        level = number % 4 + 1
        await house.say(f"disclosure:{level}", f"m{number}", author=f"member-{number % 9}")
        await house.decide()
    await house.deliver()
    assert len(house.stage.effects) >= 9
    assert {order.action.kind for order in house.stage.effects.values()} <= CARD_KINDS
    assert {order.action.target for order in house.stage.effects.values()}.isdisjoint(
        {"pier", *(f"member-{n}" for n in range(9))}
    )


async def test_the_same_with_insults_in_between_is_done_to_those_who_insult_alone() -> None:
    house = House(LIVE_LADDER)
    for number in range(40):
        is_insult = number % 2 == 0
        text, author = ("insult:3", f"rude-{number}") if is_insult else ("disclosure:3", f"sad-{number}")
        await house.say(text, f"m{number}", author=author)
        await house.decide()
    await house.deliver()
    done = [order.action for order in house.stage.effects.values() if order.action.kind not in CARD_KINDS]
    assert done
    assert not [each for each in done if each.target.startswith("sad-")]
    assert not [each for each in done if each.target.startswith("m") and int(each.target[1:]) % 2]
