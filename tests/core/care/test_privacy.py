"""What members read about their data and what they choose; what is said follows from how things are set up."""

import asyncio

import pytest

from config.texts.catalogue import Catalogue
from core.care.members import Command
from core.care.ways import Way, read_way
from core.model.card import Text
from core.model.community import Community
from core.model.message import CommunityId, MemberId, RoleId
from core.model.page import Asker, Page
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.preference import Preference
from core.model.record import Commit
from tests.core.examples import COMMUNITY, ELSEWHERE
from tests.core.house import LIVE_LADDER, House

TEXTS = Catalogue()


def keys(page: Page) -> list[str]:
    return [each.key for each in page.body if isinstance(each, Text)]


def said(page: Page, key: str) -> str:
    (text,) = [each for each in page.body if isinstance(each, Text) and each.key == key]
    return TEXTS.render(text)


async def chosen(house: House, member: str, community: CommunityId = COMMUNITY) -> tuple[bool, bool]:
    found = await house.store.preference(community, MemberId(member))
    return found.no_contact, found.no_crisis_screening


async def test_privacy_says_what_is_looked_for_and_who_sees_it() -> None:
    page = await House().ask("ann", Command.PRIVACY)
    assert keys(page) == [
        "privacy.looks",
        "privacy.looks.harassment",
        "privacy.looks.toxicity",
        "privacy.looks.rules",
        "privacy.looks.crisis",
        "privacy.follows.people",
        "privacy.seen.conduct",
        "privacy.seen.crisis",
        "privacy.seen.host",
        "privacy.leaves.nothing",
    ]
    assert "3 people" in said(page, "privacy.seen.conduct")  # bob, cat and olga
    assert "the one responder" in said(page, "privacy.seen.crisis")


async def test_what_the_policy_leaves_alone_is_not_said_to_be_looked_for() -> None:
    never = {"alert_level": 5, "record_level": 5}
    policy = CommunityPolicy.model_validate({"thresholds": {"toxicity": never, "harassment": never}})
    page = await House(policy).ask("ann", Command.PRIVACY)
    assert "privacy.looks.toxicity" not in keys(page)
    assert "privacy.looks.harassment" not in keys(page)


async def test_where_the_bot_acts_by_itself_it_says_so() -> None:
    assert "privacy.follows.automatic" in keys(await House(LIVE_LADDER).ask("ann", Command.PRIVACY))
    shadow = LIVE_LADDER.model_copy(update={"enforcement": "shadow"})
    assert "privacy.follows.people" in keys(await House(shadow).ask("ann", Command.PRIVACY))


async def test_without_a_notice_it_says_that_nobody_is_looked_at_for_signs_of_a_crisis() -> None:
    house = House()
    house.is_noticed = False
    assert "privacy.looks.no_notice" in keys(await house.ask("ann", Command.PRIVACY))
    assert "privacy.unscreened.no_notice" in keys(await house.ask("ann", Command.OPTOUT))


async def test_who_opted_out_reads_so() -> None:
    house = House()
    page = await house.ask("ann", Command.OPTOUT)
    page = await house.press("ann", page, "privacy.choose.quiet.yes")
    await house.press("ann", page, "privacy.choose.unscreened.yes")
    page = await house.ask("ann", Command.PRIVACY)
    assert {"privacy.looks.not_you", "privacy.yours.quiet", "privacy.yours.unscreened"} <= set(keys(page))
    assert "privacy.looks.not_you" not in keys(await house.ask("ben", Command.PRIVACY))


async def test_a_community_without_responders_says_that_its_owners_look() -> None:
    house = House()
    del house.crew.roles[MemberId("rae")]
    assert "privacy.seen.crisis_owners" in keys(await house.ask("ann", Command.PRIVACY))


async def test_who_holds_a_role_is_not_counted_where_only_the_platform_knows(monkeypatch: pytest.MonkeyPatch) -> None:
    def with_roles(community: CommunityId) -> Community:
        return Community(
            id=community,
            name="Harbour",
            alerts=COMMUNITY,  # type: ignore[arg-type]
            crisis_alerts=COMMUNITY,  # type: ignore[arg-type]
            owners=frozenset(),
            moderator_roles=frozenset({RoleId("1")}),
            responder_roles=frozenset({RoleId("2")}),
        )

    monkeypatch.setattr("tests.core.house.community_of", with_roles)
    assert {"privacy.seen.conduct_role", "privacy.seen.crisis_role"} <= set(
        keys(await House().ask("ann", Command.PRIVACY))
    )


