"""What a restored backup brings back of members goes again: all from before their erasure, and nothing from since."""

import asyncio
import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.database import Database
from adapters.store.erasures import ErasureKind
from adapters.store.restoring import restore
from core.flow.pacing import FORGET_TIMER
from core.model.action import ActionKind, Lane
from core.model.case import Case, Concern, Outcome, State
from core.model.event import MessageWritten
from core.model.message import Author, MemberId, MessageId
from core.model.preference import Preference
from core.model.record import ActionState, Commit, Committed, Duty, Erasing, SealedMessage
from tests.adapters.store.conftest import REWINDING, Opener
from tests.clock import START, FakeClock
from tests.contract.samples import (
    BEN,
    HARBOUR,
    ISLAND,
    a_case,
    a_draft,
    a_message,
    an_action,
    an_evidence,
    new,
    opening,
)

IDA = MemberId("ida-4711")
HOUR = timedelta(hours=1)
PutBack = Callable[[Database], Awaitable[Database]]


def about_ida(name: str, *, is_open: bool = False, concern: Concern = Concern.CONDUCT) -> Case:
    case = a_case(name, subject=IDA, concern=concern)
    return case if is_open else replace(case, state=State.RESOLVED, outcome=Outcome.UPHELD, closed_at=START)


def by_ida(number: int) -> SealedMessage:
    return SealedMessage(message=replace(a_message(number), author=Author(id=IDA, name="Ida")))


def unit_of(case: Case, clock: FakeClock, number: int = 1) -> Commit:
    """A case with evidence and words of hers, as they are written at that time."""
    at = clock.now()
    evidence = replace(an_evidence(case, number), author=IDA, sent_at=at, message_id=MessageId(f"m{number}"))
    message = replace(by_ida(number).message, sent_at=at)
    case = replace(case, opened_at=at, updated_at=at, closed_at=at if case.closed_at else None)
    return Commit(cases=(new(case),), evidence=(evidence,), texts=((case.id, SealedMessage(message=message)),))


@pytest.fixture
def put_back(opened: Opener, tmp_path: Path, clock: FakeClock) -> PutBack:
    """Restores `copy.backup` and opens what came of it."""

    async def put_back(database: Database) -> Database:
        await database.close()
        await restore(tmp_path / "copy.backup", tmp_path / "house.sqlite3", clock=clock, replaces=True)
        return await opened()

    return put_back


async def test_whoever_was_erased_since_is_erased_again_in_every_case(
    opened: Opener, tmp_path: Path, clock: FakeClock, put_back: PutBack
) -> None:
    database = await opened()
    crisis = about_ida("crisis", is_open=True, concern=Concern.CRISIS)
    of_ben = a_case("of-ben", subject=BEN)
    reported = replace(an_evidence(of_ben), author=BEN, target=IDA, reporter=IDA, reported_at=START)
    duty = Duty(community=HARBOUR, member=IDA, is_on=True, since=START, until=START + 90 * HOUR)
    await database.store.commit(unit_of(about_ida("closed"), clock))
    await database.store.commit(replace(unit_of(crisis, clock, 2), duties=(duty,)))
    await database.store.commit(Commit(cases=(new(of_ben),), evidence=(reported,), texts=((of_ben.id, by_ida(3)),)))
    await database.intake.append([MessageWritten(message=by_ida(7).message), MessageWritten(message=a_message(8))])
    await database.backup(tmp_path / "copy.backup")
    clock.advance(HOUR)
    ended = replace(crisis, state=State.RESOLVED, outcome=Outcome.ERASED, closed_at=START, subject="", version=2)
    await database.store.commit(Commit(cases=(replace(new(ended), expected_version=1),), forgotten=(crisis.id,)))
    erasing = Erasing(community=HARBOUR, member=IDA)
    assert await database.store.commit(Commit(erased=(erasing,))) is Committed.WRITTEN
    restored = await put_back(database)
    kept = await restored.store.belongings(HARBOUR, IDA)
    assert not any((kept.cases, kept.words, kept.sanctions, kept.reports, kept.duties, kept.is_in_care))
    assert await restored.store.cases_about(HARBOUR, IDA) == []
    (evidence,) = await restored.store.evidence(HARBOUR, of_ben.id)
    assert (evidence.author, evidence.target, evidence.reporter) == (BEN, None, None)
    assert [each.event.message.author.id for each in await restored.intake.take(9)] == ["ann"]  # type: ignore[union-attr]


