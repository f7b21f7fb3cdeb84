"""Reports by members: they fill the queue and do nothing else, whoever sends how many."""

import asyncio
from datetime import timedelta

import pytest

from core.care.reports import ReportAbout, level_of, weight_of
from core.model.action import CARD_KINDS, ActionKind
from core.model.case import Case, Concern, Reason
from core.model.case_event import Why
from core.model.finding import Category, Kind
from core.model.message import MemberId, Message
from core.model.policy import CommunityPolicy
from core.model.reporter import ReportCount
from tests.core.desk.asking import why
from tests.core.examples import COMMUNITY, a_message
from tests.core.house import LIVE_LADDER, House


async def reported(house: House, reporter: str, message: Message, about: ReportAbout = ReportAbout.OTHER) -> Case:
    case = await house.report(reporter, message, about)
    assert isinstance(case, Case), case
    return case


async def test_a_report_opens_a_case_about_the_author_with_the_reporter_on_its_evidence() -> None:
    house = House()
    message = a_message(text="rude words")
    case = await reported(house, "dan", message, ReportAbout.HARASSMENT)
    await house.deliver()
    assert (case.concern, case.subject, case.category, case.kind) == (
        Concern.CONDUCT,
        "ann",
        Category.RULES,
        Kind.REPORT,
    )
    (evidence,) = await house.store.evidence(COMMUNITY, case.id)
    assert (evidence.reporter, evidence.reported_at) == ("dan", house.clock.now())
    (kept,) = await house.store.texts(COMMUNITY, case.id)
    assert kept.message == message
    assert [order.action.case_id for order in house.stage.calls] == [case.id]


async def test_no_card_names_the_reporter_and_neither_does_the_audit() -> None:
    house = House()
    await reported(house, "danielle", a_message())
    await house.deliver()
    assert "danielle" not in repr([order.card for order in house.stage.calls])
    audit = await house.store.audit(COMMUNITY, 100)
    assert "danielle" not in repr(audit)
    assert "reported" in [entry.verb for entry in audit]


async def test_who_was_reported_reads_nothing_of_it_in_their_record_or_in_what_they_are_told() -> None:
    house = House()
    case = await reported(house, "dan", a_message())
    case = await house.clicked("bob", case, "claim")
    case = await house.clicked("bob", case, "order", kind="warn")
    await house.clicked("bob", case, "resolve", outcome="upheld")
    await house.deliver()
    (entry,) = await house.appeals.record(COMMUNITY, MemberId("ann"))
    assert entry.reason is Reason.HOUSE_RULES
    (letter,) = house.stage.orders(ActionKind.WARN)
    assert letter.notice is not None
    assert not [said for said in (repr(entry), repr(letter.notice)) if "report" in said or "dan" in said]


async def test_fifty_reports_send_nothing_to_the_one_who_is_reported() -> None:
    house = House(LIVE_LADDER)
    message = a_message(text="words")
    for number in range(50):
        about = list(ReportAbout)[number % 4]
        await reported(house, f"reporter{number}", message, about)
    await house.deliver()
    assert {order.action.kind for order in house.stage.calls} <= CARD_KINDS
    assert {order.action.target for order in house.stage.calls}.isdisjoint({"ann", message.id})
    assert {case.concern for case in await house.cases()} == {Concern.CONDUCT, Concern.CRISIS}
    assert len(await house.cases()) == 2


async def test_a_report_reaches_people_under_every_policy() -> None:
    strict = CommunityPolicy.model_validate(
        {
            "thresholds": {"rules": {"alert_level": 5, "min_score": 1.0}},
            "overrides": [{"channels": ["pier"], "exempt": ["rules", "harassment", "toxicity"]}],
        }
    )
    house = House(strict)
    assert (await reported(house, "dan", a_message())).is_open
    assert (await reported(house, "dan", a_message(), ReportAbout.WORRIED)).concern is Concern.CRISIS


async def test_the_same_report_again_changes_nothing_and_counts_once() -> None:
    house = House()
    message = a_message()
    first = await reported(house, "dan", message)
    for _ in range(5):
        assert await reported(house, "dan", message, ReportAbout.SPAM) == first
    assert len(await house.store.evidence(COMMUNITY, first.id)) == 1
    assert isinstance(await house.report("dan", a_message("m2")), Case)


