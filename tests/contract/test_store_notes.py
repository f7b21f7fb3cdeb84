"""What every Store does with the notes of a case's people, and with who is on duty."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import GaveUp, TextGone
from core.model.case import CaseId
from core.model.message import MemberId
from core.model.record import Commit, Committed, Duty, Note
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import ANN, BEN, HARBOUR, ISLAND, a_case, new, opening, sealed

CASE = a_case().id
HOUR = timedelta(hours=1)


def a_note(text: str = "a synthetic note", *, minutes: float = 0, case_id: CaseId = CASE) -> Note:
    return Note(case_id=case_id, at=START + timedelta(minutes=minutes), by=BEN, text=text)


def a_duty(member: MemberId = ANN, *, is_on: bool = True, hours: float = 8, since: float = 0) -> Duty:
    return Duty(community=HARBOUR, member=member, is_on=is_on, since=START + since * HOUR, until=START + hours * HOUR)


async def test_notes_come_back_whole_and_oldest_first(house: House) -> None:
    kept = [
        a_note("earlier"),
        replace(a_note("\ud83d\ude00 \udc00", minutes=1), to=MemberId("cay")),
        a_note("x" * 10_000, minutes=1),
        a_note("last", minutes=2),
    ]
    await house.store.commit(Commit(cases=(new(a_case()),), notes=(kept[3], kept[0])))
    await house.store.commit(Commit(notes=(kept[1],)))
    await house.store.commit(Commit(notes=(kept[2],)))
    await house.restart()
    assert list(await house.store.notes(HARBOUR, CASE)) == kept
    assert list(await house.store.texts(HARBOUR, CASE)) == []


async def test_a_case_without_notes_has_none(house: House) -> None:
    await house.store.commit(opening(a_case()))
    assert list(await house.store.notes(HARBOUR, CASE)) == []
    assert list(await house.store.notes(HARBOUR, CaseId("nowhere"))) == []


async def test_notes_go_with_the_case_s_text(house: House) -> None:
    other = a_case("case-2", subject=BEN)
    await house.store.commit(
        Commit(
            cases=(new(a_case()), new(other)),
            texts=((CASE, sealed()),),
            notes=(a_note(), a_note(case_id=other.id)),
        )
    )
    await house.store.commit(Commit(destroyed_texts=(CASE,)))
    await house.restart()
    for gone in (house.store.notes, house.store.texts):
        with pytest.raises(TextGone):
            await gone(HARBOUR, CASE)
    assert len(await house.store.notes(HARBOUR, other.id)) == 1


async def test_a_note_on_a_case_without_text_goes_with_it_too(house: House) -> None:
    await house.store.commit(Commit(cases=(new(a_case()),), notes=(a_note(),)))
    await house.store.commit(Commit(destroyed_texts=(CASE,)))
    with pytest.raises(TextGone):
        await house.store.notes(HARBOUR, CASE)


async def test_a_note_that_comes_after_destruction_is_kept_alone(house: House) -> None:
    await house.store.commit(Commit(cases=(new(a_case()),), notes=(a_note("before"),)))
    await house.store.commit(Commit(destroyed_texts=(CASE,)))
    await house.store.commit(Commit(notes=(a_note("after"),)))
    assert list(await house.store.notes(HARBOUR, CASE)) == [a_note("after")]


async def test_a_unit_that_destroys_a_case_s_text_keeps_no_note(house: House) -> None:
    await house.store.commit(opening(a_case()))
    await house.store.commit(Commit(notes=(a_note(),), destroyed_texts=(CASE,)))
    with pytest.raises(TextGone):
        await house.store.notes(HARBOUR, CASE)


async def test_a_note_needs_its_case(house: House) -> None:
    with pytest.raises(GaveUp):
        await house.store.commit(Commit(done=("key-1",), notes=(a_note(),)))
    assert await house.store.commit(Commit(done=("key-1",))) is Committed.WRITTEN


async def test_a_rejected_unit_keeps_no_note(house: House) -> None:
    await house.store.commit(Commit(done=("key-1",), cases=(new(a_case()),)))
    await house.store.commit(Commit(done=("key-1",), notes=(a_note(),), duties=(a_duty(),)))
    assert list(await house.store.notes(HARBOUR, CASE)) == []
    assert list(await house.store.duties(HARBOUR, START)) == []


async def test_a_duty_holds_until_its_end(house: House) -> None:
    ann, ben = a_duty(ANN, hours=8, since=1), a_duty(BEN, is_on=False, hours=2)
    await house.store.commit(Commit(duties=(ann, ben)))
    await house.restart()
    assert list(await house.store.duties(HARBOUR, START)) == [ben, ann]
    assert list(await house.store.duties(HARBOUR, START + 2 * HOUR)) == [ann]
    assert list(await house.store.duties(HARBOUR, START + 8 * HOUR)) == []


async def test_the_newest_word_of_a_member_holds(house: House) -> None:
    on, off = a_duty(), a_duty(is_on=False, hours=2, since=1)
    elsewhere = replace(on, community=ISLAND)
    await house.store.commit(Commit(duties=(on, elsewhere)))
    await house.store.commit(Commit(duties=(off,)))
    assert list(await house.store.duties(HARBOUR, START)) == [off]
    assert list(await house.store.duties(ISLAND, START)) == [elsewhere]
    await house.store.commit(Commit(duties=(on, off, on)))
    assert list(await house.store.duties(HARBOUR, START)) == [on]


async def test_no_note_and_no_duty_crosses_from_one_community_to_another(house: House) -> None:
    await house.store.commit(Commit(cases=(new(a_case()),), notes=(a_note(),), duties=(a_duty(),)))
    assert list(await house.store.notes(ISLAND, CASE)) == []
    assert list(await house.store.duties(ISLAND, START)) == []
