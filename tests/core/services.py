"""Services that exist nowhere, and a directory of them in memory; the numbers are the fictional ones."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from core.care.resources import WORLDWIDE
from core.errors import ConfigurationRefused
from core.model.resource import (
    INTERNATIONAL,
    Confidence,
    Confirmation,
    Contact,
    DirectoryState,
    Medium,
    Retired,
    Service,
    Topic,
)
from tests.clock import START

TODAY = START.date()
CALL = Contact(medium=Medium.CALL, value="555-0100")
TEXT = Contact(medium=Medium.TEXT, value="555-0101 (text HELLO)")
EVERYWHERE = Service(
    id=WORLDWIDE,
    country=INTERNATIONAL,
    name="A list of helplines everywhere",
    topics=frozenset({Topic.DIRECTORY}),
    contacts=(Contact(medium=Medium.WEB, value="https://list.invalid"),),
    source="synthetic",
    as_of="2026-01-01",
    confidence=Confidence.A,
)


def a_service(service_id: str = "de-line", **told: Any) -> Service:
    """A line for crisis in Germany that somebody re-read today."""
    return Service(
        **{
            "id": service_id,
            "country": "DE",
            "name": f"The {service_id}",
            "topics": frozenset({Topic.CRISIS}),
            "contacts": (CALL,),
            "source": "synthetic",
            "as_of": "2026-01-01",
            "verified": TODAY,
            "confidence": Confidence.A,
            **told,
        }
    )


def a_confirmation(service: Service, on: date = TODAY) -> Confirmation:
    """Of that service as it stands."""
    return Confirmation(service=service.id, fingerprint=service.fingerprint, on=on, by="Ada")


class Shelf:
    """Speaks `core.member_ports.Directory`; a test may put other services on it and say what its files lack."""

    def __init__(
        self,
        *services: Service,
        confirmations: Iterable[Confirmation] = (),
        retired: Iterable[Retired] = (),
    ) -> None:
        self.now = DirectoryState(
            services=(EVERYWHERE, *services), confirmations=tuple(confirmations), retired=tuple(retired)
        )
        self.refused: list[ConfigurationRefused] = []
        self.reloads = 0

    def state(self) -> DirectoryState:
        return self.now

    def reload(self) -> bool:
        self.reloads += 1
        return False

    def refusals(self) -> Sequence[ConfigurationRefused]:
        return self.refused

    def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        raise AssertionError("nobody confirms here")
