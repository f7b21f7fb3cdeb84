"""What a field of a line has to be like, for every command that reads lines: times that can be reckoned with, ids that
can be kept.
"""

import re
from datetime import UTC, datetime

FIRST_YEAR, LAST_YEAR = 1970, 9998
_NOT_IN_IDS = re.compile("[\x00\ud800-\udfff]")


def utc_time(given: str) -> datetime:
    """An ISO 8601 time as aware UTC; one without an offset is UTC.

    Raises: `ValueError` with a sentence's end that names what is wrong. Years outside 1970 to 9998 are refused, so that
    an offset, an age or a deadline never leaves the calendar.
    """
    try:
        at = datetime.fromisoformat(given)
    except (TypeError, ValueError):
        raise ValueError("is not a time; write ISO 8601 such as 2026-11-22T20:15:00Z") from None
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        raise ValueError(f"is outside the years {FIRST_YEAR} to {LAST_YEAR}")
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)


def has_offset(given: str) -> bool:
    """Whether an ISO 8601 time says how far it is from UTC."""
    return datetime.fromisoformat(given).tzinfo is not None


def is_storable_id(given: str) -> bool:
    """Whether this can be an id: NUL and lone surrogates can't be stored, hashed or sent."""
    return _NOT_IN_IDS.search(given) is None


def storable(given: object) -> str:
    """An id as text, without what can't be kept."""
    return _NOT_IN_IDS.sub("", str(given))
