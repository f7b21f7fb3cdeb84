"""What rings for whom: calls by alert, page and private message, and digests; an edited card rings for nobody."""

from dataclasses import replace

import pytest

from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LOCAL, LocalPlatform
from bots.demo.calls import Bells
from bots.demo.scene import load_scene
from core.errors import RetryLater
from core.model.action import LAWS, ActionKind
from core.model.card import Audience, Card, Text
from core.model.case import CaseId, Concern
from core.model.message import MemberId
from core.model.order import Order
from core.model.people import Role
from core.model.record import Action
from tests.clock import FakeClock

CARD = Card(
    case_id=CaseId("c1"),
    version=1,
    turn=1,
    concern=Concern.CRISIS,
    level=3,
    title=Text(key="card.crisis.title", params={"level": 3, "kind": "disclosure"}),
    lines=(),
)


def bells() -> tuple[Bells, list[str]]:
    scene, clock, told = load_scene(), FakeClock(), list[str]()
    platform = LocalPlatform(intake=MemoryIntake(), clock=clock, members=scene.cast, channels=scene.places)
    return Bells(platform, clock, lambda: told.append("rang")), told


def order(kind: ActionKind, *members: str, target: str = "c1") -> Order:
    action = Action(
        key=f"{kind}-{target}",
        community=HARBOUR,
        case_id=CaseId("c1"),
        version=1,
        kind=kind,
        lane=LAWS[kind].lane,
        target=target,
    )
    called = Audience(role=Role.RESPONDER, members=tuple(map(MemberId, members))) if members else None
    return Order(action=action, card=replace(CARD, audience=called))


@pytest.mark.parametrize("kind", [ActionKind.ALERT, ActionKind.PAGE])
async def test_everybody_whom_a_card_mentions_is_called_once(kind: ActionKind) -> None:
    rings, told = bells()
    await rings.perform(order(kind, "imani", "chidi"))
    assert [rings.was_called(each, "c1") for each in ("imani", "chidi", "bastian")] == [True, True, False]
    assert not rings.was_called("imani", "c2")
    assert told == ["rang"]


async def test_a_card_that_is_edited_or_mentions_nobody_rings_for_nobody() -> None:
    rings, told = bells()
    await rings.perform(order(ActionKind.ALERT))
    await rings.perform(order(ActionKind.REFRESH_CARD, "imani"))
    assert not rings.was_called("imani", "c1")
    assert told == []


async def test_who_is_told_in_private_and_a_digest_are_remembered() -> None:
    rings, _ = bells()
    await rings.perform(order(ActionKind.TELL, target="alma"))
    await rings.perform(order(ActionKind.DIGEST, target=HARBOUR))
    assert [call.card.case_id for call in rings.calls_for(MemberId("alma"))] == ["c1"]
    assert len(rings.digests) == 1


async def test_what_the_platform_refuses_rings_for_nobody() -> None:
    class Down(LocalPlatform):
        async def perform(self, order: Order) -> str:
            raise RetryLater(reason="synthetic")

    scene, clock = load_scene(), FakeClock()
    platform = Down(intake=MemoryIntake(), clock=clock, members=scene.cast, channels=scene.places)
    rings = Bells(platform, clock)
    with pytest.raises(RetryLater):
        await rings.perform(order(ActionKind.PAGE, "imani"))
    assert not rings.was_called("imani", "c1")
    assert (rings.name, rings.capabilities) == (LOCAL, platform.capabilities)
