"""The communities file: read, refused with place and reason, and written so that it reads back."""

from pathlib import Path

import pytest

from config.communities import CommunitiesFile, CommunityEntry, load_communities, written
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
        (ONE.replace('["42"]', "[]"), "communities.toml: community[0].owners", ""),
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
        owners=frozenset({"7", "8"}),
        moderator_roles=frozenset({"9"}),
    )
    text = written(CommunitiesFile(community=(entry,)))
    (community,) = load_communities(_file(tmp_path, text)).communities.values()
    assert community.name == entry.name
    assert community.owners == {"7", "8"}
    assert community.moderator_roles == {"9"}
