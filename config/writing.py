"""Writing a configuration: values as TOML has them, and whole files put in place at once."""

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import date
from pathlib import Path

from core.errors import ConfigurationRefused

OWNER_ALONE = 0o600
EVERYBODY_READS = 0o644

OTHER_FOLDER = "name a folder where you may write with --dir"


def toml_value(value: object) -> str:
    """A value as TOML has it: JSON's, but for tables, dates, and what JSON would write as two halves."""
    match value:
        case Mapping():
            return "{ " + ", ".join(f"{key} = {toml_value(each)}" for key, each in value.items()) + " }"
        case list() | tuple() | set() | frozenset():
            return "[" + ", ".join(map(toml_value, value)) + "]"
        case date():
            return value.isoformat()
        case _:
            return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def put(path: Path, text: str, mode: int = OWNER_ALONE, hint: str = OTHER_FOLDER) -> None:
    """Put the file in place: whole or not at all, there after a loss of power.

    Raises: `ConfigurationRefused` when it can't be written; the file is then as it was.
    """
    try:
        target = target_of(path)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as stream:
                os.fchmod(stream.fileno(), mode)
                if os.geteuid() == 0:  # as root for somebody else: they have to be able to read it
                    whose = (target if target.exists() else target.parent).stat()
                    os.fchown(stream.fileno(), whose.st_uid, whose.st_gid)
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(target)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(target.parent)
    except OSError as error:
        raise cannot_write(path, error, hint) from None


@contextmanager
def alone_in(folder: Path, hint: str = OTHER_FOLDER) -> Iterator[None]:
    """Let one process at a time read and write the files there; the others wait.

    Raises: `ConfigurationRefused` when the folder can't be used.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise cannot_write(folder, error, hint) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def target_of(path: Path) -> Path:
    """The file itself where `path` is a link to it. Raises: `OSError` for links in a circle."""
    try:
        return path.resolve()
    except RuntimeError as error:
        raise OSError(0, str(error)) from None


def cannot_write(path: Path, error: OSError, hint: str = OTHER_FOLDER) -> ConfigurationRefused:
    """What an owner is told of a place that takes no file."""
    return ConfigurationRefused(str(path), f"can't be written: {error.strerror}", hint)


def _sync_folder(folder: Path) -> None:
    """Make the new name itself durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