async def test_what_they_did_after_they_came_back_stays(
    opened: Opener, tmp_path: Path, clock: FakeClock, put_back: PutBack
) -> None:
    database = await opened()
    await database.store.commit(unit_of(about_ida("before"), clock))
    clock.advance(HOUR)
    await database.store.commit(Commit(erased=(Erasing(community=HARBOUR, member=IDA),)))
    clock.advance(HOUR)
    await database.store.commit(unit_of(about_ida("after", is_open=True), clock, 2))
    waits = replace(by_ida(7).message, sent_at=clock.now())
    await database.intake.append([MessageWritten(message=waits)])
    await database.backup(tmp_path / "copy.backup")
    restored = await put_back(database)
    kept = await restored.store.belongings(HARBOUR, IDA)
    assert [each.id for each in kept.cases] == ["after"]
    assert len(kept.words) == 1
    assert len(await restored.store.evidence(HARBOUR, kept.cases[0].id)) == 1
    assert len(await restored.intake.take(9)) == 1


async def test_a_case_that_the_erasure_kept_is_kept_again_and_forgets_as_soon_as_it_can(
    opened: Opener, tmp_path: Path, clock: FakeClock, put_back: PutBack
) -> None:
    database = await opened()
    kept, gone = about_ida("kept"), about_ida("gone")
    ban = replace(an_action("ban", case=kept, kind=ActionKind.BAN, lane=Lane.ENFORCEMENT), target=IDA, until=None)
    await database.store.commit(replace(unit_of(kept, clock), actions=(ban,)))
    await database.store.record_action("ban", ActionState.DONE, START)
    await database.store.commit(unit_of(gone, clock, 2))
    await database.backup(tmp_path / "copy.backup")
    clock.advance(HOUR)
    await database.store.commit(Commit(erased=(Erasing(community=HARBOUR, member=IDA, keeps=frozenset({kept.id})),)))
    restored = await put_back(database)
    (case,) = await restored.store.cases_about(HARBOUR, IDA)
    assert (case.id, case.forgets_early) == (kept.id, True)
    assert len((await restored.store.belongings(HARBOUR, IDA)).sanctions) == 1
    due = {(each.kind, each.key) for each in await restored.store.due_timers(clock.now(), 10)}
    assert (FORGET_TIMER, kept.id) in due


async def test_an_opt_out_since_the_backup_holds_and_one_taken_back_stays_taken_back(
    opened: Opener, tmp_path: Path, clock: FakeClock, put_back: PutBack
) -> None:
    database = await opened()
    members = [MemberId(name) for name in ("out-since", "back-since", "unchanged", "changed-after")]
    out = [Preference(community=HARBOUR, member=each, no_contact=True, since=START) for each in members]
    await database.store.commit(Commit(preferences=tuple(out[1:])))
    clock.advance(HOUR)
    await database.backup(tmp_path / "copy.backup")
    clock.advance(HOUR)
    since = clock.now()
    taken_back = replace(out[1], no_contact=False, since=since)
    changed = replace(out[3], no_contact=False, no_crisis_screening=True, since=since)
    await database.store.commit(Commit(preferences=(replace(out[0], since=since), taken_back, changed)))
    restored = await put_back(database)
    chosen = [await restored.store.preference(HARBOUR, each) for each in members]
    assert [(each.no_contact, each.no_crisis_screening) for each in chosen] == [
        (True, False),
        (False, False),
        (True, False),
        (False, True),
    ]
    assert len([each for each in await restored._keys.erasures() if each.kind is ErasureKind.CHOICE]) == len(members)


