"""Where a member stands in a guided talk: which country, how soon they need somebody; and the ways on from there.

All of it is in the way that brought them here, and goes along in every way that leads on.
"""

from dataclasses import dataclass

from core.care.ways import Way
from core.model.card import Text
from core.model.community import Community
from core.model.page import Choice
from core.model.resource import INTERNATIONAL

NOW = "now"
SOON = "soon"
LOOK = "look"
WHENS = (NOW, SOON, LOOK)

SUPPORT = "s"
RESOURCES = "r"

COUNTRIES_A_PAGE = 6

_LABELS = {
    "fit": "services",
    "look": "more",
}
"""The labels of ways that are not called as their page is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One step of a talk.

    Attributes:
        country: A code, `INTERNATIONAL`, or "" where nobody chose one and the community has none.
        is_unknown: A country was asked for that we know nothing of.
    """

    community: Community
    country: str = ""
    when: str = SOON
    is_unknown: bool = False

    def way(self, name: str, *more: str) -> str:
        """The way to a page of support from here."""
        return str(Way(part=SUPPORT, name=name, args=(self.country, self.when, *more)))

    def go(self, name: str, *more: str, label: str = "", is_primary: bool = False) -> Choice:
        """A choice that leads there."""
        key = f"support.go.{label or _LABELS.get(name, name)}"
        return Choice(label=Text(key=key), to=self.way(name, *more), is_primary=is_primary)

    def topic(self, topic: str, label: str) -> Choice:
        """A choice that leads to the services for a topic."""
        to = Way(part=RESOURCES, name="topic", args=(self.country, topic))
        return Choice(label=Text(key=label), to=str(to))

    @property
    def start(self) -> Choice:
        """The way back to the first page."""
        return Choice(label=Text(key="support.go.start"), to=str(Way(part=SUPPORT, name="start")))

    def back(self, name: str) -> Choice:
        """The way back to the page before."""
        return self.go(name, label="back")


def country_choices(countries: tuple[str, ...], page: int, chosen: Way, ask: Way) -> tuple[Choice, ...]:
    """Countries to choose from, a few at a time, then more of them, then any other.

    Args:
        chosen: Where a choice leads once the country stands at its first place.
        ask: Where more countries are; the number of the page is put behind its arguments.
    """
    first = page * COUNTRIES_A_PAGE
    shown = countries[first : first + COUNTRIES_A_PAGE]
    choices = [
        Choice(label=Text(key="support.country.one", params={"country": each}), to=str(_at(chosen, each)))
        for each in shown
    ]
    if len(countries) > first + COUNTRIES_A_PAGE:
        more = Way(part=ask.part, name=ask.name, args=(*ask.args, str(page + 1)))
        choices.append(Choice(label=Text(key="support.country.more"), to=str(more)))
    choices.append(Choice(label=Text(key="support.country.other"), to=str(_at(chosen, INTERNATIONAL))))
    return tuple(choices)


def _at(way: Way, country: str) -> Way:
    return Way(part=way.part, name=way.name, args=(country, *way.args[1:]))


def page_number(arg: str, countries: tuple[str, ...]) -> int:
    """Which page of countries; the first for whatever is none."""
    last = max(0, (len(countries) - 1) // COUNTRIES_A_PAGE)
    return int(arg) if arg.isascii() and arg.isdigit() and len(arg) < 4 and int(arg) <= last else 0
