"""What every Store does with actions, timers and the audit."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.model.action import LANES, LAWS, ActionKind, Lane, Retry
from core.model.case import Enforcement
from core.model.record import Action, ActionRecord, ActionState, AuditEntry, Commit, Committed, Timer
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, ISLAND, a_case, a_draft, a_timer, an_action, new, opening

LATER = START + timedelta(minutes=10)


async def decide(house: House, *actions: Action) -> None:
    await house.store.commit(Commit(actions=actions))


async def claimed_keys(house: House, limit: int = 100) -> list[str]:
    return [each.action.key for each in await house.store.claim_actions(START, limit)]


async def states(house: House) -> dict[str, ActionState]:
    return {each.action.key: each.state for each in await house.store.actions(HARBOUR, a_case().id)}


async def test_a_claimed_action_comes_whole_and_only_once(house: House) -> None:
    action = an_action("action-1")
    await decide(house, action)
    expected = ActionRecord(action=action, state=ActionState.CLAIMED, attempts=1, updated_at=START)
    assert list(await house.store.claim_actions(START, 10)) == [expected]
    assert list(await house.store.claim_actions(START, 10)) == []
    assert list(await house.store.actions(HARBOUR, a_case().id)) == [expected]


async def test_lanes_are_served_by_urgency_and_within_one_by_age(house: House) -> None:
    for number, lane in enumerate([Lane.HOUSEKEEPING, Lane.ENFORCEMENT, Lane.ALERT, Lane.CRISIS] * 2):
        await decide(house, an_action(f"{lane}-{number}", lane=lane))
    assert await claimed_keys(house, 3) == ["crisis-3", "crisis-7", "alert-2"]
    assert await claimed_keys(house) == [
        "alert-6",
        "enforcement-1",
        "enforcement-5",
        "housekeeping-0",
        "housekeeping-4",
    ]


async def test_what_is_less_urgent_than_was_asked_for_waits(house: House) -> None:
    for lane in reversed(LANES):
        await decide(house, an_action(lane.value, lane=lane))
    for least in LANES:
        assert [each.action.key for each in await house.store.claim_actions(START, 10, least)] == [least.value]
        assert list(await house.store.claim_actions(START, 10, least)) == []


async def test_what_is_not_due_yet_waits(house: House) -> None:
    await decide(house, an_action("later", due_at=LATER), an_action("now", due_at=START))
    assert await claimed_keys(house) == ["now"]
    assert [each.action.key for each in await house.store.claim_actions(LATER, 10)] == ["later"]


@pytest.mark.parametrize("enforcement", sorted(set(Enforcement) - {Enforcement.LIVE}))
async def test_an_action_that_is_not_live_is_kept_and_never_handed_out(house: House, enforcement: Enforcement) -> None:
    await decide(house, replace(an_action("action-1"), enforcement=enforcement))
    assert await claimed_keys(house) == []
    await house.store.unclaim_actions()
    assert await claimed_keys(house) == []
    assert await states(house) == {"action-1": ActionState(enforcement.value)}


@pytest.mark.parametrize("enforcement", Enforcement)
async def test_an_action_that_has_not_begun_can_be_withdrawn(house: House, enforcement: Enforcement) -> None:
    await decide(house, replace(an_action("action-1"), enforcement=enforcement))
    await house.store.commit(Commit(withdrawn=("action-1",)))
    assert await states(house) == {"action-1": ActionState.WITHDRAWN}


async def test_what_delivery_leaves_to_people_waits_as_a_proposal(house: House) -> None:
    await decide(house, an_action("action-1"))
    await claimed_keys(house)
    await house.store.record_action("action-1", ActionState.PROPOSED, START, note="left to people")
    await house.store.unclaim_actions()
    assert await claimed_keys(house) == []
    assert await states(house) == {"action-1": ActionState.PROPOSED}


@pytest.mark.parametrize("ended", sorted(set(ActionState) - {ActionState.PENDING, ActionState.CLAIMED}))
async def test_what_comes_after_another_action_waits_until_that_one_is_settled(
    house: House, ended: ActionState
) -> None:
    ban = replace(an_action("ban", lane=Lane.CRISIS), after="notice")
    await decide(house, ban, an_action("notice", lane=Lane.HOUSEKEEPING))
    assert await claimed_keys(house) == ["notice"]
    assert await claimed_keys(house) == []
    await house.store.record_action("notice", ActionState.PENDING, START, note="slow down", due_at=LATER)
    assert await claimed_keys(house) == []
    assert [each.action.key for each in await house.store.claim_actions(LATER, 10)] == ["notice"]
    await house.store.record_action("notice", ended, LATER)
    (claimed,) = await house.store.claim_actions(LATER, 10)
    assert claimed.action == ban


async def test_a_row_of_actions_goes_one_by_one_and_holds_nobody_else_back(house: House) -> None:
    first, second, third = (replace(an_action(f"a{n}"), after=f"a{n - 1}") for n in (1, 2, 3))
    await decide(house, third, second, first, an_action("other"))
    for expected in (["a1", "other"], ["a2"], ["a3"]):
        claimed = await claimed_keys(house)
        assert claimed == expected
        for key in claimed:
            await house.store.record_action(key, ActionState.DONE, START)


async def test_what_waits_for_something_withdrawn_goes_on(house: House) -> None:
    await decide(house, an_action("notice"), replace(an_action("ban"), after="notice"))
    await house.store.commit(Commit(withdrawn=("notice",)))
    assert await claimed_keys(house) == ["ban"]


async def test_after_a_crash_what_comes_after_another_action_still_waits_for_it(house: House) -> None:
    await decide(house, an_action("notice"), replace(an_action("ban"), after="notice"))
    await claimed_keys(house)
    await house.restart()
    await house.store.unclaim_actions()
    assert await claimed_keys(house) == ["notice"]


async def test_one_action_is_found_by_its_key_in_its_own_community(house: House) -> None:
    await decide(house, replace(an_action("action-1"), after="another"), an_action("action-2"))
    found = await house.store.action(HARBOUR, "action-1")
    assert found is not None
    assert (found.action, found.state) == (replace(an_action("action-1"), after="another"), ActionState.PENDING)
    assert await house.store.action(HARBOUR, "nowhere") is None
    assert await house.store.action(ISLAND, "action-1") is None


async def test_what_was_done_to_a_target_is_found_over_all_cases_and_help_that_was_offered_is_not(
    house: House,
) -> None:
    def on_ann(kind: ActionKind, case: str = "case-1") -> Action:
        return replace(an_action(f"{kind}-{case}", kind=kind, case=a_case(case)), target=ANN)

    await decide(house, *(on_ann(kind) for kind in ActionKind), on_ann(ActionKind.BAN, "case-2"))
    await decide(house, replace(on_ann(ActionKind.KICK), key="of-ben", target=BEN))
    await decide(house, replace(on_ann(ActionKind.KICK), key="there", community=ISLAND))
    enforcing = {kind for kind, law in LAWS.items() if law.enforces}
    undoing = {LAWS[kind].inverse for kind in enforcing} - {None}
    expected = [f"{kind}-case-1" for kind in ActionKind if kind in enforcing | undoing]
    found = [each.action.key for each in await house.store.actions_on(HARBOUR, ANN)]
    assert found == [*expected, "ban-case-2"]
    assert not {f"{kind}-case-1" for kind in (ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK)} & set(found)
    assert list(await house.store.actions_on(HARBOUR, "nobody")) == []


async def test_the_same_key_twice_keeps_the_first(house: House) -> None:
    await decide(house, an_action("action-1"))
    await decide(house, replace(an_action("action-1"), target="another"), an_action("action-2"))
    assert [each.action.target for each in await house.store.claim_actions(START, 10)] == ["case-1", "case-1"]


async def test_a_newer_refresh_takes_the_place_of_older_unsent_ones(house: House) -> None:
    def refresh(version: int) -> Action:
        lane = Lane.HOUSEKEEPING
        return an_action(f"r{version}", kind=ActionKind.REFRESH_CARD, lane=lane, version=version, supersedes=True)

    other = replace(refresh(1), key="other-case", case_id=a_case("case-2").id)
    await decide(house, refresh(1), other, an_action("alert", version=1))
    assert len(await house.store.claim_actions(START, 1)) == 1
    await decide(house, refresh(2))
    await decide(house, refresh(3))
    assert await claimed_keys(house) == ["other-case", "r3"]


async def test_a_refresh_on_its_way_is_not_superseded(house: House) -> None:
    first = an_action("r1", kind=ActionKind.REFRESH_CARD, version=1, supersedes=True)
    await decide(house, first)
    await claimed_keys(house)
    await decide(house, replace(first, key="r2", version=2))
    assert await states(house) == {"r1": ActionState.CLAIMED, "r2": ActionState.PENDING}


async def test_what_was_done_stays_done_with_its_receipt(house: House) -> None:
    await decide(house, an_action("action-1"))
    await claimed_keys(house)
    await house.store.record_action("action-1", ActionState.DONE, LATER, receipt="card-7")
    await house.store.record_action("action-1", ActionState.FAILED, LATER, note="too late")
    await house.restart()
    (record,) = await house.store.actions(HARBOUR, a_case().id)
    assert (record.state, record.receipt, record.note, record.updated_at) == (ActionState.DONE, "card-7", "", LATER)


async def test_a_retry_waits_until_it_is_due_and_counts_its_attempts(house: House) -> None:
    await decide(house, an_action("action-1"))
    await claimed_keys(house)
    await house.store.record_action("action-1", ActionState.PENDING, START, note="slow down", due_at=LATER)
    assert await claimed_keys(house) == []
    (again,) = await house.store.claim_actions(LATER, 10)
    assert (again.attempts, again.note) == (2, "slow down")


async def test_a_failure_and_its_reason_are_kept(house: House) -> None:
    await decide(house, an_action("action-1"))
    await claimed_keys(house)
    await house.store.record_action("action-1", ActionState.FAILED, LATER, note="missing permission")
    (record,) = await house.store.actions(HARBOUR, a_case().id)
    assert (record.state, record.note) == (ActionState.FAILED, "missing permission")
    assert await claimed_keys(house) == []


@pytest.mark.parametrize("kind", [kind for kind, law in LAWS.items() if law.retry is Retry.NEVER])
async def test_after_a_crash_what_must_not_be_repeated_is_unknown_and_the_rest_waits_again(
    house: House, kind: ActionKind
) -> None:
    await decide(
        house, an_action("once", kind=kind), an_action("again"), an_action("done"), an_action("later", due_at=LATER)
    )
    await claimed_keys(house)
    await house.store.record_action("done", ActionState.DONE, START)
    await house.restart()
    assert [each.action.key for each in await house.store.unclaim_actions()] == ["once"]
    assert await states(house) == {
        "once": ActionState.UNKNOWN,
        "again": ActionState.PENDING,
        "done": ActionState.DONE,
        "later": ActionState.PENDING,
    }
    assert await claimed_keys(house) == ["again"]


@pytest.mark.parametrize("begun", [ActionState.CLAIMED, ActionState.DONE])
async def test_withdrawing_what_was_begun_meanwhile_writes_nothing(house: House, begun: ActionState) -> None:
    await decide(house, an_action("begun"))
    await claimed_keys(house)
    if begun is ActionState.DONE:
        await house.store.record_action("begun", ActionState.DONE, START)
    await decide(house, an_action("waiting"))
    result = await house.store.commit(Commit(withdrawn=("begun", "waiting"), timers=(a_timer(),)))
    assert result is Committed.STALE
    assert await states(house) == {"begun": begun, "waiting": ActionState.PENDING}
    assert await house.store.next_timer_at() is None


async def test_withdrawing_as_untried_what_was_tried_meanwhile_writes_nothing(house: House) -> None:
    await decide(house, an_action("tried"))
    await claimed_keys(house)
    await house.store.record_action("tried", ActionState.PENDING, START)
    await decide(house, an_action("waiting"))
    keys = ("tried", "waiting")
    result = await house.store.commit(Commit(withdrawn=keys, untried=keys, timers=(a_timer(),)))
    assert result is Committed.STALE
    assert set((await states(house)).values()) == {ActionState.PENDING}
    assert await house.store.next_timer_at() is None
    assert await house.store.commit(Commit(withdrawn=keys, untried=("waiting",))) is Committed.WRITTEN
    assert set((await states(house)).values()) == {ActionState.WITHDRAWN}


async def test_withdrawing_again_or_something_unknown_changes_nothing(house: House) -> None:
    await decide(house, an_action("waiting"))
    for _ in range(2):
        assert await house.store.commit(Commit(withdrawn=("waiting", "unknown"))) is Committed.WRITTEN
    assert await states(house) == {"waiting": ActionState.WITHDRAWN}
    assert await claimed_keys(house) == []


async def test_timers_come_oldest_first_once_they_are_due(house: House) -> None:
    timers = (a_timer("b", minutes=3), a_timer("a", minutes=1), a_timer("c", minutes=9))
    system = Timer(kind="sweep", key="all", due_at=START)
    await house.store.commit(Commit(timers=(*timers, system)))
    assert await house.store.next_timer_at() == START
    due = await house.store.due_timers(START + timedelta(minutes=3), 10)
    assert list(due) == [system, timers[1], timers[0]]
    assert list(await house.store.due_timers(LATER, 1)) == [system]


async def test_a_timer_set_again_moves(house: House) -> None:
    await house.store.commit(Commit(timers=(a_timer(minutes=1),)))
    await house.store.commit(Commit(timers=(a_timer(minutes=7),)))
    assert list(await house.store.due_timers(LATER, 10)) == [a_timer(minutes=7)]


async def test_a_cancelled_timer_never_comes(house: House) -> None:
    await house.store.commit(Commit(timers=(a_timer("a"), a_timer("b"))))
    await house.store.commit(Commit(cancelled_timers=(("lease", "a"), ("lease", "nowhere"))))
    assert list(await house.store.due_timers(LATER, 10)) == [a_timer("b")]


async def test_thousands_of_actions_can_be_taken_back_with_their_timers_in_one_unit(house: House) -> None:
    keys = [f"proposal-{number}" for number in range(2000)]
    proposals = tuple(replace(an_action(key), enforcement=Enforcement.PROPOSED) for key in keys)
    timers = tuple(replace(a_timer(), key=key) for key in keys)
    await house.store.commit(Commit(cases=(new(a_case()),), actions=proposals, timers=timers))
    cancelled = tuple((a_timer().kind, key) for key in keys)
    assert await house.store.commit(Commit(withdrawn=tuple(keys), cancelled_timers=cancelled)) is Committed.WRITTEN
    assert set((await states(house)).values()) == {ActionState.WITHDRAWN}
    assert await house.store.next_timer_at() is None


async def test_a_timer_fires_once(house: House) -> None:
    await house.store.commit(Commit(timers=(a_timer(),)))
    firing = Commit(fired_timers=(a_timer(),), actions=(an_action("action-1"),))
    assert await house.store.commit(firing) is Committed.WRITTEN
    assert await house.store.commit(replace(firing, actions=(an_action("action-2"),))) is Committed.ALREADY_DONE
    assert await house.store.next_timer_at() is None
    assert await claimed_keys(house) == ["action-1"]


async def test_a_timer_that_was_moved_does_not_fire_at_its_old_time(house: House) -> None:
    await house.store.commit(Commit(timers=(a_timer("a", minutes=7), a_timer("b"))))
    firing = Commit(fired_timers=(a_timer("b"), a_timer("a", minutes=1)), done=("key-1",))
    assert await house.store.commit(firing) is Committed.ALREADY_DONE
    counts = await house.store.counts()
    assert (counts["timers"], counts["done"]) == (2, 0)


async def test_a_timer_can_be_set_anew_by_its_own_firing(house: House) -> None:
    await house.store.commit(Commit(timers=(a_timer(minutes=1),)))
    firing = Commit(fired_timers=(a_timer(minutes=1),), timers=(a_timer(minutes=2),))
    assert await house.store.commit(firing) is Committed.WRITTEN
    assert list(await house.store.due_timers(LATER, 10)) == [a_timer(minutes=2)]


async def test_the_audit_is_one_chain_for_each_community(house: House) -> None:
    here, there = a_case(), a_case("case-2", community=ISLAND)
    await house.store.commit(opening(here))
    for verb in ("case_opened", "claimed", "resolved"):
        await house.store.commit(Commit(audit=(a_draft(here, verb), a_draft(there, verb))))
    await house.restart()
    newest_first = await house.store.audit(HARBOUR, 10)
    assert [(each.number, each.verb) for each in newest_first] == [(3, "resolved"), (2, "claimed"), (1, "case_opened")]
    assert [each.previous for each in newest_first] == [newest_first[1].hash, newest_first[2].hash, "0" * 64]
    assert newest_first[0].facts == {"level": "2", "outcome": "upheld"}
    assert [each.number for each in await house.store.audit(HARBOUR, 1, before=3)] == [2]
    assert await house.store.verify_audit(HARBOUR) is None
    assert await house.store.verify_audit(ISLAND) is None


async def test_a_whole_audit_is_read_oldest_first_page_by_page(house: House) -> None:
    here, there = a_case(), a_case("case-2", community=ISLAND)
    assert list(await house.store.communities()) == []
    await house.store.commit(Commit(audit=tuple(a_draft(here, f"verb-{n}") for n in range(1, 6))))
    await house.store.commit(Commit(audit=(a_draft(there),)))
    await house.restart()
    read: list[AuditEntry] = []
    while page := await house.store.audit_after(HARBOUR, len(read), 2):
        assert len(page) <= 2
        read += page
    assert [(each.number, each.verb) for each in read] == [(n, f"verb-{n}") for n in range(1, 6)]
    assert read == list(reversed(await house.store.audit(HARBOUR, 10)))
    assert list(await house.store.communities()) == [HARBOUR, ISLAND]


async def test_the_audit_names_a_member_by_a_reference_of_the_case(house: House) -> None:
    one, two = a_case("case-1"), a_case("case-2", subject=BEN)
    await house.store.commit(Commit(audit=(a_draft(one), a_draft(one), a_draft(one, member=BEN), a_draft(two))))
    await house.store.commit(Commit(destroyed_texts=(one.id,)))
    await house.restart()
    await house.store.commit(Commit(audit=(a_draft(one), a_draft(one, member=None))))
    nobody, after, other_case, other_member, again, first = [
        each.member_ref for each in await house.store.audit(HARBOUR, 10)
    ]
    assert first == again == after
    assert len({first, other_member, other_case}) == 3
    assert nobody == ""
    assert ANN not in first


async def test_an_outcome_and_its_audit_entry_are_written_together_and_once(house: House) -> None:
    await house.store.commit(opening(a_case()))
    await decide(house, an_action("action-1"))
    await claimed_keys(house)
    draft = a_draft(a_case(), "action_done")
    for _ in range(2):
        await house.store.record_action("action-1", ActionState.DONE, START, audit=[draft])
    entries = await house.store.audit(HARBOUR, 10)
    assert [each.verb for each in entries].count("action_done") == 1
    assert await house.store.verify_audit(HARBOUR) is None
