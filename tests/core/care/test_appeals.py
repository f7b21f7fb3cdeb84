"""Appeals: who may ask, who may decide, what is undone, and what nobody learns."""

from datetime import timedelta

import pytest

from core.care.appeals import MAX_CHARS, MAX_MESSAGES
from core.desk.clicks import Verb
from core.desk.queue import CaseView
from core.flow.planning import TEXT_TIMER
from core.model.action import ActionKind
from core.model.case import COUNTS_FOR, Case, CaseId, Concern, Outcome, Reason, State
from core.model.case_event import Why
from core.model.message import MemberId
from core.model.people import Role
from core.model.record import ActionState, Commit, Duty
from tests.clock import START
from tests.core.desk.asking import verbs, why
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import LIVE_LADDER, House, actor

HOUR = timedelta(hours=1)
ANN, BOB, CAT, OLGA = MemberId("ann"), MemberId("bob"), MemberId("cat"), MemberId("olga")


async def a_house_that_sanctioned(by: str = "bob", text: str = "insult:2", **order: str) -> tuple[House, Case]:
    """A house in which `by` ordered a ban of ann and upheld the case."""
    house = House(LIVE_LADDER)
    await house.say(text)
    await house.settle()
    case = await house.clicked(by, await house.the_case(), "claim")
    case = await house.clicked(by, case, "order", **(order or {"kind": "ban", "duration_s": "604800"}))
    await house.deliver()
    case = await house.clicked(by, case, "resolve", outcome="upheld", reason="harassment")
    await house.deliver()
    return house, case


async def an_appeal(house: House, parent: Case) -> Case:
    appeal = await house.appeal("ann", parent)
    assert isinstance(appeal, Case), appeal
    await house.deliver()
    return appeal


async def test_an_appeal_is_a_case_with_the_sealed_words_that_calls_people() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    assert (appeal.concern, appeal.subject, appeal.parent) == (Concern.APPEAL, ANN, parent.id)
    assert (appeal.category, appeal.kind, appeal.channel) == (parent.category, parent.kind, parent.channel)
    assert appeal.target_at is not None
    assert appeal.chain_at is not None
    (kept,) = await house.store.texts(COMMUNITY, appeal.id)
    assert kept.message.text == "please look again"
    alert = next(order for order in house.stage.orders(ActionKind.ALERT) if order.action.case_id == appeal.id)
    assert "please look again" not in repr(alert)
    assert "appealed" in await verbs(house)


async def test_who_sounds_in_trouble_in_an_appeal_is_seen_by_responders() -> None:
    house, parent = await a_house_that_sanctioned()
    await house.appeal("ann", parent, "please look again disclosure:3")
    await house.settle()
    crisis = await house.the_case(Concern.CRISIS)
    assert (crisis.level, crisis.subject) == (3, ANN)
    (alert,) = [order for order in house.stage.orders(ActionKind.ALERT) if order.action.case_id == crisis.id]
    assert alert.card is not None
    assert alert.card.audience is not None
    assert alert.card.audience.role is Role.RESPONDER


async def test_rude_words_in_an_appeal_make_no_case_and_are_no_message_of_the_channel() -> None:
    house, parent = await a_house_that_sanctioned()
    await house.appeal("ann", parent, "please look again insult:4 term:2")
    await house.settle()
    assert await house.cases(Concern.CONDUCT, states=frozenset({State.WAITING, State.CLAIMED})) == []
    assert not house.stage.orders(ActionKind.DELETE)
    assert await house.undecided() == 0
    after = await house.say("disclosure:2", "m9")
    await house.settle()
    texts = await house.store.texts(COMMUNITY, (await house.the_case(Concern.CRISIS)).id)
    assert [each.message.id for each in texts if not each.message.text.startswith("insult")] == [after.id]


async def test_an_appeal_never_waits_for_the_next_shift_however_mild_what_it_is_about() -> None:
    house, parent = await a_house_that_sanctioned(text="insult:2 term:1")
    mild = await house.store.case(COMMUNITY, parent.id)
    assert mild is not None
    assert (await an_appeal(house, parent)).level == max(2, parent.level)


async def test_the_audit_names_the_one_who_appeals_by_a_reference_alone() -> None:
    house, parent = await a_house_that_sanctioned()
    await an_appeal(house, parent)
    entry = next(each for each in await house.store.audit(COMMUNITY, 100) if each.verb == "appealed")
    assert "ann" not in repr(entry)
    assert entry.facts["parent"] == parent.id


