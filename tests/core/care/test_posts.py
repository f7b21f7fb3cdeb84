"""The keeper of posts: what stands, what is mended, what is said, and what is never done twice."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.local.board import Trouble
from core.care.posts import AFTER_FAILURE_S, AFTER_REFUSAL_S, LOOKS_EVERY_S, SAID_AFTER_FAILURES
from core.errors import GaveUp
from core.model.audit import AuditVerb
from core.model.event import BotRemoved, BotReturned, MessageDeleted
from core.model.message import Channel, ChannelId, CommunityId, MemberId, MessageId, PlatformName
from core.model.policy import CommunityPolicy
from core.model.post import Found, Kept, Post
from core.model.standing import PostKind
from tests.clock import FakeClock
from tests.core.care.helping import names_on
from tests.core.care.pinning import COMMUNITY, GAMES, GENERAL, HARBOUR, RULES, Seaside
from tests.core.shelf import a_service
from tests.virtual_time import LoopClock, run_in_virtual_time

LOCAL = PlatformName("local")
POSTED, GONE = AuditVerb.POSTED, AuditVerb.POST_GONE


async def _stand() -> tuple[Seaside, FakeClock]:
    """A community in which everything stands."""
    clock = FakeClock()
    sea = Seaside(clock)
    await sea.keeper.look()
    assert sea.are_all_as_wanted()
    return sea, clock


async def _look(sea: Seaside, clock: FakeClock, after_s: float = LOOKS_EVERY_S) -> None:
    clock.advance(timedelta(seconds=after_s))
    await sea.keeper.look()


async def test_the_notice_and_the_cards_are_posted_pinned_and_written_down() -> None:
    sea, _ = await _stand()
    rows = await sea.store.standing(HARBOUR)
    assert [(each.channel, each.kind) for each in rows] == [(GENERAL, PostKind.HELP), (RULES, PostKind.NOTICE)]
    assert sorted(await sea.audit()) == [(POSTED, "help"), (POSTED, "notice")]
    assert sea.told() == []


async def test_what_stands_is_looked_at_and_left_alone() -> None:
    sea, clock = await _stand()
    for _ in range(5):
        await _look(sea, clock)
    assert len(await sea.audit()) == 2
    assert sea.keeper.counts[Found.STANDING] == 10
    assert sea.board.made == 2


async def test_what_was_unpinned_is_pinned_again_without_a_word() -> None:
    sea, clock = await _stand()
    await sea.board.unpin(GENERAL, PostKind.HELP)
    await sea.board.unpin(RULES, PostKind.NOTICE)
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert sea.told() == []


async def test_what_was_deleted_is_posted_again_and_the_audit_says_so() -> None:
    sea, clock = await _stand()
    await sea.board.delete_post(GENERAL, PostKind.HELP)
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert (await sea.audit())[2:] == [(GONE, "help"), (POSTED, "help")]
    assert sea.told() == []


async def test_the_owners_are_told_that_somebody_took_the_notice_away() -> None:
    sea, clock = await _stand()
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    woken = sea.woken
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    (told,) = sea.told()
    assert (told.target, told.params["text"], told.params["channel"]) == ("olga", "owner.notice_gone", RULES)
    assert sea.woken > woken


async def test_a_notice_taken_away_again_and_again_is_told_once_an_hour() -> None:
    sea, clock = await _stand()
    for minutes in (1, 20, 30, 61):
        await sea.board.delete_post(RULES, PostKind.NOTICE)
        await _look(sea, clock, after_s=minutes * 60)
        assert sea.are_all_as_wanted()
    assert len(sea.told()) == 2


async def test_a_change_of_words_is_written_into_the_post_that_stands() -> None:
    sea, clock = await _stand()
    before = [post.receipt for channel in (RULES, GENERAL) for post in sea.posts(channel)]
    sea.edit_directory("555-0177")
    sea.policy = CommunityPolicy.model_validate({"thresholds": {"toxicity": {"alert_level": 5}}})
    assert not sea.are_all_as_wanted()
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert [post.receipt for channel in (RULES, GENERAL) for post in sea.posts(channel)] == before


async def test_a_service_that_goes_stale_leaves_the_card_by_itself() -> None:
    sea, clock = await _stand()
    clock.advance(timedelta(days=181))
    assert not sea.are_all_as_wanted()
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert sea.board.made == 2


async def test_a_restart_finds_everything_and_posts_nothing() -> None:
    sea, clock = await _stand()
    sea.start()
    await _look(sea, clock)
    assert sea.board.made == 2
    assert len(await sea.audit()) == 2


async def test_a_kill_between_posting_and_writing_down_leaves_no_double() -> None:
    sea = Seaside(FakeClock())
    sea.board.fail_next(Trouble.ANSWER_LOST, times=2)
    await sea.keeper.look()
    assert sea.board.made == 2
    sea.start()
    await sea.keeper.look()
    assert sea.board.made == 2
    assert sorted(await sea.audit()) == [(POSTED, "help"), (POSTED, "notice")]


async def test_a_kill_after_posting_anew_still_tells_that_the_notice_was_taken_away() -> None:
    sea, clock = await _stand()
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    sea.board.fail_next(Trouble.ANSWER_LOST, times=2)
    await _look(sea, clock)
    sea.start()
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert sea.board.made == 3
    assert len(sea.told()) == 1
    assert (await sea.audit())[2:] == [(GONE, "notice"), (POSTED, "notice")]


async def test_a_lost_answer_of_the_store_tells_the_owners_once() -> None:
    sea, clock = await _stand()
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    sea.store.killed_after_commit.append(RuntimeError("synthetic"))
    await _look(sea, clock)
    await _look(sea, clock)
    assert len(sea.told()) == 1
    assert sea.board.made == 3


async def test_while_the_store_is_down_posts_are_mended_and_written_down_once_later() -> None:
    sea, clock = await _stand()
    sea.store.is_down = True
    for _ in range(3):
        await sea.board.delete_post(RULES, PostKind.NOTICE)
        await _look(sea, clock)
        assert sea.are_all_as_wanted()
    sea.store.is_down = False
    await _look(sea, clock)
    assert (await sea.audit())[2:] == [(GONE, "notice"), (POSTED, "notice")]
    assert len(sea.told()) == 1
    (notice, _) = sorted(await sea.store.standing(HARBOUR), key=lambda each: each.kind, reverse=True)
    assert notice.receipt == sea.posts(RULES)[0].receipt


async def test_nothing_is_posted_before_it_is_known_what_stands() -> None:
    sea, clock = await _stand()
    sea.start()
    sea.store.is_down = True
    await _look(sea, clock)
    assert not sea.keeper.is_noticed(HARBOUR)
    sea.store.is_down = False
    await _look(sea, clock)
    assert sea.keeper.is_noticed(HARBOUR)
    assert sea.board.made == 2


async def test_who_waits_for_the_posts_to_be_known_waits_for_the_store() -> None:
    clock = FakeClock()
    sea = Seaside(clock)
    await sea.keeper.look()
    sea.start()
    sea.store.is_down = True
    waiting = asyncio.create_task(sea.keeper.ready())
    await _settle()
    assert not waiting.done()
    sea.store.is_down = False
    clock.advance(timedelta(seconds=AFTER_FAILURE_S[0]))
    await waiting
    assert sea.keeper.is_noticed(HARBOUR)


async def test_a_community_counts_as_noticed_once_its_notice_was_posted() -> None:
    clock = FakeClock()
    sea = Seaside(clock)
    sea.board.beset(RULES, Trouble.FORBIDDEN)
    await sea.keeper.look()
    assert not sea.keeper.is_noticed(HARBOUR)
    sea.board.beset(RULES, None)
    await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    assert sea.keeper.is_noticed(HARBOUR)
    assert not sea.keeper.is_noticed(CommunityId("local:elsewhere"))


async def test_a_card_with_help_is_no_notice() -> None:
    sea = Seaside(FakeClock(), replace(COMMUNITY, notice=None))
    await sea.keeper.look()
    assert sea.are_all_as_wanted()
    assert not sea.keeper.is_noticed(HARBOUR)


async def test_a_notice_that_was_taken_away_and_is_refused_still_counts() -> None:
    sea, clock = await _stand()
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    sea.board.beset(RULES, Trouble.FORBIDDEN)
    await _look(sea, clock)
    assert sea.keeper.is_noticed(HARBOUR)
    assert [each.params["text"] for each in sea.told()] == ["owner.post_refused"]


async def test_where_the_bot_was_taken_out_nothing_is_told_until_it_is_back() -> None:
    sea, clock = await _stand()
    sea.keeper.heard(BotRemoved(platform=LOCAL, community=HARBOUR, at=clock.now()))
    sea.board.beset(RULES, Trouble.FORBIDDEN)
    sea.board.beset(GENERAL, Trouble.FORBIDDEN)
    for _ in range(3):
        await _look(sea, clock, after_s=86_400)
    assert sea.told() == []
    assert not sea.notices.standing
    sea.board.beset(RULES, None)
    sea.board.beset(GENERAL, None)
    await sea.board.unpin(GENERAL, PostKind.HELP)
    sea.keeper.heard(BotReturned(platform=LOCAL, community=HARBOUR, at=clock.now()))
    await _look(sea, clock, after_s=0)
    assert sea.are_all_as_wanted()
    sea.board.beset(RULES, Trouble.FORBIDDEN)
    await _look(sea, clock)
    assert len(sea.told()) == 1


async def test_after_its_data_went_a_community_is_not_noticed_until_the_notice_is_posted_anew() -> None:
    sea, clock = await _stand()
    sea.keeper.forget(HARBOUR)
    assert not sea.keeper.is_noticed(HARBOUR)
    await _look(sea, clock)
    assert sea.keeper.is_noticed(HARBOUR)


@pytest.mark.parametrize(
    ("trouble", "reason"),
    [(Trouble.FULL, "no more messages"), (Trouble.FORBIDDEN, "may not write"), (Trouble.GONE, "not there any more")],
)
async def test_what_is_refused_is_said_to_the_owners_once_and_again_the_next_day(trouble: Trouble, reason: str) -> None:
    clock = FakeClock()
    sea = Seaside(clock)
    sea.board.beset(RULES, trouble)
    for _ in range(30):
        await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    (told,) = sea.told()
    assert told.params["text"] == "owner.notice_never_posted"
    assert reason in told.params["reason"]
    assert len(sea.posts(RULES)) <= 1
    assert f"post.{HARBOUR}.{RULES}.notice" in sea.notices.standing
    await _look(sea, clock, after_s=86_400)
    assert len(sea.told()) == 2


async def test_a_bot_that_keeps_being_restarted_says_a_refusal_no_more_often() -> None:
    clock = FakeClock()
    sea = Seaside(clock)
    sea.board.beset(GENERAL, Trouble.FORBIDDEN)
    for _ in range(10):
        sea.start()
        await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    assert len(sea.told()) == 1


async def test_a_refusal_that_was_mended_is_cleared_and_told_anew_should_it_come_back() -> None:
    sea, clock = await _stand()
    for times in (1, 2):
        sea.board.beset(GENERAL, Trouble.FULL)
        await sea.board.unpin(GENERAL, PostKind.HELP)
        await _look(sea, clock)
        assert len(sea.told()) == times
        assert sea.notices.standing
        sea.board.beset(GENERAL, None)
        await _look(sea, clock, after_s=AFTER_REFUSAL_S)
        assert sea.are_all_as_wanted()
        assert not sea.notices.standing


async def test_another_cause_is_told_by_itself() -> None:
    sea, clock = await _stand()
    for trouble in (Trouble.FORBIDDEN, Trouble.GONE, Trouble.FORBIDDEN, Trouble.GONE):
        sea.board.beset(GENERAL, trouble)
        await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    assert len(sea.told()) == 2


async def test_while_owners_cannot_be_told_it_is_tried_again() -> None:
    sea, clock = await _stand()
    sea.board.beset(GENERAL, Trouble.FORBIDDEN)
    sea.store.is_down = True
    await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    sea.store.is_down = False
    await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    assert len(sea.told()) == 1


async def test_a_busy_channel_is_left_alone_as_long_as_it_asked_and_others_are_not() -> None:
    sea, clock = await _stand()
    sea.board.beset(GENERAL, Trouble.BUSY)
    await _look(sea, clock)
    sea.board.beset(GENERAL, None)
    await sea.board.unpin(GENERAL, PostKind.HELP)
    await sea.board.unpin(RULES, PostKind.NOTICE)
    sea.keeper.deleted(HARBOUR, MessageId(sea.posts(GENERAL)[0].receipt))
    await _look(sea, clock, after_s=1.0)
    assert [post.is_pinned for post in sea.posts(GENERAL)] == [False]
    assert [post.is_pinned for post in sea.posts(RULES)] == [True]
    await _look(sea, clock, after_s=1.0)
    assert sea.are_all_as_wanted()


async def test_an_outcome_that_nobody_knows_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    sea, clock = await _stand()

    async def unsure(post: Post, receipt: str) -> Kept:
        raise GaveUp(reason="no answer", unknown=True)

    with monkeypatch.context() as patched:
        patched.setattr(sea.board, "keep", unsure)
        await _look(sea, clock)
    assert sea.told() == []
    await _look(sea, clock)
    assert sea.are_all_as_wanted()


def test_many_silent_channels_hold_up_no_other_more_than_once() -> None:
    silent = [ChannelId(f"silent-{number}") for number in range(60)]

    async def night() -> float:
        clock = LoopClock()
        sea = Seaside(clock, replace(COMMUNITY, help_channels=(*silent, GENERAL)))
        sea.channels |= set(silent)
        for channel in silent:
            sea.board.beset(channel, Trouble.SILENT)
        sea.tells_of_deletions = False
        running = asyncio.create_task(sea.keeper.run())
        await asyncio.sleep(300)
        slowest = 0.0
        for _ in range(20):
            await sea.board.delete_post(GENERAL, PostKind.HELP)
            began = clock.monotonic()
            while not sea.posts(GENERAL):
                await sea.shown.wait(1.0)
            slowest = max(slowest, clock.monotonic() - began)
            await asyncio.sleep(7)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        return slowest

    assert run_in_virtual_time(night()) <= LOOKS_EVERY_S + 1


async def test_a_platform_that_stays_away_is_said_on_the_console_and_to_no_owner() -> None:
    sea, clock = await _stand()
    sea.board.beset(GENERAL, Trouble.BUSY)
    for _ in range(SAID_AFTER_FAILURES + 1):
        await _look(sea, clock)
    assert list(sea.notices.standing) == [f"post.{HARBOUR}.{GENERAL}.help"]
    assert sea.told() == []
    sea.board.beset(GENERAL, None)
    await _look(sea, clock)
    assert not sea.notices.standing


async def test_a_fault_of_ours_in_one_post_keeps_no_other_from_being_kept() -> None:
    sea, clock = await _stand()
    await sea.board.unpin(RULES, PostKind.NOTICE)
    await sea.board.unpin(GENERAL, PostKind.HELP)
    sea.shelf.put([])
    await _look(sea, clock)
    assert [post.is_pinned for post in sea.posts(RULES)] == [True]
    assert sea.notices.standing[f"post.{HARBOUR}.{GENERAL}.help"].key == "notice.post_failed"


async def test_what_is_wanted_no_more_is_taken_away() -> None:
    sea, clock = await _stand()
    sea.want(replace(COMMUNITY, help_channels=(GAMES,)))
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert [each.channel for each in await sea.store.standing(HARBOUR)] == [GAMES, RULES]
    assert (GONE, "help") in await sea.audit()
    assert sea.told() == []


async def test_a_post_in_a_channel_that_is_gone_counts_as_taken_away() -> None:
    sea, clock = await _stand()
    sea.want(replace(COMMUNITY, help_channels=()))
    sea.channels.discard(GENERAL)
    await _look(sea, clock)
    assert [each.channel for each in await sea.store.standing(HARBOUR)] == [RULES]


async def test_what_cannot_be_taken_away_is_said_on_the_console() -> None:
    sea, clock = await _stand()
    sea.want(replace(COMMUNITY, help_channels=()))
    sea.board.beset(GENERAL, Trouble.FORBIDDEN)
    await _look(sea, clock)
    assert sea.notices.standing[f"post.{HARBOUR}.{GENERAL}.help"].key == "notice.post_stays"
    sea.board.beset(GENERAL, None)
    await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    assert sea.are_all_as_wanted()
    assert not sea.notices.standing


async def test_an_old_notice_stays_until_the_new_one_stands() -> None:
    sea, clock = await _stand()
    sea.want(replace(COMMUNITY, notice=GAMES))
    sea.board.beset(GAMES, Trouble.FORBIDDEN)
    await _look(sea, clock)
    assert len(sea.posts(RULES)) == 1
    assert sea.keeper.is_noticed(HARBOUR)
    sea.board.beset(GAMES, None)
    await _look(sea, clock, after_s=AFTER_REFUSAL_S)
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert sea.keeper.is_noticed(HARBOUR)


async def test_a_notice_in_the_place_of_a_refused_one_leaves_no_notice_on_the_console() -> None:
    sea, clock = await _stand()
    sea.want(replace(COMMUNITY, help_channels=(GENERAL, GAMES)))
    sea.board.beset(GAMES, Trouble.FORBIDDEN)
    await _look(sea, clock)
    assert sea.notices.standing
    sea.want(COMMUNITY)
    await _look(sea, clock)
    assert not sea.notices.standing


async def test_a_community_of_another_platform_is_left_alone() -> None:
    sea, clock = await _stand()
    stranger = replace(COMMUNITY, id=CommunityId("elsewhere:1"))
    sea.communities.append(stranger)
    await _look(sea, clock)
    assert await sea.store.standing(stranger.id) == []
    assert not sea.notices.standing


async def test_a_channel_named_twice_has_one_card() -> None:
    sea = Seaside(FakeClock(), replace(COMMUNITY, help_channels=(GENERAL, GENERAL), notice=GENERAL))
    await sea.keeper.look()
    assert sorted(post.kind for post in sea.posts(GENERAL)) == [PostKind.HELP, PostKind.NOTICE]


@pytest.mark.parametrize("by", [timedelta(days=400), timedelta(days=-400)])
async def test_a_clock_that_is_set_hurts_nothing(by: timedelta) -> None:
    sea, clock = await _stand()
    clock.jump(by)
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    await _look(sea, clock)
    assert sea.are_all_as_wanted()
    assert len(sea.told()) == 1
    clock.jump(-by)
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    await _look(sea, clock, after_s=3601)
    assert sea.are_all_as_wanted()
    assert len(sea.told()) == 2


async def test_a_post_that_is_told_to_be_deleted_is_looked_at_at_once_and_no_other_message_is() -> None:
    sea, clock = await _stand()
    looks = sea.keeper.counts.total()
    clock.advance(timedelta(seconds=2))
    running = asyncio.create_task(sea.keeper.run())
    await _settle()
    for community, message_id in ((HARBOUR, "424242"), (CommunityId("local:elsewhere"), sea.posts(RULES)[0].receipt)):
        sea.keeper.heard(_deleted(community, message_id, clock))
    await _settle()
    assert sea.keeper.counts.total() == looks
    await sea.board.delete_post(RULES, PostKind.NOTICE)
    await _settle()
    assert sea.are_all_as_wanted()
    assert sea.keeper.counts.total() == looks + 1
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def test_owners_of_a_community_without_any_are_not_written_to() -> None:
    sea = Seaside(FakeClock(), replace(COMMUNITY, owners=frozenset[MemberId]()))
    sea.board.beset(RULES, Trouble.FORBIDDEN)
    await sea.keeper.look()
    assert sea.told() == []
    assert sea.notices.standing


async def test_a_new_service_of_the_owners_own_reaches_the_card() -> None:
    sea, clock = await _stand()
    own = a_service("aaa", call="555-0188", is_always_open=True, community=HARBOUR)
    sea.shelf.put([*sea.shelf.state().services, own])
    await _look(sea, clock)
    (card,) = sea.posts(GENERAL)
    assert card.page is not None
    assert "aaa" in names_on(card.page)


def _deleted(community: CommunityId, message_id: str, clock: FakeClock) -> MessageDeleted:
    return MessageDeleted(
        platform=LOCAL,
        community=community,
        channel=Channel(id=RULES, name="rules"),
        message_id=MessageId(message_id),
        at=clock.now(),
    )


async def _settle(turns: int = 50) -> None:
    for _ in range(turns):
        await asyncio.sleep(0)
