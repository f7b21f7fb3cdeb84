"""Every kind of action on the local platform: done, undone where it can be, and the state compared (promise 5)."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LocalPlatform, LocalState
from core.desk.orders import PEOPLE
from core.errors import AlreadyDone, NotAllowed
from core.flow.planning import UNDOES
from core.flow.purging import MESSAGES
from core.model.action import CARD_KINDS, LAWS, ActionKind, inverse_of
from core.model.card import Text
from core.model.case import CaseId
from core.model.message import Author, Channel, ChannelId, MemberId, MessageId
from core.model.order import Order
from core.model.record import Action
from tests.clock import FakeClock

WREN, TOMAS, ISLA = MemberId("wren"), MemberId("tomas"), MemberId("isla")
GENERAL = ChannelId("general")
CAST = (Author(id=WREN, name="Wren"), Author(id=TOMAS, name="Tomas"), Author(id=ISLA, name="Isla"))
NOW = datetime(2026, 5, 4, 12, tzinfo=UTC)

TARGETS = {"message": "", "channel": GENERAL, "community": HARBOUR}
LASTING = [kind for kind in ActionKind if inverse_of(kind) is not None]
FREEING = {inverse_of(kind) for kind in LASTING}
SAYING = {*CARD_KINDS, ActionKind.WARN, ActionKind.NOTICE, ActionKind.SUPPORT_MESSAGE}


class Place:
    """A platform, and what was ordered of it."""

    def __init__(self) -> None:
        self.clock = FakeClock(NOW)
        self.intake = MemoryIntake()
        self.platform = LocalPlatform(
            intake=self.intake,
            clock=self.clock,
            members=CAST,
            channels=(Channel(id=GENERAL, name="general"), Channel(id=ChannelId("games"), name="games")),
        )
        self.receipts: dict[str, str] = {}

    async def do(self, kind: ActionKind, target: str, key: str, **params: str) -> Action:
        action = Action(
            key=key,
            community=HARBOUR,
            case_id=CaseId("c1"),
            version=1,
            kind=kind,
            lane=LAWS[kind].lane,
            target=target,
            channel=GENERAL,
            until=NOW + timedelta(hours=1) if LAWS[kind].takes_duration else None,
            params=params,
        )
        undone = params.get(UNDOES, "")
        order = Order(action=action, receipt=self.receipts.get(undone, ""), notice=Text(key="letter.talk"))
        self.receipts[key] = await self.platform.perform(order)
        return action

    async def undo(self, action: Action) -> None:
        inverse = inverse_of(action.kind)
        assert inverse is not None
        await self.do(inverse, action.target, f"undo {action.key}", **{UNDOES: action.key})

    @property
    def state(self) -> LocalState:
        return self.platform.state()


def target_of(kind: ActionKind, message: MessageId) -> str:
    return TARGETS.get(LAWS[kind].family, WREN) or message


@pytest.mark.parametrize("kind", ActionKind)
async def test_every_kind_is_done_and_undone_where_it_can_be(kind: ActionKind) -> None:
    place = Place()
    said = await place.platform.say(WREN, GENERAL, "hello")
    before = place.state
    params = {MESSAGES: said.id, PEOPLE: "tomas"}
    done = await place.do(kind, target_of(kind, said.id), "k1", **params)
    if kind in SAYING or kind in FREEING:
        assert place.state == before
        return
    assert place.state != before
    if kind in LASTING:
        await place.undo(done)
        assert place.state == before
    else:
        assert kind in {ActionKind.DELETE, ActionKind.PURGE, ActionKind.KICK}


steps = st.lists(
    st.tuples(st.sampled_from(LASTING), st.sampled_from(["wren", "tomas", "general", "games"]), st.booleans()),
    max_size=12,
)


@given(steps, st.randoms(use_true_random=False))
def test_whatever_is_ordered_and_undone_in_any_order_leaves_the_state_as_it_was(
    steps: list[tuple[ActionKind, str, bool]], random: Random
) -> None:
    async def play() -> None:
        place = Place()
        before = place.state
        held: list[Action] = []
        expected: set[tuple[str, ...]] = set()

        async def undo_one() -> None:
            action = held.pop(random.randrange(len(held)))
            await place.undo(action)
            expected.discard(_slot(action))
            assert _slots(place) == len(expected)

        for number, (kind, target, undoes_one) in enumerate(steps):
            held.append(await place.do(kind, target, f"k{number}", **{PEOPLE: "isla"}))
            expected.add(_slot(held[-1]))
            assert _slots(place) == len(expected)
            if undoes_one:
                await undo_one()
        while held:
            await undo_one()
        assert place.state == before

    asyncio.run(play())


def _slot(action: Action) -> tuple[str, ...]:
    """A restriction is there once, however often it was ordered; every talk is one of its own."""
    return (action.kind, action.key if action.kind is ActionKind.OPEN_TALK else action.target)


def _slots(place: Place) -> int:
    return len(place.state.restrictions) + len(place.state.talks)


async def test_undoing_lasts_over_the_end_of_what_was_undone() -> None:
    place = Place()
    timeout = await place.do(ActionKind.TIMEOUT, WREN, "k1")
    await place.undo(timeout)
    await place.undo(timeout)
    assert place.platform.why_silent(WREN, GENERAL) is None


async def test_a_purge_takes_away_what_is_still_there_and_only_that() -> None:
    place = Place()
    said = [await place.platform.say(WREN, GENERAL, f"words {n}") for n in range(3)]
    other = await place.platform.say(TOMAS, GENERAL, "mine")
    await place.platform.delete(WREN, said[1].id)
    await place.do(ActionKind.PURGE, WREN, "k1", **{MESSAGES: ",".join(each.id for each in said)})
    assert place.state.messages == {other.id}
    with pytest.raises(AlreadyDone):
        await place.do(ActionKind.PURGE, WREN, "k2", **{MESSAGES: said[0].id})


async def test_a_pause_of_joining_ends_at_its_time() -> None:
    place = Place()
    await place.do(ActionKind.PAUSE_JOINS, HARBOUR, "k1")
    assert place.platform.are_joins_paused
    place.clock.advance(timedelta(hours=1))
    assert not place.platform.are_joins_paused


async def test_a_private_talk_is_between_its_people_and_goes_through_no_filter() -> None:
    place = Place()
    opened = await place.do(ActionKind.OPEN_TALK, WREN, "k1", **{PEOPLE: "tomas"})
    (talk,) = place.platform.talks_of(TOMAS)
    assert place.platform.talks_of(WREN) == [talk]
    assert place.platform.talks_of(ISLA) == []
    assert talk.channel not in place.platform.channels()
    said = await place.platform.say(WREN, talk.channel.id, "only for you")
    await place.platform.edit(WREN, said.id, "only for you two")
    await place.platform.delete(WREN, said.id)
    assert await place.intake.take(10) == []
    with pytest.raises(NotAllowed, match="private"):
        await place.platform.say(ISLA, talk.channel.id, "may I?")
    await place.undo(opened)
    with pytest.raises(NotAllowed):
        await place.platform.say(WREN, talk.channel.id, "still there?")


async def test_a_notice_is_a_letter_with_its_words() -> None:
    place = Place()
    await place.do(ActionKind.NOTICE, WREN, "k1", by="tomas")
    (letter,) = place.platform.letters_for(WREN)
    assert (letter.kind, letter.notice, letter.is_automatic) == (ActionKind.NOTICE, Text(key="letter.talk"), False)
    assert place.platform.letters_for(TOMAS) == []
