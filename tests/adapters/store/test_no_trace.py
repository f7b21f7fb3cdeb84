"""After a member had their data deleted, no byte of any file says who it was: the figure of the erasure.

A house with much going on in it is built around one member, whose id, name and words are found nowhere else. Every
file of the data folder is then searched for them, in every coding that could hold them.
"""

import base64
import itertools
import os
import random
import shutil
import sqlite3
from collections import namedtuple
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.database import Database
from adapters.store.reading import complaints
from adapters.store.restoring import restore
from core.errors import TextGone, Unavailable
from core.flow.naming import action_key
from core.model.action import ActionKind, Lane
from core.model.case import CaseId, Concern, Enforcement, Outcome, State
from core.model.event import MemberJoined, MessageWritten, ReactionAdded
from core.model.message import Author, MemberId, Message
from core.model.preference import Preference
from core.model.record import (
    Action,
    ActionState,
    AuditDraft,
    CaseWrite,
    Commit,
    Committed,
    Duty,
    Erasing,
    Note,
    SealedMessage,
    Timer,
)
from tests.adapters.store.conftest import Opener, unsealed
from tests.clock import START, FakeClock
from tests.contract.samples import BEN, HARBOUR, PIER, a_case, a_message, an_action, an_evidence, new

Usage = namedtuple("Usage", "total used free")

IDA = MemberId("820055501994711077")
NAME = "Ida Quillfeather"
CANARY = "the albatross counts seventeen lanterns"
TRACES = (IDA, NAME, CANARY)

CRISIS = a_case("crisis", concern=Concern.CRISIS, subject=IDA)
CONDUCT = replace(
    a_case("conduct", subject=IDA), state=State.RESOLVED, outcome=Outcome.UPHELD, closed_at=START, closed_by=BEN
)
OF_BEN = a_case("of-ben", subject=BEN)
RAID = replace(a_case("raid", concern=Concern.RAID), subject=PIER.id)
ERASING = Erasing(community=HARBOUR, member=IDA)


def by_ida(number: int, text: str = CANARY) -> Message:
    return replace(a_message(number, text), author=Author(id=IDA, name=NAME))


def a_deed(key: str, case_id: CaseId, kind: ActionKind = ActionKind.WARN, target: str = IDA, **params: str) -> Action:
    action = an_action(key, case=a_case(case_id), kind=kind, lane=Lane.ENFORCEMENT)
    return replace(action, target=target, until=None, params=params)


