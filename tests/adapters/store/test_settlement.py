"""What a restored backup may do, and what it must not: erased stays erased, done is not done again."""

import shutil
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.store.audit import reference_scope
from adapters.store.database import Database
from adapters.store.erasures import Erasure, ErasureKind
from adapters.store.restoring import restore
from adapters.store.settlement import Settled
from core.desk.restored import LEAP
from core.errors import ConfigurationRefused, TextGone
from core.model.action import ActionKind, Lane
from core.model.audit import AuditVerb
from core.model.case import Case, CaseId, Concern, Enforcement, Outcome, State
from core.model.event import MessageWritten
from core.model.record import Action, ActionRecord, ActionState, Commit, Committed
from tests.adapters.store.conftest import Opener, unsealed
from tests.clock import START, FakeClock
from tests.contract.samples import (
    ANN,
    HARBOUR,
    ISLAND,
    a_case,
    a_draft,
    a_timer,
    an_action,
    forgetting,
    new,
    opening,
    sealed,
    written,
)

CASE = a_case().id
Settling = Callable[[], Awaitable[tuple[Database, Settled]]]


@pytest.fixture
def settled(opened: Opener, tmp_path: Path, clock: FakeClock) -> Settling:
    """Restores `copy.sqlite3` over `house.sqlite3`, which has to be closed, and opens the result."""

    async def settle() -> tuple[Database, Settled]:
        done = await restore(tmp_path / "copy.sqlite3", tmp_path / "house.sqlite3", clock=clock, replaces=True)
        assert done.settled is not None
        return await opened(), done.settled

    return settle


def key_scopes(tmp_path: Path) -> list[str]:
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as connection:
        return [scope for (scope,) in connection.execute("SELECT scope FROM keys ORDER BY scope")]


async def all_actions(database: Database, case_id: CaseId = CASE) -> dict[str, ActionRecord]:
    return {each.action.key: each for each in await database.store.actions(HARBOUR, case_id)}


async def back_up_and_close(database: Database, tmp_path: Path, *later: Commit) -> None:
    """Back up, then let the bot go on: what it commits after that is lost with the restore."""
    await database.backup(tmp_path / "copy.sqlite3")
    for unit in later:
        assert await database.store.commit(unit) is Committed.WRITTEN
    await database.close()


async def test_a_text_that_was_erased_since_the_backup_stays_erased(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    other = a_case("case-2", subject="ben")
    await database.store.commit(
        Commit(cases=(new(a_case()), new(other)), texts=((CASE, sealed(1)), (CASE, sealed(2)), (other.id, sealed(3))))
    )
    await back_up_and_close(database, tmp_path, Commit(destroyed_texts=(CASE,)))
    with closing(sqlite3.connect(unsealed(tmp_path / "copy.sqlite3"))) as connection:
        assert connection.execute("SELECT count(*) FROM texts").fetchone() == (3,), "the test proves nothing"
    restored, told = await settled()
    with pytest.raises(TextGone):
        await restored.store.texts(HARBOUR, CASE)
    assert list(await restored.store.texts(HARBOUR, other.id)) == [sealed(3)]
    assert (told.erased_texts, told.texts, told.keyless_texts) == (2, 1, 0)
    assert (await restored.store.counts())["texts"] == 1


async def test_a_text_that_expired_and_whose_case_gained_new_words_keeps_only_the_new_ones(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed(1)),)))
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    await database.store.commit(Commit(texts=((CASE, sealed(2)),)))
    await back_up_and_close(database, tmp_path)
    restored, told = await settled()
    assert list(await restored.store.texts(HARBOUR, CASE)) == [sealed(2)]
    assert (told.texts, told.erased_texts) == (1, 0)


