"""How a connection begins, breaks, comes back and ends, and what people are told meanwhile."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.discord.connection import GIVE_UP_AFTER, connect
from bots.logging import configure_logging
from core.errors import ConfigurationRefused, RetryLater, Unavailable
from core.model.action import ActionKind
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import HARBOUR, TEXTS, Held, a_stage, an_alert, an_order
from tests.adapters.discord.made_up import ANN, BEN, GUILD_ID, MODERATOR_ROLE, TOKEN
from tests.clock import START, FakeClock
from tests.core.noticeboard import Noticeboard


async def test_making_a_connection_touches_no_network(fake: FakeDiscord) -> None:
    connection = connect(
        token=TOKEN,
        communities={HARBOUR.id: HARBOUR},
        intake=Held(),
        clock=FakeClock(),
        notices=Noticeboard(),
        texts=TEXTS,
    )
    assert connection.platform.name == "discord"
    assert not connection.link.is_up
    assert connection.link.problem is not None
    assert connection.name_of("5") == "5"
    assert connection.channel_name("6") == "6"
    assert connection.roles_of(HARBOUR.id, next(iter(HARBOUR.owners))) == frozenset()
    await connection.close()
    await connection.close()
    assert fake.asked == []


@pytest.mark.parametrize("token", ["", "x", "with a space in the middle of it", "line\nbreak-in-a-long-enough-token"])
def test_what_cant_be_a_token_is_refused_without_being_repeated(token: str) -> None:
    with pytest.raises(ConfigurationRefused) as refused:
        _connect(token=token)
    assert refused.value.path == "LIGHTKEEPER_DISCORD_TOKEN"
    assert not token or token not in str(refused.value)


@pytest.mark.parametrize("field", ["id", "alerts", "crisis_alerts"])
def test_an_id_that_is_none_of_discords_is_refused_with_its_field(field: str) -> None:
    wrong = {
        "id": replace(HARBOUR, id=CommunityId("discord:#general")),
        "alerts": replace(HARBOUR, alerts=ChannelId("#general")),
        "crisis_alerts": replace(HARBOUR, crisis_alerts=ChannelId("#general")),
    }
    with pytest.raises(ConfigurationRefused) as refused:
        _connect(community=wrong[field])
    assert refused.value.path.endswith(f": {field}")
    assert "Developer Mode" in refused.value.hint


async def test_a_token_that_discord_refuses_names_the_setting_and_not_the_token(fake: FakeDiscord) -> None:
    fake.is_token_good = False
    async with a_stage(fake) as stage:
        with pytest.raises(ConfigurationRefused) as refused:
            await stage.start()
    assert refused.value.path == "LIGHTKEEPER_DISCORD_TOKEN"
    assert TOKEN not in repr(refused.value) + str(refused.value) + repr(stage.connection)
    assert refused.value.__suppress_context__


async def test_a_token_that_is_revoked_while_running_names_the_setting(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.cut(4004)
        ended = await stage.ended()
    assert isinstance(ended, ConfigurationRefused)
    assert ended.path == "LIGHTKEEPER_DISCORD_TOKEN"


async def test_a_missing_intent_names_the_switch(fake: FakeDiscord) -> None:
    fake.refuse_gateway_with = 4014
    async with a_stage(fake) as stage:
        with pytest.raises(ConfigurationRefused) as refused:
            await stage.start()
    assert "switch on Message Content Intent" in refused.value.hint


@pytest.mark.parametrize("path", ["/users/@me", "/gateway/bot"])
async def test_a_discord_in_trouble_is_tried_again_later(fake: FakeDiscord, path: str) -> None:
    fake.fail("GET", path, Failure(503))
    async with a_stage(fake) as stage:
        with pytest.raises(RetryLater):
            await stage.start()
        await stage.start()
        assert stage.connection.link.is_up


async def test_a_cut_that_is_resumed_loses_nothing_and_tells_nobody(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("before"))
        await stage.received(1)
        stage.notices.standing.clear()
        await fake.cut(1001)
        await fake.emit("MESSAGE_CREATE", fake.a_message("meanwhile", nth=1))
        await stage.received(2)
        await fake.until(lambda: stage.connection.link.is_up)
    assert fake.resumed == 1
    assert [each.text for each in stage.intake.messages] == ["before", "meanwhile"]
    assert "discord.missed" not in stage.notices.standing


async def test_a_second_connection_says_from_when_to_when_nothing_was_read(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        assert stage.notices.standing["discord.missed"].key == "notice.discord_missed_before"
        stage.clock.advance(timedelta(minutes=3))
        await fake.cut(4010)
        assert isinstance(await stage.ended(), RetryLater)
        assert not stage.connection.link.is_up
        stage.clock.advance(timedelta(minutes=7))
        await stage.start()
        told = stage.notices.standing["discord.missed"]
        assert told.params == {"since": "2026-03-01 12:03 UTC", "until": "2026-03-01 12:10 UTC"}
        assert stage.connection.link.since == START + timedelta(minutes=10)
        await fake.emit("MESSAGE_CREATE", fake.a_message("after", at=stage.clock.now()))
        await stage.received(1)


async def test_a_gateway_that_stays_away_gets_a_new_login(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.until(lambda: stage.clock.sleepers == 1)
        fake.refuses_handshakes = True
        await fake.cut(1001)
        await fake.until(lambda: not stage.connection.link.is_up)
        assert isinstance(await stage.perform(an_alert()), str)
        while stage.running is not None and not stage.running.done():
            stage.clock.advance(GIVE_UP_AFTER / 4)
            await fake.until(lambda: stage.clock.sleepers > 0 or bool(stage.running and stage.running.done()))
        assert isinstance(await stage.ended(), RetryLater)
        fake.refuses_handshakes = False
        await stage.start()
        assert fake.identified == 2


async def test_a_frame_that_is_no_json_ends_the_connection_without_its_words(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.send_rubbish()
        ended = await stage.ended()
        assert isinstance(ended, RetryLater)
        assert ended.__suppress_context__
        assert "words" not in str(ended)
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("afterwards"))
        await stage.received(1)


async def test_an_edit_that_comes_without_roles_takes_none_away(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("synthetic", author=BEN))
        edited = fake.a_message("changed", author=BEN, edited_timestamp=(START + timedelta(minutes=1)).isoformat())
        del edited["member"]
        await fake.emit("MESSAGE_UPDATE", edited)
        await stage.received(2)
        assert stage.intake.messages[1].author.roles == {str(MODERATOR_ROLE)}
        assert stage.connection.roles_of(HARBOUR.id, MemberId(str(BEN))) == {str(MODERATOR_ROLE)}


async def test_names_that_turn_or_hide_text_are_known_without_that(fake: FakeDiscord) -> None:
    fake.members[ANN]["nick"] = "an\u202en\ufeff\U000e0041\n\x1b[2J"
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("synthetic"))
        await stage.received(1)
        assert stage.connection.name_of(str(ANN)) == "an n [2J"


async def test_people_named_in_the_file_are_known_before_they_write(fake: FakeDiscord) -> None:
    unknown = replace(HARBOUR, moderators=HARBOUR.moderators | {MemberId("5"), MemberId("not-an-id")})
    async with a_stage(fake, unknown) as stage:
        await stage.start()
        await fake.until(lambda: stage.connection.name_of(str(BEN)) == "ben")
        assert stage.connection.roles_of(HARBOUR.id, MemberId(str(BEN))) == {str(MODERATOR_ROLE)}
        await fake.until(lambda: stage.connection.name_of(str(ANN)) == "ann")
        assert stage.connection.name_of("5") == "5"
        assert stage.connection.link.is_up


async def test_servers_that_are_not_served_and_communities_without_the_bot_are_told(fake: FakeDiscord) -> None:
    elsewhere = replace(HARBOUR, id=CommunityId("discord:5"), name="Elsewhere")
    async with a_stage(fake, elsewhere) as stage:
        await stage.start()
        stranger = stage.notices.standing[f"discord.stranger.{GUILD_ID}"]
        assert stranger.params == {"name": "Harbour", "id": str(GUILD_ID)}
        assert stage.notices.standing["discord.absent.discord:5"].params == {"name": "Elsewhere", "id": "5"}
        await fake.emit("MESSAGE_CREATE", fake.a_message("not screened"))
        await fake.emit("GUILD_DELETE", {"id": str(GUILD_ID)})
        await fake.until(lambda: f"discord.stranger.{GUILD_ID}" not in stage.notices.standing)
    assert stage.intake.events == []


async def test_many_strange_servers_raise_a_bounded_number_of_notices(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        for nth in range(100):
            await fake.emit("GUILD_CREATE", {**fake.guild(), "id": str(1000 + nth), "channels": [], "threads": []})
        await fake.emit("MESSAGE_CREATE", fake.a_message("the last"))
        await stage.received(1)
    assert len([key for key in stage.notices.raised if key.startswith("discord.stranger")]) == 20


async def test_a_bot_that_is_removed_and_invited_again_is_told_and_untold(fake: FakeDiscord) -> None:
    absent = f"discord.absent.{HARBOUR.id}"
    async with a_stage(fake) as stage:
        await stage.start()
        assert absent not in stage.notices.standing
        await fake.emit("GUILD_DELETE", {"id": str(GUILD_ID)})
        await fake.until(lambda: absent in stage.notices.standing)
        await fake.emit("GUILD_CREATE", fake.guild())
        await fake.until(lambda: absent not in stage.notices.standing)


async def test_an_outage_of_discords_own_is_not_taken_for_a_removal(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("GUILD_DELETE", {"id": str(GUILD_ID), "unavailable": True})
        await fake.emit("GUILD_CREATE", fake.guild())
        await fake.emit("MESSAGE_CREATE", fake.a_message("still here"))
        await stage.received(1)
    assert f"discord.absent.{HARBOUR.id}" not in stage.notices.raised


async def test_stopping_finishes_what_was_begun(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        stage.intake.failures = [Unavailable(reason="full")]
        await fake.emit("MESSAGE_CREATE", fake.a_message("one"))
        await fake.emit("MESSAGE_CREATE", fake.a_message("two", nth=1))
        await fake.until(lambda: "store" in stage.notices.standing)
        fake.fail("PUT", ".*/bans/.*", Failure(waits_for=(gate := asyncio.Event())))
        under_way = asyncio.create_task(stage.perform(an_order(ActionKind.BAN, ANN)))
        await fake.until(lambda: bool(fake.requests("PUT", ".*")))
        stopping = asyncio.create_task(stage.stop())
        await fake.until(lambda: not stage.connection.link.is_up)
        assert isinstance(await stage.perform(an_alert()), RetryLater)
        gate.set()
        assert await under_way == ""
        await stopping
        closing = asyncio.create_task(stage.connection.close())
        stage.clock.advance(timedelta(seconds=5))
        await closing
    assert [each.text for each in stage.intake.messages] == ["one", "two"]


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    stream = io.StringIO()
    root, library = logging.getLogger(), logging.getLogger("discord")
    handlers, level, before = root.handlers[:], root.level, library.level
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)
    library.setLevel(before)


async def test_no_log_line_holds_what_was_written_or_the_token(fake: FakeDiscord, lines: io.StringIO) -> None:
    configure_logging("json", "debug", lines)
    async with a_stage(fake) as stage:
        await stage.start()
        await fake.emit("MESSAGE_CREATE", fake.a_message("synthetic-canary"))
        await fake.emit("MESSAGE_CREATE", {**fake.a_message("synthetic-canary", nth=1), "author": "synthetic-canary"})
        await stage.perform(an_alert(why="synthetic-canary"))
        await fake.until(lambda: stage.connection.dropped.total() == 1)
        await stage.received(1)
        await fake.cut(1001)
        await fake.until(lambda: fake.resumed == 1)
    assert [json.loads(line) for line in lines.getvalue().splitlines()]
    assert "synthetic-canary" not in lines.getvalue()
    assert TOKEN not in lines.getvalue()


def _connect(*, token: str = TOKEN, community: Community = HARBOUR) -> None:
    connect(
        token=token,
        communities={community.id: community},
        intake=Held(),
        clock=FakeClock(),
        notices=Noticeboard(),
        texts=TEXTS,
    )
