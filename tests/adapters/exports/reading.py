"""Reading a file in a test: its entries, and what was left over."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from adapters.exports.entry import Entry, Leftovers
from adapters.exports.opening import ExportFile, Format


def read(path: Path, kind: Format | None = None) -> tuple[list[Entry], Leftovers]:
    """Everything in a file."""
    leftovers = Leftovers()
    export = ExportFile(path, leftovers, kind=kind)
    entries = list(export)
    export.close()
    return entries, leftovers


def written(path: Path, document: Any) -> Path:
    """A JSON document as a file."""
    path.write_text(json.dumps(document, indent=2), encoding="utf-8")
    return path


def texts(entries: Sequence[Entry]) -> list[str]:
    return [entry.message.text for entry in entries]


def numbers(leftovers: Leftovers) -> list[int]:
    """The numbers of the entries that were bad."""
    return [int(problem.place.rpartition(" ")[2]) for problem in leftovers.problems]
