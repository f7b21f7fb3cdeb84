"""What a card says, and what it never says."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from config.texts.catalogue import Catalogue
from core.desk.card import MAX_REASONS, Composer, compose
from core.flow.planning import marked_deleted
from core.model.action import ActionKind
from core.model.advancing import advance
from core.model.card import Card, Text
from core.model.case import OUTCOMES, Case, CaseId, Concern, Evidence, FollowUp, Outcome, Reason, State, Tier
from core.model.case_event import CaseEvent, Claimed, Resolved, SecondAsked, Seconded, Snoozed
from core.model.message import MemberId, MessageId
from tests.clock import START
from tests.core.examples import COMMUNITY, PIER, a_case
from tests.core.house import House

BOB, CAT = MemberId("bob"), MemberId("cat")
LEASE_UNTIL = START + timedelta(minutes=15)


def keys(card: Card) -> list[str]:
    return [line.key for line in card.lines]


def verbs(card: Card) -> list[str]:
    return [button.verb for button in card.buttons]


def line(card: Card, key: str) -> dict[str, object]:
    return dict(next(each for each in card.lines if each.key == key).params)


def moved(case: Case, *events: CaseEvent) -> Case:
    for event in events:
        after = advance(case, event, START)
        assert isinstance(after, Case), after
        case = after
    return case


def claimed(concern: Concern = Concern.CONDUCT, level: int = 2) -> Case:
    return moved(a_case(concern, level), Claimed(by=BOB, lease_until=LEASE_UNTIL))


def resolved(concern: Concern, outcome: Outcome, reason: Reason | None = None) -> Case:
    return moved(a_case(concern), Resolved(by=BOB, outcome=outcome, reason=reason))


async def a_house_that_heard(*texts: str) -> tuple[House, Case, list[Evidence]]:
    house = House()
    for number, text in enumerate(texts):
        await house.say(text, f"m{number}")
    await house.settle()
    (case,) = await house.cases()
    return house, case, list(await house.store.evidence(COMMUNITY, case.id))


async def test_no_card_of_any_concern_holds_a_word_or_a_name() -> None:
    house = House()
    await house.say("gullfeather disclosure:3 insult:3 pile_on:3")
    await house.settle()
    cards = [order for order in house.stage.calls if order.card is not None]
    assert {order.card.concern for order in cards if order.card} == {Concern.CRISIS, Concern.CONDUCT, Concern.RAID}
    for order in cards:
        assert "gullfeather" not in repr(order)
        assert "Name of ann" not in repr(order)


async def test_a_card_says_what_where_since_when_why_and_by_when_somebody_is_needed() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    (order,) = house.stage.calls
    card = order.card
    assert card is not None
    assert card.title == Text(key="card.crisis.title", params={"level": 3, "kind": "disclosure"})
    assert keys(card) == ["card.place", "card.kind", "card.why", "card.waiting", "card.needed_by"]
    assert line(card, "card.place") == {"channel": PIER.id, "opened_at": START.isoformat(), "messages": 1}
    assert line(card, "card.why") == {"why": "a synthetic reason"}
    assert line(card, "card.needed_by") == {"until": (START + timedelta(minutes=15)).isoformat()}
    assert card.link == "https://chat.invalid/m1"


async def test_the_gravest_reasons_come_first_each_once_and_few() -> None:
    _, case, (first,) = await a_house_that_heard("insult:2")
    evidence = [
        replace(first, level=level, why=why)
        for level, why in [(1, "one"), (2, "two"), (2, "two"), (4, "four"), (3, "three"), (3, "also three")]
    ]
    card = compose(case, evidence)
    assert [each.params["why"] for each in card.lines if each.key == "card.why"] == ["four", "three", "also three"]
    assert MAX_REASONS == 3


async def test_the_link_leads_to_the_message_that_gave_the_case_its_level() -> None:
    _, case, evidence = await a_house_that_heard("insult:2", "insult:4", "insult:3")
    assert compose(case, evidence).link == "https://chat.invalid/m1"


async def test_a_card_tells_of_deleted_and_late_messages_and_of_attachments() -> None:
    _, case, evidence = await a_house_that_heard("insult:2", "insult:2")
    deleted = list(marked_deleted(case, evidence, START).evidence)
    assert "card.deleted" in keys(compose(case, deleted))
    assert "card.late" in keys(compose(case, [replace(each, is_late=True) for each in evidence]))
    with_files = [replace(each, attachments=2) for each in evidence]
    assert line(compose(case, [*with_files, *with_files]), "card.attachments") == {"n": 4}
    assert not {"card.late", "card.deleted", "card.attachments"} & set(keys(compose(case, evidence)))


async def test_a_card_counts_reporters_and_names_none() -> None:
    _, case, (first,) = await a_house_that_heard("insult:2")
    evidence = [first, *(replace(first, reporter=MemberId(name)) for name in ("danielle", "eveline", "danielle"))]
    card = compose(case, evidence)
    assert line(card, "card.reported") == {"n": 2}
    assert "danielle" not in repr(card)


async def test_a_raid_says_how_many_messages_of_how_many_members_it_holds() -> None:
    house = House()
    for number in range(3):
        await house.say("pile_on:3", f"m{number}", author=f"author{number}")
    await house.settle()
    (case,) = await house.cases(Concern.RAID)
    evidence = await house.store.evidence(COMMUNITY, case.id)
    assert line(compose(case, evidence), "card.many") == {"messages": 3, "members": 3}


@pytest.mark.parametrize("tier", [tier for tier in Tier if tier > Tier.FIRST])
def test_a_card_that_waits_says_who_was_called_so_far(tier: Tier) -> None:
    waiting = replace(a_case(), tier=tier)
    assert f"card.called.{tier.name.lower()}" in keys(compose(waiting, []))
    taken = moved(waiting, Claimed(by=BOB, lease_until=LEASE_UNTIL))
    assert not any(key.startswith("card.called.") for key in keys(compose(taken, [])))


@pytest.mark.parametrize(
    ("case", "key", "params", "offered"),
    [
        (a_case(), "card.waiting", {}, ["claim", "show", "resolve:not_a_problem"]),
        (claimed(), "card.claimed", {"holder": "bob"}, ["show", "release"]),
        (
            moved(a_case(), Snoozed(by=BOB, until=START + timedelta(hours=1))),
            "card.snoozed",
            {"until": (START + timedelta(hours=1)).isoformat()},
            ["claim", "show", "resolve:not_a_problem"],
        ),
        (
            resolved(Concern.CONDUCT, Outcome.TALKED),
            "card.resolved",
            {"outcome": "talked", "by": "bob"},
            ["undo"],
        ),
    ],
)
def test_a_card_says_how_its_case_stands_and_offers_what_fits(
    case: Case, key: str, params: dict[str, str], offered: list[str]
) -> None:
    card = compose(case, [], ActionKind.REFRESH_CARD)
    assert line(card, key) == params
    assert verbs(card) == offered
    assert (card.case_id, card.version, card.turn) == (case.id, case.version, case.turn)
    assert sum(button.is_primary for button in card.buttons) == ("claim" in verbs(card))


def test_a_closed_card_says_why() -> None:
    card = compose(resolved(Concern.CONDUCT, Outcome.UPHELD, Reason.THREATS), [])
    assert line(card, "card.reason") == {"reason": "threats"}


def test_a_grave_case_prompts_for_a_second_person_until_one_looks_along() -> None:
    alone = claimed(level=3)
    asked = moved(alone, SecondAsked(by=BOB))
    together = moved(asked, Seconded(by=CAT))
    assert keys(compose(alone, []))[-1] == "card.not_alone"
    assert verbs(compose(alone, [])) == ["show", "ask_second", "release"]
    assert keys(compose(asked, []))[-1] == "card.second_asked"
    assert verbs(compose(asked, [])) == ["show", "second", "release"]
    assert line(compose(together, []), "card.second") == {"by": "cat"}
    assert verbs(compose(together, [])) == ["show", "release"]


@pytest.mark.parametrize("level", [1, 2])
def test_a_milder_case_prompts_for_nobody(level: int) -> None:
    card = compose(claimed(Concern.CRISIS, level), [])
    assert keys(card)[-1] == "card.claimed"
    assert "ask_second" not in verbs(card)


def test_where_nobody_else_is_known_the_card_says_so_and_holds_nobody_up() -> None:
    card = compose(claimed(level=4), [], has_others=False)
    assert keys(card)[-1] == "card.alone"
    assert verbs(card) == ["show", "release"]


def test_the_composer_knows_whether_anybody_else_is_there() -> None:
    house = House()
    compose_here = Composer(staff=house.crew)
    assert keys(compose_here(claimed(level=3), []))[-1] == "card.not_alone"
    del house.crew.roles[CAT], house.crew.roles[MemberId("olga")]
    assert keys(compose_here(claimed(level=3), []))[-1] == "card.alone"


@pytest.mark.parametrize("level", [1, 2, 3, 4])
@pytest.mark.parametrize("concern", list(Concern))
def test_the_playbook_is_one_step_away_on_grave_crisis_cards_alone(concern: Concern, level: int) -> None:
    is_offered = concern is Concern.CRISIS and level >= 3
    for case in (a_case(concern, level), claimed(concern, level)):
        assert ("playbook" in verbs(compose(case, []))) == is_offered


def test_an_appeal_says_which_decision_it_is_about_and_is_never_dismissed_with_one_click() -> None:
    appeal = replace(a_case(Concern.APPEAL), parent=CaseId("case0"))
    card = compose(appeal, [])
    assert card.title.key == "card.appeal.title"
    assert line(card, "card.appeal.about") == {"case": "case0"}
    assert verbs(card) == ["claim", "show"]


def test_an_appeal_that_the_same_person_decided_says_so() -> None:
    appeal = moved(a_case(Concern.APPEAL), Resolved(by=BOB, outcome=Outcome.DENIED, is_own=True))
    assert line(compose(appeal, []), "card.reason") == {"reason": "same_person"}


def test_a_granted_appeal_offers_no_undo() -> None:
    assert verbs(compose(resolved(Concern.APPEAL, Outcome.GRANTED), [])) == []
    assert verbs(compose(resolved(Concern.APPEAL, Outcome.DENIED), [])) == ["undo"]


@pytest.mark.parametrize("which", list(FollowUp))
async def test_a_look_in_is_calm_and_says_nothing_of_what_was_written(which: FollowUp) -> None:
    house, case, evidence = await a_house_that_heard("disclosure:4")
    closed = await house.clicked("rae", case, "resolve", outcome="support_offered")
    card = compose(replace(closed, follow_up=which), evidence, ActionKind.PAGE)
    assert card.title.key == "card.follow_up.title"
    assert keys(card) == [f"card.follow_up.{which}", "card.follow_up.how"]
    assert verbs(card) == ["looked_in", "identify"]
    assert (card.level, card.link) == (1, None)
    for said in ("ann", "synthetic", "disclosure", "pier"):
        assert said not in repr((card.title, card.lines, card.buttons))


def test_the_old_card_says_too_that_it_is_time_to_look_in() -> None:
    closed = replace(resolved(Concern.CRISIS, Outcome.HELP_CALLED), follow_up=FollowUp.DAY)
    card = compose(closed, [], ActionKind.REFRESH_CARD)
    assert "card.follow_up.due" in keys(card)
    assert verbs(card) == ["looked_in", "identify", "undo"]


def every_case() -> Iterable[Case]:
    for concern in Concern:
        for level in range(1, 5):
            case = replace(a_case(concern, level), target_at=START, parent=CaseId("case0"))
            yield from (replace(case, tier=tier) for tier in Tier)
            held = moved(case, Claimed(by=BOB, lease_until=LEASE_UNTIL))
            yield from (held, replace(held, second=CAT), replace(held, second_asked_at=START))
            yield replace(case, state=State.SNOOZED, snoozed_until=START)
            for outcome in OUTCOMES[concern]:
                closed = moved(case, Resolved(by=BOB, outcome=outcome))
                yield from (closed, replace(closed, follow_up=FollowUp.DAY))
                yield from (replace(closed, reason=reason) for reason in Reason if level == 1)


def an_evidence(at: datetime = START) -> Evidence:
    case = a_case()
    return Evidence(
        case_id=case.id,
        message_id=MessageId("m1"),
        channel=PIER.id,
        author=MemberId("ann"),
        sent_at=at,
        category=case.category,
        kind=case.kind,
        level=2,
        score=0.9,
        filter="synthetic",
        rule="synthetic",
        why="a reason",
        is_late=True,
        deleted_at=at,
        attachments=1,
        reporter=MemberId("dan"),
    )


def test_every_card_of_every_case_has_words_for_all_it_says_and_offers() -> None:
    catalogue = Catalogue()
    evidence = [an_evidence(), replace(an_evidence(), author=MemberId("eve"))]
    for case in every_case():
        for has_others in (True, False):
            for action in (ActionKind.ALERT, ActionKind.REFRESH_CARD):
                card = compose(case, evidence, action, has_others=has_others)
                texts = [card.title, *card.lines, *(button.label for button in card.buttons)]
                assert all(catalogue.render(text) for text in texts)
