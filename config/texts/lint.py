"""A linter over every text that members read, in every language (crisis-safety.md 2.2 and M10).

It finds what no such text may say (a method, blame, promises, diagnoses, secrecy ...), what some have to say (that they
are automated, that they are no help in an emergency, that they can be ignored), what is too long for a phone at night,
and where a translation has lost a placeholder, a plural form or a whole sentence. The terms of each language are in
`rules/`. Tests run it over every catalogue: it has to find nothing.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from babel.messages.plurals import get_plural

from config.texts.catalogue import ENGLISH, FOLDER, PLACEHOLDER, Language, is_from_right_to_left, read_files
from config.texts.terms import Terms, common_rules, found, named, terms_of

_DIGITS = re.compile(r"\d(?:[\s().+/-]{0,2}\d)*")
_LATIN = re.compile(r"(?<![/\w])[A-Za-z]{2,}")
_EMOTICON = re.compile(r"(?<!\w)(?:[:;]-?[()DP/]|<3)(?!\w)")
_PARTS_OF_EMOJIS = "\u20e3\ufe0f\U0001f3fb\U0001f3fc\U0001f3fd\U0001f3fe\U0001f3ff"
_WORD = "x" * 10
"""As long as what a placeholder on a button gives: the name of a country or language."""
_N = ("n", "")
_SEEN = 2
"""How many digits in a row are not yet a phone number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What is wrong with one text.

    Attributes:
        place: File and line, such as `support/de.po:12`.
        rule: The rule that it breaks.
        what: The words that break it, or what is missing.
    """

    place: str
    key: str
    rule: str
    what: str

    def __str__(self) -> str:
        return f"{self.place}: {self.key}: {self.rule}: {self.what}"


def lint(folder: Path = FOLDER) -> Sequence[Finding]:
    """Everything that is wrong with the texts there, file by file.

    Raises:
        ConfigurationRefused: there are no terms for a language, or they can't be read.
        OSError, ValueError: as `read_language`.
    """
    files = read_files(folder)
    english = {key: forms for each in files if each.locale == ENGLISH for key, forms in each.forms.items()}
    found_in = list(_missing_files(folder, files))
    for each in files:
        is_for_members = each.path.parent != folder
        found_in += _words_of(each, is_for_members=is_for_members)
        if is_for_members:
            found_in += _lengths_of(each)
            found_in += _statements_of(each)
        if each.locale != ENGLISH:
            whole = {key for file in files if file.name == _english_name(each) for key in file.forms}
            found_in += _translation_of(each, english, whole if is_for_members else set())
    return found_in


def say_never(text: str, locale: str) -> Iterator[tuple[str, str]]:
    """What a text for members may not hold, as the rule and the words that break it."""
    plain = PLACEHOLDER.sub(" 0 ", text)
    for rule, terms in terms_of(locale).never.items():
        for words in found(terms, plain):
            yield rule, words
    for rule, search in _CHARACTERS.items():
        for words in search(text):
            yield rule, words


def _numbers(text: str) -> Iterator[str]:
    for match in _DIGITS.finditer(PLACEHOLDER.sub("x", text)):
        if sum(map(str.isdecimal, match[0])) > _SEEN and match[0] not in common_rules().counted:
            yield match[0]


def _exclamations(text: str) -> Iterator[str]:
    yield from (char for char in text if unicodedata.normalize("NFKC", char) in ("!", "¡", "!!", "!?", "?!"))


def _emojis(text: str) -> Iterator[str]:
    yield from (match[0] for match in _EMOTICON.finditer(text))
    yield from (char for char in text if unicodedata.category(char) in ("So", "Co", "Cn") or char in _PARTS_OF_EMOJIS)


_CHARACTERS: Mapping[str, Callable[[str], Iterable[str]]] = {
    "number": _numbers,
    "exclamation": _exclamations,
    "emoji": _emojis,
}
"""Rules that need no terms."""


def _missing_files(folder: Path, files: Sequence[Language]) -> Iterator[Finding]:
    for_members = [each for each in files if each.path.parent != folder]
    there = {(each.path.parent.name, each.locale) for each in for_members}
    subjects = {subject for subject, locale in there if locale == ENGLISH}
    for locale in sorted({each.locale for each in for_members}):
        for subject in sorted(subjects - {subject for subject, other in there if other == locale}):
            yield Finding(place=f"{subject}/{locale}.po", key="", rule="missing", what="there is no such file")


def _words_of(file: Language, *, is_for_members: bool) -> Iterator[Finding]:
    allowed = terms_of(file.locale).allowed
    for key, forms in file.forms.items():
        for form in forms:
            for rule, words in say_never(form, file.locale):
                if not is_for_members and rule not in common_rules().desk:
                    continue
                if not any(each.covers(rule, key) for each in allowed):
                    yield _finding(file, key, rule, words)


def _lengths_of(file: Language) -> Iterator[Finding]:
    rules = common_rules()
    most = rules.paragraph if file.locale == ENGLISH else rules.translated_paragraph
    for key, forms in file.forms.items():
        for form in forms:
            length = len(PLACEHOLDER.sub(_WORD, form))
            if named(key, rules.labels) and length > rules.label:
                yield _finding(file, key, "label_length", f"{length} characters, at most {rules.label}")
            for paragraph in form.split("\n"):
                if len(paragraph) > most:
                    yield _finding(file, key, "paragraph_length", f"{len(paragraph)} characters, at most {most}")


def _statements_of(file: Language) -> Iterator[Finding]:
    """What texts that are read together have to say; a file that has none of them has nothing to say."""
    say = terms_of(file.locale).say
    for each in common_rules().required:
        together = {key: forms for key, forms in file.forms.items() if named(key, each.texts)}
        words = "\n".join(form for forms in together.values() for form in forms)
        for statement in each.say if together else ():
            if not any(found(say.get(statement, ()), words)):
                yield _finding(file, next(iter(together)), "statement", f"{statement} is not said")


def _translation_of(file: Language, english: Mapping[str, tuple[str, ...]], whole: set[str]) -> Iterator[Finding]:
    terms = terms_of(file.locale)
    forms_wanted = int(re.sub(r"\D", "", get_plural(file.locale).plural_forms.partition(";")[0]))
    for key in sorted(whole - file.forms.keys()):
        yield Finding(place=file.name, key=key, rule="missing", what="there is no translation")
    for key, forms in file.forms.items():
        original = english.get(key)
        if original is None:
            yield _finding(file, key, "unknown", "English has no such text")
            continue
        if len(forms) != (forms_wanted if len(original) > 1 else 1):
            yield _finding(file, key, "plural", f"{len(forms)} forms, of {forms_wanted} that this language has")
        for what in _placeholders_off(original, file, forms):
            yield _finding(file, key, "placeholder", what)
        if is_from_right_to_left(file.locale) and not all(map(_begins_from_the_right, forms)):
            yield _finding(file, key, "direction", "it begins with what is written from left to right")
        if not named(key, terms.same):
            for what in _leftovers(original, forms, terms):
                yield _finding(file, key, "leftover", what)


def _placeholders_off(original: Sequence[str], file: Language, forms: Sequence[str]) -> Iterator[str]:
    """Placeholders that a form has too many of, or lacks; a form for none, one or two need not show the number."""
    wanted = set(PLACEHOLDER.findall(original[-1]))
    for place, form in enumerate(forms):
        has = set(PLACEHOLDER.findall(form))
        is_counted = len(forms) == 1 or any(file.form_of(number) == place for number in range(3, 200))
        yield from (f"{{{name}}} is missing" for name, _ in sorted((wanted if is_counted else wanted - {_N}) - has))
        yield from (f"{{{name}}} is not in English" for name, _ in sorted(has - wanted))
        if set("{}") & set(PLACEHOLDER.sub("", form)):
            yield "a brace is left over"


def _begins_from_the_right(form: str) -> bool:
    """Whether platforms, which go by the first letter, will put the paragraph on the right."""
    ways = [unicodedata.bidirectional(char) for char in PLACEHOLDER.sub("\u200e", form)]
    strong = [way for way in ways if way in ("L", "R", "AL")]
    return not {"R", "AL"} & set(strong) or strong[0] != "L"


def _leftovers(original: Sequence[str], forms: Sequence[str], terms: Terms) -> Iterator[str]:
    has_words = any(map(str.isalpha, PLACEHOLDER.sub("", original[0])))
    if has_words and forms[0] == original[0]:
        yield "it is the same as in English"
    for form in forms:
        words = PLACEHOLDER.sub(" 0 ", form)
        yield from found(common_rules().leftover, words)
        if terms.latin:
            yield from (each for each in _LATIN.findall(words) if each.lower() not in terms.latin)


def _english_name(file: Language) -> str:
    return f"{file.path.parent.name}/{ENGLISH}.po"


def _finding(file: Language, key: str, rule: str, what: str) -> Finding:
    return Finding(place=f"{file.name}:{file.lines[key]}", key=key, rule=rule, what=what)
