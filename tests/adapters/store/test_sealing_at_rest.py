"""What lies on the disk: nobody's words or names, and keys that are gone when they must be."""

import asyncio
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.sealing import NotOpened, new_key, reference, seal, unseal
from adapters.store.writer import Job, Writer
from core.errors import GaveUp, TextGone
from core.model.event import MemberJoined, MessageWritten
from core.model.message import PlatformName
from core.model.record import Commit, Committed, Note, SealedMessage
from tests.adapters.store.conftest import Opener, contents_of, unsealed
from tests.clock import START, FakeClock
from tests.contract.samples import (
    ANN,
    BEN,
    HARBOUR,
    a_case,
    a_draft,
    a_message,
    an_evidence,
    forgetting,
    new,
    opening,
    sealed,
    written,
)

CASE = a_case().id
CANARIES = ("canary-in-text", "canary-in-quote", "canary-in-file", "canary-in-name", "canary-in-note")


def keys_on_disk(tmp_path: Path, scope: str = "") -> list[str]:
    connection = sqlite3.connect(tmp_path / "house.sqlite3.keys")
    scopes = [name for (name,) in connection.execute("SELECT scope FROM keys ORDER BY scope")]
    connection.close()
    return [name for name in scopes if name.startswith(scope)]


def execute(tmp_path: Path, statement: str, *values: object) -> None:
    connection = sqlite3.connect(tmp_path / "house.sqlite3")
    with connection:
        connection.execute(statement, values)
    connection.close()


