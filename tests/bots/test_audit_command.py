"""`lightkeeper audit`: what it writes, what it refuses, and that it sees what was done to the chain."""

import asyncio
import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from adapters.local.clock import SystemClock
from adapters.store.chain import START as BEGINNING
from adapters.store.database import Database
from bots.doctor.examination import examine
from core.model.case import CaseId
from core.model.message import CommunityId, MemberId
from core.model.record import AuditDraft, Commit
from tests.bots.test_backup_commands import REFUSED, lightkeeper, url, with_database
from tests.clock import START
from tests.contract.conftest import a_postgres_database

HARBOUR, LAGOON = CommunityId("discord:1"), CommunityId("telegram:-100")


def _draft(community: CommunityId, nth: int) -> AuditDraft:
    facts = {"level": str(nth), "what": "ünïcode"}
    case = CaseId(f"case{nth}")
    return AuditDraft(
        community=community, at=START, actor="33", verb="claimed", case_id=case, member=MemberId("ann"), facts=facts
    )


def _written(folder: Path, harbour: int = 5, lagoon: int = 2) -> Path:
    """A database with two audits; its file."""

    async def build(database: Database) -> None:
        for community, count in ((HARBOUR, harbour), (LAGOON, lagoon)):
            for nth in range(count):
                await database.store.commit(Commit(audit=(_draft(community, nth),)))

    with_database(folder, build)
    return folder / "data" / "lightkeeper.sqlite3"


def _lines(said: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said.splitlines()]


def _change(file: Path, statement: str) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute(statement)
        connection.commit()


def test_every_entry_is_written_oldest_first_and_can_be_checked_without_lightkeeper(tmp_path: Path) -> None:
    _written(tmp_path)
    done = lightkeeper(tmp_path, "audit")
    assert done.code == 0, done.complained
    assert done.complained.splitlines() == ["7 entries of 2 audits.", "Every chain holds."]
    entries = _lines(done.said)
    assert [(each["community"], each["number"]) for each in entries] == [
        *((HARBOUR, number) for number in range(1, 6)),
        *((LAGOON, number) for number in range(1, 3)),
    ]
    assert entries[0].keys() == {
        *("community", "number", "at", "actor", "verb", "case_id", "member_ref", "facts", "previous", "hash")
    }
    previous = {HARBOUR: BEGINNING, LAGOON: BEGINNING}
    for line in done.said.splitlines():
        entry = json.loads(line)
        covered = json.dumps(
            {name: value for name, value in entry.items() if name != "hash"}, sort_keys=True, separators=(",", ":")
        )
        assert entry["hash"] == hashlib.sha256(covered.encode("ascii")).hexdigest()
        assert entry["previous"] == previous[entry["community"]]
        previous[entry["community"]] = entry["hash"]
    assert "ann" not in done.said


def test_one_community_can_be_asked_for(tmp_path: Path) -> None:
    _written(tmp_path)
    done = lightkeeper(tmp_path, "audit", "--community", LAGOON)
    assert {each["community"] for each in _lines(done.said)} == {LAGOON}
    unknown = lightkeeper(tmp_path, "audit", "--community", "discord:2")
    assert (unknown.code, unknown.said) == (REFUSED, "")
    assert f"{HARBOUR}, {LAGOON}" in unknown.complained


def test_a_file_is_new_and_for_its_owners_eyes_only(tmp_path: Path) -> None:
    _written(tmp_path)
    done = lightkeeper(tmp_path, "audit", "--out", "audit.jsonl")
    assert (done.code, done.said) == (0, "")
    file = tmp_path / "audit.jsonl"
    assert file.stat().st_mode & 0o777 == 0o600
    assert len(_lines(file.read_text(encoding="ascii"))) == 7
    again = lightkeeper(tmp_path, "audit", "--out", "audit.jsonl")
    assert again.code == REFUSED
    assert len(_lines(file.read_text(encoding="ascii"))) == 7
    assert lightkeeper(tmp_path, "audit", "--out", "gone/audit.jsonl").code == REFUSED
    assert lightkeeper(tmp_path, "audit", "--community", "x", "--out", "other.jsonl").code == REFUSED
    assert not (tmp_path / "other.jsonl").exists()