@pytest.mark.parametrize("words", ["", "  \n ", "x" * (MAX_CHARS + 1)])
async def test_no_words_and_too_many_are_refused(words: str) -> None:
    house, parent = await a_house_that_sanctioned()
    refused = await house.appeal("ann", parent, words)
    assert why(refused) is Why.BAD_VALUE


async def test_what_is_not_theirs_answers_like_what_does_not_exist() -> None:
    house, parent = await a_house_that_sanctioned()
    await house.say("disclosure:3", "m2")
    await house.settle()
    crisis = await house.the_case(Concern.CRISIS)
    appeal = await an_appeal(house, parent)
    nowhere = await house.appeals.file(COMMUNITY, ANN, CaseId("nothing"), "words")
    tried = [
        nowhere,
        await house.appeal("dan", parent),
        await house.appeal("ann", crisis),
        await house.appeal("ann", appeal),
        await house.appeals.file(ELSEWHERE, ANN, parent.id, "words"),
    ]
    assert {repr(each) for each in tried} == {repr(nowhere)}
    assert why(nowhere) is Why.NOT_FOUND


async def test_what_was_only_proposed_or_written_down_is_nothing_to_appeal() -> None:
    house = House(LIVE_LADDER.model_copy(update={"enforcement": "shadow"}))
    await house.say("insult:4")
    await house.settle()
    assert why(await house.appeal("ann", await house.the_case())) is Why.NOT_FOUND


async def test_what_was_done_automatically_can_be_appealed_before_anybody_decided() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3")
    await house.settle()
    parent = await house.the_case()
    appeal = await an_appeal(house, parent)
    after = await house.clicked("bob", appeal, "resolve", outcome="granted")
    await house.deliver()
    assert after.reason is None
    assert house.stage.orders(ActionKind.LIFT_TIMEOUT)
    assert (await house.case(parent.id)).is_open


async def test_what_counts_no_more_can_not_be_appealed() -> None:
    house, parent = await a_house_that_sanctioned(kind="warn")
    house.clock.advance(COUNTS_FOR + timedelta(minutes=1))
    assert why(await house.appeal("ann", parent)) is Why.NOT_FOUND


async def test_further_words_join_the_open_appeal_and_the_same_ones_once() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    again = await house.appeal("ann", parent)
    assert again == appeal
    more = await house.appeal("ann", parent, "and one thing more")
    assert isinstance(more, Case)
    assert (more.id, more.messages) == (appeal.id, 2)
    assert [each.message.text for each in await house.store.texts(COMMUNITY, appeal.id)] == [
        "please look again",
        "and one thing more",
    ]
    for number in range(2, MAX_MESSAGES):
        assert isinstance(await house.appeal("ann", parent, f"{number}"), Case)
    assert why(await house.appeal("ann", parent, "one too many")) is Why.TOO_MANY


async def test_a_member_has_one_open_appeal_at_a_time() -> None:
    house, parent = await a_house_that_sanctioned()
    await house.say("insult:2", "m2")
    await house.settle()
    other = await house.clicked("bob", await house.the_case(), "resolve", outcome="upheld")
    await an_appeal(house, parent)
    assert why(await house.appeal("ann", other)) is Why.TOO_MANY


async def test_a_denied_appeal_can_not_be_filed_again_until_something_new_is_decided() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    house.clock.advance(timedelta(minutes=1))
    await house.clicked("cat", appeal, "resolve", outcome="denied")
    assert why(await house.appeal("ann", parent)) is Why.CLOSED
    house.clock.advance(timedelta(minutes=1))
    parent = await house.clicked("bob", await house.case(parent.id), "undo")
    parent = await house.clicked("bob", parent, "resolve", outcome="upheld")
    again = await house.appeal("ann", parent)
    assert isinstance(again, Case)
    assert again.id != appeal.id


async def test_somebody_else_decides_while_somebody_else_is_there() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    assert why(await house.click("bob", appeal, "claim")) is Why.OWN_DECISION
    assert why(await house.click("bob", appeal, "resolve", outcome="denied")) is Why.OWN_DECISION
    claimed = await house.clicked("cat", appeal, "claim")
    assert why(await house.click("cat", claimed, "hand_over", to="bob")) is Why.OWN_DECISION
    denied = await house.clicked("cat", claimed, "resolve", outcome="denied")
    assert why(await house.click("bob", denied, "undo")) is Why.OWN_DECISION


