"""The wire between a worker and its parent: length-prefixed pickles on two pipes of the same machine and user.

Only our own two processes speak it, so unpickling reads nothing that an outsider wrote as code.
"""

import pickle
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO

from core.model.finding import Category

HEADER = struct.Struct(">I")


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How a worker makes its filters.

    Attributes:
        factory: `module:function`, importable in the worker.
        arguments: Picklable arguments for it; it returns a sequence of filters.
    """

    factory: str
    arguments: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """A worker's first answer: the filters it runs, as (name, categories)."""

    filters: Sequence[tuple[str, frozenset[Category]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Broken:
    """A worker's first answer when its filters could not be made: what was refused, why, and the remedy if known."""

    reason: str
    path: str = "filters"
    hint: str = "run `lightkeeper screen` on one line to see more"


def encode(value: object) -> bytes:
    """One frame."""
    body = pickle.dumps(value, protocol=5)
    return HEADER.pack(len(body)) + body


def decode(body: bytes) -> Any:
    """What stands in a frame's body."""
    return pickle.loads(body)  # noqa: S301 - see the module: both ends are ours


def read(stream: BinaryIO) -> Any | None:
    """The next value of a blocking stream, None at its end."""
    header = stream.read(HEADER.size)
    if len(header) < HEADER.size:
        return None
    (length,) = HEADER.unpack(header)
    body = stream.read(length)
    return decode(body) if len(body) == length else None
