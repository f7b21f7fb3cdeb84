"""Writing one decision: everything of a `Commit`, in the order in which it can still be rejected."""

from collections.abc import Sequence

from sqlalchemy import bindparam, delete

from adapters.store import audit, cases, choices, duties, erasing, letting_go, outbox, tables, texts, timers
from adapters.store.engine import adding
from adapters.store.resealing import Resealing
from adapters.store.transaction import Rejected, Transaction
from core.model.case import CaseId
from core.model.record import Commit, Committed


def needs(unit: Commit) -> frozenset[str]:
    """Scopes whose keys the unit seals or names with."""
    sealed = {case_id for case_id, _ in unit.texts} | {note.case_id for note in unit.notes}
    sealing = {texts.case_scope(case_id) for case_id in sealed}
    naming = {audit.reference_scope(each.community, each.case_id) for each in unit.audit if each.member is not None}
    return frozenset(sealing | naming)


def dooms(unit: Commit) -> frozenset[str]:
    """Scopes whose keys die with the unit."""
    sealing = {texts.case_scope(case_id) for case_id in unit.destroyed_texts}
    return frozenset(sealing | _naming_forgotten(unit))


def _naming_forgotten(unit: Commit) -> set[str]:
    writes = (write for write in unit.cases if write.case.id in unit.forgotten)
    return {audit.reference_scope(write.case.community, write.case.id) for write in writes}


def marks_done_only(unit: Commit) -> bool:
    """Whether event keys are all that the unit writes."""
    return unit == Commit(done=unit.done)


def write_unit(transaction: Transaction, unit: Commit, resealing: Resealing) -> Committed:
    """Write all of it. Raises: `Rejected` with how it ended otherwise, `GaveUp` for what contradicts itself."""
    if unit.done and write_done_keys(transaction, [unit.done])[0] is not Committed.WRITTEN:
        raise Rejected(Committed.ALREADY_DONE)
    if unit.fired_timers:
        timers.fire(transaction, unit.fired_timers)
    for write in unit.cases:
        cases.write_case(transaction, write)
    if unit.forgotten:
        cases.drop_evidence(transaction, unit.forgotten)
    if unit.destroyed_texts:
        texts.destroy_texts(transaction, unit.destroyed_texts)
    kept = [(case_id, message) for case_id, message in unit.texts if case_id not in unit.destroyed_texts]
    notes = [note for note in unit.notes if note.case_id not in unit.destroyed_texts]
    named: set[CaseId] = {case_id for case_id, _ in kept}
    named |= {each.case_id for each in unit.evidence} | {note.case_id for note in notes}
    if named:
        known = cases.communities(transaction, named, unit.cases)
        if unit.evidence:
            cases.write_evidence(transaction, unit.evidence, known)
        if kept:
            texts.write_texts(transaction, kept, known)
        if notes:
            texts.write_notes(transaction, notes, known)
    if unit.duties:
        duties.put(transaction, unit.duties)
    if unit.preferences:
        choices.put_preferences(transaction, unit.preferences)
    if unit.fallen:
        choices.drop_standing(transaction, unit.fallen)
    if unit.standing:
        choices.put_standing(transaction, unit.standing)
    if unit.actions:
        outbox.write_actions(transaction, unit.actions)
    if unit.withdrawn:
        outbox.withdraw(transaction, unit.withdrawn, unit.untried)
    if unit.forgotten:
        letting_go.let_go(transaction.connection, unit.forgotten)
        transaction.doom(transaction.doomable[scope] for scope in _naming_forgotten(unit) & transaction.doomable.keys())
    if unit.cancelled_timers:
        timers.cancel(transaction, unit.cancelled_timers)
    if unit.timers:
        timers.put(transaction, unit.timers)
    if unit.audit:
        audit.write_audit(transaction, unit.audit)
    for each in unit.erased:
        erasing.erase(transaction, each, resealing)
    for community in unit.left:
        erasing.leave(transaction, community)
    return Committed.WRITTEN


def write_done_keys(transaction: Transaction, units: Sequence[tuple[str, ...]]) -> list[Committed]:
    """Mark the event keys of units that share none, by one statement; a unit with a known key marks none."""
    table, connection, now = tables.done, transaction.connection, transaction.clock.now()
    units = [tuple(map(transaction.digests.done, keys)) for keys in units]
    wanted = dict.fromkeys(key for keys in units for key in keys)
    marking = adding(connection, table).returning(table.c.key)
    new = set(connection.execute(marking, [{"key": key, "at": now} for key in wanted]).scalars())
    answers = [Committed.WRITTEN if new.issuperset(keys) else Committed.ALREADY_DONE for keys in units]
    taken_back = [
        {"gone": key}
        for keys, answer in zip(units, answers, strict=True)
        for key in new.intersection(keys)
        if answer is Committed.ALREADY_DONE
    ]
    if taken_back:
        connection.execute(delete(table).where(table.c.key == bindparam("gone")), taken_back)
    return answers