async def test_who_looked_along_had_a_part_in_it_and_does_not_decide_the_appeal() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:3")
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "claim")
    case = await house.clicked("bob", case, "ask_second")
    case = await house.clicked("cat", case, "second")
    parent = await house.clicked("bob", case, "resolve", outcome="upheld")
    appeal = await an_appeal(house, parent)
    assert why(await house.click("cat", appeal, "claim")) is Why.OWN_DECISION
    assert (await house.clicked("olga", appeal, "resolve", outcome="denied")).reason is None


async def test_on_duty_somebody_else_is_called_about_an_appeal() -> None:
    house, parent = await a_house_that_sanctioned()
    now = house.clock.now()
    duty = (
        Duty(community=COMMUNITY, member=each, is_on=True, since=now + timedelta(seconds=place), until=now + 8 * HOUR)
        for place, each in enumerate((BOB, CAT))
    )
    await house.store.commit(Commit(duties=tuple(duty)))
    appeal = await an_appeal(house, parent)
    assert appeal.chain_at is not None
    await house.pass_time(appeal.chain_at - house.clock.now())
    await house.deliver()
    page = house.stage.orders(ActionKind.PAGE)[-1]
    assert page.card is not None
    assert page.card.audience is not None
    assert page.card.audience.members == (CAT,)


async def test_with_no_second_moderator_the_owner_decides() -> None:
    house, parent = await a_house_that_sanctioned()
    del house.crew.roles[CAT]
    appeal = await an_appeal(house, parent)
    assert why(await house.click("bob", appeal, "claim")) is Why.OWN_DECISION
    granted = await house.clicked("olga", appeal, "resolve", outcome="granted")
    assert granted.reason is None


async def test_an_owner_who_is_alone_decides_what_was_their_own_and_it_is_marked() -> None:
    house, parent = await a_house_that_sanctioned(by="olga")
    del house.crew.roles[BOB], house.crew.roles[CAT]
    appeal = await an_appeal(house, parent)
    denied = await house.clicked("olga", appeal, "resolve", outcome="denied")
    assert denied.reason is Reason.SAME_PERSON
    resolved = next(each for each in await house.store.audit(COMMUNITY, 100) if each.verb == "resolved")
    assert resolved.facts["own"] == "yes"
    await house.deliver()
    assert house.stage.orders(ActionKind.NOTICE)[-1].action.params["of"] == "appeal_denied_same_person"


async def test_where_both_decided_it_the_owner_looks_again_and_not_the_moderator() -> None:
    house, parent = await a_house_that_sanctioned()
    del house.crew.roles[CAT]
    parent = await house.clicked("olga", parent, "undo")
    await house.clicked("olga", parent, "resolve", outcome="upheld")
    appeal = await an_appeal(house, parent)
    assert why(await house.click("bob", appeal, "resolve", outcome="denied")) is Why.OWN_DECISION
    assert (await house.clicked("olga", appeal, "resolve", outcome="denied")).reason is Reason.SAME_PERSON


async def test_where_no_owner_is_known_the_only_moderator_looks_again_and_it_is_marked() -> None:
    house, parent = await a_house_that_sanctioned()
    del house.crew.roles[CAT], house.crew.roles[OLGA]
    appeal = await an_appeal(house, parent)
    assert (await house.clicked("bob", appeal, "resolve", outcome="granted")).reason is Reason.SAME_PERSON


async def test_nobody_can_mark_a_decision_as_their_own_or_not() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    refused = await house.click("cat", appeal, "resolve", outcome="denied", reason="same_person")
    assert why(refused) is Why.BAD_VALUE


