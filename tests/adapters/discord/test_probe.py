"""What set-up and the doctor are told of a token and of a community, without a gateway."""

from dataclasses import replace

import discord
import pytest

from adapters.discord.permissions import ACTING, NEEDED, wanted
from adapters.discord.probe import probe
from core.errors import ConfigurationRefused, RetryLater
from core.model.action import ActionKind
from core.model.community import Community
from core.model.message import ChannelId, MemberId, RoleId
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import HARBOUR
from tests.adapters.discord.made_up import ALERTS, ANN, APPLICATION_ID, BEN, BOT_ID, CRISIS, GUILD_ID, TOKEN


async def _reasons(community: Community = HARBOUR) -> list[str]:
    problems = await probe(token=TOKEN).examine(community)
    assert all(each.hint for each in problems)
    return [f"{each.place.rpartition(': ')[2]}: {each.reason}" for each in problems]


async def test_a_good_token_tells_who_the_bot_is_and_how_to_invite_it(fake: FakeDiscord) -> None:
    identity = await probe(token=TOKEN).identify()
    assert (identity.id, identity.name) == (str(BOT_ID), "lightkeeper")
    assert identity.problems == ()
    assert f"client_id={APPLICATION_ID}" in identity.invite
    assert f"permissions={wanted().value}" in identity.invite
    assert fake.identified == 0


async def test_a_missing_intent_is_a_problem_that_names_the_switch(fake: FakeDiscord) -> None:
    fake.has_content_intent = False
    identity = await probe(token=TOKEN).identify()
    (problem,) = identity.problems
    assert "Message Content Intent" in problem.hint


async def test_a_refused_token_names_the_setting(fake: FakeDiscord) -> None:
    fake.is_token_good = False
    with pytest.raises(ConfigurationRefused) as refused:
        await probe(token=TOKEN).identify()
    assert refused.value.path == "LIGHTKEEPER_DISCORD_TOKEN"
    assert TOKEN not in str(refused.value)
    with pytest.raises(ConfigurationRefused):
        await probe(token=TOKEN).examine(HARBOUR)


