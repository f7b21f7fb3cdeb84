"""Files of a store: what they are called, and making them durable and private."""

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

from core.errors import ConfigurationRefused

ROOM = 16 * 2**20
"""What has to be free on a disk beyond what is about to be written, in bytes: a full one stops the bot."""


def beside(path: Path, ending: str) -> Path:
    """The file beside a database whose name is the database's with an ending."""
    return path.with_name(path.name + ending)


def stamp(now: datetime) -> str:
    """A moment as it stands in the names of files, in UTC."""
    return now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def make_folder(folder: Path) -> None:
    """Make a folder that only its owner can enter, where it is missing. Raises: `ConfigurationRefused`."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationRefused(
            str(folder), f"this folder can't be made: {error.strerror}", "name another place"
        ) from None


def sync(path: Path) -> None:
    """Make a file, or the names in a folder, durable."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def keep_as(path: Path, other: Path) -> None:
    """Give a file a second name; whichever of the two is replaced later, the other one keeps what it holds."""
    try:
        os.link(path, other)
    except OSError:  # a disk without hard links
        shutil.copyfile(path, other)
        other.chmod(0o600)
        sync(other)
