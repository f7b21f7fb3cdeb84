"""The support message: the one message that goes to somebody in a crisis without their asking.

A person of the team chose to have it sent, on an open case, and answers for it by name in the audit. Who got it can say
with one press that it was misused. That goes past whoever sent it to the owners, or, where the only owner sent it, to
the others who look after such cases.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from core.care.members import ENGLISH, Languages
from core.care.support_services import TALK, Body, ServicesShown
from core.care.support_talk import SOON, SUPPORT
from core.care.ways import Way
from core.desk.orders import MOST_TRIES, support_key
from core.errors import Unavailable
from core.flow.noticing import BY
from core.flow.planning import entry
from core.flow.telling import owner_actions
from core.model.action import ActionKind
from core.model.audit import LIGHTKEEPER, AuditVerb
from core.model.card import Text
from core.model.case import Case
from core.model.community import Community
from core.model.message import CommunityId, MemberId
from core.model.page import Asker, Choice, Page, Shown
from core.model.people import Role
from core.model.record import Action, ActionRecord, ActionState, Commit, Committed
from core.model.resource import INTERNATIONAL
from core.ports import Clock, Staff, Store

PART = "l"

LEAVE_ALONE = Way(part="p", name="choose", args=("quiet", "yes"))
"""Where nobody is written to any more; the choice itself is a matter of `core.care.privacy`."""

KEY_CHARS = 20
"""How much of a message's key its button carries: enough that nobody guesses one, and it fits."""

FOUND_FOR = timedelta(days=60)
"""For how long a message is found again by its key. Cases about a crisis forget whom they were about long before."""

_SENT = frozenset({ActionState.CLAIMED, ActionState.DONE, ActionState.UNKNOWN})


class Told(StrEnum):
    """Who hears of a misuse."""

    OWNERS = "owners"
    RESPONDERS = "responders"
    """The sender is the only owner."""
    NOBODY = "nobody"
    """There is nobody else; the audit says so."""


