"""Reads the directory's files, or refuses them with file and line, field, reason and what to do."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from config.refusal import refusal_of
from config.resources.entries import ConfirmationsFile, RetiredFile, ServicesFile
from config.toml_file import MOST_TOLD, Loc, parsed, place_in, read_text, validated
from core.care.resources import WORLDWIDE
from core.errors import ConfigurationRefused
from core.model.numbers import retired_in
from core.model.resource import EU_WIDE, Confirmation, Retired, Service

SHIPPED = Path(__file__).parent
RETIRED = "retired.toml"

_STRING = re.compile(r'"(?:[^"\\]|\\.)*"' + r"|'[^']*'")
_MULTILINE = re.compile(r'"""[\s\S]*?"""' + r"|'''[\s\S]*?'''")


def read_shipped(folder: Path = SHIPPED) -> tuple[tuple[Service, ...], tuple[Retired, ...]]:
    """What ships: every service, by country, and every retired number. Raises: `ConfigurationRefused`."""
    retired = read_retired(folder / RETIRED)
    services: list[Service] = []
    for path in sorted(folder.glob("*.toml")):
        if path.name != RETIRED:
            services += read_services(path, retired, known=services, country=path.stem)
    if not any(each.id == WORLDWIDE for each in services):
        raise ConfigurationRefused(
            folder.name, f"{WORLDWIDE} is missing, which is always shown", "reinstall Lightkeeper"
        )
    return tuple(services), retired


def read_services(
    path: Path, retired: Iterable[Retired], *, known: Iterable[Service] = (), country: str = ""
) -> tuple[Service, ...]:
    """The services in a file. Arguments and errors as for `services_in`."""
    return services_in(path.name, read_text(path), retired, known=known, country=country)


def services_in(
    name: str, text: str, retired: Iterable[Retired], *, known: Iterable[Service] = (), country: str = ""
) -> tuple[Service, ...]:
    """The services in the text of a file.

    Args:
        name: The file's.
        text: What stands in it.
        retired: The numbers that no entry of their country may hold, in whatever field.
        known: Services of other files, whose ids are taken.
        country: The one country that the file is for; "" for an owner's own, which may name any but the union's.

    Raises:
        ConfigurationRefused: as `load_toml`, naming the line of each.
    """
    data = parsed(name, text)
    place = _places(name, text)
    read = validated(data, ServicesFile, place)
    refusals: list[ConfigurationRefused] = []
    taken = {each.id for each in known}
    for index, entry in enumerate(read.service):
        if len(refusals) >= MOST_TOLD:
            break
        loc: Loc = ("service", index)
        if entry.id in taken:
            refusals.append(
                ConfigurationRefused(place((*loc, "id")), "there is another service of this id", "rename one")
            )
        taken.add(entry.id)
        if country and entry.country != country:
            refusals.append(ConfigurationRefused(place((*loc, "country")), f"has to be {country}, as the file's name"))
        if not country and entry.country == EU_WIDE:
            reason = "what is reserved all over the union is shown for no state"
            refusals.append(ConfigurationRefused(place((*loc, "country")), reason, "name the state that has it"))
        for where, value in _texts(data["service"][index], loc):
            found = retired_in(value, entry.country, retired)
            if found is not None:
                reason = f"holds the number {found.number}, which is retired: {found.reason}"
                refusals.append(ConfigurationRefused(place(where), reason, "look on the service's own page"))
    if refusals:
        raise refusal_of(refusals)
    return tuple(entry.service for entry in read.service)


def read_retired(path: Path) -> tuple[Retired, ...]:
    """The retired numbers. Raises: as `read_services`."""
    text = read_text(path)
    read = validated(parsed(path.name, text), RetiredFile, _places(path.name, text))
    return tuple(entry.retired for entry in read.retired)


def read_confirmations(path: Path) -> tuple[Confirmation, ...]:
    """The newest confirmation of each service. Raises: as `read_services`."""
    text = read_text(path)
    read = validated(parsed(path.name, text), ConfirmationsFile, _places(path.name, text))
    newest: dict[str, Confirmation] = {}
    for entry in sorted(read.confirmation, key=lambda each: each.on):
        newest[entry.service] = entry.confirmation
    return tuple(newest[service] for service in sorted(newest))


def _texts(value: Any, loc: Loc) -> Iterator[tuple[Loc, str]]:
    """Every text within, with its place."""
    if isinstance(value, str):
        yield loc, value
    elif isinstance(value, Mapping):
        for key, each in value.items():
            yield from _texts(each, (*loc, key))
    elif isinstance(value, Sequence):
        for index, each in enumerate(value):
            yield from _texts(each, (*loc, index))


def _places(name: str, text: str) -> Callable[[Loc], str]:
    def place(loc: Loc) -> str:
        return place_in(f"{name}: line {line_of(text, loc)}", loc)

    return place


def line_of(text: str, loc: Loc) -> int:
    """The line, from 1 on, on which stands what `loc` leads to; of what is missing that of the table it belongs in."""
    lines = _MULTILINE.sub(lambda found: "\n" * found[0].count("\n"), text).split("\n")
    first, last, prefix = 0, len(lines), ""
    for part, following in zip(loc, (*loc, None)[1:], strict=True):
        if isinstance(part, int):
            continue
        prefix = f"{prefix}.{part}" if prefix else part
        headers = [n for n in range(first, last) if re.match(rf"\s*\[\[\s*{re.escape(prefix)}\s*\]\]", lines[n])]
        if isinstance(following, int) and following < len(headers):
            first, last = headers[following], [*headers, last][following + 1]
            continue
        named = [n for n in range(first, last) if re.search(rf'(?:^|[\s{{,."\']){re.escape(part)}["\']?\s*=', lines[n])]
        if not named:
            break
        first = named[0]
        if isinstance(following, int):
            first = _nth_item(lines, first, last, following)
    return first + 1


def _nth_item(lines: Sequence[str], first: int, last: int, number: int) -> int:
    """The line on which an item of a list begins; that of the list where it can't be found."""
    depth = commas = 0
    for n in range(first, last):
        line = lines[n].partition("=")[2] if n == first else lines[n]
        for character in _STRING.sub("s", line).partition("#")[0]:
            if depth == 1 and commas == number and character not in " \t,]":
                return n
            depth += (character in "[{") - (character in "]}")
            commas += character == "," and depth == 1
    return first
