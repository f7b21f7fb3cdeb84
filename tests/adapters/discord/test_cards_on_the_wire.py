"""Cards that are posted, found again, edited, and called out, through the unmodified discord.py."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import AlreadyDone, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.case import Concern
from core.model.message import CommunityId
from core.model.people import Role
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import HARBOUR, a_call, a_case, a_digest, a_stage, an_alert, told
from tests.adapters.discord.made_up import ALERTS, ANN, BEN, CRISIS, MODERATOR_ROLE
from tests.clock import START

POSTS = rf"/channels/{ALERTS}/messages"


async def test_a_card_goes_to_its_place_and_comes_back_with_a_receipt(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        conduct = await stage.perform(an_alert())
        crisis = await stage.perform(an_alert(a_case(Concern.CRISIS)))
    (card,) = fake.posted(ALERTS)
    assert conduct == f"{ALERTS}:{card['id']}"
    (care,) = fake.posted(CRISIS)
    assert crisis == f"{CRISIS}:{care['id']}"
    for asked in fake.requests("POST", r"/channels/\d+/messages"):
        assert not asked.body.get("content")
        assert asked.body["allowed_mentions"] == {"parse": [], "users": [], "roles": []}
        assert asked.body["enforce_nonce"] is True
        assert len(asked.body["nonce"]) == 25


async def test_a_page_mentions_whom_it_calls_and_nobody_else(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        everybody = a_call(BEN, is_everybody=True)
        await stage.perform(an_alert(kind=ActionKind.PAGE, audience=everybody))
        care = a_call(ANN, role=Role.RESPONDER)
        await stage.perform(an_alert(a_case(Concern.CRISIS), ActionKind.PAGE, audience=care))
    (conduct,) = fake.requests("POST", POSTS)
    assert conduct.body["content"] == f"<@{BEN}> <@&{MODERATOR_ROLE}> Please look at this case."
    assert conduct.body["allowed_mentions"]["users"] == [BEN]
    assert conduct.body["allowed_mentions"]["roles"] == [MODERATOR_ROLE]
    (crisis,) = fake.requests("POST", rf"/channels/{CRISIS}/messages")
    assert crisis.body["content"] == f"<@{ANN}> Please look at this case."
    assert crisis.body["allowed_mentions"]["roles"] == []


async def test_a_refresh_edits_the_card_and_notifies_nobody(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(an_alert())
        assert isinstance(receipt, str)
        raised = replace(a_case(), level=4, version=2)
        refresh = an_alert(raised, ActionKind.REFRESH_CARD, receipt=receipt, audience=a_call(BEN))
        assert await stage.perform(refresh) == receipt
    (card,) = fake.posted(ALERTS)
    (edit,) = fake.requests("PATCH", ".*/messages/.*")
    assert edit.body["allowed_mentions"] == {"parse": []}
    assert str(BEN) not in str(edit.body)
    assert card["embeds"][0]["title"] == "Urgent: Several against one"


async def test_a_card_that_people_took_away_is_not_posted_again_by_a_refresh(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_alert(kind=ActionKind.REFRESH_CARD, receipt=f"{ALERTS}:5"))
    assert isinstance(outcome, AlreadyDone)
    assert fake.posted(ALERTS) == []


async def test_an_alert_whose_answer_was_lost_is_repeated_and_stands_there_once(fake: FakeDiscord) -> None:
    fake.fail("POST", POSTS, Failure(status=0, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        lost = await stage.perform(an_alert())
        assert isinstance(lost, RetryLater)
        stage.clock.advance(timedelta(seconds=2))
        receipt = await stage.perform(an_alert())
    (card,) = fake.posted(ALERTS)
    assert receipt == f"{ALERTS}:{card['id']}"


async def test_an_alert_that_is_repeated_after_the_nonce_is_forgotten_is_found_in_the_channel(
    fake: FakeDiscord,
) -> None:
    fake.fail("POST", POSTS, Failure(status=0, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_alert())
        fake.nonces.clear()
        stage.clock.advance(timedelta(minutes=30))
        receipt = await stage.perform(an_alert())
    (card,) = fake.posted(ALERTS)
    assert receipt == f"{ALERTS}:{card['id']}"


async def test_a_killed_process_leaves_an_alert_that_the_next_one_finds(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        first = await stage.perform(an_alert())
    fake.nonces.clear()
    async with a_stage(fake) as stage:
        await stage.start()
        assert await stage.perform(an_alert()) == first
        paged = await stage.perform(an_alert(kind=ActionKind.PAGE))
        other = await stage.perform(an_alert(a_case(case_id="another234567")))
    assert len({first, paged, other}) == 3
    assert len(fake.posted(ALERTS)) == 3


async def test_a_call_is_never_taken_for_the_alert_that_called_before_it(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        alert = await stage.perform(an_alert(audience=a_call(BEN)))
        assert isinstance(alert, str)
        raised = replace(a_case(), version=2)
        await stage.perform(an_alert(raised, ActionKind.REFRESH_CARD, receipt=alert))
    fake.nonces.clear()
    async with a_stage(fake) as stage:
        await stage.start()
        calls = [
            an_alert(kind=ActionKind.PAGE, audience=a_call(BEN)),
            an_alert(raised, ActionKind.PAGE, audience=a_call(BEN)),
            an_alert(raised, ActionKind.PAGE, audience=a_call(ANN), key="f" * 32),
        ]
        receipts = [await stage.perform(each) for each in calls]
        assert [await stage.perform(each) for each in calls] == receipts
    assert len({alert, *receipts}) == len(fake.posted(ALERTS)) == 4


async def test_a_grave_alert_calls_at_once(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_alert(a_case(Concern.CRISIS, level=4), audience=a_call(ANN, role=Role.RESPONDER)))
    (asked,) = fake.requests("POST", rf"/channels/{CRISIS}/messages")
    assert asked.body["content"] == f"<@{ANN}> Please look at this case."
    assert asked.body["allowed_mentions"]["users"] == [ANN]


async def test_one_person_is_told_in_private_of_which_community_it_is_and_once(fake: FakeDiscord) -> None:
    order = told(a_case(Concern.CRISIS), BEN)
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(order)
    fake.nonces.clear()
    async with a_stage(fake) as stage:
        await stage.start()
        assert await stage.perform(order) == receipt
    (message,) = fake.posted(BEN + 1)
    assert receipt == f"{BEN + 1}:{message['id']}"
    assert message["content"] == "Harbour: please look at this case."
    assert message["embeds"][0]["title"] == "Serious: someone may need help"
    assert fake.posted(CRISIS) == []


@pytest.mark.parametrize(("status", "code"), [(403, 50007), (403, 50278), (403, 50001), (404, 10013)])
async def test_who_takes_no_private_card_is_passed_over_at_once(fake: FakeDiscord, status: int, code: int) -> None:
    fake.fail("POST", "/users/@me/channels", Failure(status, {"message": "synthetic", "code": code}))
    async with a_stage(fake) as stage:
        await stage.start()
        refused = await stage.perform(told(a_case(), BEN))
        assert isinstance(refused, NotAllowed)
        assert refused.permission == ""
        assert isinstance(await stage.perform(told(a_case(), ANN)), str)


async def test_a_private_card_that_discord_holds_back_for_haste_comes_later(fake: FakeDiscord) -> None:
    fake.fail("POST", "/users/@me/channels", Failure(400, {"message": "synthetic", "code": 40003}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(told(a_case(), BEN))
    assert isinstance(outcome, RetryLater)
    assert outcome.after == timedelta(seconds=60)


async def test_a_digest_goes_where_crisis_cards_go_once_a_day_and_calls_nobody(fake: FakeDiscord) -> None:
    cases = [a_case(Concern.CRISIS, level=2, case_id=f"c4isis{nth}") for nth in range(60)]
    async with a_stage(fake) as stage:
        await stage.start()
        first = await stage.perform(a_digest(*cases))
    fake.nonces.clear()
    async with a_stage(fake) as stage:
        await stage.start()
        assert await stage.perform(a_digest(*cases)) == first
        assert await stage.perform(a_digest(*cases, at=START + timedelta(days=1))) != first
    one, _ = fake.posted(CRISIS)
    assert one["content"] == ""
    assert one["embeds"][0]["title"] == "60 more cases in which somebody may need help"
    assert one["embeds"][0]["description"].endswith("And 40 more.\nClaim and decide them in the console.")


async def test_what_waited_out_a_whole_outage_is_still_looked_for_first(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        first = await stage.perform(an_alert())
    fake.nonces.clear()
    fake.fail("GET", POSTS, Failure(status=503, times=1))
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_alert()), RetryLater)
        stage.clock.advance(timedelta(hours=1))
        assert await stage.perform(an_alert()) == first


@pytest.mark.parametrize(
    ("failure", "after_s"),
    [
        (Failure(429, {"message": "x", "retry_after": 600.0, "global": False}, {"Via": "1.1 synthetic"}), 600.0),
        (Failure(429, {"message": "x"}, {"Retry-After": "30"}), 30.0),
        (Failure(429, {"message": "x"}), 60.0),
    ],
)
async def test_a_channel_that_has_to_wait_holds_back_no_other(
    fake: FakeDiscord, failure: Failure, after_s: float
) -> None:
    fake.fail("POST", POSTS, failure)
    async with a_stage(fake) as stage:
        await stage.start()
        held = await stage.perform(an_alert())
        assert isinstance(held, RetryLater)
        assert held.after == timedelta(seconds=after_s)
        again = await stage.perform(an_alert(a_case(case_id="another234567")))
        assert isinstance(again, RetryLater)
        assert await stage.perform(an_alert(a_case(Concern.CRISIS))) == f"{CRISIS}:{fake.posted(CRISIS)[0]['id']}"
        assert len(fake.requests("POST", POSTS)) == 1
        stage.clock.advance(timedelta(seconds=after_s))
        assert isinstance(await stage.perform(an_alert()), str)


async def test_a_missing_permission_is_named_once_and_not_asked_for_again_at_once(fake: FakeDiscord) -> None:
    fake.fail("POST", POSTS, Failure(403, {"message": "Missing Permissions", "code": 50013}))
    async with a_stage(fake) as stage:
        await stage.start()
        for _ in range(3):
            refused = await stage.perform(an_alert())
            assert isinstance(refused, NotAllowed)
            assert refused.permission == "View Channel, Send Messages and Embed Links"
        assert len(fake.requests("POST", POSTS)) == 1
        assert isinstance(await stage.perform(an_alert(a_case(Concern.CRISIS))), str)
        stage.clock.advance(timedelta(minutes=2))
        assert isinstance(await stage.perform(an_alert()), str)


async def test_a_channel_that_was_deleted_is_something_for_the_owner(fake: FakeDiscord) -> None:
    fake.fail("GET", POSTS, Failure(404, {"message": "Unknown Channel", "code": 10003}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_alert())
    assert isinstance(outcome, NotAllowed)
    assert "channel" in outcome.reason


async def test_nothing_is_sent_before_the_bot_is_logged_in(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        assert isinstance(await stage.perform(an_alert()), RetryLater)
    assert fake.asked == []


async def test_a_community_that_is_not_served_gets_nothing(fake: FakeDiscord) -> None:
    elsewhere = replace(HARBOUR, id=CommunityId("discord:5"))
    async with a_stage(fake, elsewhere) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_alert()), NotAllowed)
    assert fake.requests("POST", POSTS) == []


async def test_a_card_whose_channel_is_gone_is_not_asked_for_for_ever(fake: FakeDiscord) -> None:
    fake.fail("PATCH", ".*/messages/.*", Failure(404, {"message": "Unknown Channel", "code": 10003}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_alert(kind=ActionKind.REFRESH_CARD, receipt=f"{ALERTS}:5"))
    assert isinstance(outcome, AlreadyDone)
