"""The linter over the texts: it finds nothing in ours, and finds every kind of thing that it is there to find."""

import ast
import tomllib
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest

from config.texts.catalogue import BABEL, FOLDER, PLACEHOLDER, Catalogue, read_files
from config.texts.lint import Finding, lint, say_never
from config.texts.terms import RULES, Required, common_rules, found, named, terms_of
from core.errors import ConfigurationRefused
from core.model.card import Text

ROOT = Path(__file__).parents[2]
LOCALES = ("ar", "de", "en", "es", "fr", "hi", "it", "pt", "ru", "tr")
DRAFTS = tuple(locale for locale in LOCALES if locale != "en")
SAMPLES = tomllib.loads((Path(__file__).parent / "lint_samples.toml").read_text(encoding="utf-8"))
FORBIDDEN = [
    pytest.param(locale, rule, text, id=f"{locale}-{rule}")
    for locale, samples in SAMPLES.items()
    for rule, text in samples.items()
    if rule != "fine"
]
HEAD = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n"Plural-Forms: nplurals={}; plural={};\\n"\n'
TWO_FORMS = HEAD.format(2, "(n != 1)")


def _rules(text: str, locale: str = "en") -> set[str]:
    return {rule for rule, _ in say_never(text, locale)}


def _house(folder: Path, german: str, english: str = 'msgid "a.b"\nmsgstr "Hello, {name}"\n') -> list[Finding]:
    (folder / "support").mkdir(exist_ok=True)
    (folder / "support/en.po").write_text(TWO_FORMS + "\n" + english, encoding="utf-8")
    (folder / "support/de.po").write_text(TWO_FORMS + "\n" + german, encoding="utf-8")
    return list(lint(folder))


def _members_keys(locale: str) -> set[str]:
    return {key for each in read_files() if each.locale == locale and each.path.parent != FOLDER for key in each.forms}


def test_nothing_is_wrong_with_any_text_in_any_language() -> None:
    assert [str(each) for each in lint()] == []


@pytest.mark.parametrize("locale", DRAFTS)
def test_every_text_that_members_read_is_there_in_every_language_and_falls_back_to_nothing(locale: str) -> None:
    english = _members_keys("en")
    assert len(english) > 250
    assert _members_keys(locale) == english


def test_a_word_that_a_text_for_members_names_is_theirs_too_or_babels() -> None:
    keys = _members_keys("en")
    forms = (form for each in read_files() if each.path.parent != FOLDER for form in chain(*each.forms.values()))
    named_in = {vocabulary for form in forms for _, vocabulary in PLACEHOLDER.findall(form)} - {"", *BABEL}
    assert [each for each in named_in if not any(key.startswith(f"{each}.") for key in keys)] == []


@pytest.mark.parametrize("locale", DRAFTS)
def test_a_language_that_nobody_reviewed_is_spoken_only_where_its_draft_was_accepted(locale: str) -> None:
    catalogue, text = Catalogue(), Text(key="support.start.question")
    is_draft = locale in catalogue.languages().drafts
    assert (catalogue.render(text, locale) == catalogue.render(text)) is is_draft
    assert catalogue.with_drafts().render(text, locale) != catalogue.render(text)


@pytest.mark.parametrize("locale", LOCALES)
def test_every_language_has_terms_for_every_rule_and_every_statement(locale: str) -> None:
    terms, english = terms_of(locale), terms_of("en")
    assert terms.never.keys() == english.never.keys()
    assert terms.say.keys() == english.say.keys()
    assert [rule for rule, words in (*terms.never.items(), *terms.say.items()) if not words] == []


@pytest.mark.parametrize("locale", LOCALES)
def test_every_rule_of_every_language_has_a_sample(locale: str) -> None:
    assert SAMPLES[locale].keys() - {"fine"} == terms_of(locale).never.keys() - {"method"}


@pytest.mark.parametrize(("locale", "rule", "text"), FORBIDDEN)
def test_what_must_not_be_said_is_found(locale: str, rule: str, text: str) -> None:
    assert rule in _rules(text, locale)


