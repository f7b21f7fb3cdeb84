"""What is done to messages, members and channels, and what each failure means for whoever ordered it."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from core.errors import AlreadyDone, GaveUp, LightkeeperError, NotAllowed, RetryLater
from core.model.action import ActionKind
from core.model.order import Order
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import a_stage, an_order
from tests.adapters.discord.made_up import ANN, BEN, GENERAL, GUILD_ID, snowflake
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
            (K.PAUSE_JOINS, GUILD_ID, HOUR_ON),
            (K.RESUME_JOINS, GUILD_ID, None),
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
            assert isinstance(await stage.perform(an_order(kind, target, until=until)), str), kind
        asked = [each for each in fake.asked[begun:] if each.method != "GET"]
    assert [(each.method, each.path) for each in asked] == [
        ("DELETE", f"/channels/{GENERAL}/messages/77"),
        ("PUT", f"/guilds/{GUILD_ID}/incident-actions"),
        ("PUT", f"/guilds/{GUILD_ID}/incident-actions"),
        ("PATCH", f"/guilds/{GUILD_ID}/members/{ANN}"),
        ("PATCH", f"/guilds/{GUILD_ID}/members/{ANN}"),
        ("PUT", f"/guilds/{GUILD_ID}/bans/{BEN}"),
        ("DELETE", f"/guilds/{GUILD_ID}/bans/{BEN}"),
        ("DELETE", f"/guilds/{GUILD_ID}/members/{ANN}"),
        ("PATCH", f"/channels/{GENERAL}"),
        ("PATCH", f"/channels/{GENERAL}"),
        ("PUT", f"/channels/{GENERAL}/permissions/{GUILD_ID}"),
        ("DELETE", f"/channels/{GENERAL}/permissions/{GUILD_ID}"),
    ]
    pauses = asked[1:3]
    assert {each.reason for each in asked if each not in pauses} == {"Lightkeeper, case k7q2mabcdefgh"}
    assert [each.body for each in pauses] == [
        {"invites_disabled_until": HOUR_ON.isoformat()},
        {"invites_disabled_until": None},
    ]
    assert asked[3].body == {"communication_disabled_until": HOUR_ON.isoformat()}
    assert asked[4].body == {"communication_disabled_until": None}
    assert asked[5].query == {"delete_message_seconds": "0"}


async def test_a_purge_deletes_the_recent_together_and_older_ones_one_by_one(fake: FakeDiscord) -> None:
    recent = [snowflake(START - timedelta(minutes=nth)) for nth in range(3)]
    old = [snowflake(START - timedelta(days=15)), snowflake(START - timedelta(days=14))]
    fake.messages[GENERAL] = {each: fake.a_message("x") for each in (*recent, *old)}
    gone = snowflake(START - timedelta(days=20))
    named = ",".join(map(str, (*recent, *old, gone, recent[0])))
    async with a_stage(fake) as stage:
        await stage.start()
        assert await stage.perform(an_order(K.PURGE, ANN, messages=named)) == ""
    assert fake.posted(GENERAL) == []
    (together,) = fake.requests("POST", ".*/bulk-delete")
    assert together.body == {"messages": recent}
    assert together.reason == "Lightkeeper, case k7q2mabcdefgh"
    assert len(fake.requests("DELETE", ".*")) == 3


async def test_a_purge_of_one_message_is_a_plain_deletion(fake: FakeDiscord) -> None:
    only = snowflake(START)
    fake.messages[GENERAL] = {only: fake.a_message("x")}
    async with a_stage(fake) as stage:
        await stage.start()
        assert await stage.perform(an_order(K.PURGE, ANN, messages=str(only))) == ""
        assert isinstance(await stage.perform(an_order(K.PURGE, ANN, version=2, messages="1,../x")), GaveUp)
    assert [each.path for each in fake.requests("DELETE", ".*")] == [f"/channels/{GENERAL}/messages/{only}"]
    assert fake.requests("POST", ".*/bulk-delete") == []


async def test_a_pause_of_joining_ends_within_a_day_and_shortens_no_longer_one(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        day_on = START + timedelta(days=1)
        assert await stage.perform(an_order(K.PAUSE_JOINS, GUILD_ID, until=day_on)) == ""
        paused = datetime.fromisoformat(fake.incidents["invites_disabled_until"])
        assert day_on - timedelta(minutes=2) < paused < day_on
        assert isinstance(await stage.perform(an_order(K.PAUSE_JOINS, GUILD_ID, until=HOUR_ON)), AlreadyDone)
        assert datetime.fromisoformat(fake.incidents["invites_disabled_until"]) == paused
        for until in (None, START + timedelta(days=2)):
            assert isinstance(await stage.perform(an_order(K.PAUSE_JOINS, GUILD_ID, until=until)), GaveUp)


async def test_a_pause_of_joining_without_the_permission_names_it(fake: FakeDiscord) -> None:
    fake.fail("PUT", ".*/incident-actions", Failure(403, {"message": "Missing Permissions", "code": 50013}))
    async with a_stage(fake) as stage:
        await stage.start()
        refused = await stage.perform(an_order(K.PAUSE_JOINS, GUILD_ID, until=HOUR_ON))
    assert isinstance(refused, NotAllowed)
    assert refused.permission == "Manage Server"


@pytest.mark.parametrize(("by", "is_lifted"), [("", False), (str(BEN), True)])
async def test_the_end_of_a_ban_lifts_no_ban_that_somebody_else_made(
    fake: FakeDiscord, by: str, is_lifted: bool
) -> None:
    fake.bans[ANN] = "a synthetic reason of a person"
    async with a_stage(fake) as stage:
        await stage.start()
        outcome = await stage.perform(an_order(K.UNBAN, ANN, by=by))
    assert isinstance(outcome, AlreadyDone) is not is_lifted
    assert (ANN not in fake.bans) is is_lifted


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
    async with a_stage(fake, deadline_s=0.5) as stage:
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
        missing = {K.OPEN_TALK, K.CLOSE_TALK}
        assert set(ActionKind) - offered == missing
        assert stage.connection.platform.capabilities.ends_by_itself == {K.TIMEOUT, K.PAUSE_JOINS}
        assert not stage.connection.platform.capabilities.answers_members
        for kind in missing:
            assert isinstance(await stage.perform(an_order(kind, ANN)), NotAllowed)
