"""A backup as it lies on a disk: sealed in chunks, so that who finds it reads nothing of anybody.

A clear head says what it is, of which revision, when it was taken and by which master key it opens. The key is derived
from the master key and a salt of the file's own; each chunk is AES-256-GCM under its number, the last one under a mark
as well, so that none can be changed, moved, or cut off without being noticed. Memory stays constant, however large the
database is.
"""

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from adapters.store.master import fingerprint
from adapters.store.sealing import derived, new_key
from core.errors import ConfigurationRefused, KeyMissing

CHUNK = 2**18
"""How much is sealed at a time, in bytes."""

_MAGIC = b"lightkeeper backup 1\n"
_TAG = 16
_LONGEST_HEAD = 2**16


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """What a sealed file says in clear.

    Attributes:
        revision: The schema's.
        opened_by: The version of Lightkeeper that had opened the database last; "" when unknown.
        taken_at: When it was taken.
        master: The fingerprint of the master key that opens it.
        salt: In hexadecimal.
    """

    revision: str
    opened_by: str
    taken_at: str
    master: str = ""
    salt: str = ""

    @property
    def at(self) -> datetime:
        """When it was taken."""
        return datetime.fromisoformat(self.taken_at)


class Sink(Protocol):
    """What bytes are written to."""

    def write(self, written: bytes, /) -> object: ...


def head_of(path: Path) -> Head | None:
    """What a sealed file says of itself; None for another file."""
    try:
        with path.open("rb") as file:
            read = _read_head(file)
    except OSError:
        return None
    return read[0] if read else None


def seal_file(plain: Path, target: Sink, master: bytes, head: Head) -> None:
    """Write what `plain` holds to `target`, sealed."""
    head = replace(head, master=fingerprint(master), salt=new_key().hex())
    told = json.dumps(asdict(head)).encode("ascii")
    opening = _MAGIC + len(told).to_bytes(4, "big") + told
    key = AESGCM(_key(master, head))
    target.write(opening)
    with plain.open("rb") as file:
        for number, chunk, is_last in _chunks(file, CHUNK):
            target.write(key.encrypt(_nonce(number, is_last=is_last), chunk, opening))


def unseal_file(sealed: Path, target: Sink, master: bytes | None) -> Head:
    """Write what `sealed` holds to `target`, opened.

    Raises: `KeyMissing` where the master key is another one or none; `ConfigurationRefused` where the file was changed
        or cut off; what was written to `target` is worth nothing then.
    """
    with sealed.open("rb") as file:
        read = _read_head(file)
        if read is None:
            raise _damaged(sealed)
        head, opening = read
        if master is None or fingerprint(master) != head.master:
            raise KeyMissing(
                path=str(sealed),
                reason="this backup was sealed with another master key"
                if master
                else "this backup is sealed with a master key that is not there",
                hint="put that key back, as its file or as LIGHTKEEPER_MASTER_KEY: without it nobody can open this",
            )
        key = AESGCM(_key(master, head))
        for number, chunk, is_last in _chunks(file, CHUNK + _TAG):
            try:
                target.write(key.decrypt(_nonce(number, is_last=is_last), chunk, opening))
            except (InvalidTag, ValueError):
                raise _damaged(sealed) from None
    return head


def _read_head(file: BinaryIO) -> tuple[Head, bytes] | None:
    start = file.read(len(_MAGIC) + 4)
    if not start.startswith(_MAGIC) or len(start) < len(_MAGIC) + 4:
        return None
    length = int.from_bytes(start[len(_MAGIC) :], "big")
    told = file.read(length) if length <= _LONGEST_HEAD else b""
    try:
        head = Head(**json.loads(told))
        _ = head.at, bytes.fromhex(head.salt)
    except (ValueError, TypeError):
        return None
    return head, start + told


def _chunks(file: BinaryIO, size: int) -> Iterator[tuple[int, bytes, bool]]:
    """Number, bytes, and whether nothing follows; at least one, be it empty."""
    number, chunk = 0, file.read(size)
    while True:
        following = file.read(size) if len(chunk) == size else b""
        yield number, chunk, not following
        if not following:
            return
        number, chunk = number + 1, following


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([is_last])


def _key(master: bytes, head: Head) -> bytes:
    return derived(master, "backup", salt=bytes.fromhex(head.salt))


def _damaged(path: Path) -> ConfigurationRefused:
    return ConfigurationRefused(str(path), "it is damaged: it was changed or cut off", "name another backup")
