"""Seeded mistakes, each in an otherwise healthy installation: the doctor names the place and says what to do."""

import io
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from adapters.store.health import Figures, KeyState, Standing, StoreHealth
from bots.doctor.configuration import examine_communities, examine_settings
from bots.doctor.examination import examine
from bots.doctor.section import Section
from bots.doctor.storage import examine_data_folder, examine_database
from bots.doctor.telling import tell
from core.model.message import CommunityId
from core.model.problem import Problem

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ADAPTERS = frozenset({"discord", "telegram"})
TOKEN = "LIGHTKEEPER_TELEGRAM_TOKEN=123456:synthetic-token-of-nobody-at-all-00000\n"
DISCORD_TOKEN = "LIGHTKEEPER_DISCORD_TOKEN=synthetic-token-of-nobody.000000\n"

COMMUNITIES = """
[[community]]
platform = "telegram"
id = "-1001234567"
name = "Harbour"
alerts = "-1002345678"
crisis_alerts = "-1003456789"
notice = "-1001234567"
owners = ["11111"]
moderators = ["22222"]
responders = ["33333", "44444"]
"""

DISCORD = """
[[community]]
platform = "discord"
id = "800000000000000001"
name = "Harbour"
alerts = "700000000000000002"
crisis_alerts = "700000000000000003"
notice = "700000000000000004"
owners = ["600000000000000001"]
moderators = ["600000000000000002"]
responders = ["600000000000000003", "600000000000000004"]
"""
SECOND = COMMUNITIES.replace("-1001234567", "-1007654321").replace("Harbour", "Lagoon")


OURS = COMMUNITIES + 'policy = "ours.toml"\n'


def _shift(*members: str, begins: str = "00:00", ends: str = "00:00") -> str:
    return f'[[rota.shifts]]\nbegins = "{begins}"\nends = "{ends}"\nmembers = {json.dumps(members)}\n'


@dataclass(frozen=True, slots=True, kw_only=True)
class Mistake:
    """What was done wrong, and what the doctor has to say of it."""

    env: str = TOKEN
    communities: str | None = COMMUNITIES
    policy: str = ""
    place: str
    says: str
    is_grave: bool = True


