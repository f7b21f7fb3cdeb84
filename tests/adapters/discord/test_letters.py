"""What members are told in private: which sanction, where, until when, and how to appeal."""

from datetime import timedelta

import pytest

from core.errors import GaveUp
from core.model.action import ActionKind
from core.model.card import Text
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import a_stage, an_order
from tests.adapters.discord.made_up import ANN, BEN
from tests.clock import START

K = ActionKind
HOUR_ON = START + timedelta(hours=1)
WHY: dict[str, str | int] = {"by": "person", "reason": "harassment", "case": "k7q2mabcdefgh"}


async def test_a_notice_says_where_why_until_when_and_how_to_appeal(fake: FakeDiscord) -> None:
    notice = Text(key="letter.notice.timeout_until", params={**WHY, "until": "2026-03-01 13:00 UTC"})
    order = an_order(K.NOTICE, ANN, until=HOUR_ON, by=str(BEN), notice=notice, of="timeout")
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(order)
    (message,) = fake.posted(ANN + 1)
    assert receipt == f"{ANN + 1}:{message['id']}"
    where, what, how = message["content"].split("\n\n")
    assert where == "A message about the community Harbour:"
    assert f"until <t:{int(HOUR_ON.timestamp())}:f>" in what
    assert "A moderator decided this" in what
    assert "k7q2mabcdefgh" not in what
    assert how.startswith("The bot can't read answers here. To appeal, write to a moderator of Harbour")
    assert how.endswith("k7q2mabcdefgh.")


async def test_a_warning_has_its_words_from_the_case(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.WARN, ANN, notice=Text(key="letter.notice.warn", params={**WHY, "by": "rules"})))
    (message,) = fake.posted(ANN + 1)
    assert "Please stop" in message["content"]
    assert "no person has looked at it yet" in message["content"]


@pytest.mark.parametrize(
    ("notice", "of"),
    [
        (Text(key="letter.notice.lift", params={"what": "ban"}), "lift"),
        (Text(key="letter.notice.appeal_denied", params={"case": "x"}), "appeal_denied"),
    ],
    ids=["lift", "appeal"],
)
async def test_nobody_is_told_how_to_appeal_against_what_is_no_sanction(
    fake: FakeDiscord, notice: Text, of: str
) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.NOTICE, ANN, notice=notice, of=of))
    (message,) = fake.posted(ANN + 1)
    assert "To appeal" not in message["content"]


async def test_a_notice_without_words_is_not_sent(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.NOTICE, ANN)), GaveUp)
    assert fake.requests("POST", ".*") == []


async def test_a_warning_is_a_letter_that_names_the_community_and_says_who_looked(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.WARN, ANN, by=str(BEN)))
        await stage.perform(an_order(K.WARN, ANN, version=2))
    by_a_person, automatic = (each["content"] for each in fake.posted(ANN + 1))
    assert by_a_person.startswith("A moderator of Harbour looked")
    assert automatic.startswith("This is an automated message from Harbour; no person has looked")


@pytest.mark.parametrize("kind", [K.WARN, K.NOTICE])
@pytest.mark.parametrize("status", [0, 503])
async def test_a_letter_with_an_unknown_outcome_is_never_repeated(
    fake: FakeDiscord, status: int, kind: ActionKind
) -> None:
    fake.fail("POST", rf"/channels/{ANN + 1}/messages", Failure(status=status, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(kind, ANN, notice=Text(key="letter.notice.warn", params=WHY)))
    assert isinstance(outcome, GaveUp)
    assert outcome.unknown


async def test_a_member_who_takes_no_letters_is_said_plainly(fake: FakeDiscord) -> None:
    fake.fail("POST", rf"/channels/{ANN + 1}/messages", Failure(403, {"message": "Cannot send", "code": 50007}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.WARN, ANN))
    assert isinstance(outcome, GaveUp)
    assert not outcome.unknown
    assert "no direct messages" in outcome.reason
