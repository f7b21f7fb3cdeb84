"""Renders texts from the .po files below this folder; `Catalogue` speaks `core.ports.Texts`.

A msgid is a key such as `refused.already_claimed`, an msgstr the text with `{name}` where a parameter goes, or
`{name:kind}` where a word of a vocabulary goes: the parameter's value `threat` then gives the text `kind.threat`. The
vocabularies `country` and `language` are Babel's names of countries and languages by their codes; `own_language` is
what a language calls itself. An entry with plural forms takes its number from the parameter `n`. Values are put in as
they are: escaping for a platform's markup is the adapter's work.

What the desk, owners and the console read stands in `<locale>.po` of the folder itself; what members read in a folder a
subject, such as `support/<locale>.po`. A key stands in one file of a language. English is complete; another language
falls back to it text by text.

A file whose head names nobody in `X-Reviewed-By` is a draft: what a translation says to people in distress is shown to
nobody before a native speaker has read it, unless an owner accepted that. The members' files of a language are reviewed
together or not at all, so that no page is half of it.

Where a language is written from right to left, a value is put between the two characters that isolate it, because a
number with spaces or signs would else be shown back to front. The value's own characters stay as they are. A web
address is not isolated: platforms would take the closing character for a part of the link.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from gettext import c2py
from io import BytesIO
from pathlib import Path

from babel import Locale, UnknownLocaleError
from babel.messages.pofile import read_po

from core.care.members import Languages
from core.errors import ConfigurationRefused
from core.model.card import Text

FOLDER = Path(__file__).parent
ENGLISH = "en"
PLACEHOLDER = re.compile(r"\{([a-z][a-z0-9_]*)(?::([a-z_]+(?:\.[a-z_]+)*))?\}")


def _own_name(code: str) -> str:
    try:
        return Locale.parse(code).get_display_name(code) or code
    except (ValueError, UnknownLocaleError):
        return code


BABEL: Mapping[str, Callable[[Locale, str], str]] = {
    "country": lambda reader, code: str(reader.territories.get(code, code)),
    "language": lambda reader, code: str(reader.languages.get(code, code)),
    "own_language": lambda _, code: _own_name(code),
}
"""The vocabularies that are not ours; a code that Babel doesn't know stays as it is."""

_KEY = re.compile(r'^msgid "(.+)"\s*$')
_REVIEWER = re.compile(r'^"X-Reviewed-By:[ \t]*(.*?)[ \t]*\\n"\s*$', flags=re.MULTILINE)
_ADDRESS = re.compile(r"(?:\S+://\S+|\S+\.[a-z]{2,}(?:/\S*)?)\Z", flags=re.IGNORECASE)
_ISOLATE, _END_OF_ISOLATE = "\u2068", "\u2069"


@dataclass(frozen=True, slots=True)
class Language:
    """The texts of one language, or of one file of it.

    Attributes:
        forms: Each key's forms: one, or one a plural form.
        form_of: Which form a number takes.
        lines: Each key's line in its file.
        reviewer: Who reviewed the file; "" for a draft. English is nobody's translation.
    """

    forms: Mapping[str, tuple[str, ...]]
    form_of: Callable[[int], int]
    locale: str = ENGLISH
    path: Path = FOLDER
    lines: Mapping[str, int] = field(default_factory=dict)
    reviewer: str = ""

    @property
    def is_draft(self) -> bool:
        """Whether nobody has reviewed these words."""
        return self.locale != ENGLISH and not self.reviewer

    @property
    def name(self) -> str:
        """The file as people find it: `support/de.po`."""
        return str(self.path.relative_to(self.path.parents[1]))


def read_language(path: Path) -> Language:
    """The entries of a .po file that are translated and not marked fuzzy.

    Raises:
        ConfigurationRefused: a key stands in it twice.
        OSError, ValueError: it can't be read, or is no .po file.
    """
    return _parsed(path, path.read_bytes())


@lru_cache(maxsize=128)
def _parsed(path: Path, content: bytes) -> Language:
    catalog = read_po(BytesIO(content), locale=path.stem, abort_invalid=True)
    source = content.decode(catalog.charset)
    lines: dict[str, int] = {}
    for number, line in enumerate(source.splitlines(), start=1):
        if found := _KEY.match(line):
            key = found[1]
            if key in lines:
                raise _stands_twice(key, f"{path.name}:{number}", f"{path.name}:{lines[key]}")
            lines[key] = number
    forms = {}
    for message in catalog:
        key = message.id[0] if isinstance(message.id, tuple | list) else message.id
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if key and not message.fuzzy and all(strings):
            forms[key] = tuple(map(str, strings))
    reviewer = _REVIEWER.search(source)
    return Language(forms, c2py(catalog.plural_expr), path.stem, path, lines, reviewer[1] if reviewer else "")