MISTAKES = {
    "misspelt setting": Mistake(
        env=TOKEN + "LIGHTKEEPER_LOG_LEVL=debug\n", place="LIGHTKEEPER_LOG_LEVL", says="did you mean"
    ),
    "port that is no port": Mistake(env=TOKEN + "LIGHTKEEPER_PORT=99999\n", place="LIGHTKEEPER_PORT", says="65535"),
    "pages open to the world": Mistake(env=TOKEN + "LIGHTKEEPER_HOST=0.0.0.0\n", place="HOST", says="loopback"),
    "another kind of database": Mistake(
        env=TOKEN + "LIGHTKEEPER_DATABASE_URL=mysql://x\n", place="DATABASE_URL", says="has to begin with"
    ),
    "heartbeat without a scheme": Mistake(
        env=TOKEN + "LIGHTKEEPER_HEARTBEAT_URL=example.org/ping\n", place="HEARTBEAT_URL", says="https://"
    ),
    "line that is no setting": Mistake(env=TOKEN + "what is this\n'unclosed", place="line", says="NAME=value"),
    "no communities file": Mistake(communities=None, place="communities.toml", says="lightkeeper init"),
    "communities file that is no TOML": Mistake(
        communities=COMMUNITIES + "name = Harbour", place="communities.toml", says="TOML"
    ),
    "misspelt field": Mistake(
        communities=COMMUNITIES.replace("alerts =", "alert =", 1), place="alert", says="did you mean alerts"
    ),
    "misspelt preset": Mistake(communities=COMMUNITIES + 'policy = "genral"\n', place="policy", says="general"),
    "id without quotation marks": Mistake(
        communities=COMMUNITIES.replace('"-1002345678"', "-1002345678"), place="alerts", says="quotation marks"
    ),
    "community named twice": Mistake(communities=COMMUNITIES * 2, place="communities.toml", says="twice"),
    "no owner": Mistake(communities=COMMUNITIES.replace('["11111"]', "[]"), place="owners", says="at least"),
    "unknown platform": Mistake(
        communities=COMMUNITIES.replace('"telegram"', '"telegraph"'), place="platform telegraph", says="installed"
    ),
    "no token": Mistake(env="", place="LIGHTKEEPER_TELEGRAM_TOKEN", says="lightkeeper init"),
    "token of a platform that is not served": Mistake(
        env=TOKEN + DISCORD_TOKEN,
        place="LIGHTKEEPER_DISCORD_TOKEN",
        says="no community",
        is_grave=False,
    ),
    "name instead of an id": Mistake(
        communities=COMMUNITIES.replace('"-1002345678"', '"@moderators"'), place="alerts", says="is no id"
    ),
    "member's name instead of an id": Mistake(
        communities=COMMUNITIES.replace('"22222"', '"@ada"'), place="moderators", says="no member's id"
    ),
    "nobody for crisis cases": Mistake(
        communities=COMMUNITIES.replace('["33333", "44444"]', "[]"), place="responders", says="owners only"
    ),
    "targets that nobody can keep": Mistake(
        communities=OURS.replace('["33333", "44444"]', "[]"),
        policy="[targets]\nlevel_4_minutes = 3\n",
        place="responders",
        says="within 3 minutes",
    ),
    "time zone that there is none of": Mistake(
        communities=OURS, policy='[rota]\ntime_zone = "Sea/Harbour"\n', place="time_zone", says="is no time zone"
    ),
    "shift of somebody without a role": Mistake(
        communities=OURS,
        policy=_shift("33333", "22222", "99999"),
        place="Harbour: rota",
        says="99999: on duty by the rota, and neither moderator nor responder",
        is_grave=False,
    ),
    "shift of somebody who is only known by a role": Mistake(
        env=DISCORD_TOKEN,
        communities=DISCORD + 'policy = "ours.toml"\nresponder_roles = ["500000000000000001"]\n',
        policy=_shift("600000000000000002", "600000000000000009"),
        place="Harbour: rota",
        says="600000000000000009: on duty by the rota, and not named in the file",
        is_grave=False,
    ),
    "rota without any responder": Mistake(
        communities=OURS,
        policy=_shift("22222"),
        place="Harbour: rota",
        says="no responder is on duty within the next 24 hours",
        is_grave=False,
    ),
    "rota with a hole in it": Mistake(
        communities=OURS,
        policy='[rota]\ntime_zone = "Europe/Berlin"\n' + _shift("22222", "33333", begins="08:00", ends="20:00"),
        place="Harbour: rota",
        says="no moderator is on duty from Sun 20:00 to Mon 08:00 (Europe/Berlin)",
        is_grave=False,
    ),
    "one person for crisis cases": Mistake(
        communities=COMMUNITIES.replace(', "44444"', ""),
        place="responders",
        says="nobody to look along",
        is_grave=False,
    ),
    "no moderator": Mistake(
        communities=COMMUNITIES.replace('["22222"]', "[]"), place="moderators", says="nobody", is_grave=False
    ),
    "crisis alerts among the others": Mistake(
        communities=COMMUNITIES.replace("-1003456789", "-1002345678"),
        place="crisis_alerts",
        says="everybody who sees alerts",
        is_grave=False,
    ),
    "alerts in the community itself": Mistake(
        communities=COMMUNITIES.replace("-1002345678", "-1001234567"), place="alerts", says="members would read"
    ),
    "crisis alerts in a topic of the community": Mistake(
        communities=COMMUNITIES.replace("-1003456789", "-1001234567/7"),
        place="crisis_alerts",
        says="members would read",
    ),
    "alerts in another community": Mistake(
        communities=COMMUNITIES + SECOND.replace("-1002345678", "-1001234567").replace("-1003456789", "-1004567890"),
        place="Lagoon: alerts",
        says="the community Harbour",
    ),
    "two communities with one place": Mistake(
        communities=COMMUNITIES + SECOND.replace("-1002345678", "-1004567890"),
        place="Lagoon: crisis_alerts",
        says="alerts of Harbour go too",
        is_grave=False,
    ),
    "no place for the notice": Mistake(
        communities=COMMUNITIES.replace('notice = "-1001234567"\n', ""), place="notice", says="everybody reads"
    ),
    "notice that is no place": Mistake(
        communities=COMMUNITIES.replace('notice = "-1001234567"', 'notice = "#general"'), place="notice", says="no id"
    ),
    "notice among the alerts": Mistake(
        communities=COMMUNITIES.replace('notice = "-1001234567"', 'notice = "-1002345678"'),
        place="Harbour: notice",
        says="members can't read",
    ),
    "card with help among the crisis alerts": Mistake(
        communities=COMMUNITIES + 'help_channels = ["-1003456789"]\n',
        place="Harbour: help_channels",
        says="members can't read",
    ),
    "country that is none": Mistake(
        communities=COMMUNITIES + 'countries = ["UK"]\n', place="community[0].countries[0]", says="did you mean GB?"
    ),
    "roles where there are none": Mistake(
        communities=COMMUNITIES + 'responder_roles = ["crew"]\n', place="responder_roles", says="no roles"
    ),
    "responders who are a role that does not exist": Mistake(
        communities=COMMUNITIES.replace('responders = ["33333", "44444"]', 'responder_roles = ["1", "2"]'),
        place="responders",
        says="owners only",
    ),
    "name of a role instead of its id": Mistake(
        env=DISCORD_TOKEN,
        communities=DISCORD + 'moderator_roles = ["Moderators"]\n',
        place="moderator_roles",
        says="role's id",
    ),
    "everybody's role": Mistake(
        env=DISCORD_TOKEN,
        communities=DISCORD + 'responder_roles = ["800000000000000001"]\n',
        place="responder_roles",
        says="makes nobody one",
    ),
    "token cut short": Mistake(env=TOKEN[:40] + "\n", place=TOKEN.partition("=")[0], says="copy it whole"),
    "token of the other platform": Mistake(
        env=DISCORD_TOKEN.partition("=")[0] + "=" + TOKEN.partition("=")[2],
        communities=DISCORD,
        place="LIGHTKEEPER_DISCORD_TOKEN",
        says="Reset Token",
    ),
    "group's id without its sign": Mistake(
        communities=COMMUNITIES.replace('"-1001234567"', '"1001234567"'), place="Harbour: id", says="begins with -"
    ),
    "id in other digits": Mistake(
        communities=COMMUNITIES.replace("-1002345678", "-١٠٠٢٣٤٥٦٧٨"), place="alerts", says="is no id"
    ),
    "heartbeat of nobody": Mistake(
        env=TOKEN + "LIGHTKEEPER_HEARTBEAT_URL=https://\n", place="HEARTBEAT_URL", says="no host"
    ),
    "token sent in the clear": Mistake(
        env=TOKEN + "LIGHTKEEPER_TELEGRAM_API_URL=http://example.org\n",
        place="TELEGRAM_API_URL",
        says="https://",
        is_grave=False,
    ),
    "setting without its beginning": Mistake(
        env=TOKEN + "DISCORD_TOKEN=synthetic\n", place=".env: DISCORD_TOKEN", says="LIGHTKEEPER_", is_grave=False
    ),
    "setting with a misspelt beginning": Mistake(
        env=TOKEN + "LIGHTKEPER_PORT=9000\n", place=".env: LIGHTKEPER_PORT", says="LIGHTKEEPER_PORT", is_grave=False
    ),
}