async def test_a_discord_that_cant_be_reached_is_said_plainly(
    fake: FakeDiscord, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(discord.http.Route, "BASE", "http://127.0.0.1:9/api")
    with pytest.raises(RetryLater, match="can't be reached"):
        await probe(token=TOKEN).identify()


async def test_what_answers_in_discords_place_is_said_plainly(fake: FakeDiscord) -> None:
    fake.fail("GET", "/users/@me", Failure(200, {"hello": "please log in"}))
    with pytest.raises(RetryLater, match="is not Discord"):
        await probe(token=TOKEN).identify()


async def test_a_discord_in_trouble_is_said_plainly(fake: FakeDiscord) -> None:
    fake.fail("GET", "/guilds/.*", Failure(503))
    with pytest.raises(RetryLater, match="503"):
        await probe(token=TOKEN).examine(HARBOUR)


async def test_a_survey_offers_text_channels_roles_and_the_owner_of_each_server(fake: FakeDiscord) -> None:
    fake.channels[5] = {**fake.channels[ALERTS], "id": "5", "type": 4, "name": "a category", "position": 0}
    fake.roles[1]["name"] = "Mod\u202e\nerators"
    (candidate,) = await probe(token=TOKEN).survey()
    assert (candidate.id, candidate.name) == (str(GUILD_ID), "Harbour")
    assert [each.name for each in candidate.places] == ["#general", "#alerts", "#crisis"]
    assert [each.name for each in candidate.roles] == ["Lightkeeper", "Mod erators"]
    assert [(each.id, each.name) for each in candidate.owners] == [(str(BEN), "ben")]


async def test_a_survey_of_a_bot_that_is_nowhere_is_empty(fake: FakeDiscord) -> None:
    fake.has_guild = False
    assert await probe(token=TOKEN).survey() == []


async def test_a_community_that_is_set_up_well_has_no_problems(fake: FakeDiscord) -> None:
    assert await _reasons() == []


async def test_a_bot_that_was_not_invited_is_told_with_the_link(fake: FakeDiscord) -> None:
    fake.has_guild = False
    (problem,) = await probe(token=TOKEN).examine(HARBOUR)
    assert "not in this server" in problem.reason
    assert "permissions=" in problem.hint


async def test_every_missing_permission_is_named_with_what_it_is_for(fake: FakeDiscord) -> None:
    posting = discord.Permissions(send_messages=True, embed_links=True)
    for place in fake.channels[ALERTS]["permission_overwrites"][1:]:
        place["deny"] = str(posting.value)
    held = discord.Permissions(int(fake.roles[2]["permissions"]))
    held.update(ban_members=False, manage_messages=False)
    fake.roles[2]["permissions"] = str(held.value)
    problems = await probe(token=TOKEN).examine(HARBOUR)
    assert [each.reason for each in problems] == [
        "the bot lacks Send Messages in #alerts",
        "the bot lacks Embed Links in #alerts",
        "the bot lacks Manage Messages",
        "the bot lacks Ban Members",
    ]
    assert [each.is_grave for each in problems] == [True, True, False, False]
    assert "to delete messages" in problems[2].hint


async def test_a_crisis_channel_that_everybody_can_read_is_grave(fake: FakeDiscord) -> None:
    fake.channels[CRISIS]["permission_overwrites"] = []
    (problem,) = await probe(token=TOKEN).examine(HARBOUR)
    assert "everybody" in problem.reason
    assert problem.is_grave


@pytest.mark.parametrize(
    ("community", "reasons"),
    [
        (replace(HARBOUR, alerts=ChannelId("5")), ["alerts: there is no such text channel"]),
        (replace(HARBOUR, alerts=HARBOUR.crisis_alerts), ["crisis_alerts: crisis alerts go where all moderators read"]),
        (replace(HARBOUR, moderator_roles=frozenset({RoleId("5")})), ["moderator_roles: there is no role 5"]),
        (replace(HARBOUR, responders=frozenset({MemberId("5")})), ["responders: 5 is not a member"]),
        (replace(HARBOUR, responders=frozenset({MemberId("ben")})), ["responders: ben is not a member"]),
    ],
)
async def test_what_the_file_names_wrongly_is_named_with_its_field(
    fake: FakeDiscord, community: Community, reasons: list[str]
) -> None:
    assert await _reasons(community) == reasons


async def test_a_role_that_nobody_hears_is_grave_where_it_names_all_responders(fake: FakeDiscord) -> None:
    fake.roles[1]["mentionable"] = False
    held = discord.Permissions(int(fake.roles[2]["permissions"]))
    held.update(mention_everyone=False)
    fake.roles[2]["permissions"] = str(held.value)
    by_role = replace(HARBOUR, responders=frozenset(), responder_roles=HARBOUR.moderator_roles)
    told = await probe(token=TOKEN).examine(by_role)
    assert [(each.place.rpartition(": ")[2], each.is_grave) for each in told] == [
        ("moderator_roles", False),
        ("responder_roles", True),
    ]
    assert all("@mention" in each.hint for each in told)


async def test_people_and_roles_that_cant_see_where_they_are_called_are_named(fake: FakeDiscord) -> None:
    fake.channels[CRISIS]["permission_overwrites"] = fake.channels[CRISIS]["permission_overwrites"][:2]
    assert await _reasons(replace(HARBOUR, responder_roles=HARBOUR.moderator_roles)) == [
        "responder_roles: the role Moderators can't see #crisis",
        f"responders: {ANN} can't see #crisis",
    ]


async def test_everybodys_role_makes_nobody_a_responder(fake: FakeDiscord) -> None:
    (problem,) = await probe(token=TOKEN).examine(replace(HARBOUR, responder_roles=frozenset({RoleId(str(GUILD_ID))})))
    assert problem.is_grave
    assert "nobody" in problem.reason


async def test_an_administrator_is_told_that_it_needs_less(fake: FakeDiscord) -> None:
    fake.roles[2]["permissions"] = str(1 << 3)
    (problem,) = await probe(token=TOKEN).examine(HARBOUR)
    assert "administrator" in problem.reason
    assert not problem.is_grave


def test_the_invitation_asks_for_what_actions_need_and_never_for_everything() -> None:
    asked_for = wanted()
    assert not asked_for.administrator
    needed = " ".join(name for kind, name in NEEDED.items() if kind not in {ActionKind.ALERT, ActionKind.PAGE})
    assert [need.name for need in ACTING if need.name not in needed] == []
    assert asked_for.moderate_members
    assert asked_for.send_messages
