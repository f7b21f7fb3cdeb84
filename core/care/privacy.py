"""The pages about a member's own data: what is done with it, their choices, a copy of it, and having it deleted.

Everything that is said is worked out from how things are set up now. Everything that is pressed can be pressed again.
A choice says what shall hold, never "the other one"; and the button that deletes is good for an hour, so that an old
message found again deletes nothing by a slip.
"""

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from core.care.erasing import Erasures, Stays
from core.care.export import exported
from core.care.members import FIRST_PAGE, Command
from core.care.privacy_words import Seers, SetUp, on_choices, on_keeping, on_staying, on_use
from core.care.ways import Way
from core.member_ports import CareStore
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId
from core.model.page import Asker, Choice, Page
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.preference import Preference
from core.model.record import Commit
from core.ports import Clock, Staff, Store

PART = "p"

CONFIRMED_WITHIN = timedelta(hours=1)
"""How long the button that deletes everything is good; after that it asks again."""

_QUIET, _UNSCREENED = "quiet", "unscreened"
_YES, _NO = "yes", "no"
_EPOCH = datetime(2020, 1, 1, tzinfo=UTC)


class Privacy:
    """The part `p` of the members' desk."""

    def __init__(
        self,
        *,
        store: Store,
        care: CareStore,
        clock: Clock,
        staff: Staff,
        erasures: Erasures,
        policy_of: Callable[[CommunityId], CommunityPolicy],
        community_of: Callable[[CommunityId], Community],
        is_noticed: Callable[[CommunityId], bool],
        leaves: Sequence[Text] = (),
    ) -> None:
        """`leaves` says what is sent to another computer than the one that this runs on, one text each."""
        self._store = store
        self._care = care
        self._clock = clock
        self._staff = staff
        self._erasures = erasures
        self._policy_of = policy_of
        self._community_of = community_of
        self._is_noticed = is_noticed
        self._leaves = tuple(leaves)
        self._choosing = asyncio.Lock()

    async def page(self, asker: Asker, way: Way) -> Page | None:
        """As `core.care.members.Part`."""
        match way.name:
            case "start":
                return await self._start(asker)
            case "kept":
                return self._kept(asker)
            case "optout":
                return await self._optout(asker)
            case "choose":
                return await self._chosen(asker, way)
            case "export":
                return await self._export(asker)
            case "delete":
                return await self._delete(asker)
            case "erase":
                return await self._erase(asker, way)
            case _:
                return None

    async def _start(self, asker: Asker) -> Page:
        up, chosen = self._set_up(asker.community), await self._care.preference(asker.community, asker.member)
        return Page(
            name="privacy.start",
            title=Text(key="privacy.start.title"),
            body=tuple(on_use(up, chosen)),
            choices=(
                _choice("privacy.to.kept", Way(part=PART, name="kept")),
                _choice("privacy.to.optout", FIRST_PAGE[Command.OPTOUT]),
                _choice("privacy.to.export", FIRST_PAGE[Command.MY_DATA]),
                _choice("privacy.to.delete", FIRST_PAGE[Command.DELETE_MY_DATA]),
                _TO_SUPPORT,
            ),
        )

    def _kept(self, asker: Asker) -> Page:
        return Page(
            name="privacy.kept",
            title=Text(key="privacy.kept.title"),
            body=tuple(on_keeping(self._policy_of(asker.community))),
            choices=(
                _choice("privacy.to.export", FIRST_PAGE[Command.MY_DATA]),
                _choice("privacy.to.delete", FIRST_PAGE[Command.DELETE_MY_DATA]),
                _TO_START,
            ),
        )

    async def _optout(self, asker: Asker) -> Page:
        chosen = await self._care.preference(asker.community, asker.member)
        return Page(
            name="privacy.optout",
            title=Text(key="privacy.optout.title"),
            body=tuple(on_choices(chosen, is_noticed=self._is_noticed(asker.community))),
            choices=(
                _turn(_QUIET, is_on=chosen.no_contact),
                _turn(_UNSCREENED, is_on=chosen.no_crisis_screening),
                _TO_START,
                _TO_SUPPORT,
            ),
        )

    async def _chosen(self, asker: Asker, way: Way) -> Page | None:
        """Writes down what was chosen, once, and shows how it stands."""
        what, answer = way.arg(0), way.arg(1)
        if what not in {_QUIET, _UNSCREENED} or answer not in {_YES, _NO} or len(way.args) > len((what, answer)):
            return None
        is_wanted = answer == _YES
        async with self._choosing:  # of two presses at once neither takes the other's choice back
            had = await self._care.preference(asker.community, asker.member)
            has = replace(had, no_contact=is_wanted) if what == _QUIET else replace(had, no_crisis_screening=is_wanted)
            if has != had:  # the other choice takes back no request to talk made since this one (`has_asked`)
                since = had.since if what == _UNSCREENED and had.no_contact else self._clock.now()
                await self._store.commit(Commit(preferences=(replace(has, since=since),)))
        return await self._optout(asker)

    async def _export(self, asker: Asker) -> Page:
        community = self._community_of(asker.community)
        chosen = await self._care.preference(asker.community, asker.member)
        belongings = await self._care.belongings(asker.community, asker.member)
        care = (Text(key="privacy.export.care"),) if belongings.is_in_care else ()
        return Page(
            name="privacy.export",
            title=Text(key="privacy.export.title"),
            body=(
                *care,
                Text(key="privacy.export.what", params={"community": community.name}),
                Text(key="privacy.export.safe"),
            ),
            choices=(_choice("privacy.to.delete", FIRST_PAGE[Command.DELETE_MY_DATA]), _TO_START, _TO_SUPPORT),
            document=exported(community, asker.member, belongings, chosen, self._clock.now()),
        )

    async def _delete(self, asker: Asker) -> Page:
        name = {"community": self._community_of(asker.community).name}
        stays, chosen = await self._what_stays(asker)
        care = (Text(key="privacy.delete.care"),) if stays.is_in_care else ()
        return Page(
            name="privacy.delete",
            title=Text(key="privacy.delete.title"),
            body=(
                Text(key="privacy.delete.goes", params=name),
                *care,
                *on_staying(stays, chosen, is_of_the_desk=self._is_of_the_desk(asker)),
                Text(key="privacy.delete.platform", params=name),
                Text(key="privacy.delete.for_good"),
            ),
            choices=(
                _choice("privacy.delete.yes", Way(part=PART, name="erase", args=(self._stamp(),))),
                _choice("privacy.delete.first_a_copy", FIRST_PAGE[Command.MY_DATA]),
                _choice("privacy.delete.no", FIRST_PAGE[Command.PRIVACY]),
            ),
        )

    async def _erase(self, asker: Asker, way: Way) -> Page:
        if not self._is_fresh(way.arg(0)):
            return await self._delete(asker)
        stays, chosen = await self._what_stays(asker)
        await self._erasures.ask(asker.community, asker.member)
        return Page(
            name="privacy.erased",
            title=Text(key="privacy.erased.title"),
            body=(
                Text(key="privacy.erased.soon"),
                *on_staying(stays, chosen, is_of_the_desk=self._is_of_the_desk(asker)),
                Text(key="privacy.erased.support"),
            ),
            choices=(_TO_SUPPORT,),
        )

    async def _what_stays(self, asker: Asker) -> tuple[Stays, Preference]:
        chosen = await self._care.preference(asker.community, asker.member)
        return await self._erasures.stays(asker.community, asker.member), chosen

    def _is_of_the_desk(self, asker: Asker) -> bool:
        return bool(self._staff.roles_of(asker.community, asker.member))

    def _set_up(self, community: CommunityId) -> SetUp:
        known = self._community_of(community)
        moderators = {*self._members(community, Role.MODERATOR), *self._members(community, Role.OWNER)}
        return SetUp(
            community=known,
            policy=self._policy_of(community),
            is_noticed=self._is_noticed(community),
            moderators=Seers(known=len(moderators), is_open_ended=bool(known.moderator_roles)),
            responders=Seers(
                known=len(self._members(community, Role.RESPONDER)), is_open_ended=bool(known.responder_roles)
            ),
            leaves=self._leaves,
        )

    def _members(self, community: CommunityId, role: Role) -> set[str]:
        return set(self._staff.members(community, role))

    def _stamp(self) -> str:
        return str((self._clock.now() - _EPOCH) // timedelta(seconds=1))

    def _is_fresh(self, stamp: str) -> bool:
        """Whether the question was asked lately; one from the future was forged, or the clock was set back."""
        if not stamp.isdecimal():
            return False
        age = self._clock.now() - _EPOCH - timedelta(seconds=int(stamp[:11]))
        return timedelta(seconds=-1) <= age <= CONFIRMED_WITHIN


def _choice(label: str, way: Way) -> Choice:
    return Choice(label=Text(key=label), to=str(way))


def _turn(what: str, *, is_on: bool) -> Choice:
    """The button that changes a choice into what it is not now."""
    answer = _NO if is_on else _YES
    return _choice(f"privacy.choose.{what}.{answer}", Way(part=PART, name="choose", args=(what, answer)))


_TO_START = _choice("privacy.to.start", FIRST_PAGE[Command.PRIVACY])
_TO_SUPPORT = _choice("privacy.to.support", FIRST_PAGE[Command.SUPPORT])