async def test_ones_own_message_and_a_bots_can_not_be_reported() -> None:
    house = House()
    assert why(await house.report("ann", a_message())) is Why.NOT_ALLOWED
    refused = await house.reports.report(MemberId("dan"), a_message(), ReportAbout.SPAM, is_by_bot=True)
    assert why(refused) is Why.NOT_ALLOWED
    assert await house.cases() == []


async def test_a_member_reports_so_many_messages_a_day_and_can_again_the_day_after() -> None:
    house = House()
    for number in range(3):
        await reported(house, "dan", a_message(f"m{number}", author=f"author{number}"))
    assert why(await house.report("dan", a_message("m9"))) is Why.TOO_MANY
    await reported(house, "eve", a_message("m9"))
    house.clock.advance(timedelta(days=1, seconds=1))
    await reported(house, "dan", a_message("m9"))


async def test_many_reports_at_once_do_not_slip_past_the_limit() -> None:
    house = House()
    messages = [a_message(f"m{number}", author=f"author{number}") for number in range(20)]
    answers = await asyncio.gather(*(house.report("dan", message) for message in messages))
    assert sum(isinstance(answer, Case) for answer in answers) == 3


async def test_reports_about_several_members_are_no_raid() -> None:
    house = House()
    for number in range(12):
        message = a_message(f"m{number}", author=f"author{number}", sent_at=house.clock.now())
        await reported(house, f"reporter{number}", message)
    assert {case.concern for case in await house.cases()} == {Concern.CONDUCT}
    assert {case.level for case in await house.cases()} == {1}


@pytest.mark.parametrize(("reporters", "level"), [(1, 1), (2, 2), (3, 2), (4, 3), (9, 3)])
async def test_several_reporters_of_one_message_raise_its_level(reporters: int, level: int) -> None:
    house = House()
    for number in range(reporters):
        case = await reported(house, f"reporter{number}", a_message())
    assert case.level == level
    assert case.messages == 1


async def test_reports_of_one_member_s_different_messages_do_not_add_up() -> None:
    house = House()
    for number in range(4):
        case = await reported(house, f"reporter{number}", a_message(f"m{number}"))
    assert (case.level, case.messages) == (1, 4)


@pytest.mark.parametrize(
    ("count", "weight"),
    [
        (ReportCount(), 1.0),
        (ReportCount(upheld=2), 1.5),
        (ReportCount(upheld=40), 2.0),
        (ReportCount(upheld=40, abusive=1), 0.25),
    ],
)
def test_a_reporter_s_weight_comes_from_what_people_made_of_earlier_reports(count: ReportCount, weight: float) -> None:
    assert weight_of(count) == weight


def test_the_levels_begin_at_their_weights() -> None:
    assert [level_of(weight) for weight in (0.25, 1.99, 2.0, 3.99, 4.0, 100.0)] == [1, 1, 2, 2, 3, 3]


async def test_an_abusive_reporter_weighs_little_until_it_is_forgotten() -> None:
    house = House()
    case = await reported(house, "dan", a_message())
    await house.clicked("bob", case, "resolve", outcome="not_a_problem", reason="abusive_report")
    house.clock.advance(timedelta(days=2))
    message = a_message("m2")
    await reported(house, "dan", message)
    assert (await reported(house, "eve", message)).level == 1
    house.clock.advance(timedelta(days=90))
    other = a_message("m3", author="fay")
    await reported(house, "dan", other)
    assert (await reported(house, "eve", other)).level == 2


async def test_reporters_who_were_right_weigh_more() -> None:
    house = House()
    for number in range(4):
        case = await reported(house, "dan", a_message(f"m{number}", author=f"author{number}"))
        await house.clicked("bob", case, "resolve", outcome="upheld")
        house.clock.advance(timedelta(days=1, seconds=1))
    assert (await reported(house, "dan", a_message("m9"))).level == 2