@pytest.fixture
def locked_keys(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """Another process's lock on the key file: it can be read and not written."""
    connection = sqlite3.connect(tmp_path / "house.sqlite3.keys", isolation_level=None)
    yield connection
    connection.close()


async def test_no_word_and_no_name_lies_in_any_file(opened: Opener, tmp_path: Path) -> None:
    text, quote, file, name, note = CANARIES
    message = a_message(1, text, quoted=quote, attachments=(file,), name=name)
    database = await opened()
    joined = MemberJoined(platform=PlatformName("local"), community=HARBOUR, member=ANN, name=name, at=START)
    await database.intake.append([MessageWritten(message=message), joined])
    await database.store.commit(
        Commit(
            cases=(new(a_case()),),
            evidence=(an_evidence(a_case()),),
            texts=((CASE, SealedMessage(message=message)),),
            notes=(Note(case_id=CASE, at=START, by=BEN, text=note),),
            audit=(a_draft(a_case()),),
        )
    )
    await database.backup(tmp_path / "backup.sqlite3")
    while_open = contents_of(tmp_path)
    assert {"house.sqlite3", "house.sqlite3-wal", "house.sqlite3-shm", "house.sqlite3.keys"} <= while_open.keys()
    await database.close()
    closed = {f"{name}, closed": content for name, content in contents_of(tmp_path).items()}
    found = [
        (name, canary)
        for name, content in {**while_open, **closed}.items()
        for canary in CANARIES
        if any(canary.encode(coding) in content for coding in ("utf-8", "utf-16-le", "utf-16-be"))
    ]
    assert found == []


async def test_an_old_backup_with_today_s_key_file_opens_no_destroyed_text(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    other = a_case("case-2", subject="ben")
    await database.store.commit(
        Commit(cases=(new(a_case()), new(other)), texts=((CASE, sealed()), (other.id, sealed())))
    )
    await database.backup(tmp_path / "old.sqlite3")
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    await database.close()
    for kind in ("keys", "master"):
        shutil.copy(tmp_path / f"house.sqlite3.{kind}", tmp_path / f"old.sqlite3.{kind}")
    unsealed(tmp_path / "old.sqlite3").replace(tmp_path / "old.sqlite3")
    restored = await opened("old.sqlite3")
    with pytest.raises(TextGone):
        await restored.store.texts(HARBOUR, CASE)
    assert len(await restored.store.texts(HARBOUR, other.id)) == 1


async def test_a_restored_backup_does_not_stop_at_events_whose_hour_is_gone(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await database.intake.append([written(1), written(2), written(3)])
    await database.backup(tmp_path / "old.sqlite3")
    await database.intake.ack([each.seq for each in await database.intake.take(10)])
    clock.advance(timedelta(hours=2))
    assert await database.destroy_spent_keys(clock.now()) == 1
    await database.close()
    for kind in ("keys", "master"):
        shutil.copy(tmp_path / f"house.sqlite3.{kind}", tmp_path / f"old.sqlite3.{kind}")
    unsealed(tmp_path / "old.sqlite3").replace(tmp_path / "old.sqlite3")
    restored = await opened("old.sqlite3")
    await restored.intake.append([written(4)])
    assert [each.event for each in await restored.intake.take(2)] == [written(4)]
    assert (await restored.store.counts())["intake"] == 1


async def test_a_text_s_key_is_gone_as_soon_as_its_destruction_is_committed(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    assert keys_on_disk(tmp_path) == ["case:case-1"]
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    assert keys_on_disk(tmp_path) == []


async def test_a_destruction_that_a_kill_cut_short_is_finished_at_the_next_opening(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await database.close()
    execute(tmp_path, "INSERT INTO doomed_keys SELECT key_id FROM texts")
    await opened()
    assert keys_on_disk(tmp_path) == []


async def test_a_destruction_that_failed_is_repeated_before_anything_else_is_written(
    opened: Opener, tmp_path: Path, locked_keys: sqlite3.Connection
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed(1, "before")),)))
    locked_keys.execute("BEGIN IMMEDIATE")
    assert await database.store.commit(Commit(destroyed_texts=(CASE,))) is Committed.WRITTEN
    assert keys_on_disk(tmp_path) == ["case:case-1"]
    locked_keys.execute("ROLLBACK")
    await database.store.commit(Commit(texts=((CASE, sealed(2, "after")),)))
    assert list(await database.store.texts(HARBOUR, CASE)) == [sealed(2, "after")]
    await database.close()
    reopened = await opened()
    assert list(await reopened.store.texts(HARBOUR, CASE)) == [sealed(2, "after")]


async def test_an_hour_s_key_lives_until_its_hour_is_past_and_nothing_waits(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await database.intake.append([written(1), written(2)])
    first, second = await database.intake.take(10)
    await database.intake.ack([first.seq])
    assert await database.destroy_spent_keys(clock.now()) == 0
    clock.advance(timedelta(hours=2))
    assert await database.destroy_spent_keys(clock.now()) == 0
    await database.intake.append([written(3)])
    assert len(keys_on_disk(tmp_path, "hour:")) == 2
    assert len(await database.intake.take(10)) == 2
    await database.intake.ack([second.seq])
    assert len(keys_on_disk(tmp_path, "hour:")) == 1
    assert [each.event for each in await database.intake.take(10)] == [written(3)]


@pytest.mark.parametrize("how", ["at the next opening", "by housekeeping"])
async def test_the_keys_of_past_hours_go_also_when_nothing_comes_in_any_more(
    opened: Opener, tmp_path: Path, clock: FakeClock, how: str
) -> None:
    database = await opened()
    await database.intake.append([written(1)])
    await database.intake.ack([each.seq for each in await database.intake.take(10)])
    assert len(keys_on_disk(tmp_path, "hour:")) == 1
    clock.advance(timedelta(hours=2))
    if how == "by housekeeping":
        await database.sweep()
    else:
        await database.close()
        await opened()
    assert keys_on_disk(tmp_path, "hour:") == []


async def test_an_hour_s_key_that_the_same_transaction_seals_with_is_spared(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await database.intake.append([written(1)])
    await database.intake.ack([each.seq for each in await database.intake.take(10)])
    writer, go_on = database._writer, threading.Event()
    busy = asyncio.create_task(writer.submit(Job(write=lambda _: go_on.wait(10))))
    try:
        # While the writer is busy: first the destruction, then what is sealed with the key, in one group.
        destroying = asyncio.create_task(database.destroy_spent_keys(clock.now() + timedelta(hours=2)))
        await waiting(writer, 1)
        appending = asyncio.create_task(database.intake.append([written(2)]))
        await waiting(writer, 2)
    finally:
        go_on.set()
    await busy
    assert (await destroying, await appending) == (0, 1)
    assert [each.event for each in await database.intake.take(10)] == [written(2)]


async def waiting(writer: Writer, jobs: int) -> None:
    async with asyncio.timeout(5):
        while len(writer._waiting) < jobs:  # noqa: ASYNC110 - the writer has no event for what waits
            await asyncio.sleep(0.001)


async def test_a_key_that_no_row_came_to_use_is_destroyed_with_its_case_s_text(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(opening(a_case()))
    late = Commit(cases=(new(a_case()),), texts=((CASE, sealed()),))
    assert await database.store.commit(late) is Committed.STALE
    assert keys_on_disk(tmp_path) == ["case:case-1"]
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    assert keys_on_disk(tmp_path) == []


async def test_a_destroyed_key_lies_in_no_part_of_the_key_file(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    connection = sqlite3.connect(tmp_path / "house.sqlite3.keys")
    ((wrapped,),) = connection.execute("SELECT wrapped FROM keys")
    connection.close()
    assert wrapped in contents_of(tmp_path)["house.sqlite3.keys"]
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    kept = {file: content for file, content in contents_of(tmp_path).items() if "keys" in file}
    assert kept
    assert not any(wrapped in content for content in kept.values())


async def test_a_sealed_text_moved_to_another_row_does_not_open(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed(1)), (CASE, sealed(2)))))
    execute(
        tmp_path, "UPDATE texts SET sealed = (SELECT sealed FROM texts WHERE message_id = 'm2') WHERE message_id = 'm1'"
    )
    with pytest.raises(GaveUp, match="changed or moved") as error:
        await database.store.texts(HARBOUR, CASE)
    assert "synthetic" not in str(error.value)


async def test_erasing_references_unlinks_the_audit_and_leaves_its_chain_whole(opened: Opener) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), audit=(a_draft(a_case()),)))
    await database.store.commit(forgetting(a_case()))
    await database.store.commit(Commit(audit=(a_draft(a_case()),)))
    after, before = await database.store.audit(HARBOUR, 10)
    assert after.member_ref != before.member_ref
    assert await database.store.verify_audit(HARBOUR) is None


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET facts = '{}' WHERE number = 2", 2),
        ("UPDATE audit SET actor = 'nobody' WHERE number = 1", 1),
        ("DELETE FROM audit WHERE number = 2", 2),
        ("DELETE FROM audit WHERE number = 4", 4),
        ("DELETE FROM audit", 1),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = 9 WHERE number = 3", 3),
        ("UPDATE audit SET facts = 'no facts' WHERE number = 3", 3),
        ("UPDATE audit SET at = 'once' WHERE number = 2", 2),
    ],
)
async def test_tampering_with_the_audit_is_found(opened: Opener, tmp_path: Path, statement: str, broken: int) -> None:
    database = await opened()
    await database.store.commit(opening(a_case()))
    for verb in ("case_opened", "claimed", "extended", "resolved"):
        await database.store.commit(Commit(audit=(a_draft(a_case(), verb),)))
    assert await database.store.verify_audit(HARBOUR) is None
    execute(tmp_path, statement)
    assert await database.store.verify_audit(HARBOUR) == broken


