"""Writing the configuration: whole files put in place at once, what stands there already kept."""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from config.communities import CommunitiesFile, CommunityEntry, written
from config.toml_file import load_toml
from core.errors import ConfigurationRefused


def write_settings(path: Path, values: Mapping[str, str]) -> None:
    """Put `values` into the settings file; other lines stay as they are. Readable by its owner alone.

    Raises: `ConfigurationRefused` when it can't be written; the file is then as it was.
    """
    lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
    for name, value in values.items():
        if not re.fullmatch(r"[!-~]+", value) or "'" in value:
            raise ConfigurationRefused(name, "holds a character that no token has", "copy it anew")
        lines = [line for line in lines if not re.match(rf"\s*(export\s+)?{name}\s*=", line, re.IGNORECASE)]
        lines.append(f"{name}='{value}'")
    _put(path, "\n".join(lines) + "\n", mode=0o600)


def entries_in(path: Path) -> tuple[CommunityEntry, ...]:
    """The communities that stand in the file already. Raises: `ConfigurationRefused`."""
    return load_toml(path, CommunitiesFile).community if path.exists() else ()


def write_communities(path: Path, entries: tuple[CommunityEntry, ...]) -> Path | None:
    """Write the communities file; the one that was there is kept beside it, and its path returned.

    Raises: `ConfigurationRefused` when it can't be written; the file is then as it was.
    """
    kept = None
    if path.exists():
        kept = path.with_name(path.name + ".before")
        _put(kept, path.read_text(encoding="utf-8"), mode=0o600)
    _put(path, written(CommunitiesFile(community=entries)), mode=0o600)
    return kept


def _put(path: Path, text: str, *, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                os.fchmod(stream.fileno(), mode)
                stream.write(text)
                stream.flush()
                os.fsync(stream.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ConfigurationRefused(
            str(path), f"can't be written: {error.strerror}", "choose a folder where you may write"
        ) from None
