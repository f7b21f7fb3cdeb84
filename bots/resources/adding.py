"""`resources add`: asks for a service of one's own, each field tried at once."""

import re
import unicodedata
from collections.abc import Callable, Collection, Sequence
from datetime import date
from typing import TypeVar

from pydantic import TypeAdapter, ValidationError

from bots.resources.verifying import QUESTION
from bots.setup.asking import Asker, numbered
from config.resources.entries import ContactEntry, Country, Language, Line, ServiceEntry, Written
from core.model.community import Community
from core.model.numbers import retired_in
from core.model.resource import DirectoryState, Medium, Topic

Value = TypeVar("Value")
Option = TypeVar("Option", Topic, Medium)

OWN = "own"
MAX_WORDS_CHARS = 60


def ask_service(
    asker: Asker, state: DirectoryState, communities: Collection[Community], today: date, default_country: str = ""
) -> ServiceEntry:
    """Ask until there is an entry that the directory takes."""
    asker.tell("A service of your own. Write everything as the service prints it; Ctrl+C leaves without writing.")
    country = _valid(asker, "Country (ISO code such as DE, or INT for every country)", Country, default_country)

    def not_retired(text: str) -> str:
        found = retired_in(text, country, state.retired)
        return f"{found.number} is retired there: {found.reason}" if found else ""

    name = _valid(asker, "Its name", Written, refuses=not_retired)
    topics = _options(asker, "What does it help with?", tuple(Topic))
    contacts = [_contact(asker, not_retired)]
    while asker.confirm("Another way to reach it?", default=False):
        contacts.append(_contact(asker, not_retired))
    languages = _valid(asker, "Languages (ISO codes such as de, en)", tuple[Language, ...], split=True)
    audience = _valid(asker, "Whom is it for? (nothing: everybody)", Line, refuses=not_retired)
    hours = _valid(asker, "When does it answer? (as it says itself)", Line, refuses=not_retired)
    is_always_open = asker.confirm("Does it answer day and night?", default=False)
    source = _valid(asker, "Who says so? (the address of its page, or whom you asked)", Written, refuses=not_retired)
    as_of = _valid(asker, "As of when?", Written, today.isoformat(), refuses=not_retired)
    community = _community(asker, communities)
    is_read = asker.confirm(QUESTION, default=False)
    return ServiceEntry(
        id=_id_of(name, {each.id for each in state.services}),
        country=country,
        name=name,
        topics=frozenset(topics),
        contacts=tuple(contacts),
        languages=languages,
        audience=audience,
        hours=hours,
        is_always_open=is_always_open,
        source=source,
        as_of=as_of,
        verified=today if is_read else None,
        community=community,
    )


def _contact(asker: Asker, refuses: Callable[[str], str]) -> ContactEntry:
    (medium,) = _options(asker, "How is it reached?", tuple(Medium), most=1)
    while True:
        value = _valid(asker, "  The number or address, exactly as it prints it", Written, refuses=refuses)
        try:
            return ContactEntry(medium=medium, value=value)
        except ValidationError as errors:
            asker.tell(f"  {_reason(errors)}")


def _valid(
    asker: Asker,
    question: str,
    wanted: type[Value],
    default: str = "",
    *,
    split: bool = False,
    refuses: Callable[[str], str] = lambda _: "",
) -> Value:
    """An answer that the entry's own model takes."""
    adapter = TypeAdapter(wanted)
    while True:
        answer = asker.ask(question, default)
        try:
            value = adapter.validate_python(tuple(filter(None, re.split(r"[\s,]+", answer))) if split else answer)
        except ValidationError as errors:
            asker.tell(f"  {_reason(errors)}")
            continue
        if not (reason := refuses(answer)):
            return value
        asker.tell(f"  {reason}")


def _options(asker: Asker, question: str, options: Sequence[Option], most: int = 0) -> Sequence[Option]:
    asker.tell(question)
    for number, option in enumerate(options, start=1):
        asker.tell(f"  {number}) {option.value.replace('_', ' ')}")
    while True:
        answers = [each for each in re.split(r"[\s,]+", asker.ask("  (number)" if most else "  (numbers)")) if each]
        numbers = [numbered(each, len(options)) for each in answers]
        if numbers and all(numbers) and (not most or len(numbers) <= most):
            return [options[number - 1] for number in numbers]
        asker.tell("  Numbers of this list, please.")


def _community(asker: Asker, communities: Collection[Community]) -> str | None:
    """None for all of them; nobody is asked where there is one alone."""
    known = list(communities)
    if len(known) < 2:
        return None
    asker.tell("In which community is it shown?")
    asker.tell("  1) all of them")
    for number, each in enumerate(known, start=2):
        asker.tell(f"  {number}) {each.name}")
    while True:
        number = numbered(asker.ask("  (number)", "1"), len(known) + 1)
        if number:
            return known[number - 2].id if number > 1 else None
        asker.tell("  One of them, please.")


def _id_of(name: str, taken: Collection[str]) -> str:
    """A name of its own for the entry, from what it is called."""
    ascii_name = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", ascii_name).strip("-")[:MAX_WORDS_CHARS]
    first = f"{OWN}-{words or 'service'}"
    number, made = 1, first
    while made in taken:
        number += 1
        made = f"{first}-{number}"
    return made


def _reason(errors: ValidationError) -> str:
    return errors.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