def test_what_is_sealed_opens_with_its_key_and_its_identity_alone() -> None:
    key = new_key()
    value = seal(key, b"synthetic", "texts", "case-1")
    assert unseal(key, value, "texts", "case-1") == b"synthetic"
    assert seal(key, b"synthetic", "texts", "case-1") != value
    for wrong_key, changed, identity in [
        (new_key(), value, ("texts", "case-1")),
        (key, value, ("texts", "case-2")),
        (key, value, ("textsc", "ase-1")),
        (key, value[:-1] + bytes([value[-1] ^ 1]), ("texts", "case-1")),
        (key, b"", ("texts", "case-1")),
    ]:
        with pytest.raises(NotOpened):
            unseal(wrong_key, changed, *identity)


def test_a_reference_depends_on_its_key() -> None:
    key = new_key()
    assert reference(key, "harbour", "ann") == reference(key, "harbour", "ann")
    assert reference(key, "harbour", "ann") != reference(new_key(), "harbour", "ann")


async def test_what_was_never_decided_loses_its_text_after_seven_days(opened: Opener, clock: FakeClock) -> None:
    database = await opened()
    await database.intake.append([written()])
    clock.advance(timedelta(days=7))
    assert await database.destroy_spent_keys(clock.now()) == 0
    clock.advance(timedelta(hours=2))
    assert await database.destroy_spent_keys(clock.now()) == 1
    assert not await database.intake.take(10)
    assert (await database.store.counts())["intake"] == 0