async def test_granting_undoes_what_holds_takes_the_verdict_back_and_tells_the_member() -> None:
    house, parent = await a_house_that_sanctioned()
    assert len(await house.appeals.record(COMMUNITY, ANN)) == 1
    appeal = await an_appeal(house, parent)
    granted = await house.clicked("cat", appeal, "resolve", outcome="granted")
    await house.deliver()
    assert granted.outcome is Outcome.GRANTED
    (unban,) = house.stage.orders(ActionKind.UNBAN)
    assert unban.action.target == "ann"
    after = await house.case(parent.id)
    assert (after.state, after.outcome, after.reason) == (State.RESOLVED, Outcome.NOT_A_PROBLEM, Reason.MISREAD)
    assert await house.appeals.record(COMMUNITY, ANN) == []
    letters = [order for order in house.stage.calls if order.action.kind is ActionKind.NOTICE]
    assert letters[-1].action.case_id == appeal.id
    assert letters[-1].action.params["of"] == "appeal_granted"
    assert letters[-1].action.target == "ann"
    kinds = [order.action.kind for order in house.stage.calls]
    assert kinds.index(ActionKind.UNBAN) < len(kinds) - 1 - kinds[::-1].index(ActionKind.NOTICE)
    assert sum(letter.action.params.get("of") == "lift" for letter in letters) == 0


async def test_denying_undoes_nothing_and_tells_the_member() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    await house.clicked("cat", appeal, "resolve", outcome="denied")
    await house.deliver()
    assert not house.stage.orders(ActionKind.UNBAN)
    assert (await house.case(parent.id)).outcome is Outcome.UPHELD
    assert house.stage.orders(ActionKind.NOTICE)[-1].action.params["of"] == "appeal_denied"


async def test_a_granted_appeal_is_final_and_offers_no_undo() -> None:
    house, parent = await a_house_that_sanctioned()
    granted = await house.clicked("cat", await an_appeal(house, parent), "resolve", outcome="granted")
    assert why(await house.click("cat", granted, "undo")) is Why.NO_INVERSE
    assert why(await house.appeal("ann", parent)) is Why.NOT_FOUND


async def test_granting_waits_while_what_it_undoes_is_under_way() -> None:
    house, parent = await a_house_that_sanctioned(kind="warn")
    parent = await house.clicked("bob", parent, "undo")
    parent = await house.clicked("bob", parent, "order", kind="timeout", duration_s="3600")
    parent = await house.clicked("bob", parent, "resolve", outcome="upheld")
    appeal = await house.appeal("ann", parent)
    assert isinstance(appeal, Case)
    while (await house.records(parent, ActionKind.TIMEOUT))[-1].state is not ActionState.CLAIMED:
        (claimed,) = await house.store.claim_actions(house.clock.now(), 1)
        if claimed.action.kind is not ActionKind.TIMEOUT:
            await house.store.record_action(claimed.action.key, ActionState.DONE, house.clock.now())
    assert why(await house.click("cat", appeal, "resolve", outcome="granted")) is Why.CHANGED
    assert (await house.case(appeal.id)).is_open


async def test_in_a_raid_granting_one_appeal_touches_nobody_else() -> None:
    house = House(LIVE_LADDER)
    await house.say("pile_on:3", "m1")
    await house.say("pile_on:3", "m2", author="dan")
    await house.settle()
    raid = await house.clicked("bob", await house.the_case(Concern.RAID), "resolve", outcome="upheld")
    assert why(await house.appeal("eve", raid)) is Why.NOT_FOUND
    appeal, other = await house.appeal("ann", raid), await house.appeal("dan", raid)
    assert isinstance(appeal, Case)
    assert isinstance(other, Case)
    assert (await house.case(raid.id)).held_until is not None
    await house.clicked("cat", appeal, "resolve", outcome="granted")
    await house.deliver()
    assert [order.action.target for order in house.stage.orders(ActionKind.LIFT_TIMEOUT)] == ["ann"]
    assert (await house.case(raid.id)).outcome is Outcome.UPHELD
    assert (await house.case(raid.id)).held_until is not None
    await house.clicked("cat", other, "resolve", outcome="denied")
    assert (await house.case(raid.id)).held_until is None


async def text_goes(house: House, case: Case) -> timedelta:
    due = await house.store.due_timers(START + timedelta(days=365), 100)
    return next(timer.due_at for timer in due if (timer.kind, timer.key) == (TEXT_TIMER, case.id)) - START


async def destroyed(house: House, case: Case) -> int:
    """How often the words of a case were destroyed."""
    entries = await house.store.audit(COMMUNITY, 100)
    return sum(each.verb == "text_destroyed" and each.case_id == case.id for each in entries)


