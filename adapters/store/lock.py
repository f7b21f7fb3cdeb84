"""One process at a time on one database: a lock file that the kernel lets go of however its process ends.

The file stays where it is and names the process that took it last; only the lock on it says whether that one lives.
Systems without `flock` can't tell, and let everybody in.
"""

import contextlib
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from core.errors import ConfigurationRefused

_TRIES = 6
_BETWEEN_TRIES_S = 0.02
"""Somebody who only looks whether it is held has it for a moment."""


class Lock:
    """A lock that is held until `release`; build it with `take`."""

    def __init__(self, handle: int) -> None:
        self._handle: int | None = handle

    def release(self) -> None:
        """Let others in; may repeat."""
        if self._handle is not None:
            os.close(self._handle)
            self._handle = None


def lock_path(base: Path) -> Path:
    """The lock file beside the database `base`."""
    return base.with_name(base.name + ".lock")


def take(path: Path, *, what: str, hint: str) -> Lock:
    """Take the lock file `path`, making it (mode 0600) where it is missing.

    Args:
        path: The lock file, in a folder that exists.
        what: Who has it otherwise, for the refusal: "another Lightkeeper uses this database".
        hint: What to do about it.

    Raises: `ConfigurationRefused` while another process, or another opening in this one, holds it.
    """
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise ConfigurationRefused(
            str(path), f"the lock file can't be made: {error.strerror}", "let this user write here"
        ) from None
    for left in reversed(range(_TRIES)):
        if _is_ours(handle):
            os.ftruncate(handle, 0)
            os.pwrite(handle, f"{os.getpid()}\n".encode("ascii"), 0)
            return Lock(handle)
        if left:
            time.sleep(_BETWEEN_TRIES_S)
    pid = _pid(handle)
    os.close(handle)
    raise ConfigurationRefused(str(path), what + (f" (process {pid})" if pid else ""), hint)


@contextlib.contextmanager
def held(path: Path, *, what: str, hint: str) -> Iterator[None]:
    """`take` for the length of a block."""
    lock = take(path, what=what, hint=hint)
    try:
        yield
    finally:
        lock.release()


def is_held(path: Path) -> bool:
    """Whether a living process holds the lock file."""
    return _look(path)[0]


def holder(path: Path) -> int | None:
    """The process that holds the lock file, as far as its own container numbers it; None when nobody does."""
    return _look(path)[1]


def _look(path: Path) -> tuple[bool, int | None]:
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False, None
    try:
        return (False, None) if _is_ours(handle, shared=True) else (True, _pid(handle))
    finally:
        os.close(handle)


def _pid(handle: int) -> int | None:
    content = os.pread(handle, 32, 0).strip()
    return int(content) if content.isdigit() else None


def _is_ours(handle: int, *, shared: bool = False) -> bool:
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(handle, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
