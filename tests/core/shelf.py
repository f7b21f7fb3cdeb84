"""A directory of services that exist nowhere, for the tests of the core."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from core.care.resources import WORLDWIDE
from core.errors import ConfigurationRefused
from core.model.community import Community
from core.model.message import ChannelId, CommunityId, MemberId
from core.model.resource import (
    INTERNATIONAL,
    Confidence,
    Confirmation,
    Contact,
    DirectoryState,
    Medium,
    Service,
    Topic,
)
from tests.core.examples import COMMUNITY

HARBOUR = Community(
    id=COMMUNITY,
    name="The Harbour",
    alerts=ChannelId("alerts"),
    crisis_alerts=ChannelId("crisis"),
    owners=frozenset({MemberId("olga")}),
    countries=("DE",),
)

READ_LATELY = date(2026, 2, 20)


def a_service(
    service_id: str,
    *topics: Topic,
    country: str = "DE",
    call: str = "555-0101",
    text: str = "",
    audience: str = "",
    hours: str = "",
    is_always_open: bool = False,
    verified: date | None = READ_LATELY,
    community: CommunityId | None = None,
) -> Service:
    contacts = [Contact(medium=Medium.CALL, value=call)] if call else []
    contacts += [Contact(medium=Medium.TEXT, value=text)] if text else []
    return Service(
        id=service_id,
        country=country,
        name=f"Service {service_id}",
        topics=frozenset(topics or {Topic.CRISIS}),
        contacts=tuple(contacts),
        audience=audience,
        hours=hours,
        is_always_open=is_always_open,
        source="a synthetic page",
        as_of="2026-02",
        verified=verified,
        confidence=Confidence.A,
        community=community,
    )


THE_WORLD = replace(
    a_service(WORLDWIDE, Topic.DIRECTORY, country=INTERNATIONAL, call=""),
    name="A list of the world",
    contacts=(Contact(medium=Medium.WEB, value="https://world.invalid"),),
)


class Shelf:
    """Speaks `core.member_ports.Directory`."""

    def __init__(self, *services: Service, is_bare: bool = False) -> None:
        self.services = services if is_bare else (*services, THE_WORLD)

    def state(self) -> DirectoryState:
        return DirectoryState(services=self.services)

    def reload(self) -> bool:
        return False

    def refusals(self) -> Sequence[ConfigurationRefused]:
        return ()

    def confirm(self, confirmations: Sequence[Confirmation]) -> None:
        raise AssertionError("nobody confirms anything here")
