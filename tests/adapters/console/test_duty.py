"""The duty bar: who is there, going on and off, and handing everything over at the end of a shift."""

import re
from datetime import timedelta

import pytest

from adapters.local.platform import HARBOUR
from core.model.card import Text
from core.model.case import CaseId, Concern
from core.model.message import MemberId
from core.model.policy import CommunityPolicy
from core.model.rota import Rota, Shift
from tests.adapters.console.pier import CAST, NOW, pier

UNTIL_SIX = CommunityPolicy(rota=Rota(shifts=(Shift(begins="08:00", ends="18:00", members=(MemberId("bastian"),)),)))


def bar_of(page: str) -> str:
    """The duty bar of a page, as it reads."""
    found = re.search(r'<section class="duty".*?</section>', page, re.S)
    assert found is not None
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split())


async def test_where_no_rota_is_in_use_everybody_is_called_and_no_gap_is_told() -> None:
    async with pier() as here:
        bar = bar_of((await here.client.get("/")).text)
        assert "You are off duty." in bar
        assert "responder everybody is called moderator everybody is called" in bar
        assert "Nobody" not in bar


async def test_going_on_and_off_duty_is_one_click_and_says_until_when() -> None:
    async with pier() as here:
        on = await here.post("/duty/on", {"hours": "4"})
        until = f"{(NOW + timedelta(hours=4)).astimezone():%H:%M}"
        assert on.status_code == 200
        assert on.text.count(f"You are on duty until {until}.") == 2
        assert "responder Chidi" in bar_of(on.text)
        off = await here.post("/duty/off")
        assert "Look after yourself." in off.text
        assert "You are off duty." in bar_of(off.text)


async def test_the_bar_says_for_which_role_nobody_is_on_duty_and_when() -> None:
    async with pier(policy=UNTIL_SIX) as here:
        bar = bar_of((await here.client.get("/queue")).text)
        assert "moderator Bastian" in bar
        assert "responder nobody" in bar
        assert re.search(r"Nobody is on duty as responder until \d", bar)
        assert re.search(r"Nobody is on duty as moderator from \d", bar)


async def test_everything_is_handed_over_in_one_step_and_the_shift_is_over() -> None:
    async with pier() as here:
        await here.post("/duty/on", {"hours": "8"})
        for number in range(3):
            await here.open_case(f"case{number}", author=CAST[3].__class__(id=MemberId(f"m{number}"), name="M"))
            await here.click(f"case{number}", "claim")
        assert "Chidi 3 0" in bar_of((await here.client.get("/queue")).text)
        given = await here.post("/duty/hand_over", {"to": "bastian", "note": "all quiet\r\nso far"})
        assert given.status_code == 200
        assert "3 cases handed over to Bastian, and you are off duty." in given.text
        assert "Bastian 3 0" in bar_of(given.text)
        here.be("bastian")
        assert "all quiet\nso far" in (await here.post("/cases/case1/show")).text


async def test_looks_at_words_are_counted_for_whoever_looked() -> None:
    async with pier() as here:
        await here.open_case()
        for _ in range(2):
            await here.post("/cases/case1/show")
        here.clock.advance(timedelta(minutes=1))
        assert "Chidi 0 2" in bar_of((await here.client.get("/queue")).text)


async def test_whoever_may_not_see_a_case_is_not_given_everything_and_the_reason_is_said() -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS)
        await here.click("case1", "claim")
        refused = await here.post("/duty/hand_over", {"to": "bastian"})
        assert refused.status_code == 409
        assert "They may not see what you hand over." in refused.text


@pytest.mark.parametrize(
    ("path", "data", "status"),
    [
        ("/duty/on", {"hours": "9999"}, 409),
        ("/duty/on", {"hours": "forged"}, 409),
        ("/duty/on", {}, 409),
        ("/duty/hand_over", {"to": "wren"}, 409),
        ("/duty/hand_over", {"to": ""}, 409),
        ("/duty/hand_over", {"to": "bastian", "note": "x" * 1001}, 409),
        ("/duty/hand_over", {"to": "bastian"}, 409),
        ("/duty/away", {}, 404),
    ],
)
async def test_a_forged_click_on_the_bar_is_refused_and_changes_nothing(
    path: str, data: dict[str, str], status: int
) -> None:
    async with pier() as here:
        await here.open_case(concern=Concern.CRISIS)
        await here.click("case1", "claim")
        answer = await here.post(path, data)
        assert answer.status_code == status
        assert 'class="said refused"' in answer.text
        assert "You are off duty." in bar_of(answer.text)
        case = await here.store.case(HARBOUR, CaseId("case1"))
        assert case is not None
        assert case.holder == "chidi"


async def test_that_nobody_is_on_duty_is_said_once_by_the_bar_of_that_community() -> None:
    async with pier(policy=UNTIL_SIX) as here:
        ours, elsewhere = (
            Text(key="notice.loop", params={"loop": "ours"}),
            Text(key="notice.loop", params={"loop": "x"}),
        )
        here.notices.raise_notice(f"duty.{HARBOUR}.responder", ours)
        here.notices.raise_notice("duty.local:other.responder", elsewhere)
        top = (await here.client.get("/top")).text
        assert "started again: ours." not in top
        assert "started again: x." in top
