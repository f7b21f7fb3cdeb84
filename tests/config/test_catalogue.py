"""The catalogue's files: folders by subject, drafts, and values in a language that is written from right to left."""

from pathlib import Path

import pytest

from config.texts.catalogue import Catalogue
from core.errors import ConfigurationRefused
from core.model.card import Text

HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
REVIEWED = HEAD + '"X-Reviewed-By: Robin Example\\n"\n'


def _write(folder: Path, name: str, head: str = HEAD, /, **texts: str) -> None:
    path = folder / f"{name}.po"
    path.parent.mkdir(exist_ok=True)
    entries = "".join(f'\nmsgid "{key}"\nmsgstr "{text}"\n' for key, text in texts.items())
    path.write_text(head + entries, encoding="utf-8")


def _house(folder: Path, *, support: str = HEAD, privacy: str = HEAD) -> Catalogue:
    """English and German, each with two subjects; the heads are those of the German files."""
    _write(folder, "en", desk="Desk")
    _write(folder, "support/en", hello="Hello", more="More")
    _write(folder, "privacy/en", kept="Kept")
    _write(folder, "support/de", support, hello="Hallo")
    _write(folder, "privacy/de", privacy, kept="Behalten")
    return Catalogue(folder)


def _render(catalogue: Catalogue, key: str, locale: str = "en", **params: str | int) -> str:
    return catalogue.render(Text(key=key, params=params), locale)


def test_the_files_of_every_folder_are_one_catalogue(tmp_path: Path) -> None:
    catalogue = _house(tmp_path)
    assert [_render(catalogue, key) for key in ("desk", "hello", "kept")] == ["Desk", "Hello", "Kept"]


def test_a_key_that_stands_in_two_files_is_refused_with_both_places(tmp_path: Path) -> None:
    _write(tmp_path, "en", hello="Hello")
    _write(tmp_path, "support/en", kept="Kept", hello="Hello again")
    with pytest.raises(ConfigurationRefused, match=r"^support/en\.po:8: the text hello stands twice .*/en\.po:5\)$"):
        Catalogue(tmp_path)


def test_a_key_that_stands_twice_in_one_file_is_refused_with_both_lines(tmp_path: Path) -> None:
    _write(tmp_path, "en", HEAD + '\nmsgid "hello"\nmsgstr "Hi"\n', hello="Hello")
    with pytest.raises(ConfigurationRefused, match=r"^en\.po:8: the text hello stands twice .* in en\.po:5\)$"):
        Catalogue(tmp_path)


def test_what_is_wrong_with_a_draft_is_refused_though_nobody_reads_it_yet(tmp_path: Path) -> None:
    _house(tmp_path)
    _write(tmp_path, "privacy/de", kept="Behalten", hello="Nochmals hallo")
    with pytest.raises(ConfigurationRefused, match=r"support/de\.po:5: the text hello stands twice"):
        Catalogue(tmp_path)


def test_a_language_that_nobody_reviewed_is_a_draft_and_is_spoken_to_nobody(tmp_path: Path) -> None:
    catalogue = _house(tmp_path)
    assert catalogue.languages().drafts == {"de"}
    assert catalogue.languages().reviewed == {"en"}
    assert catalogue.locales == ("en",)
    assert _render(catalogue, "hello", "de") == "Hello"


def test_a_draft_is_spoken_where_it_is_asked_for_and_only_there(tmp_path: Path) -> None:
    catalogue = _house(tmp_path)
    assert _render(catalogue.with_drafts(), "hello", "de") == "Hallo"
    assert _render(catalogue.with_drafts(), "more", "de") == "More"
    assert _render(catalogue, "hello", "de") == "Hello"


@pytest.mark.parametrize("head", [HEAD, HEAD + '"X-Reviewed-By: \\n"\n', HEAD + '"X-Reviewed-By:\\n"\n'])
def test_one_file_without_a_reviewers_name_makes_the_whole_language_a_draft(tmp_path: Path, head: str) -> None:
    catalogue = _house(tmp_path, support=REVIEWED, privacy=head)
    assert catalogue.languages().drafts == {"de"}
    assert _render(catalogue, "hello", "de") == "Hello"


