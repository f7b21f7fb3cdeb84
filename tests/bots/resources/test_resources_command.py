"""`lightkeeper resources`: check, verify, list and add, on files of this machine and at any date."""

import json
from collections.abc import Sequence
from datetime import date, timedelta
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from bots.commands import app
from bots.resources.adding import ask_service
from bots.resources.checking import as_json, checked, tell
from bots.resources.describing import described, why
from bots.resources.verifying import ask_about, countries_of, named, to_read
from config.resources.entries import ServiceEntry
from config.resources.files import OWN, Files
from config.resources.writing import block_of
from core.care.resources import WORLDWIDE
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.resource import EU_WIDE, FRESH_FOR, Confidence, Confirmation, Medium, Retired, Topic
from tests.bots.doctor.test_mistakes import COMMUNITIES
from tests.core.services import EVERYWHERE, TODAY, Shelf, a_confirmation, a_service

DAY = timedelta(days=1)
HARBOUR = Community(
    id=CommunityId("telegram:-1001234567"),
    name="Harbour",
    alerts=ChannelId("a"),
    crisis_alerts=ChannelId("c"),
    owners=frozenset({MemberId("1")}),
    countries=("DE",),
)
LAGOON = Community(
    id=CommunityId("discord:1"),
    name="Lagoon",
    alerts=ChannelId("a"),
    crisis_alerts=ChannelId("c"),
    owners=frozenset({MemberId("1")}),
    countries=("AT", "DE"),
)


class Person:
    """Gives its answers in order; a question that gets none ends the test."""

    def __init__(self, *answers: str) -> None:
        self.answers = list(answers)
        self.heard: list[str] = []

    def tell(self, sentence: str = "") -> None:
        self.heard.append(sentence)

    def ask(self, question: str, default: str = "", *, is_secret: bool = False) -> str:
        self.heard.append(question)
        return self.answers.pop(0) or default

    def confirm(self, question: str, default: bool) -> bool:
        self.heard.append(question)
        return (self.answers.pop(0) or ("y" if default else "n")) == "y"


def test_the_table_tells_what_is_live_today_and_later() -> None:
    shelf = Shelf(a_service(), a_service("older", verified=TODAY - 100 * DAY), a_service("fr-line", country="FR"))
    found = checked(shelf.now, [], [HARBOUR], TODAY)
    assert [(row.country, row.topic, row.live) for row in found.rows] == [
        ("DE", Topic.CRISIS, (2, 2, 1, 0)),
        ("FR", Topic.CRISIS, (1, 1, 1, 0)),
    ]
    assert found.is_well
    stream = StringIO()
    tell(found, Console(file=stream, width=200, highlight=False))
    assert stream.getvalue().splitlines()[1].split() == ["DE", "crisis", "2", "2", "1", "0"]
    assert "3 of 4 services are shown to members" in stream.getvalue()


def test_a_served_country_that_is_or_runs_empty_is_told_and_ends_in_one() -> None:
    shelf = Shelf(a_service(verified=TODAY - FRESH_FOR + DAY))
    found = checked(shelf.now, [], [LAGOON], TODAY)
    assert not found.is_well
    stream = StringIO()
    tell(found, Console(file=stream, width=200, highlight=False))
    assert "Lagoon: AT has no live service for a crisis: members see" in stream.getvalue()
    assert f"Lagoon: DE has no live service for a crisis from {TODAY + DAY} on" in stream.getvalue()
    assert [(each["country"], each["situation"], each["on"]) for each in as_json(found)["lacking"]] == [
        ("AT", "empty", None),
        ("DE", "soon", str(TODAY + DAY)),
    ]


def test_countries_that_nobody_named_are_told_on_request_and_the_union_never() -> None:
    shelf = Shelf(a_service("fr-line", country="FR", verified=None), a_service("eu-line", country=EU_WIDE))
    assert checked(shelf.now, [], [], TODAY).rows == []
    assert {row.country for row in checked(shelf.now, [], [], TODAY, is_whole=True).rows} == {"FR", "INT"}


def test_a_file_that_is_wrong_ends_in_one() -> None:
    refused = ConfigurationRefused("resources.toml: line 3: service[0]", "is wrong", "mend it")
    found = checked(Shelf(a_service()).now, [refused], [HARBOUR], TODAY)
    assert not found.is_well
    assert as_json(found)["refused"] == [{"place": refused.path, "reason": "is wrong", "hint": "mend it"}]


