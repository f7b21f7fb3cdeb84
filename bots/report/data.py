"""Frozen reports as plain data for JSON: the fields of the dataclasses under their names, in their order."""

from dataclasses import fields, is_dataclass
from datetime import date, datetime
from enum import Enum
from typing import Any


def plain_data(value: Any) -> Any:
    """Dataclasses as objects, tuples as lists, words of a vocabulary and times as text (ISO 8601)."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [plain_data(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date | datetime):
        return value.isoformat()
    return value
