"""Cards on the wire, and what keeps them from arriving, against a fake Telegram with the unmodified library."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from core.desk.digest import compose_digest
from core.errors import AlreadyDone, GaveUp, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import CaseId, Concern
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.people import Role
from tests.adapters.lines import ENGLISH, a_line
from tests.adapters.telegram.fake_telegram import CRISIS, STAFF, FakeTelegram
from tests.adapters.telegram.house import HARBOUR, House, a_call, a_card, a_community, an_order
from tests.clock import START
from tests.contract.samples import a_case

K = ActionKind


async def test_an_alert_about_conduct_goes_to_the_moderators_place(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    (card,) = house.telegram.cards(STAFF)
    assert receipt.startswith(f"{STAFF}:")
    assert card.splitlines()[0] == "<b>High: Insult</b>"
    assert "case234abcdef" in card
    assert card.splitlines()[-1] == "Claim and decide it in the console."
    assert house.telegram.cards(CRISIS) == []


async def test_an_alert_about_crisis_goes_to_the_responders_place_alone(house: House) -> None:
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CRISIS)))
    assert len(house.telegram.cards(CRISIS)) == 1
    assert house.telegram.cards(STAFF) == []


async def test_cards_show_no_preview_of_a_link_and_mention_nobody(house: House) -> None:
    await house.perform(an_order(K.ALERT, card=a_card(link="https://t.me/c/1/2")))
    (sent,) = house.telegram.called("sendMessage")
    assert '"is_disabled": true' in sent.fields["link_preview_options"]
    assert '<a href="https://t.me/c/1/2">' in sent.text
    assert "tg://user" not in sent.text


@pytest.mark.parametrize("kind", [K.ALERT, K.PAGE])
async def test_a_card_calls_its_audience_and_nobody_else(house: House, kind: ActionKind) -> None:
    await house.perform(an_order(kind, card=a_card(audience=a_call("52", is_everybody=True))))
    (card,) = house.telegram.cards(STAFF)
    assert [f"tg://user?id={each}" in card for each in (50, 51, 52, 61)] == [False, False, True, False]


async def test_a_card_about_crisis_calls_whom_it_is_meant_for_be_it_the_owner(house: House) -> None:
    held_by_the_owner = a_call("50", role=Role.RESPONDER)
    await house.perform(an_order(K.PAGE, card=a_card(Concern.CRISIS, audience=held_by_the_owner)))
    (card,) = house.telegram.cards(CRISIS)
    assert [f"tg://user?id={each}" in card for each in (50, 51, 52, 61)] == [True, False, False, False]


async def test_where_nobody_is_called_those_behind_them_are(house: House) -> None:
    nobody = a_call(role=Role.RESPONDER, is_everybody=True, behind=(MemberId("50"),))
    await house.perform(an_order(K.PAGE, card=a_card(Concern.CRISIS, audience=nobody)))
    await house.perform(an_order(K.PAGE, card=a_card(audience=a_call())))
    (care,), (conduct,) = house.telegram.cards(CRISIS), house.telegram.cards(STAFF)
    assert "tg://user?id=50" in care
    assert "tg://user" not in conduct


async def test_a_refresh_calls_nobody(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    house.clock.advance(timedelta(seconds=2))
    claimed = a_card(Concern.CONDUCT, Text(key="card.claimed", params={"holder": "51"}), audience=a_call("52"))
    await house.perform(an_order(K.REFRESH_CARD, card=claimed, receipt=receipt))
    assert "tg://user" not in house.telegram.cards(STAFF)[0]


async def test_one_person_is_told_in_private_of_which_community_it_is(house: House) -> None:
    receipt = await house.perform(an_order(K.TELL, "61", card=a_card(Concern.CRISIS)))
    (card,) = house.telegram.cards(61)
    assert receipt.startswith("61:")
    assert card.splitlines()[:2] == ["Harbour: please look at this case.", "<b>Serious: someone may need help</b>"]
    assert house.telegram.cards(CRISIS) == []


@pytest.mark.parametrize(
    "refusal",
    [
        (403, "Forbidden: bot can't initiate conversation with a user"),
        (403, "Forbidden: bot was blocked by the user"),
        (400, "Bad Request: chat not found"),
    ],
)
async def test_who_can_not_be_told_in_private_is_passed_over_at_once(house: House, refusal: tuple[int, str]) -> None:
    house.telegram.trouble("sendMessage", status=refusal[0], description=refusal[1])
    with pytest.raises(NotAllowed):
        await house.perform(an_order(K.TELL, "61", card=a_card()))
    with pytest.raises(NotAllowed):
        await house.perform(an_order(K.TELL, "-1008", card=a_card()))


async def test_a_digest_goes_where_crisis_cards_go_and_calls_nobody(house: House) -> None:
    cases = [replace(a_case(), id=CaseId(f"case{nth}"), channel=ChannelId("1" * 90)) for nth in range(60)]
    await house.perform(an_order(K.DIGEST, HARBOUR, card=compose_digest(HARBOUR, cases, START)))
    (card,) = house.telegram.cards(CRISIS)
    assert card.startswith("<b>60 more cases")
    assert card.endswith("\nClaim and decide them in the console.")
    assert "Case " not in card
    assert "tg://user" not in card


@pytest.mark.parametrize("key", sorted(each for each in ENGLISH if each.startswith("card.")))
async def test_every_text_of_a_card_is_shown_with_what_it_needs(house: House, key: str) -> None:
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CONDUCT, a_line(key))))
    (card,) = house.telegram.cards(STAFF)
    assert key not in card
    assert "{" not in card


@pytest.mark.parametrize(
    "line",
    [
        Text(key="card.of_a_plugin", params={"name": "<b>x"}),
        Text(key="card.kind", params={"kind": "unheard_of"}),
        Text(key="card.kind"),
        Text(key="card.needed_by", params={"until": "soon"}),
    ],
    ids=str,
)
async def test_what_has_no_words_here_never_holds_a_card_back(house: House, line: Text) -> None:
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CONDUCT, line)))
    assert len(house.telegram.cards(STAFF)) == 1


async def test_a_card_in_a_topic_is_posted_into_it(telegram: FakeTelegram) -> None:
    async with House(telegram, a_community(alerts=ChannelId(f"{STAFF}/44"))) as house:
        receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    assert receipt.startswith(f"{STAFF}/44:")
    assert telegram.called("sendMessage")[0].fields["message_thread_id"] == "44"


async def test_markup_in_a_card_does_nothing(house: House) -> None:
    hostile = '</b><a href="tg://user?id=1">x</a> & <script> \u202e\u0000 "quoted"\nnext line'
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CONDUCT, Text(key="card.why", params={"why": hostile}))))
    (card,) = house.telegram.cards(STAFF)
    assert "&lt;script&gt;" in card
    assert "tg://user?id=1&quot;" in card
    assert "\u202e" not in card
    assert "\x00" not in card


async def test_a_card_never_grows_past_what_telegram_takes(house: House) -> None:
    endless = [Text(key="card.why", params={"why": "🜁<&" * 3000}) for _ in range(40)]
    everybody = a_call(*(str(10**12 + nth) for nth in range(200)))
    card = a_card(Concern.CONDUCT, *endless, audience=everybody, link="https://t.me/c/1/2")
    await house.perform(an_order(K.PAGE, card=card))
    (shown,) = house.telegram.cards(STAFF)
    assert "case234abcdef" in shown
    assert shown.count("tg://user") == 20


async def test_a_card_is_edited_in_place(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    claimed = a_card(Concern.CONDUCT, Text(key="card.claimed", params={"holder": "51"}), version=2)
    house.clock.advance(timedelta(seconds=2))
    assert await house.perform(an_order(K.REFRESH_CARD, card=claimed, receipt=receipt)) == receipt
    (card,) = house.telegram.cards(STAFF)
    assert "51 is on it." in card


async def test_a_card_that_says_the_same_is_not_edited(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    await house.perform(an_order(K.REFRESH_CARD, card=a_card(version=2), receipt=receipt))
    assert house.telegram.called("editMessageText") == []


async def test_an_edit_that_changes_nothing_is_a_success(house: House) -> None:
    receipt = await house.perform(an_order(K.ALERT, card=a_card()))
    await house.restart()
    house.clock.advance(timedelta(seconds=2))
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.REFRESH_CARD, card=a_card(), receipt=receipt))
    assert len(house.telegram.called("editMessageText")) == 1


async def test_a_card_that_somebody_deleted_stays_away(house: House) -> None:
    with pytest.raises(AlreadyDone):
        await house.perform(an_order(K.REFRESH_CARD, card=a_card(), receipt=f"{STAFF}:77"))
    assert house.telegram.cards(STAFF) == []


async def test_an_alert_repeated_after_a_kill_carries_the_same_case_id(house: House) -> None:
    order = an_order(K.ALERT, card=a_card())
    await house.perform(order)
    await house.restart()
    await house.perform(order)
    first, second = house.telegram.cards(STAFF)
    assert "case234abcdef" in first
    assert first == second


async def test_of_an_alert_that_was_cut_off_nobody_knows(house: House) -> None:
    house.telegram.trouble("sendMessage", cuts=True, happens=True)
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.ALERT, card=a_card()))
    assert gave_up.value.unknown
    assert len(house.telegram.cards(STAFF)) == 1


async def test_nothing_is_unknown_where_nothing_could_be_sent() -> None:
    async with FakeTelegram() as gone:
        pass
    async with House(gone) as house:
        for kind in (K.ALERT, K.TELL, K.WARN, K.DELETE, K.PURGE):
            order = an_order(kind, "61" if kind is K.TELL else "7", card=a_card(), params={"messages": "1"})
            with pytest.raises(RetryLater):
                await house.perform(order)


async def test_a_pause_that_telegram_asks_for_in_one_chat_holds_no_other(house: House) -> None:
    house.telegram.limit("sendMessage", 600, chat=STAFF)
    with pytest.raises(RetryLater) as later:
        await house.perform(an_order(K.ALERT, card=a_card()))
    assert later.value.after == timedelta(seconds=600)
    await house.perform(an_order(K.ALERT, card=a_card(Concern.CRISIS)))
    house.clock.advance(timedelta(seconds=590))
    with pytest.raises(RetryLater) as later:
        await house.perform(an_order(K.ALERT, card=a_card()))
    assert later.value.after == timedelta(seconds=10)
    assert len(house.telegram.called("sendMessage")) == 2
    house.clock.advance(timedelta(seconds=11))
    await house.perform(an_order(K.ALERT, card=a_card()))
    assert len(house.telegram.cards(STAFF)) == 1


async def test_trouble_on_telegrams_side_is_tried_again_but_a_warning_is_not(house: House) -> None:
    house.telegram.trouble("sendMessage", status=502, body="<html>Bad Gateway</html>", times=2)
    with pytest.raises(RetryLater):
        await house.perform(an_order(K.ALERT, card=a_card()))
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.WARN))
    assert gave_up.value.unknown


async def test_a_chat_that_the_bot_was_removed_from_is_said(house: House) -> None:
    house.telegram.trouble("sendMessage", status=403, description="Forbidden: bot was kicked from the supergroup chat")
    with pytest.raises(NotAllowed, match="removed from the chat"):
        await house.perform(an_order(K.ALERT, card=a_card()))


async def test_a_refused_token_is_tried_again_later(telegram: FakeTelegram) -> None:
    async with House(telegram, token="999:another-token-of-nobody_0000") as house:
        with pytest.raises(RetryLater, match="token"):
            await house.perform(an_order(K.WARN))


async def test_alerts_follow_a_place_that_became_a_supergroup(house: House) -> None:
    moved = -1009999999999
    house.telegram.trouble(
        "sendMessage",
        chat=STAFF,
        description="Bad Request: group chat was upgraded to a supergroup chat",
        parameters={"migrate_to_chat_id": moved},
    )
    with pytest.raises(RetryLater):
        await house.perform(an_order(K.ALERT, card=a_card()))
    await house.perform(an_order(K.ALERT, card=a_card()))
    assert len(house.telegram.cards(moved)) == 1
    assert house.board.standing[f"telegram.moved.{STAFF}"].params == {"old": str(STAFF), "new": str(moved)}


async def test_a_community_that_is_not_served_gets_nothing(house: House) -> None:
    with pytest.raises(NotAllowed):
        await house.perform(an_order(K.DELETE, "1", community=CommunityId("telegram:-100777")))
    assert house.telegram.calls == []


async def test_what_telegram_does_not_offer_is_given_up(house: House) -> None:
    missing = {
        K.SLOW_MODE,
        K.LIFT_SLOW_MODE,
        K.PAUSE_JOINS,
        K.RESUME_JOINS,
        K.OPEN_TALK,
        K.CLOSE_TALK,
    }
    assert set(ActionKind) - house.connection.platform.capabilities.actions == missing
    can = house.connection.platform.capabilities
    assert can.ends_by_itself == {K.TIMEOUT, K.BAN}
    assert (can.sees_deletions, can.sees_every_pin, can.answers_members) == (False, False, False)
    for kind in missing:
        with pytest.raises(GaveUp):
            await house.perform(an_order(kind))


async def test_closing_waits_for_what_is_under_way(house: House) -> None:
    gate = asyncio.Event()
    house.telegram.trouble("sendMessage", gate=gate)
    posting = asyncio.create_task(house.perform(an_order(K.ALERT, card=a_card())))
    await house.telegram.until(lambda: house.telegram.called("sendMessage"))
    closing = asyncio.create_task(house.connection.close())
    gate.set()
    assert (await posting).startswith(f"{STAFF}:")
    await closing


async def test_nothing_shows_the_token(house: House, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("DEBUG")
    token = house._token
    for trouble in ({"cuts": True}, {"status": 401, "description": "Unauthorized"}, {"status": 500}):
        house.telegram.trouble("deleteMessage", **trouble)
        with pytest.raises((RetryLater, GaveUp)) as raised:
            await house.perform(an_order(K.DELETE, "31"))
        assert token not in f"{raised.value!r} {raised.value} {raised.value.__cause__}"
        assert raised.value.__suppress_context__
    assert token not in caplog.text
    assert token not in repr(house.connection) + repr(house.connection.platform)
