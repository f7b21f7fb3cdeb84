"""The demo's pinned posts: taken down by a moderator, they are back at once, and the owner hears of the notice."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

from adapters.local.platform import HARBOUR, Topic
from adapters.local.staff import roles_held
from config.texts.catalogue import Catalogue
from core.care.posts import LOOKS_EVERY_S
from core.model.action import ActionKind
from core.model.card import Text
from core.model.people import Role
from core.model.standing import PostKind
from tests.bots.demo.town import Town, town


async def _until(place: Town, is_so: Callable[[], bool]) -> None:
    seen = asyncio.Event()

    def hear(_: Topic) -> None:
        seen.set()

    stop = place.platform.listen(hear)
    try:
        async with asyncio.timeout(20):
            while not is_so():
                await seen.wait()
                seen.clear()
    finally:
        stop()


def _owner(place: Town) -> str:
    return next(each.id for each in place.platform.members() if Role.OWNER in roles_held(each))


async def test_a_notice_that_a_moderator_deletes_is_back_at_once_and_the_owner_is_told(tmp_path: Path) -> None:
    async with town(tmp_path, filters=[]) as place:
        (row,) = [each for each in await place.database.store.standing(HARBOUR) if each.kind is PostKind.NOTICE]
        await place.platform.board.delete_post(row.channel, PostKind.NOTICE)

        def letters() -> list[Text]:
            told = [each for each in place.platform.letters if each.kind is ActionKind.TELL_OWNER]
            return [each.notice for each in told if each.notice and each.notice.key == "owner.notice_gone"]

        await _until(place, lambda: bool(letters()))
        (post,) = [each for each in place.platform.posts(row.channel) if each.kind is PostKind.NOTICE]
        assert post.receipt != row.receipt
        (told,) = letters()
        assert "has been posted again" in Catalogue().render(told)
        assert {each.member for each in place.platform.letters} == {_owner(place)}


async def test_a_card_that_a_moderator_unpins_is_pinned_again(tmp_path: Path) -> None:
    async with town(tmp_path, filters=[]) as place:
        assert place.house.keeper is not None
        (row, *_) = [each for each in await place.database.store.standing(HARBOUR) if each.kind is PostKind.HELP]
        await place.platform.board.unpin(row.channel, PostKind.HELP)
        place.clock.move(timedelta(seconds=LOOKS_EVERY_S))
        place.house.keeper.changed()
        await _until(place, lambda: any(each.kind is PostKind.HELP for each in place.platform.posts(row.channel)))
        assert not place.platform.letters
