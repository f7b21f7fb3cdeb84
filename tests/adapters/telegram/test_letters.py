"""What members are told in private: which sanction, where, until when, and how to appeal."""

from datetime import timedelta

import pytest

from core.errors import GaveUp
from core.model.action import ActionKind
from core.model.card import Text
from tests.adapters.telegram.house import House, an_order

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
