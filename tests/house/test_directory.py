"""The directory that ships: every number as its source has it, none confirmed by us, and no retired number anywhere."""

import json
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from config.resources.files import Files
from config.resources.reading import SHIPPED, read_shipped
from core.model.numbers import retired_in
from core.model.resource import EU_WIDE, INTERNATIONAL, Medium, Retired, Service, Topic
from tests.house.test_repository import ROOT, _tracked

RESEARCH = ROOT.parent / "shared" / "data" / "crisis" / "helplines.json"
TOPICS: Mapping[str, Topic] = {
    "suicide_crisis": Topic.CRISIS,
    "child": Topic.YOUTH,
    "mental_health": Topic.MENTAL_HEALTH,
    "domestic_violence": Topic.DOMESTIC_VIOLENCE,
    "lgbtq": Topic.LGBTQ,
    "eating_disorder": Topic.EATING_DISORDERS,
    "substance": Topic.SUBSTANCES,
    "emergency": Topic.EMERGENCY,
    "directory": Topic.DIRECTORY,
}
"""What the research calls them."""

NOT_HOURS = {None: "", "directory": ""}
NOT_AN_AUDIENCE = {"general": ""}
MAY_NAME_THEM = {"CHANGELOG.md", "config/resources/retired.toml"}
DISTINCT = 7
"""A number of so many digits is nothing else by chance; a shorter one is looked for where people read it."""

READ_BY_PEOPLE = (".md", ".po", ".html")
SERVICES, RETIRED = read_shipped()


@pytest.fixture(scope="module")
def research() -> Mapping[str, Any]:
    if not RESEARCH.is_file():
        reason = "the research that the directory comes from is missing: ../shared/data/crisis/helplines.json"
        if os.environ.get("LIGHTKEEPER_STRICT") == "1":
            pytest.fail(reason)
        pytest.skip(reason)
    told: Mapping[str, Any] = json.loads(RESEARCH.read_text(encoding="utf-8"))
    return told


def test_nothing_that_ships_is_live_since_nobody_of_ours_has_re_read_it() -> None:
    assert len(SERVICES) >= 100
    assert [each.id for each in SERVICES if each.verified is not None] == []
    assert Files().state().confirmations == ()


def test_every_entry_names_its_source_and_its_date() -> None:
    assert [each.id for each in SERVICES if not each.source.strip() or not each.as_of.strip()] == []


def test_every_number_and_address_is_its_sources_byte_for_byte(research: Mapping[str, Any]) -> None:
    entries = {each["id"]: each for each in research["entries"]}
    assert set(entries) == {each.id for each in SERVICES}
    assert len(entries) == len(SERVICES)
    for service in SERVICES:
        entry = entries[service.id]
        told = {
            Medium.CALL: entry["phone"] or [],
            Medium.TEXT: [entry["text"]] if entry["text"] else [],
            Medium.WEB: [entry["chat_url"]] if entry["chat_url"] else [],
        }
        for medium, values in told.items():
            assert [each.value for each in service.contacts if each.medium is medium] == values, service.id
        assert {each.medium for each in service.contacts} <= set(told)


def test_everything_else_is_its_sources_too(research: Mapping[str, Any]) -> None:
    entries = {each["id"]: each for each in research["entries"]}
    for service in SERVICES:
        entry = entries[service.id]
        assert (service.country, service.name, service.source) == (entry["country"], entry["name"], entry["source"])
        assert (service.as_of, service.confidence.value) == (entry["as_of"], entry["confidence"])
        assert service.topics == {TOPICS[entry["category"]]}
        assert service.hours == NOT_HOURS.get(entry["hours"], entry["hours"])
        assert service.audience == NOT_AN_AUDIENCE.get(entry["audience"], entry["audience"])
        assert set(service.languages) <= set(entry["languages"])
        assert service.note.startswith(_without_retired(entry["note"] or "", service))


def test_an_address_that_no_source_gave_says_so(research: Mapping[str, Any]) -> None:
    leads = {each["id"] for each in research["entries"] if each["url_basis"] == "general knowledge"}
    assert leads
    assert {each.id for each in SERVICES if "URL from general knowledge" in each.note} == leads