def test_a_language_whose_every_file_was_reviewed_is_spoken(tmp_path: Path) -> None:
    catalogue = _house(tmp_path, support=REVIEWED, privacy=REVIEWED)
    assert catalogue.languages().reviewed == {"de", "en"}
    assert catalogue.languages().drafts == frozenset()
    assert _render(catalogue, "hello", "de") == "Hallo"


def test_a_language_without_one_of_the_subjects_is_a_draft_though_the_others_were_reviewed(tmp_path: Path) -> None:
    _house(tmp_path, support=REVIEWED, privacy=REVIEWED)
    (tmp_path / "privacy/de.po").unlink()
    assert Catalogue(tmp_path).languages().drafts == {"de"}


def test_a_file_for_the_desk_is_judged_by_itself(tmp_path: Path) -> None:
    _house(tmp_path)
    _write(tmp_path, "de", REVIEWED, desk="Pult")
    _write(tmp_path, "fr", desk="Bureau")
    catalogue = Catalogue(tmp_path)
    assert [_render(catalogue, "desk", locale) for locale in ("de", "fr")] == ["Pult", "Desk"]
    assert catalogue.languages().drafts == {"de"}
    assert "fr" not in catalogue.languages().reviewed


def test_countries_and_languages_are_named_in_the_readers_language(tmp_path: Path) -> None:
    _write(tmp_path, "en", here="In {country:country}, {language:language}")
    _write(tmp_path, "de", REVIEWED, here="In {country:country}, {language:language}")
    catalogue = Catalogue(tmp_path)
    assert _render(catalogue, "here", country="AT", language="tr") == "In Austria, Turkish"
    assert _render(catalogue, "here", "de", country="AT", language="tr") == "In Österreich, Türkisch"


def test_a_language_can_be_named_as_it_calls_itself(tmp_path: Path) -> None:
    _write(tmp_path, "en", offer="In {language:language} ({language:own_language})")
    catalogue = Catalogue(tmp_path)
    assert _render(catalogue, "offer", language="tr") == "In Turkish (Türkçe)"
    assert [_render(catalogue, "offer", language=code) for code in ("qqq", "")] == ["In qqq (qqq)", "In  ()"]


def test_a_country_or_language_that_nobody_knows_is_shown_as_its_code(tmp_path: Path) -> None:
    _write(tmp_path, "en", here="{country:country}, {language:language}")
    assert _render(Catalogue(tmp_path), "here", country="QX", language="qqq") == "QX, qqq"


def test_a_text_that_falls_back_to_english_names_countries_in_english(tmp_path: Path) -> None:
    _write(tmp_path, "en", here="In {country:country}", other="x")
    _write(tmp_path, "de", REVIEWED, other="x")
    assert _render(Catalogue(tmp_path), "here", "de", country="AT") == "In Austria"


@pytest.mark.parametrize("value", ["555-0100", "+1 555 0100", "555 (0) 100", "09:00-17:00", "Text 555-0100", "*555#"])
def test_from_right_to_left_a_value_is_isolated_and_keeps_every_character(tmp_path: Path, value: str) -> None:
    _write(tmp_path, "en", call="Call {value}.")
    _write(tmp_path, "ar", REVIEWED, call="اتصل {value}.")
    catalogue = Catalogue(tmp_path)
    assert _render(catalogue, "call", "ar", value=value) == f"اتصل \u2068{value}\u2069."
    assert _render(catalogue, "call", "en", value=value) == f"Call {value}."


@pytest.mark.parametrize("value", ["https://help.example", "https://help.example/a?b=1", "help.example", "a.example/x"])
def test_no_isolating_character_touches_a_web_address(tmp_path: Path, value: str) -> None:
    _write(tmp_path, "en", see="See {value}")
    _write(tmp_path, "ar", REVIEWED, see="انظر {value}")
    catalogue = Catalogue(tmp_path)
    assert _render(catalogue, "see", "ar", value=value) == f"انظر {value}"
    assert _render(catalogue, "see", "ar", value=f"555-0100 {value}") == f"انظر \u2068555-0100 {value} \u2069"


def test_from_right_to_left_a_count_and_a_word_of_a_vocabulary_stay_bare(tmp_path: Path) -> None:
    _write(tmp_path, "en", days="{n} days {country:country}")
    _write(tmp_path, "ar", REVIEWED, days="{n} أيام {country:country}")
    assert _render(Catalogue(tmp_path), "days", "ar", n=3, country="QX") == "3 أيام QX"