@pytest.mark.parametrize("locale", LOCALES)
def test_what_only_resembles_it_is_not_found(locale: str) -> None:
    assert {text: _rules(text, locale) for text in SAMPLES[locale]["fine"] if _rules(text, locale)} == {}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_term_is_found_in_small_and_capital_letters_and_between_marks(locale: str) -> None:
    for rule, terms in terms_of(locale).never.items():
        for term in terms:
            words = " ".join("xy" if word == "*" else word.replace("*", "") for word in term.split())
            for form in (f"({words})", f"… {words.upper()}, …", f"\u2068{words}\u2069"):
                assert rule in _rules(form, locale), f"{rule}: {term}"


def test_words_are_compared_without_invisible_characters_accents_and_a_turks_dots() -> None:
    assert list(found(["blame"], "BL\u200bAME, blåme")) == ["blame", "blame"]
    assert list(found(["istanbul"], "İstanbul ISTANBUL ıstanbul")) == ["istanbul"] * 3
    assert list(found(["اسال"], "اسأل أَسْأَلُ")) == ["اسال", "اسال"]
    assert list(found(["ज़रा"], "ज़रा जरा")) == ["जरा", "जरा"]


def test_a_term_is_never_found_inside_a_word_but_a_star_stands_for_the_rest_of_it() -> None:
    assert list(found(["cut"], "shortcut cutlery")) == []
    assert list(found(["cut*"], "shortcut cutlery")) == ["cutlery"]
    assert list(found(["your *"], "your family, your")) == ["your family"]


@pytest.mark.parametrize("text", ["Call 555-0100", "5550100", "call 1 1 2 now", "१२३४", "٩٩٩", "ring +1 (5)"])
def test_a_number_that_could_be_dialled_is_found(text: str) -> None:
    assert ("number" in _rules(text)) is (text != "ring +1 (5)")


@pytest.mark.parametrize("text", ["count: 1, 2, 3, 4, 5, 6", "5-4-3-2-1", "{days} days", "for 90 days", "24 of 7"])
def test_counting_is_no_phone_number(text: str) -> None:
    assert _rules(text) == set()


@pytest.mark.parametrize("text", ["Stop!", "¡Hola", "停！", "wow‼"])
def test_an_exclamation_mark_is_found(text: str) -> None:
    assert "exclamation" in _rules(text)


@pytest.mark.parametrize(
    "text", ["\U0001f600", "\u2764\ufe0f", "1\ufe0f\u20e3", "take care :)", "<3", "\U0001f1e9\U0001f1ea"]
)
def test_an_emoji_is_found(text: str) -> None:
    assert "emoji" in _rules(text)


def test_a_finding_names_file_line_key_and_rule(tmp_path: Path) -> None:
    (each,) = _house(tmp_path, 'msgid "a.b"\nmsgstr "Alles wird gut, {name}"\n')
    assert str(each) == "support/de.po:6: a.b: promise: alles wird gut"


def test_a_placeholder_that_was_lost_made_up_or_broken_is_found(tmp_path: Path) -> None:
    found_in = [_house(tmp_path, f'msgid "a.b"\nmsgstr "Hallo{end}"\n') for end in ("", " {name} {nome}", " {name} {")]
    assert [[each.what for each in findings] for findings in found_in] == [
        ["{name} is missing"], ["{nome} is not in English"], ["a brace is left over"],
    ]  # fmt: skip
    assert _house(tmp_path, 'msgid "a.b"\nmsgstr "{name}, hallo"\n') == []


def test_a_placeholder_may_use_another_vocabulary_in_no_translation(tmp_path: Path) -> None:
    english = 'msgid "a.b"\nmsgstr "In {country:country}"\n'
    whats = {each.what for each in _house(tmp_path, 'msgid "a.b"\nmsgstr "Im Land {country}"\n', english)}
    assert whats == {"{country} is missing", "{country} is not in English"}


def test_plural_forms_are_as_many_as_the_language_has_and_only_a_certain_number_may_go_unsaid(tmp_path: Path) -> None:
    english = 'msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "One day"\nmsgstr[1] "{n} days"\n'
    good = 'msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "Ein Tag"\nmsgstr[1] "{n} Tage"\n'
    assert _house(tmp_path, good, english) == []
    assert {each.rule for each in _house(tmp_path, 'msgid "a.b"\nmsgstr "{n} Tage"\n', english)} == {"plural"}
    assert [each.what for each in _house(tmp_path, good.replace("{n} Tage", "Tage"), english)] == ["{n} is missing"]


