"""Delivery on top of the adapter: what was decided reaches the fake's wire once, whatever happens in between."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from adapters.discord.connection import DiscordConnection
from adapters.local.memory import MemoryStore
from core.desk.card import compose
from core.flow.delivery import Delivery
from core.flow.planning import card_action
from core.model.action import ActionKind
from core.model.case import Case, Concern
from core.model.message import CommunityId, MemberId
from core.model.order import Order
from core.model.people import Role
from core.model.policy import CommunityPolicy
from core.model.record import ActionState, CaseWrite, Commit
from core.ports import Staff
from tests.adapters.discord.fake_discord import Failure, FakeDiscord
from tests.adapters.discord.house import a_case, a_stage, an_evidence
from tests.adapters.discord.made_up import ALERTS, ANN, BEN, CRISIS
from tests.clock import FakeClock
from tests.core.noticeboard import Noticeboard
from tests.everybody import Everybody

POSTS = rf"/channels/{ALERTS}/messages"


class AnnAndBen(Everybody):
    """Ann moderates, and Ben is the owner."""

    def members(self, community: CommunityId, role: Role) -> Sequence[MemberId]:
        return [MemberId(str(BEN if role is Role.OWNER else ANN))]


def _delivery(
    store: MemoryStore, connection: DiscordConnection, clock: FakeClock, staff: Staff | None = None
) -> Delivery:
    return Delivery(
        store=store,
        platforms={"discord": connection.platform},
        compose=compose,
        clock=clock,
        notices=Noticeboard(),
        staff=staff or Everybody(),
        policy_of=lambda _: CommunityPolicy(),
    )


async def _decided(store: MemoryStore, case: Case, *kinds: ActionKind) -> None:
    unit = Commit(
        cases=(CaseWrite(case=case, expected_version=case.version - 1),),
        evidence=(an_evidence(case),),
        actions=tuple(card_action(case, kind) for kind in kinds),
    )
    await store.commit(unit)


async def test_a_decided_alert_is_posted_and_its_refresh_edits_the_same_card(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        store = MemoryStore(stage.clock)
        delivery = _delivery(store, stage.connection, stage.clock)
        case = a_case()
        await _decided(store, case, ActionKind.ALERT)
        await delivery.deliver_due()
        await store.commit(Commit(actions=(card_action(case, ActionKind.REFRESH_CARD),)))
        await delivery.deliver_due()
        assert {each.state for each in await store.actions(case.community, case.id)} == {ActionState.DONE}
    (card,) = fake.posted(ALERTS)
    assert [each.path for each in fake.requests("PATCH", ".*")] == [f"/channels/{ALERTS}/messages/{card['id']}"]


async def test_a_kill_between_discords_answer_and_the_record_posts_no_second_card(fake: FakeDiscord) -> None:
    async with a_stage(fake) as stage:
        await stage.start()
        store = MemoryStore(stage.clock)
        await _decided(store, a_case(), ActionKind.ALERT)
        (record,) = await store.claim_actions(stage.clock.now(), 5)
        await stage.connection.platform.perform(
            Order(action=record.action, card=compose(a_case(), [an_evidence(a_case())]))
        )
        await store.unclaim_actions()
    fake.nonces.clear()
    async with a_stage(fake) as second:
        await second.start()
        await _delivery(store, second.connection, stage.clock).deliver_due()
        (record,) = await store.actions(a_case().community, a_case().id)
    assert record.state is ActionState.DONE
    assert [record.receipt] == [f"{ALERTS}:{each['id']}" for each in fake.posted(ALERTS)]


async def test_a_card_whose_channel_refuses_it_reaches_the_next_person_in_private(fake: FakeDiscord) -> None:
    fake.fail("POST", POSTS, Failure(403, {"message": "Missing Access", "code": 50001}, times=99))
    fake.fail("POST", rf"/channels/{ANN + 1}/messages", Failure(403, {"message": "Cannot send", "code": 50007}))
    staff = AnnAndBen(Role.MODERATOR, Role.OWNER)
    case = replace(a_case(), subject="4711")
    async with a_stage(fake) as stage:
        await stage.start()
        store = MemoryStore(stage.clock)
        delivery = _delivery(store, stage.connection, stage.clock, staff)
        await _decided(store, case, ActionKind.ALERT)
        for _ in range(6):
            await delivery.deliver_due()
            stage.clock.advance(timedelta(seconds=10))
        told = [each for each in await store.actions(case.community, case.id) if each.action.kind is ActionKind.TELL]
    assert [(each.action.target, each.state) for each in told] == [
        (str(ANN), ActionState.FAILED),
        (str(BEN), ActionState.DONE),
    ]
    assert fake.posted(ANN + 1) == []
    assert [each["content"] for each in fake.posted(BEN + 1)] == ["Harbour: please look at this case."]


async def test_a_flooded_channel_waits_alone_and_its_alerts_arrive_afterwards(fake: FakeDiscord) -> None:
    limit = {"message": "x", "retry_after": 600.0, "global": False}
    fake.fail("POST", POSTS, Failure(429, limit, {"Via": "1.1 synthetic"}))
    async with a_stage(fake) as stage:
        await stage.start()
        store = MemoryStore(stage.clock)
        delivery = _delivery(store, stage.connection, stage.clock)
        for nth in range(8):
            case = replace(a_case(case_id=f"flood{nth}"), subject=str(nth))
            await _decided(store, case, ActionKind.ALERT)
        await _decided(store, a_case(Concern.CRISIS), ActionKind.ALERT)
        await delivery.deliver_due()
        assert len(fake.posted(CRISIS)) == 1
        for _ in range(20):
            stage.clock.advance(timedelta(seconds=60))
            await delivery.deliver_due()
    references = [each["embeds"][0]["footer"]["text"] for each in fake.posted(ALERTS)]
    assert sorted(each.partition(" · ")[0] for each in references) == [f"flood{nth}" for nth in range(8)]


async def test_what_the_bot_may_not_do_is_asked_once_a_minute_and_done_once_it_may(fake: FakeDiscord) -> None:
    fake.fail("POST", POSTS, Failure(403, {"message": "Missing Access", "code": 50001}, times=2))
    async with a_stage(fake) as stage:
        await stage.start()
        store = MemoryStore(stage.clock)
        delivery = _delivery(store, stage.connection, stage.clock)
        await _decided(store, a_case(), ActionKind.ALERT)
        for _ in range(60):
            await delivery.deliver_due()
            stage.clock.advance(timedelta(seconds=10))
        (record,) = await store.actions(a_case().community, a_case().id)
    assert record.state is ActionState.DONE
    assert len(fake.requests("POST", POSTS)) == 3
