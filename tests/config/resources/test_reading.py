"""The directory's files: what is wrong in them is refused with file and line, the field, the reason and what to do."""

import re
from datetime import date, time
from pathlib import Path

import pytest

from config.refusal import SeveralRefused
from config.resources.entries import ContactEntry, OpeningEntry, ServiceEntry, Weekday
from config.resources.reading import read_confirmations, read_retired, read_services, read_shipped
from config.resources.writing import OWN_HEAD, add_service, block_of, write_confirmations
from core.errors import ConfigurationRefused
from core.model.resource import Confidence, Confirmation, DirectoryState, Medium, Opening, Retired, Topic

GONE = Retired(country="DE", number="555-0199", reason="closed in spring", source="synthetic")

GOOD = """\
# Ours.
version = 1

[[service]]
id = "our-line"
country = "DE"
name = "Our line"
topics = ["crisis", "grief"]
contacts = [
    { medium = "call", value = "555-0100" },
    { medium = "web", value = "https://line.invalid" },
]
languages = ["de"]
openings = [{ days = ["sat", "sun"], opens = "22:00", closes = "04:00" }, { opens = 09:00:00, closes = "12:00" }]
zone = "Europe/Berlin"
source = "they told Ada"
as_of = "2026-02-01"
verified = 2026-02-28
community = "discord:123"

[[service]]
id = "second-line"
country = "INT"
name = "Second line"
topics = ["coping"]
contacts = [{ medium = "podcast", value = "https://talks.invalid" }]
source = "https://talks.invalid"
as_of = "2026-02-01"
"""


def a_file(folder: Path, text: str) -> Path:
    path = folder / "resources.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_an_entry_is_read_as_it_stands(tmp_path: Path) -> None:
    first, second = read_services(a_file(tmp_path, GOOD), [GONE])
    assert (first.id, first.country, first.name) == ("our-line", "DE", "Our line")
    assert first.topics == {Topic.CRISIS, Topic.GRIEF}
    assert [(each.medium, each.value) for each in first.contacts] == [
        (Medium.CALL, "555-0100"),
        (Medium.WEB, "https://line.invalid"),
    ]
    assert first.openings == (
        Opening(days=frozenset({5, 6}), opens=time(22), closes=time(4)),
        Opening(days=frozenset(range(7)), opens=time(9), closes=time(12)),
    )
    assert (first.verified, first.community, first.confidence) == (date(2026, 2, 28), "discord:123", Confidence.OWN)
    assert (second.country, second.verified, second.community) == ("INT", None, None)


@pytest.mark.parametrize(
    ("before", "after", "line", "field", "reason"),
    [
        ('source = "they told Ada"\n', "", 4, "service[0].source", "is needed"),
        ('source = "they told Ada"', 'source = ""', 16, "service[0].source", "is empty"),
        ('as_of = "2026-02-01"\nverified', "verified", 4, "service[0].as_of", "is needed"),
        ('as_of = "2026-02-01"\nverified', 'as_of = " "\nverified', 17, "service[0].as_of", "white space"),
        ('country = "DE"', 'country = "XX"', 6, "service[0].country", "no country's code"),
        ('country = "DE"', 'country = "UK"', 6, "service[0].country", "did you mean GB"),
        ('country = "DE"', 'country = "germany"', 6, "service[0].country", "did you mean DE"),
        ('country = "DE"', 'country = "EU"', 6, "service[0].country", "for no state"),
        ('"grief"', '"greif"', 8, "service[0].topics[1]", "one of its"),
        ('medium = "web"', 'medium = "wbe"', 11, "service[0].contacts[1].medium", "one of its"),
        ('zone = "Europe/Berlin"', 'zone = "Europe/Bonn"', 15, "service[0].zone", "no time zone"),
        ('zone = "Europe/Berlin"\n', "", 4, "service[0]", "openings need the zone"),
        ("[{ days", "[{ dayz", 14, "service[0].openings[0].dayz", "no such field"),
        ('id = "second-line"', 'id = "our-line"', 22, "service[1].id", "another service of this id"),
        ('value = "555-0100"', 'value = "+49 116 123"', 10, "service[0].contacts[0]", "short code"),
        ('value = "555-0100"', 'value = "555 01 99"', 10, "service[0].contacts[0].value", "closed in spring"),
        ('name = "Our line"', 'name = "Our line 5550199"', 7, "service[0].name", "closed in spring"),
        ('zone = "Eu', 'note = "was 555-0199"\nzone = "Eu', 15, "service[0].note", "closed in spring"),
        ('"https://line.invalid"', '"line.invalid"', 11, "service[0].contacts[1]", "https://"),
        ("verified = 2026-02-28", 'verified = "lately"', 18, "service[0].verified", ""),
        ('name = "Second line"', 'name = "Second\\u202eline"', 24, "service[1].name", "can't be seen"),
        ('name = "Second line"', 'nmae = "Second line"', 24, "service[1].nmae", "no such field"),
        ('topics = ["coping"]', "topics = []", 25, "service[1].topics", ""),
        ('topics = ["coping"]', 'topics = "coping"', 25, "service[1].topics", "a list"),
        ("version = 1", "version = 2", 2, "version", "has to be 1"),
    ],
)
def test_what_is_wrong_is_refused_with_its_line(
    tmp_path: Path, before: str, after: str, line: int, field: str, reason: str
) -> None:
    assert before in GOOD
    with pytest.raises(ConfigurationRefused) as caught:
        read_services(a_file(tmp_path, GOOD.replace(before, after, 1)), [GONE])
    each = caught.value.refusals if isinstance(caught.value, SeveralRefused) else (caught.value,)
    told = [f"{one.path}|{one.reason}|{one.hint}" for one in each]
    assert any(one.startswith(f"resources.toml: line {line}: {field}|") and reason in one for one in told), told


