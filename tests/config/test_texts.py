"""The catalogue, and a linter over every language in it."""

import re
from collections import Counter
from pathlib import Path

import pytest

from config.texts.catalogue import BABEL, FOLDER, PLACEHOLDER, Catalogue, read_files, read_language
from core.desk.clicks import Verb
from core.model.action import ActionKind
from core.model.card import Text
from core.model.case import Concern, Outcome, State
from core.model.case_event import Why
from core.model.finding import Category, Kind
from core.model.record import ActionState

FILES = [each.path for each in read_files()]
ENGLISH = {key: forms for each in read_files() if each.locale == "en" for key, forms in each.forms.items()}
HEAD = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals=3; plural=n%10;\\n"\n'
    '"X-Reviewed-By: Robin Example\\n"\n'
)


def _name(path: Path) -> str:
    return str(path.relative_to(FOLDER).with_suffix(""))


def _catalogue(folder: Path, **languages: str) -> Catalogue:
    for name, entries in languages.items():
        (folder / f"{name}.po").write_text(HEAD + entries, encoding="utf-8")
    return Catalogue(folder)


def test_a_text_is_rendered_with_its_parameters() -> None:
    text = Text(key="refused.already_claimed", params={"holder": "Robin", "since": "14:05"})
    assert Catalogue().render(text) == "Robin has had this case since 14:05."


def test_a_number_chooses_the_plural_form() -> None:
    catalogue = Catalogue()
    assert catalogue.render(Text(key="case.messages", params={"n": 1})) == "1 message"
    assert catalogue.render(Text(key="case.messages", params={"n": 0})) == "0 messages"


def test_an_unknown_key_raises_key_error() -> None:
    with pytest.raises(KeyError):
        Catalogue().render(Text(key="no.such.text"))


def test_a_missing_parameter_is_named_and_values_are_not() -> None:
    with pytest.raises(TypeError, match=r"^the text refused\.already_claimed needs the parameter since$"):
        Catalogue().render(Text(key="refused.already_claimed", params={"holder": "Robin"}))
    with pytest.raises(TypeError, match="needs the number n"):
        Catalogue().render(Text(key="case.messages"))


def test_a_value_is_put_in_as_it_is_and_never_read_as_a_template() -> None:
    text = Text(key="refused.bad_value", params={"field": "{field} {0} {holder.__class__} %s \\1"})
    assert Catalogue().render(text) == "Something is missing or wrong: {field} {0} {holder.__class__} %s \\1."


def test_a_parameter_can_be_a_word_of_a_vocabulary_in_the_same_language(tmp_path: Path) -> None:
    catalogue = _catalogue(
        tmp_path,
        en='msgid "card"\nmsgstr "Seen: {kind:kind}"\n\nmsgid "kind.threat"\nmsgstr "Threat"\n',
        de='msgid "card"\nmsgstr "Gesehen: {kind:kind}"\n\nmsgid "kind.threat"\nmsgstr "Drohung"\n',
    )
    assert catalogue.render(Text(key="card", params={"kind": "threat"}), "de") == "Gesehen: Drohung"
    with pytest.raises(KeyError):
        catalogue.render(Text(key="card", params={"kind": "nothing"}))


def test_a_language_falls_back_to_its_wider_form_and_then_to_english(tmp_path: Path) -> None:
    catalogue = _catalogue(
        tmp_path,
        en='msgid "a"\nmsgstr "A"\n\nmsgid "b"\nmsgstr "B"\n\nmsgid "c"\nmsgstr "C"\n',
        pt='msgid "a"\nmsgstr "pt A"\n\nmsgid "b"\nmsgstr "pt B"\n\nmsgid "c"\nmsgstr ""\n',
        pt_BR='msgid "a"\nmsgstr "br A"\n\n#, fuzzy\nmsgid "b"\nmsgstr "br B"\n',
    )
    assert [catalogue.render(Text(key=key), "pt-BR") for key in "abc"] == ["br A", "pt B", "C"]
    assert catalogue.render(Text(key="a"), "xx") == "A"
    assert catalogue.locales == ("en", "pt", "pt_BR")


def test_a_language_counts_in_its_own_way(tmp_path: Path) -> None:
    forms = 'msgid "x"\nmsgid_plural "x"\nmsgstr[0] "zero"\nmsgstr[1] "one"\nmsgstr[2] "two"\n'
    catalogue = _catalogue(tmp_path, en=forms)
    assert [catalogue.render(Text(key="x", params={"n": n})) for n in (10, 21, 2)] == ["zero", "one", "two"]


@pytest.mark.parametrize(
    ("prefix", "values"),
    [
        ("kind", Kind),
        ("category", Category),
        ("concern", Concern),
        ("state", State),
        ("outcome", Outcome),
        ("refused", Why),
        ("verb", Verb),
        ("action", ActionKind),
        ("action_state", ActionState),
    ],
)
def test_every_word_of_a_closed_vocabulary_has_a_text(prefix: str, values: type[Kind]) -> None:
    assert [value for value in values if f"{prefix}.{value}" not in ENGLISH] == []


def test_every_level_of_every_concern_has_a_word() -> None:
    assert [f"{c}.{n}" for c in Concern for n in range(1, 5) if f"level.{c}.{n}" not in ENGLISH] == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_no_key_stands_twice(path: Path) -> None:
    keys = re.findall(r'^msgid "(.*)"$', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert [key for key, times in Counter(keys).items() if times > 1] == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_every_entry_is_filled_in_and_none_is_fuzzy(path: Path) -> None:
    keys = re.findall(r'^msgid "(.+)"$', path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert set(keys) == set(read_language(path).forms)


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_keys_are_lower_case_words_joined_by_dots(path: Path) -> None:
    keys = read_language(path).forms
    assert [key for key in keys if not re.fullmatch(r"[a-z0-9_]+(\.[a-z0-9_]+)+", key)] == []


@pytest.mark.parametrize("path", FILES, ids=_name)
def test_placeholders_are_well_formed_and_those_of_english(path: Path) -> None:
    for key, forms in read_language(path).forms.items():
        allowed = {match for form in ENGLISH[key] for match in PLACEHOLDER.findall(form)}
        for form in forms:
            assert not set("{}") & set(PLACEHOLDER.sub("", form)), key
            assert set(PLACEHOLDER.findall(form)) <= allowed, key


def test_every_vocabulary_that_a_text_names_has_words() -> None:
    named = {match[1] for forms in ENGLISH.values() for form in forms for match in PLACEHOLDER.findall(form)} - {
        "",
        *BABEL,
    }
    assert [each for each in named if not any(key.startswith(f"{each}.") for key in ENGLISH)] == []
    assert {"kind", "outcome", "action"} <= named