@pytest.mark.parametrize(("messages", "key"), [(10, "privacy.kept.words"), (0, "privacy.kept.words_alone")])
async def test_how_long_things_are_kept_follows_from_the_policy_and_the_code(messages: int, key: str) -> None:
    house = House(CommunityPolicy(context_messages=messages))
    page = await house.go("ann", Way(part="p", name="kept"))
    words = said(page, key)
    assert "24 hours" in words
    assert "7 days" in words
    assert "14 days" in said(page, "privacy.kept.crisis")
    assert "90 days" in said(page, "privacy.kept.conduct")
    assert "60 days" in said(page, "privacy.kept.marks")


async def test_a_choice_is_two_choices_and_each_is_taken_back_by_itself() -> None:
    house = House()
    page = await house.ask("ann", Command.OPTOUT)
    page = await house.press("ann", page, "privacy.choose.unscreened.yes")
    assert await chosen(house, "ann") == (False, True)
    page = await house.press("ann", page, "privacy.choose.quiet.yes")
    assert await chosen(house, "ann") == (True, True)
    assert keys(page)[:2] == ["privacy.quiet.yes", "privacy.unscreened.yes"]
    page = await house.press("ann", page, "privacy.choose.unscreened.no")
    assert await chosen(house, "ann") == (True, False)
    await house.press("ann", page, "privacy.choose.quiet.no")
    assert await chosen(house, "ann") == (False, False)


async def test_pressing_the_same_twice_is_pressing_it_once() -> None:
    house = House()
    page = await house.ask("ann", Command.OPTOUT)
    for _ in range(3):
        await house.press("ann", page, "privacy.choose.quiet.yes")
    assert await chosen(house, "ann") == (True, False)
    assert sum(bool(unit.preferences) for unit in house.store.commits) == 1


async def test_both_choices_pressed_at_once_both_hold() -> None:
    house = House()
    page = await house.ask("ann", Command.OPTOUT)
    await asyncio.gather(
        house.press("ann", page, "privacy.choose.quiet.yes"), house.press("ann", page, "privacy.choose.unscreened.yes")
    )
    assert await chosen(house, "ann") == (True, True)


async def test_a_choice_is_ones_own_in_ones_own_community() -> None:
    house = House()
    await house.go("ann", Way(part="p", name="choose", args=("quiet", "yes")), ELSEWHERE)
    assert await chosen(house, "ann", ELSEWHERE) == (True, False)
    assert await chosen(house, "ann") == (False, False)
    assert await chosen(house, "ben", ELSEWHERE) == (False, False)


@pytest.mark.parametrize(
    "args", [(), ("quiet",), ("quiet", "maybe"), ("louder", "yes"), ("quiet", "yes", "ben"), ("", "")]
)
async def test_a_forged_choice_changes_nothing_and_leads_nowhere(args: tuple[str, ...]) -> None:
    house = House()
    await house.store.commit(Commit(preferences=(Preference(community=COMMUNITY, member=MemberId("ann")),)))
    written = len(house.store.commits)
    asked = await house.privacy.page(_asker("ann"), Way(part="p", name="choose", args=args))
    assert asked is None
    assert len(house.store.commits) == written


async def test_a_page_that_does_not_exist_is_none() -> None:
    assert await House().privacy.page(_asker("ann"), Way(part="p", name="secrets")) is None


async def test_every_page_fits_a_small_screen_and_every_button_leads_somewhere() -> None:
    """Discord takes 2000 characters a message; translations are longer than English by a quarter."""
    house = House(LIVE_LADDER)
    house.crew.roles[MemberId("ann")] = frozenset({Role.MODERATOR})
    for unscreened in ("no", "yes"):
        await house.go("ann", Way(part="p", name="choose", args=("unscreened", unscreened)))
        await house.go("ann", Way(part="p", name="choose", args=("quiet", unscreened)))
        for name in ("start", "kept", "optout", "export", "delete"):
            page = await house.go("ann", Way(part="p", name=name))
            assert page.name == f"privacy.{name}"
            words = [TEXTS.render(each) for each in (page.title, *page.body) if isinstance(each, Text)]
            assert len("\n\n".join(words)) < 1900, name
            for choice in page.choices:
                assert len(TEXTS.render(choice.label)) <= 40
                way = read_way(choice.to)
                assert way is not None
                assert way.part == "s" or await house.privacy.page(_asker("ann"), way) is not None


def _asker(member: str) -> Asker:
    return Asker(community=COMMUNITY, member=MemberId(member))