@pytest.fixture(autouse=True)
def _no_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import os

    for name in list(os.environ):
        if name.startswith("LIGHTKEEPER_"):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)


def _written(folder: Path, mistake: Mistake | None) -> Path:
    env_file = folder / ".env"
    env_file.write_text(mistake.env if mistake else TOKEN, encoding="utf-8")
    env_file.chmod(0o600)
    communities = mistake.communities if mistake else COMMUNITIES
    if communities is not None:
        (folder / "communities.toml").write_text(communities, encoding="utf-8")
    if mistake and mistake.policy:
        (folder / "ours.toml").write_text(mistake.policy, encoding="utf-8")
    return env_file


def _examined(env_file: Path) -> tuple[Section, ...]:
    about_settings, settings = examine_settings(env_file)
    if settings is None:
        return (about_settings,)
    about_communities, _ = examine_communities(settings, ADAPTERS, NOW)
    return about_settings, about_communities


def _problems(*sections: Section) -> list[Problem]:
    return [problem for section in sections for problem in section.problems]


def test_a_healthy_configuration_has_no_problem(tmp_path: Path) -> None:
    assert _problems(*_examined(_written(tmp_path, None))) == []


def test_a_rota_that_always_has_somebody_has_no_problem(tmp_path: Path) -> None:
    whole = Mistake(communities=OURS, policy=_shift("22222", "33333"), place="", says="")
    assert _problems(*_examined(_written(tmp_path, whole))) == []


def test_watched_hours_leave_moderators_alone_at_night_and_responders_not(tmp_path: Path) -> None:
    policy = '[[rota.watched]]\nbegins = "08:00"\nends = "20:00"\n'
    policy += _shift("22222", "33333", begins="08:00", ends="20:00")
    evenings = Mistake(communities=OURS, policy=policy, place="", says="")
    (problem,) = _problems(*_examined(_written(tmp_path, evenings)))
    assert problem.reason.startswith("no responder is on duty from Sun 20:00")


def test_alerts_may_go_to_a_topic_of_a_telegram_group(tmp_path: Path) -> None:
    topic = Mistake(communities=COMMUNITIES.replace('"-1002345678"', '"-1002345678/7"'), place="", says="")
    assert _problems(*_examined(_written(tmp_path, topic))) == []


