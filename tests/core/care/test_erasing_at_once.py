"""An erasure while everybody else is at work: messages come in, people click, report and appeal, cards go out."""

import asyncio
import random
from collections.abc import Awaitable
from datetime import timedelta

import pytest

from core.care.members import Command
from core.care.reports import ReportAbout
from core.model.case import OPEN_STATES, Concern
from core.model.event import MessageWritten
from core.model.message import MemberId
from core.model.policy import CommunityPolicy
from tests.core.care.test_erasing import left_of
from tests.core.examples import COMMUNITY, a_message
from tests.core.house import LIVE_LADDER, House
from tests.core.mortal import Fate
from tests.core.test_interleavings import BusyStore

CROWDED = CommunityPolicy.model_validate({**LIVE_LADDER.model_dump(), "crisis_alerts_per_day": 50})


class Crowd(House):
    """A house in which every read and write lets others go first."""

    def __init__(self, seed: int) -> None:
        super().__init__(CROWDED)
        self.drawn = random.Random(seed)
        self.store = BusyStore(self.clock, Fate())
        self.store.drawn = self.drawn
        self.start()

    async def writes(self, member: str, text: str, name: str) -> None:
        message = a_message(name, text, author=member, sent_at=self.clock.now())
        await self.intake.append([MessageWritten(message=message)])
        await self.decide()

    async def clicks(self, member: str, verb: str, **params: str) -> None:
        for case in await self.cases(states=OPEN_STATES):
            await self.click(member, case, verb, **params)

    async def goes(self) -> None:
        question = await self.ask("ann", Command.DELETE_MY_DATA)
        await self.press("ann", question, "privacy.delete.yes")
        await self.timers.fire_due()

    async def appeals_all(self) -> None:
        for case in await self.cases(Concern.CONDUCT):
            await self.appeal("ann", case, "look again")


@pytest.mark.parametrize("seed", range(60))
async def test_at_once_with_everything_else_no_case_is_left_that_is_about_nobody_and_the_next_leaves_nothing(
    seed: int,
) -> None:
    crowd = Crowd(seed)
    await crowd.writes("ann", "disclosure:2 insult:2", "m1")
    await crowd.writes("ben", "disclosure:3", "m2")
    await crowd.settle()
    at_once: list[Awaitable[object]] = [
        crowd.goes(),
        crowd.writes("ann", "disclosure:4", "m3"),
        crowd.writes("ann", "insult:3", "m4"),
        crowd.writes("ben", "disclosure:4", "m5"),
        crowd.clicks("rae", "claim"),
        crowd.clicks("bob", "claim"),
        crowd.clicks("bob", "resolve", outcome="upheld"),
        crowd.clicks("rae", "resolve", outcome="support_offered"),
        crowd.report("cyn", a_message("m1", author="ann"), ReportAbout.HARASSMENT),
        crowd.report("ann", a_message("m6", author="ben"), ReportAbout.WORRIED),
        crowd.appeals_all(),
        crowd.delivery.deliver_due(),
        crowd.timers.fire_due(),
    ]
    crowd.drawn.shuffle(at_once)
    await asyncio.gather(*at_once)
    await crowd.timers.fire_due()
    await crowd.settle()
    for case in await crowd.cases(states=OPEN_STATES):
        assert case.subject, "a case waits for people that is about nobody"
    assert await crowd.store.verify_audit(COMMUNITY) is None
    assert not (await crowd.store.counts())["actions_pending"]
    for case in await crowd.cases(Concern.CONDUCT, states=OPEN_STATES):
        await crowd.clicked(case.holder or "olga", case, "resolve", outcome="not_a_problem")
    await crowd.pass_time(timedelta(days=2))
    await crowd.goes()
    await crowd.pass_time(timedelta(days=2))
    assert not [case for case in await crowd.cases() if case.subject == "ann"]
    assert "'ann'" not in await left_of(crowd)
    kept = await crowd.store.belongings(COMMUNITY, MemberId("ann"))
    assert not any((kept.words, kept.reports, kept.sanctions, kept.is_in_care))
