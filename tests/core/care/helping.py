"""A members' desk for the tests of support: services that exist nowhere, and everything that a member can press."""

from dataclasses import dataclass

from config.texts.catalogue import Catalogue
from core.care.asking import Asking
from core.care.members import Languages, MemberDesk
from core.care.resources import Resources
from core.care.support import Support
from core.care.support_asking import AskingPages
from core.care.support_services import ServicesShown
from core.care.support_topics import ResourcePages
from core.care.ways import read_way
from core.care.wording import lines_of
from core.model.community import Community
from core.model.message import MemberId
from core.model.page import Asker, Page, Shown
from core.model.resource import Service, Topic
from tests.core.house import House
from tests.core.shelf import HARBOUR, READ_LATELY, THE_WORLD, Shelf, a_service

__all__ = ["HARBOUR", "READ_LATELY", "TEXTS", "THE_WORLD", "a_care", "a_service", "leads", "names_on", "said"]

TEXTS = Catalogue()

A_FULL_COUNTRY = (
    a_service("emergency", Topic.EMERGENCY, call="555-0199", hours="24/7", is_always_open=True),
    a_service("listeners", Topic.CRISIS, call="555-0101", hours="24/7", is_always_open=True),
    a_service("writers", Topic.CRISIS, call="", text="555-0102"),
    a_service("minds", Topic.MENTAL_HEALTH, call="555-0103"),
    a_service("young", Topic.YOUTH, call="555-0104", text="555-0105", audience="under 19"),
    a_service("home", Topic.DOMESTIC_VIOLENCE, call="555-0106"),
    a_service("home-2", Topic.DOMESTIC_VIOLENCE, call="555-0107"),
    a_service("home-3", Topic.DOMESTIC_VIOLENCE, call="555-0108"),
    a_service("finder", Topic.THERAPY, call="555-0109"),
    a_service("apps", Topic.COPING, call="", text="555-0110"),
    a_service("mourning", Topic.GRIEF, call="555-0111"),
)


@dataclass(kw_only=True)
class Care:
    """Everything that a member can press, around a house."""

    house: House
    shelf: Shelf
    community: Community
    desk: MemberDesk
    asking: Asking
    services: ServicesShown

    def asker(self, member: str = "ann", locale: str = "") -> Asker:
        return Asker(community=self.community.id, member=MemberId(member), locale=locale)

    async def press(self, to: str, member: str = "ann", locale: str = "") -> Page:
        return await self.desk.press(self.asker(member, locale), to)


def a_care(
    *services: Service,
    community: Community = HARBOUR,
    house: House | None = None,
    languages: Languages | None = None,
    is_bare: bool = False,
) -> Care:
    house = house or House()
    shelf, languages = Shelf(*services, is_bare=is_bare), languages or Languages()
    house.shelf, house.community, house.languages = shelf, community, languages
    house.start()
    shown = ServicesShown(resources=Resources(directory=shelf, clock=house.clock))
    asking = Asking(
        store=house.store,
        clock=house.clock,
        community_of=lambda _: community,
        policy_of=lambda _: house.policy,
        staff=house.crew,
        preference_of=house.store.preference,
    )
    pages = AskingPages(asking=asking, services=shown)
    desk = MemberDesk(
        parts={
            "s": Support(services=shown, asking=pages, community_of=lambda _: community),
            "r": ResourcePages(services=shown, community_of=lambda _: community),
            "l": house.letters,
        },
        community_of=lambda _: community,
        languages=languages,
    )
    return Care(house=house, shelf=shelf, community=community, desk=desk, asking=asking, services=shown)


def said(page: Page) -> str:
    """The page as a member reads it."""
    lines = [TEXTS.render(page.title), *lines_of(page, TEXTS)]
    lines += [TEXTS.render(page.blank)] if page.blank else []
    return "\n".join([*lines, *(f"[{TEXTS.render(each.label)}]" for each in page.choices)])


def leads(page: Page) -> dict[str, str]:
    """Where each choice leads, by its label's key."""
    return {each.label.key: each.to for each in page.choices}


def names_on(page: Page) -> list[str]:
    """The services on a page, in order."""
    return [part.service.id for part in page.body if isinstance(part, Shown)]


def place_of(to: str) -> str:
    """Which page a choice leads to, whatever was chosen so far."""
    way = read_way(to)
    assert way is not None, to
    return f"{way.part}.{way.name}"