async def test_what_a_backup_knows_of_a_later_choice_is_not_overruled_by_an_older_journal(
    opened: Opener, tmp_path: Path, clock: FakeClock, put_back: PutBack
) -> None:
    database = await opened()
    choice = Preference(community=HARBOUR, member=IDA, no_contact=True, since=START)
    await database.store.commit(Commit(preferences=(choice,)))
    shutil.copy(tmp_path / "house.sqlite3.keys", tmp_path / "older.keys")
    clock.advance(HOUR)
    later = replace(choice, no_contact=False, no_crisis_screening=True, since=clock.now())
    await database.store.commit(Commit(preferences=(later,)))
    await database.backup(tmp_path / "copy.backup")
    await database.close()
    shutil.copy(tmp_path / "older.keys", tmp_path / "house.sqlite3.keys")
    restored = await put_back(database)
    assert await restored.store.preference(HARBOUR, IDA) == later


@pytest.mark.parametrize("is_back", [False, True])
async def test_a_community_that_left_since_is_not_brought_back_and_one_that_returned_is(
    opened: Opener, tmp_path: Path, clock: FakeClock, put_back: PutBack, is_back: bool
) -> None:
    database = await opened()
    elsewhere = replace(about_ida("elsewhere"), community=ISLAND)
    await database.store.commit(replace(unit_of(about_ida("before"), clock), audit=(a_draft(about_ida("before")),)))
    await database.store.commit(opening(elsewhere))
    if not is_back:
        await database.backup(tmp_path / "copy.backup")
    clock.advance(HOUR)
    await database.store.commit(Commit(left=(HARBOUR,)))
    if is_back:
        clock.advance(HOUR)
        again = about_ida("again", is_open=True)
        draft = replace(a_draft(again), at=clock.now())
        await database.store.commit(replace(unit_of(again, clock), audit=(draft,)))
        await database.backup(tmp_path / "copy.backup")
    restored = await put_back(database)
    assert [each.id for each in await restored.store.cases_about(HARBOUR, IDA)] == (["again"] if is_back else [])
    assert (HARBOUR in await restored.store.communities()) is is_back
    assert await restored.store.verify_audit(HARBOUR) is None
    assert await restored.store.case(ISLAND, elsewhere.id) is not None


