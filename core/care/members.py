"""The members' desk: every command of a member and every button on a page goes through here.

Its parts have the pages: support, resources and privacy. What belongs to all of them is done once, here: the language
(English first; an unreviewed language that the owner accepted is offered, and marked), and what is pressed by nobody
we know how to answer, which leads to the first page of support.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Protocol

from core.care.ways import Way, read_way
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId
from core.model.page import MOST_CHOICES, Asker, Choice, Page

ENGLISH = "en"


class Command(StrEnum):
    """What a member can ask for by name; each platform lists them under these words."""

    SUPPORT = "support"
    RESOURCES = "resources"
    PRIVACY = "privacy"
    OPTOUT = "optout"
    DELETE_MY_DATA = "delete-my-data"
    MY_DATA = "my-data"


FIRST_PAGE: Mapping[Command, Way] = {
    Command.SUPPORT: Way(part="s", name="start"),
    Command.RESOURCES: Way(part="r", name="start"),
    Command.PRIVACY: Way(part="p", name="start"),
    Command.OPTOUT: Way(part="p", name="optout"),
    Command.DELETE_MY_DATA: Way(part="p", name="delete"),
    Command.MY_DATA: Way(part="p", name="export"),
}
"""Where each command begins."""


class Part(Protocol):
    """The pages behind one letter."""

    async def page(self, asker: Asker, way: Way) -> Page | None:
        """The page; what it does on the way it does once, however often it is pressed. None for one that isn't there.

        Its own language is English: the desk puts it, and every way that it offers, into the one that was chosen.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Languages:
    """The languages there are for members.

    Attributes:
        reviewed: Those that a native speaker has reviewed, English among them.
        drafts: The others.
    """

    reviewed: frozenset[str] = frozenset({ENGLISH})
    drafts: frozenset[str] = frozenset()

    def best(self, wanted: str) -> str:
        """The language that a setting such as `pt-BR` asks for; "" where there is none."""
        name = wanted.replace("-", "_")
        while name:
            if name in self.reviewed or name in self.drafts:
                return name
            name = name.rpartition("_")[0]
        return ""


class MemberDesk:
    """Answers members, in private."""

    def __init__(
        self,
        *,
        parts: Mapping[str, Part],
        community_of: Callable[[CommunityId], Community],
        languages: Languages,
    ) -> None:
        """`parts` by the letter that their ways begin with; `s` has the page that every dead end leads to."""
        self._parts = parts
        self._community_of = community_of
        self._languages = languages

    async def command(self, asker: Asker, command: Command) -> Page:
        """The first page of what a member asked for."""
        return await self._page(asker, FIRST_PAGE[command])

    async def press(self, asker: Asker, to: str) -> Page:
        """The page that a choice leads to; a stale or forged one leads to the first page of support."""
        return await self._page(asker, read_way(to) or FIRST_PAGE[Command.SUPPORT])

    async def _page(self, asker: Asker, way: Way) -> Page:
        part = self._parts.get(way.part)
        page = await part.page(asker, way) if part else None
        if page is None:
            way = FIRST_PAGE[Command.SUPPORT].in_locale(way.locale)
            page = await self._parts["s"].page(asker, way)
        if page is None:
            raise LookupError("the first page of support is always there")
        return self.in_language(page, asker, way)

    def in_language(self, page: Page, asker: Asker, way: Way) -> Page:
        """The page in the language that was chosen, where it may be shown, with offers of others."""
        drafts = self._community_of(asker.community).drafts & self._languages.drafts
        offered = self._languages.reviewed | drafts
        locale = way.locale if way.locale in offered else ENGLISH
        choices = tuple(_in_locale(each, locale) for each in page.choices)
        wanted = self._languages.best(asker.locale)
        others = [ENGLISH] if locale != ENGLISH else [wanted] if wanted in offered - {ENGLISH} else []
        offers = tuple(
            Choice(label=Text(key="page.in_language", params={"language": each}), to=str(way.in_locale(each)))
            for each in others
        )
        return replace(
            page,
            choices=(*choices[: MOST_CHOICES - len(offers)], *offers),
            locale=locale,
            is_draft=locale in self._languages.drafts,
        )


def _in_locale(choice: Choice, locale: str) -> Choice:
    way = read_way(choice.to)
    return replace(choice, to=str(way.in_locale(locale))) if way else choice