def test_what_is_asked_about_is_what_members_do_not_see_or_soon_will_not() -> None:
    services = [
        a_service("fresh"),
        a_service("ageing", verified=TODAY - 150 * DAY),
        a_service("stale", verified=TODAY - 500 * DAY),
        a_service("candidate", verified=None),
        a_service("elsewhere", verified=None, country="FR"),
        a_service("theirs", verified=None, community=LAGOON.id),
        a_service("gone", verified=None, name="555-0199"),
    ]
    shelf = Shelf(*services, retired=[Retired(country="DE", number="555-0199", reason="closed", source="x")])
    assert [each.id for each in to_read(shelf.now, TODAY, ["DE"])] == ["ageing", "stale", "candidate", "theirs"]
    assert [each.id for each in to_read(shelf.now, TODAY, ["DE"], HARBOUR)] == ["ageing", "stale", "candidate"]
    assert countries_of([HARBOUR, LAGOON]) == ["DE", "AT", "INT"]
    for never in ("gone", "nowhere"):
        with pytest.raises(ConfigurationRefused):
            named(shelf.now, [never], TODAY)


@pytest.mark.parametrize(
    ("answers", "confirmed"),
    [
        (("y", "n", "y"), ["a", "c"]),
        (("n", "all"), ["b", "c"]),
        (("y", "q"), ["a"]),
        (("maybe", "Y", "", "NO"), ["a"]),
        (("", "", ""), []),
    ],
)
def test_every_yes_is_written_down_at_once(answers: Sequence[str], confirmed: list[str]) -> None:
    services = [a_service(each, verified=None) for each in "abc"]
    person, kept = Person(*answers), list[Confirmation]()
    assert ask_about(person, services, Shelf(*services).now, TODAY, "Ada", kept.append) == len(confirmed)
    assert [each.service for each in kept] == confirmed
    assert all((each.on, each.by) == (TODAY, "Ada") for each in kept)
    assert kept == [a_confirmation(each) for each in services if each.id in confirmed]


def test_a_service_is_told_with_its_numbers_as_they_stand_its_source_and_why_it_is_not_shown() -> None:
    service = a_service(verified=None, note="lead only", hours="9 to 5", audience="adults", languages=("de",))
    told = "\n".join(described(service, Shelf(service).now, TODAY))
    for words in ("call: 555-0100", "synthetic, 2026-01-01, confidence A", "lead only", "9 to 5", "for: adults"):
        assert words in told
    assert told.endswith("not shown: nobody here has re-read it on its own page")
    stale = a_service(verified=TODAY - 200 * DAY)
    assert why(stale, Shelf(stale).now, TODAY).endswith(f"(last on {TODAY - 200 * DAY})")
    fresh = a_service()
    assert why(fresh, Shelf(fresh).now, TODAY) == f"shown to members: re-read on {TODAY}, until {TODAY + FRESH_FOR}"
    assert why(EVERYWHERE, Shelf().now, TODAY) == "always shown, whatever else is"


def test_a_service_of_ones_own_is_asked_for_field_by_field() -> None:
    retired = [Retired(country="GB", number="555-0199", reason="closed", source="x")]
    taken = a_service("own-uber-uns-a-line")
    person = Person(
        *("uk", "GB"),  # no code of a country, then one
        *("Our 555-0199 line", "Über uns: a line"),  # a retired number, then none
        *("2, 99", "2 9"),  # topics
        *("1", "+44 116 123", "555-0100", "y"),  # a way that reaches nobody, then one; another way
        *("4", "line.invalid"),  # an address without its beginning
        "https://line.invalid",
        "n",
        "en, cy",
        "adults",
        "9 to 5",
        "n",
        "https://line.invalid",
        "",
        "2",
        "y",
    )
    entry = ask_service(person, Shelf(taken, retired=retired).now, [HARBOUR, LAGOON], TODAY, "DE")
    assert entry == ServiceEntry.model_validate(
        {
            "id": "own-uber-uns-a-line-2",
            "country": "GB",
            "name": "Über uns: a line",
            "topics": {Topic.CRISIS, Topic.GRIEF},
            "contacts": (
                {"medium": Medium.CALL, "value": "555-0100"},
                {"medium": Medium.WEB, "value": "https://line.invalid"},
            ),
            "languages": ("en", "cy"),
            "audience": "adults",
            "hours": "9 to 5",
            "source": "https://line.invalid",
            "as_of": TODAY.isoformat(),
            "verified": TODAY,
            "community": HARBOUR.id,
            "confidence": Confidence.OWN,
        }
    )
    told = "\n".join(person.heard)
    assert "did you mean GB?" in told
    assert "555-0199 is retired there: closed" in told
    assert "reaches nobody" in told
    assert "begins with https://" in told
    assert person.answers == []


def _run(folder: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str, typed: str = "") -> tuple[int, str]:
    monkeypatch.chdir(folder)
    done = CliRunner().invoke(app, ["resources", *arguments], input=typed)
    if isinstance(done.exception, ConfigurationRefused):
        return 78, str(done.exception)
    return done.exit_code, done.output


