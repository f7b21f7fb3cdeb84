"""What people are told in private: members of a sanction and how to appeal, or of help; owners of their community."""

from datetime import timedelta
from typing import Any

import pytest

from core.errors import GaveUp, NotAllowed
from core.flow.telling import owner_actions, owner_words
from core.model.action import ActionKind, Lane
from core.model.card import Text
from core.model.message import MemberId
from core.model.order import Order
from core.model.page import Choice, Page, Shown
from tests.adapters.telegram.house import HARBOUR, House, an_order
from tests.clock import START
from tests.core.shelf import a_service

K = ActionKind


async def test_a_warning_goes_to_the_member_alone_and_says_who_sends_it(house: House) -> None:
    assert (await house.perform(an_order(K.WARN, params={"by": "51"}))).startswith("7:")
    house.clock.advance(timedelta(seconds=2))
    await house.perform(an_order(K.WARN))
    by_person, automatic = house.telegram.cards(7)
    assert by_person.startswith("A moderator of Harbour")
    assert automatic.startswith("This is an automated message")


async def test_a_member_who_never_wrote_to_the_bot_cannot_be_warned(house: House) -> None:
    house.telegram.trouble(
        "sendMessage", status=403, description="Forbidden: bot can't initiate conversation with a user"
    )
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.WARN))
    assert not gave_up.value.unknown


async def test_a_notice_says_where_why_until_when_and_how_to_appeal(house: House) -> None:
    params: dict[str, str | int] = {"by": "rules", "reason": "spam", "case": "x", "until": "2026-03-01 13:00 UTC"}
    notice = Text(key="letter.notice.ban_until", params=params)
    receipt = await house.perform(an_order(K.NOTICE, notice=notice, params={"of": "ban"}))
    (words,) = house.telegram.cards(7)
    assert receipt.startswith("7:")
    where, what, how = words.split("\n\n")
    assert where == "A message about the community Harbour:"
    assert what.startswith("You are banned from this community until 2026-03-01 13:00 UTC.")
    assert how.endswith("write to a moderator of Harbour and name this case: case234abcdef.")
    house.clock.advance(timedelta(seconds=2))
    lifted = Text(key="letter.notice.lift", params={"what": "ban"})
    await house.perform(an_order(K.NOTICE, notice=lifted, params={"of": "lift"}))
    assert "To appeal" not in house.telegram.cards(7)[1]


async def test_a_notice_without_words_is_not_sent(house: House) -> None:
    with pytest.raises(GaveUp):
        await house.perform(an_order(K.NOTICE))
    assert house.telegram.calls == []


def a_support_page() -> Page:
    named = {"community": "Harbour"}
    return Page(
        name="letter.support",
        title=Text(key="letter.support.title", params=named),
        body=(
            Text(key="letter.support.who", params=named),
            Text(key="letter.support.limits"),
            Shown(service=a_service("listeners", call="555-0101")),
            Text(key="letter.support.misuse"),
        ),
        choices=(Choice(label=Text(key="letter.support.misused"), to="l.misused:abc"),),
    )


async def test_a_support_message_is_one_message_with_its_page_and_whom_to_write_to(house: House) -> None:
    order = an_order(K.SUPPORT_MESSAGE, page=a_support_page(), params={"by": "61"}, lane=Lane.CRISIS)
    assert (await house.perform(order)).startswith("7:")
    (words,) = house.telegram.cards(7)
    assert words.startswith("<b>From Harbour</b>")
    assert "Call: 555-0101" in words
    assert "press" not in words
    assert '<a href="tg://user?id=50">50</a>. Whoever sent this message is not among them.' in words
    assert house.telegram.keyboards == {}


async def test_a_support_message_without_its_page_is_not_sent(house: House) -> None:
    with pytest.raises(GaveUp):
        await house.perform(an_order(K.SUPPORT_MESSAGE, notice=Text(key="letter.support.why")))
    assert house.telegram.calls == []


@pytest.mark.parametrize(
    ("status", "description", "reason"),
    [
        (403, "Forbidden: bot can't initiate conversation with a user", "never wrote to the bot"),
        (400, "Bad Request: chat not found", "never wrote to the bot"),
        (403, "Forbidden: bot was blocked by the user", "blocked the bot"),
        (403, "Forbidden: user is deactivated", "was deleted"),
    ],
)
async def test_why_a_member_cannot_be_reached_is_said_plainly(
    house: House, status: int, description: str, reason: str
) -> None:
    house.telegram.trouble("sendMessage", status=status, description=description)
    with pytest.raises(GaveUp, match=reason) as gave_up:
        await house.perform(an_order(K.SUPPORT_MESSAGE, page=a_support_page()))
    assert not gave_up.value.unknown


@pytest.mark.parametrize("how", [{"cuts": True, "happens": True}, {"status": 502, "description": "Bad Gateway"}])
async def test_a_support_message_with_an_unknown_outcome_is_never_repeated(house: House, how: dict[str, Any]) -> None:
    house.telegram.trouble("sendMessage", **how)
    with pytest.raises(GaveUp) as gave_up:
        await house.perform(an_order(K.SUPPORT_MESSAGE, page=a_support_page()))
    assert gave_up.value.unknown


def for_owner(text: str, owner: str = "50", **params: str) -> Order:
    (action,) = owner_actions(HARBOUR, [MemberId(owner)], text, params, START)
    return Order(action=action, notice=owner_words(action))


async def test_an_owner_is_told_in_private_with_people_as_mentions(house: House) -> None:
    assert (await house.perform(for_owner("owner.misused", by="61", case="c<4>"))).startswith("50:")
    (words,) = house.telegram.cards(50)
    assert words.startswith("A message about the community Harbour:\n\n")
    assert words.count('<a href="tg://user?id=61">61</a>') == 2
    assert "c&lt;4&gt;" in words


async def test_an_owner_who_never_wrote_to_the_bot_is_said(house: House) -> None:
    house.telegram.trouble("sendMessage", status=403, description="Forbidden: bot was blocked by the user")
    with pytest.raises(NotAllowed, match="blocked the bot"):
        await house.perform(for_owner("owner.misused", by="61", case="x"))
    with pytest.raises(NotAllowed, match="nobody's id"):
        await house.perform(for_owner("owner.misused", owner="-100", by="61", case="x"))
