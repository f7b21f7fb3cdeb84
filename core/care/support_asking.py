"""The pages on which a member asks for a moderator: who can read it, how soon somebody may see it, and that it is done.

Before the click they say what nobody can keep a secret. Where nobody is there they say so, and show the other ways.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from core.care.asking import Asking, Duty, Readers
from core.care.support_services import TALK, Body, ServicesShown, is_country
from core.care.support_talk import NOW, Talk
from core.errors import Unavailable
from core.model.card import Text
from core.model.case import Case
from core.model.community import Community
from core.model.page import Asker, Choice, Page

MOST_NAMED = 8
"""How many people are shown by name."""

TWO = 2
"""How many people should have access, so that nobody is alone with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingPages:
    """Makes these pages."""

    asking: Asking
    services: ServicesShown

    async def ask(self, asker: Asker, talk: Talk) -> Page:
        """What there is to know before the click."""
        readers = self.asking.readers(asker.community, asker.member)
        urgent = self._urgent(asker, talk)
        if not _is_anybody_there(readers, talk.community):
            return Page(
                name="support.ask.nobody",
                title=Text(key="support.ask.title"),
                body=(*urgent, Text(key="support.ask.nobody"), Text(key="support.ask.waits")),
                choices=(self._confirm(talk), *_other_ways(talk)),
            )
        return Page(
            name="support.ask",
            title=Text(key="support.ask.title"),
            body=(
                *urgent,
                *_who(readers, talk.community),
                Text(key="support.ask.not_secret"),
                Text(key="support.ask.together"),
                Text(key="support.ask.members"),
                Text(key=f"support.ask.{await self._duty(asker)}"),
                Text(key="support.ask.nothing"),
            ),
            choices=(self._confirm(talk), *_other_ways(talk)),
        )

    async def asked(self, asker: Asker, talk: Talk) -> Page:
        """The request is taken in, and where it could not be, that is said."""
        try:
            case = await self.asking.ask(asker.community, asker.member, is_urgent=talk.when == NOW)
        except Unavailable:
            case = None
        if not isinstance(case, Case):
            return self._failed(asker, talk)
        is_seen = _is_anybody_there(self.asking.readers(asker.community, asker.member), talk.community)
        seen_by = Text(key=f"support.ask.{await self._duty(asker)}" if is_seen else "support.ask.nobody")
        return Page(
            name="support.asked",
            title=Text(key="support.asked.title" if is_seen else "support.asked.waits.title"),
            body=(
                *self._urgent(asker, talk),
                Text(key="support.asked.done" if is_seen else "support.asked.waits"),
                seen_by,
                Text(key="support.asked.once"),
                Text(key="support.asked.meanwhile"),
            ),
            choices=_other_ways(talk),
        )

    def _failed(self, asker: Asker, talk: Talk) -> Page:
        shown = self.services.fitting(asker.community, talk.country, *TALK)
        return Page(
            name="support.asked.failed",
            title=Text(key="support.asked.failed.title"),
            body=(
                *self.services.emergency(asker.community, talk.country),
                Text(key="support.asked.failed"),
                *(shown or (self.services.worldwide(),)),
            ),
            choices=(talk.go("asked", label="again"), *_other_ways(talk)),
        )

    async def _duty(self, asker: Asker) -> Duty:
        """That the database doesn't answer keeps nobody from asking: then nobody knows how soon it is seen."""
        try:
            return await self.asking.duty(asker.community)
        except Unavailable:
            return Duty.UNSURE

    def _urgent(self, asker: Asker, talk: Talk) -> Body:
        if talk.when != NOW:
            return ()
        return Text(key="support.ask.urgent"), *self.services.emergency(asker.community, talk.country)

    @staticmethod
    def _confirm(talk: Talk) -> Choice:
        return Choice(label=Text(key="support.ask.confirm"), to=talk.way("asked"), is_primary=True)


def _is_anybody_there(readers: Readers, community: Community) -> bool:
    """Whether anybody is known who would see it, or a role whose holders the platform knows."""
    return bool(readers.everybody or community.responder_roles)


def _who(readers: Readers, community: Community) -> Sequence[Text]:
    """Everybody who can read it as far as they are known; said plainly where that is one person or the owners alone.

    Where a role makes people responders nobody can tell how many hold it, and nobody is told that they are few.
    """
    named = readers.responders or (() if community.responder_roles else readers.owners)
    people = [Text(key="support.ask.person", params={"by": each}) for each in named[:MOST_NAMED]]
    if community.responder_roles:
        led = (Text(key="support.ask.who"), *people) if people else ()
        return *led, Text(key="privacy.seen.crisis_role"), Text(key="support.ask.readers")
    if not readers.responders:
        return Text(key="support.ask.owners_only"), *people
    is_alone = len(readers.everybody) < TWO
    return (
        Text(key="support.ask.who"),
        *people,
        Text(key="support.ask.only_one" if is_alone else "support.ask.readers"),
    )


def _other_ways(talk: Talk) -> tuple[Choice, ...]:
    ways = ("fit", "what", "next") if is_country(talk.country) else ("fit", "next")
    return *(talk.go(each) for each in ways), talk.start
