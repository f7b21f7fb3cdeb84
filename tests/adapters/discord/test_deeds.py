"""What is done to messages, members and channels, and what each failure means for whoever ordered it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.errors import AlreadyDone, GaveUp, LightkeeperError, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.card import Order
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import a_stage, an_order
from tests.adapters.discord.made_up import ANN, BEN, BOT_ROLE, GENERAL, GUILD_ID, THREAD
from tests.clock import START

K = ActionKind
HOUR_ON = START + timedelta(hours=1)


async def test_every_deed_is_one_call_with_the_case_in_the_audit_log(fake: FakeDiscord) -> None:
    fake.messages[GENERAL] = {77: fake.a_message("x")}
    async with a_stage(fake) as stage:
        await stage.start()
        begun = len(fake.asked)
        for kind, target, until in [
            (K.DELETE, 77, None),
            (K.TIMEOUT, ANN, HOUR_ON),
            (K.LIFT_TIMEOUT, ANN, None),
            (K.BAN, BEN, None),
            (K.UNBAN, BEN, None),
            (K.KICK, ANN, None),
            (K.SLOW_MODE, GENERAL, HOUR_ON),
            (K.LIFT_SLOW_MODE, GENERAL, None),
            (K.LOCK, GENERAL, None),
            (K.UNLOCK, GENERAL, None),
        ]:
            assert await stage.perform(an_order(kind, target, until=until)) == "", kind
        asked = [each for each in fake.asked[begun:] if each.method != "GET"]
    assert [(each.method, each.path) for each in asked] == [
        ("DELETE", f"/channels/{GENERAL}/messages/77"),
        ("PATCH", f"/guilds/{GUILD_ID}/members/{ANN}"),
        ("PATCH", f"/guilds/{GUILD_ID}/members/{ANN}"),
        ("PUT", f"/guilds/{GUILD_ID}/bans/{BEN}"),
        ("DELETE", f"/guilds/{GUILD_ID}/bans/{BEN}"),
        ("DELETE", f"/guilds/{GUILD_ID}/members/{ANN}"),
        ("PATCH", f"/channels/{GENERAL}"),
        ("PATCH", f"/channels/{GENERAL}"),
        ("PUT", f"/channels/{GENERAL}/permissions/{GUILD_ID}"),
        ("PUT", f"/channels/{GENERAL}/permissions/{GUILD_ID}"),
    ]
    assert {each.reason for each in asked} == {"Lightkeeper, case k7q2mabcdefgh"}
    assert asked[1].body == {"communication_disabled_until": HOUR_ON.isoformat()}
    assert asked[2].body == {"communication_disabled_until": None}
    assert asked[3].query == {"delete_message_seconds": "0"}


async def test_a_locked_channel_keeps_what_else_was_set_and_opens_again(fake: FakeDiscord) -> None:
    reading, writing = 1 << 10, 1 << 11
    fake.channels[GENERAL]["permission_overwrites"] = [
        {"id": str(BOT_ROLE), "type": 0, "allow": "0", "deny": "8192"},
        {"id": str(GUILD_ID), "type": 0, "allow": str(reading | writing), "deny": "32"},
    ]
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.LOCK, GENERAL))
        others, everybody = fake.channels[GENERAL]["permission_overwrites"]
        assert others["deny"] == "8192"
        assert int(everybody["allow"]) == reading
        assert int(everybody["deny"]) & (writing | 32) == writing | 32
        await stage.perform(an_order(K.UNLOCK, GENERAL))
    assert int(fake.channels[GENERAL]["permission_overwrites"][1]["deny"]) == 32


async def test_a_channel_where_not_everybody_may_write_is_left_as_it_is(fake: FakeDiscord) -> None:
    writing = str(1 << 11)
    fake.channels[GENERAL]["permission_overwrites"] = [{"id": str(GUILD_ID), "type": 0, "allow": "0", "deny": writing}]
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.LOCK, GENERAL))
    assert isinstance(outcome, GaveUp)
    assert not outcome.unknown
    assert fake.requests("PUT", ".*") == []


async def test_a_lock_whose_outcome_was_unknown_may_be_repeated(fake: FakeDiscord) -> None:
    fake.fail("PUT", ".*/permissions/.*", Failure(503, {"message": "x", "code": 0}, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.LOCK, GENERAL)), RetryLater)
        assert await stage.perform(an_order(K.LOCK, GENERAL)) == ""


async def test_a_pace_that_somebody_else_set_stays(fake: FakeDiscord) -> None:
    fake.channels[GENERAL]["rate_limit_per_user"] = 120
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.LIFT_SLOW_MODE, GENERAL)), AlreadyDone)
    assert fake.channels[GENERAL]["rate_limit_per_user"] == 120


async def test_a_thread_is_locked_by_its_own_lock(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.LOCK, THREAD))
    assert fake.threads[THREAD]["locked"] is True


async def test_a_channel_that_is_slower_already_stays_so(fake: FakeDiscord) -> None:
    fake.channels[GENERAL]["rate_limit_per_user"] = 120
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.SLOW_MODE, GENERAL, until=HOUR_ON)), AlreadyDone)
    assert fake.channels[GENERAL]["rate_limit_per_user"] == 120


async def test_people_are_told_of_what_discord_does_not_end_by_itself(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.BAN, ANN, until=HOUR_ON))
    (notice,) = [text for key, text in stage.notices.standing.items() if key.startswith("discord.no_end")]
    assert notice.params["until"] == "2026-03-01 13:00 UTC"


@pytest.mark.parametrize("until", [None, START + timedelta(days=29)])
async def test_a_time_out_without_an_end_that_discord_takes_is_given_up(
    fake: FakeDiscord, until: datetime | None
) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.TIMEOUT, ANN, until=until))
    assert isinstance(outcome, GaveUp)
    assert not outcome.unknown
    assert fake.requests("PATCH", ".*") == []


async def test_a_warning_is_a_letter_that_names_the_community_and_says_who_looked(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.WARN, ANN, by=str(BEN)))
        await stage.perform(an_order(K.WARN, ANN, version=2))
    by_a_person, automatic = (each["content"] for each in fake.posted(ANN + 1))
    assert by_a_person.startswith("A moderator of Harbour looked")
    assert automatic.startswith("This is an automated message from Harbour; no person has looked")


@pytest.mark.parametrize("status", [0, 503])
async def test_a_warning_with_an_unknown_outcome_is_never_repeated(fake: FakeDiscord, status: int) -> None:
    fake.fail("POST", rf"/channels/{ANN + 1}/messages", Failure(status=status, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.WARN, ANN))
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


@pytest.mark.parametrize(
    ("kind", "target", "meaning"),
    [
        (K.DELETE, 5, AlreadyDone),
        (K.UNBAN, 5, AlreadyDone),
        (K.KICK, 5, AlreadyDone),
        (K.LIFT_TIMEOUT, 5, AlreadyDone),
        (K.TIMEOUT, 5, GaveUp),
    ],
)
async def test_what_is_gone_counts_as_done_where_that_was_the_aim(
    fake: FakeDiscord, kind: ActionKind, target: int, meaning: type[LightkeeperError]
) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        until = HOUR_ON if kind is K.TIMEOUT else None
        assert isinstance(await stage.perform(an_order(kind, target, until=until)), meaning)


@pytest.mark.parametrize(
    ("failure", "meaning"),
    [
        (Failure(503, {"message": "x", "code": 0}), RetryLater),
        (Failure(status=0, times=9), RetryLater),
        (Failure(400, {"message": "synthetic secret words", "code": 50035}), GaveUp),
        (Failure(401, {"message": "401: Unauthorized", "code": 0}), NotAllowed),
    ],
)
async def test_a_failed_ban_says_what_to_do_next_without_discords_words(
    fake: FakeDiscord, failure: Failure, meaning: type[LightkeeperError]
) -> None:
    fake.fail("PUT", ".*/bans/.*", failure)
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.BAN, ANN))
    assert isinstance(outcome, meaning)
    assert "words" not in str(outcome)
    assert outcome.__cause__ is None
    assert outcome.__suppress_context__


async def test_a_call_that_hangs_is_cut_at_the_deadline_and_may_be_repeated(fake: FakeDiscord) -> None:
    fake.fail("PUT", ".*/bans/.*", Failure(hangs=True))
    async with a_stage(fake, deadline_s=0.05) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.BAN, ANN)), RetryLater)
        assert await stage.perform(an_order(K.BAN, ANN)) == ""


async def test_a_member_above_the_bot_is_not_taken_for_a_missing_permission(fake: FakeDiscord) -> None:
    fake.fail("PUT", f".*/bans/{BEN}", Failure(403, {"message": "Missing Permissions", "code": 50013}))
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.BAN, BEN))
        assert isinstance(outcome, NotAllowed)
        assert "role" in outcome.reason
        assert await stage.perform(an_order(K.BAN, ANN)) == ""


async def test_a_missing_permission_stops_the_calls_of_its_kind_for_a_while(fake: FakeDiscord) -> None:
    fake.roles[2]["permissions"] = "0"
    fake.fail("PUT", ".*/bans/.*", Failure(403, {"message": "Missing Permissions", "code": 50013}))
    async with a_stage(fake) as stage:
        await stage.start()
        for target in (ANN, BEN, ANN):
            outcome = await stage.perform(an_order(K.BAN, target))
            assert isinstance(outcome, NotAllowed)
            assert outcome.permission == "Ban Members"
        assert len(fake.requests("PUT", ".*")) == 1
        assert await stage.perform(an_order(K.KICK, ANN)) == ""


async def test_a_target_that_is_no_id_is_never_put_into_an_address(fake: FakeDiscord) -> None:
    forged = Order(action=replace(an_order(K.BAN, ANN).action, target="../../users/@me"))
    async with a_stage(fake) as stage:
        await stage.start()
        begun = len(fake.asked)
        assert isinstance(await stage.perform(forged), GaveUp)
        assert fake.asked[begun:] == []


async def test_what_discord_does_not_have_is_refused_and_not_offered(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        offered = stage.connection.platform.capabilities.actions
        assert set(ActionKind) - offered == {K.SUPPORT_MESSAGE}
        assert isinstance(await stage.perform(an_order(K.SUPPORT_MESSAGE, ANN)), NotAllowed)