async def test_the_journal_names_nobody_and_keeps_one_word_of_each(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    choice = Preference(community=HARBOUR, member=IDA, no_contact=True, since=START)
    for _ in range(3):
        clock.advance(HOUR)
        await database.store.commit(Commit(preferences=(choice,), erased=(Erasing(community=HARBOUR, member=IDA),)))
        await database.store.commit(Commit(left=(HARBOUR,)))
    journal = await database._keys.erasures()
    assert sorted((each.kind, each.at) for each in journal) == [
        (ErasureKind.CHOICE, clock.now()),
        (ErasureKind.COMMUNITY, clock.now()),
        (ErasureKind.MEMBER, clock.now()),
    ]
    await database.close()
    content = (tmp_path / "house.sqlite3.keys").read_bytes()
    assert IDA.encode() not in content
    assert HARBOUR.encode() not in content
    assert IDA not in repr(journal)


async def test_words_that_an_older_version_sealed_are_found_by_whose_they_are(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    of_ben = a_case("of-ben", subject=BEN)
    unit = Commit(
        done=(f"report:{HARBOUR}:m1:{IDA}", "local:pier:m1:0-" + "a" * 24),
        cases=(new(of_ben),),
        texts=((of_ben.id, by_ida(1)), (of_ben.id, SealedMessage(message=a_message(2)))),
    )
    await database.store.commit(unit)
    await database.intake.append([MessageWritten(message=by_ida(7).message), MessageWritten(message=a_message(8))])
    await database.close()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        for statement in REWINDING["0003"]:
            connection.execute(statement)
        connection.execute("INSERT INTO done VALUES (?, 0)", (f"local:joined:{HARBOUR}:{IDA}:1.0",))
        connection.execute("INSERT INTO done VALUES (?, 0)", (f"local:pier:m1:reaction-{IDA}-x-1.0",))
        connection.commit()
    database = await opened()
    kept = await database.store.belongings(HARBOUR, IDA)
    assert [each.message.id for each in kept.words] == ["m1"]
    await database.store.commit(Commit(erased=(Erasing(community=HARBOUR, member=IDA),)))
    assert [each.message.id for each in await database.store.texts(HARBOUR, of_ben.id)] == ["m2"]
    assert [each.event.message.id for each in await database.intake.take(9)] == ["m8"]  # type: ignore[union-attr]
    again = Commit(done=("local:pier:m1:0-" + "a" * 24,))
    assert await database.store.commit(again) is Committed.ALREADY_DONE, "what was decided is decided anew"
    await database.close()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        assert not [key for (key,) in connection.execute("SELECT key FROM done") if IDA in key]


async def test_reporters_are_remembered_as_long_as_their_reports_count_and_no_longer(
    opened: Opener, clock: FakeClock
) -> None:
    database = await opened()
    day = timedelta(days=1)
    closed = replace(about_ida("closed"), subject="")
    still_open = a_case("open", subject=BEN)
    reports = tuple(
        replace(an_evidence(case), author=BEN, target=None, reporter=reporter, reported_at=START)
        for case in (closed, still_open)
        for reporter in (IDA, MemberId("cara"))
    )
    duty = Duty(community=HARBOUR, member=IDA, is_on=True, since=START, until=START + 8 * HOUR)
    await database.store.commit(Commit(cases=(new(closed), new(still_open)), evidence=reports, duties=(duty,)))

    async def reporters(case: Case) -> list[str]:
        return sorted(str(each.reporter) for each in await database.store.evidence(HARBOUR, case.id))

    clock.advance(90 * day - timedelta(seconds=1))
    await database.sweep()
    assert await reporters(closed) == ["cara", IDA]
    clock.advance(timedelta(seconds=1))
    await database.sweep()
    assert await reporters(closed) == ["None"], "what was reported twice is one finding"
    assert await reporters(still_open) == ["cara", IDA]
    assert (await database.store.belongings(HARBOUR, IDA)).duties == []


async def test_erasures_and_new_messages_of_one_case_at_once_leave_what_others_wrote_readable(
    opened: Opener, tmp_path: Path
) -> None:
    database = await opened()
    shared = a_case("shared", subject=BEN)
    await database.store.commit(Commit(cases=(new(shared),), texts=((shared.id, SealedMessage(message=a_message(0))),)))
    members = [MemberId(f"member-{number}") for number in range(8)]

    def by(member: MemberId, number: int) -> Commit:
        message = replace(a_message(number), author=Author(id=member, name=member))
        return Commit(texts=((shared.id, SealedMessage(message=message)),))

    for number, member in enumerate(members, start=1):
        await database.store.commit(by(member, number))
    erasing = [Commit(erased=(Erasing(community=HARBOUR, member=member),)) for member in members]
    joining = [by(MemberId("ann"), number) for number in range(100, 140)]
    in_turn = [unit for pair in zip(joining, erasing * 5, strict=True) for unit in pair]
    answers = await asyncio.gather(*(database.store.commit(unit) for unit in in_turn))
    assert set(answers) == {Committed.WRITTEN}
    kept = await database.store.texts(HARBOUR, shared.id)
    assert [each.message.id for each in kept] == ["m0", *(f"m{number}" for number in range(100, 140))]
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        used = {key_id for (key_id,) in connection.execute("SELECT DISTINCT key_id FROM texts")}
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as keys:
        there = {key_id for (key_id,) in keys.execute("SELECT id FROM keys WHERE scope LIKE 'case:%'")}
    assert used <= there
    assert await database.store.commit(Commit(destroyed_texts=(shared.id,))) is Committed.WRITTEN
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as keys:
        left = {scope for (scope,) in keys.execute("SELECT scope FROM keys WHERE scope LIKE 'case:%'")}
    assert not any(scope == f"case:{shared.id}" for scope in left)
