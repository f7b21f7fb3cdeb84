"""Who is on duty, whom a case calls, and what calls are moot."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.flow.calling import audience, on_duty, why_moot
from core.flow.planning import LOOK_IN, card_action
from core.model.action import ActionKind
from core.model.card import Audience
from core.model.case import Case, Concern, FollowUp, State, Tier
from core.model.message import MemberId
from core.model.people import Role
from core.model.record import Duty
from core.model.rota import Rota
from tests.clock import START
from tests.core.examples import COMMUNITY, a_case

HOUR = timedelta(hours=1)
RAE, SAM, TOM, ANN, OLGA = (MemberId(name) for name in ("rae", "sam", "tom", "ann", "olga"))
KNOWN = (RAE, SAM, TOM)

EVENING = Rota.model_validate(
    {
        "shifts": [
            {"begins": "12:00", "ends": "18:00", "members": ["rae", "sam"]},
            {"begins": "16:00", "ends": "22:00", "members": ["sam", "tom"]},
        ]
    }
)


def duty(member: MemberId, *, is_on: bool = True, since: datetime = START, hours: float = 8) -> Duty:
    return Duty(community=COMMUNITY, member=member, is_on=is_on, since=since, until=since + hours * HOUR)


def called(
    tier: Tier, case: Case | None = None, on: tuple[MemberId, ...] = (RAE, SAM), but: tuple[MemberId, ...] = ()
) -> Audience:
    return audience(case or a_case(Concern.CRISIS, 4), tier, duty=on, known=KNOWN, owners=(OLGA,), but=but)


@pytest.mark.parametrize(
    ("hour", "there"), [(-1, []), (0, [RAE, SAM]), (4, [RAE, SAM, TOM]), (6, [SAM, TOM]), (10, [])]
)
def test_shifts_say_who_is_there_each_once_in_their_order(hour: int, there: list[MemberId]) -> None:
    assert on_duty(EVENING, [], START + hour * HOUR) == there


def test_who_goes_on_duty_is_called_after_the_shift_and_first_come_first() -> None:
    duties = [duty(ANN, since=START + HOUR), duty(OLGA)]
    assert on_duty(EVENING, duties, START + 2 * HOUR) == [RAE, SAM, OLGA, ANN]
    assert on_duty(Rota(), duties, START + 8.5 * HOUR) == [ANN]


def test_who_goes_off_duty_is_not_called_until_that_ends() -> None:
    off = [duty(RAE, is_on=False, hours=2)]
    assert on_duty(EVENING, off, START + HOUR) == [SAM]
    assert on_duty(EVENING, off, START + 2 * HOUR) == [RAE, SAM]


def test_the_chain_calls_the_first_again_the_next_everybody_and_the_owners() -> None:
    assert called(Tier.FIRST) == called(Tier.AGAIN) == Audience(role=Role.RESPONDER, members=(RAE,))
    assert called(Tier.NEXT) == Audience(role=Role.RESPONDER, members=(SAM,))
    assert called(Tier.ALL) == Audience(role=Role.RESPONDER, members=KNOWN, is_everybody=True)
    assert called(Tier.OWNERS) == called(Tier.BANNER) == Audience(role=Role.OWNER, members=(OLGA,))


def test_where_the_next_is_missing_everybody_is_called() -> None:
    assert called(Tier.NEXT, on=(RAE,)).is_everybody
    everybody = called(Tier.FIRST, on=())
    assert (everybody.is_everybody, everybody.is_unstaffed) == (True, True)


def test_nobody_is_called_about_themselves() -> None:
    about_rae = a_case(Concern.CRISIS, 4, subject="rae")
    assert called(Tier.FIRST, about_rae).members == (SAM,)
    everybody = called(Tier.ALL, about_rae)
    assert everybody.members == (SAM, TOM)
    assert not everybody.is_everybody, "a call to the whole role would reach its subject"


def test_a_case_about_the_only_owner_goes_on_calling_everybody_else() -> None:
    assert called(Tier.OWNERS, a_case(Concern.CRISIS, 4, subject="olga")).members == KNOWN


def test_whose_claim_has_just_run_out_is_passed_over_for_somebody_else_on_duty() -> None:
    assert called(Tier.FIRST, but=(RAE,)).members == (SAM,)
    assert called(Tier.FIRST, on=(RAE,), but=(RAE,)).members == KNOWN


@pytest.mark.parametrize("kind", [ActionKind.PAGE, ActionKind.TELL])
def test_a_call_for_somebody_to_take_a_case_is_moot_once_somebody_has(kind: ActionKind) -> None:
    case = a_case(Concern.CRISIS, 4)
    call = card_action(case, kind)
    assert not why_moot(case, call)
    for state in (State.CLAIMED, State.SNOOZED, State.RESOLVED):
        assert why_moot(replace(case, state=state), call)


def test_a_call_for_help_with_a_claimed_case_is_not_moot() -> None:
    claimed = replace(a_case(Concern.CRISIS, 4), state=State.CLAIMED, holder=RAE)
    assert not why_moot(claimed, card_action(claimed, ActionKind.PAGE))


def test_a_call_for_the_one_who_holds_a_case_is_moot_once_it_changed_hands() -> None:
    claimed = replace(a_case(Concern.CRISIS, 4), state=State.CLAIMED, holder=RAE)
    call = card_action(claimed, ActionKind.PAGE, calls=RAE)
    assert not why_moot(claimed, call)
    assert why_moot(replace(claimed, holder=SAM), call)


def test_a_call_to_look_in_again_is_moot_once_somebody_did() -> None:
    ended = replace(a_case(Concern.CRISIS, 4), state=State.RESOLVED, follow_up=FollowUp.DAY)
    page = card_action(ended, ActionKind.PAGE)
    call = replace(page, params={**page.params, LOOK_IN: FollowUp.DAY})
    assert not why_moot(ended, call)
    assert why_moot(replace(ended, follow_up=None), call)
    assert why_moot(replace(ended, follow_up=FollowUp.WEEK), call)
    assert why_moot(ended, page), "a call of its old chain"


def test_owners_stand_behind_a_role_that_nobody_is_known_to_hold_but_never_the_one_it_is_about() -> None:
    case = a_case(Concern.CONDUCT, 3, subject=OLGA)
    nobody = audience(case, Tier.FIRST, duty=(), known=(), owners=(OLGA, ANN))
    assert (nobody.members, nobody.behind) == ((), (ANN,))
    somebody = audience(case, Tier.FIRST, duty=(), known=KNOWN, owners=(OLGA, ANN))
    assert (somebody.members, somebody.behind) == (KNOWN, ())
