"""Column types that carry the domain's own values, so that a row's columns are a dataclass's fields.

Times are kept as whole microseconds since 1970 in UTC: exact, sortable and the same in both databases.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import TypeVar

from sqlalchemy import BigInteger, Dialect, Integer, Text, TypeDecorator

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

E = TypeVar("E", bound=StrEnum)

RISING = BigInteger().with_variant(Integer(), "sqlite")
"""The type of a number that the database counts up itself."""


def micros(at: datetime) -> int:
    """Microseconds since 1970. Raises: `ValueError` for a time without a zone."""
    if at.tzinfo is None:
        raise ValueError("a stored time must be aware")
    return (at - EPOCH) // _MICROSECOND


class Moment(TypeDecorator[datetime]):
    """An aware UTC time."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else micros(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else EPOCH + timedelta(microseconds=value)


class Word(TypeDecorator[E]):
    """A member of a closed vocabulary, kept as its value."""

    impl = Text
    cache_ok = True

    def __init__(self, vocabulary: type[E]) -> None:
        super().__init__()
        self.vocabulary = vocabulary

    def process_bind_param(self, value: E | None, dialect: Dialect) -> str | None:
        return None if value is None else value.value

    def process_result_value(self, value: str | None, dialect: Dialect) -> E | None:
        return None if value is None else self.vocabulary(value)


class Facts(TypeDecorator[Mapping[str, str]]):
    """A small mapping of text to text, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: Mapping[str, str] | None, dialect: Dialect) -> str:
        return json.dumps(dict(value or {}), sort_keys=True, separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> Mapping[str, str]:
        return dict(json.loads(value or "{}"))


class Spans(TypeDecorator[tuple[tuple[int, int], ...]]):
    """Half-open offsets, as JSON."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[tuple[int, int], ...] | None, dialect: Dialect) -> str:
        return json.dumps(value or (), separators=(",", ":"))

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[tuple[int, int], ...]:
        return tuple((start, end) for start, end in json.loads(value or "[]"))