async def a_house_with_ida(database: Database) -> None:
    """Everything that is kept of anybody is kept of her, among others."""
    for number in range(60):  # pages that are split, moved and merged meanwhile
        other = a_case(f"other-{number}", subject=f"member-{number}")
        words = replace(a_message(100 + number, "other words"), author=Author(id=MemberId(f"m{number}"), name="Other"))
        context = SealedMessage(message=by_ida(200 + number), is_context=True)
        evidence = replace(an_evidence(other, 100 + number), target=IDA if number % 3 == 0 else BEN)
        texts = ((other.id, SealedMessage(message=words)), (other.id, context))
        await database.store.commit(Commit(cases=(new(other),), evidence=(evidence,), texts=texts))
    mine = [replace(an_evidence(case, n), author=IDA) for n, case in enumerate((CRISIS, CONDUCT, RAID))]
    reported = replace(an_evidence(OF_BEN, 9), author=BEN, target=None, reporter=IDA, reported_at=START)
    key = action_key(CRISIS.id, 1, ActionKind.SUPPORT_MESSAGE, IDA)
    actions = (
        a_deed(key, CRISIS.id, ActionKind.SUPPORT_MESSAGE),
        a_deed("talk", CRISIS.id, ActionKind.OPEN_TALK, people=f"{BEN},{IDA}"),
        a_deed("warned", CONDUCT.id, ActionKind.WARN),
        a_deed("over", CONDUCT.id, ActionKind.TIMEOUT),
        replace(a_deed("proposed", RAID.id, ActionKind.BAN), enforcement=Enforcement.PROPOSED),
        a_deed("told", OF_BEN.id, ActionKind.TELL),
        a_deed("ordered", OF_BEN.id, target=BEN, by=IDA),
    )
    drafts = [
        AuditDraft(community=HARBOUR, at=START, actor="lightkeeper", verb="case_opened", case_id=case.id, member=IDA)
        for case in (CRISIS, CONDUCT, OF_BEN)
    ]
    await database.store.commit(
        Commit(
            done=(f"report:{HARBOUR}:m9:{IDA}",),
            cases=tuple(new(case) for case in (CRISIS, CONDUCT, OF_BEN, RAID)),
            evidence=(*mine, reported),
            texts=tuple((case.id, SealedMessage(message=by_ida(n))) for n, case in enumerate((CRISIS, CONDUCT, RAID))),
            notes=(Note(case_id=CRISIS.id, at=START, by=BEN, text=f"I wrote to {NAME}"),),
            actions=actions,
            timers=(Timer(kind="duty_ends", key=f"{HARBOUR} {IDA}", due_at=START, community=HARBOUR),),
            duties=(Duty(community=HARBOUR, member=IDA, is_on=True, since=START, until=START + timedelta(days=9)),),
            preferences=(Preference(community=HARBOUR, member=IDA, no_contact=True, since=START),),
            audit=tuple(drafts),
        )
    )
    for each in ("over", "warned", key):
        await database.store.record_action(each, ActionState.DONE, START, receipt=f"dm-{IDA}")
    here = {"platform": by_ida(1).platform, "community": HARBOUR, "at": START}
    joined = MemberJoined(member=IDA, name=NAME, **here)  # type: ignore[arg-type]
    reacted = ReactionAdded(channel=PIER, message_id=by_ida(1).id, member=IDA, emoji="*", **here)  # type: ignore[arg-type]
    await database.intake.append([MessageWritten(message=by_ida(7)), joined, reacted])
    taken = await database.intake.take(10)
    await database.store.commit(Commit(done=tuple(each.key for each in taken[1:])))


async def erase(database: Database) -> None:
    """What `core.care.erasing` writes, in short."""
    ended = replace(CRISIS, state=State.RESOLVED, outcome=Outcome.ERASED, closed_at=START, subject="", version=2)
    lift = a_deed("lift", CONDUCT.id, ActionKind.LIFT_TIMEOUT, undoes="over")
    await database.store.commit(Commit(actions=(lift,)))
    await database.store.record_action("lift", ActionState.DONE, START)
    unit = Commit(
        cases=(CaseWrite(case=ended, expected_version=1),),
        forgotten=(CRISIS.id,),
        destroyed_texts=(CRISIS.id,),
        erased=(ERASING,),
    )
    assert await database.store.commit(unit) is Committed.WRITTEN
    await database.store.flush_erased()


