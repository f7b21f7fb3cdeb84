"""Where a demo keeps its database, its keys and the platform's journal; one demo at a time."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO

from core.errors import ConfigurationRefused

LOCK = "demo.lock"


@contextmanager
def demo_folder(wanted: Path | None) -> Iterator[Path]:
    """The folder that was named, made where it is missing; or a temporary one, which goes at the end.

    Raises: `ConfigurationRefused` when it can't be made or used, or while another demo uses it. Systems without
    `flock` can't tell that.
    """
    with ExitStack() as stack:
        folder = wanted or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="lightkeeper-demo-")))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = stack.enter_context((folder / LOCK).open("ab"))
        except OSError as error:
            raise ConfigurationRefused(
                str(folder), f"this folder can't be used: {error.strerror}", "name another one with --dir"
            ) from None
        if not _is_ours(lock):
            raise ConfigurationRefused(str(folder), "another demo uses this folder", "name another one with --dir")
        yield folder


def _is_ours(lock: BinaryIO) -> bool:
    """Take the lock, which goes with the process however it ends; whether nobody else had it."""
    if sys.platform == "win32":
        return True
    import fcntl

    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
