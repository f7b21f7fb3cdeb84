"""Writing the configuration: whole files put in place at once, what stands there already kept."""

import json
import re
import tempfile
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path

from config.communities import HEAD, CommunitiesFile, CommunityEntry, block_of, written
from config.toml_file import load_toml
from config.writing import cannot_write, put, target_of
from core.errors import ConfigurationRefused

_BEGINS_ENTRY = re.compile(r"^(?=[ \t]*\[\[[ \t]*community[ \t]*\]\])", re.MULTILINE)


def check_writable(*paths: Path) -> None:
    """Raises: `ConfigurationRefused` when one of the files can't be put in place; nothing is left behind."""
    for path in paths:
        try:
            folder = target_of(path).parent
            nearest = next(each for each in (folder, *folder.parents) if each.exists())
            with tempfile.TemporaryFile(dir=nearest):
                continue
        except OSError as error:
            raise cannot_write(path, error) from None


def write_settings(path: Path, values: Mapping[str, str]) -> None:
    """Put `values` into the settings file; other lines stay as they are. Readable by its owner alone.

    Raises: `ConfigurationRefused` when it can't be written; the file is then as it was.
    """
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    lines = text.removesuffix("\n").split("\n") if text else []
    for name, value in values.items():
        if not re.fullmatch(r"[!-~]+", value) or "'" in value:
            raise ConfigurationRefused(name, "holds a character that no token has", "copy it anew")
        lines = [line for line in lines if not re.match(rf"\s*(export\s+)?{name}\s*=", line, re.IGNORECASE)]
        lines.append(f"{name}='{value}'")
    if values:
        put(path, "\n".join(lines) + "\n")


def entries_in(path: Path) -> tuple[CommunityEntry, ...]:
    """The communities that stand in the file already, none where it has none yet. Raises: `ConfigurationRefused`."""
    if not path.exists() or _is_blank(path):
        return ()
    return load_toml(path, CommunitiesFile).community


def write_communities(path: Path, entries: tuple[CommunityEntry, ...]) -> Path | None:
    """Write the communities file; the one that was there is kept beside it, and its path returned.

    What stands in the file stays as it is, with its comments, but for the communities that are new or other.

    Raises: `ConfigurationRefused` when it can't be written; the file is then as it was.
    """
    if not path.exists():
        put(path, written(CommunitiesFile(community=entries)))
        return None
    before = path.read_text(encoding="utf-8-sig")
    after = merged(before, entries_in(path), entries)
    if after == before:
        return None
    kept = _free(path)
    put(kept, before)
    put(path, after)
    return kept


def merged(text: str, known: tuple[CommunityEntry, ...], entries: tuple[CommunityEntry, ...]) -> str:
    """`text` with these entries in place of the `known` ones that it holds; written anew where that can't be done."""
    head, *blocks = _BEGINS_ENTRY.split(text)
    wanted = {(entry.platform, entry.id): entry for entry in entries}
    if len(blocks) == len(known):
        parts = [head or HEAD]
        for entry, block in zip(known, blocks, strict=True):
            new = wanted.pop((entry.platform, entry.id), None)
            if new is not None:
                parts.append(block if new == entry else block_of(new))
        whole = _joined([*parts, *map(block_of, wanted.values())])
        if _read(whole) == frozenset(entries):
            return whole
    return written(CommunitiesFile(community=entries))


def _joined(parts: Iterable[str]) -> str:
    """With an empty line between two parts where there is none."""
    text = ""
    for part in parts:
        if text and not text.endswith("\n\n"):
            text += "\n" if text.endswith("\n") else "\n\n"
        text += part
    return text


def _read(text: str) -> frozenset[CommunityEntry]:
    """What a file of this text would hold; nothing where it can't be read."""
    try:
        return frozenset(CommunitiesFile.model_validate_json(json.dumps(tomllib.loads(text)), strict=True).community)
    except ValueError:
        return frozenset()


def _is_blank(path: Path) -> bool:
    try:
        return set(tomllib.loads(path.read_text(encoding="utf-8-sig"))) <= {"version"}
    except (OSError, ValueError):
        return False


def _free(path: Path) -> Path:
    """Where the file before is kept: none that was kept earlier goes."""
    number = 1
    kept = path.with_name(f"{path.name}.before")
    while kept.exists():
        number += 1
        kept = path.with_name(f"{path.name}.before-{number}")
    return kept
