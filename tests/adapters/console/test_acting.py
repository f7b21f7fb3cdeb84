"""What is done about a case: endings with reasons, orders and taking them back, notes, keeping the words."""

import re

import pytest

from adapters.local.platform import HARBOUR
from adapters.local.staff import LocalStaff
from core.care.asking import Asking
from core.model.action import LAWS, ActionKind
from core.model.case import Case, CaseId, Concern, Enforcement, Reason
from core.model.community import Community
from core.model.message import ChannelId
from core.model.policy import CommunityPolicy
from core.model.record import Action, ActionState
from tests.adapters.console.pier import CAST, NOW, card_of, pier

WREN = CAST[3]


async def test_a_case_is_ended_with_a_reason_or_without_one() -> None:
    async with pier() as here:
        await here.open_case()
        claimed = (await here.click("case1", "claim")).text
        assert "Rule broken, because of" in claimed
        ended = (await here.click("case1", "resolve", outcome="upheld", reason="threats")).text
        assert "Rule broken (Threats), decided by you just now." in ended
        case = await here.store.case(HARBOUR, CaseId("case1"))
        assert case is not None
        assert case.reason is Reason.THREATS


@pytest.mark.parametrize(
    ("verb", "params"),
    [
        ("resolve", {"outcome": "upheld", "reason": "joke"}),
        ("resolve", {"outcome": "upheld", "reason": "forged"}),
        ("note", {"note": "  "}),
        ("note", {"note": "x" * 1001}),
        ("note", {}),
        ("order", {"kind": "forged"}),
        ("order", {"kind": "ban"}),
        ("order", {"kind": "ban", "duration_s": "7"}),
        ("order", {"kind": "support_message"}),
        ("order", {"kind": "alert"}),
        ("hold", {"hours": "24"}),
        ("hand_over", {"to": "wren"}),
        ("hand_over", {"to": "bastian", "note": "x" * 1001}),
        ("undo_action", {"action": "forged"}),
        ("looked_in", {}),
    ],
)
async def test_a_claimed_case_stays_as_it_is_when_its_click_is_forged(verb: str, params: dict[str, str]) -> None:
    async with pier() as here:
        await here.open_case()
        await here.click("case1", "claim")
        before = await here.store.case(HARBOUR, CaseId("case1"))
        answer = await here.post("/cases/case1/" + verb, {"turn": "2", **params})
        assert answer.status_code == 409
        assert 'class="said refused"' in answer.text
        assert await here.store.case(HARBOUR, CaseId("case1")) == before


async def test_orders_are_offered_to_the_holder_with_their_lengths_and_what_cannot_be_undone() -> None:
    async with pier() as here:
        await here.open_case()
        assert "/order" not in await here.look()
        card = card_of((await here.click("case1", "claim")).text)
        assert '<option value="86400">for 1 day</option>' in card
        assert '<option value="1000000000000">until somebody ends it</option>' in card
        assert '<option value="300">5 minutes back</option>' in card
        warned = re.search(r'id="offer-warn-case1".*?</p>', card, re.S)
        banned = re.search(r'id="offer-ban-case1".*?</p>', card, re.S)
        assert warned is not None
        assert banned is not None
        assert "This can&#39;t be undone." in warned[0]
        assert "undone" not in banned[0]
        assert "The member is told why" in card


async def test_what_was_ordered_is_shown_with_how_far_it_came_and_taken_back() -> None:
    async with pier() as here:
        await here.open_case()
        await here.click("case1", "claim")
        ordered = card_of((await here.click("case1", "order", kind="timeout", duration_s="3600")).text)
        assert "Time out the member · Tomas · for 1 hour" in ordered
        assert "On its way" in ordered
        records = await here.store.actions(HARBOUR, CaseId("case1"))
        for record in records:
            if record.action.kind in {ActionKind.TIMEOUT, ActionKind.NOTICE}:
                is_told = record.action.kind is ActionKind.NOTICE
                state = ActionState.FAILED if is_told else ActionState.DONE
                await here.store.record_action(record.action.key, state, NOW)
        (timeout,) = (each for each in records if each.action.kind is ActionKind.TIMEOUT)
        done = card_of(await here.look())
        assert ">Done<" in done
        if any(each.action.kind is ActionKind.NOTICE for each in records):
            assert "They could not be told" in done
        taken_back = await here.click("case1", "undo_action", action=timeout.action.key)
        assert "It is being taken back." in taken_back.text
        assert "End the time-out" in taken_back.text


