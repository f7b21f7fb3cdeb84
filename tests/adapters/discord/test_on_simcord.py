"""The adapter in a Discord that somebody else wrote: permissions, ranks and the audit log behave as the real ones."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import discord
import pytest
import simcord
from simcord.backend.errors import BackendError

from adapters.discord.client import GatewayClient
from adapters.discord.connection import DiscordConnection
from adapters.discord.permissions import wanted
from core.errors import LightkeeperError, NotAllowed
from core.model.action import ActionKind
from core.model.card import Text
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.order import Order
from core.model.page import Page
from core.model.post import Found, Kept, Post
from core.model.standing import PostKind
from tests.adapters.discord.house import TEXTS, Held, an_alert, an_order
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard

K = ActionKind
YEAR_BEGINS = datetime.fromisoformat("2026-01-01T00:00:00+00:00")
"""When simcord's clock begins."""


@dataclass
class Town:
    """A simulated server with the bot in it, as an owner would have invited it."""

    env: Any
    guild: Any
    general: Any
    alerts: Any
    ann: Any
    connection: DiscordConnection
    intake: Held
    clock: FakeClock
    community: Community

    async def perform(self, order: Order) -> str | LightkeeperError:
        action = replace(order.action, community=self.community.id, channel=ChannelId(str(self.general.id)))
        try:
            return await self.connection.platform.perform(replace(order, action=action))
        except LightkeeperError as error:
            return error

    def may(self, permissions: discord.Permissions) -> None:
        """Set what the bot's own role holds."""
        self.guild.roles["TestBot"]._role.permissions = permissions.value


@asynccontextmanager
async def a_town() -> AsyncIterator[Town]:
    communities: dict[CommunityId, Community] = {}
    intake, clock = Held(), FakeClock(YEAR_BEGINS)
    connection = DiscordConnection(
        token="synthetic-token-of-nobody.000000",
        communities=communities,
        intake=intake,
        clock=clock,
        notices=Noticeboard(),
        texts=TEXTS,
        locale="en",
    )
    client = GatewayClient(connection)
    async with simcord.run(client, shard_count=1) as env:
        guild = env.create_guild("Harbour")
        alerts = guild.create_text_channel("alerts")
        community = Community(
            id=CommunityId(f"discord:{guild.id}"),
            name="Harbour",
            alerts=ChannelId(str(alerts.id)),
            crisis_alerts=ChannelId(str(alerts.id)),
            owners=frozenset({MemberId(str(guild.owner.id))}),
        )
        communities[community.id] = community
        connection.platform.client = client
        town = Town(
            env=env,
            guild=guild,
            general=guild.create_text_channel("general"),
            alerts=alerts,
            ann=guild.add_member(env.create_user("ann")),
            connection=connection,
            intake=intake,
            clock=clock,
            community=community,
        )
        town.may(wanted())
        yield town
        await connection.close()


async def test_what_a_member_says_changes_forwards_and_takes_away_arrives_in_order() -> None:
    async with a_town() as town:
        said = await town.ann.send(town.general, "synthetic words")
        await town.ann.edit(said, "other words")
        await town.ann.send(town.general, "an answer", reply_to=said)
        await town.ann.forward(said, town.general)
        await town.ann.delete(said)
        await town.ann.send(town.alerts, "about a case")
    assert [(each.text, each.quoted) for each in town.intake.messages] == [
        ("synthetic words", ""),
        ("other words", ""),
        ("an answer", ""),
        ("", "other words"),
    ]
    assert town.intake.messages[2].reply_to_author == str(town.ann.id)
    assert [each.message_id for each in town.intake.deletions] == [str(said.id)]


async def test_a_card_stands_in_its_channel_and_is_edited_in_place() -> None:
    async with a_town() as town:
        receipt = await town.perform(an_alert())
        assert isinstance(receipt, str)
        town.clock.advance(timedelta(minutes=3))
        assert await town.perform(an_alert()) == receipt
        await town.perform(an_alert(kind=K.REFRESH_CARD, receipt=receipt, why="Another reason."))
        (card,) = town.alerts.history()
        assert card.embeds[0].title == "High: Several against one"
        assert "Another reason." in (card.embeds[0].description or "")


