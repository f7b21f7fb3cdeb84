"""A service that helps, as the directory lists it: for whom, how it is reached, and how old what we know of it is.

What a service prints as its number is kept and shown byte for byte. A service is live, that is shown to members, while
somebody re-read it on its own page within `FRESH_FOR`: a date that ships with the directory, or an owner's
confirmation. Every other one is a candidate, which owners see.
"""

import hashlib
from dataclasses import dataclass
from datetime import date, time, timedelta
from enum import StrEnum

from core.model.message import CommunityId

FRESH_FOR = timedelta(days=180)
"""How long what somebody re-read counts (crisis-safety M6)."""

WARNED_BEFORE = timedelta(days=30)
"""How long before a country's last service goes stale its owners are told."""

INTERNATIONAL = "INT"
"""The country of what serves any country; an ISO 3166-1 alpha-2 code names every other."""

EU_WIDE = "EU"
"""The country of what is reserved all over the European Union. A state may have it or not, so it is shown for none."""


class Topic(StrEnum):
    """What a service helps with."""

    EMERGENCY = "emergency"
    """The number of police, ambulance and fire brigade."""
    CRISIS = "crisis"
    MENTAL_HEALTH = "mental_health"
    YOUTH = "youth"
    DOMESTIC_VIOLENCE = "domestic_violence"
    LGBTQ = "lgbtq"
    EATING_DISORDERS = "eating_disorders"
    SUBSTANCES = "substances"
    GRIEF = "grief"
    THERAPY = "therapy"
    """Finders of therapists, and therapy at a distance."""
    COPING = "coping"
    """Apps, podcasts and exercises."""
    DIRECTORY = "directory"
    """Lists of services in many countries."""


class Medium(StrEnum):
    """How a service is reached."""

    CALL = "call"
    TEXT = "text"
    CHAT = "chat"
    WEB = "web"
    APP = "app"
    PODCAST = "podcast"
    EXERCISE = "exercise"


WRITTEN = frozenset({Medium.TEXT, Medium.CHAT})
"""For who can't call."""


class Confidence(StrEnum):
    """How good the source is, best first; a reader's guide and no clearance."""

    A = "A"
    """An audit that read the operator's or a government's page."""
    B = "B"
    """An open registry that cites official pages."""
    C = "C"
    """A page of news, of a government or of the operator."""
    D = "D"
    """A lead only."""
    OWN = "own"
    """An owner of this installation wrote it down."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """One way to reach a service.

    Attributes:
        value: A number, address or code exactly as its source has it; never reformatted.
    """

    medium: Medium
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """Hours in which a service answers, in its own time zone.

    Attributes:
        days: Monday is 0; the day on which it opens.
        closes: At or before `opens` it is the next day's.
    """

    days: frozenset[int]
    opens: time
    closes: time


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One entry of the directory.

    Attributes:
        country: ISO 3166-1 alpha-2, or `INTERNATIONAL`.
        languages: What it is spoken in, ISO 639-1.
        audience: Whom it is for where that is not everybody, as its source says; "" for everybody.
        hours: As its source has them, shown verbatim; "" where nobody wrote them down.
        is_always_open: Whether it is known to answer day and night.
        openings: When it answers, where that is known in a form to reckon with; with `zone`.
        zone: IANA name of the time zone of its hours.
        source: Who says so, and `as_of` when they said it, both verbatim.
        verified: The day on which somebody re-read it on its own page; None while nobody has.
        note: For owners.
        community: The one community that an owner's own entry is for; None for all.
    """

    id: str
    country: str
    name: str
    topics: frozenset[Topic]
    contacts: tuple[Contact, ...]
    languages: tuple[str, ...] = ()
    audience: str = ""
    hours: str = ""
    is_always_open: bool = False
    openings: tuple[Opening, ...] = ()
    zone: str = ""
    source: str
    as_of: str
    verified: date | None = None
    confidence: Confidence
    note: str = ""
    community: CommunityId | None = None

    @property
    def fingerprint(self) -> str:
        """What a confirmation is about: it changes with anything that a member would see."""
        seen = (
            self.country,
            self.name,
            sorted(each.value for each in self.topics),
            [(each.medium.value, each.value) for each in self.contacts],
            self.languages,
            self.audience,
            self.hours,
            self.is_always_open,
            [(sorted(each.days), each.opens.isoformat(), each.closes.isoformat()) for each in self.openings],
            self.zone,
        )
        return hashlib.sha256(repr(seen).encode()).hexdigest()[:16]

    def has(self, *media: Medium) -> bool:
        """Whether it can be reached in one of these ways."""
        return any(each.medium in media for each in self.contacts)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """An owner re-read a service on its own page.

    Attributes:
        fingerprint: Of the entry as it was then; one that has changed since is a candidate again.
        by: Who did, as they call themselves; never a member id.
    """

    service: str
    fingerprint: str
    on: date
    by: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Retired:
    """A number that is refused everywhere: closed, moved or wrong."""

    country: str
    number: str
    reason: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryState:
    """The directory as it was last read.

    Attributes:
        services: All entries, shipped and owners' own, live or not.
        confirmations: The newest of each service.
    """

    services: tuple[Service, ...] = ()
    confirmations: tuple[Confirmation, ...] = ()
    retired: tuple[Retired, ...] = ()
