"""Seeded mistakes in what the bot judges and speaks with, and in the machine under it."""

import shutil
import socket
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest

from bots.assets import HOME
from bots.doctor import machine
from bots.doctor.judging import examine_filters, examine_texts
from bots.doctor.machine import examine_clock, examine_heartbeat, examine_machine
from config.settings import Settings
from config.texts.catalogue import FOLDER


@pytest.fixture(name="filters")
def _filters(tmp_path: Path) -> Path:
    """A copy of everything that filters judge by."""
    copy = tmp_path / "filters"
    shutil.copytree(HOME, copy, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return copy


def _settings(**given: object) -> Settings:
    return Settings(_env_file=None, _secrets_dir=None, **given)  # type: ignore[arg-type]  # any field, by name


def test_the_shipped_filters_are_as_they_should_be(filters: Path) -> None:
    assert examine_filters(_settings(), filters).problems == ()


@pytest.mark.parametrize("damage", ["changed", "gone", "added"])
def test_a_lexicon_that_is_not_the_shipped_one_has_to_be_mended(filters: Path, damage: str) -> None:
    lexicon = filters / "crisis" / "en.lexicon.txt"
    match damage:
        case "changed":
            lexicon.write_bytes(lexicon.read_bytes() + b"\n# an accident\n")
        case "gone":
            lexicon.unlink()
        case "added":
            lexicon = lexicon.with_name("more.txt")
            lexicon.write_text("# nobody knows this one\n")
    (problem,) = examine_filters(_settings(), filters).problems
    assert str(lexicon) in problem.place
    assert "reinstall" in problem.hint
    assert problem.is_grave


def test_a_manifest_that_cannot_be_read_is_told(filters: Path) -> None:
    (filters / "manifest.json").write_text("{")
    problems = examine_filters(_settings(), filters).problems
    assert any("manifest" in problem.place and problem.is_grave for problem in problems)


def test_a_model_of_another_hash_is_left_out_and_told(filters: Path) -> None:
    (model,) = filters.rglob("*.npz")
    model.write_bytes(model.read_bytes()[:-1] + b"\x00\x01")
    (problem,) = examine_filters(_settings(), filters).problems
    assert str(model) in problem.place
    assert not problem.is_grave


def test_a_language_without_texts_is_told() -> None:
    (problem,) = examine_texts(_settings(locale="tlh")).problems
    assert problem.place == "LIGHTKEEPER_LOCALE"
    assert "English" in problem.reason


def test_a_language_that_nobody_has_reviewed_is_not_spoken_and_that_is_told(tmp_path: Path) -> None:
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    (tmp_path / "support").mkdir()
    for locale in ("en", "de"):
        (tmp_path / f"support/{locale}.po").write_text(f'{head}\nmsgid "a"\nmsgstr "{locale}"\n')
    (problem,) = examine_texts(_settings(locale="de_AT"), tmp_path).problems
    assert problem.reason == "nobody has reviewed the texts in this language, so English is spoken"
    assert not problem.is_grave


def test_a_text_that_stands_twice_is_told_with_its_place(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "en.po", tmp_path / "en.po")
    with (tmp_path / "en.po").open("a") as stream:
        stream.write('\nmsgid "twice"\nmsgstr "a"\n\nmsgid "twice"\nmsgstr "b"\n')
    (problem,) = examine_texts(_settings(), tmp_path).problems
    assert problem.place.startswith("en.po:")
    assert problem.is_grave


def test_a_wider_form_of_a_language_will_do() -> None:
    assert examine_texts(_settings(locale="en_GB")).problems == ()


def test_missing_english_texts_are_told(tmp_path: Path) -> None:
    (problem,) = examine_texts(_settings(), tmp_path).problems[:1]
    assert problem.place == "en.po"


def test_texts_that_cannot_be_read_are_told(tmp_path: Path) -> None:
    shutil.copy(FOLDER / "en.po", tmp_path / "en.po")
    (tmp_path / "de.po").write_bytes(
        b'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\nmsgid "a"\nmsgstr "\xff"\n'
    )
    (problem,) = examine_texts(_settings(), tmp_path).problems
    assert "can't be read" in problem.reason


def test_a_port_that_somebody_else_uses_is_told_unless_the_bot_runs() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        settings = _settings(port=taken.getsockname()[1])
        places = {problem.place for problem in examine_machine(settings, is_held=False).problems}
        assert "LIGHTKEEPER_PORT" in places
        places = {problem.place for problem in examine_machine(settings, is_held=True).problems}
        assert "LIGHTKEEPER_PORT" not in places


def test_too_little_memory_is_told(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal:         512000 kB\nMemFree:           1000 kB\n")
    (problem,) = machine._memory(meminfo)
    assert "500 MiB" in problem.reason
    meminfo.write_text("MemTotal:         985000 kB\n")
    assert not list(machine._memory(meminfo))


async def _clock_problems(skew: timedelta) -> list[str]:
    def answer(_: httpx.Request) -> httpx.Response:
        return httpx.Response(404, headers={"date": format_datetime(datetime.now(UTC) + skew, usegmt=True)})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        section = await examine_clock({"telegram": "http://127.0.0.1/"}, client)
    return [problem.place for problem in section.problems]


async def test_a_clock_that_is_off_is_told() -> None:
    assert await _clock_problems(timedelta(minutes=5)) == ["clock"]
    assert await _clock_problems(timedelta(minutes=-5)) == ["clock"]
    assert await _clock_problems(timedelta(seconds=2)) == []


@pytest.mark.parametrize("status", [404, 302, None])
async def test_a_heartbeat_that_nobody_hears_is_told_without_its_address(status: int | None) -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        if status is None:
            raise httpx.ConnectError("nobody there", request=request)
        return httpx.Response(status, headers={"location": "http://127.0.0.1/elsewhere"})

    async with httpx.AsyncClient(transport=httpx.MockTransport(answer)) as client:
        (problem,) = (await examine_heartbeat("http://127.0.0.1/secret-name", client)).problems
    assert "secret-name" not in str(problem)
    assert not problem.is_grave