async def test_an_erasure_that_a_kill_cut_short_before_the_restore_is_finished_by_it(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    """Committed in the database that is set aside, its key still in the key file."""
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await back_up_and_close(database, tmp_path)
    with closing(sqlite3.connect(tmp_path / "house.sqlite3")) as connection:
        connection.execute("INSERT INTO doomed_keys SELECT key_id FROM texts")
        connection.execute("DELETE FROM texts")
        connection.commit()
    assert f"case:{CASE}" in key_scopes(tmp_path)
    restored, told = await settled()
    assert told.erased_texts == 1
    with pytest.raises(TextGone):
        await restored.store.texts(HARBOUR, CASE)
    assert f"case:{CASE}" not in key_scopes(tmp_path)


async def test_words_whose_key_is_merely_missing_are_told_and_kept_for_a_newer_key_file(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),)))
    shutil.copy(tmp_path / "house.sqlite3.keys", tmp_path / "older.keys")
    await database.store.commit(Commit(texts=((CASE, sealed()),)))
    await back_up_and_close(database, tmp_path)
    shutil.copy(tmp_path / "house.sqlite3.keys", tmp_path / "newer.keys")
    shutil.copy(tmp_path / "older.keys", tmp_path / "house.sqlite3.keys")
    restored, told = await settled()
    assert (told.keyless_texts, told.erased_texts, told.texts) == (1, 0, 0)
    with pytest.raises(TextGone):
        await restored.store.texts(HARBOUR, CASE)
    await restored.close()
    shutil.copy(tmp_path / "newer.keys", tmp_path / "house.sqlite3.keys")
    assert len(await (await opened()).store.texts(HARBOUR, CASE)) == 1


async def test_whom_the_audit_was_about_stays_unknown_after_an_erasure(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), audit=(a_draft(a_case()),)))
    await database.backup(tmp_path / "copy.sqlite3")
    await database.store.commit(forgetting(a_case()))
    await database.close()
    restored, _ = await settled()
    assert reference_scope(HARBOUR, CASE) not in key_scopes(tmp_path)
    await restored.store.commit(Commit(audit=(a_draft(a_case()),)))
    newest, *_, oldest = await restored.store.audit(HARBOUR, 10)
    assert newest.member_ref
    assert oldest.member_ref
    assert newest.member_ref != oldest.member_ref


def a_live(key: str, kind: ActionKind, **more: object) -> Action:
    return replace(an_action(key, kind=kind, lane=Lane.ENFORCEMENT), **more)  # type: ignore[arg-type]


