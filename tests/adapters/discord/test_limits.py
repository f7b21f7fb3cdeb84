"""What Discord's rate limits may not do: stop what is urgent for longer than Discord asked."""

import asyncio
from datetime import timedelta

from core.errors import RetryLater
from core.model.action import ActionKind
from core.model.case import Concern
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import a_case, a_stage, an_alert, an_order
from tests.adapters.discord.made_up import ANN, CRISIS


async def test_a_call_cut_off_while_discord_pauses_everything_leaves_nobody_waiting(fake: FakeDiscord) -> None:
    pause = Failure(429, {"message": "x", "retry_after": 3.0, "global": True}, {"Via": "1.1 synthetic"})
    fake.fail("PUT", ".*/bans/.*", pause)
    async with a_stage(fake, deadline_s=0.5) as stage:
        await stage.start()
        assert isinstance(await stage.perform(an_order(ActionKind.BAN, ANN)), RetryLater)
        results = [await stage.perform(an_alert(a_case(Concern.CRISIS))) for _ in range(3)]
        assert isinstance(results[-1], str), results
    assert len(fake.posted(CRISIS)) == 1


async def test_what_waits_is_posted_while_no_login_is_left(fake: FakeDiscord) -> None:
    fake.logins_left = 10
    async with a_stage(fake) as stage:
        stage.running = asyncio.create_task(stage.connection.run())
        await fake.until(lambda: stage.clock.sleepers == 1)
        assert isinstance(await stage.perform(an_alert(a_case(Concern.CRISIS))), str)
        assert not stage.connection.link.is_up
        assert stage.connection.link.problem is not None
        assert stage.connection.link.problem.key == "link.discord_no_logins"
        stage.clock.advance(timedelta(minutes=15))
        ended = await stage.ended()
    assert isinstance(ended, RetryLater)
    assert "logins" in ended.reason
    assert fake.identified == 0
    assert len(fake.posted(CRISIS)) == 1
