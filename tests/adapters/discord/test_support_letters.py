"""The support message and what owners are told: in private, once, with words that hold, and the right error."""

from dataclasses import replace

import pytest

from core.errors import GaveUp, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.card import Text
from core.model.message import MemberId
from core.model.page import Choice, Page, Shown
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import HARBOUR, a_stage, an_order, for_owner
from tests.adapters.discord.made_up import ANN, BEN, GENERAL
from tests.core.shelf import a_service

K = ActionKind
LETTER = rf"/channels/{ANN + 1}/messages"
OWNER_LETTER = rf"/channels/{BEN + 1}/messages"


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
        choices=(
            Choice(label=Text(key="letter.support.misused"), to="l.misused:abc"),
            Choice(label=Text(key="letter.support.stop"), to="p.choose:quiet:yes"),
        ),
    )


async def test_a_support_message_is_one_letter_with_its_page_and_whom_to_write_to(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN, page=a_support_page(), by=str(ANN)))
    (message,) = fake.posted(ANN + 1)
    assert receipt == f"{ANN + 1}:{message['id']}"
    assert "automated message" in message["content"]
    assert "not able to help in an emergency" in message["content"]
    assert "Call: 555-0101" in message["content"]
    assert "press" not in message["content"]
    assert message["components"] == []
    assert message["content"].endswith(f"looks after Harbour: <@{BEN}>. Whoever sent this message is not among them.")
    (sent,) = fake.requests("POST", LETTER)
    assert sent.body["allowed_mentions"] == {"parse": []}


async def test_who_sent_a_support_message_is_not_whom_its_reader_is_sent_to(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN, page=a_support_page(), by=str(BEN)))
    (message,) = fake.posted(ANN + 1)
    assert f"<@{BEN}>" not in message["content"]
    assert f"<@{ANN}>" in message["content"]  # here the only responder is left


async def test_where_nobody_but_its_sender_is_left_the_platform_is_named(fake: FakeDiscord) -> None:
    alone = replace(HARBOUR, responders=frozenset(), moderators=frozenset(), owners=frozenset({MemberId(str(BEN))}))
    async with a_stage(fake, alone) as stage:
        await stage.start()
        await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN, page=a_support_page(), by=str(BEN)))
    (message,) = fake.posted(ANN + 1)
    assert message["content"].endswith("you can report it to the platform.")


@pytest.mark.parametrize("code", [50007, 50278])
async def test_a_member_who_closed_private_messages_is_said_plainly(fake: FakeDiscord, code: int) -> None:
    fake.fail("POST", LETTER, Failure(403, {"message": "Cannot send", "code": code}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN, page=a_support_page()))
    assert isinstance(outcome, GaveUp)
    assert (outcome.unknown, outcome.reason) == (False, "this member takes no direct messages from the bot")


@pytest.mark.parametrize("status", [0, 503])
async def test_a_support_message_with_an_unknown_outcome_is_never_repeated(fake: FakeDiscord, status: int) -> None:
    fake.fail("POST", LETTER, Failure(status=status, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN, page=a_support_page()))
    assert isinstance(outcome, GaveUp)
    assert outcome.unknown
    assert len(fake.posted(ANN + 1)) == 1


async def test_a_support_message_without_its_page_is_not_sent(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN, notice=Text(key="letter.support.why")))
    assert isinstance(outcome, GaveUp)
    assert fake.requests("POST", ".*") == []


async def test_an_owner_is_told_in_private_with_ids_as_mentions(fake: FakeDiscord) -> None:
    order = for_owner("owner.misused", BEN, by=str(ANN), case="c4isis")
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(order)
        again = await stage.perform(order)
    (message,) = fake.posted(BEN + 1)
    assert receipt == again == f"{BEN + 1}:{message['id']}"
    assert message["content"] == "A message about the community Harbour:"
    assert f"<@{ANN}>" in message["embeds"][0]["description"]


async def test_two_messages_to_one_owner_are_two(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        for channel in (GENERAL, GENERAL + 1):
            await stage.perform(for_owner("owner.notice_gone", BEN, community="Harbour", channel=str(channel)))
    first, second = (each["embeds"][0]["description"] for each in fake.posted(BEN + 1))
    assert f"<#{GENERAL}>" in first
    assert f"<#{GENERAL + 1}>" in second


async def test_an_owner_who_takes_no_private_messages_is_said(fake: FakeDiscord) -> None:
    fake.fail("POST", OWNER_LETTER, Failure(403, {"message": "Cannot send", "code": 50007}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(for_owner("owner.misused", BEN, by=str(ANN), case="c4isis"))
    assert isinstance(outcome, NotAllowed)
    assert "takes no direct messages" in outcome.reason


async def test_what_an_owner_is_told_may_be_repeated_where_the_outcome_is_unknown(fake: FakeDiscord) -> None:
    fake.fail("POST", OWNER_LETTER, Failure(503, after_effect=True))
    order = for_owner("owner.misused", BEN, by=str(ANN), case="c4isis")
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(order), RetryLater)
        await stage.perform(order)
    assert len(fake.posted(BEN + 1)) == 1


async def test_an_owner_is_not_told_without_words(fake: FakeDiscord) -> None:
    order = for_owner("owner.misused", BEN, by=str(ANN), case="c4isis")
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(replace(order, notice=None)), GaveUp)
