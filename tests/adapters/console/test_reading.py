"""What the queue shows is read in several pieces: what changes between them stands on the page once."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from core.model.case import Case, State
from core.model.message import CommunityId
from tests.adapters.console.pier import pier


async def test_a_case_that_is_decided_while_the_queue_is_read_stands_there_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with pier() as desk:
        case = await desk.open_case()

        async def both(
            community: CommunityId, states: frozenset[State], limit: int, before: datetime | None = None
        ) -> Sequence[Case]:
            return [case]

        monkeypatch.setattr(desk.store, "cases", both)
        page = (await desk.client.get("/queue")).text
        assert page.count(f'id="case-{case.id}"') == 1
