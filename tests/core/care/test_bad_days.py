"""Random days of somebody who asks, is written to, changes their mind, and of a bot that is killed meanwhile."""

import asyncio
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from core.errors import GaveUp, RetryLater, Unavailable
from core.model.action import ActionKind
from core.model.case import Case, Concern, State
from core.model.case_event import Why
from core.model.finding import Kind
from core.model.message import MemberId
from core.model.order import Order
from core.model.preference import Preference
from core.model.record import Commit
from tests.core.care.helping import A_FULL_COUNTRY, Care, a_care, leads
from tests.core.examples import COMMUNITY
from tests.core.house import House

ANN = MemberId("ann")
CONTACTS = {ActionKind.SUPPORT_MESSAGE, ActionKind.OPEN_TALK}

STEPS = (
    "ask",
    "ask now",
    "say",
    "claim",
    "write",
    "talk",
    "resolve",
    "dismiss",
    "snooze",
    "leave me alone",
    "write to me again",
    "deliver",
    "kill",
    "full disk",
    "stale",
    "closed messages",
    "slow platform",
    "hour",
    "day",
    "clock back",
    "misused",
)


class Days:
    """One member's days, and what has to hold after each step."""

    def __init__(self) -> None:
        self.care: Care = a_care(*A_FULL_COUNTRY)
        self.wants_none = False
        self.asked_since = False
        self.said = 0

    @property
    def house(self) -> House:
        return self.care.house

    async def open_case(self) -> Case | None:
        return await self.house.store.open_case(COMMUNITY, "ann", Concern.CRISIS)

    async def step(self, name: str) -> None:
        before = self._contacts()
        match name:
            case "ask" | "ask now":
                await self._ask("now" if name == "ask now" else "soon")
            case "say":
                self.said += 1
                self.house.store.refusals.clear()
                await self.house.say("disclosure:2", f"m{self.said}")
                await self.house.decide()
            case "claim" | "write" | "talk" | "resolve" | "dismiss" | "snooze":
                await self._click(name)
            case "leave me alone" | "write to me again":
                await self._choose(no_contact=name == "leave me alone")
            case "deliver":
                await self.house.deliver(timedelta(minutes=1))
                if self.wants_none:
                    kinds = {order.action.kind for order in self._contacts()[len(before) :]}
                    assert ActionKind.SUPPORT_MESSAGE not in kinds
                    assert self.asked_since or not kinds
            case "kill":
                again = a_care(*A_FULL_COUNTRY, house=self.house)
                self.care = again
            case "full disk":
                self.house.store.refusals.append(Unavailable(reason="synthetic"))
            case "stale":
                self.house.store.stale = 1
            case "closed messages":
                self.house.stage.refuse(GaveUp(reason="synthetic"), kind=ActionKind.SUPPORT_MESSAGE)
            case "slow platform":
                self.house.stage.refuse(RetryLater(reason="synthetic"), times=2)
            case "hour" | "day":
                self.house.store.refusals.clear()
                await self.house.pass_time(timedelta(hours=1) if name == "hour" else timedelta(days=1))
            case "clock back":
                self.house.clock.jump(-timedelta(minutes=30))
            case "misused":
                await self._misused()
        await self.holds()

    async def holds(self) -> None:
        cases = [each for each in await self.house.cases(Concern.CRISIS) if each.subject == ANN and each.is_open]
        assert len(cases) <= 1
        for case in cases:
            evidence = await self.house.store.evidence(COMMUNITY, case.id)
            if any(each.kind is Kind.ASKED for each in evidence):
                assert not case.is_quiet
                assert case.state is not State.WAITING or case.chain_at or case.tier == 5
        for order in self._contacts():
            assert order.action.params["by"] == "rae"
            assert order.action.target in {ANN, ""}

    def _contacts(self) -> list[Order]:
        return [order for order in self.house.stage.effects.values() if order.action.kind in CONTACTS]

    async def _ask(self, when: str) -> None:
        fails = bool(self.house.store.refusals)
        page = await self.care.press(f"s.asked:DE:{when}")
        case = await self.open_case()
        if page.name == "support.asked":
            assert case is not None
            assert case.level >= (3 if when == "now" else 2)
            assert case.state in {State.WAITING, State.CLAIMED} or case.state is State.SNOOZED
            self.asked_since = True
        else:
            assert page.name == "support.asked.failed"
            assert fails

    async def _click(self, name: str) -> None:
        case = await self.open_case()
        if case is None:
            return
        self.house.store.refusals.clear()
        verb, params = {
            "claim": ("claim", {}),
            "write": ("order", {"kind": "support_message"}),
            "talk": ("order", {"kind": "open_talk"}),
            "resolve": ("resolve", {"outcome": "support_offered"}),
            "dismiss": ("resolve", {"outcome": "not_a_problem"}),
            "snooze": ("snooze", {"minutes": "60"}),
        }[name]
        await self.house.click("rae", case, verb, **params)

    async def _choose(self, *, no_contact: bool) -> None:
        self.house.store.refusals.clear()
        self.house.store.stale = 0
        self.house.clock.advance(timedelta(seconds=1))
        choice = Preference(community=COMMUNITY, member=ANN, no_contact=no_contact, since=self.house.clock.now())
        await self.house.store.commit(Commit(preferences=(choice,)))
        self.wants_none, self.asked_since = no_contact, False
        self.house.clock.advance(timedelta(seconds=1))

    async def _misused(self) -> None:
        for order in self.house.stage.orders(ActionKind.SUPPORT_MESSAGE):
            assert order.page is not None
            page = await self.care.press(leads(order.page)["letter.support.misused"])
            assert page.name in {"letter.misused", "letter.gone", "letter.failed"}
            other = await self.care.press(leads(order.page)["letter.support.misused"], member="dan")
            assert other.name == "letter.gone"
        audit = [each for each in await self.house.store.audit(COMMUNITY, 1000) if each.verb == "misused"]
        assert len(audit) <= len(self.house.stage.orders(ActionKind.SUPPORT_MESSAGE))


