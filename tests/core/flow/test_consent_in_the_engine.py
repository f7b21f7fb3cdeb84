"""What follows in the whole house where there is no consent to crisis screening."""

import random
from collections.abc import Sequence
from datetime import timedelta

import pytest

from core.care.reports import ReportAbout
from core.errors import Unavailable
from core.flow.consent import Consent
from core.flow.filter import Seen
from core.flow.postponed import KEPT_FOR
from core.model.action import LAWS
from core.model.case import Case, Concern, Enforcement
from core.model.finding import Kind, Verdict
from core.model.message import MemberId
from core.model.preference import Preference
from tests.core.examples import COMMUNITY
from tests.core.flow.test_consent import Chosen
from tests.core.house import LIVE_LADDER, House, WordFilter


class Failing(WordFilter):
    """Gives no answer at all, about anything, while it `is_down`, and never about a text with `poison`."""

    is_down = False

    def screen(self, batch: Sequence[Seen]) -> Sequence[Verdict]:
        if self.is_down or any("poison" in each.message.text for each in batch):
            raise ValueError("synthetic")
        return super().screen(batch)


class Willing(House):
    """A house that asks for consent: ann has opted out of crisis screening, nobody else has."""

    def __init__(self) -> None:
        super().__init__(LIVE_LADDER)
        self.filter = self.failing = Failing()
        self.care = Chosen(Preference(community=COMMUNITY, member=MemberId("ann"), no_crisis_screening=True))
        self.is_noticed = True
        self.consent = Consent(is_noticed=lambda _: self.is_noticed, care=self.care)
        self.start()

    async def enforced(self) -> list[str]:
        return [o.action.kind for o in self.stage.effects.values() if LAWS[o.action.kind].enforces]


async def test_nothing_of_a_crisis_of_who_opted_out_is_written_down_anywhere() -> None:
    house = Willing()
    await house.say("disclosure:4")
    await house.settle()
    assert not await house.cases()
    assert not house.stage.effects
    assert (await house.store.counts())["texts"] == 0
    assert await house.undecided() == 0
    assert not house.engine.counts.findings


async def test_the_same_words_of_somebody_else_are_a_case() -> None:
    house = Willing()
    await house.say("disclosure:4", author="ben")
    await house.settle()
    assert (await house.the_case(Concern.CRISIS)).subject == "ben"


async def test_without_a_notice_nobody_gets_a_crisis_case_and_with_one_everybody_does_again() -> None:
    house = Willing()
    house.is_noticed = False
    await house.say("disclosure:4", author="ben")
    await house.settle()
    assert not await house.cases()
    house.is_noticed = True
    await house.say("disclosure:2", "m2", author="ben")
    await house.settle()
    assert (await house.the_case(Concern.CRISIS)).messages == 1


async def test_an_insult_beside_a_crisis_is_a_case_and_nothing_is_done_by_itself() -> None:
    house = Willing()
    await house.say("disclosure:2 insult:3")
    await house.settle()
    (case,) = await house.cases()
    assert case.concern is Concern.CONDUCT
    assert await house.enforced() == []
    assert {each.state for each in await house.records(case) if LAWS[each.action.kind].enforces} == {"proposed"}


async def test_an_insult_alone_of_who_opted_out_has_its_consequences() -> None:
    house = Willing()
    await house.say("insult:3")
    await house.settle()
    assert sorted(await house.enforced()) == ["delete", "timeout"]


async def test_a_filter_that_is_down_keeps_nothing_waiting_of_who_opted_out() -> None:
    house = Willing()
    house.failing.is_down = True
    await house.say("disclosure:3")
    await house.decide()
    assert await house.undecided() == 0
    house.failing.is_down = False
    house.clock.advance(timedelta(minutes=5))
    await house.decide()
    assert not await house.cases()


async def test_an_outage_that_only_messages_without_consent_saw_is_not_over() -> None:
    """Whether ben's message breaks the filter is told by answers about others, and there are none."""
    house = Willing()
    house.failing.is_down = True
    await house.say("hello", "m1", author="ben")
    await house.decide()
    for number in range(2, 8):
        await house.say("hello", f"m{number}")
        house.clock.advance(timedelta(minutes=3))
        await house.decide()
    assert not await house.cases()
    assert await house.undecided() == 1


async def test_a_message_that_breaks_the_filter_every_time_comes_before_nobody_where_its_author_opted_out() -> None:
    house = Willing()
    await house.say("poison", "m1")
    await house.decide()
    for number in range(2, 8):
        await house.say("harmless", f"m{number}", author="ben")
        house.clock.advance(timedelta(minutes=3))
        await house.decide()
    assert not await house.cases()
    assert await house.undecided() == 0


async def test_who_opts_out_while_their_message_waits_for_another_try_is_not_put_before_a_person() -> None:
    house = Willing()
    await house.say("poison disclosure:4", "m1", author="ben")
    await house.decide()
    assert await house.undecided() == 1
    house.care.chosen[COMMUNITY, MemberId("ben")] = Preference(
        community=COMMUNITY, member=MemberId("ben"), no_crisis_screening=True
    )
    for number in range(2, 8):
        await house.say("harmless", f"m{number}", author="cyn")
        house.clock.advance(timedelta(minutes=3))
        await house.decide()
    assert not await house.cases()
    assert await house.undecided() == 0