CHANGES = {
    "an actor": ("UPDATE audit SET actor = '44' WHERE community = 'discord:1' AND number = 3", 3),
    "facts": ("UPDATE audit SET facts = '{\"level\":\"1\"}' WHERE community = 'discord:1' AND number = 2", 2),
    "facts of another shape": ("UPDATE audit SET facts = '7' WHERE community = 'discord:1' AND number = 2", 2),
    "facts that can't be read": ("UPDATE audit SET facts = '{' WHERE community = 'discord:1' AND number = 4", 4),
    "a missing entry": ("DELETE FROM audit WHERE community = 'discord:1' AND number = 3", 3),
    "a missing end": ("DELETE FROM audit WHERE community = 'discord:1' AND number = 5", 5),
    "nothing left": ("DELETE FROM audit WHERE community = 'discord:1'", 1),
}


@pytest.mark.parametrize(("statement", "number"), CHANGES.values(), ids=CHANGES.keys())
def test_what_was_changed_or_taken_away_is_named(tmp_path: Path, statement: str, number: int) -> None:
    _change(_written(tmp_path), statement)
    done = lightkeeper(tmp_path, "audit")
    assert done.code == 1
    assert f"{HARBOUR}: BROKEN at entry {number}:" in done.complained
    assert f"{LAGOON}: BROKEN" not in done.complained
    assert len([each for each in _lines(done.said) if each["community"] == LAGOON]) == 2


@pytest.mark.parametrize(("statement", "number"), CHANGES.values(), ids=CHANGES.keys())
async def test_the_doctor_sees_it_too(
    tmp_path: Path, statement: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = await asyncio.to_thread(_written, tmp_path)
    _change(file, statement)
    monkeypatch.setenv("LIGHTKEEPER_DATA_DIR", str(tmp_path / "data"))
    sections = await examine(env_file=tmp_path / ".env", is_online=False)
    problems = [problem for section in sections for problem in section.problems if problem.place.startswith("audit")]
    assert [(each.place, f"from entry {number} on" in each.reason) for each in problems] == [
        (f"audit of {HARBOUR}", True)
    ]


async def test_it_reads_beside_a_running_bot_and_is_in_nobodys_way(tmp_path: Path) -> None:
    await asyncio.to_thread(_written, tmp_path)
    database = await Database.open(url(tmp_path), clock=SystemClock())
    try:
        await database.store.commit(Commit(audit=(_draft(HARBOUR, 9),)))
        done = await asyncio.to_thread(lightkeeper, tmp_path, "audit")
        assert (done.code, len(_lines(done.said))) == (0, 8)
        await database.store.commit(Commit(audit=(_draft(HARBOUR, 10),)))
    finally:
        await database.close()
    assert len(_lines((await asyncio.to_thread(lightkeeper, tmp_path, "audit")).said)) == 9
    database = await Database.open(url(tmp_path), clock=SystemClock())
    await database.close()


def test_a_long_audit_is_read_in_pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("adapters.store.audit_export._PAGE", 2)
    _written(tmp_path)
    assert len(_lines(lightkeeper(tmp_path, "audit").said)) == 7


@pytest.mark.postgres
async def test_an_audit_on_a_server_is_read_and_followed_too(tmp_path: Path) -> None:
    async with a_postgres_database() as address:
        database = await Database.open(address, clock=SystemClock(), key_path=tmp_path / "lightkeeper")
        for nth in range(3):
            await database.store.commit(Commit(audit=(_draft(HARBOUR, nth),)))
        named = {
            "LIGHTKEEPER_DATABASE_URL": address.replace("postgresql:", "postgresql+asyncpg:"),
            "LIGHTKEEPER_DATA_DIR": str(tmp_path),
        }
        done = await asyncio.to_thread(lightkeeper, tmp_path, "audit", **named)
        await database.close()
        assert (done.code, len(_lines(done.said))) == (0, 3), done.complained
        admin = await asyncpg.connect(address)
        await admin.execute("DELETE FROM audit WHERE number = 2")
        await admin.close()
        broken = await asyncio.to_thread(lightkeeper, tmp_path, "audit", **named)
    assert broken.code == 1
    assert f"{HARBOUR}: BROKEN at entry 2:" in broken.complained


def test_where_there_is_no_database_yet_that_is_said(tmp_path: Path) -> None:
    refused = lightkeeper(tmp_path, "audit")
    assert refused.code == REFUSED
    assert "no database yet" in refused.complained
    assert not (tmp_path / "data").exists()