async def _asks_and_is_answered(days: Days) -> None:
    """Whatever happened: who asks now, whatever they chose before, can be answered with a talk."""
    days.house.store.refusals.clear()
    days.house.store.stale = 0
    days.house.stage.trouble.clear()
    await days.step("ask now")
    case = await days.open_case()
    assert case is not None
    await days.house.click("rae", case, "claim")
    case = await days.house.case(case.id)
    answer = await days.house.click("rae", case, "order", kind="open_talk")
    assert isinstance(answer, Case) or answer.why is Why.CHANGED, answer  # a talk is open already
    await days.house.deliver()
    assert any(order.action.case_id == case.id for order in days.house.stage.orders(ActionKind.OPEN_TALK))


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps=st.lists(st.sampled_from(STEPS), min_size=3, max_size=25))
def test_whatever_happens_there_is_one_case_and_nobody_is_written_to_against_their_wish(steps: list[str]) -> None:
    async def lived() -> None:
        days = Days()
        for step in ("ask", "claim", *steps):
            await days.step(step)
        await _asks_and_is_answered(days)

    asyncio.run(lived())


async def test_who_asks_to_be_left_alone_after_asking_to_talk_is_left_alone_though_the_clock_was_set_back() -> None:
    days = Days()
    for step in ("ask", "claim", "talk", "clock back", "leave me alone", "deliver"):
        await days.step(step)

    assert not days.house.stage.called(ActionKind.OPEN_TALK)


@pytest.mark.parametrize("kill_after", range(4))
async def test_killed_around_the_click_the_request_is_there_once_or_can_be_made_again(kill_after: int) -> None:
    care = a_care(*A_FULL_COUNTRY)
    for number in range(4):
        if number == kill_after:
            care = a_care(*A_FULL_COUNTRY, house=care.house)
        if number == 1:
            care.house.store.refusals.append(Unavailable(reason="synthetic"))
        await care.press("s.asked:DE:soon")

    (case,) = await care.house.cases()
    assert case.kind is Kind.ASKED
    await care.house.deliver()
    assert care.house.stage.called(ActionKind.ALERT) == 1