async def test_a_case_that_is_open_stays_open_and_takes_in_no_more() -> None:
    house = Willing()
    await house.say("disclosure:2", "m1", author="ben")
    await house.decide()
    house.care.chosen[COMMUNITY, MemberId("ben")] = Preference(
        community=COMMUNITY, member=MemberId("ben"), no_crisis_screening=True
    )
    await house.say("disclosure:4", "m2", author="ben")
    await house.decide()
    case = await house.the_case(Concern.CRISIS)
    assert (case.level, case.messages) == (2, 1)


async def test_somebody_who_is_worried_about_who_opted_out_is_heard() -> None:
    house = Willing()
    message = await house.say("disclosure:3")
    await house.settle()
    case = await house.report("ben", message, ReportAbout.WORRIED)
    assert isinstance(case, Case)
    assert (case.concern, case.kind, case.subject) == (Concern.CRISIS, Kind.THIRD_PERSON, "ann")


@pytest.mark.parametrize("text", ["disclosure:3", "unchecked"])
async def test_a_store_that_cannot_say_what_was_chosen_loses_no_message(text: str) -> None:
    house = Willing()
    house.care.trouble = [Unavailable(reason="synthetic")]
    await house.say(text, author="ben")
    with pytest.raises(Unavailable):
        await house.engine.step()
    assert await house.undecided() == 1
    await house.decide()
    assert len(await house.cases(Concern.CRISIS)) == (text != "unchecked")


async def test_a_fault_in_asking_sets_one_message_aside_and_the_others_go_on() -> None:
    house = Willing()
    house.care.trouble = [ValueError("synthetic")]
    await house.say("disclosure:3", "m1", author="ben")
    await house.say("disclosure:3", "m2", author="cyn")
    await house.decide()
    assert [case.subject for case in await house.cases(Concern.CRISIS)] == ["cyn"]
    assert "engine" in house.board.standing
    house.clock.advance(timedelta(minutes=1))
    await house.decide()
    assert {case.subject for case in await house.cases(Concern.CRISIS)} == {"ben", "cyn"}


async def test_an_outage_of_a_day_ends_without_a_case_for_anybody_who_opted_out() -> None:
    house = Willing()
    house.failing.is_down = True
    for number in range(30):
        await house.say("disclosure:4", f"m{number}")
    await house.decide()
    house.clock.advance(KEPT_FOR + timedelta(minutes=5))
    await house.decide()
    assert await house.undecided() == 0
    assert not await house.cases()


WORDS = ("disclosure:1", "disclosure:3", "disclosure:4", "insult:2", "insult:3", "insult:4", "term:2", "unchecked")


async def lived(house: Willing, seed: int) -> Willing:
    """A random day of two members, with edits, outages of the filter and restarts; the same for the same seed."""
    drawn = random.Random(seed)
    for number in range(25):
        text = " ".join(drawn.sample(WORDS, drawn.choice([1, 1, 2, 3]))) + drawn.choice(["", "", " poison"])
        author, edited_at = drawn.choice(["ann", "ben"]), drawn.choice([None, None, house.clock.now()])
        name = f"{author}-{drawn.randrange(number + 1) if edited_at else number}"
        house.failing.is_down = drawn.random() < 0.2
        await house.say(text, name, author=author, edited_at=edited_at)
        await house.decide()
        if drawn.random() < 0.1:
            house.start()
        house.clock.advance(timedelta(seconds=drawn.choice([1, 30, 300])))
    house.failing.is_down = False
    for _ in range(6):
        await house.say("hello", f"last-{house.clock.monotonic()}", author="cyn")
        house.clock.advance(timedelta(minutes=5))
        await house.decide()
    return house


async def in_crisis(house: Willing) -> set[str]:
    cases = await house.cases(Concern.CRISIS)
    evidence = [each for case in cases for each in await house.store.evidence(COMMUNITY, case.id)]
    assert {each.subject for each in cases} <= {each.author for each in evidence}
    return {each.author for each in evidence}


async def automatic(house: Willing) -> set[tuple[str, str]]:
    records = [each for case in await house.cases() for each in await house.records(case)]
    live = [each.action for each in records if each.action.enforcement is Enforcement.LIVE]
    return {(each.kind.value, each.target) for each in live if LAWS[each.kind].enforces}


@pytest.mark.parametrize("seed", range(20))
async def test_whatever_happens_who_opted_out_is_in_no_crisis_case_and_others_are_dealt_with_as_ever(seed: int) -> None:
    house = await lived(Willing(), seed)
    assert await in_crisis(house) == {"ben"}
    assert await house.undecided() == 0
    screened = Willing()
    screened.care.chosen.clear()
    await lived(screened, seed)
    assert await in_crisis(screened) == {"ann", "ben"}
    assert {each for each in await automatic(house) if "ben" in each[1]} == {
        each for each in await automatic(screened) if "ben" in each[1]
    }


@pytest.mark.parametrize("seed", range(5))
async def test_whatever_happens_nobody_is_in_a_crisis_case_where_no_notice_stands(seed: int) -> None:
    house = Willing()
    house.is_noticed = False
    await lived(house, seed)
    assert await in_crisis(house) == set()
    assert await house.undecided() == 0