def test_one_step_makes_a_served_country_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "communities.toml").write_text(COMMUNITIES + 'countries = ["DE"]\n', encoding="utf-8")
    code, said = _run(tmp_path, monkeypatch, "check")
    assert code == 1
    assert "verify --country DE" in said
    candidate = next(each for each in Files().state().services if each.country == "DE" and Topic.CRISIS in each.topics)
    code, said = _run(tmp_path, monkeypatch, "verify", candidate.id, "--yes", "--by", "Ada")
    assert (code, said) == (0, "1 of 1 confirmed.\n")
    code, said = _run(tmp_path, monkeypatch, "check", "--json")
    assert code == 0
    (row,) = (each for each in json.loads(said)["rows"] if each["topic"] == "crisis")
    assert row == {"country": "DE", "topic": "crisis", "live": {"0": 1, "30": 1, "90": 1, "180": 0}}
    (told,) = Files(tmp_path).state().confirmations
    assert (told.service, told.by) == (candidate.id, "Ada")


def test_without_ids_the_served_countries_are_asked_about(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "communities.toml").write_text(COMMUNITIES + 'countries = ["AT"]\n', encoding="utf-8")
    code, said = _run(tmp_path, monkeypatch, "verify", typed="y\nq\n")
    assert code == 0
    assert "(AT, crisis)" in said
    assert "(DE, crisis)" not in said
    assert len(Files(tmp_path).state().confirmations) == 1


def test_an_end_of_input_keeps_what_was_answered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, _ = _run(tmp_path, monkeypatch, "verify", "--country", "de", typed="y\n")
    assert code == 1
    assert len(Files(tmp_path).state().confirmations) == 1


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("--yes",), 2), (("nowhere", "--yes"), 78), (("eu-eu-emergency", "--yes"), 78), (("--country", "UK"), 78)],
)
def test_nothing_is_confirmed_by_mistake(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: Sequence[str], code: int
) -> None:
    assert _run(tmp_path, monkeypatch, "verify", *arguments)[0] == code
    assert list(tmp_path.iterdir()) == []


def test_the_list_tells_every_service_and_why_it_is_not_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = _run(tmp_path, monkeypatch, "list", "--country", "at", "--json")
    assert code == 0
    shipped = [each for each in Files().state().services if each.country == "AT"]
    assert [each["id"] for each in json.loads(said)] == [each.id for each in shipped]
    assert {each["footing"] for each in json.loads(said)} == {"never_read"}
    code, said = _run(tmp_path, monkeypatch, "list")
    assert said.endswith(f"{len(Files().state().services)} services.\n")
    assert all(contact.value in said for each in shipped for contact in each.contacts)
    assert f"[{WORLDWIDE}]" in said


def test_what_is_added_is_shown_with_everything_that_stood_in_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / OWN).write_text("# ours, since spring\n", encoding="utf-8")
    typed = "DE\nOur line\n2\n1\n555-0100\nn\nde\n\n\ny\nthey told me\n\ny\n"
    code, said = _run(tmp_path, monkeypatch, "add", typed=typed)
    assert code == 0, said
    assert "members see it from now on" in said
    text = (tmp_path / OWN).read_text(encoding="utf-8")
    assert text.startswith("# ours, since spring\n\n[[service]]\n")
    own = Files(tmp_path).state().services[-1]
    assert (own.id, own.is_always_open, own.confidence) == ("own-our-line", True, Confidence.OWN)
    assert own.verified is not None


def test_leaving_in_the_middle_writes_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    code, said = _run(tmp_path, monkeypatch, "add", typed="DE\nOur line\n")
    assert code == 1
    assert "Nothing was written." in said
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_added_to_a_file_that_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / OWN).write_text("[[service]]\n", encoding="utf-8")
    code, said = _run(tmp_path, monkeypatch, "add")
    assert code == 78
    assert "resources.toml: line 1: service[0]" in said
    code, said = _run(tmp_path, monkeypatch, "check")
    assert code == 1
    assert "resources.toml: line 1: service[0].source" in said
    code, said = _run(tmp_path, monkeypatch, "list", "--country", "AT")
    assert code == 0
    assert "Left out: resources.toml: line 1: service[0]" in said


def test_a_day_is_a_day_whatever_day_it_is() -> None:
    for today in (date(1999, 1, 1), date(2100, 12, 31)):
        fresh = a_service(verified=today)
        assert checked(Shelf(fresh).now, [], [HARBOUR], today).is_well
        assert block_of(ServiceEntry.model_validate({**_entry(), "verified": today})).count(str(today)) == 1


def _entry() -> dict[str, object]:
    return {
        "id": "x-line",
        "country": "DE",
        "name": "X",
        "topics": {Topic.CRISIS},
        "contacts": ({"medium": Medium.CALL, "value": "555-0100"},),
        "source": "x",
        "as_of": "2026",
    }
