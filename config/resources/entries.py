"""The files of the directory as pydantic reads them: services, retired numbers, confirmations."""

from collections.abc import Mapping
from datetime import date, time
from enum import StrEnum
from typing import Annotated, Literal, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from config.countries import check_country
from core.model.message import CommunityId
from core.model.numbers import is_prefixed_short_code
from core.model.resource import (
    EU_WIDE,
    INTERNATIONAL,
    Confidence,
    Confirmation,
    Contact,
    Medium,
    Opening,
    Retired,
    Service,
    Topic,
)

CALLED = frozenset({Medium.CALL, Medium.TEXT})
"""What has a number."""

ADDRESSES = ("https://", "http://")


def check_country_or_more(code: str) -> str:
    """The code, where it is a country's, every country's or the union's. Raises: `ValueError`."""
    return code if code in {INTERNATIONAL, EU_WIDE} else check_country(code)


def _check_zone(zone: str) -> str:
    if zone and zone not in available_timezones():
        raise ValueError("is no time zone; its name is one such as Europe/Berlin")
    return zone


def _check_line(text: str) -> str:
    if text != text.strip():
        raise ValueError("begins or ends with white space")
    if not all(each.isprintable() for each in text):
        raise ValueError("holds a character that can't be seen, or more than one line")
    return text


def _check_written(text: str) -> str:
    if not text:
        raise ValueError("is empty")
    return text


Line = Annotated[str, Field(max_length=300), AfterValidator(_check_line)]
Written = Annotated[Line, AfterValidator(_check_written)]
Country = Annotated[str, AfterValidator(check_country_or_more)]
Zone = Annotated[str, AfterValidator(_check_zone)]
Language = Annotated[str, Field(pattern=r"^[a-z]{2,3}$")]
ServiceId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{1,79}$")]


By = Annotated[Line, Field(max_length=80)]


class Weekday(StrEnum):
    """A day of the week, Monday first."""

    MON = "mon"
    TUE = "tue"
    WED = "wed"
    THU = "thu"
    FRI = "fri"
    SAT = "sat"
    SUN = "sun"