async def test_every_deed_works_with_the_permissions_of_the_invitation() -> None:
    async with a_town() as town:
        said = await town.ann.send(town.general, "synthetic words")
        ann, until = town.ann.id, YEAR_BEGINS + timedelta(hours=1)
        for kind, target, ends in [
            (K.DELETE, said.id, None),
            (K.WARN, ann, None),
            (K.TIMEOUT, ann, until),
            (K.LIFT_TIMEOUT, ann, None),
            (K.SLOW_MODE, town.general.id, until),
            (K.LIFT_SLOW_MODE, town.general.id, None),
            (K.LOCK, town.general.id, None),
            (K.UNLOCK, town.general.id, None),
            (K.BAN, ann, None),
            (K.UNBAN, ann, None),
        ]:
            assert isinstance(await town.perform(an_order(kind, target, until=ends)), str), kind
        reasons = {entry.reason for entry in town.guild.audit_log()}
    assert reasons == {"Lightkeeper, case k7q2mabcdefgh"}


async def test_a_locked_channel_is_closed_to_members_until_it_is_opened() -> None:
    async with a_town() as town:
        await town.perform(an_order(K.LOCK, town.general.id))
        with pytest.raises(BackendError, match="Missing Permissions"):
            await town.ann.send(town.general, "synthetic words")
        await town.perform(an_order(K.UNLOCK, town.general.id))
        await town.ann.send(town.general, "synthetic words")
    assert len(town.intake.messages) == 1


async def test_without_the_permission_it_is_named() -> None:
    async with a_town() as town:
        town.may(discord.Permissions(view_channel=True))
        # The bot's own idea of its rights is older than that: as when a channel forbids what the server allows.
        refused = await town.perform(an_order(K.SLOW_MODE, town.general.id, until=YEAR_BEGINS + timedelta(hours=1)))
        assert isinstance(refused, NotAllowed)
        assert "Manage Channels" in refused.permission


async def test_the_owner_can_be_timed_out_by_nobody() -> None:
    async with a_town() as town:
        until = YEAR_BEGINS + timedelta(hours=1)
        refused = await town.perform(an_order(K.TIMEOUT, town.guild.owner.id, until=until))
        assert isinstance(refused, NotAllowed)
        assert await town.perform(an_order(K.TIMEOUT, town.ann.id, until=until)) == ""


async def test_a_post_stands_pinned_once_whatever_members_and_moderators_do() -> None:
    async with a_town() as town:
        board = town.connection.board

        async def kept(words: str, receipt: str = "") -> Kept:
            body = (Text(key="card.case", params={"case": words}),)
            page = Page(name="post.synthetic", title=Text(key="post.help.title"), body=body)
            channel = ChannelId(str(town.general.id))
            return await board.keep(
                Post(community=town.community.id, channel=channel, kind=PostKind.HELP, page=page), receipt
            )

        made = await kept("words")
        await town.ann.send(town.general, "synthetic words")
        assert (await kept("words", made.receipt)).found is Found.STANDING
        assert (await kept("others", made.receipt)).found is Found.EDITED
        assert await kept("others") == Kept(receipt=made.receipt, found=Found.STANDING)
        posts = [each for each in town.general.history() if each.author.id != town.ann.id]
        assert [(str(each.id), each.pinned) for each in posts] == [(made.receipt, True)]
        await posts[0].unpin()
        assert (await kept("others", made.receipt)).found is Found.PINNED_AGAIN
        await posts[0].delete()
        anew = await kept("others", made.receipt)
        assert anew.found is Found.MADE
        posts = [each for each in town.general.history() if each.author.id != town.ann.id]
        assert [(str(each.id), each.pinned) for each in posts] == [(anew.receipt, True)]


async def test_a_post_that_the_bots_role_may_not_pin_is_refused_and_names_the_permission() -> None:
    async with a_town() as town:
        # The bot's own idea of its rights is older than that: the pin itself is refused.
        town.may(discord.Permissions(view_channel=True, send_messages=True, read_message_history=True))
        page = Page(name="post.synthetic", title=Text(key="post.help.title"))
        channel = ChannelId(str(town.general.id))
        post = Post(community=town.community.id, channel=channel, kind=PostKind.HELP, page=page)
        with pytest.raises(NotAllowed) as refused:
            await town.connection.board.keep(post, "")
        assert "Pin Messages" in refused.value.permission
        assert town.general.history() == []
