"""What set-up and the doctor are told of the channels where posts stand."""

from dataclasses import replace
from pathlib import Path

import discord
import pytest

from adapters.discord.permissions import wanted
from adapters.discord.probe import probe
from core.model.community import Community
from core.model.message import ChannelId
from tests.adapters.discord.fake_discord import FakeDiscord
from tests.adapters.discord.house import HARBOUR
from tests.adapters.discord.made_up import ALERTS, BOT_ROLE, GENERAL, GUILD_ID, TOKEN

ROOT = Path(__file__).parents[3]
RULES = 700000000000000009
POSTED = replace(HARBOUR, notice=ChannelId(str(RULES)), help_channels=(ChannelId(str(GENERAL)),))


@pytest.fixture(autouse=True)
def rules(fake: FakeDiscord) -> None:
    """A channel for the notice."""
    fake.channels[RULES] = {**fake.channels[GENERAL], "id": str(RULES), "name": "rules", "permission_overwrites": []}


async def reasons(community: Community = POSTED) -> list[tuple[str, bool]]:
    problems = await probe(token=TOKEN).examine(community)
    assert all(each.hint for each in problems)
    return [(f"{each.place.rpartition(': ')[2]}: {each.reason}", each.is_grave) for each in problems]


async def test_where_posts_can_stand_there_is_no_problem(fake: FakeDiscord) -> None:
    assert await reasons() == []


async def test_every_permission_that_a_post_lacks_is_named_with_its_channel(fake: FakeDiscord) -> None:
    lacking = discord.Permissions(pin_messages=True, embed_links=True, read_message_history=True)
    fake.channels[RULES]["permission_overwrites"] = [
        {"id": str(BOT_ROLE), "type": 0, "allow": "0", "deny": str(lacking.value)}
    ]
    assert await reasons() == [
        ("notice: the bot lacks Read Message History in #rules", True),
        ("notice: the bot lacks Pin Messages in #rules", True),
        ("notice: the bot lacks Embed Links in #rules", False),
    ]


async def test_a_channel_that_is_not_there_or_not_for_members_is_said(fake: FakeDiscord) -> None:
    assert await reasons(replace(POSTED, notice=ChannelId("5"))) == [
        ("notice: there is no such text channel (5)", True)
    ]
    assert await reasons(replace(POSTED, help_channels=(ChannelId(str(ALERTS)),))) == [
        ("help_channels: #alerts is where alerts are posted", True)
    ]
    hidden = {"id": str(GUILD_ID), "type": 0, "allow": "0", "deny": str(1 << 10)}
    fake.channels[RULES]["permission_overwrites"] = [
        hidden,
        {"id": str(BOT_ROLE), "type": 0, "allow": str(1 << 10), "deny": "0"},
    ]
    assert await reasons() == [("notice: not everybody can read #rules", False)]


def test_the_invitation_asks_for_pinning_and_the_guide_has_its_number() -> None:
    assert wanted().pin_messages
    assert f"`permissions={wanted().value}`" in (ROOT / "docs" / "guides" / "discord.md").read_text(encoding="utf-8")
