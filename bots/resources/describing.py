"""A service as owners see it in a terminal: everything that its entry says, and why members see it or don't."""

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from bots.setup.asking import plain
from core.care.resources import WORLDWIDE, Footing, footing_of, read_on
from core.model.resource import FRESH_FOR, DirectoryState, Service

LINE_CHARS = 400

WHY: Mapping[Footing, str] = {
    Footing.LIVE: "shown to members",
    Footing.NEVER_READ: "not shown: nobody here has re-read it on its own page",
    Footing.CHANGED: "not shown: it has changed since it was confirmed",
    Footing.STALE: f"not shown: it was re-read {FRESH_FOR.days} days ago or earlier",
    Footing.AHEAD: "not shown: the date on which it was re-read lies in the future",
    Footing.RETIRED: "not shown: a number of it is retired",
    Footing.EU_WIDE: "never shown: whether a state has it has to be looked up there",
}


def described(service: Service, state: DirectoryState, today: date) -> Iterator[str]:
    """What somebody needs to compare it with its own page."""
    topics = ", ".join(sorted(topic.value for topic in service.topics))
    yield f"{service.name} ({service.country}, {topics})  [{service.id}]"
    for contact in service.contacts:
        yield f"  {contact.medium.value}: {contact.value}"
    told = {
        "languages": ", ".join(service.languages),
        "for": service.audience,
        "hours": service.hours,
        "source": f"{service.source}, {service.as_of}, confidence {service.confidence.value}",
        "note": service.note,
        "only in": service.community or "",
    }
    yield from (f"  {name}: {value}" for name, value in told.items() if value)
    yield f"  {why(service, state, today)}"


def why(service: Service, state: DirectoryState, today: date) -> str:
    """Why members see it, or don't."""
    footing = footing_of(service, state, today)
    if service.id == WORLDWIDE:
        return "always shown, whatever else is"
    read = read_on(service, state, today)
    if footing is Footing.LIVE and read is not None:
        return f"{WHY[footing]}: re-read on {read}, until {read + FRESH_FOR}"
    return WHY[footing] + (f" (last on {read})" if read is not None else "")


def as_row(service: Service, state: DirectoryState, today: date) -> Mapping[str, Any]:
    """The same for programs."""
    read = read_on(service, state, today)
    return {
        "id": service.id,
        "country": service.country,
        "name": service.name,
        "topics": sorted(topic.value for topic in service.topics),
        "contacts": [{"medium": each.medium.value, "value": each.value} for each in service.contacts],
        "languages": service.languages,
        "audience": service.audience,
        "hours": service.hours,
        "source": service.source,
        "as_of": service.as_of,
        "confidence": service.confidence.value,
        "note": service.note,
        "community": service.community,
        "footing": footing_of(service, state, today).value,
        "read_on": read.isoformat() if read else None,
    }


def printable(line: str) -> str:
    """A line that steers no terminal."""
    return plain(line, LINE_CHARS)
