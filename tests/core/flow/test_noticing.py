"""What members are told of what is done to them: before it, once, in true words, and never at its expense."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from config.texts.catalogue import Catalogue
from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater
from core.flow.noticing import AT_REQUEST, lifted_notice, with_notices, words
from core.flow.planning import effect_action
from core.model.action import FOREVER_S, LAWS, ActionKind, Effect
from core.model.case import Case, Concern, Enforcement, Reason
from core.model.message import MemberId
from core.model.record import Action, ActionRecord, ActionState, Commit
from tests.clock import START
from tests.core.examples import a_case
from tests.core.flow.delivering import BAN, DELETE, NOTICE, TIMEOUT, a_house_with, the_record
from tests.core.house import LIVE_LADDER, House

LIFT = ActionKind.LIFT_TIMEOUT
DAY_S = str(86400)


def a_sanction(
    kind: ActionKind, target: str = "ann", by: str = "", duration_s: int = 600, case: Case | None = None
) -> Action:
    effect = Effect(kind=kind, target=target, duration_s=duration_s if LAWS[kind].takes_duration else 0)
    return effect_action(case or a_case(), effect, START, Enforcement.LIVE, by=by)


def told(*actions: Action, case: Case | None = None, rounds: int = 0) -> Sequence[Action]:
    return with_notices(case or a_case(), actions, {"m1": MemberId("ann"), "m2": MemberId("ann")}, START, rounds=rounds)


async def a_claimed_case(text: str = "insult:2") -> tuple[House, Case]:
    house, case = await a_house_with(text)
    await house.deliver()
    return house, await house.clicked("bob", await house.case(case.id), "claim")


def said(house: House) -> list[str]:
    """What the member was told, in plain English."""
    return [Catalogue().render(order.notice) for order in house.stage.orders(NOTICE) if order.notice]


@pytest.mark.parametrize("kind", [kind for kind, law in LAWS.items() if law.is_told])
def test_every_sanction_that_is_told_waits_for_its_notice(kind: ActionKind) -> None:
    notice, sanction = told(a_sanction(kind, "m1" if kind is DELETE else "ann"))
    assert (notice.kind, notice.target, notice.params["of"]) == (NOTICE, "ann", kind)
    assert sanction.after == notice.key
    assert notice.until == sanction.until


@pytest.mark.parametrize("kind", [kind for kind, law in LAWS.items() if law.enforces and not law.is_told])
def test_what_concerns_nobody_in_particular_has_none(kind: ActionKind) -> None:
    assert [each.kind for each in told(a_sanction(kind))] == [kind]


@pytest.mark.parametrize("enforcement", [Enforcement.SHADOW, Enforcement.PROPOSED])
def test_what_is_not_done_is_not_told(enforcement: Enforcement) -> None:
    action = effect_action(a_case(), Effect(kind=DELETE, target="m1"), START, enforcement)
    assert told(action) == (action,)


def test_a_flood_of_deleted_messages_is_told_once() -> None:
    actions = told(a_sanction(DELETE, "m1"), a_sanction(DELETE, "m2"))
    assert [each.kind for each in actions] == [NOTICE, DELETE, DELETE]
    later = a_case(version=9)
    again = told(a_sanction(DELETE, "m2", case=later), case=later)
    assert again[0].key == actions[0].key


def test_deleted_messages_of_a_raid_are_not_told_to_hundreds_of_accounts_but_a_ban_is() -> None:
    raid = a_case(Concern.RAID, subject="pier")
    kinds = [each.kind for each in told(a_sanction(DELETE, "m1"), a_sanction(BAN), case=raid)]
    assert kinds == [DELETE, NOTICE, BAN]


def test_a_person_who_orders_another_end_has_it_told_and_an_automatic_repeat_has_not() -> None:
    short, long = a_sanction(TIMEOUT, by="bob"), a_sanction(TIMEOUT, by="bob", duration_s=3600)
    automatic, again = a_sanction(TIMEOUT), a_sanction(TIMEOUT, duration_s=3600)
    keys = [told(each)[0].key for each in (short, long, automatic, again)]
    assert len({*keys[:2], keys[2]}) == 3
    assert keys[2] == keys[3]


@pytest.mark.parametrize("kind", [kind for kind, law in LAWS.items() if law.is_told])
@pytest.mark.parametrize("by", ["", "bob"])
@pytest.mark.parametrize("duration_s", [600, FOREVER_S])
def test_every_notice_has_words_that_name_the_rule_and_the_way_to_appeal(
    kind: ActionKind, by: str, duration_s: int
) -> None:
    if duration_s == FOREVER_S and kind is ActionKind.PURGE:
        return
    notice, _ = told(a_sanction(kind, "m1" if kind is DELETE else "ann", by, duration_s))
    text = words(notice, a_case())
    assert text is not None
    rendered = Catalogue().render(text)
    assert "Harassment" in rendered
    assert "appeal" in rendered
    assert a_case().id not in rendered  # each platform says how to appeal there, with the id where one is typed
    assert ("automated" in rendered) == (not by)
    assert ("2026-03-01 12:10 UTC" in rendered) == (notice.until is not None)


@pytest.mark.parametrize("kind", [kind for kind, law in LAWS.items() if law.is_told])
def test_what_is_taken_back_has_words_for_every_kind(kind: ActionKind) -> None:
    text = words(lifted_notice(a_case(), a_sanction(kind), "key", "", "bob", START), a_case())
    assert text is not None
    assert "taken back" in Catalogue().render(text)


@pytest.mark.parametrize(
    ("at_request", "why"),
    [({}, "might be having a hard time"), ({AT_REQUEST: "yes"}, "you asked to talk")],
    ids=["unasked", "asked"],
)
def test_an_invitation_to_a_talk_keeps_to_the_rules_and_says_why_it_came(at_request: dict[str, str], why: str) -> None:
    invitation = a_sanction(ActionKind.OPEN_TALK, by="rae")
    text = words(replace(invitation, params={**invitation.params, **at_request}), a_case(Concern.CRISIS))
    assert text is not None
    rendered = Catalogue().render(text).lower()
    for said in ("automated", "not able to help in an emergency", "you can ignore this", why):
        assert said in rendered
    for unsaid in ("commit", "attempt", "attention", "selfish", "promise", "confidential", "risk", "appeal"):
        assert unsaid not in rendered


@pytest.mark.parametrize("reason", Reason)
def test_every_reason_can_be_told(reason: Reason) -> None:
    text = words(a_sanction(ActionKind.WARN, by="bob"), a_case())
    assert text is not None
    assert Catalogue().render(type(text)(key=text.key, params={**text.params, "reason": reason.value}))


async def test_the_member_hears_of_it_before_it_is_done() -> None:
    house, _ = await a_house_with("insult:3")
    await house.deliver()
    order = [each.action.kind for each in house.stage.calls if each.action.kind in {NOTICE, TIMEOUT}]
    assert order.index(NOTICE) < order.index(TIMEOUT)
    assert any("until 2026-03-01 12:10 UTC" in each for each in said(house))


async def test_the_reason_that_a_person_gives_is_the_one_that_is_told() -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S, reason="spam")
    await house.deliver()
    assert ["Spam" in each and "A moderator" in each for each in said(house)] == [True]


@pytest.mark.parametrize(
    ("error", "state"),
    [
        (NotAllowed(reason="they take no messages"), ActionState.FAILED),
        (GaveUp(reason="no such member"), ActionState.FAILED),
        (GaveUp(reason="the answer got lost", unknown=True), ActionState.UNKNOWN),
        (OSError(), ActionState.UNKNOWN),
        (AlreadyDone(reason="told before"), ActionState.DONE),
    ],
)
async def test_a_notice_that_can_not_be_told_holds_nothing_back(error: Exception, state: ActionState) -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(error, kind=NOTICE)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    await house.deliver()
    notice = await the_record(house, case, NOTICE)
    assert notice.state is state
    assert house.stage.called(NOTICE) == 1
    assert (await the_record(house, case, BAN)).state is ActionState.DONE
    assert not house.board.standing, "its case shows it, and nothing else has to be mended"


async def test_a_notice_that_the_platform_puts_off_is_given_up_after_a_minute() -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(RetryLater(reason="slow down"), times=100, kind=NOTICE)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    begun = house.clock.now()
    await house.deliver()
    notice, ban = await the_record(house, case, NOTICE), await the_record(house, case, BAN)
    assert (notice.state, notice.note) == (ActionState.FAILED, "could not be told: slow down")
    assert ban.state is ActionState.DONE
    assert ban.updated_at is not None
    assert ban.updated_at - begun <= timedelta(seconds=65)


async def test_the_platform_comes_back_after_ten_minutes_and_it_is_carried_out() -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(RetryLater(reason="down", after=timedelta(minutes=1)), times=20)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    for _ in range(10):
        await house.delivery.deliver_due()
        house.clock.advance(timedelta(minutes=1))
        assert (await the_record(house, case, BAN)).state is ActionState.PENDING, "it is on its way"
    house.stage.trouble.clear()
    await house.deliver()
    assert (await the_record(house, case, BAN)).state is ActionState.DONE


async def test_what_is_taken_back_while_the_platform_is_down_is_neither_done_nor_told() -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    ban = await the_record(house, case, BAN)
    await house.clicked("bob", case, "undo_action", action=ban.action.key)
    await house.deliver()
    assert not house.stage.called(NOTICE)
    assert not house.stage.called(BAN)
    states = {(await the_record(house, case, kind)).state for kind in (NOTICE, BAN)}
    assert states == {ActionState.WITHDRAWN}


@pytest.mark.parametrize(
    ("state", "withdrawn"), [(ActionState.PENDING, ActionState.WITHDRAWN), (ActionState.FAILED, ActionState.FAILED)]
)
async def test_who_was_not_told_in_spite_of_trying_hears_nothing_of_its_being_taken_back(
    state: ActionState, withdrawn: ActionState
) -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    notice, ban = await the_record(house, case, NOTICE), await the_record(house, case, BAN)
    (claimed,) = [r for r in await house.store.claim_actions(house.clock.now(), 10) if r.action.kind is NOTICE]
    await house.store.record_action(claimed.action.key, state, house.clock.now(), note="slow down")
    await house.clicked("bob", case, "undo_action", action=ban.action.key)
    await house.deliver()
    assert (await the_record(house, case, NOTICE)).state is withdrawn
    assert (await the_record(house, case, BAN)).state is ActionState.WITHDRAWN
    assert said(house) == []
    assert notice.attempts == 0


async def test_a_member_who_was_told_of_what_is_taken_back_in_time_is_told_so_once() -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(RetryLater(reason="down", after=timedelta(minutes=1)), times=9, kind=BAN)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    await house.delivery.deliver_due()
    ban = await the_record(house, case, BAN)
    assert (ban.state, ban.attempts) == (ActionState.PENDING, 1)
    await house.clicked("bob", case, "undo_action", action=ban.action.key)
    await house.deliver()
    assert [each.split(" is ")[0] for each in said(house)] == [
        "You are banned from this community until 2026-03-02 12:00 UTC. It",
        "Your ban",
    ]


async def test_undoing_tells_the_member_after_it_is_lifted() -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="timeout", duration_s="600")
    await house.deliver()
    timeout = await the_record(house, case, TIMEOUT)
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    kinds = [each.action.kind for each in house.stage.calls]
    assert kinds.index(LIFT) < len(kinds) - 1 - kinds[::-1].index(NOTICE)
    assert "taken back" in said(house)[-1]
    (lifted,) = house.stage.orders(LIFT)
    assert lifted.receipt == timeout.receipt


async def test_nobody_is_told_that_something_is_lifted_that_could_not_be() -> None:
    house, case = await a_claimed_case()
    await house.clicked("bob", case, "order", kind="timeout", duration_s="600")
    await house.deliver()
    timeout = await the_record(house, case, TIMEOUT)
    house.stage.refuse(NotAllowed(reason="no permission"), kind=LIFT)
    await house.clicked("bob", case, "undo_action", action=timeout.action.key)
    await house.deliver()
    assert len(said(house)) == 1


async def test_a_sanction_that_the_platform_refuses_after_the_notice_is_told_not_to_hold() -> None:
    house, case = await a_claimed_case()
    house.stage.refuse(NotAllowed(reason="no permission"), kind=BAN)
    await house.clicked("bob", case, "order", kind="ban", duration_s=DAY_S)
    await house.deliver()
    assert (await the_record(house, case, BAN)).state is ActionState.FAILED
    assert ["taken back" in each for each in said(house)] == [False, True]


async def test_a_ban_ordered_again_after_its_undoing_is_told_again() -> None:
    house, case = await a_claimed_case()
    for _ in range(2):
        await house.clicked("bob", case, "order", kind="ban", duration_s=str(FOREVER_S))
        await house.deliver()
        bans: list[ActionRecord] = await house.records(case, BAN)
        await house.clicked("bob", case, "undo_action", action=bans[-1].action.key)
        await house.deliver()
        house.clock.advance(timedelta(minutes=2))
    assert ["taken back" in each for each in said(house)] == [False, True, False, True]


async def test_somebody_in_a_crisis_is_told_nothing_automatic() -> None:
    house, _ = await a_house_with("insult:3")
    await house.say("disclosure:2", "m2")
    await house.settle()
    assert not house.stage.called(NOTICE)


async def test_a_dismissed_case_tells_nobody() -> None:
    house, case = await a_house_with("insult:3")
    await house.clicked("bob", case, "resolve", outcome="not_a_problem")
    await house.deliver()
    assert not house.stage.called(NOTICE)


async def test_shadow_tells_nobody() -> None:
    house = House(LIVE_LADDER.model_copy(update={"enforcement": "shadow"}))
    await house.say("insult:4")
    await house.settle()
    assert not house.stage.called(NOTICE)


async def test_a_notice_comes_too_late_when_what_it_tells_of_has_ended() -> None:
    house, case = await a_house_with("insult:3")
    house.clock.advance(timedelta(minutes=11))
    await house.deliver()
    notices = {r.action.params["of"]: r.state for r in await house.records(case, NOTICE)}
    assert notices == {"timeout": ActionState.WITHDRAWN, "delete": ActionState.DONE}


async def test_a_word_that_stands_for_itself_goes_out_by_itself() -> None:
    house, case = await a_claimed_case()
    notice, _ = told(a_sanction(BAN, by="bob", case=case), case=case)
    letter = replace(notice, params={**notice.params, "of": "appeal_denied"}, until=None)
    await house.store.commit(Commit(actions=(letter,)))
    await house.deliver()
    assert (await the_record(house, case, NOTICE)).state is ActionState.DONE


async def test_an_accepted_proposal_is_told_too() -> None:
    house, case = await a_claimed_case("insult:4")
    ban = await the_record(house, case, BAN)
    house.stage.calls.clear()
    house.stage.effects.clear()
    await house.clicked("bob", case, "carry_out", action=ban.action.key)
    await house.deliver()
    assert [each.action.kind for each in house.stage.calls if each.action.kind in {NOTICE, BAN}] == [NOTICE, BAN]
    assert ["A moderator decided this" in each for each in said(house)] == [True]