async def test_nothing_that_was_due_is_done_again_and_people_are_called(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    await database.store.commit(
        Commit(
            cases=(new(a_case()),),
            actions=(
                a_live("ban", ActionKind.BAN),
                a_live("unban", ActionKind.UNBAN),
                a_live("letter", ActionKind.SUPPORT_MESSAGE),
                a_live("proposal", ActionKind.KICK, enforcement=Enforcement.PROPOSED),
                a_live("shadow", ActionKind.KICK, enforcement=Enforcement.SHADOW),
                a_live("over", ActionKind.DELETE),
            ),
        )
    )
    await database.store.record_action("over", ActionState.DONE, START, receipt="42")
    await database.backup(tmp_path / "copy.sqlite3")
    for record in await database.store.claim_actions(START, 10):
        await database.store.record_action(record.action.key, ActionState.DONE, START)
    await database.close()
    restored, told = await settled()
    records = await all_actions(restored)
    states = {key: record.state for key, record in records.items()}
    assert (
        states
        | {
            "ban": ActionState.UNKNOWN,
            "unban": ActionState.UNKNOWN,
            "letter": ActionState.UNKNOWN,
            "proposal": ActionState.PROPOSED,
            "shadow": ActionState.SHADOW,
            "over": ActionState.DONE,
        }
        == states
    )
    assert records["over"].receipt == "42"
    assert sorted(told.unknown) == sorted(
        (CASE, kind) for kind in (ActionKind.BAN, ActionKind.UNBAN, ActionKind.SUPPORT_MESSAGE)
    )
    assert not await restored.store.unclaim_actions()
    handed_out = [each.action.kind for each in await restored.store.claim_actions(START, 100)]
    assert sorted(handed_out) == [ActionKind.PAGE, ActionKind.REFRESH_CARD]


async def test_what_was_under_way_at_the_backup_is_settled_by_the_same_rule(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    actions = (a_live("ban", ActionKind.BAN), an_action("alert"))
    await database.store.commit(Commit(cases=(new(a_case()),), actions=actions))
    assert len(await database.store.claim_actions(START, 10)) == 2
    await back_up_and_close(database, tmp_path)
    restored, told = await settled()
    states = {key: record.state for key, record in (await all_actions(restored)).items()}
    assert (states["ban"], states["alert"]) == (ActionState.UNKNOWN, ActionState.PENDING)
    assert told.alerts_again == 2
    """The alert, and the call to the case with the ban."""


async def test_an_alert_that_was_due_goes_out_though_it_may_go_out_twice(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    crisis = a_case("case-2", concern=Concern.CRISIS, subject="ben", level=4)
    alert = an_action("alert", case=crisis, lane=Lane.CRISIS)
    await database.store.commit(Commit(cases=(new(crisis),), actions=(alert,)))
    await back_up_and_close(database, tmp_path)
    restored, told = await settled()
    first, *_ = await restored.store.claim_actions(START, 10)
    assert (first.action.key, told.alerts_again, told.crisis_cases) == ("alert", 1, (crisis.id,))


def closed(name: str, days_ago: int) -> Case:
    at = START - timedelta(days=days_ago)
    case = replace(a_case(name, subject=name), state=State.RESOLVED, outcome=Outcome.TALKED, closed_at=at)
    return replace(case, closed_by=ANN, opened_at=at, updated_at=at)


async def test_the_cards_of_open_and_lately_closed_cases_follow_and_old_buttons_do_not_work(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    lately, long_ago = closed("lately", 6), closed("long-ago", 8)
    await database.store.commit(Commit(cases=(new(a_case()), new(lately), new(long_ago))))
    await back_up_and_close(database, tmp_path)
    restored, told = await settled()
    refreshed = {each.action.case_id for each in await restored.store.claim_actions(START, 10)}
    assert refreshed == {CASE, lately.id}
    assert told.open_cases == 1
    for before in (a_case(), lately, long_ago):
        case = await restored.store.case(HARBOUR, before.id)
        assert case == replace(before, version=before.version + LEAP, turn=before.turn + LEAP)


async def test_what_had_come_in_is_screened_again_as_late(opened: Opener, tmp_path: Path, settled: Settling) -> None:
    database = await opened()
    await database.intake.append([written(1), written(2)])
    await database.backup(tmp_path / "copy.sqlite3")
    await database.intake.ack([each.seq for each in await database.intake.take(10)])
    await database.close()
    restored, told = await settled()
    events = [each.event for each in await restored.intake.take(10)]
    assert [(each.message.id, each.message.is_late) for each in events if isinstance(each, MessageWritten)] == [
        ("m1", True),
        ("m2", True),
    ]
    assert (told.late_events, told.lost_events) == (2, 0)
    assert await restored.intake.append([written(1)]) == 0, "the late one is known by another key"


async def test_what_had_come_in_and_was_erased_since_is_counted_and_goes(
    opened: Opener, tmp_path: Path, settled: Settling, clock: FakeClock
) -> None:
    database = await opened()
    await database.intake.append([written(1)])
    await database.backup(tmp_path / "copy.sqlite3")
    await database.intake.ack([each.seq for each in await database.intake.take(10)])
    clock.advance(timedelta(hours=2))
    await database.sweep()
    await database.close()
    restored, told = await settled()
    assert (told.late_events, told.lost_events) == (0, 1)
    assert not await restored.intake.take(10)
    assert (await restored.store.counts())["intake"] == 0


async def test_timers_that_are_overdue_fire_once(
    opened: Opener, tmp_path: Path, settled: Settling, clock: FakeClock
) -> None:
    database = await opened()
    await database.store.commit(Commit(timers=(a_timer("case-1"), a_timer("case-2", minutes=600))))
    await back_up_and_close(database, tmp_path)
    clock.advance(timedelta(hours=1))
    restored, told = await settled()
    (due,) = await restored.store.due_timers(clock.now(), 10)
    assert (due.key, told.overdue_timers) == ("case-1", 1)
    fired = [await restored.store.commit(Commit(fired_timers=(due,))) for _ in range(2)]
    assert fired == [Committed.WRITTEN, Committed.ALREADY_DONE]


async def test_every_community_s_audit_tells_of_it_and_its_chain_holds(
    opened: Opener, tmp_path: Path, settled: Settling
) -> None:
    database = await opened()
    island = a_case("case-2", community=ISLAND)
    await database.store.commit(
        Commit(
            cases=(new(a_case()), new(island)),
            audit=(a_draft(a_case()), a_draft(island)),
            actions=(a_live("ban", ActionKind.BAN),),
        )
    )
    await back_up_and_close(database, tmp_path, Commit(audit=(a_draft(a_case(), "resolved"),)))
    restored, told = await settled()
    assert told.communities == 2
    for community, unknown in ((HARBOUR, "1"), (ISLAND, "0")):
        entry, before = await restored.store.audit(community, 10)
        assert entry.verb == AuditVerb.RESTORED
        assert entry.facts == {"taken_at": START.isoformat(), "unknown": unknown}
        assert entry.case_id is None
        assert before.verb == "claimed"
        assert await restored.store.verify_audit(community) is None
    await restored.store.commit(Commit(audit=(a_draft(a_case(), "extended"),)))
    assert await restored.store.verify_audit(HARBOUR) is None


async def test_a_backup_that_was_put_there_by_hand_is_settled_all_the_same(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(
        Commit(cases=(new(a_case()),), texts=((CASE, sealed()),), actions=(a_live("ban", ActionKind.BAN),))
    )
    await back_up_and_close(database, tmp_path, Commit(destroyed_texts=(CASE,)))
    shutil.copy(unsealed(tmp_path / "copy.sqlite3"), tmp_path / "house.sqlite3")
    restored = await opened()
    assert restored.settled is not None
    assert restored.settled.erased_texts == 1
    assert (await all_actions(restored))["ban"].state is ActionState.UNKNOWN


async def test_it_is_settled_once(opened: Opener, tmp_path: Path, settled: Settling) -> None:
    database = await opened()
    await database.store.commit(opening(a_case()))
    await back_up_and_close(database, tmp_path)
    restored, _ = await settled()
    assert restored.settled is None
    await restored.store.commit(Commit(actions=(a_live("ban", ActionKind.BAN),)))
    await restored.close()
    again = await opened()
    assert again.settled is None
    assert (await all_actions(again))["ban"].state is ActionState.PENDING


async def test_keys_of_what_only_a_database_set_aside_holds_go_when_their_time_is_over(
    opened: Opener, tmp_path: Path, settled: Settling, clock: FakeClock
) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    lost = a_case("lost", subject="ben")
    await back_up_and_close(database, tmp_path, Commit(cases=(new(lost),), texts=((lost.id, sealed()),)))
    restored, _ = await settled()
    clock.advance(timedelta(days=7))
    await restored.sweep()
    assert key_scopes(tmp_path) == ["case:case-1", "case:lost"]
    clock.advance(timedelta(seconds=1))
    await restored.sweep()
    assert key_scopes(tmp_path) == ["case:case-1"]
    assert len(await restored.store.texts(HARBOUR, CASE)) == 1


async def test_a_journal_with_what_only_a_newer_version_can_erase_stops_the_restore(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    await database.store.commit(opening(a_case()))
    await back_up_and_close(database, tmp_path)
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as connection:
        connection.execute("INSERT INTO erasures (kind, name, at, key_id) VALUES ('everything_of_x', 'x', 0, '')")
        connection.commit()
    with pytest.raises(ConfigurationRefused, match="a newer version"):
        await restore(tmp_path / "copy.sqlite3", tmp_path / "house.sqlite3", clock=clock, replaces=True)
    assert (await (await opened()).store.counts())["cases"] == 1


async def test_an_erasure_that_destroys_no_key_is_in_the_journal_for_good_and_in_no_backup(
    opened: Opener, tmp_path: Path, clock: FakeClock
) -> None:
    database = await opened()
    erasure = Erasure(kind=ErasureKind.CASE_REFERENCES, name="synthetic-name", at=START)
    await database._keys.record_erasures([erasure])
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await database.store.commit(Commit(destroyed_texts=(CASE,)))
    assert [(each.kind, each.name) for each in await database._keys.erasures()] == [
        (ErasureKind.CASE_REFERENCES, "synthetic-name"),
        (ErasureKind.CASE_TEXT, CASE),
    ]
    await database.backup(tmp_path / "copy.sqlite3")
    assert b"synthetic-name" not in unsealed(tmp_path / "copy.sqlite3").read_bytes()
    clock.advance(timedelta(days=401))
    await database.sweep()
    assert await database._keys.erasures() == [erasure]


async def test_a_key_file_of_an_older_version_is_brought_up_to_date(opened: Opener, tmp_path: Path) -> None:
    database = await opened()
    await database.store.commit(Commit(cases=(new(a_case()),), texts=((CASE, sealed()),)))
    await database.close()
    with closing(sqlite3.connect(tmp_path / "house.sqlite3.keys")) as connection:
        connection.execute("DROP TABLE erasures")
        connection.execute("ALTER TABLE keys DROP COLUMN made_at")
        connection.commit()
    reopened = await opened()
    assert len(await reopened.store.texts(HARBOUR, CASE)) == 1
    await reopened.store.commit(Commit(destroyed_texts=(CASE,)))
    assert [each.name for each in await reopened._keys.erasures()] == [CASE]
