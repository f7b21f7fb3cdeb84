"""Cases and the clock at the desk: who is needed by when, two pairs of eyes, orders, notes, look-ins, appeals."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.local.platform import HARBOUR
from core.model.case import CaseId, Concern, FollowUp, Outcome, State, Tier
from core.model.message import Author, MemberId, MessageId
from core.model.record import Commit
from tests.adapters.console.pier import CAST, NOW, Pier, card_of, pier

WREN = CAST[3]


def stranger(number: int) -> Author:
    return Author(id=MemberId(f"m{number}"), name=f"M{number}")


async def test_a_waiting_case_says_by_when_somebody_is_needed_and_then_since_when() -> None:
    async with pier() as here:
        await here.open_case()
        await here.become("case1", target_at=NOW + timedelta(minutes=15), waiting_since=NOW)
        time = f"{(NOW + timedelta(minutes=15)).astimezone():%H:%M}"
        assert f"Needs somebody by {time}." in await here.look()
        here.clock.advance(timedelta(minutes=27))
        page = await here.look()
        assert f"Overdue: somebody was needed by {time}, 12 minutes ago." in page
        assert 'class="calls overdue"' in page


async def test_a_target_of_another_day_says_which() -> None:
    async with pier() as here:
        await here.open_case(level=1)
        await here.become("case1", target_at=NOW + timedelta(days=1), waiting_since=NOW)
        assert "tomorrow." in await here.look()
        await here.become("case1", target_at=NOW + timedelta(days=3))
        assert "on 7 May." in await here.look()


@pytest.mark.parametrize(
    ("tier", "said"),
    [
        (Tier.AGAIN, "Called a second time."),
        (Tier.NEXT, "the next in line too"),
        (Tier.ALL, "Everybody was called."),
        (Tier.OWNERS, "and the owner."),
        (Tier.BANNER, "and nobody answered."),
    ],
)
async def test_the_chain_of_calls_is_told_while_nobody_is_on_it(tier: Tier, said: str) -> None:
    async with pier() as here:
        await here.open_case()
        await here.become("case1", tier=tier, waiting_since=NOW, chain_at=NOW + timedelta(minutes=5))
        page = await here.look()
        assert said in page
        assert "Next call at" in page
        await here.click("case1", "claim")
        assert said not in await here.look()


async def test_what_nobody_answered_stands_on_every_page_until_somebody_claims_it() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS)
        await here.become("case1", tier=Tier.BANNER, waiting_since=NOW - timedelta(minutes=40))
        for path in ("/", "/top"):
            page = (await here.client.get(path)).text
            assert "Nobody has answered this case." in page
            assert "Serious, in #general, waiting for 40 minutes" in page
        here.be("bastian")
        assert "Nobody has answered" not in (await here.client.get("/top")).text
        here.be("chidi")
        await here.click("case1", "claim")
        assert "Nobody has answered" not in (await here.client.get("/top")).text


async def test_a_case_that_nobody_answered_can_be_reached_though_others_fill_the_page() -> None:
    async with pier() as here:
        for number in range(22):
            await here.open_case(f"case{number}", author=stranger(number), level=4)
            await here.become(f"case{number}", target_at=NOW)
        await here.open_case("late", author=WREN, level=1)
        await here.become("late", tier=Tier.BANNER, waiting_since=NOW, target_at=NOW + timedelta(hours=1))
        page = await here.look()
        assert page.count('id="case-late"') == 1
        assert page.count("<article") == 21


async def test_the_holder_of_a_grave_case_is_asked_to_bring_in_a_second_and_told_who_came() -> None:
    async with pier() as here:
        await here.open_case()
        claimed = (await here.click("case1", "claim")).text
        assert "better looked at by two people" in claimed
        assert 'id="ask_second-case1"' in claimed
        asked = await here.click("case1", "ask_second")
        assert "A second pair of eyes was asked for just now." in asked.text
        here.be("bastian")
        theirs = card_of(await here.look())
        assert "A second pair of eyes is asked for" in theirs
        assert 'id="second-case1"' in theirs
        assert "You look along." in (await here.click("case1", "second")).text
        here.be("chidi")
        mine = card_of(await here.look())
        assert "Bastian looks along." in mine
        assert "ask_second" not in mine


async def test_a_second_can_join_a_grave_case_unasked_and_a_mild_one_needs_none() -> None:
    async with pier() as here:
        await here.open_case()
        await here.open_case("mild", level=2, author=WREN)
        for case_id in ("case1", "mild"):
            await here.click(case_id, "claim")
        assert "alone" not in card_of(await here.look(), "mild")
        here.be("bastian")
        page = await here.look()
        assert 'id="second-case1"' in page
        assert 'id="second-mild"' not in page


async def test_where_nobody_else_is_there_nobody_is_asked_for_and_nothing_is_blocked() -> None:
    async with pier() as here:
        for each in CAST[1:3]:
            here.platform.set_roles(each.id, frozenset())
        await here.open_case()
        claimed = (await here.click("case1", "claim")).text
        assert "Nobody else is here to look along." in claimed
        assert 'id="ask_second-case1"' not in claimed
        await here.click("case1", "resolve", outcome="upheld")


async def test_the_record_of_a_member_stands_on_conduct_cases_and_never_on_crisis_ones() -> None:
    async with pier() as here:
        for number in range(2):
            await here.open_case(f"old{number}")
            await here.click(f"old{number}", "claim")
            await here.click(f"old{number}", "resolve", outcome="upheld", reason="spam")
            here.clock.advance(timedelta(days=2))
        await here.open_case()
        await here.open_case("care", concern=Concern.CRISIS)
        page = await here.look()
        assert "2 upheld cases in the last 90 days" in card_of(page)
        assert "Spam, 2 days ago" in card_of(page)
        assert "upheld" not in card_of(page, "care")


async def _reported(here: Pier, concern: Concern) -> None:
    case = await here.open_case(concern=concern)
    (found,) = await here.store.evidence(HARBOUR, case.id)
    more = replace(found, message_id=MessageId("m-case1"), reporter=WREN.id, reported_at=NOW, attachments=2, filter="r")
    await here.store.commit(Commit(evidence=(more,)))


async def test_who_reported_is_named_on_conduct_cases_with_what_was_not_screened() -> None:
    async with pier() as here:
        await _reported(here, Concern.CONDUCT)
        card = card_of(await here.look())
        assert "Reported by Wren" in card
        assert "2 attachments, not screened" in card


async def test_who_reported_somebody_in_a_crisis_is_named_only_behind_the_recorded_look() -> None:
    async with pier() as here:
        await _reported(here, Concern.CRISIS)
        card = card_of(await here.look())
        assert "Reported by 1 member" in card
        assert "Wren" not in card
        assert "Reported by Wren" in (await here.post("/cases/case1/show")).text


async def test_the_words_tell_which_of_those_before_came_from_the_one_it_was_aimed_at() -> None:
    async with pier() as here:
        case = await here.open_case()
        (found,) = await here.store.evidence(HARBOUR, case.id)
        await here.store.commit(Commit(evidence=(replace(found, target=WREN.id, filter="aimed"),)))
        shown = (await here.post("/cases/case1/show")).text
        assert shown.count("the one it was aimed at") == 1
        assert re.search(r'class="before targets">\s*<p class="byline"><bdi class="author">Wren', shown)


async def _to_look_in(here: Pier, case_id: str = "case1", author: Author = WREN) -> None:
    await here.open_case(case_id, concern=Concern.CRISIS, author=author)
    await here.click(case_id, "claim")
    await here.click(case_id, "resolve", outcome="support_offered")
    await here.become(case_id, follow_up=FollowUp.DAY)


async def test_a_look_in_stands_in_the_queue_without_a_name_until_somebody_looked_in() -> None:
    async with pier() as here:
        await _to_look_in(here)
        page = await here.look()
        assert "1 person to look in on again" in page
        assert page.count('id="case-case1"') == 1
        assert "Wren" not in page
        after = await here.click("case1", "looked_in")
        assert "Thank you for looking in." in after.text
        assert "look in on again" not in after.text


async def test_whom_a_look_in_is_about_is_told_to_the_one_who_asks_and_written_down() -> None:
    async with pier() as here:
        await _to_look_in(here)
        assert "This is about Wren." in (await here.post("/cases/case1/identify")).text
        (entry, *_) = await here.store.audit(HARBOUR, 10)
        assert (entry.verb, entry.actor) == ("identified", "chidi")
        here.be("bastian")
        hidden = await here.post("/cases/case1/identify")
        assert hidden.status_code == 404
        assert "Wren" not in hidden.text
        assert "case1" not in await here.look()


async def test_of_many_look_ins_the_oldest_are_shown_and_the_others_counted() -> None:
    async with pier() as here:
        for number in range(7):
            await _to_look_in(here, f"case{number}", stranger(number))
        page = await here.look()
        assert "7 people to look in on again" in page
        assert page.count('class="case look-in') == 5
        assert "2 more are waiting" in page


async def _appealed(here: Pier) -> None:
    await here.open_case("decided", author=WREN)
    here.be("bastian")
    await here.click("decided", "claim")
    await here.click("decided", "order", kind="timeout", duration_s="600")
    await here.click("decided", "resolve", outcome="upheld", reason="threats")
    await here.open_case("case1", author=WREN, level=2)
    await here.become("case1", concern=Concern.APPEAL, parent=CaseId("decided"))
    here.be("chidi")


async def test_an_appeal_says_what_was_decided_and_done() -> None:
    async with pier() as here:
        await _appealed(here)
        card = card_of(await here.look())
        assert "Appeal</span>" in card
        assert "The appeal is against this: Rule broken (Threats), decided by Bastian just now." in card
        assert "Ordered then: Time out the member" in card
        assert "You had a part in this decision" not in card
        assert "Not a problem" not in card


async def test_whoever_decided_is_told_that_somebody_else_has_to_look_at_the_appeal() -> None:
    async with pier() as here:
        await _appealed(here)
        here.be("bastian")
        card = card_of(await here.look())
        assert "You had a part in this decision, so somebody else" in card
        assert 'id="claim-case1"' not in card
        assert 'id="show-case1"' in card
        refused = await here.post("/cases/case1/claim", {"turn": "1"})
        assert refused.status_code == 409
        assert "Somebody else has to look at it." in refused.text


async def test_where_one_moderator_is_all_there_is_nothing_waits_for_a_second() -> None:
    async with pier(cast=(CAST[1], CAST[3])) as here:
        await here.open_case("decided", author=WREN)
        here.be("bastian")
        claimed = card_of((await here.click("decided", "claim")).text, "decided")
        assert "Nobody else is here to look along." in claimed
        assert "ask_second" not in claimed
        assert "Hand over to" not in claimed
        await here.click("decided", "order", kind="timeout", duration_s="600")
        await here.click("decided", "resolve", outcome="upheld", reason="threats")
        await here.open_case("case1", author=WREN, level=2)
        await here.become("case1", concern=Concern.APPEAL, parent=CaseId("decided"))
        assert "it will be marked as looked at by the same person" in card_of(await here.look())
        await here.click("case1", "claim")
        denied = card_of((await here.click("case1", "resolve", outcome="denied")).text)
        assert "Looked at again by the same person" in denied


async def test_an_appeal_is_granted_and_denied_and_nothing_else() -> None:
    async with pier() as here:
        await _appealed(here)
        card = card_of((await here.click("case1", "claim")).text)
        assert set(re.findall(r'id="resolve-([a-z_]+)-case1"', card)) == {"granted", "denied"}
        granted = await here.click("case1", "resolve", outcome="granted")
        assert "Decided: Appeal granted." in granted.text
        assert 'id="undo-case1"' not in card_of(granted.text)
        assert "Decided by Bastian just now; overturned since" in card_of(granted.text, "decided")
        case = await here.store.case(HARBOUR, CaseId("case1"))
        assert case is not None
        assert (case.state, case.outcome) == (State.RESOLVED, Outcome.GRANTED)


async def test_more_unanswered_cases_than_anybody_counts_are_told_as_that() -> None:
    async with pier() as here:
        for number in range(101):
            await here.open_case(f"case{number}", author=stranger(number))
            await here.become(f"case{number}", tier=Tier.BANNER, waiting_since=NOW)
        top = (await here.client.get("/top")).text
        assert "Nobody has answered 100 cases or more." in top
        assert top.count('class="alarm"') == 3


async def test_a_quiet_case_says_that_it_calls_nobody() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS, level=2)
        await here.become("case1", is_quiet=True)
        assert "it calls nobody until the next digest" in await here.look()


async def test_ids_on_the_page_are_there_once() -> None:
    async with pier() as here:
        await _to_look_in(here)
        await here.open_case("two")
        await here.click("two", "claim")
        await here.click("two", "order", kind="ban", duration_s="86400")
        page = (await here.client.get("/")).text
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert sorted(ids) == sorted(set(ids))
