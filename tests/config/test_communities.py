"""The communities file: read, refused with place and reason, and written so that it reads back."""

from pathlib import Path

import pytest

from config.communities import CommunitiesFile, CommunityEntry, load_communities, written
from core.care.members import Languages
from core.errors import ConfigurationRefused
from core.model.message import CommunityId

ONE = """
[[community]]
platform = "telegram"
id = "-100123"
name = "Harbour"
alerts = "-100456"
crisis_alerts = "-100789"
notice = "-100123"
owners = ["42"]
"""


def _file(folder: Path, text: str) -> Path:
    path = folder / "communities.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_community_is_known_by_its_platform_and_its_id(tmp_path: Path) -> None:
    served = load_communities(_file(tmp_path, ONE))
    community = served.communities[CommunityId("telegram:-100123")]
    assert (community.platform, community.native_id, community.alerts) == ("telegram", "-100123", "-100456")
    assert served.policies[community.id].name == "general"
    assert set(served.of("telegram")) == {community.id}
    assert not served.of("discord")


def test_a_policy_file_is_looked_for_beside_the_communities_file(tmp_path: Path) -> None:
    (tmp_path / "ours.toml").write_text('name = "ours"', encoding="utf-8")
    served = load_communities(_file(tmp_path, ONE + 'policy = "ours.toml"\n'))
    assert served.policies[CommunityId("telegram:-100123")].name == "ours"


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        (ONE + 'polcy = "general"\n', "communities.toml: community[0].polcy", "there is no such field"),
        (ONE.replace('"-100456"', "-100456"), "communities.toml: community[0].alerts", "has to be text"),
        (ONE.replace('["42"]', "[]"), "communities.toml: community[0].owners", "needs at least 1 entry"),
        ("community = []", "communities.toml: community", "needs at least 1 entry"),
        (ONE + ONE, "communities.toml", "stands here twice"),
        (ONE + 'policy = "genral"\n', "communities.toml: community[0].policy: genral", "no such preset"),
        ("", "communities.toml: community", "this field is needed"),
        ("[[community]", "communities.toml", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_refused_with_its_place_and_reason(tmp_path: Path, text: str, place: str, reason: str) -> None:
    with pytest.raises(ConfigurationRefused) as caught:
        load_communities(_file(tmp_path, text))
    assert caught.value.path == place
    assert reason in caught.value.reason


HELP = """
help_channels = ["-1001", "-1002", "-1001"]
countries = ["DE", "AT", "DE"]
locale = "de"
accepted_drafts = ["fr", "de"]
"""
LANGUAGES = Languages(reviewed=frozenset({"en"}), drafts=frozenset({"de", "fr"}))


def test_where_help_stands_and_for_which_countries_is_the_communitys(tmp_path: Path) -> None:
    (community,) = load_communities(_file(tmp_path, ONE + HELP), LANGUAGES).communities.values()
    assert community.notice == "-100123"
    assert community.help_channels == ("-1001", "-1002")
    assert community.countries == ("DE", "AT")
    assert (community.locale, community.drafts) == ("de", frozenset({"de", "fr"}))


def test_without_a_word_of_help_there_is_no_card_and_no_country(tmp_path: Path) -> None:
    (community,) = load_communities(_file(tmp_path, ONE), LANGUAGES).communities.values()
    assert (community.help_channels, community.countries) == ((), ())
    assert (community.locale, community.drafts) == ("en", frozenset())


def test_a_community_without_a_place_for_the_notice_is_refused_and_told_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused) as caught:
        load_communities(_file(tmp_path, ONE.replace('notice = "-100123"\n', "")))
    assert caught.value.path == "communities.toml: community[0].notice"
    assert caught.value.reason == "this field is needed"
    assert "\n" not in str(caught.value)  # one thing is wrong, and the community isn't called missing
    assert "a channel that everybody reads" in caught.value.hint
    assert "On Telegram the group's own id" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "place", "reason"),
    [
        ('countries = ["UK"]', "countries[0]", "did you mean GB?"),
        ('countries = ["EU"]', "countries[0]", "no country's code"),
        ('countries = ["DE", "Germany"]', "countries[1]", "did you mean DE?"),
        ('locale = "de"', "locale", "nobody has reviewed"),
        ('accepted_drafts = ["xx"]', "accepted_drafts", "no texts in"),
        ('help_channels = ["two words"]', "help_channels[0]", ""),
    ],
)
def test_countries_and_languages_that_are_none_are_refused(tmp_path: Path, text: str, place: str, reason: str) -> None:
    with pytest.raises(ConfigurationRefused) as caught:
        load_communities(_file(tmp_path, f"{ONE}{text}\n"), LANGUAGES)
    assert caught.value.path == f"communities.toml: community[0].{place}"
    assert reason in str(caught.value)


def test_a_draft_that_was_reviewed_since_it_was_accepted_refuses_no_start(tmp_path: Path) -> None:
    reviewed = Languages(reviewed=frozenset({"en", "de", "fr"}))
    assert load_communities(_file(tmp_path, ONE + HELP), reviewed).communities


def test_a_missing_file_names_the_command_that_writes_one(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="lightkeeper init"):
        load_communities(tmp_path / "communities.toml")


def test_what_init_writes_reads_back_the_same(tmp_path: Path) -> None:
    entry = CommunityEntry(
        platform="discord",
        id="123",
        name='A "quoted" name \\ with ünïcode\n',
        alerts="1",
        crisis_alerts="2",
        notice="3",
        help_channels=("9", "5"),
        countries=("PT", "BR"),
        accepted_drafts=frozenset({"pt"}),
        owners=frozenset({"7", "8"}),
        moderator_roles=frozenset({"9"}),
    )
    text = written(CommunitiesFile(community=(entry,)))
    (community,) = load_communities(_file(tmp_path, text)).communities.values()
    assert community.name == entry.name
    assert community.owners == {"7", "8"}
    assert (community.help_channels, community.countries) == (("9", "5"), ("PT", "BR"))
    assert community.drafts == {"pt"}
    assert community.moderator_roles == {"9"}
