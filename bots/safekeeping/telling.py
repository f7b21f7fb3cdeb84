"""What an owner is told after a backup or a restore: what was done, what to look at, and how to go back."""

from collections.abc import Iterator, Sequence

from adapters.store.restoring import Restored
from adapters.store.settlement import Settled
from bots.safekeeping.flow import BackedUp

NAMED = 20
"""How many cases are named; the rest is counted."""

LEFT_ALONE = "It keeps what it held about people: delete it once you don't need it any more."


def told_backup(made: BackedUp) -> Iterator[str]:
    """The lines about a backup."""
    yield f"{made.path}: {made.bytes / 2**20:.1f} MB, checked."
    if made.pruned:
        yield f"{_count(made.pruned, 'older automatic backup')} made room."
    if made.keys:
        yield (
            f"Not in it, on purpose: {' and '.join(str(each) for each in made.keys)}. Keep their newest copy in another"
            " place than backups, and never an old one: without them no kept text can be read."
        )


def told_restore(done: Restored) -> Iterator[str]:
    """The lines about a restore."""
    yield f"{done.database} is as {done.source} has it."
    if done.set_aside is not None:
        yield (
            f"What was there is now {done.set_aside}. To go back to it: lightkeeper restore {done.set_aside} --replace."
            f" {LEFT_ALONE}"
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
            "The database that was there is too damaged to say whether an erasure was under way when it stopped:"
            " look at what people asked you to delete last."
        )
    yield from told_settled(done.settled)


def told_settled(settled: Settled) -> Iterator[str]:
    """The lines about what settling did."""
    yield (
        f"It was backed up at {settled.taken_at:%Y-%m-%d %H:%M} UTC. What people and the bot did since is not in it,"
        f" and the audit of {_count(settled.communities, 'community', 'communities')} says so."
    )
    yield (
        f"{_count(settled.open_cases, 'case')} open, some of which may have been closed since."
        + (f" Look at those about a crisis first: {_named(settled.crisis_cases)}." if settled.crisis_cases else "")
    )
    if settled.unknown:
        acts = [f"{case_id} ({kind.value})" for case_id, kind in settled.unknown]
        yield (
            f"{_count(len(settled.unknown), 'action')} were due then and may have been carried out or undone since, so"
            f" nothing was repeated. See on the platform and decide: {_named(acts)}."
        )
    if settled.alerts_again:
        yield f"{_count(settled.alerts_again, 'alert')} or calls go out at the next start, perhaps a second time."
    if settled.overdue_timers:
        yield f"{_count(settled.overdue_timers, 'timer')} are overdue and fire at the next start, once."
    if settled.late_events:
        yield (
            f"{_count(settled.late_events, 'message or event', 'messages or events')} had come in and are screened"
            " again, as late: people are told, nothing is enforced."
        )
    if settled.lost_events:
        yield f"{_count(settled.lost_events, 'message or event', 'messages or events')} can't be opened any more."
    if settled.erased_texts:
        yield f"{_count(settled.erased_texts, 'kept message')} erased or expired since, and gone again."
    if settled.keyless_texts:
        yield (
            f"{_count(settled.keyless_texts, 'kept message')} can't be opened, and nothing says that they were erased:"
            " the key file is probably an older copy. With a newer one in its place, restore again."
        )


def _named(names: Sequence[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _count(number: int, one: str, several: str = "") -> str:
    return f"{number} {one if number == 1 else several or one + 's'}"
