"""The demo's directory: services of two countries that don't exist, and the one list of helplines in every country.

No number of a real country stands in it: nobody confirmed one for a demo. The made-up ones count as re-read on the day
of the demo's start, so that moving its clock on shows what becomes of a directory that nobody looks after.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, time

from config.resources.reading import read_shipped
from core.care.resources import WORLDWIDE
from core.errors import ConfigurationRefused
from core.model.resource import Confidence, Confirmation, Contact, DirectoryState, Medium, Opening, Service, Topic

HARBOURLAND = "Harbourland"
FARSHORE = "Farshore"
"""No ISO codes: nobody takes them for a country that there is, and no reader's language has another name for them."""

NOT_REAL = "(demo, not real)"
"""Stands behind every name."""

_WORKDAYS = frozenset(range(5))

Contacts = dict[Medium, str]
_CALL, _TEXT, _CHAT, _WEB, _APP = Medium.CALL, Medium.TEXT, Medium.CHAT, Medium.WEB, Medium.APP


class DemoDirectory:
    """Speaks `core.member_ports.Directory`, in memory."""

    def __init__(self, today: date, zone: str = "UTC") -> None:
        """`zone` is that of the services' hours. Raises: `ConfigurationRefused` when what ships can't be read."""
        shipped, retired = read_shipped()
        worldwide = tuple(each for each in shipped if each.id == WORLDWIDE)
        own = tuple(
            replace(each, zone=zone if each.openings else "", verified=today, as_of=today.isoformat())
            for each in _made_up()
        )
        self._state = DirectoryState(services=(*worldwide, *own), retired=retired)

    def state(self) -> DirectoryState:
        return self._state

    def reload(self) -> bool:
        return False

    def refusals(self) -> Sequence[ConfigurationRefused]:
        return ()

    def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        raise ConfigurationRefused("the demo's directory", "is made up: there is nothing to confirm")


def _made_up() -> Iterable[Service]:
    yield _service("Emergency number", Topic.EMERGENCY, {_CALL: "555-0100"}, is_always_open=True)
    yield _service(
        "Lamplight Line",
        Topic.CRISIS,
        {_CALL: "555-0101", _TEXT: "55502 (text LAMP)", _CHAT: "https://lamplight.example/chat"},
        is_always_open=True,
    )
    yield _service("Quay Talk", Topic.MENTAL_HEALTH, {_CALL: "555-0103"}, hours="Mon-Fri 09:00-17:00")
    yield _service(
        "Night Ferry Chat", Topic.CRISIS, {_CHAT: "https://nightferry.example"}, hours="20:00-04:00", audience="adults"
    )
    yield _service("Small Boats", Topic.YOUTH, {_CALL: "555-0104", _TEXT: "55504"}, audience="up to 18 years")
    yield _service("Safe Mooring", Topic.DOMESTIC_VIOLENCE, {_CALL: "555-0105"}, is_always_open=True)
    yield _service("Many Colours Quay", Topic.LGBTQ, {_CHAT: "https://manycolours.example"})
    yield _service("Table Talk", Topic.EATING_DISORDERS, {_CALL: "555-0106"}, hours="Mon-Fri 10:00-20:00")
    yield _service("Clear Water", Topic.SUBSTANCES, {_CALL: "555-0107"}, is_always_open=True)
    yield _service("Low Tide", Topic.GRIEF, {_CALL: "555-0108"}, hours="Mon-Fri 10:00-16:00")
    yield _service("Therapists of Harbourland", Topic.THERAPY, {_WEB: "https://therapists.example"})
    yield _service("Slow Breath", Topic.COPING, {_APP: "https://slowbreath.example"})
    yield _service("Emergency number", Topic.EMERGENCY, {_CALL: "555-0110"}, country=FARSHORE, is_always_open=True)
    yield _service("Farshore Listens", Topic.CRISIS, {_CALL: "555-0111", _TEXT: "55511"}, country=FARSHORE)


_HOURS = {
    "Mon-Fri 09:00-17:00": (_WORKDAYS, time(9), time(17)),
    "Mon-Fri 10:00-20:00": (_WORKDAYS, time(10), time(20)),
    "Mon-Fri 10:00-16:00": (_WORKDAYS, time(10), time(16)),
    "20:00-04:00": (frozenset(range(7)), time(20), time(4)),
}


def _service(
    name: str,
    topic: Topic,
    contacts: Contacts,
    *,
    country: str = HARBOURLAND,
    audience: str = "",
    hours: str = "",
    is_always_open: bool = False,
) -> Service:
    days, opens, closes = _HOURS.get(hours, (frozenset(), time(), time()))
    return Service(
        id=f"demo-{country}-{name}".lower().replace(" ", "-"),
        country=country,
        name=f"{name} {NOT_REAL}",
        topics=frozenset({topic}),
        contacts=tuple(Contact(medium=medium, value=value) for medium, value in contacts.items()),
        audience=audience,
        hours="24/7" if is_always_open else hours,
        is_always_open=is_always_open,
        openings=(Opening(days=days, opens=opens, closes=closes),) if days else (),
        source="this demo",
        as_of="",
        confidence=Confidence.OWN,
    )
