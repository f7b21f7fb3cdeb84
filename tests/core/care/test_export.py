"""The copy of one's own data: everything of one's own that may be named, and nothing of anybody else's."""

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

from core.care.export import NAME, exported
from core.care.members import Command
from core.care.reports import ReportAbout
from core.model.belongings import Belongings
from core.model.case import Case, Concern
from core.model.event import MessageWritten
from core.model.message import CommunityId, MemberId
from core.model.preference import Preference
from core.model.record import SealedMessage
from tests.clock import START
from tests.core.examples import COMMUNITY, ELSEWHERE, a_case, a_message
from tests.core.house import LIVE_LADDER, House, community_of

ANN = MemberId("ann")


async def copy_of(house: House, member: str = "ann", community: CommunityId = COMMUNITY) -> dict[str, Any]:
    document = (await house.ask(member, Command.MY_DATA, community)).document
    assert document is not None
    assert (document.name, document.media_type) == (NAME, "application/json")
    found: dict[str, Any] = json.loads(document.content)
    return found


async def test_of_who_never_did_anything_there_is_nothing() -> None:
    found = await copy_of(House())
    assert found["member"] == "ann"
    assert found["choices"] == {"no_messages_unasked": False, "no_crisis_screening": False, "since": None}
    empty = ("conduct", "appeals", "in_force", "your_words", "on_duty")
    assert [found[name] for name in empty] == [[]] * len(empty)
    assert found["reports_you_made"] == 0
    assert found["somebody_is_looking_after_you"] is False


async def test_it_has_decisions_about_conduct_with_what_they_are_for_and_until_when_they_count() -> None:
    house = House()
    await house.say("insult:2")
    await house.settle()
    (waiting,) = (await copy_of(house))["conduct"]
    assert (waiting["outcome"], waiting["about"]) == (None, None)
    case = await house.clicked("bob", await house.the_case(), "resolve", outcome="upheld", reason="threats")
    (decided,) = (await copy_of(house))["conduct"]
    assert (decided["case"], decided["outcome"], decided["about"]) == (case.id, "upheld", "threats")
    assert decided["counts_until"] == (house.clock.now() + timedelta(days=90)).isoformat()


async def test_it_never_says_that_somebody_reported_them() -> None:
    house = House()
    message = await house.say("hello")
    await house.settle()
    case = await house.report("ben", message, ReportAbout.HARASSMENT)
    assert isinstance(case, Case)
    await house.clicked("bob", case, "resolve", outcome="upheld")
    page = await house.ask("ann", Command.MY_DATA)
    assert page.document is not None
    assert b"ben" not in page.document.content
    (decided,) = json.loads(page.document.content)["conduct"]
    assert decided["about"] == "house_rules"
    assert not {"kind", "level", "category", "reporter"} & decided.keys()


async def test_it_has_appeals_sanctions_reports_and_choices() -> None:
    house = House(LIVE_LADDER)
    await house.say("insult:2")
    await house.settle()
    case = await house.clicked("bob", await house.the_case(), "claim")
    case = await house.clicked("bob", case, "order", kind="ban", duration_s="86400")
    case = await house.clicked("bob", case, "resolve", outcome="upheld")
    await house.deliver()
    appeal = await house.appeal("ann", case, "it was a joke")
    assert isinstance(appeal, Case)
    await house.report("ann", a_message("m9", author="cyn"))
    await house.press("ann", await house.ask("ann", Command.OPTOUT), "privacy.choose.quiet.yes")
    found = await copy_of(house)
    assert [(each["case"], each["about_case"]) for each in found["appeals"]] == [(appeal.id, case.id)]
    assert [each["what"] for each in found["in_force"]] == ["ban"]
    assert found["reports_you_made"] == 1
    assert found["choices"]["no_messages_unasked"] is True
    assert found["choices"]["since"] == house.clock.now().isoformat()
    assert "it was a joke" in [each["text"] for each in found["your_words"]]


async def test_of_a_crisis_it_says_only_that_somebody_is_there_and_only_as_long() -> None:
    house = House()
    await house.say("disclosure:3")
    await house.settle()
    case = await house.clicked("rae", await house.the_case(Concern.CRISIS), "claim")
    await house.clicked("rae", case, "note", note="a private note")
    page = await house.ask("ann", Command.MY_DATA)
    assert page.document is not None
    assert json.loads(page.document.content)["somebody_is_looking_after_you"] is True
    for hidden in (case.id, "crisis", "rae", "a private note", "level"):
        assert hidden.encode() not in page.document.content.replace(b"no_crisis_screening", b"")
    await house.clicked("rae", await house.case(case.id), "resolve", outcome="support_offered")
    after = await copy_of(house)
    assert after["somebody_is_looking_after_you"] is False
    assert after["conduct"] == []


async def test_it_has_nothing_that_was_kept_to_understand_somebody_else() -> None:
    """Whoever hurt somebody could else find out that this person's words became a case."""
    house = House()
    await house.say("cruel words", "m1")
    await house.say("disclosure:3", "m2", author="ben")
    await house.settle()
    assert (await copy_of(house))["your_words"] == []


async def test_words_of_ones_own_case_are_in_it_also_where_they_are_beside_somebody_elses() -> None:
    house = House()
    message = await house.say("cruel words", "m1")
    await house.say("disclosure:3", "m2", author="ben")
    await house.settle()
    await house.report("ben", message, ReportAbout.HARASSMENT)
    assert [each["text"] for each in (await copy_of(house))["your_words"]] == ["cruel words"]


async def test_what_they_quoted_is_somebody_elses() -> None:
    house = House()
    quoting = replace(a_message(text="insult:2", sent_at=house.clock.now()), quoted="words of another")
    await house.intake.append([MessageWritten(message=quoting)])
    await house.settle()
    page = await house.ask("ann", Command.MY_DATA)
    assert page.document is not None
    assert b"words of another" not in page.document.content
    assert b"insult:2" in page.document.content


async def test_another_communitys_data_is_not_in_it() -> None:
    house = House()
    await house.say("insult:2", community=ELSEWHERE)
    await house.settle()
    assert (await copy_of(house))["conduct"] == []
    assert len((await copy_of(house, community=ELSEWHERE))["conduct"]) == 1


async def test_half_an_emoji_and_any_script_come_out_as_they_were_written() -> None:
    text = "half \ud83d مرحبا नमस्ते 😀 \x00 end"
    words = [SealedMessage(message=a_message(text=text))]
    document = exported(
        community_of(COMMUNITY), ANN, Belongings(words=words), Preference(community=COMMUNITY, member=ANN), START
    )
    assert json.loads(document.content)["your_words"][0]["text"] == text
    assert "مرحبا" in document.content.decode()


async def test_a_case_of_a_concern_that_may_not_be_named_is_left_out_whatever_the_store_gives() -> None:
    cases = [a_case(Concern.CRISIS, case_id="secret"), a_case(Concern.RAID, case_id="raid")]
    document = exported(
        community_of(COMMUNITY), ANN, Belongings(cases=cases), Preference(community=COMMUNITY, member=ANN), START
    )
    assert b"secret" not in document.content
    assert b"raid" not in document.content
