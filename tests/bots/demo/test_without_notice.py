"""A new community in which the notice can't be posted yet, in the wired house: who is told, and what waits for it."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.local.board import LocalBoard
from adapters.local.platform import HARBOUR
from adapters.local.staff import roles_held
from config.texts.catalogue import Catalogue
from core.care.posts import AFTER_REFUSAL_S
from core.errors import NotAllowed
from core.model.case import Concern, State
from core.model.finding import Category, Kind
from core.model.message import ChannelId, MemberId
from core.model.people import Role
from core.model.post import Kept, Post
from core.model.standing import PostKind
from tests.bots.demo.town import Town, town
from tests.e2e.stage import WordFilter

LATE_NIGHT, JUNO = ChannelId("late-night"), MemberId("juno")
WORDS = {"fog": (Category.CRISIS, Kind.DISCLOSURE, 3), "crook": (Category.HARASSMENT, Kind.INSULT, 3)}


async def until(place: Town, is_so: Callable[[], bool]) -> None:
    for _ in range(600):
        if is_so():
            return
        await place.acting.clock.sleep(0.02)
    raise AssertionError("it did not come to that")


async def concerns(place: Town) -> list[Concern]:
    return sorted(each.concern for each in await place.database.store.cases(HARBOUR, frozenset(State), 10))


@pytest.mark.timeout(120)
async def test_until_its_notice_stands_owners_are_told_and_nothing_but_crisis_screening_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    allowed, keep = False, LocalBoard.keep

    async def kept(board: LocalBoard, post: Post, receipt: str) -> Kept:
        if post.kind is PostKind.NOTICE and not allowed:
            raise NotAllowed(reason="the bot may not pin there", permission="pin_messages")
        return await keep(board, post, receipt)

    monkeypatch.setattr(LocalBoard, "keep", kept)
    async with town(tmp_path, filters=[WordFilter(WORDS)]) as place:
        owners = {each.id for each in place.platform.members() if Role.OWNER in roles_held(each)}
        await until(place, lambda: {each.member for each in place.platform.letters} == owners)
        (told, *_) = [each.notice for each in place.platform.letters if each.notice]
        assert "nothing is screened for signs of a crisis" in Catalogue().render(told)
        assert "notice.post_refused" in {each.key for each in place.notices.current()}

        await place.platform.say(JUNO, LATE_NIGHT, "so much fog")
        await place.platform.say(MemberId("mika"), LATE_NIGHT, "you crook")
        await until(place, lambda: place.house.engine.counts.messages == 2)
        assert await concerns(place) == [Concern.CONDUCT]

        allowed = True
        place.clock.move(timedelta(seconds=AFTER_REFUSAL_S))
        assert place.house.keeper is not None
        place.house.keeper.changed()
        await until(place, lambda: place.house.keeper is not None and place.house.keeper.is_noticed(HARBOUR))
        await place.platform.say(JUNO, LATE_NIGHT, "still this fog")
        await until(place, lambda: place.house.engine.counts.messages == 3)
        assert await concerns(place) == [Concern.CONDUCT, Concern.CRISIS]
        await until(place, lambda: "notice.post_refused" not in {each.key for each in place.notices.current()})