def test_a_number_is_retired_in_its_own_country_alone(tmp_path: Path) -> None:
    text = GOOD.replace('value = "555-0100"', 'value = "555-0199"').replace('country = "DE"', 'country = "AT"')
    assert read_services(a_file(tmp_path, text), [GONE])[0].contacts[0].value == "555-0199"


def test_what_is_for_every_country_holds_no_number_that_is_retired_in_any(tmp_path: Path) -> None:
    text = GOOD.replace('value = "555-0100"', 'value = "555-0199"').replace('country = "DE"', 'country = "INT"')
    with pytest.raises(ConfigurationRefused, match="closed in spring"):
        read_services(a_file(tmp_path, text), [GONE])


def test_everything_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    text = GOOD.replace('"555-0100"', '"555-0199"').replace('"second-line"', '"our-line"')
    with pytest.raises(SeveralRefused) as caught:
        read_services(a_file(tmp_path, text), [GONE])
    assert [each.path for each in caught.value.refusals] == [
        "resources.toml: line 10: service[0].contacts[0].value",
        "resources.toml: line 22: service[1].id",
    ]


def test_text_that_looks_like_a_table_moves_no_line(tmp_path: Path) -> None:
    text = GOOD.replace('name = "Our line"', 'note = """a\n[[service]]\nid = """\nname = "Our line"', 1)
    with pytest.raises(ConfigurationRefused) as caught:
        read_services(a_file(tmp_path, text.replace('"second-line"', '"our-line"')), [])
    assert "line 7: service[0].note" in str(caught.value)


@pytest.mark.parametrize("text", ["[[service]", "service = 3", "\x00", "[service]\nid = 1"])
def test_a_file_that_is_none_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationRefused, match=r"resources\.toml"):
        read_services(a_file(tmp_path, text), [])


def test_an_id_that_ships_is_taken(tmp_path: Path) -> None:
    known = read_services(a_file(tmp_path, GOOD), [])
    with pytest.raises(ConfigurationRefused, match="another service of this id"):
        read_services(tmp_path / "resources.toml", [], known=known)


def test_a_file_of_a_country_holds_that_country_alone(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationRefused, match="has to be DE, as the file's name"):
        read_services(a_file(tmp_path, GOOD), [], country="DE")


ENTRY = ServiceEntry(
    id="new-line",
    country="DE",
    name='A "new" line \\ with ünïcode',
    topics=frozenset({Topic.GRIEF, Topic.CRISIS}),
    contacts=(ContactEntry(medium=Medium.TEXT, value="555-0101 (text HELLO)"),),
    languages=("de", "tr"),
    hours="9 to 5",
    openings=(OpeningEntry(days=(Weekday.MON, Weekday.SUN), opens=time(9), closes=time(17, 30)),),
    zone="Europe/Berlin",
    source="asked them",
    as_of="2026-02-01",
    verified=date(2026, 2, 1),
    note="ask Ada",
    community="telegram:-100123",
)