@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_is_found_and_told_with_what_to_do(mistake: Mistake, tmp_path: Path) -> None:
    problems = _problems(*_examined(_written(tmp_path, mistake)))
    named = [each for each in problems if mistake.place in each.place and mistake.says in str(each)]
    assert named, [str(each) for each in problems]
    assert all(each.is_grave is mistake.is_grave for each in named)


def test_a_settings_file_that_others_can_read_is_told(tmp_path: Path) -> None:
    env_file = _written(tmp_path, None)
    env_file.chmod(0o644)
    (problem,) = _problems(*_examined(env_file))
    assert "tokens" in problem.reason
    assert problem.hint == f"chmod 600 {env_file}"


def test_a_healthy_discord_server_has_no_problem(tmp_path: Path) -> None:
    healthy = Mistake(env=DISCORD_TOKEN, communities=DISCORD, place="", says="")
    assert _problems(*_examined(_written(tmp_path, healthy))) == []


def test_other_programs_settings_are_left_alone(tmp_path: Path) -> None:
    others = Mistake(env=TOKEN + "POSTGRES_PASSWORD=synthetic\nTZ=UTC\nTOKEN=x\n", place="", says="")
    assert _problems(*_examined(_written(tmp_path, others))) == []


def test_no_token_and_no_password_is_repeated(tmp_path: Path) -> None:
    wrong = "LIGHTKEEPER_TELEGRAM_TOKEN=synthetic-canary\nLIGHTKEEPER_DISCORD_TOKEN=a synthetic-canary\n"
    problems = _problems(*_examined(_written(tmp_path, Mistake(env=wrong, place="", says=""))))
    assert {"LIGHTKEEPER_TELEGRAM_TOKEN", "LIGHTKEEPER_DISCORD_TOKEN"} <= {each.place for each in problems}
    assert not any("canary" in str(each) for each in problems)


async def test_a_database_address_with_a_wrong_port_is_told_and_not_repeated(tmp_path: Path) -> None:
    url = "LIGHTKEEPER_DATABASE_URL=postgresql+asyncpg://keeper:synthetic-canary@host:54x/x\n"
    env_file = _written(tmp_path, Mistake(env=TOKEN + url, place="", says=""))
    problems = _problems(*await examine(env_file=env_file, is_online=False))
    assert any("no database address" in each.reason for each in problems)
    assert not any("canary" in str(each) for each in problems)


async def test_a_master_key_that_is_none_names_its_setting(tmp_path: Path) -> None:
    env_file = _written(tmp_path, Mistake(env=TOKEN + "LIGHTKEEPER_MASTER_KEY=synthetic\n", place="", says=""))
    problems = _problems(*await examine(env_file=env_file, is_online=False))
    assert "LIGHTKEEPER_MASTER_KEY" in {each.place for each in problems if each.is_grave}


def test_a_database_folder_that_takes_no_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (problem,) = examine_data_folder(tmp_path / "var", tmp_path / "file").problems
    assert problem.place == str(tmp_path / "file")


def test_a_data_folder_before_the_first_start_has_no_problem(tmp_path: Path) -> None:
    assert examine_data_folder(tmp_path / "var").problems == ()
    assert examine_database(replace(HEALTHY, standing=Standing.NEW, figures=None, modes={}), NOW).problems == ()


@pytest.mark.parametrize("key", ["letme-in", "\u00e9" * 40])
def test_a_console_key_that_run_would_refuse_is_told(tmp_path: Path, key: str) -> None:
    (tmp_path / "console.key").write_text(key, encoding="utf-8")
    (problem,) = examine_data_folder(tmp_path).problems
    assert problem.place.endswith("console.key")
    assert "delete the file" in problem.hint
    assert key not in str(problem)


def test_what_is_told_is_whole_and_steers_no_terminal() -> None:
    hint = "what to do, " * 20 + "and this at last"
    section = Section(name="Area", problems=(Problem(place="\x1b[2Jhar\u202ebour", reason="[bold]wrong", hint=hint),))
    stream = io.StringIO()
    tell([section], Console(file=stream, width=80, highlight=False, soft_wrap=True))
    told = stream.getvalue()
    assert f"        -> {hint}\n" in told
    assert "      ?[2Jhar?bour: [bold]wrong\n" in told


def test_a_data_folder_that_is_a_file_is_told(tmp_path: Path) -> None:
    (tmp_path / "var").write_text("not a folder")
    (problem,) = examine_data_folder(tmp_path / "var").problems
    assert problem.hint == "set LIGHTKEEPER_DATA_DIR to a folder"


