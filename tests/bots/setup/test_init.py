"""`lightkeeper init` walked at a terminal, against a Telegram and a Discord on loopback."""

from collections.abc import AsyncIterator, Mapping
from pathlib import Path

import pytest

from adapters.discord.probe import probe as discord_probe
from adapters.telegram.probe import probe as telegram_probe
from bots.setup.conversation import converse
from bots.setup.writing import entries_in, write_communities
from config.communities import load_communities
from config.resources.files import Files
from config.settings import load_settings
from core.model.message import CommunityId
from tests.adapters.discord import made_up
from tests.adapters.discord.fake_discord import FakeDiscord, serving
from tests.adapters.telegram.fake_telegram import (
    BOT,
    CRISIS,
    GROUP,
    STAFF,
    TOKEN,
    FakeTelegram,
    a_chat,
    a_member,
    a_message,
    a_user,
    an_administrator,
)
from tests.bots.setup.test_conversation import Person
from tests.bots.setup.typist import Typist, typing
from tests.core.services import TODAY, Shelf

QUESTIONS = (
    ("Where is your community?", "2"),
    ("The token", TOKEN),
    ("once that is done", ""),
    ("Which community should", ""),
    ("do moderators get alerts?", "1"),
    ("get crisis alerts?", "2"),
    ("Who are the owners?", "7"),
    ("Who decides about conduct?", "8, 61"),
    ("Who are the responders?", "61"),
    ("How should it judge?", "3"),
    ("Where should the bot say that?", ""),
    ("Where should the card", ""),
    ("Which countries do your members", "de"),
    ("Go through them now?", "y"),
    ("1 of 3", "y"),
    ("2 of 3", "q"),
    ("Set up another community?", "n"),
)
"""What is asked of somebody with a group on Telegram, and an answer to each."""
IDS = {
    "Who are the owners?": "700001",
    "Who decides about conduct?": "800001 610001",
    "Who are the responders?": "610001",
}


@pytest.fixture
async def telegram() -> AsyncIterator[FakeTelegram]:
    """A Telegram on which the bot was added everywhere, in a group with a name that would steer a terminal."""
    async with FakeTelegram() as fake:
        number = int(str(BOT["id"]))
        for chat, title in ((GROUP, "Harbour \U0001f6a2\x1b[2J"), (STAFF, "Crew"), (CRISIS, "Care")):
            fake.members[chat, number] = an_administrator(BOT)
            await fake.bring({"message": a_message(chat=a_chat(chat, title))}, is_valid=False)
        fake.members[CRISIS, 610001] = a_member(a_user(610001, "Rae"))
        yield fake


def _in(folder: Path) -> Mapping[str, tuple[int, str]]:
    """The files of a folder, with their modes and what is in them."""
    return {path.name: (path.stat().st_mode & 0o777, path.read_text()) for path in folder.iterdir()}


async def _walked(person: Typist, *, after: str = "", until: str = "") -> None:
    for question, answer in QUESTIONS[[question for question, _ in QUESTIONS].index(after) + 1 if after else 0 :]:
        await person.reads(question)
        if question == until:
            return
        await person.answers(": ", IDS.get(question, answer))


async def test_an_owner_gets_a_configuration_that_can_be_read_and_is_the_owners_alone(
    telegram: FakeTelegram, tmp_path: Path
) -> None:
    with typing(tmp_path, LIGHTKEEPER_TELEGRAM_API_URL=telegram.url) as person:
        await _walked(person)
        assert await person.ended() == 0
    assert TOKEN not in person.seen
    assert "\x1b[2J" not in person.seen
    assert "The bot can do its work there." in person.seen
    served = load_communities(tmp_path / "communities.toml")
    community = served.communities[CommunityId(f"telegram:{GROUP}")]
    assert community.name.startswith("Harbour \U0001f6a2")
    assert (community.alerts, community.crisis_alerts) == (str(STAFF), str(CRISIS))
    assert community.moderators == {"800001", "610001"}
    assert served.policies[community.id].name == "support-community"
    token = load_settings(tmp_path / ".env").telegram_token
    assert token is not None
    assert token.get_secret_value() == TOKEN
    assert {name: mode for name, (mode, _) in _in(tmp_path).items()} == {
        ".env": 0o600,
        "communities.toml": 0o600,
        "resources-confirmed.toml": 0o644,
    }
    assert community.notice == str(GROUP)
    assert community.help_channels == (str(GROUP),)
    assert community.countries == ("DE",)
    (confirmed,) = Files(tmp_path).state().confirmations
    assert confirmed.service == next(each.id for each in Files().state().services if each.country == "DE")