async def test_a_report_joins_the_open_case_about_its_author_and_a_decided_one_opens_anew() -> None:
    house = House()
    message = await house.say("insult:3")
    await house.settle()
    case = await house.the_case()
    joined = await reported(house, "dan", message)
    assert (joined.id, joined.level, joined.messages) == (case.id, 3, 1)
    await house.clicked("bob", joined, "resolve", outcome="talked")
    anew = await reported(house, "eve", message)
    assert anew.id != case.id
    assert anew.level == 1


async def test_a_worry_goes_to_the_responders_alone_and_weighs_its_reporter() -> None:
    house = House()
    case = await reported(house, "dan", a_message(), ReportAbout.WORRIED)
    assert (case.concern, case.kind, case.level, case.subject) == (Concern.CRISIS, Kind.THIRD_PERSON, 2, "ann")
    await house.clicked("rae", case, "resolve", outcome="not_a_problem", reason="abusive_report")
    house.clock.advance(timedelta(hours=25))
    again = await reported(house, "dan", a_message("m2", author="fay"), ReportAbout.WORRIED)
    assert again.level == 1
    assert why(await house.click("bob", again, "claim")) is Why.NOT_FOUND


async def test_a_member_can_be_worried_about_what_they_reported_before() -> None:
    house = House()
    conduct = await reported(house, "dan", a_message())
    worried = await reported(house, "dan", a_message(), ReportAbout.WORRIED)
    assert {conduct.concern, worried.concern} == {Concern.CONDUCT, Concern.CRISIS}


async def test_earlier_messages_are_sealed_with_a_report_as_its_context() -> None:
    house = House()
    before = [a_message(f"b{number}", author="eve") for number in range(3)]
    case = await house.reports.report(MemberId("dan"), a_message(), ReportAbout.OTHER, before=before)
    assert isinstance(case, Case)
    kept = await house.store.texts(COMMUNITY, case.id)
    assert [each.is_context for each in kept].count(True) == 3


async def test_a_report_that_meets_another_writer_is_decided_again() -> None:
    house = House()
    house.store.stale = 3
    assert (await reported(house, "dan", a_message())).is_open


@pytest.mark.parametrize("about", [ReportAbout.HARASSMENT, ReportAbout.SPAM, ReportAbout.OTHER])
async def test_words_that_brought_somebody_to_the_responders_come_before_no_moderator_by_a_report(
    about: ReportAbout,
) -> None:
    house = House(LIVE_LADDER)
    message = await house.say("disclosure:3")
    await house.settle()
    in_care = await house.the_case(Concern.CRISIS)
    case = await reported(house, "dan", message, about)
    assert (case.id, case.level, case.kind) == (in_care.id, 3, Kind.DISCLOSURE)
    assert await reported(house, "dan", message, about) == case
    assert await reported(house, "dan", message, ReportAbout.WORRIED) == case
    assert not await house.cases(Concern.CONDUCT)
    told = [each for each in await house.store.evidence(COMMUNITY, case.id) if each.reporter == "dan"]
    assert [each.rule for each in told] == [f"report.{about}"]


async def test_a_report_of_what_is_an_attack_on_others_too_comes_before_the_moderators() -> None:
    house = House()
    message = await house.say("disclosure:3 insult:2")
    await house.settle()
    assert (await reported(house, "dan", message, ReportAbout.HARASSMENT)).concern is Concern.CONDUCT


async def test_nobody_keeps_a_message_from_the_moderators_by_worrying_about_it_first() -> None:
    house = House()
    message = a_message()
    await reported(house, "accomplice", message, ReportAbout.WORRIED)
    assert (await reported(house, "dan", message, ReportAbout.HARASSMENT)).concern is Concern.CONDUCT


async def test_once_nobody_is_cared_for_in_its_case_a_message_can_be_reported_to_the_moderators() -> None:
    house = House()
    message = await house.say("disclosure:2")
    await house.settle()
    await reported(house, "dan", message, ReportAbout.HARASSMENT)
    await house.clicked("rae", await house.the_case(Concern.CRISIS), "resolve", outcome="not_a_problem", reason="joke")
    again = await reported(house, "dan", message, ReportAbout.HARASSMENT)
    assert (again.concern, again.kind) == (Concern.CONDUCT, Kind.REPORT)