def test_what_is_added_reads_back_and_nothing_that_stood_there_is_touched(tmp_path: Path) -> None:
    path = a_file(tmp_path, GOOD + "# and more to come")
    add_service(path, ENTRY, DirectoryState())
    text = path.read_text(encoding="utf-8")
    assert text.startswith(GOOD + "# and more to come\n\n[[service]]\n")
    assert read_services(path, [])[-1] == ENTRY.service
    assert 'days = ["mon", "sun"], opens = "09:00", closes = "17:30"' in text


def test_the_first_of_ones_own_makes_the_file(tmp_path: Path) -> None:
    add_service(tmp_path / "resources.toml", ENTRY, DirectoryState())
    assert (tmp_path / "resources.toml").read_text(encoding="utf-8") == f"{OWN_HEAD}\n{block_of(ENTRY)}"
    assert read_services(tmp_path / "resources.toml", []) == (ENTRY.service,)


@pytest.mark.parametrize("text", [GOOD.replace("second-line", "new-line"), "[[service]", "service = []\n"])
def test_a_file_that_would_be_wrong_is_left_as_it_is(tmp_path: Path, text: str) -> None:
    path = a_file(tmp_path, text)
    with pytest.raises(ConfigurationRefused):
        add_service(path, ENTRY, DirectoryState())
    assert path.read_text(encoding="utf-8") == text


def test_a_retired_number_can_not_be_added(tmp_path: Path) -> None:
    entry = ENTRY.model_copy(update={"hours": "call 555 0199 at night"})
    with pytest.raises(ConfigurationRefused, match="retired"):
        add_service(tmp_path / "resources.toml", entry, DirectoryState(retired=(GONE,)))
    assert list(tmp_path.iterdir()) == []


def test_the_newest_confirmation_of_each_service_counts(tmp_path: Path) -> None:
    path = tmp_path / "resources-confirmed.toml"
    old = Confirmation(service="our-line", fingerprint="0" * 16, on=date(2026, 1, 1))
    new = Confirmation(service="our-line", fingerprint="1" * 16, on=date(2026, 2, 1), by='Ada "the" first')
    other = Confirmation(service="a-line", fingerprint="2" * 16, on=date(2026, 1, 5))
    write_confirmations(path, [new, old, other])
    assert read_confirmations(path) == (other, new)
    assert path.stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("bad", ['fingerprint = "xyz"', "on = 5", 'member = "7"'])
def test_a_confirmation_that_is_none_is_refused_with_its_line(tmp_path: Path, bad: str) -> None:
    path = tmp_path / "resources-confirmed.toml"
    good = {"service": '"our-line"', "fingerprint": f'"{"0" * 16}"', "on": "2026-01-01"}
    name, _, value = bad.partition(" = ")
    lines = "\n".join(f"{key} = {each}" for key, each in (good | {name: value}).items())
    path.write_text(f"version = 1\n[[confirmation]]\n{lines}\n")
    with pytest.raises(ConfigurationRefused, match=r"resources-confirmed\.toml: line [3456]: confirmation\[0\]"):
        read_confirmations(path)


def test_the_guide_says_how_much_ships_and_its_example_is_taken(tmp_path: Path) -> None:
    guide = (Path(__file__).parents[3] / "docs" / "guides" / "resources.md").read_text(encoding="utf-8")
    example = next(each for each in re.findall(r"```toml\n(.*?)```", guide, re.DOTALL) if "[[service]]" in each)
    services, retired = read_shipped()
    (own,) = read_services(a_file(tmp_path, example), retired, known=services)
    assert own.topics == {Topic.CRISIS, Topic.GRIEF}
    local = [each for each in services if each.country not in {"INT", "EU"}]
    countries = len({each.country for each in local})
    assert f"{len(services)} entries in all: {len(local)} for {countries} countries" in guide


def test_what_ships_has_the_list_of_helplines_everywhere_or_is_refused(tmp_path: Path) -> None:
    (tmp_path / "retired.toml").write_text("version = 1\n")
    assert read_retired(tmp_path / "retired.toml") == ()
    with pytest.raises(ConfigurationRefused, match="is missing, which is always shown"):
        read_shipped(tmp_path)