def codings(trace: str) -> Iterator[bytes]:
    """Every form in which a text could lie in a file."""
    for coding in ("utf-8", "utf-16-le", "utf-16-be"):
        plain = trace.encode(coding)
        yield plain
        yield plain.hex().encode()
        yield plain.hex().upper().encode()
        yield plain[::-1]
        for shift in range(3):  # what lies anywhere within something in base64
            body = base64.b64encode(bytes(shift) + plain)
            yield body[4 : len(body) // 4 * 4 - 4]


def found_in(folder: Path) -> list[tuple[str, str]]:
    """Which traces lie in which files below a folder, read byte for byte."""
    traces = [(trace, form) for trace in TRACES for form in codings(trace)]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [(path.name, trace) for path in files for trace, form in traces if form in path.read_bytes()]


async def test_a_house_that_erased_nothing_is_full_of_traces(opened: Opener, tmp_path: Path) -> None:
    """What the figure is worth: the search finds what is there."""
    database = await opened()
    await a_house_with_ida(database)
    assert {trace for _, trace in found_in(tmp_path)} == {IDA}, "names and words lie sealed"
    await database.close()
    assert ("house.sqlite3", IDA) in found_in(tmp_path)
    for number, (trace, form) in enumerate(itertools.chain(*(zip(itertools.repeat(t), codings(t)) for t in TRACES))):
        place = tmp_path / "planted" / str(number)
        place.mkdir(parents=True)
        (place / "file").write_bytes(b"a" * 4000 + form + b"z" * 100)
        assert ("file", trace) in found_in(place)


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_after_an_erasure_no_byte_of_any_file_says_who_it_was(
    opened: Opener, tmp_path: Path, is_restarted: bool
) -> None:
    database = await opened()
    await a_house_with_ida(database)
    await database.backup(tmp_path / "backups" / "before.backup")
    await erase(database)
    assert found_in(tmp_path) == [], "while the bot runs"
    await database.backup(tmp_path / "backups" / "after.backup")
    if is_restarted:
        await database.close()
        database = await opened()
    assert found_in(tmp_path) == []
    for number in range(60):
        (other,) = await database.store.texts(HARBOUR, CaseId(f"other-{number}"))
        assert other.message.text == "other words", "what others wrote can be read as before"
    await database.close()
    assert found_in(tmp_path) == [], "after it was closed"
    assert complaints(tmp_path / "house.sqlite3") == []
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        dumped = "\n".join(connection.iterdump())
    assert not any(trace in dumped for trace in TRACES)


async def test_the_copy_that_a_killed_backup_left_beside_a_running_bot_goes_with_an_erasure(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    left = tmp_path / ".lightkeeper-copy-left"
    left.mkdir()
    (left / "copy.sqlite3").write_bytes(IDA.encode())
    os.utime(left, (0, 0))
    await database.store.flush_erased()
    assert found_in(tmp_path) == []


async def test_while_somebody_reads_the_database_it_is_said_that_something_lingers(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    await a_house_with_ida(database)
    reader = sqlite3.connect(f"file:{tmp_path / 'house.sqlite3'}?mode=ro", uri=True, isolation_level=None)
    with closing(reader):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM cases").fetchone()
        with pytest.raises(Unavailable, match="still in its log"):
            await erase(database)
        assert found_in(tmp_path) != []
    await database.store.flush_erased()
    assert found_in(tmp_path) == []


async def test_on_a_disk_without_room_it_is_said_that_something_lingers_and_nothing_is_written_in_vain(
    opened: Opener, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await opened()
    await a_house_with_ida(database)
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: Usage(10**9, 10**9, 2**20))
        with pytest.raises(Unavailable, match="the disk is too full"):
            await erase(database)
    await database.store.flush_erased()
    assert found_in(tmp_path) == []


async def test_pages_that_were_rebuilt_keep_no_bytes_of_what_had_been_in_them(opened: Opener, tmp_path: Path) -> None:
    """SQLite overwrites what it deletes, and leaves it where it had moved rows from before: that has to go as well."""
    await (await opened()).close()
    chance = random.Random(20)
    with closing(sqlite3.connect(tmp_path / "house.sqlite3", isolation_level=None)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("BEGIN")
        for number in range(20_000):
            whose = IDA if chance.random() < 0.05 else str(chance.randrange(10**17, 10**18))
            kind = f"{chance.randrange(10**6)}{'-' * chance.randrange(60)}"
            adding = "INSERT INTO timers (kind, key, due_at) VALUES (?, ?, ?)"
            connection.execute(adding, (kind, f"{whose} {number}", chance.randrange(10**9)))
            if chance.random() < 0.4:
                connection.execute("DELETE FROM timers WHERE due_at < ?", (chance.randrange(10**7),))
        connection.execute("DELETE FROM timers WHERE key LIKE ?", (f"{IDA} %",))
        connection.execute("COMMIT")
    assert found_in(tmp_path) == [("house.sqlite3", IDA)], "nothing lingers: the test proves nothing"
    database = await opened()
    await database.store.flush_erased()
    assert found_in(tmp_path) == []


async def test_a_backup_from_before_is_put_back_without_them_and_opens_nothing_of_theirs(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await a_house_with_ida(database)
    await database.backup(tmp_path / "before.backup")
    clock.advance(timedelta(hours=1))
    await erase(database)
    await database.close()
    done = await restore(tmp_path / "before.backup", tmp_path / "house.sqlite3", clock=clock, replaces=True)
    assert done.settled is not None
    assert found_in(tmp_path) == []
    restored = await opened()
    assert found_in(tmp_path) == []
    for case in (CRISIS, CONDUCT):
        with pytest.raises(TextGone):
            await restored.store.texts(HARBOUR, case.id)
    kept = await restored.store.belongings(HARBOUR, IDA)
    assert not any((kept.cases, kept.words, kept.sanctions, kept.reports, kept.duties, kept.is_in_care))
    assert [event.key for event in await restored.intake.take(10) if "written" in repr(event)] == []
    crisis = await restored.store.case(HARBOUR, CRISIS.id)
    assert crisis is not None
    assert (crisis.is_open, crisis.outcome, crisis.subject) == (False, Outcome.ERASED, "")
    with pytest.raises(TextGone):  # their key opened hers too
        await restored.store.texts(HARBOUR, CaseId("other-1"))
    assert (await restored.store.preference(HARBOUR, IDA)).no_contact, "an opt-out is for good"
    assert await restored.store.verify_audit(HARBOUR) is None


async def test_without_the_master_key_a_backup_from_before_says_nothing_and_with_it_words_stay_closed(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    await a_house_with_ida(database)
    await database.backup(tmp_path / "before.backup")
    await erase(database)
    await database.close()
    plain = unsealed(tmp_path / "before.backup")
    content = plain.read_bytes()
    assert IDA.encode() in content, "the backup is empty: the test proves nothing"
    assert NAME.encode() not in content
    assert CANARY.encode() not in content
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as connection:
        scopes = {scope for (scope,) in connection.execute("SELECT scope FROM keys")}
    assert not scopes & {f"case:{each.id}" for each in (CRISIS, CONDUCT)}
    assert not scopes & {f"ref:{each.id}" for each in (CRISIS, CONDUCT, OF_BEN)}
    for statement in ("SELECT key_id FROM texts", "SELECT key_id FROM notes"):
        with (
            closing(sqlite3.connect(plain)) as before,
            closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as keys,
        ):
            named = {key_id for (key_id,) in before.execute(statement)}
            left = {key_id for (key_id,) in keys.execute("SELECT id FROM keys")}
        assert named
        assert not named & left, "a key is left that opens words of theirs"


async def test_a_backup_that_an_older_version_left_unsealed_is_sealed_where_it_lies(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    await a_house_with_ida(database)
    folder = tmp_path / "backups"
    await database.backup(folder / "lightkeeper-20260228T120000Z.backup")
    await database.close()
    unsealed(folder / "lightkeeper-20260228T120000Z.backup", tmp_path).replace(
        folder / "lightkeeper-20260227T120000Z.sqlite3"
    )
    shutil.copy(folder / "lightkeeper-20260227T120000Z.sqlite3", folder / "replaced-20260226T120000Z.sqlite3")
    (folder / "replaced-20260225T120000Z.sqlite3").write_text("a wreck")
    (folder / "holidays.sqlite3").write_text("somebody else's")
    database = await opened()
    await erase(database)
    await database.close()
    assert sorted(path.name for path in folder.iterdir()) == [
        "holidays.sqlite3",
        "lightkeeper-20260227T120000Z.backup",
        "lightkeeper-20260228T120000Z.backup",
        "replaced-20260225T120000Z.sqlite3",
        "replaced-20260226T120000Z.backup",
    ]
    assert found_in(tmp_path) == []
