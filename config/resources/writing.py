"""Writes entries of the directory as TOML: an owner's own below what stands in their file, confirmations as a whole."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from config.resources.entries import ServiceEntry
from config.resources.reading import services_in
from config.toml_file import read_text
from config.writing import EVERYBODY_READS, alone_in, put, toml_value
from core.model.resource import Confidence, Confirmation, DirectoryState

OWN_HEAD = """\
# Services of your own: local ones, therapists, whatever your members should find. docs/guides/resources.md tells how.
# `lightkeeper resources add` writes below what stands here; `lightkeeper resources check` says what is wrong.
version = 1
"""
OTHER_USER = "run it as the user that this folder belongs to"
CONFIRMED_HEAD = """\
# Which services somebody re-read on their own pages, and when. `lightkeeper resources verify` writes this file anew
# each time: what is changed here by hand is lost or refused.
version = 1
"""


def block_of(entry: ServiceEntry) -> str:
    """One `[[service]]` as a file has it; what has its default is left out."""
    lines = ["[[service]]"]
    for name, value in entry.model_dump(mode="json", exclude_defaults=True).items():
        given = getattr(entry, name)
        if name in {"contacts", "openings"}:
            lines += [f"{name} = [", *(f"    {toml_value(_row(each))}," for each in value), "]"]
        elif name == "verified":
            lines.append(f"{name} = {toml_value(given)}")
        else:
            lines.append(f"{name} = {toml_value(sorted(value) if isinstance(given, frozenset) else value)}")
    return "\n".join(lines) + "\n"


def with_service(text: str, entry: ServiceEntry) -> str:
    """The text of an owner's file with one more service, below everything that stands there."""
    before = text or OWN_HEAD
    return before + ("\n" if before.endswith("\n") else "\n\n") + block_of(entry)


def add_service(path: Path, entry: ServiceEntry, state: DirectoryState) -> None:
    """Write one more service into an owner's file.

    Raises: `ConfigurationRefused` when the file can't be written or would be wrong with it; it is then as it was.
    """
    with alone_in(path.parent, OTHER_USER):
        text = with_service(read_text(path) if path.exists() else "", entry)
        shipped = (each for each in state.services if each.confidence is not Confidence.OWN)
        services_in(path.name, text, state.retired, known=shipped)
        put(path, text, EVERYBODY_READS, OTHER_USER)


def write_confirmations(path: Path, confirmations: Iterable[Confirmation]) -> None:
    """Write every confirmation, by service. Raises: `ConfigurationRefused`."""
    blocks = [
        "\n".join(
            [
                "",
                "[[confirmation]]",
                f"service = {toml_value(each.service)}",
                f"fingerprint = {toml_value(each.fingerprint)}",
                f"on = {toml_value(each.on)}",
                *([f"by = {toml_value(each.by)}"] if each.by else []),
                "",
            ]
        )
        for each in sorted(confirmations, key=lambda each: each.service)
    ]
    put(path, CONFIRMED_HEAD + "".join(blocks), EVERYBODY_READS, OTHER_USER)


def _row(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """One contact, or one opening without the seconds that nobody writes."""
    row = dict(value)
    for name in ("opens", "closes"):
        if name in row:
            row[name] = row[name].removesuffix(":00")
    return row
