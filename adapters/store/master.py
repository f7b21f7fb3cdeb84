"""The master key: 32 bytes that wrap every other key, in a file of their own or given by the owner.

It is made once, for a database that has none yet. A database remembers a fingerprint of its master key, so that a
lost or foreign one is refused; nothing here ever replaces one.
"""

import os
from pathlib import Path

from adapters.store.sealing import KEY_BYTES, derived, new_key
from core.errors import ConfigurationRefused, KeyMissing

GIVEN = "the given master key"
LOST_KEYS = (
    "put it back; where it is lost for good, `lightkeeper restore BACKUP --forget-texts` gives back all but the words"
)
WITHOUT_MASTER = (
    "where it is lost for good no backup opens any more: stop the bot, copy the database itself to another name, and"
    " `lightkeeper restore COPY --replace --forget-texts` gives back all but the words"
)


def fingerprint(master: bytes) -> str:
    """What tells one master key from another without telling anything of it."""
    return derived(master, "fingerprint").hex()[:32]


def master_key(path: Path, given: str | None, known: str | None) -> bytes:
    """The master key: `given` (64 hexadecimal digits) or, without it, what `path` holds.

    Args:
        path: Its file; made with mode 0600 when there is none and `known` is None.
        given: The owner's own, for example from the environment.
        known: The fingerprint that the database was sealed with, None for a new database.

    Raises:
        KeyMissing: There is none, or it has another fingerprint.
        ConfigurationRefused: It is not 64 hexadecimal digits.
    """
    place = GIVEN if given is not None else str(path)
    try:
        master = read_master_key(path, given)
    except OSError as error:
        raise ConfigurationRefused(
            place, f"can't be read: {error.strerror}", "let the user who runs the bot read it"
        ) from None
    if master is None and known is None:
        return _made(path)
    if master is None:
        raise KeyMissing(
            path=str(path),
            reason="the master key of this database is gone",
            hint=f"put the file back or give the key as LIGHTKEEPER_MASTER_KEY; {WITHOUT_MASTER}",
        )
    if known is not None and fingerprint(master) != known:
        raise KeyMissing(
            path=place,
            reason="this is another master key than the one this database was sealed with",
            hint="put the right key back; without it no stored text can be opened",
        )
    return master


def present_master_key(path: Path, given: str | None, known: str | None) -> bytes:
    """The master key that is there; none is made. Raises: as `master_key`."""
    if known is None and given is None and not path.exists():
        raise KeyMissing(str(path), "there is no master key, which seals backups", "start the bot once")
    return master_key(path, given, known)


def read_master_key(path: Path, given: str | None) -> bytes | None:
    """What is there: `given`, or what `path` holds, or None. Raises: `ConfigurationRefused`, `OSError`."""
    if given is not None:
        return _parsed(given, GIVEN)
    return _parsed(path.read_text(encoding="ascii", errors="replace"), str(path)) if path.exists() else None


def _parsed(digits: str, place: str) -> bytes:
    try:
        master = bytes.fromhex(digits.strip())
    except ValueError:
        master = b""
    if len(master) != KEY_BYTES:
        raise ConfigurationRefused(
            path=place, reason="a master key is 64 hexadecimal digits", hint="restore the original key"
        )
    return master


def _made(path: Path) -> bytes:
    master = new_key()
    unfinished = path.with_name(path.name + ".new")
    handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(master.hex() + "\n")
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
    return master