@pytest.mark.parametrize("question", ["Where is your community?", "The token", "Who are the owners?"])
async def test_ctrl_c_leaves_the_terminal_and_the_folder_as_they_were(
    telegram: FakeTelegram, tmp_path: Path, question: str
) -> None:
    (tmp_path / ".env").write_text("# mine\n")
    with typing(tmp_path, LIGHTKEEPER_TELEGRAM_API_URL=telegram.url) as person:
        await _walked(person, until=question)
        await person.reads(": ")
        await person.interrupts()
        assert await person.ended() == 1
        assert person.echoes
    assert "Nothing was written." in person.seen
    assert "Traceback" not in person.seen
    assert {name: text for name, (_, text) in _in(tmp_path).items()} == {".env": "# mine\n"}


async def test_a_token_of_the_environment_that_was_not_kept_is_said_to_win(
    telegram: FakeTelegram, tmp_path: Path
) -> None:
    settings = {"LIGHTKEEPER_TELEGRAM_API_URL": telegram.url, "LIGHTKEEPER_TELEGRAM_TOKEN": f"{TOKEN}-of-old"}
    with typing(tmp_path, **settings) as person:
        await person.answers(": ", "2")
        await person.answers("Keep it? [Y/n]: ", "n")
        await _walked(person, after="Where is your community?")
        assert await person.ended() == 0
    assert "LIGHTKEEPER_TELEGRAM_TOKEN is also set in this environment" in person.seen
    assert TOKEN not in person.seen


async def test_a_place_that_takes_no_file_is_told_before_anything_is_asked(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with typing(tmp_path, LIGHTKEEPER_COMMUNITIES=str(tmp_path / "file" / "communities.toml")) as person:
        assert await person.ended() == 78
    assert "can't be written" in person.seen
    assert "Where is your community?" not in person.seen


async def test_what_was_written_on_discord_reads_back_and_is_served_well(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    path = tmp_path / "communities.toml"
    async with serving(monkeypatch) as fake:
        fake.roles[1]["name"] = "Crew\u202e\x1b[2J \U0001f525"
        person = Person(
            token=[made_up.TOKEN],
            platform=["1"],
            places=["2", "3"],
            moderators=["2"],
            responders=["2"],
            notice=["1"],
        )
        person.questions |= {"In which channel": "places"}
        answers = await converse(
            person,
            lambda _, token: discord_probe(token=token),
            ["discord", "telegram"],
            directory=Shelf(),
            today=TODAY,
        )
        write_communities(path, answers.entries)
        (entry,) = entries_in(path)
        assert (entry.alerts, entry.crisis_alerts) == (str(made_up.ALERTS), str(made_up.CRISIS))
        assert entry.moderator_roles == {str(made_up.MODERATOR_ROLE)}
        assert not any("\u202e" in sentence or "\x1b" in sentence for sentence in person.heard)
        (community,) = load_communities(path).communities.values()
        assert await discord_probe(token=made_up.TOKEN).examine(community) == []
    assert isinstance(fake, FakeDiscord)


async def test_a_topic_of_the_watched_group_is_not_offered_for_its_alerts(telegram: FakeTelegram) -> None:
    opening = a_message(44, None, forum_topic_created={"name": "Staff", "icon_color": 1}, chat=a_chat(GROUP, "Harbour"))
    topic = a_message(45, message_thread_id=44, is_topic_message=True, reply_to_message=opening, chat=a_chat(GROUP))
    await telegram.bring({"message": topic}, is_valid=False)
    asked = telegram_probe(token=TOKEN, base_url=telegram.url)
    assert f"{GROUP}/44" in {place.id for each in await asked.survey() for place in each.places}
    person = Person(token=[TOKEN], alerts=["1"], crisis=["2"], owners=["700001"], responders=["610001"])
    await converse(person, lambda *_: asked, ["telegram"], directory=Shelf(), today=TODAY)
    before = person.heard[: person.heard.index("Where should the bot say that? Everybody has to be able to read it.")]
    assert not any(f"[{GROUP}/44]" in sentence for sentence in before)
    assert any(f"[{GROUP}/44]" in sentence for sentence in person.heard)
