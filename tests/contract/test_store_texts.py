"""What every Store does with the messages that cases keep."""

from dataclasses import replace
from datetime import timedelta

import pytest

from core.errors import TextGone
from core.model.case import CaseId
from core.model.record import Commit, SealedMessage
from tests.clock import START
from tests.contract.conftest import House
from tests.contract.samples import HARBOUR, a_case, a_message, new, opening, sealed

CASE = a_case().id


async def keep(house: House, *kept: SealedMessage) -> None:
    await house.store.commit(Commit(texts=tuple((CASE, each) for each in kept)))


async def test_messages_come_back_whole_in_the_order_they_were_sent(house: House) -> None:
    kept = [
        SealedMessage(message=a_message(1, "earlier"), is_context=True),
        SealedMessage(
            message=a_message(
                2, "\ud83d\ude00 \udc00", name="Ann \ud800", quoted="q\udfff", attachments=("a\ud800.png",)
            )
        ),
        SealedMessage(message=a_message(3, "х" * 100_000)),
        SealedMessage(message=a_message(4, "edited", edited_at=START + timedelta(hours=1))),
    ]
    await house.store.commit(opening(a_case()))
    await keep(house, *reversed(kept))
    await house.restart()
    assert list(await house.store.texts(HARBOUR, CASE)) == kept


async def test_a_case_that_never_had_text_has_none(house: House) -> None:
    await house.store.commit(opening(a_case()))
    assert list(await house.store.texts(HARBOUR, CASE)) == []
    assert list(await house.store.texts(HARBOUR, CaseId("nowhere"))) == []


async def test_destroyed_text_is_gone_for_good(house: House) -> None:
    other = a_case("case-2", subject="ben")
    await house.store.commit(Commit(cases=(new(a_case()), new(other)), texts=((CASE, sealed()), (other.id, sealed(2)))))
    await house.store.commit(Commit(destroyed_texts=(CASE,)))
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, CASE)
    await house.restart()
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, CASE)
    assert len(await house.store.texts(HARBOUR, other.id)) == 1


async def test_text_that_comes_after_destruction_is_kept_alone(house: House) -> None:
    await house.store.commit(opening(a_case()))
    await keep(house, sealed(1, "before"))
    await house.store.commit(Commit(destroyed_texts=(CASE,)))
    await keep(house, sealed(2, "after"))
    assert list(await house.store.texts(HARBOUR, CASE)) == [sealed(2, "after")]


async def test_destroying_what_is_gone_changes_nothing(house: House) -> None:
    await house.store.commit(opening(a_case()))
    for _ in range(2):
        await house.store.commit(Commit(destroyed_texts=(CASE,)))
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, CASE)


async def test_a_unit_that_destroys_a_case_s_text_keeps_none_of_it(house: House) -> None:
    await house.store.commit(opening(a_case()))
    await house.store.commit(Commit(texts=((CASE, sealed()),), destroyed_texts=(CASE,)))
    with pytest.raises(TextGone):
        await house.store.texts(HARBOUR, CASE)


async def test_context_that_becomes_evidence_stays_evidence(house: House) -> None:
    await house.store.commit(opening(a_case()))
    for is_context in (True, False, True):
        await keep(house, sealed(1, is_context=is_context))
    assert list(await house.store.texts(HARBOUR, CASE)) == [sealed(1)]


async def test_each_wording_of_an_edited_message_is_kept(house: House) -> None:
    first = sealed(1, "first wording")
    second = replace(first, message=a_message(1, "second wording", edited_at=START + timedelta(minutes=1)))
    await house.store.commit(opening(a_case()))
    await keep(house, first)
    await keep(house, second)
    assert list(await house.store.texts(HARBOUR, CASE)) == [first, second]


async def test_a_rejected_unit_destroys_no_text(house: House) -> None:
    await house.store.commit(Commit(done=("key-1",), cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await house.store.commit(Commit(done=("key-1",), destroyed_texts=(CASE,)))
    assert list(await house.store.texts(HARBOUR, CASE)) == [sealed()]