def read_files(folder: Path = FOLDER) -> Sequence[Language]:
    """Every .po file there, the desk's first, then the members' subject by subject. Raises: as `read_language`."""
    return [read_language(path) for path in (*sorted(folder.glob("*.po")), *sorted(folder.glob("*/*.po")))]


class Catalogue:
    """All languages that have a .po file, drafts only where they are asked for."""

    def __init__(self, folder: Path = FOLDER, *, with_drafts: bool = False) -> None:
        """Reads them.

        Raises:
            ConfigurationRefused: a key stands in two files of a language, or twice in one.
            OSError, ValueError: a file can't be read.
        """
        self._folder = folder
        files = read_files(folder)
        members = [each for each in files if each.path.parent != folder]
        self._members = _languages(members)
        self._files = [each for each in files if with_drafts or not self._is_draft(each)]
        self._languages = {
            locale: _joined([each for each in self._files if each.locale == locale])
            for locale in sorted({each.locale for each in self._files})
        }
        for locale in {each.locale for each in files}:
            _joined([each for each in files if each.locale == locale])  # what a draft refuses, it refuses now

    @property
    def locales(self) -> tuple[str, ...]:
        """The languages that are spoken, such as `("de", "en", "pt_BR")`."""
        return tuple(self._languages)

    def languages(self) -> Languages:
        """The languages that members can choose: reviewed ones, and drafts for an owner to accept."""
        return self._members

    def with_drafts(self) -> "Catalogue":
        """The same with the words that nobody has reviewed: for pages whose language is a draft that was accepted."""
        return Catalogue(self._folder, with_drafts=True)

    def render(self, text: Text, locale: str = ENGLISH) -> str:
        """The text in that language, a wider form of it (`pt` for `pt-BR`), or English.

        Raises:
            KeyError: English has no such key, or no such word of a vocabulary.
            TypeError: the text needs a parameter that `text` doesn't carry.
        """
        language = self._best(text.key, locale)
        forms = language.forms[text.key]
        if len(forms) > 1:
            number = text.params.get("n")
            if not isinstance(number, int):
                raise TypeError(f"the text {text.key} needs the number n")
            template = forms[language.form_of(number)]
        else:
            template = forms[0]

        def value(match: re.Match[str]) -> str:
            name, vocabulary = match.groups()
            if name not in text.params:
                raise TypeError(f"the text {text.key} needs the parameter {name}")
            word = text.params[name]
            if vocabulary in BABEL:
                return BABEL[vocabulary](Locale.parse(language.locale), str(word))
            if vocabulary:
                return self.render(Text(key=f"{vocabulary}.{word}"), locale)
            return isolated(word, language.locale) if isinstance(word, str) else str(word)

        return PLACEHOLDER.sub(value, template)

    def _is_draft(self, file: Language) -> bool:
        is_for_members = file.path.parent != self._folder
        return file.locale in self._members.drafts if is_for_members else file.is_draft

    def _best(self, key: str, locale: str) -> Language:
        name = locale.replace("-", "_")
        while name:
            language = self._languages.get(name)
            if language is not None and key in language.forms:
                return language
            name = name.rpartition("_")[0]
        return self._languages[ENGLISH]


def isolated(value: str, locale: str) -> str:
    """The value as it is; where that language is written from right to left, between isolating characters."""
    if not value or not is_from_right_to_left(locale) or _ADDRESS.match(value):
        return value
    gap = " " if _ADDRESS.search(value) else ""  # an address must not touch the closing character
    return f"{_ISOLATE}{value}{gap}{_END_OF_ISOLATE}"


@lru_cache(maxsize=128)
def is_from_right_to_left(locale: str) -> bool:
    """Whether that language is written so."""
    return Locale.parse(locale).text_direction == "rtl"


def _languages(members: Iterable[Language]) -> Languages:
    subjects: dict[str, set[Path]] = {ENGLISH: set()}
    reviewed: dict[str, set[Path]] = {}
    for each in members:
        subjects.setdefault(each.locale, set()).add(each.path.parent)
        if not each.is_draft:
            reviewed.setdefault(each.locale, set()).add(each.path.parent)
    whole = {locale for locale in subjects if reviewed.get(locale, set()) >= subjects[ENGLISH]}
    return Languages(reviewed=frozenset(whole), drafts=frozenset(subjects.keys() - whole))


def _joined(files: Sequence[Language]) -> Language:
    forms: dict[str, tuple[str, ...]] = {}
    where: dict[str, Language] = {}
    for each in files:
        for key, line in each.lines.items():
            if key in where:
                other = where[key]
                raise _stands_twice(key, f"{each.name}:{line}", f"{other.name}:{other.lines[key]}")
            where[key] = each
        forms.update(each.forms)
    return Language(forms, files[0].form_of, files[0].locale)


def _stands_twice(key: str, here: str, there: str) -> ConfigurationRefused:
    return ConfigurationRefused(here, f"the text {key} stands twice", f"it stands already in {there}")
