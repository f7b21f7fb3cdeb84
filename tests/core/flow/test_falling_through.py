"""A card whose place refuses it: the people concerned are told in private, nobody else, and in the end it is said."""

from datetime import timedelta

import pytest

from core.errors import GaveUp, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.case import Case, Concern
from core.model.message import MemberId
from core.model.people import Role
from core.model.record import ActionState, Commit, Duty
from tests.core.examples import COMMUNITY
from tests.core.flow.delivering import ALERT, TELL, a_house_with
from tests.core.house import House

PAGE = ActionKind.PAGE
REFUSED = NotAllowed(reason="no permission")
FOREVER = 1000


async def a_refused_alert(text: str, error: Exception = REFUSED, **roles: set[Role]) -> tuple[House, Case]:
    """A case whose place takes no card, in a community of these people."""
    house, case = await a_house_with(text)
    house.crew.roles |= {MemberId(member): frozenset(held) for member, held in roles.items()}
    house.stage.refuse(error, times=FOREVER, kind=ALERT)
    house.stage.refuse(error, times=FOREVER, kind=PAGE)
    return house, case


def told(house: House) -> list[str]:
    return sorted(order.action.target for order in house.stage.orders(TELL))


def tried(house: House) -> list[str]:
    """Whom delivery tried to tell, in order."""
    return [order.action.target for order in house.stage.calls if order.action.kind is TELL]


async def on_duty(house: House, *members: str) -> None:
    now = house.clock.now()
    duties = tuple(
        Duty(community=COMMUNITY, member=MemberId(each), is_on=True, since=now, until=now + timedelta(hours=8))
        for each in members
    )
    await house.store.commit(Commit(duties=duties))


@pytest.mark.parametrize("error", [REFUSED, GaveUp(reason="no such channel")])
async def test_every_known_responder_hears_of_a_crisis_whose_place_refuses_its_card(error: Exception) -> None:
    house, _ = await a_refused_alert("disclosure:4", error, rob={Role.RESPONDER})
    await house.delivery.deliver_due()
    assert told(house) == ["rae", "rob"]
    assert "deliver.local:harbour.crisis.alert" in house.board.standing


async def test_those_on_duty_hear_of_it_first_and_the_others_are_left_alone() -> None:
    house, _ = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    await on_duty(house, "rob")
    await house.delivery.deliver_due()
    assert told(house) == ["rob"]


async def test_moderators_hear_of_conduct_and_no_responder_does() -> None:
    house, _ = await a_refused_alert("insult:3")
    await house.delivery.deliver_due()
    assert told(house) == ["bob", "cat"]


async def test_nobody_is_told_twice_of_one_card_however_often_it_is_refused() -> None:
    house, _ = await a_refused_alert("disclosure:2")
    await house.deliver(within=timedelta(hours=1))
    assert house.stage.called(ALERT) > 10
    assert tried(house) == ["rae"]


async def test_the_card_itself_is_tried_until_it_arrives() -> None:
    house, case = await a_refused_alert("disclosure:2")
    await house.delivery.deliver_due()
    house.stage.trouble.clear()
    await house.deliver()
    (alert,) = await house.records(case, ALERT)
    assert alert.state is ActionState.DONE
    assert not house.board.standing


@pytest.mark.parametrize("error", [RetryLater(reason="down"), OSError(), GaveUp(reason="lost", unknown=True)])
async def test_a_place_that_is_only_slow_or_silent_wakes_nobody_in_private(error: Exception) -> None:
    house, _ = await a_refused_alert("disclosure:4", error)
    await house.delivery.deliver_due()
    assert not tried(house)


async def test_who_takes_no_private_messages_is_passed_over_and_in_the_end_the_owner_hears_of_it() -> None:
    house, _ = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    await on_duty(house, "rob")
    house.stage.refuse(REFUSED, times=2, kind=TELL)
    await house.delivery.deliver_due()
    assert tried(house) == ["rob", "rae", "olga"]
    assert told(house) == ["olga"]
    assert "untold" not in "".join(house.board.standing)


async def test_two_who_refuse_at_the_same_moment_do_not_wait_for_each_other() -> None:
    house, _ = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    house.stage.refuse(REFUSED, times=2, kind=TELL)
    await house.delivery.deliver_due()
    assert told(house) == ["olga"]


async def test_one_who_can_be_reached_is_enough() -> None:
    house, _ = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    house.stage.refuse(REFUSED, kind=TELL)
    await house.delivery.deliver_due()
    assert len(told(house)) == 1
    assert "olga" not in tried(house)