FIGURES = Figures(
    open_cases=3,
    sealed_texts=7,
    waiting_events=0,
    oldest_event_at=None,
    pending_actions=0,
    oldest_pending_at=None,
    oldest_pending_alert_at=None,
    most_attempts=0,
    unknown_actions=0,
    oldest_timer_at=None,
    unfinished_erasures=0,
)
HEALTHY = StoreHealth(
    backend="sqlite",
    database="var/lightkeeper.sqlite3",
    standing=Standing.CURRENT,
    revision="0002",
    newest_revision="0002",
    integrity=(),
    master_key=KeyState.FINE,
    key_file=KeyState.FINE,
    database_bytes=4_000_000,
    free_bytes=20_000_000_000,
    modes={"lightkeeper.sqlite3": 0o600},
    backups=1,
    newest_backup_at=NOW - timedelta(hours=3),
    figures=FIGURES,
)


def _with(**changes: Any) -> StoreHealth:
    figures = {name: changes.pop(name) for name in list(changes) if name in Figures.__dataclass_fields__}
    return replace(HEALTHY, figures=replace(FIGURES, **figures), **changes)


LONG_AGO = NOW - timedelta(hours=5)
STORES: dict[str, tuple[StoreHealth, str, str, bool]] = {
    "newer database": (_with(standing=Standing.NEWER), "sqlite3", "install that version", True),
    "another program's database": (_with(standing=Standing.FOREIGN), "sqlite3", "no database of Lightkeeper", True),
    "audit that was changed": (
        _with(broken_audit=((CommunityId("telegram:-1001234567"), 7),)),
        "audit of telegram:-1001234567",
        "from entry 7 on",
        True,
    ),
    "damaged database": (_with(integrity=("row 3 missing from index",)), "sqlite3", "lightkeeper restore", True),
    "server that is away": (_with(standing=Standing.UNREACHABLE, trouble="refused"), "sqlite3", "refused", True),
    "lost master key": (_with(master_key=KeyState.MISSING), "master key", "put it back", True),
    "another master key": (_with(master_key=KeyState.FOREIGN), "master key", "the right one", True),
    "lost key file": (_with(key_file=KeyState.MISSING), "key file", "no kept text can be read", True),
    "key of another user": (_with(key_file=KeyState.UNREADABLE), "key file", "mode 600", True),
    "keys that others can read": (_with(modes={"x.keys": 0o644}), "x.keys", "chmod 600 x.keys", True),
    "full disk": (_with(free_bytes=5_000_000), "disk", "make room", True),
    "disk that fills": (_with(free_bytes=500_000_000), "disk", "make room", False),
    "log that grew": (_with(log_bytes=999_000_000), "sqlite3", "write-ahead log", False),
    "no backup": (_with(newest_backup_at=None), "backups", "lightkeeper backup", False),
    "old backup": (_with(newest_backup_at=NOW - timedelta(days=30)), "backups", "30 days", False),
    "clock that went back": (_with(newest_backup_at=NOW + timedelta(days=2)), "clock", "timedatectl", True),
    "database set aside": (_with(set_aside=("old.sqlite3",)), "old.sqlite3", "delete it", False),
    "alert that does not get out": (_with(oldest_pending_alert_at=LONG_AGO, is_held=True), "alerts", "console", True),
    "alert that waits for the bot": (_with(oldest_pending_alert_at=LONG_AGO), "alerts", "start the bot", True),
    "intake that waits": (_with(oldest_event_at=LONG_AGO, waiting_events=9), "intake", "9 events", True),
    "timers that stand still": (_with(oldest_timer_at=LONG_AGO, is_held=True), "timers", "restart", True),
    "database that is gone": (
        _with(standing=Standing.NEW, modes={"x.sqlite3.keys": 0o600}),
        "sqlite3",
        "lightkeeper restore",
        True,
    ),
    "unknown outcomes": (_with(unknown_actions=2), "actions", "console", False),
    "erasure that was cut off": (_with(unfinished_erasures=1), "sqlite3", "start the bot once", True),
}


def test_a_healthy_store_has_no_problem() -> None:
    assert examine_database(HEALTHY, NOW).problems == ()


@pytest.mark.parametrize(("health", "place", "says", "is_grave"), STORES.values(), ids=STORES.keys())
def test_what_is_wrong_with_a_store_is_told_with_what_to_do(
    health: StoreHealth, place: str, says: str, is_grave: bool
) -> None:
    (problem,) = examine_database(health, NOW).problems
    assert place in problem.place
    assert says in str(problem)
    assert problem.hint
    assert problem.is_grave is is_grave