def test_a_form_that_many_numbers_share_says_the_number(tmp_path: Path) -> None:
    _house(tmp_path, "", 'msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "One day"\nmsgstr[1] "{n} days"\n')
    (tmp_path / "support/de.po").unlink()
    forms = "(n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2)"
    russian = 'msgid "a.b"\nmsgid_plural "a.b"\nmsgstr[0] "Один день"\nmsgstr[1] "{n} дня"\nmsgstr[2] "{n} дней"\n'
    (tmp_path / "support/ru.po").write_text(HEAD.format(3, forms) + "\n" + russian, encoding="utf-8")
    assert [each.what for each in lint(tmp_path)] == ["{n} is missing"]  # 21 would be called one


@pytest.mark.parametrize("words", ["Hello, {name}", "Hallo {name}, read this here"])
def test_a_sentence_that_was_left_in_english_is_found(tmp_path: Path, words: str) -> None:
    assert {each.rule for each in _house(tmp_path, f'msgid "a.b"\nmsgstr "{words}"\n')} == {"leftover"}


def test_latin_words_in_a_language_of_another_script_are_found_where_they_are_no_command(tmp_path: Path) -> None:
    _house(tmp_path, 'msgid "a.b"\nmsgstr "{name}, hallo"\n')
    (tmp_path / "support/de.po").rename(tmp_path / "support/ru.po")
    (tmp_path / "support/ru.po").write_text(
        HEAD.format(3, "(n % 10 > 2)") + '\nmsgid "a.b"\nmsgstr "{name}, hello или /support"\n', encoding="utf-8"
    )
    assert [each.what for each in lint(tmp_path)] == ["hello"]


@pytest.mark.parametrize("words", ["{name} أهلًا", "Lightkeeper أهلًا {name}", "\u200e/support أهلًا {name}"])
def test_a_paragraph_that_would_stand_on_the_wrong_side_is_found(tmp_path: Path, words: str) -> None:
    _house(tmp_path, "")
    (tmp_path / "support/de.po").unlink()
    forms = "(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=0 && n%100<=2 ? 4 : 5)"
    path = tmp_path / "support/ar.po"
    path.write_text(HEAD.format(6, forms) + f'\nmsgid "a.b"\nmsgstr "{words}"\n', encoding="utf-8")
    assert [each.rule for each in lint(tmp_path)] == ["direction"]
    path.write_text(HEAD.format(6, forms) + '\nmsgid "a.b"\nmsgstr "أهلًا {name}"\n', encoding="utf-8")
    assert lint(tmp_path) == []


def test_a_translation_that_is_missing_or_of_a_text_that_is_gone_is_found(tmp_path: Path) -> None:
    findings = _house(tmp_path, 'msgid "a.c"\nmsgstr "Hallo"\n')
    assert [(each.key, each.rule) for each in findings] == [("a.b", "missing"), ("a.c", "unknown")]


def test_a_file_that_a_language_lacks_is_found(tmp_path: Path) -> None:
    (tmp_path / "privacy").mkdir()
    (tmp_path / "privacy/en.po").write_text(TWO_FORMS + '\nmsgid "c.d"\nmsgstr "Kept"\n', encoding="utf-8")
    (each,) = _house(tmp_path, 'msgid "a.b"\nmsgstr "Hallo, {name}"\n')
    assert str(each) == "privacy/de.po: : missing: there is no such file"


def test_what_is_too_long_for_a_phone_is_found_and_a_translation_may_be_somewhat_longer(tmp_path: Path) -> None:
    def rules(german: int, english: int) -> list[str]:
        entries = [f'msgid "a.b"\nmsgstr "{letter * n} {{name}}"\n' for letter, n in (("ä", german), ("a", english))]
        return [each.place.partition(":")[0] for each in _house(tmp_path, *entries)]

    assert rules(350, 280) == []
    assert rules(450, 280) == ["support/de.po"]
    assert rules(350, 350) == ["support/en.po"]