class Letters:
    """Composes the message, and has the pages behind `l`: what its reader makes of it, and the message once more."""

    def __init__(
        self,
        *,
        store: Store,
        clock: Clock,
        services: ServicesShown,
        staff: Staff,
        community_of: Callable[[CommunityId], Community],
        languages: Languages,
        wake: Callable[[], None] = lambda: None,
    ) -> None:
        """`wake` is called after every commit."""
        self._store = store
        self._clock = clock
        self._services = services
        self._staff = staff
        self._community_of = community_of
        self._languages = languages
        self._wake = wake

    def compose(self, action: Action, case: Case) -> Page | None:
        """The support message in the community's language; None for every other action."""
        if action.kind is not ActionKind.SUPPORT_MESSAGE:
            return None
        community = self._community_of(case.community)
        letter = self._letter(action, community)
        return replace(letter, choices=(*letter.choices, *self._offers(action, community)))

    def _letter(self, action: Action, community: Community) -> Page:
        country = next(iter(community.countries), "")
        named = {"community": community.name}
        return Page(
            name="letter.support",
            title=Text(key="letter.support.title", params=named),
            body=(
                Text(key="letter.support.who", params=named),
                Text(key="letter.support.why"),
                Text(key="letter.support.ignore"),
                Text(key="letter.support.limits"),
                *self._services.emergency(community.id, country),
                *self._services_in(community, country),
                Text(key="letter.support.misuse"),
            ),
            choices=tuple(self._choices(action, community)),
            locale=self._locale(community),
        )

    async def page(self, asker: Asker, way: Way) -> Page | None:
        """As `core.care.members.Part`; pressed twice, it is said once."""
        if way.name not in {"misused", "again"}:
            return None
        try:
            record = await self._found(asker, way.arg(0))
            case = await self._store.case(asker.community, record.action.case_id) if record else None
            if record is None or case is None:
                return _page("gone", "letter.failed.title", Text(key="letter.misused.gone"))
            if way.name == "again":
                return self._letter(record.action, self._community_of(asker.community))
            told = await self._said(asker, record.action, case)
        except Unavailable:
            return _page("failed", "letter.failed.title", Text(key="letter.failed"), _choice("support.go.again", way))
        named = {"community": self._community_of(asker.community).name}
        return _page(
            "misused",
            "letter.misused.title",
            Text(key=f"letter.misused.{told}", params=named),
            Text(key="letter.misused.sorry"),
            Text(key="letter.misused.platform"),
            _choice("letter.support.stop", LEAVE_ALONE),
        )

    async def _found(self, asker: Asker, key: str) -> ActionRecord | None:
        """The message that this member got and whose key begins so: nobody else's, by whatever key."""
        if len(key) != KEY_CHARS:
            return None
        day = self._clock.now().date() + timedelta(days=1)  # the clock may have been set back since
        last = day - FOUND_FOR
        while day > last:
            for number in range(MOST_TRIES):
                whole = support_key(asker.community, asker.member, day, number)
                if whole.startswith(key):
                    record = await self._store.action(asker.community, whole)
                    return record if record is not None and record.state in _SENT else None
            day -= timedelta(days=1)
            await asyncio.sleep(0)  # whoever forges keys by the hundred keeps nobody else from being answered
        return None

    async def _said(self, asker: Asker, letter: Action, case: Case) -> Told:
        """Has it told and written down, once however often it is said."""
        sender = MemberId(letter.params.get(BY, ""))
        told, people = self._whom(asker, sender)
        now = self._clock.now()
        # Named by the case and its version, not by the message: its own key is made of the member (promise 7).
        name = f"misused:{letter.case_id}:{letter.version}"
        unit = Commit(
            done=(name,),
            actions=owner_actions(
                asker.community, people, "owner.misused", {"by": sender, "case": case.id}, now, once=name
            ),
            audit=(entry(case, AuditVerb.MISUSED, now, LIGHTKEEPER, {"told": told.value}),),
        )
        if await self._store.commit(unit) is Committed.WRITTEN:
            self._wake()
        return told

    def _whom(self, asker: Asker, sender: MemberId) -> tuple[Told, Sequence[MemberId]]:
        """Never whoever sent it, nor whoever got it."""
        for told, role in ((Told.OWNERS, Role.OWNER), (Told.RESPONDERS, Role.RESPONDER)):
            people = [each for each in self._staff.members(asker.community, role) if each not in {sender, asker.member}]
            if people:
                return told, people
        return Told.NOBODY, ()

    def _services_in(self, community: Community, country: str) -> Body:
        shown: tuple[Shown, ...] = self._services.fitting(community.id, country, *TALK) if country else ()
        if not shown:
            return Text(key="letter.support.worldwide"), self._services.worldwide()
        lead = Text(key="letter.support.services", params={"country": country})
        return lead, *shown, *self._services.checked(shown)

    def _locale(self, community: Community) -> str:
        """The community's language, where its words were reviewed: nobody is surprised with others."""
        wanted = self._languages.best(community.locale)
        return wanted if wanted in self._languages.reviewed else ENGLISH

    def _choices(self, action: Action, community: Community) -> Sequence[Choice]:
        """What its reader can do with it."""
        locale = self._locale(community)
        ask = Way(part=SUPPORT, name="ask", args=(next(iter(community.countries), INTERNATIONAL), SOON))
        misused = Way(part=PART, name="misused", args=(action.key[:KEY_CHARS],))
        ways = (
            ("letter.support.open", Way(part=SUPPORT, name="start")),
            ("support.go.ask", ask),
            ("letter.support.misused", misused),
            ("letter.support.stop", LEAVE_ALONE),
        )
        return [
            Choice(label=Text(key=label), to=str(way.in_locale(locale)), is_primary=place == 0)
            for place, (label, way) in enumerate(ways)
        ]

    def _offers(self, action: Action, community: Community) -> Sequence[Choice]:
        """The community's language, where nobody has reviewed it but the owner accepted it."""
        wanted = self._languages.best(community.locale)
        if wanted not in self._languages.drafts & community.drafts:
            return ()
        again = Way(part=PART, name="again", args=(action.key[:KEY_CHARS],), locale=wanted)
        return (Choice(label=Text(key="page.in_language", params={"language": wanted}), to=str(again)),)


def _page(name: str, title: str, *parts: Text | Choice) -> Page:
    """A page in answer to a press, which always leads on to support."""
    start = Choice(label=Text(key="letter.support.open"), to=str(Way(part=SUPPORT, name="start")))
    return Page(
        name=f"letter.{name}",
        title=Text(key=title),
        body=tuple(each for each in parts if isinstance(each, Text)),
        choices=(*(each for each in parts if isinstance(each, Choice)), start),
    )


def _choice(key: str, way: Way) -> Choice:
    return Choice(label=Text(key=key), to=str(way))
