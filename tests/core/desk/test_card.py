"""What a card says, and what it never says."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.desk.card import MAX_REASONS, compose
from core.flow.planning import marked_deleted
from core.model.action import ActionKind
from core.model.advancing import CaseEvent, Claimed, Resolved, Snoozed, advance
from core.model.card import Card
from core.model.case import Case, Concern, Outcome
from core.model.message import MemberId
from tests.clock import START
from tests.core.examples import COMMUNITY, PIER, a_case
from tests.core.house import House

BOB = MemberId("bob")


def keys(card: Card) -> list[str]:
    return [line.key for line in card.lines]


def after(event: CaseEvent, concern: Concern = Concern.CONDUCT) -> Case:
    case = advance(a_case(concern), event, START)
    assert isinstance(case, Case)
    return case


async def test_no_card_of_any_concern_holds_a_word_or_a_name() -> None:
    house = House()
    await house.say("gullfeather disclosure:3 insult:3 pile_on:3")
    await house.settle()
    assert len(house.stage.calls) == 3
    for order in house.stage.calls:
        assert "gullfeather" not in repr(order)
        assert "Name of ann" not in repr(order)


async def test_a_card_says_what_where_since_when_and_why() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    (order,) = house.stage.calls
    card = order.card
    assert card is not None
    assert card.title.key == "card.crisis.title"
    assert card.title.params == {"level": 3, "kind": "disclosure"}
    assert keys(card) == ["card.place", "card.why", "card.waiting"]
    assert card.lines[0].params == {"channel": PIER.id, "opened_at": START.isoformat(), "messages": 1}
    assert card.lines[1].params == {"why": "a synthetic reason"}
    assert card.link == "https://chat.invalid/m1"


async def evidence_of(*texts: str) -> House:
    house = House()
    for number, text in enumerate(texts):
        await house.say(text, f"m{number}")
    await house.settle()
    return house


async def test_the_gravest_reasons_come_first_each_once_and_few() -> None:
    house = await evidence_of("insult:2")
    case = await house.the_case()
    (first,) = await house.store.evidence(COMMUNITY, case.id)
    evidence = [
        replace(first, level=level, why=why)
        for level, why in [(1, "one"), (2, "two"), (2, "two"), (4, "four"), (3, "three"), (3, "also three")]
    ]
    card = compose(case, evidence)
    assert [line.params["why"] for line in card.lines if line.key == "card.why"] == ["four", "three", "also three"]
    assert MAX_REASONS == 3


async def test_the_link_leads_to_the_message_that_gave_the_case_its_level() -> None:
    house = await evidence_of("insult:2", "insult:4", "insult:3")
    case = await house.the_case()
    card = compose(case, await house.store.evidence(COMMUNITY, case.id))
    assert card.link == "https://chat.invalid/m1"


async def test_a_card_tells_of_deleted_and_late_messages() -> None:
    house = await evidence_of("insult:2")
    case = await house.the_case()
    evidence = await house.store.evidence(COMMUNITY, case.id)
    deleted = marked_deleted(case, evidence, START).evidence
    assert "card.deleted" in keys(compose(case, deleted))
    assert "card.late" in keys(compose(case, [replace(each, is_late=True) for each in evidence]))
    assert not {"card.late", "card.deleted"} & set(keys(compose(case, evidence)))


@pytest.mark.parametrize(
    ("case", "key", "params", "verbs"),
    [
        (a_case(), "card.waiting", {}, ["claim", "show", "resolve:not_a_problem"]),
        (
            after(Claimed(by=BOB, lease_until=START + timedelta(minutes=15))),
            "card.claimed",
            {"holder": "bob"},
            ["show", "release"],
        ),
        (
            after(Snoozed(by=BOB, until=START + timedelta(hours=1))),
            "card.snoozed",
            {"until": (START + timedelta(hours=1)).isoformat()},
            ["claim", "show", "resolve:not_a_problem"],
        ),
        (
            after(Resolved(by=BOB, outcome=Outcome.TALKED)),
            "card.resolved",
            {"outcome": "talked", "by": "bob"},
            ["undo"],
        ),
    ],
)
def test_a_card_says_how_its_case_stands_and_offers_what_fits(
    case: Case, key: str, params: dict[str, str], verbs: list[str]
) -> None:
    card = compose(case, [], ActionKind.REFRESH_CARD)
    assert (card.lines[-1].key, dict(card.lines[-1].params)) == (key, params)
    assert [button.verb for button in card.buttons] == verbs
    assert (card.case_id, card.version, card.turn) == (case.id, case.version, case.turn)
    assert sum(button.is_primary for button in card.buttons) == ("claim" in verbs)