async def test_an_appeal_filed_in_time_holds_the_words_to_its_decision_within_seven_days() -> None:
    house, parent = await a_house_that_sanctioned()
    assert await text_goes(house, parent) < timedelta(hours=25)
    appeal = await an_appeal(house, parent)
    assert await text_goes(house, parent) == timedelta(days=7)
    await house.pass_time(timedelta(days=2))
    assert await house.store.texts(COMMUNITY, parent.id)
    await house.clicked("cat", await house.case(appeal.id), "resolve", outcome="denied")
    await house.pass_time(timedelta(seconds=1))
    assert await destroyed(house, parent) == 1
    assert (await house.case(parent.id)).held_until is None


async def test_an_appeal_never_keeps_words_past_seven_days() -> None:
    house, parent = await a_house_that_sanctioned()
    await an_appeal(house, parent)
    await house.pass_time(timedelta(days=7, seconds=1))
    assert await destroyed(house, parent) == 1


async def test_an_appeal_after_the_words_are_gone_brings_no_second_destruction() -> None:
    house, parent = await a_house_that_sanctioned()
    await house.pass_time(timedelta(days=3))
    await an_appeal(house, parent)
    await house.pass_time(timedelta(days=3))
    assert await destroyed(house, parent) == 1


async def test_the_record_says_what_counts_and_until_when() -> None:
    house, parent = await a_house_that_sanctioned()
    await house.say("disclosure:3", "m2")
    await house.settle()
    crisis = await house.clicked("rae", await house.the_case(Concern.CRISIS), "resolve", outcome="support_offered")
    (entry,) = await house.appeals.record(COMMUNITY, ANN)
    assert parent.closed_at is not None
    assert (entry.case_id, entry.at, entry.until) == (parent.id, parent.closed_at, parent.closed_at + COUNTS_FOR)
    assert (entry.outcome, entry.reason) == (Outcome.UPHELD, Reason.HARASSMENT)
    assert crisis.id not in repr(entry)
    house.clock.advance(COUNTS_FOR + timedelta(seconds=1))
    assert await house.appeals.record(COMMUNITY, ANN) == []
    assert Role.OWNER not in house.crew.roles.get(ANN, frozenset())


async def test_who_can_not_decide_an_appeal_is_offered_nothing_that_would_be_refused() -> None:
    house, parent = await a_house_that_sanctioned()
    appeal = await an_appeal(house, parent)
    theirs = await house.queue.view(actor("bob"), appeal.id)
    others = await house.queue.view(actor("cat"), appeal.id)
    assert isinstance(theirs, CaseView)
    assert isinstance(others, CaseView)
    assert {Verb.CLAIM, Verb.RESOLVE} <= set(others.verbs)
    assert not {Verb.CLAIM, Verb.RESOLVE} & set(theirs.verbs)
    assert (theirs.is_own, others.is_own) == (True, False)
    assert theirs.barred == others.barred == frozenset({BOB})
    await house.clicked("cat", appeal, "resolve", outcome="denied")
    decided = await house.queue.view(actor("bob"), appeal.id)
    assert isinstance(decided, CaseView)
    assert Verb.UNDO not in decided.verbs


async def test_the_only_moderator_is_offered_the_appeal_against_their_own_decision() -> None:
    house, parent = await a_house_that_sanctioned()
    del house.crew.roles[CAT], house.crew.roles[OLGA]
    appeal = await an_appeal(house, parent)
    view = await house.queue.view(actor("bob"), appeal.id)
    assert isinstance(view, CaseView)
    assert (Verb.CLAIM in view.verbs, view.is_own, view.barred) == (True, True, frozenset())


@pytest.mark.parametrize("outcome", ["granted", "denied"])
async def test_what_was_decided_on_appeal_can_not_be_appealed_and_what_waits_can(outcome: str) -> None:
    house, parent = await a_house_that_sanctioned()
    assert await house.appeals.may_file(COMMUNITY, ANN, parent.id)
    assert not await house.appeals.may_file(COMMUNITY, CAT, parent.id)
    assert not await house.appeals.may_file(ELSEWHERE, ANN, parent.id)
    appeal = await an_appeal(house, parent)
    assert await house.appeals.may_file(COMMUNITY, ANN, parent.id), "more words can join it"
    house.clock.advance(timedelta(minutes=1))
    await house.clicked("cat", appeal, "resolve", outcome=outcome)
    assert not await house.appeals.may_file(COMMUNITY, ANN, parent.id)
    assert len(await house.cases(Concern.APPEAL)) == 1, "asking files nothing"