class _Entry(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class ContactEntry(_Entry):
    """One way to reach a service, in the order in which members see them."""

    medium: Medium = Field(description="How: call, text, chat, web, app, podcast or exercise.")
    value: Written = Field(description="The number or address exactly as the service prints it.")

    @model_validator(mode="after")
    def _can_be_reached(self) -> Self:
        if self.medium in CALLED and is_prefixed_short_code(self.value):
            raise ValueError("a short code behind a country's code reaches nobody; write it as people there dial it")
        if self.medium is Medium.WEB and not self.value.startswith(ADDRESSES):
            raise ValueError("an address begins with https://")
        return self


class OpeningEntry(_Entry):
    """Hours in which a service answers, in the time zone of its entry."""

    days: Annotated[tuple[Weekday, ...], Field(min_length=1)] = Field(
        tuple(Weekday), description="The days on which it opens; every day without it."
    )
    opens: time = Field(description='Such as "09:00".')
    closes: time = Field(description='Such as "23:00"; at or before `opens` it is the next day\'s.')


class ServiceEntry(_Entry):
    """One `[[service]]`."""

    id: ServiceId = Field(description="Its own name in this directory: small letters, digits and hyphens.")
    country: Country = Field(description="ISO 3166-1 code of two capital letters, or INT for every country.")
    name: Written = Field(description="What it calls itself.")
    topics: Annotated[frozenset[Topic], Field(min_length=1)] = Field(description="What it helps with.")
    contacts: Annotated[tuple[ContactEntry, ...], Field(min_length=1, max_length=8)] = Field(
        description="How it is reached, each by `medium` and `value`."
    )
    languages: Annotated[tuple[Language, ...], Field(max_length=30)] = Field(
        (), description="What is spoken there, as ISO 639-1 codes."
    )
    audience: Line = Field("", description="Whom it is for, as it says itself; empty for everybody.")
    hours: Line = Field("", description="When it answers, as it says itself; shown as it stands.")
    is_always_open: bool = Field(False, description="Whether it answers day and night.")
    openings: Annotated[tuple[OpeningEntry, ...], Field(max_length=14)] = Field(
        (), description="When it answers, to reckon with: which services are open now comes from it."
    )
    zone: Zone = Field("", description="IANA name of the time zone of the openings.")
    source: Written = Field(description="Who says so: an address, or whom you asked.")
    as_of: Written = Field(description="When they said so, as a date.")
    verified: date | None = Field(
        None, description="The day on which somebody re-read it on its own page; members see it for 180 days from then."
    )
    confidence: Confidence = Field(Confidence.OWN, description="How good the source is; your own entries need none.")
    note: Annotated[str, Field(max_length=1000), AfterValidator(_check_line)] = Field(
        "", description="For owners; no member sees it."
    )
    community: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]*:[^\s:]+$")] | None = Field(
        None, description="The one community that it is for, such as discord:123; all of them without it."
    )

    @model_validator(mode="after")
    def _hours_agree(self) -> Self:
        if self.openings and not self.zone:
            raise ValueError("openings need the zone that they are in")
        if self.openings and self.is_always_open:
            raise ValueError("is always open, and has openings: one of them is wrong")
        return self

    @property
    def service(self) -> Service:
        """The entry as the core knows it."""
        return Service(
            id=self.id,
            country=self.country,
            name=self.name,
            topics=self.topics,
            contacts=tuple(Contact(medium=each.medium, value=each.value) for each in self.contacts),
            languages=self.languages,
            audience=self.audience,
            hours=self.hours,
            is_always_open=self.is_always_open,
            openings=tuple(
                Opening(days=frozenset(map(_DAYS.__getitem__, each.days)), opens=each.opens, closes=each.closes)
                for each in self.openings
            ),
            zone=self.zone,
            source=self.source,
            as_of=self.as_of,
            verified=self.verified,
            confidence=self.confidence,
            note=self.note,
            community=CommunityId(self.community) if self.community else None,
        )


_DAYS: Mapping[Weekday, int] = {day: number for number, day in enumerate(Weekday)}


class ServicesFile(_Entry):
    """Services: the file of a country, or an owner's own."""

    version: Literal[1] = Field(1, description="The version of this file's format.")
    service: Annotated[tuple[ServiceEntry, ...], Field(max_length=2000)] = Field(
        (), description="One [[service]] for each service."
    )


class RetiredEntry(_Entry):
    """One `[[retired]]`: a number that is refused in its country."""

    country: Country = Field(description="Where it is closed, moved or wrong.")
    number: Written = Field(description="As it was printed.")
    reason: Written = Field(description="What became of it.")
    source: Written = Field(description="Who says so.")

    @property
    def retired(self) -> Retired:
        """The entry as the core knows it."""
        return Retired(country=self.country, number=self.number, reason=self.reason, source=self.source)


class RetiredFile(_Entry):
    """Every retired number."""

    version: Literal[1] = Field(1, description="The version of this file's format.")
    retired: tuple[RetiredEntry, ...] = Field((), description="One [[retired]] for each number.")


class ConfirmationEntry(_Entry):
    """One `[[confirmation]]`: somebody re-read a service on its own page."""

    service: ServiceId = Field(description="The service's id.")
    fingerprint: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")] = Field(description="Of what was re-read.")
    on: date = Field(description="When.")
    by: By = Field("", description="Who, as they call themselves.")

    @property
    def confirmation(self) -> Confirmation:
        """The entry as the core knows it."""
        return Confirmation(service=self.service, fingerprint=self.fingerprint, on=self.on, by=self.by)


class ConfirmationsFile(_Entry):
    """Every confirmation."""

    version: Literal[1] = Field(1, description="The version of this file's format.")
    confirmation: Annotated[tuple[ConfirmationEntry, ...], Field(max_length=5000)] = Field(
        (), description="One [[confirmation]] for each service."
    )
