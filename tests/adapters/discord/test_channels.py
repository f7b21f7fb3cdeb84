"""Slow mode and locks: what was set in a channel before comes back, also after a restart."""

from typing import Any

import pytest

from core.errors import AlreadyDone, GaveUp, RetryLater
from core.model.action import ActionKind
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import a_stage, an_order
from tests.adapters.discord.made_up import BOT_ROLE, GENERAL, GUILD_ID, THREAD
from tests.clock import START

K = ActionKind
READING, WRITING = 1 << 10, 1 << 11
IN_THREADS, MAKING_THREADS = 1 << 38, 1 << 35


def _of_everybody(allow: int = 0, deny: int = 0) -> dict[str, Any]:
    return {"id": str(GUILD_ID), "type": 0, "allow": str(allow), "deny": str(deny)}


@pytest.mark.parametrize(
    "before",
    [
        [],
        [_of_everybody(allow=READING | WRITING, deny=32)],
        [_of_everybody(deny=IN_THREADS | 32)],
        [_of_everybody(allow=MAKING_THREADS)],
        [_of_everybody()],
    ],
    ids=str,
)
@pytest.mark.parametrize("restarts", [False, True])
async def test_unlocking_puts_back_exactly_what_was_there(
    fake: FakeDiscord, before: list[dict[str, Any]], restarts: bool
) -> None:
    fake.channels[GENERAL]["permission_overwrites"] = [dict(each) for each in before]
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(an_order(K.LOCK, GENERAL))
        assert isinstance(receipt, str)
        (locked,) = fake.channels[GENERAL]["permission_overwrites"]
        assert int(locked["deny"]) & (WRITING | IN_THREADS | MAKING_THREADS) == WRITING | IN_THREADS | MAKING_THREADS
        assert not int(locked["allow"]) & (WRITING | IN_THREADS | MAKING_THREADS)
        if not restarts:
            await stage.perform(an_order(K.UNLOCK, GENERAL, receipt=receipt))
    if restarts:
        async with a_stage(fake) as stage:
            await stage.start()
            await stage.perform(an_order(K.UNLOCK, GENERAL, receipt=receipt))
    after = fake.channels[GENERAL]["permission_overwrites"]
    assert [(each["id"], each["allow"], each["deny"]) for each in after] == [
        (each["id"], each["allow"], each["deny"]) for each in before
    ]


async def test_what_was_changed_during_a_lock_stays(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(an_order(K.LOCK, GENERAL))
        assert isinstance(receipt, str)
        (locked,) = fake.channels[GENERAL]["permission_overwrites"]
        locked["deny"] = str(int(locked["deny"]) | 32)
        await stage.perform(an_order(K.UNLOCK, GENERAL, receipt=receipt))
    (after,) = fake.channels[GENERAL]["permission_overwrites"]
    assert (after["allow"], after["deny"]) == ("0", "32")


async def test_a_lock_on_top_of_a_lock_still_knows_what_was_there_first(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        first = await stage.perform(an_order(K.LOCK, GENERAL))
        assert await stage.perform(an_order(K.LOCK, GENERAL, version=2)) == first


async def test_a_channel_that_somebody_opened_meanwhile_is_open_already(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.UNLOCK, GENERAL, receipt="overwrite:none")), AlreadyDone)


async def test_a_lock_whose_receipt_is_lost_is_opened_all_the_same(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.LOCK, GENERAL))
    async with a_stage(fake) as stage:
        await stage.start()
        assert await stage.perform(an_order(K.UNLOCK, GENERAL, receipt="")) == ""
    (after,) = fake.channels[GENERAL]["permission_overwrites"]
    assert after["deny"] == "0"


@pytest.mark.parametrize("before", [0, 5])
@pytest.mark.parametrize("is_answer_lost", [False, True])
async def test_a_channel_goes_on_at_the_pace_that_it_had(fake: FakeDiscord, before: int, is_answer_lost: bool) -> None:
    fake.channels[GENERAL]["rate_limit_per_user"] = before
    if is_answer_lost:
        fake.fail("PATCH", ".*/channels/.*", Failure(503, {"message": "x", "code": 0}, after_effect=True))
    async with a_stage(fake) as stage:
        await stage.start()
        receipt = await stage.perform(an_order(K.SLOW_MODE, GENERAL, until=START))
        if is_answer_lost:
            assert isinstance(receipt, RetryLater)
            receipt = await stage.perform(an_order(K.SLOW_MODE, GENERAL, until=START))
        assert isinstance(receipt, str)
        assert fake.channels[GENERAL]["rate_limit_per_user"] > 30
    async with a_stage(fake) as stage:
        await stage.start()
        await stage.perform(an_order(K.LIFT_SLOW_MODE, GENERAL, receipt=receipt))
    assert fake.channels[GENERAL]["rate_limit_per_user"] == before


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
        receipt = await stage.perform(an_order(K.LOCK, GENERAL))
        assert receipt == "overwrite:none"


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
        assert fake.threads[THREAD]["thread_metadata"]["locked"] is True
        assert isinstance(await stage.perform(an_order(K.LOCK, THREAD, version=2)), AlreadyDone)
        await stage.perform(an_order(K.UNLOCK, THREAD))
    assert fake.threads[THREAD]["thread_metadata"]["locked"] is False


async def test_a_channel_that_is_slower_already_stays_so(fake: FakeDiscord) -> None:
    fake.channels[GENERAL]["rate_limit_per_user"] = 120
    async with a_stage(fake) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(K.SLOW_MODE, GENERAL, until=START)), AlreadyDone)
    assert fake.channels[GENERAL]["rate_limit_per_user"] == 120