def test_words_on_a_button_that_a_phone_would_cut_off_are_found(tmp_path: Path) -> None:
    english = 'msgid "support.go.back"\nmsgstr "Back"\n'
    findings = _house(tmp_path, f'msgid "support.go.back"\nmsgstr "{"ä" * 41}"\n', english)
    assert [each.rule for each in findings] == ["label_length"]


@pytest.mark.parametrize("required", common_rules().required, ids=lambda each: str(each.texts[0]))
def test_texts_that_do_not_say_what_they_have_to_are_found(tmp_path: Path, required: Required) -> None:
    def unsaid(words: str) -> list[str]:
        german = f'msgid "{required.texts[0].replace("*", "x")}"\nmsgstr "{words}"\n\nmsgid "x.y"\nmsgstr "Ja"\n'
        findings = _house(tmp_path, german, 'msgid "x.y"\nmsgstr "Yes"\n')
        return [each.what for each in findings if each.rule == "statement"]

    assert unsaid("Hallo") == [f"{statement} is not said" for statement in required.say]
    assert unsaid(". ".join(terms_of("de").say[each][0].replace("*", "") for each in required.say)) == []


def test_our_own_texts_would_not_pass_without_one_of_the_statements() -> None:
    keys = _members_keys("en")
    assert [each.texts for each in common_rules().required if not any(named(key, each.texts) for key in keys)] == []


def test_a_language_without_terms_is_refused_by_the_name_of_its_file(tmp_path: Path) -> None:
    _house(tmp_path, 'msgid "a.b"\nmsgstr "Hallo, {name}"\n')
    (tmp_path / "support/de.po").rename(tmp_path / "support/nl.po")
    with pytest.raises(ConfigurationRefused, match=r"^nl\.toml: can't be read"):
        lint(tmp_path)


def test_every_exception_is_still_needed() -> None:
    texts = {(each.locale, key): forms for each in read_files() for key, forms in each.forms.items()}
    for locale in LOCALES:
        for allowed in terms_of(locale).allowed:
            for pattern in allowed.keys:
                forms = [
                    form
                    for (of, key), each in texts.items()
                    if of == locale and named(key, (pattern,))
                    for form in each
                ]
                assert any(allowed.rule in _rules(form, locale) for form in forms), f"{locale}: {pattern}"


def test_every_word_that_the_code_puts_on_a_button_is_checked_as_one() -> None:
    assert [label for label in _labels() if not named(label[0], common_rules().labels)] == []
    assert len(list(_labels())) > 3


@pytest.mark.parametrize("locale", LOCALES)
def test_a_button_that_a_text_speaks_of_bears_those_words(locale: str) -> None:
    catalogue = Catalogue(with_drafts=True)
    label = catalogue.render(Text(key="letter.support.misused"), locale)
    assert label in catalogue.render(Text(key="letter.support.misuse"), locale)


def test_what_the_members_side_says_is_translated_but_for_appeals_reports_and_what_owners_read() -> None:
    """Appeals and reports are the desk's: a moderator reads along, in the desk's language."""
    desks = {key for each in read_files() if each.path.parent == FOLDER for key in each.forms}
    for path in (ROOT / "core/care").rglob("*.py"):
        if path.stem not in ("appeals", "reports"):
            nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            said = {node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)}
            assert {key for key in said & desks if not key.startswith(("owner.", "notice."))} == set(), path.name


def test_there_are_rules_for_no_language_that_nobody_writes() -> None:
    assert {path.stem for path in RULES.glob("*.toml")} == {*LOCALES, "common"}


def _labels() -> Iterator[tuple[str, str]]:
    """Every literal key that the members' side of the core puts on a button, and where it does."""
    for path in (ROOT / "core/care").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                labels = [each.value for each in node.keywords if each.arg == "label"] + node.args[:1]
                texts = labels if node.func.id == "_choice" else [_key(each) for each in labels]
                for text in texts if node.func.id in ("Choice", "_choice") else ():
                    if isinstance(text, ast.Constant):
                        yield str(text.value), f"{path.name}:{node.lineno}"


def _key(text: ast.expr) -> ast.expr | None:
    named = text.keywords if isinstance(text, ast.Call) else ()
    return next((each.value for each in named if each.arg == "key"), None)
