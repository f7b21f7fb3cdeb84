"""What an owner is told after a backup or a restore: what was done, what to look at, and how to go back."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from adapters.store.restoring import Restored
from adapters.store.settlement import Settled
from bots.safekeeping.flow import BackedUp

NAMED = 20
"""How many cases are named; the rest is counted."""

LEFT_ALONE = (
    "It keeps what it held about people, sealed with the master key unless its name ends in .sqlite3: delete it once"
    " you don't need it any more."
)


def told_backup(made: BackedUp) -> Iterator[str]:
    """The lines about a backup."""
    yield f"{made.path}: {made.bytes / 2**20:.1f} MB, checked, and sealed with the master key: nothing else opens it."
    if made.pruned:
        yield f"Older automatic backups that made room: {made.pruned}."
    if made.keys:
        yield (
            f"Not in it, on purpose: {' and '.join(str(each) for each in made.keys)}. Without the first no kept text"
            " can be read, without the master key nothing at all: keep copies in other places than backups (lightkeeper"
            " backup --keys FILE)."
        )


def told_keys(target: Path, needed: Sequence[Path]) -> Iterator[str]:
    """The lines about a copy of the key file."""
    yield f"{target}: the keys, as they are now. Make it anew often: an old copy opens what was erased since."
    for each in needed:
        yield f"It opens nothing without {each}, which never changes: keep a copy of that in a third place."


def told_restore(done: Restored) -> Iterator[str]:
    """The lines about a restore."""
    yield f"{done.database} is as {done.source} has it."
    if done.set_aside is not None:
        yield (
            f"What was there is now {done.set_aside}. To go back to it: lightkeeper restore {done.set_aside} --replace."
            f" {LEFT_ALONE}"
        )
    if done.keys_set_aside is not None:
        yield (
            f"The key file that was there opened nothing and is now {done.keys_set_aside}; what it said of erasures was"
            " kept. Delete it once you are sure that its master key is lost."
        )
    if done.is_upgraded:
        yield f"It was of revision {done.revision} and was upgraded to this version's."
    if done.settled is None:
        version = f"Lightkeeper {done.opened_by}" if done.opened_by else "the version that you had before"
        yield (
            f"It is of revision {done.revision} and was left so: install {version} before you start the bot, since this"
            " version would upgrade it again. The first start settles it: what was erased since goes again, and nothing"
            " that was due is repeated."
        )
        return
    if done.may_miss_erasures:
        yield (
            "Nothing here can say for sure what was erased since the backup: look at what people asked you to delete"
            " last, and delete it again."
        )
    yield from told_settled(done.settled)


def told_settled(settled: Settled, *, taken: str = "It was backed up at") -> Iterator[str]:
    """The lines about what settling did; `taken` begins the sentence that says when."""
    yield (
        f"{taken} {settled.taken_at:%Y-%m-%d %H:%M} UTC. What people and the bot did since is not in it, and the audit"
        f" of every community here ({settled.communities}) says so."
    )
    cases = f"Cases that are open again, or still: {settled.open_cases}. Some may have been closed since."
    crisis = f" Look at those about a crisis first: {_named(settled.crisis_cases)}." if settled.crisis_cases else ""
    yield cases + crisis
    if settled.unknown:
        acts = [f"{case_id} ({kind.value})" for case_id, kind in settled.unknown]
        yield (
            f"Actions that were due then: {len(settled.unknown)}. They may have been carried out or undone since, so"
            f" none is repeated: see on the platform, and decide. {_named(acts)}."
        )
    if settled.alerts_again:
        yield f"Alerts and calls that go out at the next start, perhaps a second time: {settled.alerts_again}."
    if settled.overdue_timers:
        yield f"Overdue timers, which fire once at the next start: {settled.overdue_timers}."
    if settled.late_events:
        yield (
            f"Messages and other events that had come in: {settled.late_events}. They are screened again, as late:"
            " people are told, nothing is enforced."
        )
    if settled.lost_events:
        yield f"Messages and other events that nobody can open any more: {settled.lost_events}."
    if settled.erased_texts:
        yield f"Kept messages that were erased or expired since, and are gone again: {settled.erased_texts}."
    if settled.keyless_texts:
        yield (
            f"Kept messages without a key, though nothing says that they were erased: {settled.keyless_texts}. The key"
            " file is probably an older copy. With a newer one in its place they can be read again."
        )


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")
