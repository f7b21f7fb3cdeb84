"""Members who can't be written to, and a bot that is taken out of the community and put back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from adapters.local.doors import Door
from adapters.local.journal import Journal
from adapters.local.memory_intake import MemoryIntake
from adapters.local.platform import HARBOUR, LocalPlatform
from core.errors import GaveUp, NotAllowed
from core.model.action import LAWS, ActionKind
from core.model.card import Text
from core.model.case import CaseId
from core.model.event import BotRemoved, BotReturned, MessageWritten
from core.model.message import Author, Channel, ChannelId, MemberId
from core.model.order import Order
from core.model.page import Page
from core.model.post import Post
from core.model.record import Action
from core.model.standing import PostKind
from tests.clock import FakeClock

WREN, ALMA = MemberId("wren"), MemberId("alma")
GENERAL = ChannelId("general")
PAGE = Page(name="letter", title=Text(key="post.help.title"))
POST = Post(community=HARBOUR, channel=GENERAL, kind=PostKind.HELP, page=PAGE)


def _platform(journal: Journal | None = None) -> tuple[LocalPlatform, MemoryIntake]:
    intake = MemoryIntake()
    platform = LocalPlatform(
        intake=intake,
        clock=FakeClock(datetime(2026, 5, 4, 12, tzinfo=UTC)),
        members=(Author(id=WREN, name="Wren"), Author(id=ALMA, name="Alma")),
        channels=(Channel(id=GENERAL, name="general"),),
        journal=journal,
    )
    return platform, intake


def _letter(kind: ActionKind = ActionKind.SUPPORT_MESSAGE, target: MemberId = WREN, key: str = "k1") -> Order:
    action = Action(
        key=key, community=HARBOUR, case_id=CaseId("c1"), version=1, kind=kind, lane=LAWS[kind].lane, target=target
    )
    return Order(action=action, page=PAGE)


async def test_a_letter_with_buttons_reaches_its_member_alone() -> None:
    platform, _ = _platform()
    await platform.perform(_letter())
    assert [letter.page for letter in platform.letters_for(WREN)] == [PAGE]
    assert platform.letters_for(ALMA) == []


@pytest.mark.parametrize("door", [Door.CLOSED, Door.BLOCKED, Door.LEFT])
@pytest.mark.parametrize("kind", [ActionKind.SUPPORT_MESSAGE, ActionKind.NOTICE, ActionKind.TELL_OWNER])
async def test_no_letter_gets_through_a_door_that_is_shut(door: Door, kind: ActionKind) -> None:
    platform, _ = _platform()
    platform.set_door(WREN, door)
    with pytest.raises(GaveUp) as refusal:
        await platform.perform(_letter(kind))
    assert not refusal.value.unknown
    assert platform.letters_for(WREN) == []
    await platform.perform(_letter(kind, ALMA, key="k2"))
    assert len(platform.letters_for(ALMA)) == 1


async def test_closed_and_blocked_look_alike() -> None:
    reasons = []
    for door in (Door.CLOSED, Door.BLOCKED):
        platform, _ = _platform()
        platform.set_door(WREN, door)
        with pytest.raises(GaveUp) as refusal:
            await platform.perform(_letter())
        reasons.append(refusal.value.reason)
    assert reasons[0] == reasons[1]


async def test_a_door_that_was_opened_again_lets_the_same_letter_through() -> None:
    platform, _ = _platform()
    platform.set_door(WREN, Door.CLOSED)
    with pytest.raises(GaveUp):
        await platform.perform(_letter())
    platform.set_door(WREN, Door.OPEN)
    await platform.perform(_letter())
    assert len(platform.letters_for(WREN)) == 1


async def test_what_restricts_a_member_needs_no_open_door() -> None:
    platform, _ = _platform()
    platform.set_door(WREN, Door.BLOCKED)
    await platform.perform(_letter(ActionKind.TIMEOUT))
    assert platform.why_silent(WREN, GENERAL) is not None


async def test_who_left_does_not_speak_and_who_closed_their_messages_does() -> None:
    platform, _ = _platform()
    platform.set_door(WREN, Door.LEFT)
    with pytest.raises(NotAllowed):
        await platform.say(WREN, GENERAL, "hello")
    platform.set_door(WREN, Door.CLOSED)
    await platform.say(WREN, GENERAL, "hello")


async def test_a_bot_that_was_taken_out_hears_nothing_and_does_nothing_until_it_is_back() -> None:
    platform, intake = _platform()
    await platform.board.keep(POST, "")
    await platform.leave()
    await platform.say(WREN, GENERAL, "nobody listens")
    for refused in (platform.perform(_letter()), platform.board.keep(POST, "")):
        with pytest.raises(NotAllowed, match="not in this community"):
            await refused
    await platform.board.delete_post(GENERAL, PostKind.HELP)
    assert [type(each.event) for each in await intake.take(10)] == [BotRemoved]
    await platform.come_back()
    await platform.say(WREN, GENERAL, "somebody listens")
    await platform.board.keep(POST, "")
    assert [type(each.event) for each in await intake.take(10)] == [BotRemoved, BotReturned, MessageWritten]


async def test_taking_the_bot_out_twice_is_once() -> None:
    platform, intake = _platform()
    await platform.come_back()
    for _ in range(2):
        await platform.leave()
    assert len(await intake.take(10)) == 1


async def test_a_restart_finds_the_bot_still_out(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    for step in ("leave", "come_back"):
        journal = Journal(path)
        platform, _ = _platform(journal)
        await getattr(platform, step)()
        journal.close()
        journal = Journal(path)
        platform, intake = _platform(journal)
        await platform.say(WREN, GENERAL, "is anybody there")
        assert len(await intake.take(10)) == (step == "come_back")
        journal.close()