def test_every_retired_number_of_the_research_is_refused(research: Mapping[str, Any]) -> None:
    told = [Retired(**each) for each in research["retired_or_wrong"]]
    assert list(RETIRED) == told
    assert all(retired_in(each.number, each.country, RETIRED) for each in told)


def _without_retired(note: str, service: Service) -> str:
    """The directory names no retired number, not even as one: the list of them does."""
    for each in RETIRED:
        if each.country == service.country:
            note = note.replace(each.number, "[retired number]")
    return note


def test_hours_are_reckoned_with_only_where_the_source_leaves_no_doubt() -> None:
    always = {each.id for each in SERVICES if each.is_always_open}
    assert always <= {each.id for each in SERVICES if each.hours == "24/7" and "hours" not in each.note}
    for each in SERVICES:
        if each.openings:
            assert re.fullmatch(r"((Mon-Sat|Sun-Fri) )?\d\d:\d\d-\d\d:\d\d( daily| IST)?", each.hours), each.id
            (opening,) = each.openings
            assert f"{opening.opens:%H:%M}" in each.hours
            assert f"{opening.closes:%H:%M}".replace("00:00", "24:00") in each.hours
            assert len(opening.days) == (6 if "Mon-Sat" in each.hours or "Sun-Fri" in each.hours else 7)


def test_what_is_reserved_all_over_the_union_stands_under_no_state(research: Mapping[str, Any]) -> None:
    union = {each["id"] for each in research["entries"] if each["country"] == EU_WIDE}
    assert {each.id for each in SERVICES if each.country == EU_WIDE} == union
    assert len(union) == 2


def test_what_is_for_every_country_leads_on_and_has_no_number() -> None:
    everywhere = [each for each in SERVICES if each.country == INTERNATIONAL]
    assert everywhere
    assert all(contact.medium is Medium.WEB for each in everywhere for contact in each.contacts)


def test_no_tracked_file_holds_a_retired_number() -> None:
    found = [
        f"{name}:{number}: {retired.number}"
        for name, content in _tracked()
        if name not in MAY_NAME_THEM and not name.startswith("requirements/")
        for retired in RETIRED
        if _is_looked_for(retired, name) and _pattern(retired).search(content)
        for number, line in enumerate(content.splitlines(), start=1)
        if _pattern(retired).search(line) and not _belongs_to_another_country(name, retired)
    ]
    assert found == []


def _is_looked_for(retired: Retired, name: str) -> bool:
    is_distinct = len(re.sub(r"\D", "", retired.number)) >= DISTINCT or not _digits_alone(retired.number)
    return is_distinct or name.endswith(READ_BY_PEOPLE) or name.startswith("config/resources/")


def _digits_alone(number: str) -> bool:
    return not any(each.isalpha() for each in number)


def _belongs_to_another_country(name: str, retired: Retired) -> bool:
    return name.startswith("config/resources/") and Path(name).stem != retired.country


def _pattern(retired: Retired) -> re.Pattern[str]:
    groups = re.findall(r"\w+", retired.number)
    return re.compile(r"(?<![\w.:/-])" + r"[\s().-]{0,3}".join(map(re.escape, groups)) + r"(?![\w:/%-]|\.\d)", re.I)


def _within(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for each in value.values():
            yield from _within(each)
    elif isinstance(value, list):
        for each in value:
            yield from _within(each)


def test_no_field_of_a_countrys_file_holds_a_number_that_is_retired_there() -> None:
    for path in SHIPPED.glob("*.toml"):
        if path.name != "retired.toml":
            for text in _within(tomllib.loads(path.read_text(encoding="utf-8"))):
                assert retired_in(text, path.stem, RETIRED) is None, f"{path.name}: {text}"


def test_the_directory_is_part_of_what_is_installed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    setuptools = project["tool"]["setuptools"]
    assert "*.toml" in setuptools["package-data"]["*"]
    assert "config*" in setuptools["packages"]["find"]["include"]
    assert (SHIPPED / "__init__.py").is_file()