async def test_what_still_holds_of_a_decided_case_can_be_taken_back_in_one_step() -> None:
    async with pier() as here:
        await here.open_case()
        await here.click("case1", "claim")
        await here.click("case1", "order", kind="ban", duration_s="604800")
        await here.click("case1", "resolve", outcome="upheld")
        (ban,) = (
            each for each in await here.store.actions(HARBOUR, CaseId("case1")) if each.action.kind is ActionKind.BAN
        )
        await here.store.record_action(ban.action.key, ActionState.DONE, NOW)
        here.be("bastian")
        assert f"undo_action-{ban.action.key}" in card_of(await here.look())
        assert "Lift the ban" in (await here.click("case1", "undo_action", action=ban.action.key)).text


async def test_a_crisis_case_offers_to_reach_out_and_nothing_that_punishes() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS, level=4)
        card = card_of((await here.click("case1", "claim")).text)
        assert "Reach out" in card
        assert set(re.findall(r'id="order-([a-z_]+)-case1"', card)) == {"support_message", "open_talk"}


async def test_after_the_gravest_cases_the_one_who_decided_is_told_to_look_after_themselves() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS, level=4)
        await here.open_case("milder", concern=Concern.CRISIS, level=3, author=WREN)
        for case_id in ("case1", "milder"):
            await here.click(case_id, "claim")
        assert "heavy" in (await here.click("case1", "resolve", outcome="help_called")).text
        assert "heavy" not in (await here.click("milder", "resolve", outcome="support_offered")).text


async def test_a_note_stands_with_the_words_escaped_and_nowhere_else() -> None:
    async with pier() as here:
        await here.open_case()
        await here.click("case1", "claim")
        noted = await here.click("case1", "note", note="<b>spoke</b> to them\r\ntwice \u202e")
        assert "spoke" not in noted.text
        shown = (await here.post("/cases/case1/show")).text
        assert "&lt;b&gt;spoke&lt;/b&gt; to them\ntwice" in shown
        assert "\u202e" not in shown


async def test_a_case_is_handed_over_with_a_note_for_whoever_takes_it() -> None:
    async with pier() as here:
        await here.open_case()
        await here.click("case1", "claim")
        await here.click("case1", "hand_over", to="bastian", note="they asked for time until tomorrow")
        here.be("bastian")
        assert "You are on it." in await here.look()
        shown = (await here.post("/cases/case1/show")).text
        assert "Chidi to Bastian" in shown
        assert "they asked for time until tomorrow" in shown


async def test_a_responder_keeps_the_words_of_the_gravest_crisis_and_the_card_says_until_when() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS, level=4)
        assert "Keep the words" in (await here.click("case1", "claim")).text
        held = await here.click("case1", "hold", hours="72")
        assert "The words are kept until" in card_of(held.text)
        here.be("alma")
        assert "hold-case1" not in await here.look()


async def test_an_irreversible_proposal_says_so_before_the_click_and_only_to_its_holder() -> None:
    async with pier() as here:
        proposal = Action(
            key="k1",
            community=HARBOUR,
            case_id=CaseId("case1"),
            version=1,
            kind=ActionKind.DELETE,
            lane=LAWS[ActionKind.DELETE].lane,
            target="m-case1",
            enforcement=Enforcement.PROPOSED,
        )
        case = await here.open_case(actions=(proposal,))
        before = (await here.client.get("/queue")).text
        assert "Delete the message" in before
        assert "carry_out" not in before
        claimed = (await here.post(f"/cases/{case.id}/claim", {"turn": "1"})).text
        assert "This can&#39;t be undone." in claimed
        done = await here.post(f"/cases/{case.id}/carry_out", {"turn": "2", "action": "k1"})
        assert "It is being done." in done.text


async def test_a_request_to_talk_says_who_asks_first_and_shows_no_channel() -> None:
    async with pier() as here:
        asking = Asking(
            store=here.store,
            clock=here.clock,
            community_of=lambda _: Community(
                id=HARBOUR,
                name="The harbour",
                alerts=ChannelId("alerts"),
                crisis_alerts=ChannelId("crisis"),
                owners=frozenset(),
            ),
            policy_of=lambda _: CommunityPolicy(),
            staff=LocalStaff(here.platform.members),
            preference_of=here.store.preference,
        )
        case = await asking.ask(HARBOUR, WREN.id)
        assert isinstance(case, Case)

        card = card_of((await here.client.get("/")).text, case.id)
        assert "Asks to talk to somebody" in card
        assert "through support" in card
        assert "Today" in card
        assert WREN.name not in card
        assert card.index(f"identify-{case.id}") < card.index(f"show-{case.id}")
        told = (await here.post(f"/cases/{case.id}/identify", {})).text
        assert WREN.name in told
