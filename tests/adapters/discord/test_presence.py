"""Whether the bot is in a server: told when it changes, and at every connection, as it may have changed meanwhile."""

from dataclasses import replace

import pytest

from adapters.discord.connection import connect
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.event import BotRemoved, BotReturned
from core.model.message import ChannelId
from tests.adapters.discord.fake_discord import FakeDiscord
from tests.adapters.discord.house import HARBOUR, TEXTS, Held, Stage, a_stage
from tests.adapters.discord.made_up import GENERAL, GUILD_ID, TOKEN
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard


def told(stage: Stage) -> list[str]:
    assert {each.community for each in stage.intake.presence} <= {HARBOUR.id}
    return [type(each).__name__ for each in stage.intake.presence]


async def until_told(fake: FakeDiscord, stage: Stage, count: int) -> None:
    await fake.until(lambda: len(stage.intake.presence) >= count)


async def test_at_a_connection_it_is_told_that_the_bot_is_there(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await until_told(fake, stage, 1)
        assert stage.intake.presence == [
            BotReturned(platform=HARBOUR.platform, community=HARBOUR.id, at=stage.clock.now())
        ]


async def test_at_a_connection_it_is_told_that_the_bot_was_taken_out_meanwhile(fake: FakeDiscord) -> None:
    fake.has_guild = False
    async with a_stage(fake) as stage:
        await stage.start()
        await until_told(fake, stage, 1)
        assert stage.intake.presence == [
            BotRemoved(platform=HARBOUR.platform, community=HARBOUR.id, at=stage.clock.now())
        ]
        assert stage.notices.standing[f"discord.absent.{HARBOUR.id}"].key == "notice.discord_absent"


@pytest.mark.parametrize("is_said_to_be_available", [True, False])
async def test_a_removal_and_a_return_are_told_in_their_order(fake: FakeDiscord, is_said_to_be_available: bool) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        guild = fake.guild()
        if not is_said_to_be_available:
            del guild["unavailable"]
        await fake.emit("GUILD_DELETE", {"id": str(GUILD_ID)})
        await fake.emit("GUILD_CREATE", guild)
        await until_told(fake, stage, 3)
        assert told(stage) == ["BotReturned", "BotRemoved", "BotReturned"]
        assert [each.is_live for each in stage.intake.presence if isinstance(each, BotRemoved)] == [True]


async def test_an_outage_is_no_removal(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("GUILD_DELETE", {"id": str(GUILD_ID), "unavailable": True})
        await fake.emit("GUILD_CREATE", fake.guild())
        await fake.emit("MESSAGE_CREATE", fake.a_message("afterwards"))
        await stage.received(1)
        assert told(stage) == ["BotReturned"]


async def test_an_outage_at_a_connection_is_no_removal(fake: FakeDiscord) -> None:
    fake.has_outage = True
    async with a_stage(fake) as stage:
        await stage.start()
        await until_told(fake, stage, 1)
        assert told(stage) == ["BotReturned"]


async def test_a_short_cut_says_nothing_anew(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await until_told(fake, stage, 1)
        await fake.cut()
        await fake.until(lambda: fake.resumed == 1)
        await fake.emit("MESSAGE_CREATE", fake.a_message("afterwards"))
        await stage.received(1)
        assert told(stage) == ["BotReturned"]


async def test_a_server_that_is_not_served_says_nothing(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("GUILD_CREATE", {**fake.guild(), "id": "5"})
        await fake.emit("GUILD_DELETE", {"id": "5"})
        await fake.emit("MESSAGE_CREATE", fake.a_message("afterwards"))
        await stage.received(1)
        assert told(stage) == ["BotReturned"]


@pytest.mark.parametrize(
    "community",
    [
        replace(HARBOUR, notice=ChannelId("general")),
        replace(HARBOUR, help_channels=(ChannelId(str(GENERAL)), ChannelId("-5"))),
    ],
)
async def test_a_channel_of_a_post_that_is_no_id_is_refused(community: Community) -> None:
    with pytest.raises(ConfigurationRefused, match=r"notice|help_channels"):
        connect(
            token=TOKEN,
            communities={HARBOUR.id: community},
            intake=Held(),
            clock=FakeClock(),
            notices=Noticeboard(),
            texts=TEXTS,
        )