async def test_without_any_responder_the_owner_hears_of_it() -> None:
    house, _ = await a_refused_alert("disclosure:4", rae=set())
    await house.delivery.deliver_due()
    assert told(house) == ["olga"]


async def test_when_nobody_can_be_reached_a_notice_stands_until_somebody_has_the_card() -> None:
    house, case = await a_refused_alert("disclosure:4")
    house.stage.refuse(REFUSED, times=FOREVER, kind=TELL)
    await house.delivery.deliver_due()
    assert tried(house) == ["rae", "olga"]
    assert house.board.standing[f"untold.{case.id}"].key == "notice.untold"
    house.stage.trouble.clear()
    await house.deliver()
    assert not house.board.standing


async def test_the_notice_goes_when_somebody_claims_the_case_in_the_console() -> None:
    house, case = await a_refused_alert("disclosure:4")
    house.stage.refuse(REFUSED, times=FOREVER, kind=TELL)
    await house.delivery.deliver_due()
    await house.clicked("rae", case, "claim")
    house.clock.advance(timedelta(minutes=5))
    await house.delivery.deliver_due()
    assert f"untold.{case.id}" not in house.board.standing


@pytest.mark.parametrize("text", ["disclosure:4", "insult:3"])
async def test_nobody_outside_the_role_is_ever_told(text: str) -> None:
    house, case = await a_refused_alert(text, zoe=set(), ann={Role.RESPONDER, Role.MODERATOR})
    house.stage.refuse(REFUSED, times=FOREVER, kind=TELL)
    await house.deliver(within=timedelta(minutes=30))
    sees = {"disclosure:4": {"rae", "olga"}, "insult:3": {"bob", "cat", "olga"}}[text]
    assert set(tried(house)) == sees, "not zoe, who is nobody, and not ann, whom it is about"
    assert case.subject == "ann"


async def test_who_loses_the_role_before_it_is_sent_is_not_told() -> None:
    house, case = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    house.stage.refuse(RetryLater(reason="slow down", after=timedelta(seconds=30)), times=2, kind=TELL)
    await house.delivery.deliver_due()
    house.crew.roles[MemberId("rob")] = frozenset()
    house.clock.advance(timedelta(seconds=30))
    await house.delivery.deliver_due()
    assert told(house) == ["rae"]
    states = {r.action.target: r.state for r in await house.records(case, TELL)}
    assert states == {"rae": ActionState.DONE, "rob": ActionState.FAILED}


async def test_a_claimed_case_wakes_nobody_for_a_card_that_is_not_posted() -> None:
    house, case = await a_refused_alert("disclosure:4")
    await house.clicked("rae", case, "claim")
    await house.delivery.deliver_due()
    assert not tried(house)


async def test_a_page_that_is_refused_tells_those_whom_it_calls() -> None:
    house, case = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    house.stage.trouble.clear()
    house.stage.refuse(REFUSED, times=FOREVER, kind=PAGE)
    await on_duty(house, "rob", "rae")
    await house.deliver()
    await house.clicked("olga", await house.case(case.id), "escalate", tier="0")
    await house.delivery.deliver_due()
    assert told(house) == ["rob"], "the next person on duty"


async def test_who_looks_along_is_asked_in_private_where_the_page_is_refused() -> None:
    house, case = await a_refused_alert("disclosure:4", rob={Role.RESPONDER})
    house.stage.trouble.clear()
    await house.deliver()
    claimed = await house.clicked("rae", await house.case(case.id), "claim")
    house.stage.refuse(REFUSED, times=FOREVER, kind=PAGE)
    await house.clicked("rae", claimed, "ask_second")
    await house.delivery.deliver_due()
    assert told(house) == ["rob"]


async def test_a_private_card_calls_one_person_and_holds_no_word() -> None:
    house, _ = await a_refused_alert("disclosure:4 gullfeather")
    await house.delivery.deliver_due()
    (order,) = house.stage.orders(TELL)
    assert order.card is not None
    assert order.card.audience is not None
    assert order.card.audience.members == ("rae",)
    assert "gullfeather" not in repr(order)


async def test_the_chain_tells_the_owners_in_private_and_a_refused_page_does_not_do_so_again() -> None:
    house, case = await a_refused_alert("disclosure:4")
    await house.delivery.deliver_due()
    for _ in range(6):
        await house.pass_time(timedelta(minutes=2, seconds=30))
        await house.delivery.deliver_due()
    assert tried(house).count("olga") == 1
    assert (await house.case(case.id)).concern is Concern.CRISIS
