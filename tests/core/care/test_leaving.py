"""The bot was taken out of a community: a day later everything of it goes, unless the bot is back."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.care.members import Command
from core.errors import NotAllowed, RetryLater, Unavailable
from core.flow.going import GRACE, GRACE_UNSEEN, HEARD_FOR, LEAVING_TIMER
from core.model.action import ActionKind
from core.model.case import Concern, State
from core.model.event import BotRemoved, BotReturned, MessageWritten
from core.model.message import CommunityId, MemberId, PlatformName
from tests.core.care.test_erasing_crashes import a_town_on_disk, found_in_files
from tests.core.examples import COMMUNITY, ELSEWHERE, a_message
from tests.core.house import House
from tests.core.mortal import Fate, Killed

LOCAL = PlatformName("local")


async def removed(
    house: House, community: CommunityId = COMMUNITY, at: datetime | None = None, *, is_live: bool = True
) -> None:
    at = at or house.clock.now()
    await house.intake.append([BotRemoved(platform=LOCAL, community=community, at=at, is_live=is_live)])
    await house.decide()


async def returned(house: House, community: CommunityId = COMMUNITY) -> None:
    await house.intake.append([BotReturned(platform=LOCAL, community=community, at=house.clock.now())])
    await house.decide()


async def a_house_with_a_case(community: CommunityId = COMMUNITY) -> House:
    house = House()
    await house.say("disclosure:3 canary", community=community)
    await house.settle()
    return house


async def cases_of(house: House, community: CommunityId = COMMUNITY) -> int:
    return len(await house.store.cases(community, frozenset(State), 10))


async def test_a_day_after_the_bot_was_removed_nothing_of_the_community_is_left() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    await house.pass_time(GRACE - timedelta(seconds=1))
    assert await cases_of(house) == 1
    await house.pass_time(timedelta(seconds=1))
    assert await cases_of(house) == 0
    assert not await house.store.audit(COMMUNITY, 10)
    assert COMMUNITY not in await house.store.communities()
    counts = await house.store.counts()
    assert (counts["texts"], counts["actions_pending"], counts["timers"]) == (0, 0, 0)


async def test_nobody_is_told_of_it() -> None:
    house = await a_house_with_a_case()
    calls = len(house.stage.calls)
    await removed(house)
    await house.deliver()
    assert len(house.stage.calls) == calls
    assert not house.board.raised


async def test_a_bot_that_comes_back_in_time_finds_everything_as_it_was() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    await house.pass_time(GRACE / 2)
    await returned(house)
    await house.pass_time(GRACE * 2)
    assert (await house.the_case(Concern.CRISIS)).subject == "ann"


async def test_removed_again_it_has_a_whole_day_again() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    await returned(house)
    await house.pass_time(GRACE / 2)
    await removed(house)
    await house.pass_time(GRACE - timedelta(seconds=1))
    assert await cases_of(house) == 1
    await house.pass_time(timedelta(seconds=1))
    assert await cases_of(house) == 0


async def test_told_twice_of_one_removal_it_goes_once() -> None:
    house = await a_house_with_a_case()
    at = house.clock.now()
    await removed(house, at=at)
    await removed(house, at=at)
    await house.pass_time(GRACE)
    assert await cases_of(house) == 0


async def test_put_back_while_the_process_was_down_it_loses_nothing() -> None:
    """The timer is overdue at the start, before any platform is connected and could say so."""
    house = await a_house_with_a_case()
    await removed(house)
    house.clock.advance(GRACE * 3)
    house.start()
    await house.timers.fire_due()
    assert await cases_of(house) == 1
    await house.pass_time(timedelta(hours=2))
    assert await cases_of(house) == 1
    await returned(house)
    await house.pass_time(GRACE * 3)
    assert await cases_of(house) == 1


async def test_what_an_earlier_process_heard_and_did_not_get_to_is_not_acted_on() -> None:
    house = await a_house_with_a_case()
    await house.intake.append([BotRemoved(platform=LOCAL, community=COMMUNITY, at=house.clock.now(), is_live=True)])
    house.clock.advance(GRACE)
    house.start()
    await house.decide()
    await house.pass_time(GRACE * 2)
    assert await cases_of(house) == 1


async def test_restarted_every_few_hours_it_is_let_go_of_all_the_same() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    for _ in range(3):
        await house.pass_time(GRACE / 4)
        house.start()
        await removed(house, is_live=False)  # as it is told at every connection
    assert await cases_of(house) == 1
    await house.pass_time(GRACE / 4)
    assert await cases_of(house) == 0


async def test_started_with_another_bots_token_for_days_it_loses_nothing() -> None:
    house = await a_house_with_a_case()
    house.start()
    await removed(house, is_live=False)
    await house.pass_time(GRACE * 3)
    house.start()
    await removed(house, is_live=False)
    await house.pass_time(GRACE * 3)
    assert await cases_of(house) == 1
    house.start()
    await returned(house)
    await house.pass_time(GRACE_UNSEEN * 2)
    assert await cases_of(house) == 1


async def test_found_to_be_away_for_a_week_it_is_let_go_of() -> None:
    house = await a_house_with_a_case()
    await removed(house, is_live=False)
    await house.pass_time(GRACE_UNSEEN - timedelta(seconds=1))
    assert await cases_of(house) == 1
    await house.pass_time(timedelta(seconds=1))
    assert await cases_of(house) == 0


async def test_a_clock_that_is_set_forward_takes_nothing_at_once() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    house.clock.jump(timedelta(days=400))
    await house.timers.fire_due()
    await house.pass_time(HEARD_FOR - timedelta(minutes=1))
    assert (await house.store.counts())["cases"] == 1
    await returned(house)
    await house.pass_time(GRACE)
    assert (await house.store.counts())["cases"] == 1


async def test_another_community_keeps_everything() -> None:
    house = await a_house_with_a_case(ELSEWHERE)
    await house.say("disclosure:3", "m2")
    await house.settle()
    await removed(house)
    await house.pass_time(GRACE)
    assert await cases_of(house) == 0
    assert await cases_of(house, ELSEWHERE) == 1
    assert await house.store.verify_audit(ELSEWHERE) is None


@pytest.mark.parametrize("trouble", [RetryLater(reason="no answer"), NotAllowed(reason="gone"), TimeoutError()])
async def test_a_community_that_cannot_be_reached_for_days_is_not_taken_for_left(trouble: Exception) -> None:
    house = House()
    house.stage.refuse(trouble, times=10_000)
    await house.say("disclosure:3")
    await house.decide()
    for _ in range(6):
        await house.deliver(timedelta(minutes=1))
        await house.pass_time(GRACE / 3)
    assert (await house.the_case(Concern.CRISIS)).subject == "ann"
    timers = await house.store.due_timers(house.clock.now() + timedelta(days=1000), 1000)
    assert LEAVING_TIMER not in {each.kind for each in timers}


async def test_a_bot_that_is_written_to_there_is_there_whatever_was_missed() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    house.clock.advance(GRACE - timedelta(minutes=5))
    await house.say("hello", "m2", author="ben")
    await house.decide()
    await house.pass_time(timedelta(minutes=5))
    assert await cases_of(house) == 1


async def test_what_members_chose_holds_should_the_bot_come_back_later() -> None:
    house = await a_house_with_a_case()
    await house.press("ann", await house.ask("ann", Command.OPTOUT), "privacy.choose.quiet.yes")
    await removed(house)
    await house.pass_time(GRACE)
    await returned(house)
    assert (await house.store.preference(COMMUNITY, MemberId("ann"))).no_contact


async def test_what_was_not_delivered_by_then_never_is() -> None:
    house = House()
    house.stage.refuse(RetryLater(reason="no answer"), times=10_000)
    await house.say("disclosure:3")
    await house.decide()
    await removed(house)
    await house.pass_time(GRACE)
    house.stage.trouble.clear()
    await house.deliver()
    assert not house.stage.orders(ActionKind.ALERT)


async def test_in_a_community_that_was_left_the_bot_begins_anew_when_it_is_back() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    await house.pass_time(GRACE)
    await returned(house)
    await house.say("disclosure:2", "m9")
    await house.settle()
    case = await house.the_case(Concern.CRISIS)
    assert case.messages == 1
    assert [each.message.id for each in await house.store.texts(COMMUNITY, case.id)] == ["m9"]
    assert await house.store.verify_audit(COMMUNITY) is None


async def test_while_the_disk_is_full_it_waits() -> None:
    house = await a_house_with_a_case()
    await removed(house)
    house.clock.advance(GRACE)
    for _ in range(3):
        house.store.refusals.extend([Unavailable(reason="synthetic")] * 50)
        with pytest.raises(Unavailable):
            await house.timers.fire_due()
    house.store.refusals.clear()
    assert await cases_of(house) == 1
    await house.pass_time(timedelta(seconds=1))
    assert await cases_of(house) == 0


async def leave_and_look(folder: Path, fate: Fate, dies_after: int) -> None:
    """A community that takes the bot out, on disk; the process dies at the so manyth moment after that."""
    async with a_town_on_disk(folder, fate) as town:
        await town.hear(MessageWritten(message=a_message(text="disclosure:3 canary-2d9c", author="member-6b1f")))
        began = fate.moments
        fate.strikes = lambda now: now == began + dies_after
        await town.hear(BotRemoved(platform=LOCAL, community=COMMUNITY, at=town.clock.now(), is_live=True))
        town.clock.advance(GRACE)
        await town.persist(town.timers.fire_due)
        if await town.cases():  # killed: the platform says it again
            await town.hear(BotRemoved(platform=LOCAL, community=COMMUNITY, at=town.clock.now()))
            town.clock.advance(HEARD_FOR)
            await town.persist(town.timers.fire_due)
        town.clock.advance(timedelta(seconds=5))
        await town.persist(town.timers.fire_due)
        await town.rest()
        assert not await town.cases()
        assert found_in_files(folder) == []
        assert found_in_files(folder, (COMMUNITY,)) == []


async def test_killed_at_any_moment_on_disk_it_is_finished_and_leaves_nothing_in_the_files(tmp_path: Path) -> None:
    moments, was_struck = 0, True
    while was_struck:
        moments += 1
        fate = Fate(Killed)
        folder = tmp_path / str(moments)
        folder.mkdir()
        await leave_and_look(folder, fate, moments)
        was_struck = bool(fate.struck)
    assert moments > 4
