"""Notes lie under the key of their case's text: they go with it, and no backup brings them back."""

import shutil
import sqlite3
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.restoring import restore
from core.errors import GaveUp, KeyMissing, TextGone
from core.model.case import CaseId
from core.model.record import Commit, Note
from tests.adapters.store.conftest import Opener, unsealed
from tests.clock import START, FakeClock
from tests.contract.samples import BEN, HARBOUR, a_case, new, sealed

CASE = a_case().id
OTHER = CaseId("case-2")


def a_note(case_id: CaseId = CASE, text: str = "a synthetic note") -> Note:
    return Note(case_id=case_id, at=START, by=BEN, text=text)


def two_cases(*notes: Note) -> Commit:
    return Commit(cases=(new(a_case()), new(a_case(OTHER, subject="ben"))), notes=notes)


def rows(path: Path, statement: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection, connection:
        return connection.execute(statement).fetchall()


async def test_an_old_backup_with_today_s_key_file_opens_no_destroyed_note(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note(), a_note(OTHER)))
    await database.backup(tmp_path / "old.sqlite3")
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    await database.close()
    for kind in ("keys", "master"):
        shutil.copy(tmp_path / f"house.sqlite3.{kind}", tmp_path / f"old.sqlite3.{kind}")
    unsealed(tmp_path / "old.sqlite3").replace(tmp_path / "old.sqlite3")
    assert len(rows(tmp_path / "old.sqlite3", "SELECT 1 FROM notes")) == 2, "the test proves nothing"
    restored = await opened("old.sqlite3")
    with pytest.raises(TextGone):
        await restored.store.notes(HARBOUR, CASE)
    assert list(await restored.store.notes(HARBOUR, OTHER)) == [a_note(OTHER)]
    assert (await restored.store.counts())["notes"] == 1


async def test_a_restored_backup_whose_key_is_merely_missing_gives_no_note_and_keeps_it(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note()))
    await database.close()
    rows(tmp_path / "house.sqlite3.keys", "DELETE FROM keys")
    with pytest.raises(TextGone):
        await (await opened()).store.notes(HARBOUR, CASE)
    assert len(rows(tmp_path / "house.sqlite3", "SELECT 1 FROM notes")) == 1


async def test_a_database_with_notes_alone_needs_its_keys(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note()))
    await database.close()
    (tmp_path / "house.sqlite3.keys").unlink()
    with pytest.raises(KeyMissing):
        await opened()


async def test_where_the_words_are_forgotten_the_notes_are_too(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note()))
    await database.backup(tmp_path / "copy.sqlite3")
    await database.close()
    (tmp_path / "house.sqlite3.master").rename(tmp_path / "anew.sqlite3.master")
    done = await restore(tmp_path / "copy.sqlite3", tmp_path / "anew.sqlite3", clock=clock, forgets_texts=True)
    assert done.settled is not None
    database = await opened("anew.sqlite3")
    assert (await database.store.counts())["notes"] == 0
    with pytest.raises(TextGone):
        await database.store.notes(HARBOUR, CASE)
    assert list(await database.store.notes(HARBOUR, OTHER)) == []


async def test_the_key_of_a_note_is_gone_as_soon_as_its_destruction_is_committed(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note()))
    assert rows(tmp_path / "house.sqlite3.keys", "SELECT scope FROM keys") == [(f"case:{CASE}",)]
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    assert rows(tmp_path / "house.sqlite3.keys", "SELECT scope FROM keys") == []


async def test_text_and_notes_of_a_case_share_one_key(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note()))
    await database.store.commit(Commit(texts=((CASE, sealed()),)))
    assert len(rows(tmp_path / "house.sqlite3.keys", "SELECT id FROM keys")) == 1


async def test_housekeeping_spares_the_key_of_a_note(opened: Opener, clock: FakeClock) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note()))
    clock.advance(timedelta(days=30))
    await database.sweep()
    assert list(await database.store.notes(HARBOUR, CASE)) == [a_note()]


@pytest.mark.parametrize("moved", ["to another case", "changed"])
async def test_a_sealed_note_that_was_changed_or_moved_does_not_open(
    opened: Opener, tmp_path: Path, moved: str
) -> None:
    database = await opened()
    await database.store.commit(two_cases(a_note(), a_note(OTHER)))
    if moved == "changed":
        rows(tmp_path / "house.sqlite3", "UPDATE notes SET sealed = CAST(sealed || x'00' AS BLOB)")
    else:
        rows(
            tmp_path / "house.sqlite3",
            "UPDATE notes SET (sealed, key_id) ="
            " (SELECT sealed, key_id FROM notes WHERE case_id = 'case-2') WHERE case_id = 'case-1'",
        )
    with pytest.raises(GaveUp, match="changed or moved") as error:
        await database.store.notes(HARBOUR, CASE)
    assert "synthetic" not in str(error.value)
